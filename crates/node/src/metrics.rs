//! What is counted. Names and labels are fixed here; no id of a person, partner or document is ever among them.

use crate::Error;
use domain::sync::Batch;
use metrics::{counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

const LINKS: &str = "fingerpost_links";
const COMMITS: &str = "fingerpost_commits_total";
const VERSIONS: &str = "fingerpost_versions_total";
const CHANGES: &str = "fingerpost_changes_total";
const CHANGE_BYTES: &str = "fingerpost_change_bytes_total";
const QUARANTINED: &str = "fingerpost_quarantined_total";
const INCIDENTS: &str = "fingerpost_incidents_total";

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
    describe_counter!(COMMITS, "Transactions made durable.");
    describe_counter!(VERSIONS, "Versions that became current here.");
    describe_counter!(CHANGES, "Document changes stored.");
    describe_counter!(CHANGE_BYTES, "Bytes of document changes stored.");
    describe_counter!(QUARANTINED, "Pieces of content that were refused for good.");
    describe_counter!(INCIDENTS, "Incidents recorded for an operator.");
}

/// How many links are open.
pub(crate) fn links(open: usize) {
    gauge!(LINKS).set(u32::try_from(open).unwrap_or(u32::MAX));
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
