//! Forms under their organisation's name, and in documents.

use super::*;
use crate::audience::Audience;
use crate::document::Kind;
use crate::identity::Signed;
use crate::identity::signing::SecretKey;
use crate::{ActorId, Incarnation, Timestamp};

pub(super) fn organisation(n: u8) -> OrgId {
    OrgId::from_bytes([n; 32])
}

fn published(value: &Value) -> Signed<PublishedForm> {
    let said =
        PublishedForm { organisation: organisation(1), form: form(value), published_at: Timestamp::from_ms(1_000) };
    Signed::sign(said, &SecretKey::from_seed(&[1; 32]))
}

#[test]
fn a_published_form_is_its_organisations_word() {
    let signed = published(&tea());
    let parsed = Signed::<PublishedForm>::parse(signed.bytes()).expect("as signed");
    assert_eq!(parsed, signed);
    assert_eq!(parsed.verify(&SecretKey::from_seed(&[1; 32]).public()), Ok(()));
    assert!(parsed.verify(&SecretKey::from_seed(&[2; 32]).public()).is_err());
    let key = SecretKey::from_seed(&[1; 32]).public();
    for at in (0..signed.bytes().len()).step_by(7) {
        let mut bytes = signed.bytes().to_vec();
        bytes[at] ^= 1;
        assert!(Signed::<PublishedForm>::parse(&bytes).and_then(|parsed| parsed.verify(&key)).is_err(), "byte {at}");
    }
}

#[test]
fn a_form_goes_through_a_document_and_back() {
    for shipped in shipped::SHIPPED {
        let value: Value = serde_json::from_str(shipped.json).unwrap();
        let document = FormDocument { signed: published(&value) };
        let mut value = document.value();
        value["audience"] = json!("public");
        let (_, chunks) = crate::document::Content::create(
            ActorId::new(&organisation(1), Incarnation::from_bytes([1; 8])),
            Timestamp::from_ms(1_000),
            Kind::FORM,
            &value,
        )
        .expect("a document");
        assert!(chunks.iter().all(|chunk| chunk.len() < crate::limits::CHANGE_BYTES));
        let read = FormDocument::read(&value).expect("published");
        assert_eq!(read, document);
        assert_eq!(read.taken_from(&organisation(1)), None);
        assert_eq!(read.taken_from(&organisation(2)), Some(organisation(1)));
    }
}

#[test]
fn the_largest_form_fits_a_document() {
    let question = json!({ "type": "string", "title": "x".repeat(250), "x-tier": "T1" });
    let questions: serde_json::Map<String, Value> = (0..98).map(|n| (format!("q{n}"), question.clone())).collect();
    let value = json!({ "title": "x", "x-language": "en", "properties": questions });
    assert!(form(&value).bytes().len() > 29_000);
    let document = FormDocument { signed: published(&value) };
    assert_eq!(FormDocument::read(&document.value()), Ok(document));
}

#[test]
fn a_document_that_says_other_than_was_signed_is_refused() {
    let value = FormDocument { signed: published(&tea()) }.value();
    for (at, other) in [
        ("/name", Some(json!("Coffee"))),
        ("/form", Some(json!("00"))),
        ("/published_by", Some(json!(organisation(2).to_string()))),
        ("/signed", None),
        ("/signed", Some(json!(["AAAA"]))),
        ("/signed", Some(json!([1]))),
        ("/signed", Some(json!(vec!["A".repeat(16_000); 5]))),
    ] {
        assert!(FormDocument::read(&with(value.clone(), at, other)).is_err(), "{at}");
    }
}

#[test]
fn forms_are_for_everyone_or_all_partners() {
    assert_eq!(check_audience(&Audience::Public), Ok(()));
    assert_eq!(check_audience(&Audience::Partners), Ok(()));
    for closer in [Audience::Own, Audience::Named([organisation(2)].into())] {
        assert!(told(&check_audience(&closer).unwrap_err()).contains("choose public or partners"));
    }
}

#[test]
fn a_changed_copy_names_the_form_that_it_was_made_from() {
    let first = form(&tea());
    let origin = json!({ "organisation": organisation(1).to_string(), "form": first.hash().to_string() });
    let second = form(&with(tea(), "/x-origin", Some(origin)));
    assert_eq!(second.origin(), Some(Origin { organisation: organisation(1), form: first.hash() }));
    assert_ne!(second.hash(), first.hash());
}
