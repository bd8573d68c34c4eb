//! One node of a world: who it is, its disk, and its process while it runs.

use super::Disk;
use crate::document::Kind;
use crate::identity::certificate::{Holds, NodeCertificate, NodeState};
use crate::identity::keys::KeysObject;
use crate::identity::root::Root;
use crate::identity::sealing::{SealingKey, SealingSecret};
use crate::identity::signing::SecretKey;
use crate::referral::{LockKey, Parties, WrappedKey, Wrapping};
use crate::statement::SignedStatement;
use crate::sync::batch::Partner;
use crate::sync::{Batch, Effect, Engine, Input, Known, Own, Planted, Usage};
use crate::{Incarnation, NodeId, OrgId, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// Who a node is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its organisation.
    pub org: OrgId,
    /// Itself.
    pub node: NodeId,
    /// Signs statements.
    pub author: SecretKey,
    /// What its organisation's root is made of.
    pub root: [u8; 32],
    /// Opens what is sealed to it.
    pub sealing: SealingSecret,
    /// Whether it is its organisation's home node.
    pub is_home: bool,
}

/// A node, running or not.
#[derive(Debug)]
pub struct Process {
    /// Who it is.
    pub identity: Identity,
    /// What it has written.
    pub disk: Disk,
    /// What runs; `None` after a crash.
    pub engine: Option<Engine>,
    /// Inputs that wait.
    pub inbox: VecDeque<Input>,
    /// When it asked to be woken.
    pub wake_at: Option<Timestamp>,
    /// How far its clock is ahead of the world's.
    pub clock_ahead_ms: i64,
    /// An old copy of its disk, and how many operations of the world had happened when it was taken.
    pub backup: Option<(Disk, usize)>,
    /// What the disk was before it was told what it keeps in memory only, and how many commits on it writes that.
    pub(super) unsynced: Option<((Disk, usize), usize)>,
    /// How many commits more fail since the disk is full.
    pub(super) full_for: usize,
    starts: u64,
}

/// Makes the nodes of one organisation with their keys object. Equal seeds give equal keys.
pub(super) fn organisation(seed: u64, nodes: usize) -> (Vec<Identity>, KeysObject) {
    let entropy = seed_of("root", seed, 0);
    let root = Root::from_entropy(&entropy);
    let org = root.org_id();
    let made: Vec<_> = (0..nodes)
        .map(|n| {
            let author = SecretKey::from_seed(&seed_of("author", seed, n));
            let node = NodeId::from_bytes(*seed_of("node", seed, n).first_chunk().unwrap());
            let certificate = root.certify(NodeCertificate {
                org_id: org,
                node_id: node,
                serial: 1,
                tls_key: *SecretKey::from_seed(&seed_of("tls", seed, n)).public().as_bytes(),
                author_key: author.public(),
                sealing_key: SealingSecret::from_seed(&seed_of("sealing", seed, n)).public().unwrap(),
                holds: Holds::All,
                is_home: n == 0,
                state: NodeState::Active,
            });
            let sealing = SealingSecret::from_seed(&seed_of("sealing", seed, n));
            (Identity { org, node, author, root: entropy, sealing, is_home: n == 0 }, certificate)
        })
        .collect();
    let keys = KeysObject::new(root.public(), made.iter().map(|(_, c)| c.clone())).unwrap();
    (made.into_iter().map(|(identity, _)| identity).collect(), keys)
}

/// The keys object that says this of a node, by its organisation's root.
pub(super) fn judged(keys: &KeysObject, of: &Identity, state: NodeState) -> KeysObject {
    let root = Root::from_entropy(&of.root);
    let certificate = keys.node(&of.node).unwrap().content().clone();
    let judged = NodeCertificate { serial: keys.next_serial(), state, ..certificate };
    KeysObject::new(root.public(), [root.certify(judged)]).unwrap()
}

/// A partner as pairing makes it.
pub(super) fn partner(org_id: OrgId) -> Partner {
    Partner {
        org_id,
        name: "partner".to_owned(),
        addresses: Vec::new(),
        is_paused: false,
        confirmed_here_at: None,
        confirmed_there: None,
        paired_at: Timestamp::default(),
        is_shared_with: false,
        is_followed: false,
    }
}

fn seed_of(what: &str, seed: u64, n: usize) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::new().chain_update(what).chain_update(seed.to_be_bytes()).chain_update(n.to_be_bytes()).finalize().into()
}

impl Process {
    /// A node with an empty disk but for its own keys, not running yet.
    pub fn new(identity: Identity, keys: &KeysObject, feed_seed: u64) -> Self {
        let mut disk = Disk { feed_seed, ..Disk::default() };
        disk.keys.insert(identity.org, keys.bytes());
        Self {
            identity,
            disk,
            engine: None,
            inbox: VecDeque::new(),
            wake_at: None,
            clock_ahead_ms: 0,
            backup: None,
            unsynced: None,
            full_for: 0,
            starts: 0,
        }
    }

    /// Writes a partner to the disk, as pairing does.
    pub(super) fn pair(&mut self, keys: &KeysObject, is_followed: bool) {
        let mut batch = Batch::default();
        batch.keys.insert(keys.org_id(), keys.bytes());
        batch.partners.push(Partner { is_shared_with: true, is_followed, ..partner(keys.org_id()) });
        self.disk.commit(self.identity.org, &batch);
    }

    /// Another process over a copy of this one's disk, under the same name: not running yet.
    pub fn cloned(&self, feed_seed: u64) -> Self {
        let disk = Disk { feed_seed, ..self.disk.clone() };
        Self {
            identity: self.identity.clone(),
            disk,
            engine: None,
            inbox: VecDeque::new(),
            wake_at: None,
            clock_ahead_ms: self.clock_ahead_ms,
            backup: None,
            unsynced: None,
            full_for: 0,
            starts: 0,
        }
    }

    /// Starts from what the disk holds, as a new incarnation.
    pub fn start(&mut self, draw: u64, planted: Option<Planted>) {
        self.starts += 1;
        // Feeds made from now on have names that no feed ever had.
        self.disk.feed_seed = draw;
        let incarnation = match planted {
            Some(Planted::ReuseActor) => Incarnation::from_bytes(*self.identity.node.as_bytes().first_chunk().unwrap()),
            _ => Incarnation::from_bytes((draw.rotate_left(16) ^ self.starts).to_be_bytes()),
        };
        let Identity { org, node, author, is_home, .. } = self.identity.clone();
        let known = Known {
            partners: self.disk.partners.values().cloned().collect(),
            keys: self.disk.keys.iter().map(|(org, bytes)| (*org, KeysObject::parse(bytes).unwrap())).collect(),
            damaged_keys: std::collections::BTreeMap::new(),
            heads: self.disk.heads.values().flatten().cloned().collect(),
            usage: self.disk.usage(),
            rosters: self.disk.rows.values().filter(|r| r.kind == Kind::ROSTER).cloned().collect(),
            proposals: self
                .disk
                .rows
                .values()
                .filter(|r| r.about.is_some() && matches!(r.kind, Kind::PROPOSAL | Kind::LISTING))
                .cloned()
                .collect(),
            decisions: self.disk.rows.values().filter(|r| r.kind == Kind::DECISION).cloned().collect(),
            disowned_keys: self.disk.disowned_keys.clone(),
            hidden: self.disk.hidden.clone(),
            gathering: self.disk.gathering(),
            homes: self.disk.homes.clone(),
        };
        let engine = self.engine.insert(Engine::new(Own { org, node, incarnation, author, is_home }, known));
        if let Some(planted) = planted {
            engine.plant(planted);
        }
        self.inbox.clear();
        self.inbox.push_back(Input::Wake);
        self.wake_at = None;
    }

    /// Loses everything that was not committed.
    pub fn crash(&mut self) {
        self.engine = None;
        self.inbox.clear();
        self.wake_at = None;
    }

    /// Takes one input and gives what has to happen; none of it is done yet.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Vec<Effect> {
        let now = self.clock(now);
        let Some(engine) = &mut self.engine else { return Vec::new() };
        let mut loaded = self.disk.load(&engine.needs(&input));
        engine.step(now, input, &mut loaded)
    }

    /// Whether what an organisation makes public is held here.
    pub(super) fn holds(&self, owner: &OrgId) -> bool {
        self.engine.as_ref().is_some_and(|engine| engine.is_held(owner))
    }

    /// Whether its owner said here that the key on it was stolen.
    pub(super) fn knows_as_stolen(&self, statement: &SignedStatement) -> bool {
        let said = statement.statement();
        let keys = self.engine.as_ref().and_then(|engine| engine.keys().get(&said.org_id));
        let key = keys.and_then(|keys| keys.author_key(said.key_id));
        key.is_some_and(|(_, state)| state == NodeState::Compromised)
    }

    /// Whether an owner has as much here as it may have.
    pub(super) fn is_full(&self, owner: &OrgId) -> bool {
        self.engine.as_ref().is_some_and(|engine| engine.full().contains(owner))
    }

    /// Whether no more is taken of what an owner seals.
    #[cfg(test)]
    pub(super) fn is_full_of_sealed(&self, owner: &OrgId) -> bool {
        self.engine.as_ref().is_some_and(|engine| engine.is_full_of_sealed(owner))
    }

    /// Whether what others sealed is counted as it is on the disk.
    pub(super) fn counts_sealed(&self) -> bool {
        let sealed = |usage: &BTreeMap<OrgId, Usage>| -> BTreeMap<OrgId, u64> {
            let of_others = usage.iter().filter(|(owner, of)| **owner != self.identity.org && of.sealed_bytes > 0);
            of_others.map(|(owner, of)| (*owner, of.sealed_bytes)).collect()
        };
        self.engine.as_ref().is_none_or(|engine| sealed(engine.usage()) == sealed(&self.disk.usage()))
    }

    /// Writes a batch; what grew by it is told to the engine.
    pub fn commit(&mut self, batch: &Batch) {
        let grown = self.disk.commit(self.identity.org, batch);
        if !grown.is_empty() {
            self.inbox.push_back(Input::Grew(grown));
        }
    }

    /// This node's lock.
    pub fn lock(&self) -> LockKey {
        LockKey::from_bytes(&seed_of("lock", u64::from(self.identity.node.as_bytes()[0]), 0))
    }

    /// Locks the keys that came with a batch; one that does not open is left out.
    pub fn lock_keys(&self, batch: &mut Batch) {
        for received in std::mem::take(&mut batch.received_keys) {
            let locked = self.lock().receive(&received, &self.identity.sealing, [7; 24]);
            batch.locked_keys.extend(locked.ok());
        }
    }

    /// A referral's key, wrapped for a node.
    pub fn wrapped(&self, parties: &Parties, wrapping: Wrapping, recipient: &SealingKey) -> Option<WrappedKey> {
        let locked = self.disk.data_keys.get(&parties.request())?;
        let key = self.lock().kept(parties, locked).expect("what was locked opens");
        WrappedKey::new(&key, wrapping, recipient, &seed_of("wrap", 0, 0)).ok()
    }

    /// What this node's clock shows.
    pub fn clock(&self, now: Timestamp) -> Timestamp {
        now.plus_ms(self.clock_ahead_ms)
    }
}
