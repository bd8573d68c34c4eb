//! One referral in full, without what is said of the person.

use super::super::{Application, fault};
use super::act::role_for;
use super::case::Case;
use super::row;
use crate::api::{EventRow, KeyState, Payloads, ReferralResponse, ReferralView};
use domain::document::Kind;
use domain::referral::authority::{Objection, Stage, roles};
use domain::referral::fold::{Standing, Told};
use domain::referral::{Action, Body, Role, Side, last_day};
use domain::{DocId, OrgId, RecordId, Refusal, RefusalKind};

impl Application {
    pub(super) async fn show_referral(&self, id: &str) -> Result<ReferralResponse, Refusal> {
        if let Some(kept) = self.kept_draft(id).await? {
            return self.draft_view(&self.opened_draft(&kept)?).await;
        }
        let view = match self.case(id).await {
            Ok(case) => self.view(&case).await?,
            Err(refusal) if refusal.kind == RefusalKind::NotFound => self.given_up(id).await?.ok_or(refusal)?.view(),
            Err(refusal) => return Err(refusal),
        };
        Ok(ReferralResponse::View { view: Box::new(view), names: self.names().await? })
    }

    pub(super) async fn view(&self, case: &Case) -> Result<ReferralView, Refusal> {
        let context = self.context_of(case).await?;
        let (request, listing) = (&case.request, case.request.listing);
        let stage = Stage::of(&case.referral.state);
        let state = &case.referral.state;
        let is_said = |action: &Action| match action {
            Action::Erase => state.erasure(case.side).nodes.contains_key(&self.0.node),
            Action::WithdrawAgreement => state.agreement_withdrawn,
            _ => false,
        };
        let waits = case.drafted.iter().any(|(_, decision)| decision.refused.is_none());
        let may = |action: &Action| {
            action.is_of(case.side)
                && !(waits && action.is_decision())
                && !is_said(action)
                && *action != Action::Open
                && roles(*action, stage).any(|role| role != Role::Node)
                && roles(*action, stage).any(|role| role == role_for(*action, case))
        };
        Ok(ReferralView {
            row: row(case, &context),
            listing,
            listing_name: self.listing_name(Some(listing), &case.parties.receiver).await?,
            form: data_encoding::HEXLOWER.encode(&request.form),
            version: case.referral.state.version,
            previous: request.previous,
            next: context.next(case).map(|next| next.parties.referral),
            pass_back: Some(request.agreement.pass_back),
            agreement_expires_at_ms: request.agreement.expires_at,
            possible: Action::ALL.iter().copied().filter(may).collect(),
            events: case.referral.events.iter().map(|told| event(case, told)).collect(),
            payloads: self.payloads(case).await?,
            pathway: context.pathway(case).filter(|_| case.side == Side::Sender).map(domain::pathway::terminal),
            opened: None,
            remarks: Vec::new(),
        })
    }

    async fn payloads(&self, case: &Case) -> Result<Payloads, Refusal> {
        let held = self.0.store.held(&case.parties.request()).await.map_err(fault)?;
        let mut named = case.referral.payloads(case.side);
        named.insert(case.request.agreement.record);
        let is_held = named.iter().filter(|hash| held.payloads.contains_key(hash)).count();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let key = match held.key {
            Some(_) => KeyState::Here,
            None if held.is_erased => KeyState::Erased,
            None => KeyState::Awaited,
        };
        Ok(Payloads { named: count(named.len()), held: count(is_held), key })
    }

    /// What a listing is called, where it is held here.
    pub(super) async fn listing_name(
        &self,
        listing: Option<RecordId>,
        owner: &OrgId,
    ) -> Result<Option<String>, Refusal> {
        let Some(listing) = listing else { return Ok(None) };
        let document = self.0.store.document(DocId::new(listing, Kind::LISTING, owner)).await.map_err(fault)?;
        Ok(document.and_then(|document| document.row).map(|row| row.name).filter(|name| !name.is_empty()))
    }
}

fn event(case: &Case, told: &Told) -> EventRow {
    let event = told.event.as_ref();
    EventRow {
        id: told.id.to_string(),
        by: case.parties.party(told.side),
        action: event.map(|event| event.body.action()),
        role: event.map(|event| event.role),
        staff: event.map(|event| event.staff),
        node: event.map(|event| event.node),
        at_ms: event.map(|event| event.occurred_at),
        words: event.map_or_else(|| "something that this version cannot read".to_owned(), |event| words(&event.body)),
        has_payload: event.is_some_and(|event| event.payload.is_some()),
        without_effect: match &told.standing {
            Standing::Effective => None,
            Standing::Arriving { lacks } => Some(format!("waits for {} more that its author knew of", lacks.len())),
            Standing::Unreadable(refusal) => Some(refusal.to_string()),
            Standing::Ineffective(objection) => Some(why(*objection)),
        },
    }
}

/// What an event says, in a line.
fn words(body: &Body) -> String {
    let action = body.action().word().replace('-', " ");
    match body {
        Body::Withdraw(reason) | Body::Decline(reason) | Body::Pause(reason) | Body::HandBack(reason) => {
            format!("{action}: {reason}")
        }
        Body::End(outcome) => format!("{action}: {outcome}"),
        Body::Contact(contact) => format!("{action}: {contact}"),
        Body::ConfirmStop { contact, onward } => format!("{action}: contact {contact}, next referral {onward}"),
        Body::Amend { version } | Body::Accept { version } | Body::Acknowledge { version } | Body::Open { version }
            if *version > 1 =>
        {
            format!("{action} (version {version})")
        }
        Body::PassOn { next } => format!("{action}: {next}"),
        Body::Erase { receipt, .. } => format!("{action}: {receipt}"),
        Body::Keep { basis, until } => format!("{action}: {basis}, until {}", last_day(*until)),
        _ => action,
    }
}

fn why(objection: Objection) -> String {
    match objection {
        Objection::Role => "nobody in that role does this at that stage".to_owned(),
        Objection::Home => "it was not decided on the organisation's home node".to_owned(),
        Objection::Stage(stage) => format!("it is not done to a referral that {stage}"),
        Objection::Version { wanted } => format!("it is about another version than {wanted}"),
        Objection::Said => "it was said already".to_owned(),
        Objection::Held => "the receiver held the person still".to_owned(),
        Objection::Agreement => "the person's agreement stood".to_owned(),
        Objection::Opened => "it had been opened".to_owned(),
        Objection::Onward => "it says something else of a next referral than there is".to_owned(),
    }
}
