//! Whether a referral may leave, asked before anything does; and what its receiver looks at again once it is opened.
//!
//! A sender is refused with the first thing that is missing, and what mends it. A receiver cannot refuse what came: it is shown what
//! does not fit, beside the referral, and decides.

use super::consent::AgreementRecord;
use super::document::{Agreement, Request, RestsOn};
use super::pass_back::PassBack;
use super::sharing::{self, SharingAgreement};
use crate::form::{Answers, CoreField, Form, Use};
use crate::pathway::{Coming, Pathway};
use crate::sync::batch::Partner;
use crate::{OrgId, RecordId, Refusal, RefusalKind, Timestamp};
use serde_json::Value;
use std::fmt;

/// How far two organisations are sure of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// They paired, and neither compared words.
    Paired,
    /// The partner's words were compared here.
    ConfirmedHere,
    /// The partner compared ours.
    ConfirmedThere,
    /// Both did: referrals may flow.
    Verified,
}

/// A referral that is about to leave.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'a> {
    /// Who refers.
    pub sender: OrgId,
    /// Who is to receive it.
    pub receiver: OrgId,
    /// How far they are sure of each other.
    pub trust: Trust,
    /// Their agreement to share personal data, where one is on record.
    pub sharing: Option<&'a SharingAgreement>,
    /// The receiver's pathway.
    pub pathway: &'a Pathway,
    /// The form that was filled in.
    pub form: &'a Form,
    /// What was answered.
    pub answers: &'a Answers,
    /// The person's agreement, where one was written down.
    pub agreement: Option<&'a AgreementRecord>,
    /// The referral that it goes on from.
    pub previous: Option<RecordId>,
    /// Now.
    pub now: Timestamp,
}

/// A referral that came, opened.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Who referred.
    pub sender: OrgId,
    /// Who received it: this organisation.
    pub receiver: OrgId,
    /// What the sender's document says.
    pub request: &'a Request,
    /// The agreement of both to share personal data, where one is on record here.
    pub sharing: Option<&'a SharingAgreement>,
    /// The pathway that it came by, where that is known.
    pub pathway: Option<&'a Pathway>,
    /// The form that the request names, where it is here.
    pub form: Option<&'a Form>,
    /// What was answered.
    pub answers: &'a Answers,
    /// The person's agreement, where it is here.
    pub agreement: Option<&'a AgreementRecord>,
    /// Now.
    pub now: Timestamp,
}

/// Something about a referral that came which people have to know before they decide. Repeats nothing that is said of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// What: lowercase, no full stop.
    pub what: String,
    /// What to do, where there is something to do.
    pub hint: Option<String>,
}

/// What is asked before more is said of a person to the other party of a referral.
#[derive(Clone, Copy, Debug)]
pub struct GoingOn<'a> {
    /// Who says it.
    pub own: OrgId,
    /// To whom.
    pub partner: OrgId,
    /// How the two know one another.
    pub trust: Trust,
    /// Their agreement to share.
    pub sharing: Option<&'a SharingAgreement>,
    /// What the person agreed to, as the request says it.
    pub agreement: Option<&'a Agreement>,
    /// When.
    pub now: Timestamp,
}

impl GoingOn<'_> {
    /// Refused with the first of these that does not hold: both organisations compared words; a sharing agreement stands; the person's
    /// agreement has not ended.
    pub fn check(&self) -> Result<(), Refusal> {
        check_trust(self.trust, &self.own, &self.partner)?;
        check_sharing(self.sharing, &self.partner, self.now)?;
        match self.agreement.and_then(|agreement| agreement.expires_at) {
            Some(ended) if ended <= self.now => {
                Err(Refusal::new(RefusalKind::Expired, "the person's agreement has ended")
                    .hint("ask the person anew, and refer them anew if they wish it"))
            }
            _ => Ok(()),
        }
    }
}

impl Trust {
    /// With a partner.
    pub const fn of(partner: &Partner) -> Self {
        match (partner.confirmed_here_at, &partner.confirmed_there) {
            (None, None) => Self::Paired,
            (Some(_), None) => Self::ConfirmedHere,
            (None, Some(_)) => Self::ConfirmedThere,
            (Some(_), Some(_)) => Self::Verified,
        }
    }
}

impl Sending<'_> {
    /// Refused with the first of these that does not hold: both organisations compared words; a sharing agreement stands; the receiver
    /// takes referrals from this sender; the form is the one it asks for; the answers fit it; the person's agreement stands, covers the
    /// receiver, and says the same as the answers.
    pub fn check(&self) -> Result<(), Refusal> {
        check_trust(self.trust, &self.sender, &self.receiver)?;
        check_sharing(self.sharing, &self.receiver, self.now)?;
        self.pathway.admits(&self.sender, Coming::Referral)?;
        self.check_form()?;
        let fits = self.answers.check(self.form, Use::Referral, self.now.day());
        fits.map_err(|problems| problems.refusal())?;
        let agreement = self.agreement.ok_or_else(|| {
            Refusal::new(RefusalKind::WrongState, "the person's agreement is not on record").hint(
                "ask the person, write down what they agree to, and put it with the draft: \
                 `fingerpost referral edit ID --agreement FILE`",
            )
        })?;
        agreement.check(&self.receiver, self.now)?;
        if agreement.rests_on == RestsOn::Previous && self.previous.is_none() {
            return Err(Refusal::invalid("the agreement rests on the referral before, and there is none").hint(
                "write `rests_on: own`, or begin from that one: `fingerpost referral new PATHWAY --previous ID`",
            ));
        }
        check_said_alike(self.form, self.answers, agreement.pass_back)
    }

    fn check_form(&self) -> Result<(), Refusal> {
        let wanted = self.pathway.form();
        if self.answers.form() == wanted && self.form.hash() == wanted {
            return Ok(());
        }
        let title = self.pathway.title();
        let words = format!("{title:?} asks for another form than the one that was filled in");
        Err(Refusal::new(RefusalKind::WrongState, words)
            .hint(format!("fill in the one that it asks for: `fingerpost form show {wanted}`")))
    }
}

/// What people at the receiver are shown beside a referral: whatever would have kept its sender from sending it, and where the sealed
/// record says otherwise than the request.
pub fn check_received(received: &Received<'_>) -> Vec<Doubt> {
    let mut doubts: Vec<Doubt> = Vec::new();
    let mut ask = |found: Result<(), Refusal>| doubts.extend(found.err().map(Doubt::from));
    ask(check_sharing(received.sharing, &received.sender, received.now));
    if let Some(pathway) = received.pathway {
        let admits = pathway.admits(&received.sender, Coming::Referral);
        ask(admits.map_err(|refusal| refusal.hint("take it all the same, or decline it and tell them how to come")));
    }
    ask(received.check_answers());
    match received.agreement {
        Some(agreement) => {
            let stands = agreement.check(&received.receiver, received.now);
            ask(stands.map_err(|refusal| refusal.hint("ask the sender before you contact the person")));
            ask(received.check_as_requested(agreement));
        }
        None => ask(Err(Refusal::not_found("the record of the person's agreement is not here")
            .hint("ask the sender for it before you contact the person"))),
    }
    doubts
}

impl Received<'_> {
    fn check_answers(&self) -> Result<(), Refusal> {
        if self.answers.form().as_bytes() != &self.request.form {
            return Err(Refusal::invalid("the answers are to another form than the request names")
                .hint("ask the sender which one they filled in"));
        }
        let form = self.form.ok_or_else(|| {
            Refusal::not_found("the form is not here, so nobody has checked the answers against it")
                .hint("look again later: it comes with the documents of who published it")
        })?;
        let fits = self.answers.check(form, Use::Referral, self.now.day());
        fits.map_err(|problems| problems.refusal().hint("ask the sender for what is missing or does not fit"))
    }

    /// Whether the sealed record says what the request says of it, which is what both nodes go by, and what the answers say.
    fn check_as_requested(&self, agreement: &AgreementRecord) -> Result<(), Refusal> {
        let hint = "ask the sender what the person agreed to; until you know, go by the narrower";
        if agreement.agreement(self.request.agreement.record) != self.request.agreement {
            let words = "the record of the person's agreement says otherwise than the request";
            return Err(Refusal::invalid(words).hint(hint));
        }
        match self.form {
            Some(form) => check_said_alike(form, self.answers, agreement.pass_back).map_err(|r| r.hint(hint)),
            None => Ok(()),
        }
    }
}

/// Refused unless both organisations compared words.
fn check_trust(trust: Trust, sender: &OrgId, receiver: &OrgId) -> Result<(), Refusal> {
    let refusal = |words: String| Refusal::new(RefusalKind::NotAllowed, words);
    match trust {
        Trust::Verified => Ok(()),
        Trust::Paired | Trust::ConfirmedThere => {
            Err(refusal(format!("{receiver} is not verified: its words were not compared here")).hint(format!(
                "ring them on a number you already know, and type the words that they read to you: \
                 `fingerpost partner confirm {receiver} --words \"…\"`"
            )))
        }
        Trust::ConfirmedHere => {
            Err(refusal(format!("{receiver} is not verified: it has not compared the words of this organisation"))
                .hint(format!(
                    "ring them and read them your words, which they type: \
                     `fingerpost partner confirm {sender} --words \"…\"`"
                )))
        }
    }
}

fn check_sharing(sharing: Option<&SharingAgreement>, partner: &OrgId, now: Timestamp) -> Result<(), Refusal> {
    match sharing.filter(|sharing| sharing.partner == *partner) {
        Some(sharing) => sharing.check(now),
        None => {
            let words = format!("no sharing agreement with {partner} is on record");
            Err(Refusal::new(RefusalKind::WrongState, words)
                .hint(format!("sign one with them, then put it on record: {}", sharing::command(partner))))
        }
    }
}

/// Whether the answers say the same of what may be passed back as the agreement, where the form asks it.
fn check_said_alike(form: &Form, answers: &Answers, pass_back: PassBack) -> Result<(), Refusal> {
    let asked = form.fields().iter().find(|field| field.core == Some(CoreField::PassBackWhat));
    match asked.and_then(|field| Some((field, answers.value(&field.name).and_then(Value::as_str)?))) {
        Some((field, answer)) if answer != pass_back.word() => {
            let words = format!("{} is answered otherwise than the person's agreement has it", field.name);
            Err(Refusal::invalid(words)
                .hint("ask the person what may be passed back, and put the same into the answers and the agreement"))
        }
        _ => Ok(()),
    }
}

impl From<Refusal> for Doubt {
    fn from(refusal: Refusal) -> Self {
        Self { what: refusal.message, hint: refusal.hint }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hint {
            Some(hint) => write!(f, "{}: {hint}", self.what),
            None => f.write_str(&self.what),
        }
    }
}
