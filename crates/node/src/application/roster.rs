//! Hubs: whom this organisation vouches for, and which hubs it follows.

use super::{Application, find};
use crate::api::{Response, RosterRow};
use domain::identity::roster::RosterState;
use domain::sync::batch::Partner;
use domain::sync::effect::Command;
use domain::{OrgId, Refusal, RefusalKind};

/// Which way a hub's relaying is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Following {
    Begin,
    End,
}

impl Application {
    /// The own roster, by name.
    pub(super) async fn roster(&self) -> Result<Response, Refusal> {
        let known = self.known().await?;
        let row = |(id, entry): (&OrgId, &domain::identity::RosterEntry)| RosterRow {
            id: *id,
            name: known.partners.get(id).map_or_else(|| entry.name.clone(), |p| p.name.clone()),
            since_ms: entry.since,
        };
        let mut entries: Vec<_> = known.rosters.of(&self.0.org).map(row).collect();
        entries.sort_by_key(|row| (row.name.to_lowercase(), row.id));
        Ok(Response::Roster { entries })
    }

    /// Vouches for an organisation and relays what it makes public.
    pub(super) async fn list_organisation(&self, id: &str) -> Result<Response, Refusal> {
        let known = self.known().await?;
        let org = self.find_organisation(id).await?;
        let name = known.name(&org).unwrap_or_default().to_owned();
        self.engine()?.ask(Command::SetListed { org, name, state: RosterState::Listed }).await?;
        self.roster().await
    }

    /// Stops that.
    pub(super) async fn unlist_organisation(&self, id: &str) -> Result<Response, Refusal> {
        let org = self.find_organisation(id).await?;
        let known = self.known().await?;
        let name = known.rosters.of(&self.0.org).find(|(other, _)| **other == org).map(|(_, e)| e.name.clone());
        let command = Command::SetListed { org, name: name.unwrap_or_default(), state: RosterState::Removed };
        self.engine()?.ask(command).await?;
        self.roster().await
    }

    /// Holds what a hub relays, or stops.
    pub(super) async fn follow(&self, id: &str, following: Following) -> Result<Response, Refusal> {
        let known = self.known().await?;
        let partner = find::partner(known.partners.values(), id)?;
        let is_followed = following == Following::Begin;
        if partner.is_followed == is_followed {
            let what = if is_followed { "is followed already" } else { "is not followed" };
            return Err(Refusal::new(RefusalKind::AlreadyDone, format!("{:?} {what}", partner.name)));
        }
        self.update(Partner { is_followed, ..partner.clone() }).await
    }
}
