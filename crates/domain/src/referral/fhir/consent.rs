//! What the person agreed to, as a FHIR `Consent`: opt-in (nothing is permitted but what stands there), that the receiver is told, and
//! apart from that what may be told back to the sender.

use super::Export;
use super::datatype::{Attachment, Coding, Concept, Identifier, Period, Reference, instant, language, words};
use super::entry::Ids;
use super::resource::{Actor, Consent, Provision};
use crate::Timestamp;
use crate::referral::PassBack;

/// The agreement. Inactive once it was withdrawn, or is past its end.
pub(super) fn consent(export: &Export<'_>, ids: &Ids) -> Consent {
    let agreed = export.agreed();
    let agreement = &export.request.agreement;
    let expires_at = agreed.and_then(|agreed| agreed.expires_at).or(agreement.expires_at);
    let is_over = expires_at.is_some_and(|end| end <= export.exported_at);
    let given_at = agreed.map(|agreed| agreed.given_at);
    let source = agreed.and_then(|agreed| {
        let how = words(agreed.how)?;
        let language = agreed.language.and_then(language);
        Some(Attachment { language, title: format!("agreement ({how})"), creation: instant(agreed.given_at) })
    });
    Consent {
        id: ids.consent.id(),
        identifier: vec![Identifier::plain(agreement.record.to_string()).of("hash of the sealed record")],
        status: if export.state().agreement_withdrawn || is_over { "inactive" } else { "active" },
        scope: Concept::of(Coding::new("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")),
        category: vec![Concept::of(Coding::new("http://loinc.org", "59284-0").shown("Consent Document"))],
        patient: ids.patient(),
        date_time: given_at.map(instant),
        organization: vec![ids.sender()],
        source_attachment: source,
        policy_rule: Concept::of(Coding::new("http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN")),
        provision: provision(ids, given_at, expires_at, agreement.pass_back),
    }
}

fn provision(ids: &Ids, from: Option<Timestamp>, until: Option<Timestamp>, pass_back: PassBack) -> Provision {
    let (r#type, what) = match pass_back {
        PassBack::Nothing => ("deny", "more than that it ended"),
        PassBack::Outcome => ("permit", "how it ended"),
        PassBack::Progress => ("permit", "how it goes, and how it ended"),
    };
    let back = Provision {
        r#type,
        period: None,
        actor: vec![recipient(ids.sender())],
        action: vec![disclosing()],
        code: vec![Concept::said(what)],
        provision: Vec::new(),
    };
    Provision {
        r#type: "permit",
        period: Period::new(from, until),
        actor: vec![recipient(ids.receiver())],
        action: vec![disclosing()],
        code: vec![Concept::said("the referral")],
        provision: vec![back],
    }
}

fn recipient(reference: Reference) -> Actor {
    let role = Coding::new("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP");
    Actor { role: Concept::of(role.shown("information recipient")), reference }
}

fn disclosing() -> Concept {
    Concept::of(Coding::new("http://terminology.hl7.org/CodeSystem/consentaction", "disclose").shown("Disclose"))
}
