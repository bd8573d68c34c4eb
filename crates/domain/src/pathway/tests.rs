//! Pathways as people write, publish and copy them.

use super::*;
use crate::form::{Form, shipped as forms};
use crate::identity::Signed;
use crate::identity::signing::SecretKey;
use crate::{ActorId, Incarnation, Timestamp};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn organisation(n: u8) -> OrgId {
    OrgId::from_bytes([n; 32])
}

fn listing(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

fn value(name: &str) -> Value {
    let shipped = shipped::SHIPPED.into_iter().find(|shipped| shipped.name == name).expect("shipped");
    serde_yaml_ng::from_str(shipped.yaml).expect("YAML")
}

fn pathway(name: &str) -> Pathway {
    Pathway::read(&value(name)).expect("a pathway").0
}

fn published(pathway: Pathway, by: u8) -> Signed<PublishedPathway> {
    let said = PublishedPathway { organisation: organisation(by), pathway, published_at: Timestamp::from_ms(1_000) };
    Signed::sign(said, &SecretKey::from_seed(&[by; 32]))
}

fn told(refusal: &Refusal) -> String {
    format!("{:?}: {refusal}; {}", refusal.kind, refusal.hint.clone().unwrap_or_default())
}

#[test]
fn every_shipped_pathway_names_its_form_by_hash() {
    for shipped in shipped::SHIPPED {
        let form = forms::by_name(shipped.name).unwrap().form().unwrap();
        let (read, embedded) =
            Pathway::read(&value(shipped.name)).unwrap_or_else(|r| panic!("{}: {}", shipped.name, told(&r)));
        assert_eq!(read.form(), form.hash(), "{}", shipped.name);
        assert_eq!(embedded, None);
        assert_eq!(Pathway::parse(read.bytes()).as_ref(), Ok(&read));
        assert!(read.listing().is_none() && read.origin().is_none());
        let times = read.answer_times();
        assert!(times.acknowledge_ms.is_some() && times.decide_ms.is_some());
    }
}

#[test]
fn a_pathway_may_hold_its_form_and_names_it_by_hash_all_the_same() {
    let form: Value = serde_json::from_str(forms::by_name("arts-group").unwrap().json).unwrap();
    let mut whole = value("arts-group");
    whole["form"] = form.clone();
    let (read, embedded) = Pathway::read(&whole).expect("a pathway");
    assert_eq!(embedded, Some(Form::read(&form).unwrap()));
    assert_eq!(read, pathway("arts-group"));
}

#[test]
fn the_hash_of_a_pathway_and_the_bytes_of_a_published_one_stay_what_they_are() {
    insta::assert_snapshot!(pathway("arts-group").hash(), @"3c02ee30e952f6dc0383c8f9917deed93b72cafc8eab765ef1a6ba839bc9044c");
    let digest: [u8; 32] = Sha256::digest(published(pathway("arts-group"), 1).bytes()).into();
    insta::assert_snapshot!(HEXLOWER.encode(&digest), @"9af12f580ff0430fb83c8375090c237734556da9fbb5d43208cb86efce64b822");
}

#[test]
fn the_sender_is_shown_what_it_has_to_know() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("terminal", terminal(&pathway("arts-group"))));
}

/// What becomes of the arts group's pathway with something else in a place.
#[track_caller]
fn check(change: impl FnOnce(&mut Value), expected: &str) {
    let mut value = value("arts-group");
    change(&mut value);
    let said = match Pathway::read(&value) {
        Ok(_) => "taken".to_owned(),
        Err(refusal) => told(&refusal),
    };
    assert!(said.contains(expected), "said: {said}");
}

#[test]
fn an_author_is_told_what_to_write_instead() {
    check(|v| v["tittle"] = json!("x"), "unknown field `tittle`");
    check(|v| v["title"] = json!(""), "title of a pathway is empty");
    check(|v| v["title"] = json!("x\u{202e}y"), "characters that hide or turn others");
    check(|v| v["language"] = json!("English"), "a language is not written as a language tag");
    check(|v| v["form"] = Value::Null, "a pathway names no form");
    check(|v| v["form"] = json!("tuesday"), "is not a form hash");
    check(|v| v["form"] = json!({ "title": "x" }), "the form has no `x-language`");
    check(|v| v["takes"] = json!([]), "a pathway takes nobody");
    check(|v| v["takes"] = json!(["pigeon"]), "unknown variant `pigeon`");
    check(|v| v["answer_times"] = json!({}), "does not say how fast it answers");
    check(|v| v["answer_times"]["decide"] = json!("soon"), "\"soon\" is not a length of time: write a number");
    check(|v| v["answer_times"]["decide"] = json!("0 days"), "is not a length of time");
    check(|v| v["answer_times"]["decide"] = json!("9999999999999999 weeks"), "is not a length of time");
    check(|v| v["answer_times"]["decide"] = json!("-2 days"), "is not a length of time");
    check(|v| v["feedback"][0]["on"] = json!("withdraw"), "feedback comes on withdraw, which the receiver does not do");
    check(|v| v["templates"]["accept"] = json!("Dear {name}"), "the place {name}, which nothing fills");
    check(|v| v["templates"]["dance"] = json!("x"), "is not an action");
    check(|v| v["templates"]["accept"] = json!("x".repeat(5_000)), "TooLarge: templates.accept");
    check(|v| v["listing"] = json!("tuesday"), "is not a record id");
    check(|v| v["parties"]["sender"]["only"] = json!(["x"]), "is not an organisation id");
    check(|v| v["takes"] = json!(["signpost"]), "taken");
    check(|v| *v = json!([]), "a pathway is a map of fields");
}

#[test]
fn a_length_of_time_is_written_one_way() {
    for (text, shown, ms) in [
        ("48 hours", "2 days", 172_800_000),
        ("1 day", "1 day", 86_400_000),
        ("14 days", "2 weeks", 1_209_600_000),
        ("90 minutes", "90 minutes", 5_400_000),
        ("366 days", "366 days", crate::limits::ANSWER_TIME_MS),
    ] {
        let span: Span = text.parse().expect(text);
        assert_eq!((span.to_string().as_str(), span.as_ms()), (shown, ms));
    }
    let mut value = value("arts-group");
    value["answer_times"]["decide"] = json!("7 days");
    assert_eq!(Pathway::read(&value).unwrap().0.hash(), pathway("arts-group").hash());
}

#[test]
fn a_sender_that_it_is_not_for_is_refused_before_anything_leaves() {
    let arts = pathway("arts-group");
    assert_eq!(arts.admits(&organisation(1), Coming::Referral), Ok(()));
    let note = pathway("bridge-note");
    let said = told(&note.admits(&organisation(1), Coming::SelfReferral).unwrap_err());
    assert!(
        said.starts_with("NotAllowed") && said.contains("does not take self-referrals; it takes referrals"),
        "{said}"
    );
    let mut closed = value("bridge-note");
    closed["parties"]["sender"]["only"] = json!([organisation(2).to_string()]);
    let closed = Pathway::read(&closed).unwrap().0;
    assert_eq!(closed.admits(&organisation(2), Coming::Referral), Ok(()));
    let said = told(&closed.admits(&organisation(1), Coming::Referral).unwrap_err());
    assert!(said.contains("is for other organisations; it is for The link workers"), "{said}");
}

#[test]
fn what_comes_back_is_within_what_the_person_agreed_to() {
    let training = pathway("training-centre");
    let told = |agreed| training.feedback_within(agreed).map(|feedback| feedback.on.word()).collect::<Vec<_>>();
    assert_eq!(told(PassBack::Nothing), ["wait", "accept"]);
    assert_eq!(told(PassBack::Outcome), ["wait", "accept", "end"]);
    assert_eq!(told(PassBack::Progress), ["wait", "accept", "feedback", "end"]);
}

#[test]
fn a_template_is_filled_once() {
    let filling = Filling { sender: "A {receiver}", receiver: "B", listing: "C" };
    assert_eq!(fill("{sender} to {receiver}: {listing}.", &filling), "A {receiver} to B: C.");
    assert_eq!(fill("nothing to fill", &filling), "nothing to fill");
    let arts = pathway("arts-group");
    let words = fill(&arts.templates()[&Action::Acknowledge], &filling);
    assert!(words.starts_with("Thank you, A {receiver}. We have your referral to C"), "{words}");
}

#[test]
fn a_copy_of_a_partners_pathway_keeps_its_origin() {
    let theirs = published(pathway("arts-group").leading_to(listing(1)).unwrap(), 1);
    let us = Receiver { who: "Copper Lane North".to_owned(), sort: Sort::Charity };
    let ours = Pathway::copied(theirs.content(), us.clone(), listing(2)).expect("copied");
    assert_eq!(ours.origin(), Some(Origin { organisation: organisation(1), pathway: theirs.content().pathway.hash() }));
    assert_eq!((ours.listing(), &ours.parties().receiver), (Some(listing(2)), &us));
    assert_eq!(ours.form(), theirs.content().pathway.form());
    assert_eq!(ours.answer_times(), theirs.content().pathway.answer_times());
    assert_eq!(Pathway::parse(ours.bytes()), Ok(ours.clone()));
    assert!(terminal(&ours).contains(&format!("Copied from {}", organisation(1))));
}

#[test]
fn a_pathway_goes_through_a_document_and_back() {
    for shipped in shipped::SHIPPED {
        let signed = published(pathway(shipped.name).leading_to(listing(1)).unwrap(), 1);
        let document = PathwayDocument::new(&organisation(1), signed.clone()).expect("a document");
        let mut value = document.value();
        value["audience"] = json!("partners");
        crate::document::Content::create(
            ActorId::new(&organisation(1), Incarnation::from_bytes([1; 8])),
            Timestamp::from_ms(1_000),
            crate::document::Kind::PATHWAY,
            &value,
        )
        .expect("it can be written");
        let read = PathwayDocument::read(&organisation(1), &value).expect("published");
        assert_eq!(read, document);
        let leads_to = crate::DocId::new(listing(1), crate::document::Kind::LISTING, &organisation(1));
        let about = crate::document::about(crate::document::Kind::PATHWAY, &organisation(1), &value);
        assert_eq!(about, Some(leads_to), "it is found by its listing");
        assert_eq!(read.signed().verify(&SecretKey::from_seed(&[1; 32]).public()), Ok(()));
        assert!(read.signed().verify(&SecretKey::from_seed(&[2; 32]).public()).is_err());
        // What another organisation published is copied and signed anew, never served as one's own.
        assert!(PathwayDocument::read(&organisation(2), &value).is_err());
        value["form"] = json!("00");
        assert!(PathwayDocument::read(&organisation(1), &value).is_err());
    }
}

#[test]
fn a_pathway_that_leads_nowhere_is_not_published() {
    let said = told(&PathwayDocument::new(&organisation(1), published(pathway("arts-group"), 1)).unwrap_err());
    assert!(said.contains("leads to no listing"), "{said}");
}

#[test]
fn bytes_that_are_not_canonical_are_refused() {
    let text = String::from_utf8(pathway("arts-group").bytes().to_vec()).unwrap();
    for other in [text.replacen('{', "{ ", 1), text.replace("3 days", "72 hours"), String::new(), "{}".to_owned()] {
        assert!(Pathway::parse(other.as_bytes()).is_err());
    }
    assert!(Pathway::parse(&vec![b' '; crate::limits::PATHWAY_BYTES + 1]).is_err());
}
