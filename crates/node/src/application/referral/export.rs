//! A referral as a FHIR R4 bundle, with what is said of the person: noted like any reading.

use super::super::Application;
use crate::api::ReferralResponse;
use crate::clock::now;
use domain::form::Tier;
use domain::pii::Pii;
use domain::referral::access::AccessKind;
use domain::referral::fhir::{Agreed, Export, Party, export};
use domain::{FormHash, Refusal, RefusalKind};

impl Application {
    pub(super) async fn export_referral(&self, id: &str) -> Result<ReferralResponse, Refusal> {
        if self.kept_draft(id).await?.is_some() {
            return Err(Refusal::new(RefusalKind::WrongState, "a draft is not exported").hint("send it first"));
        }
        let case = self.case(id).await?;
        let request = &case.request;
        let (said, _) = self.read_case(&case, AccessKind::Exported).await?;
        let form = self.form(&FormHash::from_bytes(request.form), &case.parties.receiver).await?;
        let names = self.names().await?;
        let party = |organisation| Party { organisation, name: names.get(&organisation).map(String::as_str) };
        let listing = self.listing_name(Some(request.listing), &case.parties.receiver).await?;
        // Answers to another form than the request says are none that the bundle could place.
        let answers = form.as_ref().zip(said.answers.as_ref()).filter(|(form, answers)| answers.form() == form.hash());
        let agreement = said.agreement.as_ref().map(|record| Agreed {
            given_at: record.given_at,
            expires_at: record.expires_at,
            how: record.how.word(),
            language: Some(&record.language),
        });
        let bundle = export(&Export {
            referral: &case.referral,
            request,
            sender: party(case.parties.sender),
            receiver: party(case.parties.receiver),
            listing: listing.as_deref(),
            answers,
            agreement,
            exported_at: now(),
            viewer: case.side,
            tier: Tier::Context,
        })?;
        Ok(ReferralResponse::Exported { bundle: Pii::new(bundle) })
    }
}
