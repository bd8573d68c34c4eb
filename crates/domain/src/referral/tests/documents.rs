//! The two documents in Automerge: they only grow, whoever writes them.

use super::document::{EVENTS, audience, check_renewed, put};
use super::*;
use crate::audience::{Audience, Scope};
use crate::document::{Content, Edit, Kind, about};
use crate::{ActorId, DocId, Incarnation, OrgId, RefusalKind};
use data_encoding::BASE64URL_NOPAD;
use proptest::prelude::*;
use serde_json::{Value, json};

const SENDER: OrgId = OrgId::from_bytes([1; 32]);
const RECEIVER: OrgId = OrgId::from_bytes([2; 32]);

fn actor(process: u8) -> ActorId {
    ActorId::new(&SENDER, Incarnation::from_bytes([process; 8]))
}

fn request(events: Events) -> Request {
    Request {
        referral: referral(),
        receiver: RECEIVER,
        listing: RecordId::from_bytes([5; 16]),
        form: [6; 32],
        previous: Some(document::new_referral([4; 16])),
        agreement: Agreement {
            record: BlobHash::from_bytes([7; 32]),
            rests_on: RestsOn::Own,
            pass_back: PassBack::Outcome,
            expires_at: Some(Timestamp::from_ms(1_800_000_000_000)),
        },
        events,
    }
}

/// The events of a story's sender, in the order of their making.
fn events(story: &str) -> Vec<Event> {
    let mut events: Vec<_> =
        told(story).0.request.values().map(|bytes| Event::parse(bytes).expect("an event")).collect();
    events.sort_by_key(|event| event.recorded_at);
    events
}

fn sent() -> (Content, Vec<Vec<u8>>) {
    let view = told("send").0;
    let value = request(view.request).value();
    Content::create(actor(1), Timestamp::from_ms(1), Kind::REQUEST, &value).expect("created")
}

fn edited(content: &Content, process: u8, edits: &[Edit]) -> Result<(Content, Vec<Vec<u8>>), Refusal> {
    // As another kind, so that what an honest node would not write is written.
    let mut content = content.clone();
    let chunks = content.edit(actor(process), Timestamp::from_ms(2), Kind::from_number(77), edits)?;
    content.check(Kind::REQUEST)?;
    Ok((content, chunks))
}

fn at(path: &[&str], value: Option<Value>) -> Edit {
    Edit { path: path.iter().map(|key| (*key).to_owned()).collect(), value }
}

#[test]
fn what_is_written_is_read() {
    let request = request(told("send; amend").0.request);
    let id = Request::document(request.referral, &SENDER);
    assert_eq!(Request::read(&id, &request.value()).expect("read"), request);
    let previous = request.previous.map(|previous| Response::document(previous, &SENDER));
    assert_eq!(
        about(Kind::REQUEST, &SENDER, &request.value()),
        previous,
        "it is found by the answer that it goes on from"
    );
    let response =
        Response { referral: referral(), sender: SENDER, events: told("send; by receiver: acknowledge").0.response };
    let id = Response::document(response.referral, &RECEIVER);
    assert_eq!(Response::read(&id, &response.value()).expect("read"), response);
}

#[test]
fn what_is_no_referral_is_refused() {
    let request = request(Events::new());
    let id = Request::document(request.referral, &SENDER);
    for field in ["to", "listing", "form", "agreement"] {
        let mut value = request.value();
        value.as_object_mut().expect("a map").remove(field);
        assert!(Request::read(&id, &value).is_err(), "without {field}");
    }
    let tells_time = RecordId::from_bytes(*uuid::uuid!("01890a5d-ac96-774b-bcce-b302099a8057").as_bytes());
    let refusal = Request::read(&Request::document(tells_time, &SENDER), &request.value()).unwrap_err();
    assert_eq!(refusal.message, "a referral whose id is not a random UUID");
}

#[test]
fn it_goes_to_the_other_party_and_nobody_else() {
    let value = request(Events::new()).value();
    assert_eq!(audience(Kind::REQUEST, &value), Some(Ok(Audience::Named([RECEIVER].into()))));
    assert!(audience(Kind::RESPONSE, &json!({})).expect("a referral's").is_err());
    assert_eq!(audience(Kind::LISTING, &value), None);
    let check = |kind, wanted| document::check_audience(kind, &value, &wanted).map_err(|refusal| refusal.kind);
    assert_eq!(check(Kind::REQUEST, Audience::Named([RECEIVER].into())), Ok(()));
    assert_eq!(check(Kind::REQUEST, Audience::Own), Ok(()), "a draft");
    for wrong in [Audience::Public, Audience::Partners, Audience::Named([SENDER, RECEIVER].into())] {
        assert_eq!(check(Kind::REQUEST, wrong.clone()), Err(RefusalKind::NotAllowed));
        assert_eq!(check(Kind::LISTING, wrong), Ok(()));
    }
    let public = Scope::public(SENDER);
    assert!(document::check_scope(Kind::REQUEST, &Scope::pair(SENDER, RECEIVER)).is_ok());
    assert!(document::check_scope(Kind::RESPONSE, &public).is_err());
    assert!(document::check_scope(Kind::LISTING, &public).is_ok());
}

#[test]
fn events_are_added_and_nothing_else_is_done() {
    let (content, _) = sent();
    content.check(Kind::REQUEST).expect("as it was made");
    let [first, second] = events("send; amend").try_into().expect("two");
    let id = first.id().to_string();
    let (grown, _) = edited(&content, 1, &[put(&second)]).expect("added");
    assert_eq!(Request::read(&Request::document(referral(), &SENDER), &grown.value()).expect("read").events.len(), 2);
    assert_eq!(edited(&grown, 1, &[put(&second)]).expect("twice is once").1.len(), 0);

    let refused = |edits: &[Edit], words: &str| {
        let refusal = edited(&grown, 1, edits).map(drop).unwrap_err();
        assert!(refusal.message.contains(words), "{refusal}");
    };
    let overwritten = "overwritten or deleted";
    refused(&[at(&[EVENTS, &id], None)], overwritten);
    refused(&[at(&[EVENTS, &id], Some(json!("AAAA")))], overwritten);
    refused(&[at(&[EVENTS], None)], overwritten);
    refused(&[at(&["to"], Some(json!("somebody else")))], overwritten);
    refused(&[at(&["agreement", "pass_back"], Some(json!("progress")))], overwritten);
    let other = BASE64URL_NOPAD.encode(&second.encode());
    refused(&[at(&[EVENTS, &"0".repeat(32)], Some(json!(other)))], "under another's id");
    refused(&[at(&[EVENTS, &"0".repeat(32)], Some(json!("no bytes!")))], "no bytes");
    refused(&[at(&[EVENTS, &"0".repeat(32)], Some(json!(7)))], "no text");
    refused(&[at(&[EVENTS, &"0".repeat(32)], Some(json!({ "a": "b" })))], "no text");
    refused(&[at(&["notes"], Some(json!(["a name"])))], "neither a field nor an event");
}

#[test]
fn a_deletion_is_found_behind_whatever_made_it_good_again() {
    let (content, _) = sent();
    let [first, _] = events("send; amend").try_into().expect("two");
    let mut content = content;
    for edit in [at(&[EVENTS, &first.id().to_string()], None), put(&first)] {
        content.edit(actor(1), Timestamp::from_ms(3), Kind::from_number(77), &[edit]).expect("edited");
    }
    assert!(content.value()[EVENTS].get(first.id().to_string()).is_some(), "it looks as it did");
    assert!(content.check(Kind::REQUEST).is_err());
    assert!(content.check(Kind::from_number(77)).is_ok(), "other kinds may change their minds");
}

#[test]
fn an_event_of_a_later_version_passes() {
    let (content, _) = sent();
    let unknown = b"of a later version";
    let id = event::id_of(unknown);
    let (grown, _) =
        edited(&content, 1, &[at(&[EVENTS, &id.to_string()], Some(json!(BASE64URL_NOPAD.encode(unknown))))])
            .expect("taken");
    let read = Request::read(&Request::document(referral(), &SENDER), &grown.value()).expect("read");
    let folded = fold(referral(), &read.events, &Events::new(), &homes());
    let told = folded.events.iter().find(|told| told.id == id).expect("kept");
    assert!(matches!(told.standing, Standing::Unreadable(_)));
    assert_eq!(shown(&folded.state), shown(&told_state("send")));
}

fn told_state(story: &str) -> State {
    told(story).0.fold().state
}

#[test]
fn two_nodes_that_began_one_document_apart_are_read_together() {
    let [first, second] = events("send; amend").try_into().expect("two");
    let begin = |process: u8, event: &Event| {
        let value = request([(event.id(), event.encode())].into()).value();
        Content::create(actor(process), Timestamp::from_ms(1), Kind::REQUEST, &value).expect("created")
    };
    let ((left, left_changes), (right, right_changes)) = (begin(1, &first), begin(2, &second));
    let merged = left.apply(right_changes.iter().map(Vec::as_slice)).expect("merged");
    let other = right.apply(left_changes.iter().map(Vec::as_slice)).expect("merged");
    assert_eq!(merged.value(), other.value());
    merged.check(Kind::REQUEST).expect("two beginnings, one referral");
    let id = Request::document(referral(), &SENDER);
    assert_eq!(Request::read(&id, &merged.value()).expect("read").events.len(), 2);
    assert!(merged.conflicts().iter().all(|conflict| conflict.path != [EVENTS]), "nobody has to choose");
    let third = events("send; amend; withdraw").pop().expect("three");
    let (grown, _) = edited(&merged, 1, &[put(&third)]).expect("added");
    assert_eq!(Request::read(&id, &grown.value()).expect("read").events.len(), 3);
    let (root, _) = grown.root(actor(3), Timestamp::from_ms(9), Kind::REQUEST).expect("a new generation");
    let read = |content: &Content| Request::read(&id, &content.value()).expect("read").events;
    assert_eq!(check_renewed(&read(&grown), &read(&root)), Ok(()));
    assert!(check_renewed(&read(&grown), &read(&merged)).is_err());

    let mut value = request([(second.id(), second.encode())].into()).value();
    value["listing"] = json!("48102e86-bb50-41c4-8f1e-e269368c41d1");
    let (_, changes) = Content::create(actor(4), Timestamp::from_ms(1), Kind::REQUEST, &value).expect("created");
    let merged = left.apply(changes.iter().map(Vec::as_slice)).expect("merged");
    assert!(merged.check(Kind::REQUEST).unwrap_err().message.contains("begun twice"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Two nodes of one party add events apart; whoever merges them in whatever order reads the same.
    #[test]
    fn merged_in_any_order_it_reads_alike(turns in proptest::collection::vec((0..3_usize, 0..3_usize), 1..12)) {
        let (base, root) = sent();
        let mut nodes: Vec<(Content, Vec<Vec<u8>>)> = (0..3).map(|_| (base.clone(), root.clone())).collect();
        for (step, (writer, reader)) in turns.iter().enumerate() {
            let story = events("send; amend; amend");
            let event = Event { recorded_at: Timestamp::from_ms(1_700_000_000_000 + step as i64), ..story[1].clone() };
            let process = u8::try_from(*writer).expect("few") + 1;
            let (content, chunks) = edited(&nodes[*writer].0, process, &[put(&event)]).expect("added");
            let all = [nodes[*writer].1.clone(), chunks].concat();
            nodes[*writer] = (content, all.clone());
            let merged = nodes[*reader].0.apply(all.iter().map(Vec::as_slice)).expect("merged");
            let known = nodes[*reader].1.clone();
            let new = all.into_iter().filter(|chunk| !known.contains(chunk));
            let changes = known.iter().cloned().chain(new).collect();
            nodes[*reader] = (merged, changes);
        }
        let id: DocId = Request::document(referral(), &SENDER);
        let read: Vec<Events> = (0..3).map(|first| {
            let mut content = nodes[first].0.clone();
            for (_, changes) in &nodes {
                content = content.apply(changes.iter().map(Vec::as_slice)).expect("merged");
            }
            content.check(Kind::REQUEST).expect("it only grew");
            Request::read(&id, &content.value()).expect("read").events
        }).collect();
        prop_assert_eq!(read[0].len(), 1 + turns.len());
        prop_assert!(read.iter().all(|events| *events == read[0]));
    }
}
