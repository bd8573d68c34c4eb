//! How this node stands.

use super::{Application, fault, partner};
use crate::api::{Named, NodeDetail, Overview, OwnerCount, RefusedContent, Status};
use crate::clock::now;
use crate::data;
use domain::{OrgId, Refusal};
use std::collections::{BTreeMap, BTreeSet};
use store::QuarantinedVersion;

/// Refused content that `status` lists.
const REFUSED_SHOWN: usize = 50;
/// The kind of incident that tells of content set aside.
const QUARANTINED: &str = "quarantined";
/// Quarantined content is counted up to this many.
const QUARANTINED_COUNTED: usize = 10_000;

impl Application {
    /// How things stand.
    pub(super) async fn status(&self) -> Result<Status, Refusal> {
        let store = &self.0.store;
        let mut documents: BTreeMap<String, u64> = BTreeMap::new();
        for count in store.counts().await.map_err(fault)? {
            *documents.entry(count.kind.to_string()).or_default() += count.live;
        }
        let quarantined = store.quarantined(QUARANTINED_COUNTED).await.map_err(fault)?;
        Ok(Status {
            organisation: Named { id: self.0.org, name: self.own_name().await? },
            documents,
            partners: self.partner_rows().await?,
            quarantined: u64::try_from(quarantined.len()).unwrap_or(u64::MAX),
            wanted: store.wanted_count().await.map_err(fault)?,
            refused: self.refused(quarantined).await?,
            withheld: self.withheld().await?,
            node: self.node_detail().await?,
        })
    }

    /// What the first page shows.
    pub(super) async fn overview(&self) -> Result<Overview, Refusal> {
        let counts = self.0.store.counts().await.map_err(fault)?;
        let names = self.names().await?;
        let by_owner = partner::listings_by_owner(&counts);
        let mut listings: Vec<_> = by_owner
            .into_iter()
            .map(|(owner, listings)| OwnerCount {
                owner: Named { id: owner, name: names.get(&owner).cloned().unwrap_or_default() },
                listings,
            })
            .collect();
        let own = self.0.org;
        listings.sort_by_key(|l| (l.owner.id != own, l.owner.name.to_lowercase(), l.owner.id));
        let vouches_for = self.known().await?.rosters.of(&own).count() as u64;
        Ok(Overview { status: self.status().await?, listings, vouches_for })
    }

    /// This organisation's name, as its own document says it; empty where a node made from recovery words has not got
    /// that document yet.
    pub(super) async fn own_name(&self) -> Result<String, Refusal> {
        let row = self.row(self.organisation_id()).await?;
        Ok(match row {
            Some(row) if !row.name.is_empty() => row.name,
            _ => self.0.name.clone(),
        })
    }

    /// What organisations are called: partners, whom a followed hub vouches for, and this one.
    pub(super) async fn names(&self) -> Result<BTreeMap<OrgId, String>, Refusal> {
        let known = self.known().await?;
        let mut names: BTreeMap<_, _> = known.vouched().map(|(org, entry)| (*org, entry.name.clone())).collect();
        names.extend(known.partners.values().map(|p| (p.org_id, p.name.clone())));
        names.insert(self.0.org, self.own_name().await?);
        Ok(names)
    }

    /// What these are called, where it is known, and this one.
    pub(super) async fn names_of(&self, orgs: BTreeSet<OrgId>) -> Result<BTreeMap<OrgId, String>, Refusal> {
        let known = self.known().await?;
        let names = orgs.into_iter().filter_map(|org| Some((org, known.name(&org)?.to_owned())));
        let mut names: BTreeMap<_, _> = names.collect();
        names.insert(self.0.org, self.own_name().await?);
        Ok(names)
    }

    /// Content that was quarantined, and frames that were refused, newest first.
    async fn refused(&self, quarantined: Vec<QuarantinedVersion>) -> Result<Vec<RefusedContent>, Refusal> {
        let incidents = self.0.store.incidents(REFUSED_SHOWN).await.map_err(fault)?;
        let names = self.names().await?;
        let name = |org: &OrgId| names.get(org).map_or_else(|| org.to_string(), |n| format!("{n:?}"));
        let mut refused: Vec<_> = quarantined
            .into_iter()
            .map(|q| RefusedContent {
                id: Some(q.doc_id.to_string()),
                kind: QUARANTINED.to_owned(),
                organisation: Some(q.owner),
                reason: format!("{} (from node {} of {})", q.reason, q.from, name(&q.owner)),
                at_ms: q.at,
            })
            // Content that was set aside is named above already.
            .chain(incidents.into_iter().filter(|i| i.kind != QUARANTINED).map(|i| RefusedContent {
                id: i.doc_id.map(|id| id.to_string()),
                kind: i.kind,
                organisation: i.owner,
                reason: match i.from {
                    Some(node) => format!("{} (from node {node})", i.message),
                    None => i.message,
                },
                at_ms: i.at,
            }))
            .collect();
        refused.sort_by_key(|r| std::cmp::Reverse(r.at_ms));
        refused.truncate(REFUSED_SHOWN);
        Ok(refused)
    }

    async fn open_invitations(&self) -> Result<u64, Refusal> {
        let now = now();
        let invitations = self.0.store.invitations().await.map_err(fault)?;
        let open = invitations.iter().filter(|i| i.expires_at > now && i.bound_org.is_none()).count();
        Ok(u64::try_from(open).unwrap_or(u64::MAX))
    }

    async fn node_detail(&self) -> Result<NodeDetail, Refusal> {
        let running = self.0.running.as_ref();
        Ok(NodeDetail {
            id: self.0.node,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            database: self.0.config.database_kind().to_owned(),
            started_at_ms: running.map(|r| r.started_at),
            node_listen: running.map(|r| r.listening.node.to_string()),
            people_listen: running.map(|r| r.listening.people.to_string()),
            admin_listen: running.and_then(|r| r.listening.admin.as_ref()).map(|admin| admin.listen.clone()),
            addresses: self.addresses(),
            recovery_words_kept: self.0.folder.recovery_words().exists(),
            invitations: self.open_invitations().await?,
            disk_free_bytes: data::disk(self.0.folder.path()).ok().map(|d| d.free_bytes),
        })
    }
}
