use super::*;
use crate::document::about;
use crate::document::crdt::Content;
use crate::{OrgId, RecordId};
use serde_json::json;

const OWNER: OrgId = OrgId::from_bytes([7; 32]);

fn target() -> DocId {
    DocId::new(RecordId::from_bytes([1; 16]), Kind::LISTING, &OWNER)
}

fn id(n: u8) -> DocId {
    DocId::new(RecordId::from_bytes([n; 16]), Kind::PROPOSAL, &OrgId::from_bytes([9; 32]))
}

fn edit(path: &[&str], value: Value) -> ProposedEdit {
    let path = path.iter().map(|key| (*key).to_owned()).collect();
    ProposedEdit { edit: Edit { path, value: Some(value) }, was: None }
}

fn supper() -> Content {
    let value = json!({ "name": "Supper", "description": "A warm room and soup" });
    let actor = ActorId::new(&OWNER, Incarnation::from_bytes([1; 8]));
    Content::create(actor, Timestamp::from_ms(1), Kind::LISTING, &value).expect("created").0
}

fn proposal(at: &Content, edits: Vec<ProposedEdit>) -> Proposal {
    Proposal {
        target: target(),
        owner: OWNER,
        generation: 1,
        at_heads: at.heads().into_iter().collect(),
        edits,
        note: "I was there on Tuesday".into(),
        made_at: Timestamp::from_ms(99),
    }
}

fn edited(mut content: Content, description: &str) -> Content {
    let actor = ActorId::new(&OWNER, Incarnation::from_bytes([2; 8]));
    let edits = [Edit { path: vec!["description".into()], value: Some(json!(description)) }];
    content.edit(actor, Timestamp::from_ms(2), Kind::LISTING, &edits).expect("edited");
    content
}

#[test]
fn what_is_written_is_read() {
    let edits = vec![
        edit(&["extra", r"a.b\c"], json!({ "x": [1, 2] })),
        ProposedEdit { edit: Edit { path: vec!["fees".into()], value: None }, was: Some(json!("free")) },
    ];
    let proposal = proposal(&supper(), edits);
    assert_eq!(Proposal::read(&proposal.value()), Ok(proposal.clone()));
    assert_eq!(about(Kind::PROPOSAL, &OWNER, &proposal.value()), Some(target()));
    let refused = Answer { proposal: id(3), verdict: Verdict::Refused { reason: "not ours".into() } };
    for answer in [refused, Answer { proposal: id(3), verdict: Verdict::Accepted }] {
        assert_eq!(Answer::read(&answer.value().expect("short")), Ok(answer.clone()));
    }
}

#[test]
fn what_no_proposal_may_say_is_refused() {
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut value = proposal(&supper(), vec![edit(&["name"], json!("Late supper"))]).value();
        change(&mut value);
        Proposal::read(&value).expect_err("refused").message
    };
    let with = |path: &str, json: Value| {
        refused(&|value| value["edits"] = json!([{ "path": path, "value_json": json.to_string() }]))
    };
    assert!(with("audience", json!("own")).contains("the audience is not a field to be edited"));
    assert!(with("keepers.x", json!({})).contains("the keepers are not a field to be edited"));
    assert!(with("nmae", json!("X")).contains("is not a field of listing"));
    assert!(with("minimum_age", json!("old")).contains("minimum_age is a number"));
    assert!(with("extra.a.b.c.d.e.f.g.h", json!(1)).contains("over 8 fields"));
    assert!(refused(&|v| v["edits"] = json!([{ "path": "name", "value_json": "{" }])).contains("no JSON"));
    assert!(refused(&|v| v["edits"] = json!([])).contains("without heads or edits"));
    assert!(refused(&|v| v["at_heads"] = json!([])).contains("without heads or edits"));
    assert!(refused(&|v| v["edits"] = json!(vec![json!({ "path": "name" }); 65])).contains("over 64 edits"));
    assert!(refused(&|v| v["note"] = json!("x".repeat(2_001))).contains("over 2000 bytes"));
    assert!(refused(&|v| v["doc_id"] = json!(id(1).to_string())).contains("no listing of the owner"));
}

#[test]
fn taken_by_any_node_at_any_time_it_is_the_same_change() {
    let base = supper();
    let proposal = proposal(&base, vec![edit(&["description"], json!("A warm room and soup, and bread"))]);
    let later = edited(base.clone(), "A warm hall and soup");
    let first = proposal.take(id(1), &base).expect("taken");
    assert_eq!(proposal.take(id(1), &later).expect("taken").chunks, first.chunks);
    let both = later.apply(first.chunks.iter().map(Vec::as_slice)).expect("merged");
    assert_eq!(both.value()["description"], json!("A warm hall and soup, and bread"));
    assert_eq!(proposal.take(id(1), &both).expect("taken").chunks, first.chunks, "taken twice is taken once");
    assert_ne!(proposal.actor(id(1)), proposal.actor(id(2)));
    let other = Proposal { made_at: Timestamp::from_ms(100), ..proposal.clone() };
    assert_ne!(proposal.actor(id(1)), other.actor(id(1)), "another proposal is another actor");
}

#[test]
fn upon_a_new_history_it_stands_where_nothing_else_was_said() {
    let change = ProposedEdit { was: Some(json!("Supper")), ..edit(&["name"], json!("Late supper")) };
    let proposal = proposal(&supper(), vec![change]);
    let rebased = |name: &str| proposal.rebased(&json!({ "name": name }));
    assert_eq!(rebased("Supper").expect("unchanged").len(), 1);
    assert_eq!(rebased("Late supper").expect("done"), []);
    assert!(rebased("Lunch").expect_err("changed").message.contains("name was changed since"));
}

#[test]
fn keepers_are_named_by_their_ids() {
    let org = OrgId::from_bytes([5; 32]);
    let mut content = supper();
    let actor = ActorId::new(&OWNER, Incarnation::from_bytes([3; 8]));
    let mut keep = |since| {
        content.edit(actor, Timestamp::from_ms(3), Kind::LISTING, &[keeper_edit(&org, since)]).expect("edited");
        keepers(&content.value())
    };
    assert_eq!(keep(Some(Timestamp::from_ms(0))), [org].into());
    assert_eq!(keep(None), [].into());
    assert_eq!(keepers(&json!({ "keepers": { "nobody": {} } })), [].into());
}
