//! Watching: a stream that reads on in the log as fast as its reader takes it.
//!
//! It asks for the next page only when the last one was taken, so that a slow reader holds up itself alone, and what is
//! kept of it is one page. While there is nothing it waits for the log to grow.

use super::token::Grant;
use super::{referral, shape};
use crate::api::{
    Handle, ListingChanges, ReferralChanges, ReferralRequest, ReferralResponse, Request as Ask, Response as Answer,
    WatchFrom,
};
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
use wire::proto::admin::{watch_listings_response, watch_referrals_response};
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
            Refusal::new(RefusalKind::Busy, format!("{} watches are open already", limits::WATCHES))
                .hint("end those that nobody reads, or come back later")
        })?;
        Ok(Place { _permit: permit, stop: self.stop.clone() })
    }
}

/// What is watched: how it is asked for, and how what the node answers is told.
pub(super) trait Watched: Send {
    /// One thing that a watcher is told.
    type Told: Send;

    /// Asks what became of it since a place.
    fn since(&self, from: WatchFrom) -> Ask;

    /// The same, to be answered once there is more.
    fn more(&self, after: String) -> Ask;

    /// What the answer to either tells; nothing where it is an answer to something else.
    fn read(&self, answer: Answer) -> Option<Page<Self::Told>>;

    /// Tells that everything was told up to this place.
    fn caught_up(&self, resume_token: String) -> Self::Told;
}

/// What one answer tells.
pub(super) struct Page<T> {
    told: Vec<T>,
    /// Where to read on.
    next: String,
    is_end: bool,
}

/// Listings, of one owner or of all.
pub(super) struct Listings {
    pub(super) owner: Option<String>,
}

/// Every referral that this organisation is a party to.
pub(super) struct Referrals;

/// A watch that has read its first page.
pub(super) struct Watch<W: Watched> {
    node: Handle,
    watched: W,
    /// What was read and not yet sent.
    read: VecDeque<W::Told>,
    /// Where to read on.
    next: String,
    is_end: bool,
}

/// Where the caller asks to begin. Refused where that cannot be.
pub(super) fn from(resume_token: String, skip_standing: bool) -> Result<WatchFrom, Refusal> {
    match (shape::said(resume_token), skip_standing) {
        (Some(token), false) => Ok(WatchFrom::After(token)),
        (None, false) => Ok(WatchFrom::Standing),
        (None, true) => Ok(WatchFrom::Now),
        (Some(_), true) => Err(Refusal::invalid("skip_standing does not go with a resume token")
            .hint("a resume token goes on where it stands; leave one of the two out")),
    }
}

/// Begins there. What cannot be is refused here, before the stream.
pub(super) async fn begin<W: Watched>(node: Handle, watched: W, from: WatchFrom) -> Result<Watch<W>, Refusal> {
    let mut watch = Watch { node, watched, read: VecDeque::new(), next: String::new(), is_end: false };
    let ask = watch.watched.since(from);
    watch.take(ask).await?;
    Ok(watch)
}

/// What a watcher hears, until its grant or the node ends; or nobody listens any more.
pub(super) fn stream<W: Watched>(
    watch: Watch<W>,
    grant: Grant,
    place: Place,
) -> impl Stream<Item = Result<W::Told, Status>> + Send {
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

impl<W: Watched> Watch<W> {
    /// The next thing to send, once there is one.
    async fn next(&mut self) -> Result<W::Told, Refusal> {
        loop {
            if let Some(next) = self.read.pop_front() {
                return Ok(next);
            }
            let after = self.next.clone();
            let ask = if self.is_end { self.watched.more(after) } else { self.watched.since(WatchFrom::After(after)) };
            self.take(ask).await?;
        }
    }

    async fn take(&mut self, ask: Ask) -> Result<(), Refusal> {
        let answer = self.node.ask(ask).await?;
        let Page { told, next, is_end } = self.watched.read(answer).ok_or_else(|| {
            Refusal::new(RefusalKind::WrongState, "the node gives an answer of another kind than was asked for")
        })?;
        self.read.extend(told);
        if is_end {
            self.read.push_back(self.watched.caught_up(next.clone()));
        }
        (self.next, self.is_end) = (next, is_end);
        Ok(())
    }
}

impl Watched for Listings {
    type Told = proto::WatchListingsResponse;

    fn since(&self, from: WatchFrom) -> Ask {
        Ask::ListingChanges { owner: self.owner.clone(), from }
    }

    fn more(&self, after: String) -> Ask {
        Ask::ListingAwait { owner: self.owner.clone(), after }
    }

    fn read(&self, answer: Answer) -> Option<Page<Self::Told>> {
        use watch_listings_response::Event;
        let Answer::ListingChanges(ListingChanges { changes, next, is_end }) = answer else { return None };
        let told = changes.into_iter().map(|change| {
            let event = match change.listing {
                Some(state) => Event::Listing(shape::listing(state)),
                None => Event::Gone(proto::Gone { id: change.id.to_string(), owner: change.owner.to_string() }),
            };
            proto::WatchListingsResponse { resume_token: change.cursor, event: Some(event) }
        });
        Some(Page { told: told.collect(), next, is_end })
    }

    fn caught_up(&self, resume_token: String) -> Self::Told {
        let event = Some(watch_listings_response::Event::CaughtUp(proto::CaughtUp {}));
        proto::WatchListingsResponse { resume_token, event }
    }
}

impl Watched for Referrals {
    type Told = proto::WatchReferralsResponse;

    fn since(&self, from: WatchFrom) -> Ask {
        Ask::Referral(ReferralRequest::Changes { from })
    }

    fn more(&self, after: String) -> Ask {
        Ask::Referral(ReferralRequest::Await { after })
    }

    fn read(&self, answer: Answer) -> Option<Page<Self::Told>> {
        use watch_referrals_response::Event;
        let Answer::Referral(ReferralResponse::Changes(changes)) = answer else { return None };
        let ReferralChanges { changes, names, next, is_end } = changes;
        let told = changes.into_iter().map(|change| {
            let event = match change.row {
                Some(row) => Event::Referral(referral::row(row, &names)),
                None => Event::Gone(proto::ReferralGone { id: change.id.to_string() }),
            };
            proto::WatchReferralsResponse { resume_token: change.cursor, event: Some(event) }
        });
        Some(Page { told: told.collect(), next, is_end })
    }

    fn caught_up(&self, resume_token: String) -> Self::Told {
        let event = Some(watch_referrals_response::Event::CaughtUp(proto::ReferralsCaughtUp {}));
        proto::WatchReferralsResponse { resume_token, event }
    }
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
