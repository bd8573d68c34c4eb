//! Counts what a frame holds before it is decoded: two bytes of an empty entry would otherwise become over a hundred
//! in memory. Reads keys and lengths only.

use domain::{Refusal, limits};

/// One field of an encoded message: its number, and its content when it is length-delimited.
struct Field<'a> {
    number: u64,
    content: Option<&'a [u8]>,
}

/// Refuses a frame that holds anything but one body, or a body with more of a field than it may have.
pub(super) fn check(frame: &[u8]) -> Result<(), Refusal> {
    let mut rest = frame;
    let Some(Field { number, content: Some(mut body) }) = next(&mut rest)? else {
        return Err(Refusal::malformed("a frame holds no body"));
    };
    if !rest.is_empty() {
        return Err(Refusal::malformed("a frame holds more than one body"));
    }
    let mut counts = [0_usize; 8];
    while let Some(field) = next(&mut body)? {
        // Fields past those this version knows are passed over when it decodes, and make nothing in memory.
        if let Some(count) = usize::try_from(field.number).ok().and_then(|n| counts.get_mut(n)) {
            *count = count.saturating_add(1);
            let (most, what) = most(number, field.number);
            if *count > most {
                return Err(Refusal::too_large(format!("a frame with over {most} {what}")));
            }
        }
    }
    Ok(())
}

/// How often a field may stand in a body, by the numbers of `Frame` and of the body.
fn most(body: u64, field: u64) -> (usize, &'static str) {
    match (body, field) {
        (1, 1) => (limits::FRAME_OPENINGS, "openings"),
        (2, 1) => (limits::FRAME_OPENINGS, "answers"),
        (3 | 5, 2) => (limits::FRAME_ITEMS, "versions"),
        (5, 3) => (limits::FETCHES_IN_FLIGHT, "absent documents"),
        (5, 4) => (limits::FETCHES_IN_FLIGHT, "absent versions"),
        (6, 2) => (limits::FETCHES_IN_FLIGHT, "wanted documents"),
        (14, 4) | (15, 3) => (limits::PAYLOADS_AT_ONCE, "payloads that were asked for"),
        (15, 2) => (limits::PAYLOADS_AT_ONCE, "payloads"),
        (7, 2) => (limits::FETCHES_IN_FLIGHT, "wanted versions"),
        _ => (1, "of a field that stands once"),
    }
}

fn next<'a>(bytes: &mut &'a [u8]) -> Result<Option<Field<'a>>, Refusal> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let key = varint(bytes)?;
    let length = match key & 7 {
        0 => {
            varint(bytes)?;
            0
        }
        1 => 8,
        2 => varint(bytes)?,
        5 => 4,
        _ => return Err(truncated()),
    };
    let length = usize::try_from(length).map_err(|_| truncated())?;
    let (content, rest) = bytes.split_at_checked(length).ok_or_else(truncated)?;
    *bytes = rest;
    Ok(Some(Field { number: key >> 3, content: (key & 7 == 2).then_some(content) }))
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Refusal> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().ok_or_else(truncated)?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(truncated())
}

fn truncated() -> Refusal {
    Refusal::malformed("a frame is cut short or does not parse")
}
