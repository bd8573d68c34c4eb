//! A proxy between two nodes: counts bytes, tells when they flowed, and can be shut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Clones are one and the same.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

struct State {
    started: Instant,
    bytes: AtomicU64,
    first_us: AtomicU64,
    last_us: AtomicU64,
    is_shut: AtomicBool,
    cut: Notify,
}

impl Proxy {
    /// In front of this address.
    pub(crate) async fn new(target: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            started: Instant::now(),
            bytes: AtomicU64::new(0),
            first_us: AtomicU64::new(0),
            last_us: AtomicU64::new(0),
            is_shut: AtomicBool::new(false),
            cut: Notify::new(),
        });
        let proxy = Self { address, state: state.clone() };
        tokio::spawn(async move {
            while let Ok((inward, _)) = listener.accept().await {
                if !state.is_shut.load(Ordering::SeqCst) {
                    tokio::spawn(carry(inward, target, state.clone()));
                }
            }
        });
        Ok(proxy)
    }

    /// Ends every connection and takes no more.
    pub(crate) fn shut(&self) {
        self.state.is_shut.store(true, Ordering::SeqCst);
        self.state.cut.notify_waiters();
    }

    /// Takes connections again, and begins to count anew.
    pub(crate) fn open(&self) {
        self.state.bytes.store(0, Ordering::SeqCst);
        self.state.first_us.store(0, Ordering::SeqCst);
        self.state.last_us.store(0, Ordering::SeqCst);
        self.state.is_shut.store(false, Ordering::SeqCst);
    }

    /// Bytes both ways since it was opened.
    pub(crate) fn bytes(&self) -> u64 {
        self.state.bytes.load(Ordering::SeqCst)
    }

    /// From the first byte to the last, once nothing has flowed for this long and at least `least` bytes have.
    pub(crate) async fn flow(&self, quiet: Duration, least: u64) -> Duration {
        let mut again = tokio::time::interval(Duration::from_millis(2));
        loop {
            again.tick().await;
            let (first, last) = (self.state.first_us.load(Ordering::SeqCst), self.state.last_us.load(Ordering::SeqCst));
            let now = self.state.now_us();
            if self.bytes() >= least && last > 0 && u128::from(now.saturating_sub(last)) > quiet.as_micros() {
                return Duration::from_micros(last - first);
            }
        }
    }
}

impl State {
    fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn count(&self, bytes: usize) {
        let now = self.now_us();
        let _ = self.first_us.compare_exchange(0, now, Ordering::SeqCst, Ordering::SeqCst);
        self.last_us.store(now, Ordering::SeqCst);
        self.bytes.fetch_add(bytes as u64, Ordering::SeqCst);
    }
}

async fn carry(inward: TcpStream, target: SocketAddr, state: Arc<State>) {
    let Ok(outward) = TcpStream::connect(target).await else { return };
    let _ = (inward.set_nodelay(true), outward.set_nodelay(true));
    let (in_read, in_write) = inward.into_split();
    let (out_read, out_write) = outward.into_split();
    tokio::select! {
        () = copy(in_read, out_write, &state) => {}
        () = copy(out_read, in_write, &state) => {}
        () = state.cut.notified() => {}
    }
}

async fn copy(mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf, state: &State) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        state.count(read);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
