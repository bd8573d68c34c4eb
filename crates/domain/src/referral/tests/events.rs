//! What an event is, to the byte.

use super::*;
use crate::limits::{EVENT_BYTES, EVENT_LINKS};
use crate::{EventId, RefusalKind};
use std::collections::BTreeSet;

fn event(body: Body) -> Event {
    let side = if body.action().is_of(Side::Sender) { Side::Sender } else { Side::Receiver };
    let author = Actor { side, number: 1, role: None }.author(body.action(), 1_700_000_000_000);
    forced(&View::default().fold(), &author, body)
}

/// One of each.
pub(super) fn bodies() -> Vec<Body> {
    let (reason, version) = (Reason::NoSpace, 3);
    vec![
        Body::Send,
        Body::Amend { version },
        Body::Answer,
        Body::Withdraw(reason),
        Body::Lapse,
        Body::TakeBack,
        Body::Close,
        Body::Acknowledge { version },
        Body::Open { version },
        Body::Ask,
        Body::Wait,
        Body::Accept { version },
        Body::Decline(reason),
        Body::Contact(code::Contact::Tried),
        Body::Start,
        Body::Pause(Reason::Away),
        Body::Resume,
        Body::Feedback,
        Body::HandBack(reason),
        Body::End(Outcome::Completed),
        Body::PassOn { next: document::new_referral([8; 16]) },
        Body::ConfirmStop { contact: code::Contact::Made, onward: Onward::Stands },
        Body::WithdrawAgreement,
        Body::Erase { node: node(Side::Sender, 2), receipt: Receipt::Erased },
        Body::Keep { basis: Basis::Safeguarding, until: Timestamp::from_ms(2_000_000_000_000) },
    ]
}

#[test]
fn every_action_has_an_event_that_reads_back_as_it_was_written() {
    let actions: Vec<_> = bodies().iter().map(Body::action).collect();
    assert_eq!(actions, Action::ALL);
    for body in bodies() {
        let links = |n: u8| (0..3).map(|i| EventId::from_bytes([n + i; 16])).collect::<BTreeSet<_>>();
        let event = Event { after: links(1), seen: links(9), ..event(body) };
        let bytes = event.encode();
        assert_eq!(Event::parse(&bytes).expect("read"), event);
        assert_eq!(event.id(), event::id_of(&bytes));
        assert!(bytes.len() < EVENT_BYTES);
    }
}

#[test]
fn the_bytes_of_an_event_stay_as_they_are() {
    let event = Event {
        after: [EventId::from_bytes([1; 16])].into(),
        seen: [EventId::from_bytes([2; 16]), EventId::from_bytes([3; 16])].into(),
        ..event(Body::Decline(Reason::NoSpace))
    };
    golden("event", &data_encoding::HEXLOWER.encode(&event.encode()));
}

#[test]
fn what_is_not_canonical_is_not_read() {
    let bytes = event(Body::Lapse).encode();
    let unknown_field = [bytes.as_slice(), &[0xf8, 0x01, 1]].concat();
    // A reason, which a lapse has none of: field 14.
    let other_field = [bytes.as_slice(), &[14 << 3, 1]].concat();
    let twice = [bytes.as_slice(), &[1 << 3, 1]].concat();
    for wrong in [unknown_field, other_field, twice, bytes[..bytes.len() - 1].to_vec(), Vec::new()] {
        assert_eq!(Event::parse(&wrong).unwrap_err().kind, RefusalKind::Malformed);
    }
    // Links out of order, or twice.
    let one =
        Event { after: [EventId::from_bytes([1; 16]), EventId::from_bytes([2; 16])].into(), ..event(Body::Lapse) };
    let mut swapped = one.encode();
    let first = swapped.windows(16).position(|w| w == [1; 16]).expect("there");
    let second = swapped.windows(16).position(|w| w == [2; 16]).expect("there");
    swapped[first..first + 16].fill(2);
    let twice = swapped.clone();
    swapped[second..second + 16].fill(1);
    for wrong in [twice, swapped] {
        assert!(Event::parse(&wrong).unwrap_err().message.contains("canonical"));
    }
}

#[test]
fn what_cannot_be_said_is_refused() {
    let refused = |event: Event, words: &str| {
        let refusal = Event::parse(&event.encode()).unwrap_err();
        assert!(refusal.message.contains(words), "{refusal}");
    };
    refused(Event { side: Side::Receiver, ..event(Body::TakeBack) }, "take-back is not the receiver's to write");
    refused(Event { payload: None, ..event(Body::Send) }, "send without a payload");
    let hash = Some(BlobHash::from_bytes([1; 32]));
    refused(Event { payload: hash, ..event(Body::WithdrawAgreement) }, "consent-withdraw with a payload");
    refused(event(Body::Amend { version: 0 }), "version 0");
    refused(event(Body::Amend { version: 101 }), "version 101");
    refused(event(Body::Contact(code::Contact::None)), "nobody tried");
    let long_ago = Timestamp::from_ms(-30_000_000_000_000);
    refused(Event { occurred_at: long_ago, ..event(Body::Lapse) }, "when no referral was made");
    let many = |count: u32| (0..count).map(|i| EventId::from_bytes([i.to_be_bytes(); 4].concat().try_into().unwrap()));
    let links = u32::try_from(EVENT_LINKS).unwrap();
    refused(Event { seen: many(links + 1).collect(), ..event(Body::Lapse) }, "names over 64");
    let largest = Event { seen: many(links).collect(), after: many(links).collect(), ..event(Body::Lapse) };
    assert!(Event::parse(&largest.encode()).is_ok(), "{}", largest.encode().len());
    refused(Event { seen: many(links * 4).collect(), ..event(Body::Lapse) }, "bytes");
}

#[test]
fn a_word_that_is_none_is_refused_with_those_that_are() {
    let refusal = "gone".parse::<Outcome>().unwrap_err();
    assert_eq!(refusal.message, "\"gone\" is not an outcome");
    assert!(refusal.hint.expect("a hint").contains("left-early, did-not-attend"));
    assert_eq!(Reason::from_number(7), Ok(Reason::Died));
    assert_eq!(Reason::from_number(98).unwrap_err().kind, RefusalKind::Malformed);
    for action in Action::ALL {
        assert_eq!(action.word().parse(), Ok(*action));
        assert_eq!(Action::from_number(action.number()), Ok(*action));
    }
}

#[test]
fn nobody_writes_of_the_future_nor_of_another_age() {
    let now = Timestamp::from_ms(1_700_000_000_000);
    let at = |ms: i64| Event { occurred_at: Timestamp::from_ms(ms), ..event(Body::Lapse) }.check_times(now);
    assert_eq!(at(1_690_000_000_000), Ok(()));
    assert_eq!(at(1_700_000_060_000), Ok(()), "clocks differ by a minute");
    assert_eq!(at(1_700_001_000_000).unwrap_err().message, "that is still to come");
    assert_eq!(at(-29_789_000_000_000).unwrap_err().hint.as_deref(), Some("look at the year"));
}
