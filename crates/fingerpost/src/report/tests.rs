use super::*;
use crate::arguments::Arguments;
use clap::Parser;

#[test]
fn a_refusal_says_error_cause_and_hint_once() {
    let refusal = Refusal::not_found("no listing has an id that begins with \"7f\"").hint("list them");
    assert_eq!(
        Failure::from(refusal).report("show listing \"7f\""),
        (
            "error: cannot show listing \"7f\"\ncause: no listing has an id that begins with \"7f\"\nhint: list them\n"
                .into(),
            1
        )
    );
}

#[test]
fn a_refusal_without_a_hint_gets_the_usual_one() {
    let (text, _) = Failure::from(Refusal::new(RefusalKind::Busy, "too many")).report("join");
    assert!(text.ends_with("hint: try again in a minute\n"), "{text}");
}

#[test]
fn what_others_wrote_cannot_steer_the_terminal() {
    let (text, _) = Failure::from(Refusal::invalid("\u{1b}[2Jname")).report("edit");
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn wrong_usage_reads_the_same_way() {
    fn check(line: &[&str], says: &[&str]) {
        let error = Arguments::try_parse_from([&["fingerpost"], line].concat()).unwrap_err();
        let text = usage(&error);
        assert!(text.starts_with("error: cannot understand the command line\ncause: "), "{text}");
        assert_eq!(text.matches("\nhint: ").count(), 1, "{text}");
        for word in says {
            assert!(text.contains(word), "{word:?} is not in: {text}");
        }
    }
    check(&["lisst"], &["lisst", "list"]);
    check(&["listing", "shwo", "7f"], &["shwo", "show"]);
    check(&["listing", "show"], &["<ID>"]);
    check(&["listing", "edit", "7f", "--set", "name"], &["no = between path and value"]);
    check(&["invite", "--expires", "soon"], &["soon", "72h"]);
    check(&["invite", "--as", "friend"], &["friend", "partner"]);
    check(&["import", "x", "--dry-run", "--yes"], &["--yes"]);
    check(&["init"], &["--name"]);
    check(&["status", "--jsno"], &["--jsno", "--json"]);
}
