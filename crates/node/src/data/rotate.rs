//! Giving a node new keys: another node in the eyes of others, with the same data.
//!
//! A certificate names one set of keys of one node, and what a node signed is valid by its certificate. So the old keys
//! stay known, as those of a node that is retired, and the new ones are a new node's.

use super::initialise::store_fault;
use super::{Folder, open_store, organisation, own_keys};
use crate::clock::now;
use crate::config::Config;
use crate::secret::NodeSecrets;
use crate::{Error, api::Words};
use domain::identity::{KeysObject, NodeCertificate, NodeState, Root};
use domain::sync::Batch;
use domain::{NodeId, Refusal};
use store::{Organisation, Store};

/// Gives the node in the configuration's data folder new keys and retires the old ones; gives the new node's id. No
/// process may run for the folder. A crash in the middle leaves the old keys, or the new ones; then it is begun again.
pub async fn rotate(config: &Config, words: &Words) -> Result<NodeId, Error> {
    let folder = Folder::open(&config.data)?;
    let store = open_store(config).await?;
    let rotated = rotate_in(&folder, &store, words).await;
    store.close().await;
    rotated
}

async fn rotate_in(folder: &Folder, store: &Store, words: &Words) -> Result<NodeId, Error> {
    let there = organisation(store, folder).await?;
    let root = Root::from_recovery_words(words.as_str())?;
    if root.org_id() != there.org_id {
        return Err(Refusal::not_authentic("these are the recovery words of another organisation").into());
    }
    let old = NodeSecrets::read(&folder.keys())?;
    let mut keys = own_keys(store, &there).await?;
    old.check_against(&keys)?;
    let known = keys.node(&old.node_id).map(|signed| signed.content().clone());
    let known = known.ok_or_else(|| Refusal::not_found("this node's own certificate"))?;
    // What it sealed for itself it can go on opening.
    let new = NodeSecrets { local: old.local, ..NodeSecrets::generate()? };
    let retired = NodeCertificate { serial: keys.next_serial(), state: NodeState::Retired, ..known.clone() };
    let serial = retired.serial.saturating_add(1);
    let active = NodeCertificate { is_home: known.is_home, holds: known.holds, ..new.certificate(&root, serial)? };
    keys.merge(&KeysObject::new(root.public(), [root.certify(retired), root.certify(active)])?)?;
    let batch = Batch { at: now(), keys: [(there.org_id, keys.bytes())].into(), ..Batch::default() };
    store.commit(&batch).await.map_err(|e| store_fault("cannot write the organisation's keys", e))?;
    new.write(&folder.keys())?;
    settle_node(store, there, &new, &keys).await?;
    Ok(new.node_id)
}

/// Has the database name the node whose keys the folder holds: they differ where new keys came and the process ended.
pub(crate) async fn settle_node(
    store: &Store,
    there: Organisation,
    secrets: &NodeSecrets,
    keys: &KeysObject,
) -> Result<Organisation, Error> {
    if there.node_id == secrets.node_id {
        return Ok(there);
    }
    let there = Organisation { node_id: secrets.node_id, keys: keys.bytes(), ..there };
    store.set_organisation(&there).await.map_err(|e| store_fault("cannot write what this node is", e))?;
    Ok(there)
}
