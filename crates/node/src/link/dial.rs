//! Dialling partners: one loop for each partner with addresses, which waits without a timer while a link stands.

use super::service::{begin, carry, outbound};
use super::stream::PeerStream;
use super::{OUTBOX_FRAMES, Shared, hello};
use crate::secret;
use crate::tls::verifier::{Admits, Verifier, refusal_within};
use crate::tls::{self, ALPN_LINK, Session};
use domain::identity::hello::Side;
use domain::{OrgId, Refusal, RefusalKind, limits};
use futures::StreamExt;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_rustls::{TlsConnector, TlsStream};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint, Uri};
use wire::frame::Body;
use wire::proto::sync as proto;
use wire::proto::sync::sync_service_client::SyncServiceClient;
use wire::status::{from_refusal, to_refusal};

/// A link that stood this long was a good one: the next dial after it does not wait long. One that is turned away ends at
/// once; a network that comes and goes gives seconds.
const STOOD: Duration = Duration::from_secs(1);
/// How long the other side may take to answer a call.
const ANSWER: Duration = Duration::from_secs(10);

/// Dials whoever is known, has addresses and is not paused, and cuts whoever is not known any more, until the node stops.
pub(super) async fn supervise(shared: Arc<Shared>) {
    let (mut known, mut siblings) = (shared.known.clone(), shared.siblings.clone());
    let mut dials: BTreeMap<OrgId, (watch::Sender<Vec<String>>, CancellationToken)> = BTreeMap::new();
    loop {
        let now = known.borrow_and_update().clone();
        let admits = shared.admits_anyone();
        shared.registry.cut_unless(|peer| admits.check(peer));
        let mut wanted: BTreeMap<_, _> = now
            .partners
            .values()
            .filter(|p| !p.is_paused && !p.addresses.is_empty())
            .map(|p| (p.org_id, p.addresses.clone()))
            .collect();
        let of_siblings = siblings.borrow_and_update().clone();
        if !of_siblings.is_empty() {
            wanted.insert(shared.own.org, of_siblings);
        }
        dials.retain(|org, (_, cancel)| {
            let stays = wanted.contains_key(org);
            if !stays {
                cancel.cancel();
            }
            stays
        });
        for (org, addresses) in wanted {
            let (sender, _) = dials.entry(org).or_insert_with(|| {
                let (sender, receiver) = watch::channel(addresses.clone());
                let cancel = shared.stop.child_token();
                tokio::spawn(keep_linked(shared.clone(), org, receiver, cancel.clone()));
                (sender, cancel)
            });
            sender.send_if_modified(|held| std::mem::replace(held, addresses.clone()) != addresses);
        }
        tokio::select! {
            changed = known.changed() => if changed.is_err() { break },
            changed = siblings.changed() => if changed.is_err() { break },
            () = shared.stop.cancelled() => break,
        }
    }
}

async fn keep_linked(
    shared: Arc<Shared>,
    org: OrgId,
    mut addresses: watch::Receiver<Vec<String>>,
    cancel: CancellationToken,
) {
    let mut linked = shared.registry.linked();
    let mut failures = 0;
    let dialling = async {
        loop {
            if linked.wait_for(|linked| !linked.contains(&org)).await.is_err() {
                break;
            }
            let list = addresses.borrow_and_update().clone();
            let stood = dial_any(&shared, org, &list).await;
            failures = failures_after(failures, stood);
            // New addresses are tried at once.
            if let Ok(Err(_)) = tokio::time::timeout(backoff(failures), addresses.changed()).await {
                break;
            }
        }
    };
    tokio::select! {
        () = dialling => {}
        () = cancel.cancelled() => {}
    }
}

/// Tries addresses in order. How long the link stood, when one came about; returns after it ended.
async fn dial_any(shared: &Arc<Shared>, org: OrgId, addresses: &[String]) -> Option<Duration> {
    for address in addresses {
        match dial(shared, org, address).await {
            Ok(stood) => return Some(stood),
            Err(reason) => tracing::info!(%org, %address, %reason, "a partner was not reached"),
        }
    }
    None
}

/// Links with an organisation at one address, and returns how long the link stood once it ended.
async fn dial(shared: &Arc<Shared>, org: OrgId, address: &str) -> Result<Duration, Refusal> {
    let admits = Admits::Only { known: shared.known.clone(), own: shared.own.org, org };
    let verifier = Verifier::new(admits);
    let config = shared.identity.client(verifier, ALPN_LINK).map_err(crate::Error::into_refusal)?;
    let (stream, session) = connect(address, config, ALPN_LINK).await?;
    let connection = shared.connected(Side::Dialler, session, None)?;
    let cut = connection.cut.clone();
    let channel = channel(PeerStream::new(stream, (), cut.clone())).await;
    let channel = channel.inspect_err(|_| shared.registry.disconnected(connection.id))?;
    let mut client = SyncServiceClient::new(channel)
        .max_decoding_message_size(limits::MESSAGE_BYTES)
        .max_encoding_message_size(limits::MESSAGE_BYTES);
    let linked = async {
        let own = hello::make(&shared.own, &connection);
        let request = proto::HelloRequest { hello: Some(own.into()) };
        let answer = answered(client.hello(request)).await?;
        let said = wire::hello::Hello::try_from(answer.hello)?;
        shared.greeted(&connection, &said).await?;
        let (sender, frames) = mpsc::channel(OUTBOX_FRAMES);
        let requests = outbound(frames, connection.clone()).map(proto::SyncRequest::from);
        let inbound = answered(client.sync(requests)).await?;
        begin(shared, &connection, sender).await?;
        Ok(inbound)
    };
    let inbound = match linked.await {
        Ok(inbound) => inbound,
        Err(refusal) => {
            cut.cancel();
            shared.registry.disconnected(connection.id);
            return Err(refusal);
        }
    };
    let since = Instant::now();
    let bodies = inbound.map(|frame| frame.and_then(|f| Body::try_from(f).map_err(|r| from_refusal(&r))));
    // A task of its own: whoever stops waiting for the link's end does not take the engine's word of it away.
    let _ = tokio::spawn(carry(shared.clone(), connection, bodies)).await;
    Ok(since.elapsed())
}

/// Opens a socket and shakes hands on it, both within a deadline.
pub(super) async fn connect(
    address: &str,
    config: Arc<rustls::ClientConfig>,
    alpn: &[u8],
) -> Result<(TlsStream<TcpStream>, Session), Refusal> {
    let unreachable =
        |what: String| Refusal::new(RefusalKind::Busy, format!("\"{address}\" cannot be reached: {what}"));
    let deadline = Duration::from_millis(limits::HANDSHAKE_MS);
    let socket = tokio::time::timeout(deadline, TcpStream::connect(address))
        .await
        .map_err(|_| unreachable("nothing answers there".to_owned()))?
        .map_err(|e| unreachable(e.to_string()))?;
    let _ = socket.set_nodelay(true);
    let name = ServerName::try_from("node.invalid").map_err(|_| unreachable("no name".to_owned()))?;
    let stream = tokio::time::timeout(deadline, TlsConnector::from(config).connect(name, socket))
        .await
        .map_err(|_| unreachable("what answers there does not speak TLS in time".to_owned()))?
        .map_err(|e| handshake_refusal(address, &e))?;
    let connection = stream.get_ref().1;
    let exporter = connection
        .export_keying_material([0; 32], tls::exporter_label(alpn), None)
        .map_err(|_| Refusal::not_authentic("a connection gives no exporter"))?;
    let session = tls::session(connection, exporter, alpn)?;
    Ok((TlsStream::from(stream), session))
}

/// Why a handshake failed, as far as this side can tell.
fn handshake_refusal(address: &str, error: &io::Error) -> Refusal {
    if let Some(refusal) = refusal_within(error) {
        return refusal;
    }
    let alert = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    if let Some(rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol)) = alert {
        return Refusal::new(RefusalKind::NotFound, format!("\"{address}\" does not offer what was asked for"));
    }
    Refusal::new(RefusalKind::Busy, format!("\"{address}\" cannot be reached: the handshake failed: {error}"))
}

/// One channel for one connection: it never connects again by itself, which would skip the greeting.
pub(super) async fn channel<C: Send + Unpin + 'static>(stream: PeerStream<C>) -> Result<Channel, Refusal> {
    let once = Arc::new(Mutex::new(Some(stream)));
    let connector = tower::service_fn(move |_: Uri| {
        let stream = once.lock().unwrap_or_else(PoisonError::into_inner).take();
        futures::future::ready(stream.map(TokioIo::new).ok_or_else(|| io::Error::other("the link has ended")))
    });
    Endpoint::from_static("http://node.invalid")
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(limits::HEADER_LIST_BYTES)
        .http2_max_local_error_reset_streams(limits::LOCAL_ERROR_RESETS)
        .http2_keep_alive_interval(Duration::from_millis(limits::KEEPALIVE_MS))
        .keep_alive_timeout(Duration::from_millis(limits::KEEPALIVE_TIMEOUT_MS))
        .keep_alive_while_idle(true)
        .connect_with_connector(connector)
        .await
        .map_err(|e| Refusal::new(RefusalKind::Busy, format!("the connection broke at its start: {e}")))
}

/// An answer in time, or why there is none.
pub(super) async fn answered<T>(
    call: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>,
) -> Result<T, Refusal> {
    match tokio::time::timeout(ANSWER, call).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(to_refusal(&status).unwrap_or_else(|| {
            Refusal::new(RefusalKind::Busy, "the other node closed the connection; it may not know this one")
        })),
        Err(_) => Err(Refusal::new(RefusalKind::Busy, "the other node did not answer in time")),
    }
}

/// How many dials have failed in a row after one more, whose link stood this long, if one came about.
fn failures_after(failures: u32, stood: Option<Duration>) -> u32 {
    if stood.is_some_and(|stood| stood >= STOOD) { 0 } else { failures.saturating_add(1) }
}

/// Doubles with each failure from [`limits::DIAL_FIRST_MS`] to [`limits::DIAL_LONGEST_MS`], then takes between half of it
/// and all of it, so that nodes which lost each other at once do not come back at once.
fn backoff(failures: u32) -> Duration {
    let doubled = limits::DIAL_FIRST_MS.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let most = u64::try_from(doubled.min(limits::DIAL_LONGEST_MS)).unwrap_or_default();
    let chance = secret::random::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    Duration::from_millis(most / 2 + chance % (most / 2 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(links_ms: &[Option<u64>], waits_ms: std::ops::RangeInclusive<u128>) {
        let failures = links_ms.iter().fold(0, |n, link| failures_after(n, link.map(Duration::from_millis)));
        let wait = backoff(failures).as_millis();
        assert!(waits_ms.contains(&wait), "after {links_ms:?} the next dial waits {wait} ms");
    }

    #[test]
    fn the_wait_grows_while_links_do_not_stand_and_not_while_they_do() {
        let [first, longest] = [limits::DIAL_FIRST_MS, limits::DIAL_LONGEST_MS].map(|ms| u128::from(ms.unsigned_abs()));
        check(&[], first / 2..=first);
        check(&[None], first / 2..=first);
        check(&[None, None, None], 2 * first..=4 * first);
        // Turned away at once, again and again: as if nobody were there.
        check(&[Some(3); 40], longest / 2..=longest);
        // A network that comes and goes.
        check(&[Some(2_000); 40], first / 2..=first);
        check(&[None, None, None, None, Some(1_000)], first / 2..=first);
    }
}
