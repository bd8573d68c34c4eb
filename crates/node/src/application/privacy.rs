//! Personal data that is held here: what is due to be erased, who read what, what was erased, and what people and regulators may ask for.

use super::referral::{Case, Draft, GivenUp, direction, row};
use super::{Application, fault, find};
use crate::api::{AccessRow, AgreementRow, Direction, DueRow, ErasureRow, PrivacyRequest, PrivacyResponse, Response};
use crate::clock::now;
use domain::pii::Pii;
use domain::referral::access::{self, Access, AccessKind, Head};
use domain::referral::wrap::given_keys;
use domain::referral::{Basis, Erasure, Hold, SharingAgreement, Side, draft_due, due, last_day};
use domain::{NodeId, OrgId, RecordId, Refusal, RefusalKind, Timestamp};
use serde_json::json;
use std::collections::BTreeMap;
use store::NotedAgreement;

/// Rows of the log of who read what that are read at once.
const PAGE: usize = 1_000;
/// Characters of a node's id that tell an organisation's nodes apart.
const NODE_SHOWN: usize = 12;
/// Referrals in one bundle for a person.
const SUBJECT_REFERRALS: usize = 200;

/// What an id names that something was said of a person in.
enum Found {
    Draft(Draft),
    Referral(Box<Case>),
    /// Nothing is kept of it.
    Erased(GivenUp),
}

impl Found {
    fn id(&self) -> RecordId {
        match self {
            Self::Draft(draft) => draft.id(),
            Self::Referral(case) => case.parties.referral,
            Self::Erased(one) => one.id,
        }
    }
}

impl Application {
    pub(super) async fn answer_privacy(&self, request: PrivacyRequest) -> Result<Response, Refusal> {
        let response = match request {
            PrivacyRequest::Due => self.due().await?,
            PrivacyRequest::Hold { id, basis, until_ms } => {
                self.hold(&id, basis, until_ms).await?;
                return Ok(Response::Done);
            }
            PrivacyRequest::Release { id } => {
                self.release(&id).await?;
                return Ok(Response::Done);
            }
            PrivacyRequest::Erasures => self.erasures().await?,
            PrivacyRequest::Access { id } => self.access(id.as_deref()).await?,
            PrivacyRequest::Breach { since_ms, until_ms } => self.breach(since_ms, until_ms).await?,
            PrivacyRequest::Subject { ids } => self.subject(&ids).await?,
            PrivacyRequest::Agreements { partner } => self.agreements(partner.as_deref()).await?,
            PrivacyRequest::AgreementNote { partner, reference, expires_at_ms } => {
                self.note_agreement(&partner, &reference, expires_at_ms).await?
            }
            PrivacyRequest::AgreementEnd { partner } => self.end_agreement(&partner).await?,
        };
        Ok(Response::Privacy(response))
    }

    async fn due(&self) -> Result<PrivacyResponse, Refusal> {
        let holds = self.0.store.holds().await.map_err(fault)?;
        let erased = self.0.store.erased().await.map_err(fault)?;
        let mut rows = Vec::new();
        for case in self.cases().await? {
            let id = case.parties.referral;
            let hold = holds.get(&id);
            let Some(due) = due(&case.referral.state, case.side, now(), &self.0.config.retention_days, hold) else {
                continue;
            };
            if erased.contains_key(&case.parties.request()) {
                continue;
            }
            rows.push(DueRow {
                id,
                direction: direction(case.side),
                partner: Some(case.partner()),
                due_at_ms: due.at,
                why: due.why.to_string(),
                held_until_ms: hold.map(|hold| hold.until),
                basis: hold.map(|hold| hold.basis),
                is_draft: false,
            });
        }
        for draft in self.kept_drafts().await? {
            let due = draft_due(draft.at, now(), self.0.config.draft_days);
            rows.push(DueRow {
                id: draft.id,
                direction: Direction::Sent,
                partner: draft.receiver,
                due_at_ms: due.at,
                why: due.why.to_string(),
                held_until_ms: None,
                basis: None,
                is_draft: true,
            });
        }
        rows.sort_by_key(|row| (row.due_at_ms, row.id));
        Ok(PrivacyResponse::Due { rows, names: self.names().await? })
    }

    async fn hold(&self, id: &str, basis: Basis, until: Timestamp) -> Result<(), Refusal> {
        let case = self.case(id).await?;
        let hold = Hold::new(basis, until, now())?;
        self.0.store.put_hold(&case.parties.referral, &hold, now()).await.map_err(fault)
    }

    async fn release(&self, id: &str) -> Result<(), Refusal> {
        let case = self.case(id).await?;
        if self.0.store.end_hold(&case.parties.referral).await.map_err(fault)? {
            return Ok(());
        }
        Err(Refusal::not_found(format!("nothing holds referral {}", case.parties.referral))
            .hint("`fingerpost privacy due` shows what is held, and until when"))
    }

    async fn erasures(&self) -> Result<PrivacyResponse, Refusal> {
        let known = self.known().await?;
        let mut rows = Vec::new();
        for case in self.cases().await? {
            let state = &case.referral.state;
            let (here, there) = (state.erasure(case.side), state.erasure(case.side.other()));
            if !here.has_answered() && !there.has_answered() {
                continue;
            }
            // Every node that was given the key has to have said so.
            let is_over = |side: Side| {
                let given = known.keys.get(&case.parties.party(side)).map(given_keys).unwrap_or_default();
                state.erasure(side).is_over(given.iter(), now())
            };
            rows.push(ErasureRow {
                id: case.parties.referral,
                direction: direction(case.side),
                partner: Some(case.partner()),
                here: told(here),
                there: told(there),
                outstanding: !(is_over(Side::Sender) && is_over(Side::Receiver)),
            });
        }
        for one in self.all_given_up().await? {
            let [here, there] = one.told();
            rows.push(ErasureRow {
                id: one.id,
                direction: direction(one.side),
                partner: one.partner,
                here: vec![here],
                there: vec![there],
                outstanding: false,
            });
        }
        rows.sort_by_key(|row| (!row.outstanding, row.id));
        Ok(PrivacyResponse::Erasures { rows, names: self.names().await? })
    }

    /// Every reading, oldest first, and where the log does not hang together.
    async fn readings(&self) -> Result<(Vec<Access>, Option<String>), Refusal> {
        let mut rows: Vec<Access> = Vec::new();
        loop {
            let page = match self.0.store.readings(rows.last().map_or(0, |row| row.number), PAGE).await {
                Ok(page) => page,
                Err(error) if error.kind() == store::StoreErrorKind::Corrupt => {
                    return Ok((rows, Some(error.to_string())));
                }
                Err(error) => return Err(fault(error)),
            };
            if page.is_empty() {
                break;
            }
            rows.extend(page);
        }
        let broken = access::verify(Head::START, rows.iter()).err().map(|bad| bad.to_string());
        Ok((rows, broken))
    }

    /// Every reading of one referral, oldest first; and what is wrong with the log, where not all of it can be read.
    async fn readings_of(&self, referral: &RecordId) -> Result<(Vec<Access>, Option<String>), Refusal> {
        let mut rows: Vec<Access> = Vec::new();
        loop {
            let after = rows.last().map_or(0, |row| row.number);
            match self.0.store.readings_of(referral, after, PAGE).await {
                Ok(page) if !page.is_empty() => rows.extend(page),
                Err(error) if error.kind() != store::StoreErrorKind::Corrupt => return Err(fault(error)),
                Err(error) => return Ok((rows, Some(error.to_string()))),
                Ok(_) => return Ok((rows, None)),
            }
        }
    }

    async fn access(&self, id: Option<&str>) -> Result<PrivacyResponse, Refusal> {
        let only = match id {
            Some(id) => Some(self.referral_or_tombstone(id).await?.id()),
            None => None,
        };
        let (rows, broken) = self.readings().await?;
        let rows = rows.iter().filter(|row| only.is_none_or(|id| row.reading.referral == id)).map(reading).collect();
        Ok(PrivacyResponse::Access { rows, broken })
    }

    /// The referral that the start of an id names, though nothing may be left of it: who read it is known for longer.
    async fn referral_or_tombstone(&self, id: &str) -> Result<Found, Refusal> {
        match self.case(id).await {
            Ok(case) => Ok(Found::Referral(Box::new(case))),
            Err(refusal) if refusal.kind == RefusalKind::NotFound => {
                self.given_up(id).await?.map(Found::Erased).ok_or(refusal)
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Of a referral of which nothing is kept: that, and who had read it.
    async fn erased_for_subject(&self, one: &GivenUp) -> Result<serde_json::Value, Refusal> {
        let (readings, broken) = self.readings_of(&one.id).await?;
        let read_by: Vec<AccessRow> = readings.iter().map(reading).collect();
        Ok(json!({
            "referral": one.id.to_string(),
            "stands": one.row(),
            "not_held_any_more": "erased at both parties; nothing of it is kept but that",
            "read_by": read_by,
            "log_of_readings": broken.unwrap_or_else(|| "can be read".to_owned()),
        }))
    }

    /// What was held in a time, of how many people, and who read it: for the notice that is due within 72 hours (UK GDPR, article 33).
    /// It names nobody.
    async fn breach(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> Result<PrivacyResponse, Refusal> {
        let (since, until) = (since.unwrap_or_default(), until.unwrap_or_else(now));
        if until < since {
            return Err(Refusal::invalid("the time ends before it begins").hint("look at --since and --until"));
        }
        let names = self.names().await?;
        let referrals = self.held_within(since, until, &names).await?;
        // A draft says when it was last changed, and not since when it is kept: each may have been here.
        let drafts = self.kept_drafts().await?.into_iter().map(|draft| {
            let to = draft.receiver.map(|to| names.get(&to).cloned().unwrap_or_else(|| to.to_string()));
            json!({ "draft": draft.id.to_string(), "to": to, "changed_ms": draft.at })
        });
        let drafts: Vec<_> = drafts.collect();
        let (readings, broken) = self.readings().await?;
        let within = |row: &&Access| (since..=until).contains(&row.reading.at);
        let readings: Vec<AccessRow> = readings.iter().filter(within).map(reading).collect();
        let pack = json!({
            "organisation": { "id": self.0.org.to_string(), "name": self.own_name().await? },
            "made_at_ms": now(),
            "since_ms": since,
            "until_ms": until,
            "people_at_most": referrals.len() + drafts.len(),
            "referrals": referrals,
            "drafts": drafts,
            "readings": readings,
            "log_of_readings": broken.unwrap_or_else(|| "hangs together".to_owned()),
            "how_it_is_kept": "Every payload is sealed (XChaCha20-Poly1305) with a key of its own for each referral; the keys are locked \
                               by a key that is not in the database.",
            "what_to_do": [
                "Tell the Information Commissioner within 72 hours of finding out, unless no risk to people is likely (UK GDPR, article 33).",
                "Tell the people where the risk to them is high (article 34).",
                "If a node's keys may be out: `fingerpost key compromised`, and tell the partners.",
            ],
        });
        Ok(PrivacyResponse::Breach { pack })
    }

    /// Each referral of which something was here in a time, without saying whom it is about. Of those given up it is not known any more
    /// since when.
    async fn held_within(
        &self,
        since: Timestamp,
        until: Timestamp,
        names: &BTreeMap<OrgId, String>,
    ) -> Result<Vec<serde_json::Value>, Refusal> {
        let cases = self.cases().await?;
        let context = self.context_among(&cases).await?;
        let erased = self.0.store.erased().await.map_err(fault)?;
        let mut referrals = Vec::new();
        for case in &cases {
            let id = case.parties.referral;
            let began = case.referral.state.times.values().map(|(first, _)| *first).min().unwrap_or_default();
            let gone = erased.get(&case.parties.request()).copied();
            if began > until || gone.is_some_and(|gone| gone < since) {
                continue;
            }
            let held = self.0.store.held(&case.parties.request()).await.map_err(fault)?;
            referrals.push(json!({
                "referral": id.to_string(),
                "direction": direction(case.side),
                "partner": names.get(&case.partner()).cloned().unwrap_or_else(|| case.partner().to_string()),
                "shown": row(case, &context).shown,
                "since_ms": began,
                "erased_ms": gone,
                "payloads": held.payloads.len(),
                "key_here": held.key.is_some(),
            }));
        }
        for one in self.all_given_up().await? {
            let request = one.parties(self.0.org).map(|parties| parties.request());
            let gone = request.and_then(|request| erased.get(&request).copied()).unwrap_or(one.here_at);
            if gone < since {
                continue;
            }
            let partner = one.partner.map(|org| names.get(&org).cloned().unwrap_or_else(|| org.to_string()));
            referrals.push(json!({
                "referral": one.id.to_string(),
                "direction": direction(one.side),
                "partner": partner,
                "shown": one.row().shown,
                "since_ms": null,
                "erased_ms": gone,
                "payloads": 0,
                "key_here": false,
            }));
        }
        Ok(referrals)
    }

    /// All that is held of a person, for themselves (UK GDPR, article 15).
    async fn subject(&self, ids: &[String]) -> Result<PrivacyResponse, Refusal> {
        if ids.is_empty() || ids.len() > SUBJECT_REFERRALS {
            return Err(Refusal::invalid(format!("between 1 and {SUBJECT_REFERRALS} referrals have to be named")));
        }
        let names = self.names().await?;
        let name = |org: &OrgId| names.get(org).cloned().unwrap_or_else(|| org.to_string());
        // All are found before any is noted as read.
        let mut all = Vec::new();
        for id in ids {
            all.push(match self.draft(id).await {
                Ok(draft) => Found::Draft(draft),
                Err(_) => self.referral_or_tombstone(id).await?,
            });
        }
        let (mut referrals, mut drafts) = (Vec::new(), Vec::new());
        for found in all {
            let case = match found {
                Found::Referral(case) => case,
                Found::Draft(draft) => {
                    let (row, opened) = self.draft_for_subject(&draft).await?;
                    let to = row.partner.as_ref().map(name);
                    drafts.push(json!({ "draft": row.id.to_string(), "to": to, "said": opened }));
                    continue;
                }
                Found::Erased(one) => {
                    referrals.push(self.erased_for_subject(&one).await?);
                    continue;
                }
            };
            let (readings, broken) = self.readings_of(&case.parties.referral).await?;
            let read_by: Vec<AccessRow> = readings.iter().map(reading).collect();
            let said = self.read_case(&case, AccessKind::ListedForSubject).await;
            let opened = match &said {
                Ok((said, _)) => Some(self.opened(&case, said).await?),
                Err(_) => None,
            };
            referrals.push(json!({
                "referral": case.parties.referral.to_string(),
                "from": name(&case.parties.sender),
                "to": name(&case.parties.receiver),
                "stands": row(&case, &self.context_of(&case).await?),
                "said": opened,
                "not_held_any_more": said.err().map(|refusal| refusal.to_string()),
                "read_by": read_by,
                "log_of_readings": broken.unwrap_or_else(|| "can be read".to_owned()),
            }));
        }
        let bundle =
            json!({ "held_by": self.own_name().await?, "made_at_ms": now(), "referrals": referrals, "drafts": drafts });
        Ok(PrivacyResponse::Subject { bundle: Pii::new(bundle) })
    }

    async fn agreements(&self, partner: Option<&str>) -> Result<PrivacyResponse, Refusal> {
        let known = self.known().await?;
        let only = partner.map(|text| find::partner(known.partners.values(), text)).transpose()?.map(|one| one.org_id);
        let all = self.0.store.sharing_agreements().await.map_err(fault)?;
        let rows = all.into_iter().filter(|one| only.is_none_or(|org| one.agreement.partner == org)).map(|one| {
            let expired = one.agreement.check(now()).is_err();
            let SharingAgreement { partner, reference, expires_at, .. } = one.agreement;
            AgreementRow { partner, reference, expires_at_ms: expires_at, noted_at_ms: one.noted_at, expired }
        });
        Ok(PrivacyResponse::Agreements { rows: rows.collect(), names: self.names().await? })
    }

    async fn note_agreement(
        &self,
        partner: &str,
        reference: &str,
        expires_at: Timestamp,
    ) -> Result<PrivacyResponse, Refusal> {
        self.running()?;
        let known = self.known().await?;
        let org = find::partner(known.partners.values(), partner)?.org_id;
        let agreement = SharingAgreement::new(org, reference, None, expires_at, now())?;
        let noted = NotedAgreement { agreement, noted_at: now() };
        self.0.store.put_sharing_agreement(&noted).await.map_err(fault)?;
        self.agreements(Some(partner)).await
    }

    async fn end_agreement(&self, partner: &str) -> Result<PrivacyResponse, Refusal> {
        self.running()?;
        let known = self.known().await?;
        let partner = find::partner(known.partners.values(), partner)?;
        if !self.0.store.delete_sharing_agreement(&partner.org_id).await.map_err(fault)? {
            return Err(Refusal::not_found(format!("there is no agreement with {:?} to share", partner.name)));
        }
        self.agreements(None).await
    }
}

/// What an organisation's nodes say of what they erased or keep.
fn told(erasure: &Erasure) -> Vec<String> {
    if erasure.is_given_up {
        return vec!["erased for good".to_owned()];
    }
    let node_shown = |node: &NodeId| node.to_string().chars().take(NODE_SHOWN).collect::<String>();
    let nodes = erasure.nodes.iter().map(|(node, receipt)| format!("{receipt} by node {}", node_shown(node)));
    let kept = erasure.kept.iter().map(|(basis, until)| format!("kept until {}: {basis}", last_day(*until)));
    let late = (erasure.late > 0).then(|| format!("{} payloads came later and are not answered for", erasure.late));
    nodes.chain(kept).chain(late).collect()
}

fn reading(row: &Access) -> AccessRow {
    let reading = &row.reading;
    AccessRow {
        seq: row.number,
        at_ms: reading.at,
        staff: reading.staff,
        role: reading.role,
        referral: reading.referral,
        what: reading.what.word().to_owned(),
    }
}
