//! A proxy in front of one node: counts what each connection carries, tells when it flowed, and can be shut.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

/// Pieces that may be under way in one direction of a connection to somebody far.
const UNDER_WAY: usize = 1024;

/// Clones are one and the same.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

/// What one connection carried, both ways.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    /// From its first byte to its last.
    pub(crate) took: Duration,
    /// Bytes, those of TLS among them.
    pub(crate) bytes: u64,
    /// Bytes behind the handshake of TLS.
    pub(crate) beyond_tls: u64,
}

struct State {
    started: Instant,
    is_shut: AtomicBool,
    /// How long bytes of connections that begin now take to the other side.
    delay_ms: AtomicU64,
    cut: Notify,
    /// The connection taken last. A joiner pairs on one connection and links on the next.
    newest: Mutex<Option<Arc<Counted>>>,
}

#[derive(Default)]
struct Counted {
    bytes: AtomicU64,
    beyond_tls: AtomicU64,
    first_us: AtomicU64,
    last_us: AtomicU64,
}

impl Proxy {
    /// In front of this address.
    pub(crate) async fn new(target: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            started: Instant::now(),
            is_shut: AtomicBool::new(false),
            delay_ms: AtomicU64::new(0),
            cut: Notify::new(),
            newest: Mutex::default(),
        });
        let proxy = Self { address, state: state.clone() };
        tokio::spawn(async move {
            while let Ok((inward, _)) = listener.accept().await {
                if !state.is_shut.load(Ordering::SeqCst) {
                    let counted = Arc::new(Counted::default());
                    state.begin(Some(counted.clone()));
                    tokio::spawn(carry(inward, target, state.clone(), counted));
                }
            }
        });
        Ok(proxy)
    }

    /// Ends every connection and takes no more.
    pub(crate) fn shut(&self) {
        self.state.is_shut.store(true, Ordering::SeqCst);
        self.state.begin(None);
        self.state.cut.notify_waiters();
    }

    /// Takes connections again, as near to each other as the machine has them.
    pub(crate) fn open(&self) {
        self.open_far(Duration::ZERO);
    }

    /// Takes connections again, whose bytes take so long from one side to the other.
    pub(crate) fn open_far(&self, away: Duration) {
        let delay_ms = u64::try_from(away.as_millis()).unwrap_or(u64::MAX);
        self.state.delay_ms.store(delay_ms, Ordering::SeqCst);
        self.state.is_shut.store(false, Ordering::SeqCst);
    }

    /// What the newest connection carried, once at least `least` bytes have come over it and nothing for this long.
    pub(crate) async fn flow(&self, quiet: Duration, least: u64) -> Flow {
        let mut again = tokio::time::interval(Duration::from_millis(2));
        loop {
            again.tick().await;
            let Some(counted) = self.state.newest() else { continue };
            let (first, last) = (counted.first_us.load(Ordering::SeqCst), counted.last_us.load(Ordering::SeqCst));
            let bytes = counted.bytes.load(Ordering::SeqCst);
            if bytes >= least && u128::from(self.state.now_us().saturating_sub(last)) > quiet.as_micros() {
                let beyond_tls = counted.beyond_tls.load(Ordering::SeqCst);
                return Flow { took: Duration::from_micros(last - first), bytes, beyond_tls };
            }
        }
    }
}

impl State {
    fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn begin(&self, counted: Option<Arc<Counted>>) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = counted;
    }

    fn newest(&self) -> Option<Arc<Counted>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, counted: &Counted, bytes: usize, beyond_tls: usize) {
        let now = self.now_us();
        let _ = counted.first_us.compare_exchange(0, now, Ordering::SeqCst, Ordering::SeqCst);
        counted.last_us.store(now, Ordering::SeqCst);
        counted.bytes.fetch_add(bytes as u64, Ordering::SeqCst);
        counted.beyond_tls.fetch_add(beyond_tls as u64, Ordering::SeqCst);
    }
}

async fn carry(inward: TcpStream, target: SocketAddr, state: Arc<State>, counted: Arc<Counted>) {
    let Ok(outward) = TcpStream::connect(target).await else { return };
    let _ = (inward.set_nodelay(true), outward.set_nodelay(true));
    let (in_read, in_write) = inward.into_split();
    let (out_read, out_write) = outward.into_split();
    let delay = Duration::from_millis(state.delay_ms.load(Ordering::SeqCst));
    if !delay.is_zero() {
        tokio::select! {
            () = copy_late(in_read, out_write, &state, &counted, delay) => {}
            () = copy_late(out_read, in_write, &state, &counted, delay) => {}
            () = state.cut.notified() => {}
        }
        return;
    }
    tokio::select! {
        () = copy(in_read, out_write, &state, &counted) => {}
        () = copy(out_read, in_write, &state, &counted) => {}
        () = state.cut.notified() => {}
    }
}

async fn copy(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    state: &State,
    counted: &Counted,
) {
    let mut buffer = vec![0; 64 << 10];
    let mut records = Records::default();
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        state.count(counted, read, records.beyond(&buffer[..read]));
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// The same, some time later, which holds up nothing that comes behind it.
async fn copy_late(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    state: &State,
    counted: &Counted,
    delay: Duration,
) {
    let (under_way, mut arriving) = mpsc::channel(UNDER_WAY);
    let take = async move {
        let (mut buffer, mut records) = (vec![0; 64 << 10], Records::default());
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            state.count(counted, read, records.beyond(&buffer[..read]));
            let due = tokio::time::Instant::now() + delay;
            if under_way.send((due, buffer[..read].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let give = async move {
        while let Some((due, bytes)) = arriving.recv().await {
            tokio::time::sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(take, give);
}

/// Where the records of one direction of a TLS 1.3 connection stand. Its handshake ends with the first sealed record:
/// rustls seals what is left of a flight in one, and these nodes hand out no tickets.
#[derive(Default)]
struct Records {
    header: [u8; 5],
    header_bytes: usize,
    body_left: usize,
    is_handshake_over: bool,
}

impl Records {
    /// How many of these bytes are behind the handshake.
    fn beyond(&mut self, bytes: &[u8]) -> usize {
        for (at, byte) in bytes.iter().enumerate() {
            if self.is_handshake_over {
                return bytes.len() - at;
            }
            if self.body_left > 0 {
                self.body_left -= 1;
                self.is_handshake_over = self.body_left == 0 && self.header[0] == SEALED;
                continue;
            }
            self.header[self.header_bytes] = *byte;
            self.header_bytes += 1;
            if self.header_bytes == self.header.len() {
                self.header_bytes = 0;
                self.body_left = usize::from(u16::from_be_bytes([self.header[3], self.header[4]]));
            }
        }
        0
    }
}

/// The type of a sealed record (`application_data`, RFC 8446 §5.1).
const SEALED: u8 = 23;
