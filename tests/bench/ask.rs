//! What the runs ask of nodes.

use crate::Fallible;
use crate::process::Process;
use node::api::{ImportCounts, ImportSource, InviteRole, OrgId, PartnerState, PathEdit, Request, Response, Status};
use std::path::Path;
use std::time::Duration;

/// The field that edits change.
pub(crate) const FIELD: &str = "alternate_name";

/// A node's status.
pub(crate) async fn status(node: &Process) -> Fallible<Status> {
    match node.ask(Request::Status).await? {
        Response::Status(status) => Ok(*status),
        _ => Err("no status".into()),
    }
}

/// Whose a node is.
pub(crate) async fn organisation(node: &Process) -> Fallible<OrgId> {
    Ok(status(node).await?.organisation.id)
}

/// Imports a file.
pub(crate) async fn import(node: &Process, file: &Path) -> Fallible<ImportCounts> {
    let source = ImportSource { path: file.to_owned(), source: None, audience: None, mapping: None };
    let Response::ImportPreview(preview) = node.ask(Request::ImportPreview(source)).await? else {
        return Err("no preview".into());
    };
    let Response::Imported(imported) = node.ask(Request::ImportApply { plan: preview.plan }).await? else {
        return Err("no import".into());
    };
    Ok(imported.counts)
}

/// Pairs two nodes by an invitation.
pub(crate) async fn pair(inviter: &Process, joiner: &Process, role: InviteRole) -> Fallible<()> {
    let Response::Invited { invited, .. } = inviter.ask(Request::Invite { role, expires_in_ms: None }).await? else {
        return Err("no invitation".into());
    };
    joiner.ask(Request::Join { code: invited.code }).await?;
    Ok(())
}

/// An edit of one field.
pub(crate) fn editing(id: &str, text: &str) -> Request {
    let edits = vec![PathEdit { path: FIELD.to_owned(), value: Some(text.into()) }];
    Request::ListingEdit { id: id.to_owned(), edits }
}

/// What a node shows of the field that edits change.
pub(crate) async fn shown(node: &Process, id: &str) -> Fallible<String> {
    let Response::Document { view, .. } = node.ask(Request::ListingShow { id: id.to_owned() }).await? else {
        return Err("no listing".into());
    };
    Ok(view.fields.get(FIELD).and_then(|v| v.as_str()).unwrap_or_default().to_owned())
}

/// Returns once a node holds so many listings. It is asked seldom where there are many: counting them is work, too.
pub(crate) async fn until(node: &Process, listings: usize) -> Fallible<()> {
    let mut again = tokio::time::interval(Duration::from_millis(if listings > 20_000 { 1_000 } else { 50 }));
    loop {
        again.tick().await;
        let held = status(node).await?.documents.get("listing").copied().unwrap_or(0);
        if held >= u64::try_from(listings)? {
            return Ok(());
        }
    }
}

/// Returns once a node is linked with all its partners and has what they have.
pub(crate) async fn in_step(node: &Process) -> Fallible<()> {
    let mut again = tokio::time::interval(Duration::from_millis(20));
    loop {
        again.tick().await;
        let partners = status(node).await?.partners;
        if partners.iter().all(|p| p.state == PartnerState::Linked && p.behind == 0) {
            return Ok(());
        }
    }
}

/// Milliseconds.
pub(crate) fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

/// So many of something for each listing.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(crate) fn per(count: u64, listings: usize) -> f64 {
    count as f64 / listings as f64
}
