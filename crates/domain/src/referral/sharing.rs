//! That two organisations have agreed, on paper, to share personal data. The paper is theirs; on record here are its name and its end.

use crate::form::check_plain;
use crate::limits::{EVENT_EARLIEST_MS, SHARING_MS, SHARING_REFERENCE_BYTES};
use crate::{OrgId, Refusal, RefusalKind, Timestamp};
use jiff::civil::Date;

/// An agreement with a partner to share personal data, as one organisation has it on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingAgreement {
    /// With whom.
    pub partner: OrgId,
    /// What people call the paper: its number, its title.
    pub reference: String,
    /// When it was signed, where that is known.
    pub signed_on: Option<Date>,
    /// From when it does not stand any more.
    pub expires_at: Timestamp,
}

impl SharingAgreement {
    /// One that is put on record now. Refused without a name, and with days that cannot be.
    pub fn new(
        partner: OrgId,
        reference: &str,
        signed_on: Option<Date>,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let reference = reference.trim();
        check_reference(reference)?;
        if let Some(signed_on) = signed_on {
            check_signed(signed_on, expires_at, now)?;
        }
        if expires_at <= now {
            return Err(Refusal::invalid(format!("a sharing agreement that ended on {}", last_day(expires_at)))
                .hint("give the day until which it stands; look at the year"));
        }
        if expires_at > now.plus_ms(SHARING_MS) {
            return Err(Refusal::invalid("a sharing agreement that stands for more than ten years")
                .hint("give an earlier day: it is looked at again and renewed by then"));
        }
        Ok(Self { partner, reference: reference.to_owned(), signed_on, expires_at })
    }

    /// Refused when it does not stand any more.
    pub fn check(&self, now: Timestamp) -> Result<(), Refusal> {
        if now < self.expires_at {
            return Ok(());
        }
        let (partner, reference, day) = (self.partner, &self.reference, last_day(self.expires_at));
        Err(Refusal::new(
            RefusalKind::Expired,
            format!("the sharing agreement {reference:?} with {partner} ended on {day}"),
        )
        .hint(format!("renew it, then put the new one on record: {}", command(&partner))))
    }
}

/// The last day on which something stood that ends then: midnight is the end of the day before.
pub fn last_day(expires_at: Timestamp) -> Date {
    expires_at.plus_ms(-1).day()
}

/// What puts an agreement with a partner on record.
pub(super) fn command(partner: &OrgId) -> String {
    format!("`fingerpost partner agreement {partner} --reference \"…\" --expires YYYY-MM-DD`")
}

fn check_reference(reference: &str) -> Result<(), Refusal> {
    if reference.is_empty() {
        return Err(Refusal::invalid("a sharing agreement without a reference")
            .hint("write what people call the paper, such as its number: `--reference \"DSA 12\"`"));
    }
    if reference.len() > SHARING_REFERENCE_BYTES {
        let bytes = reference.len();
        return Err(Refusal::too_large(format!(
            "the reference of a sharing agreement has {bytes} bytes; the most is {SHARING_REFERENCE_BYTES}"
        ))
        .hint("write what people call the paper, and leave the rest in it"));
    }
    if reference.contains('\n') {
        return Err(Refusal::invalid("the reference of a sharing agreement has several lines").hint("write one line"));
    }
    check_plain("the reference of a sharing agreement", reference)
}

fn check_signed(signed_on: Date, expires_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    // A day's grace: the signer's day may be a day ahead of UTC.
    if signed_on > now.plus_ms(24 * 60 * 60 * 1000).day() {
        return Err(Refusal::invalid("a sharing agreement that is signed on a day to come")
            .hint("put it on record once it is signed; look at the year"));
    }
    if signed_on < Timestamp::from_ms(EVENT_EARLIEST_MS).day() {
        return Err(
            Refusal::invalid(format!("a sharing agreement of the year {}", signed_on.year())).hint("look at the year")
        );
    }
    if signed_on > expires_at.day() {
        return Err(Refusal::invalid("a sharing agreement that ended before it was signed")
            .hint("look at both days: the second is until when it stands"));
    }
    Ok(())
}
