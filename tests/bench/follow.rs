//! Somebody who follows a node's listings over its control socket, and hears of each change as it is shown there.

use crate::Fallible;
use crate::process::Process;
use node::api::{ListingChanges, Request, Response, WatchFrom};
use node::control::Control;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// An edit that does not come in this time never does.
const PATIENCE: Duration = Duration::from_secs(20);

/// Follows from now on until it is dropped.
pub(crate) struct Follower {
    shown: mpsc::Receiver<(String, Instant)>,
    task: JoinHandle<()>,
}

impl Follower {
    /// Of this node, for what this field says.
    pub(crate) async fn new(node: &Process, field: &'static str) -> Fallible<Self> {
        let mut control = node.control().await?;
        let now = Request::ListingChanges { owner: None, from: WatchFrom::Now };
        let mut next = changes(&mut control, now).await?.next;
        let (tell, shown) = mpsc::channel(1024);
        let task = tokio::spawn(async move {
            loop {
                let more = Request::ListingAwait { owner: None, after: next };
                let Ok(page) = changes(&mut control, more).await else { return };
                let at = Instant::now();
                for listing in page.changes.into_iter().filter_map(|change| change.listing) {
                    let said = listing.fields.get(field).and_then(|v| v.as_str()).unwrap_or_default();
                    if tell.send((said.to_owned(), at)).await.is_err() {
                        return;
                    }
                }
                next = page.next;
            }
        });
        Ok(Self { shown, task })
    }

    /// When this was shown.
    pub(crate) async fn until(&mut self, text: &str) -> Fallible<Instant> {
        let find = async {
            while let Some((said, at)) = self.shown.recv().await {
                if said == text {
                    return Ok(at);
                }
            }
            Err("the node that is followed went away".into())
        };
        tokio::time::timeout(PATIENCE, find).await.map_err(|_| format!("{text:?} was not shown in {PATIENCE:?}"))?
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn changes(control: &mut Control, request: Request) -> Fallible<ListingChanges> {
    match control.ask(request).await.map_err(|r| r.to_string())? {
        Response::ListingChanges(page) => Ok(page),
        _ => Err("no changes".into()),
    }
}
