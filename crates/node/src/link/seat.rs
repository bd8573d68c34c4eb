//! Seats at a port: how many sockets may be open, in all and from one address.
//!
//! An address is charged for a socket until the other side has greeted: partners behind one router are many, and known.

use domain::limits;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Most tries at pairing a minute from one address that came to nothing.
pub(super) const TRIES_A_MINUTE: u32 = 10;
/// Sockets that pair at once.
const PAIRING_SOCKETS: usize = 8;
/// Addresses whose tries are counted at once; past it the oldest are forgotten.
const ADDRESSES_COUNTED: usize = 1024;

/// All seats.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seats(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    all: usize,
    pairing: usize,
    by_address: BTreeMap<IpAddr, usize>,
    tries: BTreeMap<IpAddr, (Instant, u32)>,
}

/// A seat that is taken until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Seats,
    address: IpAddr,
    is_charged: bool,
    is_pairing: bool,
}

impl Seats {
    /// A seat for a socket from this address, unless too many are taken.
    pub(crate) fn take(&self, address: IpAddr) -> Option<Seat> {
        let address = network(address);
        let mut inner = self.lock();
        let from_there = inner.by_address.get(&address).copied().unwrap_or_default();
        if inner.all >= limits::SOCKETS || from_there >= limits::SOCKETS_PER_ADDRESS {
            return None;
        }
        inner.all += 1;
        inner.by_address.insert(address, from_there + 1);
        Some(Seat { seats: self.clone(), address, is_charged: true, is_pairing: false })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// The other side is known: its address is not charged any more.
    pub(crate) fn greeted(&mut self) {
        if std::mem::take(&mut self.is_charged) {
            self.seats.lock().discharge(self.address);
        }
    }

    /// Whether this socket may be used to pair: not too many tries from its address within a minute, not too many
    /// sockets that pair.
    pub(super) fn may_pair(&mut self, now: Instant) -> bool {
        let mut inner = self.seats.lock();
        if inner.pairing >= PAIRING_SOCKETS || !inner.count_try(self.address, now) {
            return false;
        }
        inner.pairing += 1;
        self.is_pairing = true;
        true
    }

    /// A try came to a pairing: it is not counted. Many members may join from one room.
    pub(super) fn paired(&self) {
        if let Some((_, tries)) = self.seats.lock().tries.get_mut(&self.address) {
            *tries = tries.saturating_sub(1);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inner = self.seats.lock();
        inner.all = inner.all.saturating_sub(1);
        if self.is_pairing {
            inner.pairing = inner.pairing.saturating_sub(1);
        }
        if self.is_charged {
            inner.discharge(self.address);
        }
    }
}

impl Inner {
    fn discharge(&mut self, address: IpAddr) {
        if let Some(taken) = self.by_address.get_mut(&address) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                self.by_address.remove(&address);
            }
        }
    }

    fn count_try(&mut self, address: IpAddr, now: Instant) -> bool {
        self.tries.retain(|_, (since, _)| now.duration_since(*since) < Duration::from_secs(60));
        if self.tries.len() >= ADDRESSES_COUNTED && !self.tries.contains_key(&address) {
            let oldest = self.tries.iter().min_by_key(|(_, (since, _))| *since).map(|(address, _)| *address);
            oldest.map(|address| self.tries.remove(&address));
        }
        let (_, tries) = self.tries.entry(address).or_insert((now, 0));
        *tries = tries.saturating_add(1);
        *tries <= TRIES_A_MINUTE
    }
}

/// What counts as one address: of IPv6 the /64, which one household has whole.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}
