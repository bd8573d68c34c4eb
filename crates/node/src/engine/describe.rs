//! The organisation's own document: made with the organisation, and again where a crash came in between.

use super::{EngineHandle, Opening, start};
use crate::Error;
use crate::application::organisation_document;
use crate::data::Folder;
use crate::journal::Journal;
use crate::secret::NodeSecrets;
use crate::vault::Vault;
use domain::audience::Audience;
use domain::document::Kind;
use domain::sync::Needs;
use domain::sync::effect::{Command, Write, WriteAction};
use store::{Organisation, Store};
use tokio_util::sync::CancellationToken;

/// Documents kept between steps while a folder is made: there is one.
const CACHE_BYTES: usize = 1 << 20;

/// Writes the organisation's own document by an engine that lives for this alone.
pub(crate) async fn describe_organisation(
    store: &Store,
    folder: &Folder,
    secrets: &NodeSecrets,
    organisation: &Organisation,
) -> Result<(), Error> {
    let stop = CancellationToken::new();
    let running = start(
        Opening {
            store: store.clone(),
            org: organisation.org_id,
            node: organisation.node_id,
            author: secrets.author.clone(),
            vault: Vault::passing(folder, secrets)?,
            is_home: true,
            folder: folder.path().to_path_buf(),
            journal: Journal::open(folder.journal())?,
            disk_reserve_bytes: 1, // a node is made on a full disk too, if it fits
            cache_bytes: CACHE_BYTES,
        },
        stop.clone(),
    )
    .await?;
    let described = ensure_described(&running.handle, store, organisation).await;
    stop.cancel();
    let _ = running.ended.await;
    described
}

/// Makes the organisation's own document where there is none.
pub(crate) async fn ensure_described(
    engine: &EngineHandle,
    store: &Store,
    organisation: &Organisation,
) -> Result<(), Error> {
    // It is on its way from wherever the organisation was held before.
    if organisation.is_recovered {
        return Ok(());
    }
    let doc_id = organisation_document(&organisation.org_id);
    let needs = Needs { documents: [doc_id].into(), ..Needs::default() };
    let loaded = store.load(&needs).await.map_err(|e| Error::fault("cannot read the organisation's document", e))?;
    if loaded.documents.contains_key(&doc_id) {
        return Ok(());
    }
    let value = serde_json::json!({
        "name": organisation.name,
        "organisation": organisation.org_id.to_string(),
    });
    let write = Write {
        doc_id,
        kind: Kind::ORGANISATION,
        action: WriteAction::Create { value, audience: Audience::Public },
        imported: None,
        change: None,
    };
    engine.ask(Command::Write(vec![write])).await?;
    Ok(())
}
