//! One node of a world: who it is, its disk, and its process while it runs.

use super::Disk;
use crate::identity::certificate::{Holds, NodeCertificate, NodeState};
use crate::identity::keys::KeysObject;
use crate::identity::root::Root;
use crate::identity::sealing::SealingSecret;
use crate::identity::signing::SecretKey;
use crate::sync::batch::Partner;
use crate::sync::{Batch, Effect, Engine, Input, Known, Own};
use crate::{Incarnation, NodeId, OrgId, ScopeId, Timestamp};
use std::collections::VecDeque;

/// Who a node is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its organisation.
    pub org: OrgId,
    /// Itself.
    pub node: NodeId,
    /// Signs statements.
    pub author: SecretKey,
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
    starts: u64,
}

/// Makes the nodes of one organisation with their keys object. Equal seeds give equal keys.
pub(super) fn organisation(seed: u64, nodes: usize) -> (Vec<Identity>, KeysObject) {
    let root = Root::from_entropy(&seed_of("root", seed, 0));
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
            (Identity { org, node, author, is_home: n == 0 }, certificate)
        })
        .collect();
    let keys = KeysObject::new(root.public(), made.iter().map(|(_, c)| c.clone())).unwrap();
    (made.into_iter().map(|(identity, _)| identity).collect(), keys)
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
        Self { identity, disk, engine: None, inbox: VecDeque::new(), wake_at: None, starts: 0 }
    }

    /// Writes a partner to the disk, as pairing does.
    pub fn pair(&mut self, name: &str, keys: &KeysObject) {
        let mut batch = Batch::default();
        batch.keys.insert(keys.org_id(), keys.bytes());
        batch.partners.push(Partner {
            org_id: keys.org_id(),
            name: name.to_owned(),
            addresses: Vec::new(),
            is_paused: false,
            confirmed_here_at: None,
            confirmed_there: None,
            paired_at: Timestamp::default(),
            is_shared_with: true,
        });
        self.disk.commit(&batch);
    }

    /// Starts from what the disk holds, as a new incarnation.
    pub fn start(&mut self, draw: u64) {
        self.starts += 1;
        let incarnation = Incarnation::from_bytes((draw.rotate_left(16) ^ self.starts).to_be_bytes());
        let Identity { org, node, author, is_home } = self.identity.clone();
        let known = Known {
            partners: self.disk.partners.values().cloned().collect(),
            keys: self.disk.keys.iter().map(|(org, bytes)| (*org, KeysObject::parse(bytes).unwrap())).collect(),
            usage: self.disk.usage(),
        };
        self.engine = Some(Engine::new(Own { org, node, incarnation, author, is_home }, known));
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

    /// Takes one input. The effects that follow its commit are the caller's to do; `survives` says how many effects
    /// happen before the process dies, where it does.
    pub fn step(&mut self, now: Timestamp, input: Input, survives: Option<usize>) -> Vec<Effect> {
        let Some(engine) = &mut self.engine else { return Vec::new() };
        let mut loaded = self.disk.load(&engine.needs(&input));
        let mut effects = engine.step(now, input, &mut loaded);
        if let Some(survives) = survives {
            effects.truncate(survives);
        }
        let mut grown: Vec<ScopeId> = Vec::new();
        for effect in &effects {
            if let Effect::Commit(batch) = effect {
                grown.extend(self.disk.commit(batch));
            }
        }
        if !grown.is_empty() {
            self.inbox.push_back(Input::Grew(grown));
        }
        if survives.is_some() {
            self.crash();
        }
        effects
    }
}
