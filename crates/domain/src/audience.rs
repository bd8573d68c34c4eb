//! Who may hold a document, and the scopes that follow from it.

use crate::{OrgId, ScopeId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// A scope: one set of documents of one owner that goes to one set of organisations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// Whose documents are in it.
    pub owner: OrgId,
    /// Who else is.
    pub reach: Reach,
}

/// Who a scope's documents go to besides the owner's own nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Anyone: partners, and whoever follows a hub that relays them.
    Public,
    /// One partner; never relayed.
    Pair(OrgId),
    /// Nobody else.
    Own,
}

/// Who may hold a document, as its owner says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everyone.
    Public,
    /// All partners.
    Partners,
    /// These organisations only.
    Named(BTreeSet<OrgId>),
    /// The organisation's own nodes.
    Own,
}

impl Scope {
    /// The owner's public scope.
    pub const fn public(owner: OrgId) -> Self {
        Self { owner, reach: Reach::Public }
    }

    /// The owner's scope with one partner.
    pub const fn pair(owner: OrgId, partner: OrgId) -> Self {
        Self { owner, reach: Reach::Pair(partner) }
    }

    /// The scope among the owner's own nodes.
    pub const fn own(owner: OrgId) -> Self {
        Self { owner, reach: Reach::Own }
    }

    /// Its id on the wire. It can be computed only by who knows both ends, and is sent only to members.
    pub fn id(&self) -> ScopeId {
        let hash = Sha256::new().chain_update(b"fingerpost scope").chain_update(self.owner.as_bytes());
        let digest: [u8; 32] = match self.reach {
            Reach::Public => hash.chain_update([0]),
            Reach::Pair(partner) => hash.chain_update([1]).chain_update(partner.as_bytes()),
            Reach::Own => hash.chain_update([2]),
        }
        .finalize()
        .into();
        ScopeId::from_bytes(*digest.first_chunk().unwrap_or(&[0; 16]))
    }

    /// Whether an organisation may hold what is in this scope, hubs aside.
    pub fn has_member(&self, org: &OrgId) -> bool {
        self.owner == *org
            || match self.reach {
                Reach::Public => true,
                Reach::Pair(partner) => partner == *org,
                Reach::Own => false,
            }
    }
}

impl Audience {
    /// Its word in the document: who is named follows from the scopes, and is told to nobody else.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Partners => "partners",
            Self::Named(_) => "named",
            Self::Own => "own",
        }
    }

    /// The scopes of an owner with these partners that a document with this audience is in.
    pub fn scopes(&self, owner: OrgId, partners: &BTreeSet<OrgId>) -> BTreeSet<Scope> {
        match self {
            Self::Public => [Scope::public(owner)].into(),
            Self::Partners => partners.iter().map(|p| Scope::pair(owner, *p)).chain([Scope::own(owner)]).collect(),
            Self::Named(named) => named.iter().map(|p| Scope::pair(owner, *p)).chain([Scope::own(owner)]).collect(),
            Self::Own => [Scope::own(owner)].into(),
        }
    }
}

/// The scopes that two linked organisations may exchange, whoever owns what is in them: their public scopes and their pair.
/// Nodes of one organisation carry every scope the organisation is in.
pub fn scopes_between(own: OrgId, other: OrgId, partners: &BTreeSet<OrgId>) -> BTreeSet<Scope> {
    let with = |partner: OrgId| {
        [Scope::public(own), Scope::public(partner), Scope::pair(own, partner), Scope::pair(partner, own)]
    };
    if own == other {
        partners.iter().copied().flat_map(with).chain([Scope::public(own), Scope::own(own)]).collect()
    } else {
        with(other).into()
    }
}
