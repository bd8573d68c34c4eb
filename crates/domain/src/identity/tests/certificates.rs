use super::*;
use crate::identity::keys::KeysAlarm;
use crate::limits;
use proptest::prelude::*;

#[test]
fn a_certificate_comes_back_as_it_was_signed() {
    let signed = root(b'a').certify(certificate(b'a', 1));
    let parsed = Signed::<NodeCertificate>::parse(signed.bytes()).unwrap();
    assert_eq!(parsed.content(), &certificate(b'a', 1));
    assert_eq!(parsed.verify(&root(b'a').public()), Ok(()));
    assert!(parsed.verify(&root(b'b').public()).is_err());
}

#[test]
fn every_flipped_byte_of_a_certificate_is_refused() {
    let key = root(b'a').public();
    every_flip_is_refused(root(b'a').certify(certificate(b'a', 1)).bytes(), |bytes| {
        Signed::<NodeCertificate>::parse(bytes).is_ok_and(|c| c.verify(&key).is_ok())
    });
}

#[test]
fn every_flipped_byte_of_a_keys_object_is_refused_or_is_another_organisation() {
    let mut two = keys(b'a', 1);
    two.merge(&keys(b'a', 2)).unwrap();
    every_flip_is_refused(&two.bytes(), |bytes| KeysObject::parse(bytes).is_ok_and(|k| k.org_id() == org(b'a')));
    assert_eq!(KeysObject::parse(&two.bytes()).unwrap(), two);
}

#[test]
fn an_author_key_is_found_with_how_far_to_trust_it() {
    let mut known = keys(b'a', 1);
    let id = author(b'a', 1).public().id();
    assert_eq!(known.author_key(id), Some((author(b'a', 1).public(), NodeState::Active)));
    assert_eq!(known.author_key(author(b'a', 2).public().id()), None);
    for (serial, state) in [(2, NodeState::Retired), (3, NodeState::Compromised)] {
        let newer = KeysObject::new(root(b'a').public(), [reissued(b'a', 1, serial, state)]).unwrap();
        assert_eq!(known.merge(&newer), Ok(vec![]));
        assert_eq!(known.author_key(id).map(|(_, state)| state), Some(state));
    }
    known.merge(&keys(b'a', 1)).unwrap();
    assert_eq!(known.author_key(id).map(|(_, state)| state), Some(NodeState::Compromised), "an old certificate won");
    assert_eq!(known.next_serial(), 4);
}

#[test]
fn a_key_that_two_nodes_share_is_as_bad_as_the_worse_of_them() {
    let shared =
        NodeCertificate { author_key: author(b'a', 1).public(), state: NodeState::Compromised, ..certificate(b'a', 2) };
    let both = [root(b'a').certify(certificate(b'a', 1)), root(b'a').certify(shared)];
    let keys = KeysObject::new(root(b'a').public(), both).unwrap();
    assert_eq!(keys.author_key(author(b'a', 1).public().id()).unwrap().1, NodeState::Compromised);
}

#[test]
fn another_root_is_never_merged() {
    let mut known = keys(b'a', 1);
    assert!(known.merge(&keys(b'b', 1)).is_err());
    assert_eq!(known, keys(b'a', 1));
    let foreign = root(b'b').certify(certificate(b'b', 1));
    assert!(KeysObject::new(root(b'a').public(), [foreign]).is_err());
}

#[test]
fn more_nodes_than_allowed_are_refused_and_those_with_low_serials_left_out() {
    let many = |nodes: std::ops::RangeInclusive<u8>| {
        KeysObject::new(root(b'a').public(), nodes.map(|n| reissued(b'a', n, n.into(), NodeState::Active)))
    };
    assert!(many(1..=9).is_err());
    assert!(many(1..=8).unwrap().bytes().len() <= limits::PAIRING_MESSAGE_BYTES);
    assert!(KeysObject::new(root(b'a').public(), []).is_err());
    let mut known = many(1..=8).unwrap();
    let alarms = known.merge(&many(9..=9).unwrap()).unwrap();
    assert_eq!(alarms, [KeysAlarm::LeftOut { node: NodeId::from_bytes([1; 16]) }]);
}

#[test]
fn certificates_out_of_order_are_not_canonical() {
    let mut two = keys(b'a', 1);
    two.merge(&keys(b'a', 2)).unwrap();
    let certificate = |node| root(b'a').certify(super::certificate(b'a', node)).bytes().to_vec();
    let field = |tag: u8, bytes: &[u8]| {
        let mut out = vec![tag];
        prost::encoding::encode_varint(bytes.len() as u64, &mut out);
        out.extend_from_slice(bytes);
        out
    };
    let written = |order: [u8; 2]| {
        let mut out = vec![8, 1];
        out.extend(field(18, root(b'a').public().as_bytes()));
        order.iter().for_each(|node| out.extend(field(26, &certificate(*node))));
        out
    };
    assert_eq!(written([1, 2]), two.bytes());
    assert!(KeysObject::parse(&written([2, 1])).is_err());
    assert!(KeysObject::parse(&written([1, 1])).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Certificates of one root, some with equal serials, merged in two orders and with repetitions.
    #[test]
    fn a_merge_does_not_depend_on_order(
        issued in prop::collection::vec((1_u8..12, 1_u64..4, 0_u8..3), 1..16),
        order in any::<prop::sample::Index>(),
    ) {
        let states = [NodeState::Active, NodeState::Retired, NodeState::Compromised];
        let objects: Vec<_> = issued
            .iter()
            .map(|(node, serial, state)| {
                let one = reissued(b'a', *node, *serial, states[usize::from(*state)]);
                KeysObject::new(root(b'a').public(), [one]).unwrap()
            })
            .collect();
        let merged = |order: &[usize]| {
            let mut all = objects[order[0]].clone();
            for i in order {
                all.merge(&objects[*i]).unwrap();
            }
            all.bytes()
        };
        let forward: Vec<_> = (0..objects.len()).collect();
        let mut turned = forward.clone();
        turned.rotate_left(order.index(objects.len()));
        turned.reverse();
        prop_assert_eq!(merged(&forward), merged(&turned));
        turned.extend(forward.clone());
        prop_assert_eq!(merged(&forward), merged(&turned));
    }
}
