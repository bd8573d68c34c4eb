//! Doing something to a referral: what was asked becomes an event, with its sealed words.

use super::super::{Application, fault};
use super::case::{Case, Context};
use super::draft::named;
use super::row::link;
use crate::api::{ReferralAct, ReferralResponse};
use crate::clock::now;
use crate::secret::random;
use domain::form::Answers;
use domain::referral::authority::{Stage, roles};
use domain::referral::code::Payload;
use domain::referral::content::Content;
use domain::referral::sending::GoingOn;
use domain::referral::{Action, Body, Onward, Receipt, Role, Side, Trust, last_day};
use domain::sync::Referring;
use domain::{FormHash, Refusal, RefusalKind};

impl Application {
    pub(super) async fn act_on(&self, id: &str, act: &ReferralAct) -> Result<ReferralResponse, Refusal> {
        if act.action == Action::Send {
            return self.send_referral(id).await;
        }
        if self.kept_draft(id).await?.is_some() {
            return Err(Refusal::new(domain::RefusalKind::WrongState, format!("cannot {} a draft", act.action))
                .hint("send it first: `fingerpost referral send`, or throw it away: `fingerpost referral discard`"));
        }
        let case = self.case(id).await?;
        let context = self.context_of(&case).await?;
        only_what_it_takes(act)?;
        case.referral.check_reading(act.action)?;
        self.may_erase(&case, act.action).await?;
        let body = self.body(&case, &context, act).await?;
        let role = role_for(act.action, &case);
        // What may not be done is refused before anything is sealed for it.
        self.admits(&case, role, act, body)?;
        let content = self.content(&case, &context, act).await?;
        if case.side == Side::Receiver {
            case.request.agreement.pass_back.check(&body, content.as_ref())?;
        }
        let payload = match &content {
            None => None,
            Some(content) => {
                content.check_for(act.action)?;
                self.may_go_on(&case).await?;
                let key = self.key_of(&case.parties).await?;
                Some(key.seal(
                    &case.parties.document(case.side),
                    &content.encode()?,
                    *random().map_err(crate::Error::into_refusal)?,
                )?)
            }
        };
        let referring = Referring {
            parties: case.parties,
            role,
            staff: self.staff(),
            occurred_at: act.occurred_at_ms.unwrap_or_else(now),
            body,
            payload,
            first: None,
            beside: Vec::new(),
            key: None,
        };
        let done = self.refer(referring).await?;
        if act.action == Action::Erase {
            // Its time is over, or it would have hindered this: nothing of it is needed any more.
            self.0.store.end_hold(&case.parties.referral).await.map_err(fault)?;
        }
        Ok(done)
    }

    /// Whether the referral admits it, as the engine will ask again when it writes.
    fn admits(&self, case: &Case, role: Role, act: &ReferralAct, body: Body) -> Result<(), Refusal> {
        let at = now();
        let author = domain::referral::Author {
            side: case.side,
            node: self.0.node,
            role,
            staff: self.staff(),
            occurred_at: act.occurred_at_ms.unwrap_or(at),
            now: at,
        };
        let stands_for = domain::BlobHash::from_bytes([0; 32]);
        let payload = match act.action.payload() {
            Payload::Required => Some(stands_for),
            Payload::Allowed | Payload::Forbidden => None,
        };
        // On a node that is not the home node, a decision is what that is asked to write.
        case.referral.draft(&author, body, payload).map(drop)
    }

    /// Refuses to erase what is kept for a reason, or by what somebody is still to be told.
    async fn may_erase(&self, case: &Case, action: Action) -> Result<(), Refusal> {
        if action != Action::Erase {
            return Ok(());
        }
        if let Some(previous) = case.previous() {
            case.may_be_lost(self.cases_of(&[previous].into()).await?.values())?;
        }
        let hold = self.0.store.hold(&case.parties.referral).await.map_err(fault)?;
        match hold.filter(|hold| hold.until > now()) {
            Some(hold) => Err(Refusal::new(
                RefusalKind::WrongState,
                format!("it is kept until {}, for {}", last_day(hold.until), hold.basis),
            )
            .hint(format!(
                "end the hold first, if its reason is gone: `fingerpost privacy release {}`",
                case.parties.referral
            ))),
            None => Ok(()),
        }
    }

    /// Whether more may be said of the person to the other party: what was asked before the sending is asked again.
    async fn may_go_on(&self, case: &Case) -> Result<(), Refusal> {
        let known = self.known().await?;
        let partner = case.partner();
        let known =
            known.partners.get(&partner).ok_or_else(|| Refusal::not_found("the other party is no partner any more"))?;
        let sharing = self.0.store.sharing_agreement(&partner).await.map_err(fault)?;
        let going_on = GoingOn {
            own: self.0.org,
            partner,
            trust: Trust::of(known),
            sharing: sharing.as_ref().map(|noted| &noted.agreement),
            agreement: Some(&case.request.agreement),
            now: now(),
        };
        going_on.check().map_err(|refusal| named(refusal, &partner, &known.name))
    }

    async fn body(&self, case: &Case, context: &Context, act: &ReferralAct) -> Result<Body, Refusal> {
        let state = &case.referral.state;
        let reason = || act.reason.ok_or_else(|| lacks(act.action, "a reason", "--reason"));
        Ok(match act.action {
            Action::Send => Body::Send,
            Action::Amend => Body::Amend { version: state.version.saturating_add(1) },
            Action::Answer => Body::Answer,
            Action::Withdraw => Body::Withdraw(reason()?),
            Action::Lapse => Body::Lapse,
            Action::TakeBack => Body::TakeBack,
            Action::Close => Body::Close,
            Action::Acknowledge => Body::Acknowledge { version: state.version },
            Action::Open => Body::Open { version: state.version },
            Action::Ask => Body::Ask,
            Action::Wait => Body::Wait,
            Action::Accept => Body::Accept { version: state.version },
            Action::Decline => Body::Decline(reason()?),
            Action::Contact => {
                Body::Contact(act.contact.ok_or_else(|| lacks(act.action, "how far it went", "--contact"))?)
            }
            Action::Start => Body::Start,
            Action::Pause => Body::Pause(reason()?),
            Action::Resume => Body::Resume,
            Action::Feedback => Body::Feedback,
            Action::HandBack => Body::HandBack(reason()?),
            Action::End => Body::End(act.outcome.ok_or_else(|| lacks(act.action, "an outcome", "--outcome"))?),
            Action::PassOn => self.passed_on(case, act).await?,
            Action::ConfirmStop => {
                let contact = act.contact.ok_or_else(|| lacks(act.action, "whether there was contact", "--contact"))?;
                let next = context.next(case).filter(|_| state.next.is_some());
                let onward = next.map(|next| link(case, next).onward());
                Body::ConfirmStop { contact, onward: onward.unwrap_or(Onward::None) }
            }
            Action::WithdrawAgreement => Body::WithdrawAgreement,
            Action::Erase => {
                let held = self.0.store.held(&case.parties.request()).await.map_err(fault)?;
                let unopened = case.side == Side::Receiver && !state.was_opened && !held.was_read;
                let receipt = if unopened { Receipt::NeverOpened } else { Receipt::Erased };
                Body::Erase { node: self.0.node, receipt }
            }
            Action::Keep => Body::Keep {
                basis: act.basis.ok_or_else(|| lacks(act.action, "a lawful basis", "--basis"))?,
                until: act.until_ms.ok_or_else(|| lacks(act.action, "until when", "--until"))?,
            },
        })
    }

    /// The person was passed on by a referral of this organisation's that the next one accepted.
    async fn passed_on(&self, case: &Case, act: &ReferralAct) -> Result<Body, Refusal> {
        let id = act.next.as_deref().ok_or_else(|| lacks(act.action, "the next referral", "--next"))?;
        let next = self.case(id).await?;
        let goes_on = next.request.previous == Some(case.parties.referral);
        if !goes_on || next.side != Side::Sender {
            return Err(Refusal::invalid("the next referral does not go on from this one").hint(format!(
                "make one that does: `fingerpost referral new PATHWAY --previous {}`",
                case.parties.referral
            )));
        }
        link(case, &next).permit_pass_on()?;
        Ok(Body::PassOn { next: next.parties.referral })
    }

    async fn content(&self, case: &Case, context: &Context, act: &ReferralAct) -> Result<Option<Content>, Refusal> {
        if let Some(answers) = &act.answers {
            return self.amended(case, context, answers.expose()).await.map(Content::Answers).map(Some);
        }
        match (&act.words, act.action.payload(), act.action) {
            (Some(words), ..) => Ok(Some(Content::words(words.expose().as_str()))),
            (None, Payload::Required, Action::Amend) => Err(lacks(act.action, "the new answers", "--answers")),
            (None, Payload::Required, _) => Err(lacks(act.action, "words", "--words-from FILE")),
            (None, Payload::Allowed | Payload::Forbidden, _) => Ok(None),
        }
    }

    /// Answers in place of those that were sent: to the same form, and while the receiver still takes referrals from here.
    async fn amended(&self, case: &Case, context: &Context, answers: &serde_json::Value) -> Result<Answers, Refusal> {
        self.still_admits(context.pathway(case))?;
        let form = self.form(&FormHash::from_bytes(case.request.form), &case.parties.receiver).await?;
        let form = form.ok_or_else(|| Refusal::not_found("the form of this referral is not published any more"))?;
        Self::checked_answers(&form, answers)
    }
}

/// In what role somebody at this machine does something: the one that may, at this stage.
pub(super) fn role_for(action: Action, case: &Case) -> Role {
    let may: Vec<Role> = roles(action, Stage::of(&case.referral.state)).collect();
    let preferred = [Role::Caseworker, Role::DataProtectionLead];
    preferred.into_iter().find(|role| may.contains(role)).unwrap_or(Role::Caseworker)
}

/// What was said that the action has no use for is refused: it would be lost.
fn only_what_it_takes(act: &ReferralAct) -> Result<(), Refusal> {
    use Action::{Amend, Answer, ConfirmStop, Contact, Decline, End, HandBack, Keep, PassOn, Pause, Withdraw};
    let said = [
        (act.reason.is_some(), "a reason", matches!(act.action, Withdraw | Decline | Pause | HandBack)),
        (act.outcome.is_some(), "an outcome", act.action == End),
        (act.contact.is_some(), "a contact", matches!(act.action, Contact | ConfirmStop)),
        (act.next.is_some(), "a next referral", act.action == PassOn),
        (act.basis.is_some(), "a lawful basis", act.action == Keep),
        (act.until_ms.is_some(), "a day until when", act.action == Keep),
        (act.answers.is_some(), "answers", matches!(act.action, Amend | Answer)),
        (act.words.is_some(), "words", act.action.payload() != Payload::Forbidden && act.action != Amend),
    ];
    match said.into_iter().find(|(is_said, _, takes)| *is_said && !takes) {
        Some((_, what, _)) => {
            Err(Refusal::invalid(format!("{} takes no {}", act.action, what.trim_start_matches("a "))))
        }
        None => Ok(()),
    }
}

fn lacks(action: Action, what: &str, flag: &str) -> Refusal {
    Refusal::invalid(format!("{action} without {what}")).hint(format!("give it with {flag}"))
}
