//! Takes bytes and canonical LEB128 numbers from the front of a slice. Never panics, never allocates.

use crate::Refusal;

/// What is left of a slice, and what part of a change it is, for messages.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    part: &'static str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], part: &'static str) -> Self {
        Self { rest: bytes, part }
    }

    /// Names the part that is read from here on.
    pub(super) fn now_in(&mut self, part: &'static str) {
        self.part = part;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Exactly this many bytes.
    pub(super) fn take(&mut self, length: u64) -> Result<&'a [u8], Refusal> {
        let taken = usize::try_from(length).ok().and_then(|n| self.rest.split_at_checked(n));
        let (taken, rest) = taken.ok_or_else(|| self.refuse("ends inside"))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Refusal> {
        let (byte, rest) = self.rest.split_first().ok_or_else(|| self.refuse("ends inside"))?;
        self.rest = rest;
        Ok(*byte)
    }

    /// An unsigned LEB128 number of 64 bits in its shortest form.
    pub(super) fn unsigned(&mut self) -> Result<u64, Refusal> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(self.refuse("has a number over 64 bits in"));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(self.refuse("has an overlong number in")) } else { Ok(value) };
            }
        }
        Err(self.refuse("has a number over 64 bits in"))
    }

    /// A signed LEB128 number of 64 bits in its shortest form.
    pub(super) fn signed(&mut self) -> Result<i64, Refusal> {
        let mut value = 0_i128;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            value |= i128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let width = shift + 7;
                if byte & 0x40 != 0 {
                    value -= 1_i128 << width;
                }
                let fits_shorter = shift > 0 && (-(1_i128 << (shift - 1))..(1_i128 << (shift - 1))).contains(&value);
                if fits_shorter {
                    return Err(self.refuse("has an overlong number in"));
                }
                return i64::try_from(value).map_err(|_| self.refuse("has a number over 64 bits in"));
            }
        }
        Err(self.refuse("has a number over 64 bits in"))
    }

    /// UTF-8 behind its length.
    pub(super) fn text(&mut self) -> Result<&'a str, Refusal> {
        let length = self.unsigned()?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.refuse("has text that is not UTF-8 in"))
    }

    /// Refuses what is left over.
    pub(super) fn end(&self) -> Result<(), Refusal> {
        if self.is_empty() { Ok(()) } else { Err(self.refuse("has bytes left over behind")) }
    }

    fn refuse(&self, what: &str) -> Refusal {
        Refusal::malformed(format!("a change {what} its {}", self.part))
    }
}
