//! What is said of the person: who can read it, and what everybody else sees.

use super::lock::{LockKey, Place};
use super::payload::{Blob, DataKey};
use super::wrap::{WrappedKey, Wrapping, is_given_keys, wrap_for};
use super::*;
use crate::identity::sealing::{SealingKey, SealingSecret};
use crate::identity::signing::SecretKey;
use crate::identity::{Holds, NodeCertificate, NodeState};
use crate::limits::BLOB_BYTES;
use crate::{DataKeyId, DocId, OrgId, RefusalKind};
use proptest::prelude::*;

const SENDER: OrgId = OrgId::from_bytes([1; 32]);
const RECEIVER: OrgId = OrgId::from_bytes([2; 32]);
const CANARY: &[u8] = b"Ann Example, 4 Invented Street, prefers to be written to";

fn key() -> DataKey {
    DataKey::from_random([5; 32])
}

fn request() -> DocId {
    Request::document(referral(), &SENDER)
}

fn secret(number: u8) -> SealingSecret {
    SealingSecret::from_seed(&[number; 32])
}

fn certificate(number: u8, holds: Holds, state: NodeState) -> NodeCertificate {
    NodeCertificate {
        org_id: RECEIVER,
        node_id: node(Side::Receiver, number),
        serial: 1,
        tls_key: [0; 32],
        author_key: SecretKey::from_seed(&[number; 32]).public(),
        sealing_key: secret(number).public().expect("a key"),
        holds,
        is_home: number == 1,
        state,
    }
}

fn is_within(content: &[u8], bytes: &[u8]) -> bool {
    bytes.windows(content.len()).any(|window| window == content)
}

#[test]
fn a_payload_opens_with_its_key_for_its_document_and_not_otherwise() {
    let blob = key().seal(&request(), CANARY, [6; 24]).expect("sealed");
    let came = Blob::parse(blob.bytes(), &blob.hash()).expect("read");
    assert_eq!(key().open(&request(), &came).expect("opened").as_slice(), CANARY);
    assert!(!is_within(b"Ann", blob.bytes()) && !is_within(&[5; 32], blob.bytes()));
    let not_authentic = |opened: Result<zeroize::Zeroizing<Vec<u8>>, Refusal>| {
        let refusal = opened.expect_err("refused");
        assert_eq!(refusal.kind, RefusalKind::NotAuthentic);
        assert!(!format!("{refusal:?}").contains("Ann"));
    };
    not_authentic(DataKey::from_random([7; 32]).open(&request(), &came));
    not_authentic(key().open(&Response::document(referral(), &RECEIVER), &came));
    not_authentic(key().open(&Request::document(document::new_referral([9; 16]), &SENDER), &came));
    for place in [1, 17, 30, 60, 4095] {
        let mut changed = blob.bytes().to_vec();
        changed[place] ^= 1;
        let refusal = Blob::parse(&changed, &blob.hash()).expect_err("not what was asked for");
        assert_eq!(refusal.kind, RefusalKind::NotAuthentic);
        let mut named = Blob::parse(&changed, &event_hash(&changed)).expect("under its own name");
        not_authentic(key().open(&request(), &named));
        named = blob.clone();
        assert!(key().open(&request(), &named).is_ok());
    }
    let mut later = blob.bytes().to_vec();
    later[0] = 2;
    assert!(Blob::parse(&later, &event_hash(&later)).expect_err("another version").hint.is_some());
    let cut = &blob.bytes()[..4000];
    assert_eq!(Blob::parse(cut, &event_hash(cut)).expect_err("no size").kind, RefusalKind::Malformed);
}

fn event_hash(bytes: &[u8]) -> BlobHash {
    use sha2::{Digest, Sha256};
    BlobHash::from_bytes(Sha256::digest(bytes).into())
}

#[test]
fn what_is_sealed_shows_one_of_four_sizes() {
    let size = |content: usize| key().seal(&request(), &vec![b'x'; content], [6; 24]).map(|blob| blob.bytes().len());
    for bytes in BLOB_BYTES {
        assert_eq!(size(bytes - 61), Ok(bytes));
    }
    assert_eq!((size(0), size(1), size(4 * 1024 - 60)), (Ok(4 << 10), Ok(4 << 10), Ok(16 << 10)));
    let refusal = size((256 << 10) - 60).expect_err("too large");
    assert_eq!((refusal.kind, refusal.hint.is_some()), (RefusalKind::TooLarge, true));
}

#[test]
fn a_key_opens_at_the_node_it_was_wrapped_for() {
    let wrapping = Wrapping { referral: referral(), from: SENDER, to: RECEIVER, node: node(Side::Receiver, 1) };
    let wrapped = WrappedKey::new(&key(), wrapping, &secret(1).public().expect("a key"), &[8; 32]).expect("wrapped");
    let came = WrappedKey::parse(&wrapped.encode()).expect("read");
    assert_eq!(came, wrapped);
    assert_eq!(came.open(&secret(1)).expect("opened"), key());
    assert_eq!(came.open(&secret(2)).unwrap_err().kind, RefusalKind::NotAuthentic);
    let other = document::new_referral([9; 16]);
    for wrapping in [
        Wrapping { referral: other, ..wrapping },
        Wrapping { from: RECEIVER, ..wrapping },
        Wrapping { to: SENDER, ..wrapping },
        Wrapping { node: node(Side::Receiver, 2), ..wrapping },
    ] {
        let mut bound = wrapped.clone();
        bound.wrapping = wrapping;
        assert!(bound.open(&secret(1)).is_err(), "{wrapping:?}");
    }
    let mut renamed = wrapped.clone();
    renamed.key_id = DataKeyId::from_bytes([0; 16]);
    assert!(renamed.open(&secret(1)).is_err());
    let bytes = wrapped.encode();
    assert!(!is_within(&[5; 32], &bytes));
    assert!(WrappedKey::parse(&bytes[..bytes.len() - 1]).is_err());
    assert!(WrappedKey::parse(&[bytes.as_slice(), &[0x78, 1]].concat()).unwrap_err().message.contains("canonical"));
    assert_eq!(WrappedKey::parse(&[0; 5_000]).unwrap_err().kind, RefusalKind::TooLarge);
    let later = SealingKey::from_parts(9, &[1; 40]).expect("of a later version");
    assert!(WrappedKey::new(&key(), wrapping, &later, &[8; 32]).unwrap_err().message.contains("suite 9"));
}

#[test]
fn keys_go_to_the_active_nodes_that_hold_referrals() {
    let nodes = [
        certificate(1, Holds::All, NodeState::Active),
        certificate(2, Holds::Directory, NodeState::Active),
        certificate(3, Holds::All, NodeState::Retired),
        certificate(4, Holds::All, NodeState::Compromised),
        certificate(5, Holds::All, NodeState::Active),
    ];
    let given: Vec<_> = nodes.iter().map(is_given_keys).collect();
    assert_eq!(given, [true, false, false, false, true]);
    let all: Vec<&NodeCertificate> = nodes.iter().collect();
    let (wrapped, left) = wrap_for(&key(), referral(), SENDER, &all, &[[1; 32], [2; 32]]);
    assert_eq!(left, []);
    let to: Vec<_> = wrapped.iter().map(|one| one.wrapping.node).collect();
    assert_eq!(to, [node(Side::Receiver, 1), node(Side::Receiver, 5)]);
    assert_eq!(wrapped[1].open(&secret(5)).expect("opened"), key());
    assert!(wrapped[0].open(&secret(5)).is_err());
    let (wrapped, left) = wrap_for(&key(), referral(), SENDER, &all, &[[1; 32]]);
    assert_eq!((wrapped.len(), left), (1, vec![node(Side::Receiver, 5)]), "without chance there is no secret");
}

#[test]
fn what_is_locked_opens_in_its_place() {
    let lock = LockKey::from_bytes(&[4; 32]);
    let place = Place { schema: 3, table: "data_key", document: request(), key_id: key().id(), revision: 1 };
    let locked = lock.lock_key(&place, &key(), [6; 24]).expect("locked");
    assert!(!is_within(&[5; 32], &locked));
    assert_eq!(lock.unlock_key(&place, &locked).expect("unlocked"), key());
    let other = DataKey::from_random([7; 32]);
    for wrong in [
        Place { schema: 4, ..place },
        Place { table: "data_keys", ..place },
        Place { document: Response::document(referral(), &RECEIVER), ..place },
        Place { key_id: other.id(), ..place },
        Place { revision: 2, ..place },
    ] {
        assert_eq!(lock.unlock_key(&wrong, &locked).unwrap_err().kind, RefusalKind::NotAuthentic, "{wrong:?}");
    }
    assert!(LockKey::from_bytes(&[3; 32]).unlock(&place, &locked).is_err());
    assert!(lock.unlock(&place, &locked[..20]).is_err());
    let misplaced = lock.lock_key(&place, &other, [6; 24]).expect("locked");
    assert!(lock.unlock_key(&place, &misplaced).unwrap_err().message.contains("another's place"));
}

#[test]
fn no_key_is_ever_printed() {
    let printed = format!("{:?} {:?} {:?}", key(), LockKey::from_bytes(&[5; 32]), secret(5));
    assert_eq!(printed, "DataKey([hidden]) LockKey([hidden]) SealingSecret([hidden])");
}

#[test]
fn the_bytes_of_what_is_sealed_stay_as_they_are() {
    let blob = key().seal(&request(), CANARY, [6; 24]).expect("sealed");
    let wrapping = Wrapping { referral: referral(), from: SENDER, to: RECEIVER, node: node(Side::Receiver, 1) };
    let wrapped = WrappedKey::new(&key(), wrapping, &secret(1).public().expect("a key"), &[8; 32]).expect("wrapped");
    let wrapped = event_hash(&wrapped.encode());
    golden("sealed", &format!("key {}\nblob {}\nwrapped {wrapped}", key().id(), blob.hash()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_sealed_opens_as_it_was(content in proptest::collection::vec(any::<u8>(), 0..20_000), nonce: [u8; 24]) {
        let blob = key().seal(&request(), &content, nonce).expect("sealed");
        let opened = key().open(&request(), &Blob::parse(blob.bytes(), &blob.hash()).expect("read")).expect("opened");
        prop_assert_eq!(opened.as_slice(), content.as_slice());
    }

    #[test]
    fn bytes_of_others_are_refused_and_no_more(bytes in proptest::collection::vec(any::<u8>(), 0..6_000)) {
        prop_assert!(Blob::parse(&bytes, &BlobHash::from_bytes([0; 32])).is_err());
        let sized: Vec<u8> = bytes.iter().copied().chain(std::iter::repeat(1)).take(4 << 10).collect();
        if let Ok(blob) = Blob::parse(&sized, &event_hash(&sized)) {
            prop_assert!(key().open(&request(), &blob).is_err());
        }
        if let Ok(wrapped) = WrappedKey::parse(&bytes) {
            prop_assert!(wrapped.open(&secret(1)).is_err());
        }
        let place = Place { schema: 1, table: "t", document: request(), key_id: key().id(), revision: 1 };
        prop_assert!(LockKey::from_bytes(&[4; 32]).unlock(&place, &bytes).is_err());
    }
}
