//! Watching listings: a stream that reads on in the log as fast as its reader takes it.
//!
//! It asks for the next page only when the last one was taken, so that a slow reader holds up itself alone, and what is
//! kept of it is one page. While there is nothing it waits for the log to grow.

use super::shape;
use super::token::Grant;
use crate::api::{Handle, ListingChange, ListingChanges, Request as Ask, Response as Answer, WatchFrom};
use crate::clock::now;
use domain::{Refusal, RefusalKind, limits};
use futures::Stream;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use wire::proto::admin as proto;
use wire::proto::admin::watch_listings_response::Event;
use wire::status::in_words;

/// How many may watch, and that all end when the node stops.
#[derive(Clone)]
pub(super) struct Watches {
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

/// One watch's place among them.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    stop: CancellationToken,
}

impl Watches {
    /// With room for all.
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self { places: Arc::new(Semaphore::new(limits::WATCHES)), stop }
    }

    /// Refused when as many watch as may.
    pub(super) fn take(&self) -> Result<Place, Refusal> {
        let permit = self.places.clone().try_acquire_owned().map_err(|_| {
            Refusal::new(RefusalKind::Busy, format!("{} watches of listings are open already", limits::WATCHES))
                .hint("end those that nobody reads, or come back later")
        })?;
        Ok(Place { _permit: permit, stop: self.stop.clone() })
    }
}

/// A watch that has read its first page.
pub(super) struct Watch {
    node: Handle,
    owner: Option<String>,
    /// What was read and not yet sent.
    read: VecDeque<proto::WatchListingsResponse>,
    /// Where to read on.
    next: String,
    is_end: bool,
}

/// Begins where the caller asks to. What cannot be is refused here, before the stream.
pub(super) async fn begin(node: Handle, asked: proto::WatchListingsRequest) -> Result<Watch, Refusal> {
    let from = match (shape::said(asked.resume_token), asked.skip_standing) {
        (Some(token), false) => WatchFrom::After(token),
        (None, false) => WatchFrom::Standing,
        (None, true) => WatchFrom::Now,
        (Some(_), true) => {
            return Err(Refusal::invalid("skip_standing does not go with a resume token")
                .hint("a resume token goes on where it stands; leave one of the two out"));
        }
    };
    let owner = shape::said(asked.owner);
    let mut watch = Watch { node, owner, read: VecDeque::new(), next: String::new(), is_end: false };
    let ask = Ask::ListingChanges { owner: watch.owner.clone(), from };
    watch.take(ask).await?;
    Ok(watch)
}

/// What a watcher hears, until its grant or the node ends; or nobody listens any more.
pub(super) fn stream(
    watch: Watch,
    grant: Grant,
    place: Place,
) -> impl Stream<Item = Result<proto::WatchListingsResponse, Status>> + Send {
    let expires = grant.expires_at.map(|end| {
        let ms = end.as_ms().saturating_sub(now().as_ms());
        Instant::now() + Duration::from_millis(u64::try_from(ms).unwrap_or(0))
    });
    futures::stream::unfold(Some((watch, grant, place)), move |state| async move {
        let (mut watch, grant, place) = state?;
        let ended = tokio::select! {
            biased;
            () = grant.revoked.cancelled() => Refusal::not_authentic("this API token was revoked"),
            () = until(expires) => Refusal::not_authentic("the time of this API token is over"),
            () = place.stop.cancelled() => stopping(),
            sent = watch.next() => match sent {
                Ok(sent) => return Some((Ok(sent), Some((watch, grant, place)))),
                Err(refusal) => refusal,
            },
        };
        Some((Err(in_words(&ended)), None))
    })
}

impl Watch {
    /// The next thing to send, once there is one.
    async fn next(&mut self) -> Result<proto::WatchListingsResponse, Refusal> {
        loop {
            if let Some(next) = self.read.pop_front() {
                return Ok(next);
            }
            let (owner, after) = (self.owner.clone(), self.next.clone());
            let ask = if self.is_end {
                Ask::ListingAwait { owner, after }
            } else {
                Ask::ListingChanges { owner, from: WatchFrom::After(after) }
            };
            self.take(ask).await?;
        }
    }

    async fn take(&mut self, ask: Ask) -> Result<(), Refusal> {
        let Answer::ListingChanges(ListingChanges { changes, next, is_end }) = self.node.ask(ask).await? else {
            return Err(Refusal::new(
                RefusalKind::WrongState,
                "the node gives an answer of another kind than was asked for",
            ));
        };
        self.read.extend(changes.into_iter().map(response));
        if is_end {
            let event = Some(Event::CaughtUp(proto::CaughtUp {}));
            self.read.push_back(proto::WatchListingsResponse { resume_token: next.clone(), event });
        }
        (self.next, self.is_end) = (next, is_end);
        Ok(())
    }
}

fn response(change: ListingChange) -> proto::WatchListingsResponse {
    let event = match change.listing {
        Some(state) => Event::Listing(shape::listing(state)),
        None => Event::Gone(proto::Gone { id: change.id.to_string(), owner: change.owner.to_string() }),
    };
    proto::WatchListingsResponse { resume_token: change.cursor, event: Some(event) }
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

fn stopping() -> Refusal {
    Refusal::new(RefusalKind::Busy, "this node is stopping")
        .hint("come back with the last resume token once it runs again")
}
