//! One referral as a row: the fixed form of lists.

use super::case::{Case, Context};
use crate::api::{Direction, DraftedRow, OverdueRow, Owed, ReferralRow};
use domain::referral::chain::{Between, Link};
use domain::referral::{Decision, Holder, Side, Word, detail, owed, word};
use domain::{OrgId, Timestamp};

/// Places in lists: who waits for us goes first.
pub(super) const OURS: u8 = 0;
/// What is over goes last, and is not shown unless all is asked for.
pub(super) const FINISHED: u8 = 4;

/// Decisions without effect that are shown of one referral.
pub(super) const DRAFTED: usize = 8;

/// Which way a referral goes.
pub(crate) const fn direction(side: Side) -> Direction {
    match side {
        Side::Sender => Direction::Sent,
        Side::Receiver => Direction::Received,
    }
}

/// A referral as a row.
pub(crate) fn row(case: &Case, context: &Context) -> ReferralRow {
    let state = &case.referral.state;
    let mut duties: Vec<Owed> = Side::ALL
        .into_iter()
        .flat_map(|side| {
            let by = case.parties.party(side);
            owed(state, side).into_iter().map(move |duty| Owed { by, what: duty.words().to_owned() })
        })
        .collect();
    duties.extend(between(case, context).into_iter().map(|what| Owed { by: context.own, what }));
    let late = case.overdue(context).into_iter().map(|one| OverdueRow {
        by: case.parties.party(one.side),
        what: one.late.words().to_owned(),
        since_ms: one.since,
    });
    ReferralRow {
        id: case.parties.referral,
        direction: direction(case.side),
        partner: Some(case.partner()),
        request: state.request.word().to_owned(),
        response: state.response.word().to_owned(),
        shown: word(state, case.side).word().to_owned(),
        detail: detail(state),
        holder: holder(case, context),
        owed: duties,
        overdue: late.collect(),
        drafted: case.drafted.iter().take(DRAFTED).map(|(_, decision)| drafted(decision)).collect(),
    }
}

fn drafted(decision: &Decision) -> DraftedRow {
    let refused = decision.refused.as_ref();
    DraftedRow {
        action: decision.event.body.action(),
        node: decision.event.node,
        at_ms: decision.event.recorded_at,
        refused: refused.map(|said| said.why.clone()),
        hint: refused.and_then(|said| said.hint.clone()),
    }
}

/// Who holds the person, as far as it is known here.
fn holder(case: &Case, context: &Context) -> Option<OrgId> {
    match case.referral.state.holder {
        Holder::Sender => Some(case.parties.sender),
        Holder::Receiver => Some(case.parties.receiver),
        // Its next is one that this organisation sent: beyond that, who holds them is another's to know.
        Holder::Next => {
            let next = context.next(case)?;
            match next.referral.state.holder {
                Holder::Sender => Some(context.own),
                Holder::Receiver => Some(next.parties.receiver),
                Holder::Next => None,
            }
        }
    }
}

/// A referral that came here with the one that goes on from it.
pub(super) fn link<'a>(received: &'a Case, sent: &'a Case) -> Link<'a> {
    Link {
        received: &received.referral.state,
        pass_back: received.request.agreement.pass_back,
        sent: &sent.referral.state,
        rests_on: sent.request.agreement.rests_on,
    }
}

/// What an organisation between two others has to do that neither referral shows alone.
fn between(case: &Case, context: &Context) -> Vec<String> {
    let Some(next) = context.next(case) else { return Vec::new() };
    let id = next.parties.referral;
    let words = |one: Between| match one {
        Between::PassOn => format!("tell the sender that the person was passed on: pass-on --next {id}"),
        Between::StopNext => format!("stop the next referral {id}: it rests on what is gone"),
        Between::TakeBack => format!("take the person back from the next referral {id}"),
        Between::HoldAgain => "accept again, hand back or pass on anew: the person is here again".to_owned(),
        Between::CarryEnd(outcome) => format!("tell the sender how it ended: end --outcome {outcome}"),
    };
    link(case, next).owed().into_iter().map(words).collect()
}

impl Case {
    /// Where it stands in lists: what waits for us first, in each the longest waiting first.
    pub(super) fn urgency(&self, context: &Context) -> (u8, Timestamp) {
        let state = &self.referral.state;
        let is_ours = !owed(state, self.side).is_empty() || !between(self, context).is_empty();
        let rank = match word(state, self.side) {
            Word::WaitingForUs => OURS,
            Word::Stopping | Word::Finished if is_ours => OURS,
            Word::WaitingForThem => 1,
            Word::Active => 2,
            Word::Stopping => 3,
            Word::Finished => FINISHED,
        };
        let last = state.times.values().map(|(_, last)| *last).max();
        (rank, last.unwrap_or_default())
    }
}
