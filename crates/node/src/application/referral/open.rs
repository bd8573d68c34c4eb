//! What is said of a person, opened for who asked. Every opening is noted before anything is shown.

use super::super::{Application, fault};
use super::act::role_for;
use super::case::Case;
use crate::api::{Opened, ReferralResponse};
use crate::clock::now;
use domain::pii::Pii;
use domain::referral::access::AccessKind;
use domain::referral::consent::AgreementRecord;
use domain::referral::content::Content;
use domain::referral::fold::Standing;
use domain::referral::{Action, Blob, Body, DataKey, Received, Side, check_received};
use domain::sync::Referring;
use domain::{BlobHash, DocId, FormHash, Refusal};
use serde_json::Value;
use std::collections::BTreeMap;

/// What payloads of a referral say.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) answers: Option<domain::form::Answers>,
    pub(crate) agreement: Option<AgreementRecord>,
    pub(crate) words: BTreeMap<String, Pii<String>>,
    /// The version of the request that the answers are of; 0 where there are none.
    pub(crate) version: u32,
    /// What did not open, in words without content.
    pub(crate) unreadable: Vec<String>,
}

impl Application {
    pub(super) async fn open_referral(&self, id: &str) -> Result<ReferralResponse, Refusal> {
        if let Some(kept) = self.kept_draft(id).await? {
            return self.open_draft(&self.opened_draft(&kept)?).await;
        }
        let case = self.case(id).await?;
        let (said, remarks) = self.read_case(&case, AccessKind::Opened).await?;
        let case = self.case_of(&case.parties).await?;
        let mut view = self.view(&case).await?;
        view.opened = Some(self.opened(&case, &said).await?);
        view.remarks = remarks;
        Ok(ReferralResponse::View { view: Box::new(view), names: self.names().await? })
    }

    /// Reads what a referral says of the person, noted as this; the receiver's first reading of a version is told to the sender.
    pub(crate) async fn read_case(&self, case: &Case, what: AccessKind) -> Result<(Said, Vec<String>), Refusal> {
        let role = role_for(Action::Open, case);
        let key = match self.key_of(&case.parties).await {
            Ok(key) => key,
            Err(refusal) => {
                self.note_reading(role, &[case.parties.referral], AccessKind::Refused).await?;
                return Err(refusal);
            }
        };
        self.note_reading(role, &[case.parties.referral], what).await?;
        let said = self.said(case, &key).await?;
        if case.side == Side::Receiver && said.version > 0 {
            self.say_opened(case, said.version).await;
        }
        let mut remarks = said.unreadable.clone();
        remarks.extend(self.doubts(case, &said).await?);
        Ok((said, remarks))
    }

    /// Tells the sender that it was read, once a version, where the referral is at a point at which that is said.
    async fn say_opened(&self, case: &Case, version: u32) {
        let is_known = case.referral.events.iter().any(|told| {
            told.standing == Standing::Effective
                && told.event.as_ref().is_some_and(|event| event.body == Body::Open { version })
        });
        if is_known {
            return;
        }
        let referring = Referring {
            parties: case.parties,
            role: role_for(Action::Open, case),
            staff: self.staff(),
            occurred_at: now(),
            body: Body::Open { version },
            payload: None,
            first: None,
            beside: Vec::new(),
            key: None,
        };
        if let Err(refusal) = self.refer(referring).await {
            tracing::debug!(reason = %refusal, "that a referral was read is not told");
        }
    }

    async fn said(&self, case: &Case, key: &DataKey) -> Result<Said, Refusal> {
        let blobs = self.0.store.payloads(&case.parties.request()).await.map_err(fault)?;
        let mut said = Said::default();
        let mut version = 0;
        for told in &case.referral.events {
            let Some(event) = &told.event else { continue };
            let Some(hash) = &event.payload else { continue };
            let content = match opened(key, &case.parties.document(told.side), hash, &blobs) {
                Ok(content) => content,
                Err(refusal) => {
                    said.unreadable.push(format!("{} {}: {refusal}", event.body.action(), told.id));
                    continue;
                }
            };
            match content {
                Content::Words { words, .. } => drop(said.words.insert(told.id.to_string(), Pii::new(words))),
                Content::Answers(answers) => {
                    let of = match event.body {
                        Body::Send => 1,
                        Body::Amend { version } => version,
                        // Answers to a question go with the version that it was asked about.
                        _ => version,
                    };
                    if told.side == Side::Sender && told.standing == Standing::Effective && of >= version {
                        (version, said.answers) = (of, Some(answers));
                    }
                }
                Content::Agreement(_) => {}
            }
        }
        said.version = if said.answers.is_some() { version } else { 0 };
        match opened(key, &case.parties.request(), &case.request.agreement.record, &blobs) {
            Ok(Content::Agreement(record)) => said.agreement = Some(record),
            Ok(_) => said.unreadable.push("the record of the agreement is none".to_owned()),
            Err(refusal) => said.unreadable.push(format!("the record of the agreement: {refusal}")),
        }
        Ok(said)
    }

    /// What the receiver looks at again in what came.
    async fn doubts(&self, case: &Case, said: &Said) -> Result<Vec<String>, Refusal> {
        let (Side::Receiver, Some(answers)) = (case.side, &said.answers) else {
            return Ok(Vec::new());
        };
        let context = self.context_of(case).await?;
        let form = self.form(&FormHash::from_bytes(case.request.form), &case.parties.receiver).await?;
        let sharing = self.0.store.sharing_agreement(&case.parties.sender).await.map_err(fault)?;
        let received = Received {
            sender: case.parties.sender,
            receiver: case.parties.receiver,
            request: &case.request,
            sharing: sharing.as_ref().map(|noted| &noted.agreement),
            pathway: context.pathway(case),
            form: form.as_ref(),
            answers,
            agreement: said.agreement.as_ref(),
            now: now(),
        };
        Ok(check_received(&received).iter().map(ToString::to_string).collect())
    }

    pub(crate) async fn opened(&self, case: &Case, said: &Said) -> Result<Opened, Refusal> {
        let form = self.form(&FormHash::from_bytes(case.request.form), &case.parties.receiver).await?;
        Ok(Opened {
            answers: said.answers.as_ref().map(|answers| Pii::new(Value::Object(answers.values().clone()))),
            form: form.and_then(|form| serde_json::from_slice(form.bytes()).ok()),
            agreement: said.agreement.as_ref().map(|record| Pii::new(record.value())),
            words: said.words.clone(),
        })
    }
}

fn opened(
    key: &DataKey,
    document: &DocId,
    hash: &BlobHash,
    blobs: &BTreeMap<BlobHash, Vec<u8>>,
) -> Result<Content, Refusal> {
    let bytes = blobs.get(hash).ok_or_else(|| Refusal::not_found("what was sealed for it is not here yet"))?;
    Content::parse(&key.open(document, &Blob::parse(bytes, hash)?)?)
}
