//! When owners were last heard of, and whether what they say they hold is here.

use super::{Application, fault};
use crate::api::{Heard, Named, Withheld};
use crate::clock::now;
use domain::sync::head::{HeldHead, newest};
use domain::{OrgId, Refusal, Timestamp};
use std::collections::BTreeMap;

impl Application {
    /// When another organisation was last heard of: by its own word, whoever handed it on, or over a link with it.
    /// Nothing for this one, and for one that was never heard of.
    pub(super) async fn heard(&self, org: OrgId) -> Result<Option<Heard>, Refusal> {
        if org == self.0.org {
            return Ok(None);
        }
        let (known, picture, last) = self.standing().await?;
        let heads = self.0.store.heads_of(&org).await.map_err(fault)?;
        let head = newest(&heads, known.keys.get(&org));
        let missing = head.filter(|head| !picture.full.contains(&org) && head.is_withheld(now()));
        let differs_since_ms = missing.and_then(|head| head.differs_since);
        let spoken = head.map(|head| (head.heard_at(), head.by));
        let linked = last.get(&org).filter(|_| known.partners.contains_key(&org)).map(|at| (*at, org));
        let newest = spoken.into_iter().chain(linked).max_by_key(|(at, by)| (*at, *by == org));
        Ok(newest.map(|(at_ms, by)| Heard { at_ms, by, differs_since_ms }))
    }

    /// Owners whose word on what they hold has differed for a day from what is here, by name.
    pub(super) async fn withheld(&self) -> Result<Vec<Withheld>, Refusal> {
        let (known, picture, _) = self.standing().await?;
        let now = now();
        let mut by_owner: BTreeMap<OrgId, Vec<HeldHead>> = BTreeMap::new();
        for head in self.0.store.heads().await.map_err(fault)? {
            by_owner.entry(head.signed.content().org_id).or_default().push(head);
        }
        // An owner of whom no more is taken is told of elsewhere, and one that nobody stands for is hidden.
        let stands = |org: &OrgId| known.partners.contains_key(org) || known.vouched().any(|(other, _)| other == org);
        let named = |id: OrgId| Named { id, name: known.name(&id).unwrap_or_default().to_owned() };
        let mut withheld = Vec::new();
        for (org, heads) in by_owner.iter().filter(|(org, _)| stands(org) && !picture.full.contains(org)) {
            let head = newest(heads, known.keys.get(org)).filter(|head| head.is_withheld(now));
            let since: Option<Timestamp> = head.and_then(|head| head.differs_since);
            withheld.extend(head.zip(since).map(|(head, since_ms)| Withheld {
                organisation: named(*org),
                by: named(head.by),
                since_ms,
            }));
        }
        withheld.sort_by_key(|one| (one.organisation.name.to_lowercase(), one.organisation.id));
        Ok(withheld)
    }
}
