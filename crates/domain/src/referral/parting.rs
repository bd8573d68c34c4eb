//! When two organisations may part: not while somebody is being helped between them.

use super::shown::{Word, word};
use super::state::State;
use super::{Parties, Side};
use crate::{Refusal, RefusalKind};

/// Refuses that one party lets the other go while a person is being helped through this referral: with the partner go its referrals
/// and all that is said in them, and nobody would see to the person any more. What nobody took on, and what is finished on the side
/// that asks, holds nothing up.
pub fn check_parting(parties: &Parties, state: &State, viewer: Side) -> Result<(), Refusal> {
    if !state.was_taken_on() || word(state, viewer) == Word::Finished {
        return Ok(());
    }
    let refusal = "somebody is being helped through a referral with this partner";
    Err(Refusal::new(RefusalKind::WrongState, refusal)
        .hint(format!("bring it to its end first: `fingerpost referral show {}` says how", parties.referral)))
}
