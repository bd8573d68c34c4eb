use super::*;
use crate::arguments::end_of;
use node::api::form::shipped;
use node::api::{Payloads, Role};
use serde_json::json;

/// A moment to look from, far from where a date has one digit.
const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);
const HOUR_MS: i64 = 3_600_000;

fn org(n: u8) -> OrgId {
    OrgId::from_bytes([n; 32])
}

fn names() -> Names {
    [(1, "Copper Lane Arts"), (2, "Eastside Link Workers"), (3, "Millpond Surgery")]
        .map(|(n, name)| (org(n), name.to_owned()))
        .into()
}

fn hours_ago(hours: i64) -> Timestamp {
    NOW.plus_ms(-hours * HOUR_MS)
}

/// The text with the times of this machine's zone by how long ago they were.
fn settled(text: &str) -> String {
    let mut text = text.to_owned();
    for hours in 0..200 {
        text = text.replace(&instant(hours_ago(hours)), &format!("[{hours:>14} h ago]"));
    }
    text
}

/// Sent here by the link workers, who hold the person.
fn row(n: u8, shown: &str, detail: &str) -> ReferralRow {
    ReferralRow {
        id: RecordId::from_bytes([n; 16]),
        direction: Direction::Received,
        partner: Some(org(2)),
        request: "sent".into(),
        response: "none".into(),
        shown: shown.into(),
        detail: detail.into(),
        holder: Some(org(2)),
        owed: vec![],
        overdue: vec![],
        drafted: vec![],
    }
}

fn owed(by: u8, what: &str) -> Owed {
    Owed { by: org(by), what: what.into() }
}

fn late(by: u8, what: &str, hours: i64) -> OverdueRow {
    OverdueRow { by: org(by), what: what.into(), since_ms: hours_ago(hours) }
}

fn event(n: u8, by: u8, action: Action, hours: i64, words: &str) -> EventRow {
    EventRow {
        id: format!("{n:02x}").repeat(16),
        by: org(by),
        action: Some(action),
        role: Some(Role::Caseworker),
        staff: None,
        node: None,
        at_ms: Some(hours_ago(hours)),
        words: words.into(),
        has_payload: matches!(action, Action::Send | Action::Ask | Action::Acknowledge),
        without_effect: None,
    }
}

/// A question of ours waits for its answer.
fn one() -> ReferralView {
    let mut row = row(0x1f, "waiting for them", "information asked");
    row.owed = vec![owed(2, "answer the question")];
    row.overdue = vec![late(2, "answer the question", 72)];
    let mut arriving = event(4, 2, Action::Answer, 5, "answered");
    arriving.without_effect = Some("it arrives: what its author had seen is not here yet".into());
    ReferralView {
        row,
        listing: RecordId::from_bytes([0x5f; 16]),
        listing_name: Some("Tuesday clay".into()),
        form: "4bcb645ac1561aa2".repeat(4),
        version: 1,
        previous: Some(RecordId::from_bytes([0x77; 16])),
        next: None,
        pass_back: Some(PassBack::Outcome),
        agreement_expires_at_ms: Some(end_of("2027-03-31").unwrap()),
        possible: vec![Action::Open, Action::Decline, Action::WithdrawAgreement],
        events: vec![
            event(1, 2, Action::Send, 90, "sent"),
            event(2, 1, Action::Acknowledge, 88, "acknowledged"),
            event(3, 1, Action::Ask, 80, "asked a question"),
            arriving,
        ],
        payloads: Payloads { named: 3, held: 2, key: KeyState::Here },
        pathway: None,
        opened: None,
        remarks: vec!["the answers are to an older version of the form".into()],
    }
}

fn opened() -> Opened {
    let shipped = shipped::by_name("arts-group").unwrap();
    let answers = json!({
        "session": "tuesday", "name": "Maud Example", "phone": "020 7946 0101", "safe_to_call": false, "agrees": true,
        "pass_back": "outcome",
    });
    let agreement = json!({
        "given_by": "person", "how": "face-to-face", "language": "en", "covers": [org(1).to_string(), "somebody"],
        "pass_back": "outcome",
    });
    Opened {
        answers: Some(Pii::new(answers)),
        form: Some(serde_json::from_str(shipped.json).unwrap()),
        agreement: Some(Pii::new(agreement)),
        words: [("03".repeat(16), Pii::new("Is Tuesday still free?\nShe asks.".to_owned()))].into(),
    }
}

#[test]
fn a_list_stands_under_the_five_words_with_what_is_owed_and_late() {
    let mut first = row(0x1f, "waiting for us", "sent");
    first.owed = vec![owed(1, "acknowledge it")];
    first.overdue = vec![late(1, "acknowledge it", 30)];
    let mut second = row(0x2e, "waiting for us", "acknowledged");
    second.owed = vec![owed(1, "decide")];
    let mut third = row(0x3d, "active", "accepted");
    third.direction = Direction::Sent;
    third.partner = Some(org(3));
    third.holder = Some(org(3));
    third.overdue = vec![late(3, "contact the person", 50)];
    let mut fourth = row(0x4c, "finished", "passed on, closed");
    fourth.holder = None;
    let text = rows(&[first, second, third, fourth], &names(), NOW, Emphasis::Plain);
    insta::assert_snapshot!(settled(&text));
}

/// The node puts first whatever waits for us, also what stops: each heading stands once all the same.
#[test]
fn a_heading_stands_once_and_says_whom_a_stop_waits_for() {
    let stopping = |n: u8, by: u8, what: &str| {
        let mut row = row(n, "stopping", "was accepted");
        row.owed = vec![owed(by, what)];
        row
    };
    let all = [
        row(0x1f, "waiting for us", "sent"),
        stopping(0x2e, 1, "confirm the stop"),
        row(0x3d, "waiting for them", "sent"),
        row(0x4c, "finished", "ended (completed)"),
        stopping(0x5b, 2, "take the person back"),
        row(0x6a, "finished", "lapsed"),
    ];
    let text = rows(&all, &names(), NOW, Emphasis::Plain);
    let headings: Vec<&str> = text.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).collect();
    let wanted = ["WAITING FOR US", "STOPPING, AND WAITING FOR US", "WAITING FOR THEM", "STOPPING", "FINISHED"];
    assert_eq!(headings, wanted, "{text}");
}

#[test]
fn what_is_long_to_say_makes_no_row_wide() {
    let long =
        row(0x1f, "stopping", "agreement withdrawn, never opened and erased by receiver, sender has not confirmed");
    let text = rows(&[long], &names(), NOW, Emphasis::Plain);
    let lines: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "  1f1f1f1f-1f1f  from Eastside Link Workers  agreement withdrawn  held by Eastside Link Workers",
            "      never opened and erased by receiver, sender has not confirmed",
        ]
    );
}

#[test]
fn a_draft_that_does_not_open_stands_in_the_list_and_says_what_to_do() {
    let mut closed = row(0x5b, "waiting for us", "draft that does not open");
    (closed.direction, closed.partner, closed.holder) = (Direction::Sent, None, Some(org(1)));
    closed.owed = vec![owed(1, "put back the lock-key file that it was locked with")];
    let text = rows(&[closed], &names(), NOW, Emphasis::Plain);
    let expected = "WAITING FOR US\n  5b5b5b5b-5b5b  to an unknown organisation  draft that does not open  held by \
                    Copper Lane Arts\n      you: put back the lock-key file that it was locked with\n";
    assert_eq!(text, expected);
}

#[test]
fn what_is_ours_to_do_stands_out_on_a_terminal() {
    let mut first = row(0x1f, "stopping", "was accepted");
    first.owed = vec![owed(1, "confirm the stop"), owed(2, "take the person back")];
    let text = rows(&[first], &names(), NOW, Emphasis::Bold);
    let ours: Vec<&str> = text.lines().filter(|line| line.contains('\u{1b}')).collect();
    assert_eq!(ours, ["\u{1b}[1m      you: confirm the stop\u{1b}[0m"]);
}

#[test]
fn a_referral_reads_as_a_page_to_act_on() {
    insta::assert_snapshot!(settled(&view(&one(), &names(), NOW, Emphasis::Plain)));
}

#[test]
fn a_referral_that_is_opened_says_what_is_said_of_the_person() {
    let mut one = one();
    one.opened = Some(opened());
    insta::assert_snapshot!(settled(&view(&one, &names(), NOW, Emphasis::Plain)));
}

#[test]
fn answers_without_their_form_are_shown_by_name() {
    let mut one = one();
    one.opened = Some(Opened { form: None, ..opened() });
    let text = view(&one, &names(), NOW, Emphasis::Plain);
    assert!(text.contains("    session: tuesday\n") && text.contains("    safe to call: no\n"), "{text}");
}

#[test]
fn a_draft_can_be_changed_and_thrown_away_besides() {
    let mut one = one();
    one.row.direction = Direction::Sent;
    one.row.detail = "draft".into();
    one.version = 0;
    one.possible = vec![Action::Send];
    one.events.clear();
    one.pathway = Some("Referral to the open sessions of Copper Lane Arts\n\n  within 3 days: acknowledge\n".into());
    let text = view(&one, &names(), NOW, Emphasis::Plain);
    for says in [
        "fingerpost referral edit 1f1f1f1f-1f1f\n",
        "fingerpost referral discard 1f1f1f1f-1f1f\n",
        "fingerpost referral send 1f1f1f1f-1f1f\n",
        "nothing has left this node",
        "    within 3 days: acknowledge",
    ] {
        assert!(text.contains(says), "{says:?} is not in:\n{text}");
    }
    assert!(!text.contains("What happened"), "{text}");
    assert!(history(&one, &names()).contains("it is a draft"));
}

#[test]
fn a_history_says_who_when_and_what_had_no_effect() {
    insta::assert_snapshot!(settled(&history(&one(), &names())));
}

#[test]
fn what_was_done_says_how_it_stands_now() {
    let mut row = row(0x1f, "active", "accepted");
    row.holder = Some(org(1));
    let done = ReferralDone { row, event: Some("01".repeat(16)), names: names() };
    let text = super::done(&done, NOW, Emphasis::Plain);
    assert_eq!(
        text,
        "Done. Referral 1f1f1f1f-1f1f is now active: accepted.\nThe person is held by Copper Lane Arts.\n\
         to see it: fingerpost referral show 1f1f1f1f-1f1f\n"
    );
}

#[test]
fn a_chase_says_whom_to_ring() {
    let row = |n: u8, late: OverdueRow| ChaseRow {
        id: RecordId::from_bytes([n; 16]),
        direction: Direction::Sent,
        partner: org(1),
        late,
        telephones: vec!["020 7946 0000 (office, weekdays)".into(), "020 7946 0001".into()],
        emails: vec!["hello@copper-lane.example".into()],
        listing_name: Some("Tuesday clay".into()),
    };
    let silent = ChaseRow { telephones: vec![], emails: vec![], listing_name: None, ..row(3, late(1, "start", 26)) };
    let ours = ChaseRow { telephones: vec![], emails: vec![], ..row(4, late(2, "answer the question", 25)) };
    let text = chase(&[row(2, late(1, "decide", 100)), silent, ours], &names(), NOW);
    insta::assert_snapshot!(settled(&text));
    assert_eq!(chase(&[], &names(), NOW), "Nothing is late.\n");
}

#[test]
fn what_others_wrote_cannot_steer_the_terminal() {
    let mut one = one();
    one.listing_name = Some("\u{1b}[2Jclay".into());
    one.remarks = vec!["\u{1b}[2J".into()];
    one.events[0].words = "\u{1b}[2Jsent".into();
    one.row.detail = "\u{1b}[2Jsent".into();
    let mut said = opened();
    said.form = None;
    said.answers = Some(Pii::new(json!({"name\u{1b}[2J": "\u{1b}[2J"})));
    said.words = [("03".repeat(16), Pii::new("\u{1b}[2J".to_owned()))].into();
    one.opened = Some(said);
    let text = view(&one, &names(), NOW, Emphasis::Plain) + &rows(&[one.row.clone()], &names(), NOW, Emphasis::Plain);
    assert!(!text.contains('\u{1b}'), "{text:?}");
}
