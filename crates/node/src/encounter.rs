//! Whom this node meets: partners that paired are taken in, and what a partner says of itself is kept.

use crate::engine::EngineHandle;
use crate::link::{Encounter, Greeting};
use domain::identity::Side;
use domain::identity::roster::RosterState;
use domain::sync::batch::Partner;
use domain::sync::effect::Command;
use domain::{Refusal, RefusalKind, limits};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Organisation, Store};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Other nodes of the own organisation.
pub(crate) struct Family {
    /// Where what this node is is kept.
    pub(crate) store: Store,
    /// Where the others can be reached, for whoever dials them.
    pub(crate) addresses: watch::Sender<Vec<String>>,
}

impl Family {
    /// Takes the keys of a sibling in, and keeps where it can be reached: the newest place first.
    async fn take_in(&self, engine: &EngineHandle, keys: Vec<u8>, addresses: Vec<String>) -> Result<(), Refusal> {
        engine.ask(Command::TakeKeys(keys)).await?;
        let mut all = addresses;
        all.extend(self.addresses.borrow().iter().filter(|a| !all.contains(a)).cloned().collect::<Vec<_>>());
        all.truncate(limits::ADDRESSES);
        let fault = |e| crate::Error::fault("cannot keep where the other node is", e).into_refusal();
        if let Some(organisation) = self.store.organisation().await.map_err(fault)? {
            let organisation = Organisation { siblings: all.clone(), ..organisation };
            self.store.set_organisation(&organisation).await.map_err(fault)?;
        }
        self.addresses.send_replace(all);
        Ok(())
    }
}

/// Takes encounters in until told to stop.
pub(crate) async fn follow(
    mut encounters: mpsc::Receiver<Encounter>,
    engine: EngineHandle,
    was_dialled: Arc<AtomicBool>,
    family: Family,
    stop: CancellationToken,
) {
    loop {
        let encounter = tokio::select! {
            () = stop.cancelled() => return,
            encounter = encounters.recv() => encounter,
        };
        match encounter {
            Some(Encounter::Paired { partner, keys, is_listed, done }) => {
                let _ = done.send(take_in(&engine, partner, keys, is_listed).await);
            }
            Some(Encounter::Sibling { keys, addresses, done }) => {
                let _ = done.send(family.take_in(&engine, keys, addresses).await);
            }
            Some(Encounter::Greeted(greeting)) => {
                if greeting.side == Side::Listener {
                    was_dialled.store(true, Ordering::Relaxed);
                }
                if let Err(refusal) = keep(&engine, greeting).await {
                    tracing::debug!(%refusal, "what a partner says of itself was not kept");
                }
            }
            None => return,
        }
    }
}

/// Takes a partner in, and puts it on the roster where it was invited as a member. What was done before the process died
/// is found done when the other side tries again.
async fn take_in(engine: &EngineHandle, partner: Partner, keys: Vec<u8>, is_listed: bool) -> Result<(), Refusal> {
    let (org, name) = (partner.org_id, partner.name.clone());
    engine.ask(Command::AddPartner { partner, keys }).await?;
    if is_listed {
        match engine.ask(Command::SetListed { org, name, state: RosterState::Listed }).await {
            Err(refusal) if refusal.kind == RefusalKind::AlreadyDone => {}
            listed => drop(listed?),
        }
    }
    Ok(())
}

/// A partner's name and addresses, as it says them itself now.
async fn keep(engine: &EngineHandle, greeting: Greeting) -> Result<(), Refusal> {
    let known = engine.known().borrow().clone();
    let Some(partner) = known.partners.get(&greeting.org) else { return Ok(()) };
    let name = if greeting.name.trim().is_empty() { partner.name.clone() } else { greeting.name };
    let addresses = greeting.addresses.map_or_else(|| partner.addresses.clone(), |a| a.addresses);
    if name == partner.name && addresses == partner.addresses {
        return Ok(());
    }
    engine.ask(Command::UpdatePartner(Partner { name, addresses, ..partner.clone() })).await?;
    Ok(())
}
