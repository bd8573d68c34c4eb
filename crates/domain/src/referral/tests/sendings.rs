//! What keeps a referral from leaving, and what its receiver is shown of one that came.

use super::agreements::{CANARY, moment, now, organisation, record, written};
use super::*;
use crate::RecordId;
use crate::form::{Answers, Form, shipped as forms};
use crate::pathway::{Pathway, shipped as pathways};
use crate::sync::batch::Partner;
use serde_json::{Value, json};

fn form(name: &str) -> Form {
    forms::by_name(name).and_then(forms::Shipped::form).expect("a form")
}

fn pathway_with(change: impl FnOnce(&mut Value)) -> Pathway {
    let shipped = pathways::SHIPPED.into_iter().find(|shipped| shipped.name == "arts-group").expect("shipped");
    let mut value = serde_yaml_ng::from_str(shipped.yaml).expect("YAML");
    change(&mut value);
    Pathway::read(&value).expect("a pathway").0
}

fn answers_with(change: impl FnOnce(&mut Value)) -> Answers {
    let example = forms::by_name("arts-group").expect("shipped").example;
    let mut value: Value = serde_yaml_ng::from_str(example).expect("YAML");
    value["name"] = json!(CANARY);
    change(&mut value);
    Answers::draft(&form("arts-group"), &value).expect("answers")
}

fn sharing_until(partner: u8, expires_at: &str) -> SharingAgreement {
    let expires_at = moment(expires_at);
    SharingAgreement::new(organisation(partner), "DSA 12", None, expires_at, expires_at.plus_ms(-1))
        .expect("an agreement")
}

fn record_with(field: &str, value: Value) -> AgreementRecord {
    let mut written = written();
    written[field] = value;
    AgreementRecord::read(&written).expect("an agreement")
}

/// All that is needed, owned.
struct Desk {
    /// On record at the sender.
    sharing: SharingAgreement,
    /// And at the receiver.
    sharing_there: SharingAgreement,
    pathway: Pathway,
    form: Form,
    answers: Answers,
    agreement: AgreementRecord,
}

impl Desk {
    fn new() -> Self {
        Self {
            sharing: sharing_until(2, "2028-01-01T00:00:00Z"),
            sharing_there: sharing_until(1, "2028-01-01T00:00:00Z"),
            pathway: pathway_with(|_| ()),
            form: form("arts-group"),
            answers: answers_with(|_| ()),
            agreement: record(),
        }
    }

    fn sending(&self) -> Sending<'_> {
        Sending {
            sender: organisation(1),
            receiver: organisation(2),
            trust: Trust::Verified,
            sharing: Some(&self.sharing),
            pathway: &self.pathway,
            form: &self.form,
            answers: &self.answers,
            agreement: Some(&self.agreement),
            previous: None,
            now: now(),
        }
    }

    fn request(&self) -> Request {
        Request {
            referral: referral(),
            receiver: organisation(2),
            listing: RecordId::from_bytes([5; 16]),
            form: *self.form.hash().as_bytes(),
            previous: None,
            agreement: self.agreement.agreement(BlobHash::from_bytes([9; 32])),
            events: Events::new(),
        }
    }

    fn received<'a>(&'a self, request: &'a Request) -> Received<'a> {
        Received {
            sender: organisation(1),
            receiver: organisation(2),
            request,
            sharing: Some(&self.sharing_there),
            pathway: Some(&self.pathway),
            form: Some(&self.form),
            answers: &self.answers,
            agreement: Some(&self.agreement),
            now: now(),
        }
    }
}

fn named(text: &str) -> String {
    text.replace(&organisation(1).to_string(), "US").replace(&organisation(2).to_string(), "THEM")
}

#[test]
fn what_holds_in_full_may_leave() {
    assert_eq!(Desk::new().sending().check(), Ok(()));
}

#[test]
fn an_agreement_rests_on_the_referral_before_where_there_is_one() {
    let (desk, before) = (Desk::new(), record_with("rests_on", json!("previous")));
    let mut sending = Sending { agreement: Some(&before), ..desk.sending() };
    insta::assert_snapshot!(outcome(sending.check()), @"Invalid: the agreement rests on the referral before, and there is none (write `rests_on: own`, or begin from that one: `fingerpost referral new PATHWAY --previous ID`)");
    sending.previous = Some(referral());
    assert_eq!(sending.check(), Ok(()));
}

#[test]
fn a_referral_is_refused_for_the_first_thing_that_is_missing() {
    let desk = Desk::new();
    let not_for_us = pathway_with(|p| p["parties"]["sender"]["only"] = json!([organisation(7).to_string()]));
    let no_referrals = pathway_with(|p| p["takes"] = json!(["signpost", "enquiry"]));
    let other_form = pathway_with(|p| p["form"] = json!(form("bridge-note").hash().to_string()));
    let (ended, bridge) = (sharing_until(2, "2026-11-30T12:00:00Z"), form("bridge-note"));
    let of_another = sharing_until(3, "2028-01-01T00:00:00Z");
    let unanswered = answers_with(|a| a["phone"] = json!(CANARY));
    let until = |end: &str| record_with("expires_at", json!(end));
    let (late, other) = (until("2026-11-29T12:00:00Z"), record_with("covers", json!([organisation(3).to_string()])));
    let (future, unlike) = (record_with("given_at", json!("2026-12-31")), record_with("pass_back", json!("progress")));
    // From the last that is asked to the first: each time, what was wrong before is wrong as well.
    let mut sending = desk.sending();
    let mut lines = Vec::new();
    let mut note = |sending: &Sending<'_>| lines.push(named(&outcome(sending.check())));
    sending.agreement = Some(&unlike);
    note(&sending);
    sending.agreement = Some(&other);
    note(&sending);
    sending.agreement = Some(&late);
    note(&sending);
    sending.agreement = Some(&future);
    note(&sending);
    sending.agreement = None;
    note(&sending);
    sending.answers = &unanswered;
    note(&sending);
    sending.form = &bridge;
    note(&sending);
    sending.pathway = &other_form;
    note(&sending);
    sending.pathway = &not_for_us;
    note(&sending);
    sending.pathway = &no_referrals;
    note(&sending);
    sending.sharing = Some(&ended);
    note(&sending);
    sending.sharing = Some(&of_another);
    note(&sending);
    sending.sharing = None;
    note(&sending);
    for trust in [Trust::ConfirmedHere, Trust::ConfirmedThere, Trust::Paired] {
        sending.trust = trust;
        note(&sending);
    }
    golden("sending", &lines.join("\n"));
    assert!(lines.iter().all(|line| line != "taken" && !line.contains(CANARY) && !line.contains("no hint")));
}

#[test]
fn the_form_is_the_one_that_the_pathway_asks_for() {
    let desk = Desk::new();
    let other_form = pathway_with(|p| p["form"] = json!(form("bridge-note").hash().to_string()));
    let bridge = form("bridge-note");
    for sending in [
        Sending { pathway: &other_form, ..desk.sending() },
        Sending { pathway: &other_form, form: &bridge, ..desk.sending() },
        Sending { form: &bridge, ..desk.sending() },
    ] {
        assert!(outcome(sending.check()).contains("another form than the one that was filled in"));
    }
}

#[test]
fn a_partner_is_trusted_once_both_compared_words() {
    let with = |here: Option<Timestamp>, there: Option<Vec<u8>>| {
        let partner = Partner {
            org_id: organisation(2),
            name: "partner".to_owned(),
            addresses: Vec::new(),
            is_paused: false,
            confirmed_here_at: here,
            confirmed_there: there,
            paired_at: now(),
            is_shared_with: false,
            is_followed: false,
        };
        (Trust::of(&partner), partner.is_verified())
    };
    assert_eq!(with(None, None), (Trust::Paired, false));
    assert_eq!(with(Some(now()), None), (Trust::ConfirmedHere, false));
    assert_eq!(with(None, Some(vec![1])), (Trust::ConfirmedThere, false));
    assert_eq!(with(Some(now()), Some(vec![1])), (Trust::Verified, true));
}

#[test]
fn a_receiver_has_no_doubts_where_all_holds() {
    let desk = Desk::new();
    assert_eq!(check_received(&desk.received(&desk.request())), []);
}

#[test]
fn a_receiver_is_shown_all_that_does_not_fit() {
    let desk = Desk::new();
    let request = desk.request();
    let shown = |received: Received<'_>| {
        let doubts: Vec<_> = check_received(&received).iter().map(|doubt| named(&doubt.to_string())).collect();
        assert!(doubts.iter().all(|doubt| !doubt.contains(CANARY)));
        doubts.join("\n")
    };
    let (ended, bridge) = (sharing_until(1, "2026-11-30T12:00:00Z"), form("bridge-note"));
    let no_referrals = pathway_with(|p| p["takes"] = json!(["signpost"]));
    let wrong = answers_with(|a| a["phone"] = json!(CANARY));
    let other = record_with("covers", json!([organisation(3).to_string()]));
    let unlike = record_with("pass_back", json!("progress"));
    let mut as_unlike = request.clone();
    as_unlike.agreement = unlike.agreement(request.agreement.record);
    let mut of_other_form = request.clone();
    of_other_form.form = *bridge.hash().as_bytes();
    let all = desk.received(&request);
    let cases = [
        Received { sharing: None, ..all },
        Received { sharing: Some(&ended), pathway: Some(&no_referrals), ..all },
        Received { answers: &wrong, agreement: Some(&other), ..all },
        Received { agreement: Some(&unlike), ..all },
        Received { agreement: Some(&unlike), request: &as_unlike, ..all },
        Received { pathway: None, form: None, agreement: None, ..all },
        Received { request: &of_other_form, form: Some(&bridge), ..all },
    ];
    golden("received", &cases.map(shown).join("\n\n"));
}

#[test]
fn an_answer_that_was_left_out_contradicts_no_agreement() {
    let agreement = record_with("pass_back", json!("progress"));
    let contradicts = |answers: Answers| {
        let desk = Desk { answers, agreement: agreement.clone(), ..Desk::new() };
        // Nothing but the answers differs: the request is written from the agreement.
        check_received(&desk.received(&desk.request())).iter().any(|doubt| doubt.what.contains("otherwise"))
    };
    assert!(contradicts(answers_with(|_| ())));
    assert!(!contradicts(answers_with(|a| a["pass_back"] = json!("progress"))));
    assert!(!contradicts(answers_with(|a| a["pass_back"] = Value::Null)));
}
