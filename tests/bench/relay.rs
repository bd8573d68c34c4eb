//! A live edit on its way: to a node that is linked with its owner, and on through one hub and two.
//!
//! The owner is a member of hub A, which relays it. Hub B follows A and has the owner on a roster of its own, so that it
//! relays it too: a roster is what opens a scope to others, and holding is not. The last node follows B alone.

use crate::ask::{FIELD, editing, import, in_step, ms, organisation, pair, until};
use crate::follow::Follower;
use crate::process::{self, Process};
use crate::report::{Report, Unit, quantile_of};
use crate::{Fallible, RELAY, ROUNDS, data, floor};
use node::api::{InviteRole, OrgId, Request};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// It never ends when it takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);
const LISTINGS: usize = 1_000;
/// Live edits of one round: enough for a p99 that is not merely the slowest.
const EDITS: usize = 200;

/// The owner and, in a row, who hears of its edits through whom. They go before the folder that they live in.
struct Row {
    program: PathBuf,
    owner: Process,
    hops: Vec<Process>,
    folder: TempDir,
}

/// Milliseconds of one round's edits.
#[derive(Default)]
struct Times {
    /// From asking until durable at the owner's.
    durable: Vec<f64>,
    /// From asking until shown.
    asked: Vec<f64>,
    /// From the owner's acknowledgement until shown.
    acknowledged: Vec<f64>,
}

/// Measures it through no relay, one, and two.
pub(crate) async fn run(report: &mut Report) -> Fallible<()> {
    let mut row = Row::new().await?;
    let owner = organisation(&row.owner).await?;
    let documents = floor::documents::read(&row.owner.data, &[owner]).await?;
    for way in ["linked with its owner", "through one relay", "through two relays"] {
        let connections = row.lengthen(owner).await?;
        let mut rounds = Vec::new();
        for round in 0..ROUNDS {
            rounds.push(row.edit(round).await?);
        }
        let mut chain = floor::edits::Chain::new(&documents, owner, FIELD, connections).await?;
        let mut floor = Vec::new();
        for round in 0..ROUNDS {
            floor.push(below(&mut chain, round).await?);
        }
        for (word, share) in [("p50", 0.5), ("p99", 0.99)] {
            let of = |rounds: &[Times], pick: fn(&Times) -> &Vec<f64>| -> Vec<f64> {
                rounds.iter().map(|times| quantile_of(pick(times), share)).collect()
            };
            if connections == 1 {
                let (durable, floor) = (of(&rounds, |t| &t.durable), of(&floor, |t| &t.durable));
                let name = format!("edit until durable here, {word}");
                report.add_beside(RELAY, &name, LISTINGS, Unit::Milliseconds, durable, floor);
            }
            let (asked, below) = (of(&rounds, |t| &t.asked), of(&floor, |t| &t.asked));
            let name = format!("until shown, {way}, {word}");
            report.add_beside(RELAY, &name, LISTINGS, Unit::Milliseconds, asked, below);
            let (acknowledged, below) = (of(&rounds, |t| &t.acknowledged), of(&floor, |t| &t.acknowledged));
            let name = format!("  once acknowledged, {word}");
            report.add_beside(RELAY, &name, LISTINGS, Unit::Milliseconds, acknowledged, below);
        }
    }
    Ok(())
}

impl Row {
    async fn new() -> Fallible<Self> {
        let (program, folder) = (process::program()?, tempfile::tempdir()?);
        let owner = Process::start_reachable(&program, &folder.path().join("owner")).await?;
        let file = folder.path().join("listings.ndjson");
        data::write(&file, 0..LISTINGS)?;
        import(&owner, &file).await?;
        Ok(Self { program, owner, hops: Vec::new(), folder })
    }

    /// One more node at the end, which has all listings when this returns. Gives how many connections there are now.
    async fn lengthen(&mut self, owner: OrgId) -> Fallible<usize> {
        let data = self.folder.path().join(format!("hop-{}", self.hops.len()));
        let next = Process::start_reachable(&self.program, &data).await?;
        match self.hops.last() {
            None => pair(&next, &self.owner, InviteRole::Member).await?,
            Some(last) => {
                if self.hops.len() > 1 {
                    last.ask(Request::RosterAdd { id: owner.to_string() }).await?;
                }
                pair(last, &next, InviteRole::Member).await?;
            }
        }
        until(&next, LISTINGS).await?;
        in_step(&next).await?;
        self.hops.push(next);
        Ok(self.hops.len())
    }

    /// Edits, each once the one before it is shown at the end of the row.
    async fn edit(&self, round: usize) -> Fallible<Times> {
        let mut here = self.owner.control().await?;
        let mut there = Follower::new(self.hops.last().ok_or("nobody follows")?, FIELD).await?;
        let mut times = Times::default();
        for n in 0..EDITS {
            let text = format!("edited live {} {round} {n}", self.hops.len());
            let started = Instant::now();
            here.ask(editing(&data::id(n * 7 % LISTINGS), &text)).await.map_err(|r| r.to_string())?;
            let acknowledged = Instant::now();
            times.add(started, acknowledged, there.until(&text).await?);
        }
        Ok(times)
    }
}

impl Times {
    fn add(&mut self, started: Instant, acknowledged: Instant, shown: Instant) {
        self.durable.push(ms(acknowledged - started));
        self.asked.push(ms(shown - started));
        // It may be shown there before the answer is read here.
        self.acknowledged.push(ms(shown.saturating_duration_since(acknowledged)));
    }
}

/// One round of the floor.
async fn below(chain: &mut floor::edits::Chain, round: usize) -> Fallible<Times> {
    let mut times = Times::default();
    for n in 0..EDITS {
        let started = Instant::now();
        chain.edit(&[n * 7 % LISTINGS], &format!("edited below {round} {n}")).await?;
        let acknowledged = Instant::now();
        times.add(started, acknowledged, chain.until(1).await?);
    }
    Ok(times)
}
