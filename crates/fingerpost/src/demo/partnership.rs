//! Who knows whom in the borough: paired by an invitation; and between those who refer people to each other, words compared
//! and an agreement to share on record, as two people do it over the telephone.

use super::borough::{Borough, Member, ask, until};
use super::course::moment;
use crate::node_of::unexpected;
use crate::report::Failure;
use jiff::ToSpan;
use jiff::civil::Date;
use node::api::{InviteRole, PartnerView, PrivacyRequest, PrivacyResponse, Request, Response, Trust};

/// How long an invitation stands that is taken up at once.
const INVITATION_MS: i64 = 10 * 60 * 1000;
/// Days that an agreement to share stands.
const AGREEMENT_DAYS: i64 = 365;

impl Borough {
    /// The hub invites the others as members. With the first of them it also compares words, so that both kinds of trust are
    /// there to be seen. Those who refer people to each other pair besides, compare words, and note their agreement.
    pub(super) async fn pair(&self, today: Date) -> Result<(), Failure> {
        let Some((hub, others)) = self.members().split_first() else { return Ok(()) };
        for other in others {
            join(hub, other, InviteRole::Member).await?;
        }
        if let Some(first) = others.first() {
            compare(hub, first).await?;
        }
        for agreement in &self.data.ways.agreements {
            let [one, other] = &agreement.between;
            let (one, other) = (self.member(self.data.place(one)?)?, self.member(self.data.place(other)?)?);
            join(one, other, InviteRole::Partner).await?;
            compare(one, other).await?;
            for (here, there) in [(one, other), (other, one)] {
                note(here, there, &agreement.reference, today).await?;
            }
        }
        Ok(())
    }
}

/// Pairs two, unless they are.
async fn join(inviter: &Member, joiner: &Member, role: InviteRole) -> Result<(), Failure> {
    let Response::Partners { partners } = ask(&inviter.data, Request::PartnerList).await? else {
        return Err(unexpected());
    };
    if partners.iter().any(|partner| partner.name == joiner.name) {
        return Ok(());
    }
    let request = Request::Invite { role, expires_in_ms: Some(INVITATION_MS) };
    let Response::Invited { invited, .. } = ask(&inviter.data, request).await? else { return Err(unexpected()) };
    ask(&joiner.data, Request::Join { code: invited.code }).await?;
    Ok(())
}

/// Each reads its words, and the other types them. Both know of it at the end.
async fn compare(one: &Member, other: &Member) -> Result<(), Failure> {
    for (reads, types) in [(one, other), (other, one)] {
        if partner(types, reads).await?.confirmed_here_at_ms.is_none() {
            let words = partner(reads, types).await?.own_words;
            ask(&types.data, Request::PartnerConfirm { id: reads.name.clone(), words }).await?;
        }
    }
    for (here, there) in [(one, other), (other, one)] {
        until("that words were compared", async || {
            let is_verified = partner(here, there).await?.row.trust == Trust::Verified;
            Ok(is_verified.then_some(()))
        })
        .await?;
    }
    Ok(())
}

async fn partner(here: &Member, there: &Member) -> Result<PartnerView, Failure> {
    match ask(&here.data, Request::PartnerShow { id: there.name.clone() }).await? {
        Response::Partner(view) => Ok(*view),
        _ => Err(unexpected()),
    }
}

/// Puts an agreement on record, unless there is one.
async fn note(here: &Member, there: &Member, reference: &str, today: Date) -> Result<(), Failure> {
    let request = PrivacyRequest::Agreements { partner: Some(there.name.clone()) };
    let Response::Privacy(PrivacyResponse::Agreements { rows, .. }) =
        ask(&here.data, Request::Privacy(request)).await?
    else {
        return Err(unexpected());
    };
    if rows.iter().any(|row| !row.expired) {
        return Ok(());
    }
    let request = PrivacyRequest::AgreementNote {
        partner: there.name.clone(),
        reference: reference.to_owned(),
        expires_at_ms: moment(today.saturating_add(AGREEMENT_DAYS.days()), 0),
    };
    ask(&here.data, Request::Privacy(request)).await?;
    Ok(())
}
