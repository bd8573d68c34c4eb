//! What organisations and nodes say of themselves and each other.

use super::*;
use crate::identity::address::{self, Addresses};
use crate::identity::confirmation::Confirmation;
use crate::identity::hello::{End, HelloTranscript, Side};
use crate::identity::object::Content;
use crate::identity::roster::{RosterEntry, RosterState};
use crate::identity::scope_head::ScopeHead;
use crate::{ScopeId, Sum, Timestamp, VersionId};

pub(super) fn addresses(letter: u8, node: u8) -> Signed<Addresses> {
    let content = Addresses {
        org_id: org(letter),
        node_id: NodeId::from_bytes([node; 16]),
        addresses: vec!["fingerpost.example.org:7440".into(), "[2001:db8::1]:7440".into()],
        signed_at: Timestamp::from_ms(1_700_000_000_000),
    };
    Signed::sign(content, &author(letter, node))
}

pub(super) fn confirmation() -> Signed<Confirmation> {
    let content =
        Confirmation { org_id: org(b'a'), partner: org(b'b'), confirmed_at: Timestamp::from_ms(1_700_000_000_000) };
    Signed::sign(content, &author(b'a', 1))
}

pub(super) fn scope_head() -> Signed<ScopeHead> {
    let mut sum = Sum::default();
    sum.add(&VersionId::from_bytes([3; 32]));
    let content = ScopeHead {
        org_id: org(b'a'),
        node_id: NodeId::from_bytes([1; 16]),
        scope_id: ScopeId::from_bytes([9; 16]),
        n: 7,
        sum,
        as_of: Timestamp::from_ms(1_700_000_000_000),
    };
    Signed::sign(content, &author(b'a', 1))
}

pub(super) fn roster_entry() -> Signed<RosterEntry> {
    let content = RosterEntry {
        hub: org(b'a'),
        root: root(b'b').public(),
        state: RosterState::Listed,
        name: "Night Shelter".into(),
        since: Timestamp::from_ms(1_700_000_000_000),
    };
    Signed::sign(content, &author(b'a', 1))
}

pub(super) fn hello() -> HelloTranscript {
    let end = |letter, node| End { org_id: org(letter), node_id: NodeId::from_bytes([node; 16]), serial: 1 };
    HelloTranscript {
        side: Side::Dialler,
        exporter: [5; 32],
        signer: end(b'a', 1),
        other: end(b'b', 2),
        protocol_version: 1,
    }
}

/// Comes back as it was said, is believed of its signer alone, and not with any byte changed.
fn check<T: Content + PartialEq + std::fmt::Debug>(signed: &Signed<T>) {
    let signer = author(b'a', 1).public();
    let parsed = Signed::<T>::parse(signed.bytes()).unwrap();
    assert_eq!(&parsed, signed);
    assert_eq!(keys(b'a', 1).verify(&parsed), Ok(()));
    assert!(keys(b'b', 1).verify(&parsed).is_err());
    assert!(parsed.verify(&author(b'b', 1).public()).is_err());
    every_flip_is_refused(signed.bytes(), |bytes| {
        Signed::<T>::parse(bytes).is_ok_and(|said| said.verify(&signer).is_ok())
    });
}

#[test]
fn what_is_said_comes_back_and_cannot_be_altered() {
    check(&addresses(b'a', 1));
    check(&confirmation());
    check(&scope_head());
    check(&roster_entry());
}

#[test]
fn what_a_compromised_key_signed_is_believed_of_nobody() {
    let lost = KeysObject::new(root(b'a').public(), [reissued(b'a', 1, 2, NodeState::Compromised)]).unwrap();
    assert!(lost.verify(&confirmation()).is_err());
    let retired = KeysObject::new(root(b'a').public(), [reissued(b'a', 1, 2, NodeState::Retired)]).unwrap();
    assert_eq!(retired.verify(&confirmation()), Ok(()));
}

#[test]
fn a_greeting_holds_for_one_connection_one_side_and_two_ends() {
    let said = hello();
    let key = author(b'a', 1);
    let signature = said.sign(&key);
    assert_eq!(said.verify(&key.public(), &signature), Ok(()));
    let others = [
        HelloTranscript { side: Side::Listener, ..said },
        HelloTranscript { exporter: [6; 32], ..said },
        HelloTranscript { signer: End { serial: 2, ..said.signer }, ..said },
        HelloTranscript { signer: said.other, other: said.signer, ..said },
        HelloTranscript { other: End { node_id: NodeId::from_bytes([3; 16]), ..said.other }, ..said },
        HelloTranscript { protocol_version: 2, ..said },
    ];
    for other in others {
        assert!(other.verify(&key.public(), &signature).is_err(), "{other:?}");
    }
    assert!(said.verify(&author(b'b', 1).public(), &signature).is_err());
}

#[test]
fn an_address_is_a_host_and_a_port() {
    for good in ["localhost:7440", "192.0.2.1:1", "[::1]:65535", "a-b.example:80"] {
        assert_eq!(address::check(good), Ok(()), "{good}");
    }
    for bad in
        ["", "host", "host:", ":7440", "host:0", "host:65536", "host:+1", "::1:7440", "[::1:7440", "a b:1", "h/x:1"]
    {
        assert!(address::check(bad).is_err(), "{bad}");
    }
    assert!(address::check_all(&vec!["a:1".to_owned(); 9]).is_err());
}
