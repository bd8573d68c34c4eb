//! When two organisations may part: not while somebody is being helped between them, nor while either keeps what it would lose by it.

use super::fold::Referral;
use super::shown::{Word, word};
use super::{Parties, Side};
use crate::{Refusal, RefusalKind};

/// Refuses that one party lets the other go while a person is being helped through this referral, and while it has a part in it that it
/// has not erased: with the partner go its referrals and all that is said in them, so that nobody would see to the person any more, and
/// nothing could be answered for. A referral that came and was never answered holds nothing up.
pub fn check_parting(parties: &Parties, referral: &Referral, viewer: Side) -> Result<(), Refusal> {
    let (state, id) = (&referral.state, parties.referral);
    if state.was_taken_on() && word(state, viewer) != Word::Finished {
        let refusal = "somebody is being helped through a referral with this partner";
        return Err(Refusal::new(RefusalKind::WrongState, refusal)
            .hint(format!("bring it to its end first: `fingerpost referral show {id}` says how")));
    }
    let has_part = referral.events.iter().any(|told| told.side == viewer);
    if has_part && state.erasure(viewer).nodes.is_empty() {
        let refusal = format!("referral {id} with this partner is kept here, and would go with it");
        return Err(Refusal::new(RefusalKind::WrongState, refusal).hint(format!(
            "end what waits, and erase it: `fingerpost referral erase {id}`; or hold back all links instead: `fingerpost partner pause`"
        )));
    }
    Ok(())
}
