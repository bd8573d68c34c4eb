//! What is counted. Names and labels are fixed here; no id of a person, partner or document is ever among them.

use crate::Error;
use crate::api::{PartnerState, Status};
use domain::sync::message::Item;
use domain::sync::{Batch, Message};
use metrics::{counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

const LINKS: &str = "fingerpost_links";
const LOADED: &str = "fingerpost_documents_loaded_total";
const COMMITS: &str = "fingerpost_commits_total";
const VERSIONS: &str = "fingerpost_versions_total";
const CHANGES: &str = "fingerpost_changes_total";
const CHANGE_BYTES: &str = "fingerpost_change_bytes_total";
const QUARANTINED: &str = "fingerpost_quarantined_total";
const INCIDENTS: &str = "fingerpost_incidents_total";
const RECEIVED_BYTES: &str = "fingerpost_received_bytes_total";
const SENT_BYTES: &str = "fingerpost_sent_bytes_total";
const ADMIN_REFUSED: &str = "fingerpost_admin_refused_total";
const DOCUMENTS: &str = "fingerpost_documents";
const PARTNERS: &str = "fingerpost_partners";
const WANTED: &str = "fingerpost_wanted";
const QUARANTINED_NOW: &str = "fingerpost_quarantined";
const BEHIND: &str = "fingerpost_behind_versions";
const DISK_FREE_BYTES: &str = "fingerpost_disk_free_bytes";

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to count, for all nodes of this process together, and gives what shows the counts.
pub(crate) fn install() -> Result<PrometheusHandle, Error> {
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    match metrics::set_global_recorder(recorder) {
        Ok(()) => describe(),
        Err(e) => tracing::debug!(error = %e, "somebody else in this process counts already"),
    }
    Ok(HANDLE.get_or_init(|| handle).clone())
}

fn describe() {
    describe_gauge!(LINKS, "Nodes that a link is open with.");
    describe_counter!(LOADED, "Documents read from the database for the engine.");
    describe_counter!(COMMITS, "Transactions made durable.");
    describe_counter!(VERSIONS, "Versions that became current here.");
    describe_counter!(CHANGES, "Document changes stored.");
    describe_counter!(CHANGE_BYTES, "Bytes of document changes stored.");
    describe_counter!(QUARANTINED, "Pieces of content that were refused for good.");
    describe_counter!(INCIDENTS, "Incidents recorded for an operator.");
    describe_counter!(RECEIVED_BYTES, "Bytes of statements and change packs that came over links, inflated.");
    describe_counter!(SENT_BYTES, "Bytes of statements and change packs that went out over links, before deflating.");
    describe_counter!(ADMIN_REFUSED, "Calls of software that came with no API token, or one that does not hold.");
    describe_gauge!(DOCUMENTS, "Live documents of all owners, by kind.");
    describe_gauge!(PARTNERS, "Partners, by whether a link is open.");
    describe_gauge!(WANTED, "Documents that are known of and not yet here.");
    describe_gauge!(QUARANTINED_NOW, "Pieces of content that are refused now.");
    describe_gauge!(
        BEHIND,
        "Versions known to exist at partners and not yet here, at the partner that is furthest ahead."
    );
    describe_gauge!(DISK_FREE_BYTES, "Bytes free on the disk that holds the data folder.");
}

/// How many links are open.
pub(crate) fn links(open: usize) {
    gauge!(LINKS).set(u32::try_from(open).unwrap_or(u32::MAX));
}

/// Documents were read from the database for the engine.
pub(crate) fn loaded(documents: usize) {
    counter!(LOADED).increment(u64::try_from(documents).unwrap_or(u64::MAX));
}

/// A batch was made durable.
pub(crate) fn committed(batch: &Batch) {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let changes = || batch.changes.iter().flat_map(|c| &c.added);
    counter!(COMMITS).increment(1);
    counter!(VERSIONS).increment(count(batch.versions.len()));
    counter!(CHANGES).increment(count(changes().count()));
    counter!(CHANGE_BYTES).increment(count(changes().map(|c| c.bytes.len()).sum()));
    counter!(QUARANTINED).increment(count(batch.quarantined.len()));
    counter!(INCIDENTS).increment(count(batch.incidents.len()));
}

/// A frame came over a link.
pub(crate) fn received(message: &Message) {
    counter!(RECEIVED_BYTES).increment(content_bytes(message));
}

/// A frame went out over a link.
pub(crate) fn sent(message: &Message) {
    counter!(SENT_BYTES).increment(content_bytes(message));
}

/// A call came with no API token, or one that does not hold.
pub(crate) fn admin_refused() {
    counter!(ADMIN_REFUSED).increment(1);
}

/// How things stand, for the gauges: whenever somebody looks.
pub(crate) fn observe(status: &Status) {
    for (kind, live) in &status.documents {
        gauge!(DOCUMENTS, "kind" => kind.clone()).set(approximately(*live));
    }
    for state in [PartnerState::Linked, PartnerState::Away, PartnerState::Paused] {
        let partners = status.partners.iter().filter(|p| p.state == state).count();
        let word = match state {
            PartnerState::Linked => "linked",
            PartnerState::Away => "away",
            PartnerState::Paused => "paused",
        };
        gauge!(PARTNERS, "state" => word).set(approximately(u64::try_from(partners).unwrap_or(u64::MAX)));
    }
    gauge!(WANTED).set(approximately(status.wanted));
    gauge!(QUARANTINED_NOW).set(approximately(status.quarantined));
    gauge!(BEHIND).set(approximately(status.partners.iter().map(|p| p.behind).max().unwrap_or(0)));
    if let Some(free) = status.node.disk_free_bytes {
        gauge!(DISK_FREE_BYTES).set(approximately(free));
    }
}

fn content_bytes(message: &Message) -> u64 {
    let items: &[Item] = match message {
        Message::Rows(rows) => &rows.items,
        Message::Versions(versions) => &versions.items,
        _ => &[],
    };
    let part = match message {
        Message::Part { pack, .. } => pack.len(),
        _ => 0,
    };
    let bytes = part + items.iter().map(|item| item.statement.len() + item.pack.len()).sum::<usize>();
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The nearest number that a gauge holds.
#[expect(clippy::cast_precision_loss, reason = "gauges are floating point, and 2^53 is more than is ever counted here")]
fn approximately(count: u64) -> f64 {
    count as f64
}
