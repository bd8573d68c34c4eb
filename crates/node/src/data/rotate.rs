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
use domain::identity::keys::KeysAlarm;
use domain::identity::{KeysObject, NodeCertificate, NodeState, Root};
use domain::sync::Batch;
use domain::{NodeId, Refusal, RefusalKind, limits};
use store::{Organisation, Store};

/// Gives the node in the configuration's data folder new keys and retires the old ones; gives the new node's id. No
/// process may run for the folder. A crash in the middle leaves the old keys, or the new ones, which the next start or
/// rotation takes up.
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
    let mut keys = own_keys(store, &there).await?;
    let old = settle_keys(folder, &keys)?;
    let known = keys.node(&old.node_id).map(|signed| signed.content().clone());
    let known = known.ok_or_else(|| Refusal::not_found("this node's own certificate"))?;
    // What it sealed for itself it can go on opening.
    let new = NodeSecrets { local: old.local, ..NodeSecrets::generate()? };
    let retired = NodeCertificate { serial: keys.next_serial(), state: NodeState::Retired, ..known.clone() };
    let serial = retired.serial.saturating_add(1);
    let active = NodeCertificate { is_home: known.is_home, holds: known.holds, ..new.certificate(&root, serial)? };
    let alarms = keys.merge(&KeysObject::new(root.public(), [root.certify(retired), root.certify(active)])?)?;
    if alarms.iter().any(|alarm| matches!(alarm, KeysAlarm::LeftOut { .. })) {
        let all = format!("this organisation has had {} nodes and keys of nodes", limits::ORGANISATION_NODES);
        return Err(Refusal::new(RefusalKind::WrongState, format!("{all}, and no more of them can be known"))
            .hint(
                "go on with the keys that are there: with more, what the first of them signed would not hold any more",
            )
            .into());
    }
    let batch = Batch { at: now(), keys: [(there.org_id, keys.bytes())].into(), ..Batch::default() };
    // Others may hear of the new node as soon as it is in the database: by then its keys are on the disk.
    new.write(&folder.next_keys())?;
    store.commit(&batch).await.map_err(|e| store_fault("cannot write the organisation's keys", e))?;
    let new = settle_keys(folder, &keys)?;
    settle_node(store, there, &new, &keys).await?;
    Ok(new.node_id)
}

/// The keys of the folder's node. New ones that a rotation made take the place of the old where the organisation names
/// them already, and are dropped where the rotation came to nothing.
pub(crate) fn settle_keys(folder: &Folder, keys: &KeysObject) -> Result<NodeSecrets, Error> {
    let next = folder.next_keys();
    if next.exists() {
        let is_named = NodeSecrets::read(&next).is_ok_and(|new| new.check_against(keys).is_ok());
        let moved = if is_named { std::fs::rename(&next, folder.keys()) } else { std::fs::remove_file(&next) };
        let synced = moved.and_then(|()| std::fs::File::open(folder.path())?.sync_all());
        synced.map_err(|e| Error::fault(format!("cannot put the keys in \"{}\" in place", next.display()), e))?;
    }
    let secrets = NodeSecrets::read(&folder.keys())?;
    secrets.check_against(keys)?;
    Ok(secrets)
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
