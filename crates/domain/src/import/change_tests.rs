//! The way back from one change, by what somebody did since.

use super::*;
use crate::document::Kind;
use crate::{OrgId, RecordId};
use serde_json::json;

fn change(done: Done) -> Change {
    let doc_id = DocId::new(RecordId::from_bytes([1; 16]), Kind::LISTING, &OrgId::from_bytes([2; 32]));
    let at = Timestamp::from_ms(0);
    Change { source: "s".into(), run: "r".into(), at, doc_id, before: None, done, state: State::Done }
}

fn paths(paths: &[Vec<String>]) -> String {
    paths.iter().map(|path| path.join(".")).collect::<Vec<_>>().join(" ")
}

fn check(done: Done, standing: Option<Value>, expected: &str) {
    let said = match undo(&change(done), standing.as_ref()) {
        Undo::Withdraw => "withdraw".to_owned(),
        Undo::Gone => "gone".to_owned(),
        Undo::Keep { edited } => format!("keep: {}", paths(&edited)),
        Undo::Edit { edits, left } => {
            let edit = |edit: &Edit| match &edit.value {
                Some(value) => format!("{}={value}", edit.path.join(".")),
                None => format!("-{}", edit.path.join(".")),
            };
            let edits: Vec<_> = edits.iter().map(edit).collect();
            format!(
                "{}{}",
                edits.join(" "),
                if left.is_empty() { String::new() } else { format!("; left {}", paths(&left)) }
            )
        }
    };
    assert_eq!(said, expected);
}

fn edited(fields: &[(&str, Option<Value>, Option<Value>)]) -> Done {
    let path = |path: &str| path.split('.').map(str::to_owned).collect();
    let field = |(name, before, after): &(&str, Option<Value>, Option<Value>)| FieldChange {
        path: path(name),
        before: before.clone(),
        after: after.clone(),
    };
    Done::Edited(fields.iter().map(field).collect())
}

#[test]
fn what_was_made_is_withdrawn_unless_somebody_has_edited_it() {
    let made = || Done::Made(json!({ "name": "a", "sessions": { "x": { "byday": "MO" } } }));
    let standing =
        |name: &str| Some(json!({ "name": name, "audience": "public", "sessions": { "x": { "byday": "MO" } } }));
    check(made(), standing("a"), "withdraw");
    check(made(), standing("b"), "keep: name");
    check(made(), Some(json!({ "name": "a" })), "keep: sessions");
    check(made(), None, "gone");
}

#[test]
fn fields_go_back_unless_somebody_has_edited_them() {
    let (a, b) = (|| Some(json!("a")), || Some(json!("b")));
    check(edited(&[("name", a(), b())]), Some(json!({ "name": "b" })), r#"name="a""#);
    check(edited(&[("name", a(), b())]), Some(json!({ "name": "ours" })), "; left name");
    check(edited(&[("name", a(), b())]), Some(json!({ "name": "a" })), "");
    check(edited(&[("email", None, b())]), Some(json!({ "email": "b" })), "-email");
    check(edited(&[("email", None, b())]), Some(json!({})), "");
    check(edited(&[("email", a(), None)]), Some(json!({})), r#"email="a""#);
    check(edited(&[("email", a(), None)]), Some(json!({ "email": "ours" })), "; left email");
    check(
        edited(&[("name", a(), b()), ("email", a(), b())]),
        Some(json!({ "name": "b", "email": "ours" })),
        r#"name="a"; left email"#,
    );
    check(edited(&[("name", a(), b())]), None, "gone");
    check(Done::Noted, Some(json!({ "name": "b" })), "");
}

#[test]
fn entries_are_compared_as_wholes_and_not_brought_back_in_part() {
    let x = || Some(json!({ "byday": "MO" }));
    check(edited(&[("sessions.x", None, x())]), Some(json!({ "sessions": { "x": { "byday": "MO" } } })), "-sessions.x");
    check(
        edited(&[("sessions.x", None, x())]),
        Some(json!({ "sessions": { "x": { "byday": "TU" } } })),
        "; left sessions.x",
    );
    let notes = || edited(&[("sessions.x.notes", Some(json!("a")), None)]);
    check(notes(), Some(json!({ "sessions": { "x": { "byday": "MO" } } })), r#"sessions.x.notes="a""#);
    check(notes(), Some(json!({})), "; left sessions.x.notes");
}
