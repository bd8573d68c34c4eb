use super::shape::*;
use super::*;
use crate::admin::shape::VALUE_BYTES;
use crate::api::{
    Action, Basis, Contact, Direction, DraftChange, EventRow, KeyState, NewReferral, Opened, OverdueRow, Owed,
    PassBack, Payloads, Pii, Reason, ReferralAct, ReferralRow, ReferralView,
};
use domain::{RefusalKind, Timestamp, limits};
use serde_json::{Value, json};

const CANARY: &str = "Maud Canary";

fn org(n: u8) -> OrgId {
    OrgId::from_bytes([n; 32])
}

fn record(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

fn a_row(n: u8) -> ReferralRow {
    ReferralRow {
        id: record(n),
        direction: Direction::Received,
        partner: Some(org(2)),
        request: "sent".into(),
        response: "accepted".into(),
        shown: "waiting for us".into(),
        detail: "accepted".into(),
        holder: Some(org(1)),
        owed: vec![Owed { by: org(1), what: "start".into() }],
        overdue: vec![OverdueRow { by: org(1), what: "starting".into(), since_ms: Timestamp::from_ms(7) }],
        drafted: vec![],
    }
}

fn a_view(events: usize) -> ReferralView {
    let event = |n: usize| EventRow {
        id: format!("{n:032x}"),
        by: org(2),
        action: Some(Action::Send),
        role: Some(crate::api::Role::Caseworker),
        staff: None,
        node: None,
        at_ms: Some(Timestamp::from_ms(5)),
        words: "send".into(),
        has_payload: true,
        without_effect: None,
    };
    ReferralView {
        row: a_row(1),
        listing: record(3),
        listing_name: Some("Drawing".into()),
        form: "ab".repeat(32),
        version: 2,
        previous: Some(record(4)),
        next: None,
        pass_back: Some(PassBack::Outcome),
        agreement_expires_at_ms: Some(Timestamp::from_ms(9)),
        possible: vec![Action::ConfirmStop, Action::End],
        events: (0..events).map(event).collect(),
        payloads: Payloads { named: 3, held: 2, key: KeyState::Awaited },
        pathway: Some("answers in a week".into()),
        opened: Some(says(1, 10)),
        remarks: vec!["look".into()],
    }
}

fn says(words: usize, bytes: usize) -> Opened {
    Opened {
        answers: Some(Pii::new(json!({"name": CANARY}))),
        form: Some(json!({"fields": []})),
        agreement: Some(Pii::new(json!({"given_by": "person"}))),
        words: (0..words).map(|n| (format!("{n:05}"), Pii::new("w".repeat(bytes)))).collect(),
    }
}

fn names() -> Names {
    [(org(2), "Hoe Street Council".to_owned())].into()
}

#[test]
fn a_referral_says_what_the_view_says_and_nothing_of_the_person() {
    let shown = view(a_view(2), &names(), &mut Room::new());
    let (referral, detail) = (shown.referral, shown.detail);
    assert_eq!((referral.id.as_str(), referral.direction.as_str()), (record(1).to_string().as_str(), "received"));
    assert_eq!((referral.partner_name.as_str(), referral.holder), ("Hoe Street Council", org(1).to_string()));
    assert_eq!((referral.owed[0].what.as_str(), referral.overdue[0].since_ms), ("start", 7));
    assert_eq!((detail.previous, detail.next.as_str()), (record(4).to_string(), ""));
    assert_eq!(
        (detail.pass_back.as_str(), detail.key.as_str(), detail.agreement_expires_at_ms),
        ("outcome", "awaited", 9)
    );
    assert_eq!(detail.possible, ["stop-confirm", "end"]);
    assert_eq!((detail.payloads_named, detail.payloads_held, detail.is_cut), (3, 2, false));
    let event = &detail.events[1];
    assert_eq!((event.action.as_str(), event.role.as_str(), event.staff.as_str()), ("send", "caseworker", ""));
    assert_eq!((event.at_ms, event.has_payload), (5, true));
    assert_eq!(shown.remarks, ["look"]);
    let again = view(a_view(2), &names(), &mut Room::new());
    assert!(!format!("{:?}{:?}", again.referral, again.detail).contains(CANARY));
}

#[test]
fn what_is_said_of_a_person_is_told_to_who_opens_it() {
    let shown = opened(ReferralView { opened: Some(says(2, 10)), ..a_view(2) }, &names());
    let said = shown.said.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&said.answers_json).unwrap(), json!({"name": CANARY}));
    assert_eq!(serde_json::from_str::<Value>(&said.agreement_json).unwrap(), json!({"given_by": "person"}));
    assert_eq!((said.form_json.as_str(), said.words.len(), said.is_cut), (r#"{"fields":[]}"#, 2, false));
    assert_eq!((shown.detail.unwrap().events.len(), shown.remarks.len()), (2, 1));
    let nothing = Opened { answers: None, form: None, agreement: None, words: BTreeMap::new() };
    for nothing in [Some(nothing), None] {
        let shown = opened(ReferralView { opened: nothing, ..a_view(1) }, &names());
        assert_eq!(shown.said, Some(proto::Said::default()));
    }
}

#[test]
fn whatever_a_referral_holds_it_fits_one_message() {
    let check = |words: usize, events: usize, words_fit: bool, events_fit: bool| {
        let message =
            opened(ReferralView { opened: Some(says(words, limits::WORDS_BYTES)), ..a_view(events) }, &names());
        assert!(message.encoded_len() < limits::MESSAGE_BYTES, "{}", message.encoded_len());
        let cut = (!message.said.unwrap().is_cut, !message.detail.unwrap().is_cut);
        assert_eq!(cut, (words_fit, events_fit), "{words} {events}");
    };
    check(10, 100, true, true);
    check(2 * limits::REFERRAL_EVENTS, 2 * limits::REFERRAL_EVENTS, false, true);
    check(1, 20_000, false, false);
    // A person's answers and agreement are there even where they are as large as they may be, beside every event.
    let largest = limits::ANSWERS_BYTES + limits::AGREEMENT_BYTES + limits::FORM_BYTES;
    assert!(largest < VALUE_BYTES / 2);
}

#[test]
fn a_page_fits_one_message_and_goes_on_behind_what_it_holds() {
    let rows = |count: u8, bytes: usize| {
        let large = |n: u8| ReferralRow { detail: "d".repeat(bytes), ..a_row(n) };
        (1..=count).map(|n| row(large(n), &names())).collect::<Vec<_>>()
    };
    let check = |count: u8, bytes: usize, next: Option<u8>, fit: usize, token: Option<u8>| {
        let page = fitting(rows(count, bytes), next.map(record));
        assert!(page.encoded_len() < limits::MESSAGE_BYTES);
        let token = token.map(|n| record(n).to_string()).unwrap_or_default();
        assert_eq!((page.referrals.len(), page.next_page_token), (fit, token), "{count} of {bytes}");
    };
    check(0, 0, None, 0, None);
    check(2, 10, None, 2, None);
    check(2, 10, Some(2), 2, Some(2));
    check(3, 300 << 10, None, 2, Some(2));
    check(2, 800 << 10, None, 1, Some(1));
    assert_eq!(page_token(record(7).to_string()).unwrap(), Some(record(7)));
    assert_eq!(page_token(String::new()).unwrap(), None);
    assert_eq!(page_token("7".into()).unwrap_err().kind, RefusalKind::Invalid);
}

#[test]
fn an_act_reads_as_it_was_said_and_what_was_not_said_is_not_there() {
    let asked = proto::ActOnReferralRequest {
        id: "0101".into(),
        action: "decline".into(),
        reason: "no-space".into(),
        words: "try again".into(),
        occurred_at_ms: 5,
        ..Default::default()
    };
    let (id, read) = act(asked).unwrap();
    assert_eq!(id, "0101");
    let expected = ReferralAct {
        reason: Some(Reason::NoSpace),
        words: Some(Pii::new("try again".into())),
        occurred_at_ms: Some(Timestamp::from_ms(5)),
        ..ReferralAct::new(Action::Decline)
    };
    assert_eq!(read, expected);
    let asked = proto::ActOnReferralRequest {
        action: "keep".into(),
        basis: "legal-claim".into(),
        contact: "tried".into(),
        next: "02".into(),
        until_ms: 6,
        answers_json: r#"{"name": "x"}"#.into(),
        ..Default::default()
    };
    let expected = ReferralAct {
        basis: Some(Basis::LegalClaim),
        contact: Some(Contact::Tried),
        next: Some("02".into()),
        until_ms: Some(Timestamp::from_ms(6)),
        answers: Some(Pii::new(json!({"name": "x"}))),
        ..ReferralAct::new(Action::Keep)
    };
    assert_eq!(act(asked).unwrap().1, expected);
}

#[test]
fn what_is_said_of_a_draft_replaces_what_it_said_and_the_rest_stays() {
    let asked = proto::CreateReferralRequest {
        pathway: "5f0c".into(),
        answers_json: r#"{"name": "x"}"#.into(),
        ..Default::default()
    };
    let expected = NewReferral {
        pathway: "5f0c".into(),
        previous: None,
        answers: Some(Pii::new(json!({"name": "x"}))),
        agreement: None,
    };
    assert_eq!(new_referral(asked).unwrap(), expected);
    let asked = proto::UpdateReferralRequest { id: "01".into(), agreement_json: "{}".into(), ..Default::default() };
    let expected = DraftChange { answers: None, agreement: Some(Pii::new(json!({}))) };
    assert_eq!(draft_change(asked).unwrap(), ("01".to_owned(), expected));
}

#[test]
fn what_cannot_be_read_is_refused_without_a_word_of_it() {
    let check = |asked: proto::ActOnReferralRequest, says: &str| {
        let refusal = act(asked).unwrap_err();
        assert_eq!(refusal.kind, RefusalKind::Invalid);
        assert!(refusal.message.contains(says) && !format!("{refusal:?}").contains(CANARY), "{refusal:?}");
    };
    let asked = || proto::ActOnReferralRequest { action: "end".into(), ..Default::default() };
    check(proto::ActOnReferralRequest::default(), "nothing is said to be done");
    check(proto::ActOnReferralRequest { action: CANARY.into(), ..asked() }, "action says");
    check(proto::ActOnReferralRequest { reason: CANARY.into(), ..asked() }, "reason says");
    check(proto::ActOnReferralRequest { outcome: CANARY.into(), ..asked() }, "outcome says");
    check(proto::ActOnReferralRequest { contact: CANARY.into(), ..asked() }, "contact says");
    check(proto::ActOnReferralRequest { basis: CANARY.into(), ..asked() }, "basis says");
    check(proto::ActOnReferralRequest { answers_json: CANARY.into(), ..asked() }, "answers_json is not JSON");
    check(proto::ActOnReferralRequest { answers_json: format!("{CANARY:?}"), ..asked() }, "no object");
    let refusal = draft_change(proto::UpdateReferralRequest { id: "01".into(), ..Default::default() }).unwrap_err();
    assert!(refusal.message.contains("nothing is said to be changed"), "{refusal:?}");
    let new = proto::CreateReferralRequest { agreement_json: format!("{{\"name\": {CANARY}"), ..Default::default() };
    let refusal = new_referral(new).unwrap_err();
    assert!(refusal.message.contains("agreement_json") && !format!("{refusal:?}").contains(CANARY), "{refusal:?}");
}
