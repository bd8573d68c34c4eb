//! What holds of every referral, whatever was written and however it came.

use super::events::bodies;
use super::model::is_own;
use super::*;
use crate::{EventId, RefusalKind};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

const NODES: [(Side, u8); 4] = [(Side::Sender, 1), (Side::Sender, 2), (Side::Receiver, 1), (Side::Receiver, 2)];

/// A turn of a random history: a node writes something, or hears one of another's documents.
#[derive(Clone, Debug)]
pub(super) enum Turn {
    Write { node: Index, body: Index, role: Index },
    Hear { from: Index, to: Index, side: Index },
}

pub(super) fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let write = (any::<Index>(), any::<Index>(), any::<Index>());
    let write = write.prop_map(|(node, body, role)| Turn::Write { node, body, role });
    let hear = (any::<Index>(), any::<Index>(), any::<Index>());
    let hear = hear.prop_map(|(from, to, side)| Turn::Hear { from, to, side });
    proptest::collection::vec(prop_oneof![3 => write, 2 => hear], 1..60)
}

/// What may be written on what a node holds.
fn possible(seen: &Referral, (side, number): (Side, u8), role: Role, at_ms: i64) -> Vec<Event> {
    let version = |body: Body| match body {
        Body::Amend { .. } => Body::Amend { version: seen.state.version + 1 },
        Body::Accept { .. } => Body::Accept { version: seen.state.version },
        Body::Acknowledge { .. } => Body::Acknowledge { version: seen.state.version },
        Body::Open { .. } => Body::Open { version: seen.state.version },
        Body::ConfirmStop { contact, .. } if seen.state.next.is_none() => {
            Body::ConfirmStop { contact, onward: Onward::None }
        }
        body => body,
    };
    let write = |body: Body| {
        let author = Actor { side, number, role: Some(role) }.author(body.action(), at_ms);
        seen.write(&author, body, payload(body.action(), at_ms)).ok()
    };
    bodies().into_iter().map(version).filter_map(write).collect()
}

/// Plays a history; after each turn what every node holds.
pub(super) fn play(turns: &[Turn], mut each: impl FnMut(&[View])) -> Vec<View> {
    let mut views = vec![View::default(); NODES.len()];
    let send = possible(&views[0].fold(), NODES[0], Role::Caseworker, 1_700_000_000_000);
    send.iter().filter(|event| event.body == Body::Send).for_each(|event| views.iter_mut().for_each(|v| v.put(event)));
    for (turn, at_ms) in turns.iter().zip(1_700_000_000_001..) {
        match turn {
            Turn::Write { node, body, role } => {
                let node = node.index(NODES.len());
                let role = *role.get(&[Role::Caseworker, Role::Caseworker, Role::DataProtectionLead]);
                let events = possible(&views[node].fold(), NODES[node], role, at_ms);
                if !events.is_empty() {
                    views[node].put(body.get(&events));
                }
            }
            Turn::Hear { from, to, side } => {
                let (from, to) = (views[from.index(NODES.len())].clone(), to.index(NODES.len()));
                match side.get(&Side::ALL) {
                    Side::Sender => views[to].request.extend(from.request),
                    Side::Receiver => views[to].response.extend(from.response),
                }
            }
        }
        each(&views);
    }
    views
}

fn has_gap(views: &[View]) -> bool {
    NODES.iter().zip(views).all(|((side, _), view)| !is_own(*side, view.fold().state.holder))
}

fn standings(view: &View) -> BTreeMap<(Side, EventId), Standing> {
    view.fold().events.into_iter().map(|told| ((told.side, told.id), told.standing)).collect()
}

/// What a party can write that nobody asked for: any action, any role, any links.
pub(super) fn hostile() -> impl Strategy<Value = Vec<(usize, Index, Index, Vec<Index>)>> {
    let links = proptest::collection::vec(any::<Index>(), 0..6);
    proptest::collection::vec((0..5_usize, any::<Index>(), any::<Index>(), links), 1..40)
}

pub(super) fn hostile_view(written: &[(usize, Index, Index, Vec<Index>)]) -> (View, usize) {
    let (mut view, mut ids) = (View::default(), vec![EventId::from_bytes([0xee; 16])]);
    for (number, (shape, body, role, links)) in written.iter().enumerate() {
        let body = *body.get(&bodies());
        let side = if body.action().is_of(Side::Receiver) { Side::Receiver } else { Side::Sender };
        let at_ms = 1_700_000_000_000 + i64::try_from(number).expect("few");
        let author = Actor { side, number: 1, role: Some(*role.get(Role::ALL)) }.author(body.action(), at_ms);
        let links: BTreeSet<EventId> = links.iter().map(|link| *link.get(&ids)).collect();
        let mut event = Event { after: links.clone(), seen: links, ..forced(&View::default().fold(), &author, body) };
        match shape {
            0 => event.referral = document::new_referral([9; 16]),
            1 => event.node = NodeId::from_bytes([0; 16]),
            _ => {}
        }
        ids.push(event.id());
        let (id, bytes) = if *shape == 2 {
            let bytes: Vec<u8> = event.encode().into_iter().rev().collect();
            (event::id_of(&bytes), bytes)
        } else {
            (event.id(), event.encode())
        };
        // Into its own document, or into the other party's.
        let own = if (*shape == 3) == (side == Side::Sender) { &mut view.response } else { &mut view.request };
        own.insert(id, bytes);
    }
    let count = view.request.len() + view.response.len();
    (view, count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nobody_is_ever_left_with_nobody(turns in turns()) {
        let mut gaps = 0;
        play(&turns, |views| gaps += usize::from(has_gap(views)));
        prop_assert_eq!(gaps, 0);
    }

    #[test]
    fn all_who_hold_the_same_see_the_same(turns in turns(), order in any::<Vec<Index>>()) {
        let views = play(&turns, |_| {});
        let mut whole = View::default();
        views.iter().for_each(|view| whole.unite(view));
        let folded = whole.fold();
        // Event by event, in another order, some of them more than once.
        let mut events: Vec<Event> = folded.events.iter().filter_map(|told| told.event.clone()).collect();
        let repeated: Vec<Event> = order.iter().map(|place| place.get(&events).clone()).collect();
        events.extend(repeated);
        for (place, other) in order.iter().enumerate() {
            let (place, other) = (place % events.len(), other.index(events.len()));
            events.swap(place, other);
        }
        let mut again = View::default();
        for event in &events {
            again.put(event);
            again.fold();
        }
        let again = again.fold();
        prop_assert_eq!(&again.state, &folded.state);
        prop_assert_eq!(&again.events, &folded.events);
        let nobody_waits = folded.events.iter().all(|told| told.standing == Standing::Effective);
        prop_assert!(nobody_waits, "what was lawful where it was written is lawful: {:?}", folded.events);
        for side in Side::ALL {
            prop_assert!(!detail(&folded.state).is_empty());
            prop_assert!(owed(&folded.state, side).len() < 6);
        }
    }

    #[test]
    fn no_news_makes_a_lawful_event_unlawful(turns in turns()) {
        let mut before: Vec<BTreeMap<_, _>> = vec![BTreeMap::new(); NODES.len()];
        let mut changed = Vec::new();
        play(&turns, |views| {
            for (view, before) in views.iter().zip(&mut before) {
                let now = standings(view);
                for (key, standing) in before.iter().filter(|(_, s)| !matches!(s, Standing::Arriving { .. })) {
                    if now.get(key) != Some(standing) {
                        changed.push((*key, standing.clone(), now.get(key).cloned()));
                    }
                }
                *before = now;
            }
        });
        prop_assert!(changed.is_empty(), "{changed:?}");
    }

    #[test]
    fn whatever_a_party_writes_there_is_an_answer(first in hostile(), second in hostile()) {
        let (view, count) = hostile_view(&first);
        let folded = view.fold();
        prop_assert!(folded.events.len() == count, "every event is told");
        let known: Vec<_> = folded.events.iter().map(|told| (told.side, told.id)).collect();
        prop_assert_eq!(known.iter().collect::<BTreeSet<_>>().len(), count);
        // More of it takes nothing from what was.
        let mut more = view.clone();
        more.unite(&hostile_view(&second).0);
        let (before, after) = (standings(&view), standings(&more));
        for (key, standing) in before.iter().filter(|(_, s)| !matches!(s, Standing::Arriving { .. })) {
            prop_assert_eq!(after.get(key), Some(standing));
        }
        prop_assert_eq!(view.fold().state, folded.state);
        // And an honest node can still say something, or is told why not.
        for (side, number) in NODES {
            let author = Actor { side, number, role: None }.author(Action::WithdrawAgreement, 1_700_000_100_000);
            match more.fold().write(&author, Body::WithdrawAgreement, None) {
                Ok(event) => prop_assert!(Event::parse(&event.encode()).is_ok()),
                Err(refusal) => prop_assert_eq!(refusal.kind, RefusalKind::TooLarge),
            }
        }
    }

    #[test]
    fn no_bytes_are_an_event_by_chance(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(event) = Event::parse(&bytes) {
            prop_assert_eq!(event.encode(), bytes);
        }
    }
}

/// As many events as a document may hold, each knowing all the others could know.
#[test]
fn the_largest_referral_is_folded() {
    let mut view = told("send; by receiver: open then accept").0;
    for number in 0..2 * crate::limits::REFERRAL_EVENTS {
        let side = if number % 2 == 0 { Side::Sender } else { Side::Receiver };
        let body = if side == Side::Sender { Body::WithdrawAgreement } else { Body::Feedback };
        let at_ms = 1_700_000_100_000 + i64::try_from(number).expect("few");
        let author = Actor { side, number: 1, role: None }.author(body.action(), at_ms);
        let seen = if number % 32 == 0 { view.fold() } else { View::default().fold() };
        let event = Event { payload: payload(body.action(), at_ms), ..forced(&seen, &author, body) };
        view.put(&event);
    }
    let folded = view.fold();
    assert!(folded.events.len() > 2 * crate::limits::REFERRAL_EVENTS);
    assert!(folded.state.agreement_withdrawn);
}
