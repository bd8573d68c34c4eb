//! Partners: who they are, how they stand, pairing, confirming, pausing, removing.

use super::{Application, fault, find, view};
use crate::api::{InviteRole, Invited, Joined, Named, PartnerRow, PartnerState, PartnerView, Response, Trust};
use crate::clock::now;
use crate::engine::{Acquaintance, Picture};
use domain::audience::Scope;
use domain::document::Kind;
use domain::identity::InvitedAs;
use domain::identity::roster::RosterState;
use domain::referral::check_parting;
use domain::sync::Needs;
use domain::sync::batch::Partner;
use domain::sync::effect::Command;
use domain::{OrgId, Refusal, RefusalKind, Timestamp, limits};
use std::collections::BTreeMap;
use store::DocumentCount;

/// Which way a pause is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    Begin,
    End,
}

impl Application {
    /// Opens an invitation for a partner.
    pub(super) async fn invite(&self, role: InviteRole, expires_in_ms: Option<i64>) -> Result<Response, Refusal> {
        let invited_as = match role {
            InviteRole::Partner => InvitedAs::Partner,
            InviteRole::Member => InvitedAs::Member,
            InviteRole::Node => InvitedAs::Node,
        };
        let expires_in_ms = expires_in_ms.unwrap_or(limits::INVITATION_MS);
        if !(60_000..=limits::INVITATION_MS * 4).contains(&expires_in_ms) {
            return Err(Refusal::invalid("an invitation stands for a minute at least and twelve days at most"));
        }
        let running = self.running()?;
        self.has_room_for_a_node(role).await?;
        let addresses = self.addresses();
        let expires_at = now().plus_ms(expires_in_ms);
        let code = running.pairing.invite(invited_as, addresses.clone(), expires_at).await?;
        Ok(Response::Invited { invited: Invited { code }, expires_at_ms: expires_at, addresses })
    }

    /// A further node is one more that others have to know of: they leave out the first beyond the limit.
    async fn has_room_for_a_node(&self, role: InviteRole) -> Result<(), Refusal> {
        let known = self.known().await?;
        let nodes = known.keys.get(&self.0.org).map_or(0, |keys| keys.certificates().count());
        if role == InviteRole::Node && nodes >= limits::ORGANISATION_NODES {
            let refusal =
                format!("this organisation has had {nodes} nodes, retired ones too, and no more can be known");
            return Err(Refusal::too_large(refusal).hint("`fingerpost key list` shows them"));
        }
        Ok(())
    }

    /// Joins by another's invitation.
    pub(super) async fn join(&self, code: &str) -> Result<Response, Refusal> {
        let running = self.running()?;
        let org = running.pairing.join(code).await?;
        let known = self.known().await?;
        let name = known.partners.get(&org).map(|p| p.name.clone()).unwrap_or_default();
        Ok(Response::Joined {
            joined: Joined { organisation: Named { id: org, name }, words: view::words(&known.keys, &org) },
            own_words: view::words(&known.keys, &self.0.org),
        })
    }

    /// All partners, by name.
    pub(super) async fn partner_rows(&self) -> Result<Vec<PartnerRow>, Refusal> {
        let (known, picture, heard) = self.standing().await?;
        let mut rows: Vec<_> = known.partners.values().map(|p| row(p, &picture, &heard)).collect();
        rows.sort_by_key(|row| (row.name.to_lowercase(), row.id));
        Ok(rows)
    }

    /// One partner in full.
    pub(super) async fn partner_view(&self, id: &str) -> Result<Response, Refusal> {
        let (known, picture, heard) = self.standing().await?;
        let partner = find::partner(known.partners.values(), id)?;
        let org = partner.org_id;
        let counts = self.0.store.counts().await.map_err(fault)?;
        let held = counts.iter().filter(|count| count.owner == org).map(|count| count.live).sum();
        let shared = self.shared_with(org).await?;
        Ok(Response::Partner(Box::new(PartnerView {
            row: row(partner, &picture, &heard),
            words: view::words(&known.keys, &org),
            own_words: view::words(&known.keys, &self.0.org),
            addresses: partner.addresses.clone(),
            confirmed_here_at_ms: partner.confirmed_here_at,
            confirmed_there: partner.confirmed_there.is_some(),
            paired_at_ms: Some(partner.paired_at),
            heard: self.heard(org).await?,
            documents_held: held,
            documents_shared: shared,
            is_listed: known.rosters.of(&self.0.org).any(|(listed, _)| *listed == org),
            is_followed: partner.is_followed,
            vouches_for: known.rosters.of(&org).filter(|(other, _)| **other != self.0.org).count() as u64,
        })))
    }

    /// A person compared the words that the partner read aloud.
    pub(super) async fn confirm(&self, id: &str, words: &str) -> Result<Response, Refusal> {
        let known = self.known().await?;
        let partner = find::partner(known.partners.values(), id)?;
        let keys = known
            .keys
            .get(&partner.org_id)
            .ok_or_else(|| Refusal::new(RefusalKind::WrongState, format!("no key is pinned for {:?}", partner.name)))?;
        domain::identity::words::compare(keys.root(), words)?;
        let confirmed_here_at = partner.confirmed_here_at.or(Some(now()));
        self.update(Partner { confirmed_here_at, ..partner.clone() }).await
    }

    /// Holds links back, or lets them go on.
    pub(super) async fn pause(&self, id: &str, pause: Pause) -> Result<Response, Refusal> {
        let known = self.known().await?;
        let partner = find::partner(known.partners.values(), id)?;
        self.update(Partner { is_paused: pause == Pause::Begin, ..partner.clone() }).await
    }

    /// How many own documents a partner may hold: what stands in the public scope and in the one with it.
    async fn shared_with(&self, org: OrgId) -> Result<u64, Refusal> {
        let scopes = [Scope::public(self.0.org).id(), Scope::pair(self.0.org, org).id()];
        let needs = Needs { scopes: scopes.into(), ..Needs::default() };
        let loaded = self.0.store.load(&needs).await.map_err(fault)?;
        Ok(loaded.scopes.values().map(|state| state.sum.count()).sum())
    }

    pub(super) async fn update(&self, partner: Partner) -> Result<Response, Refusal> {
        let org = partner.org_id;
        self.engine()?.ask(Command::UpdatePartner(partner)).await?;
        self.partner_view(&org.to_string()).await
    }

    /// Ends the partnership; its links are cut at once.
    pub(super) async fn remove_partner(&self, id: &str) -> Result<Response, Refusal> {
        let known = self.known().await?;
        let org = find::partner(known.partners.values(), id)?.org_id;
        self.has_nothing_of(&org).await?;
        // Whoever is not a partner any more is not vouched for either.
        if let Some((_, entry)) = known.rosters.of(&self.0.org).find(|(listed, _)| **listed == org) {
            let (name, state) = (entry.name.clone(), RosterState::Removed);
            self.engine()?.ask(Command::SetListed { org, name, state }).await?;
        }
        self.engine()?.ask(Command::RemovePartner(org)).await?;
        Ok(Response::Done)
    }

    /// Refuses to let a partner go with whom there is still something to be seen to.
    async fn has_nothing_of(&self, partner: &OrgId) -> Result<(), Refusal> {
        let cases = self.cases().await?;
        let mut shared = cases.iter().filter(|case| case.partner() == *partner);
        shared.try_for_each(|case| {
            check_parting(&case.parties, &case.referral.state, case.side)?;
            case.may_be_lost(&cases)
        })
    }

    /// Whom this node knows, how links stand, and when each partner was last heard.
    pub(super) async fn standing(
        &self,
    ) -> Result<(std::sync::Arc<Acquaintance>, Picture, BTreeMap<OrgId, Timestamp>), Refusal> {
        let picture = match &self.0.running {
            Some(running) => running.engine.look().await?,
            None => Picture::default(),
        };
        let mut heard: BTreeMap<OrgId, Timestamp> = BTreeMap::new();
        for peer in self.0.store.peers().await.map_err(fault)? {
            let at = heard.entry(peer.org_id).or_insert(peer.last_heard);
            *at = (*at).max(peer.last_heard);
        }
        for (org, at) in &picture.heard_at {
            heard.insert(*org, *at);
        }
        Ok((self.known().await?, picture, heard))
    }

    /// Where others may reach this node, as its invitations say.
    pub(super) fn addresses(&self) -> Vec<String> {
        if !self.0.config.advertise.is_empty() {
            return self.0.config.advertise.clone();
        }
        self.0.running.as_ref().map(|r| guessed(r.listening.node)).unwrap_or_default()
    }
}

/// The address of an open port, or this machine's own on the way out where it listens on all of them.
fn guessed(listening: std::net::SocketAddr) -> Vec<String> {
    if !listening.ip().is_unspecified() {
        return vec![listening.to_string()];
    }
    // Connecting a UDP socket sends nothing: it only asks the routing table which address would be used.
    let outward = std::net::UdpSocket::bind("0.0.0.0:0")
        .and_then(|socket| socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()));
    let ip = outward.map(|a| a.ip()).ok().filter(|ip| !ip.is_unspecified());
    ip.map(|ip| std::net::SocketAddr::new(ip, listening.port()).to_string()).into_iter().collect()
}

fn row(partner: &Partner, picture: &Picture, heard: &BTreeMap<OrgId, Timestamp>) -> PartnerRow {
    let standing = picture.standings.get(&partner.org_id).copied().unwrap_or_default();
    PartnerRow {
        id: partner.org_id,
        name: partner.name.clone(),
        state: match (partner.is_paused, standing.is_linked) {
            (true, _) => PartnerState::Paused,
            (false, true) => PartnerState::Linked,
            (false, false) => PartnerState::Away,
        },
        trust: if partner.is_verified() { Trust::Verified } else { Trust::Paired },
        behind: standing.behind,
        last_heard_ms: heard.get(&partner.org_id).copied(),
    }
}

/// Live listings of each owner.
pub(super) fn listings_by_owner(counts: &[DocumentCount]) -> BTreeMap<OrgId, u64> {
    counts.iter().filter(|count| count.kind == Kind::LISTING).map(|count| (count.owner, count.live)).collect()
}
