//! The count and 256-bit sum of a set of version ids, kept as the set changes.

use crate::VersionId;
use std::fmt;

/// Equal sums over equal counts mean equal sets, but for a chance of one in 2^128.
///
/// Addition is of 256-bit big-endian numbers modulo 2^256, so members can be taken out again.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Sum {
    count: u64,
    sum: [u8; 32],
}

impl Sum {
    /// As it was stored.
    pub const fn from_parts(count: u64, sum: [u8; 32]) -> Self {
        Self { count, sum }
    }

    /// How many members.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The sum itself.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.sum
    }

    /// Puts a member in.
    pub fn add(&mut self, id: &VersionId) {
        self.count = self.count.saturating_add(1);
        let mut carry = 0_u16;
        for (own, other) in self.sum.iter_mut().zip(id.as_bytes()).rev() {
            let total = u16::from(*own) + u16::from(*other) + carry;
            *own = total.to_be_bytes()[1];
            carry = total >> 8;
        }
    }

    /// Takes a member out.
    pub fn remove(&mut self, id: &VersionId) {
        self.count = self.count.saturating_sub(1);
        let mut borrow = 0_i16;
        for (own, other) in self.sum.iter_mut().zip(id.as_bytes()).rev() {
            let total = i16::from(*own) - i16::from(*other) - borrow;
            *own = total.rem_euclid(256).to_be_bytes()[1];
            borrow = i16::from(total < 0);
        }
    }
}

impl fmt::Debug for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sum({}: {})", self.count, data_encoding::HEXLOWER.encode(&self.sum))
    }
}
