//! Two nodes with a proxy between them: import at one, first sync to others, linking again, edits while apart.

use crate::ask::{editing, import, in_step, ms, organisation, pair, per, shown, until};
use crate::process::{self, ANY, NOWHERE, Process};
use crate::proxy::Proxy;
use crate::reconnect::{self, BEGUN, QUIET};
use crate::report::{Report, Unit};
use crate::{APART, Asked, FIRST_SYNC, Fallible, IMPORT, RECONNECT, ROUNDS, data, floor, wants_more, within};
use node::api::InviteRole;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A stage that takes longer than this, and what each listing may take of it, never ends.
const PATIENCE: Duration = Duration::from_secs(90);
const PATIENCE_A_LISTING: Duration = Duration::from_millis(20);
/// Past this, three samples have to do.
const LONG: Duration = Duration::from_secs(60);
const EDITS_APART: usize = 100;

/// The nodes, which go before the folder that they live in.
struct Pair {
    listings: usize,
    program: PathBuf,
    sender: Process,
    receiver: Process,
    proxy: Proxy,
    folder: TempDir,
}

/// All that is asked for of pairs, with this many listings.
pub(crate) async fn run(listings: usize, asked: &Asked, report: &mut Report) -> Fallible<()> {
    let patience = PATIENCE + PATIENCE_A_LISTING * u32::try_from(listings)?;
    let stage = |run: &str| format!("{run}, {listings} listings");
    // What is done on the way to what is asked for is not told.
    let mut aside = Report::default();
    let mut pair = within(&stage("starting"), patience, Pair::new(listings)).await?;
    let of = |run| if asked.wants(run) { How::Measured } else { How::Once };
    let told = if asked.wants(IMPORT) { &mut *report } else { &mut aside };
    within(&stage(IMPORT), patience, pair.import(of(IMPORT), told)).await?;
    let told = if asked.wants(FIRST_SYNC) { &mut *report } else { &mut aside };
    within(&stage(FIRST_SYNC), patience, pair.first_sync(of(FIRST_SYNC), told)).await?;
    if asked.wants(RECONNECT) {
        within(&stage(RECONNECT), patience, pair.reconnect(report)).await?;
    }
    if asked.wants(APART) {
        within(&stage(APART), patience, pair.apart(report)).await?;
    }
    Ok(())
}

/// Whether a stage is what was asked for, or on the way to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Measured,
    Once,
}

impl Pair {
    async fn new(listings: usize) -> Fallible<Self> {
        let program = process::program()?;
        let folder = tempfile::tempdir()?;
        let here = folder.path().join("here");
        // The inviter's port is only known once it runs, and invitations name the proxy: so it starts twice.
        let first = Process::start(&program, &here, ANY, NOWHERE).await?;
        let port = first.address;
        first.kill().await?;
        let proxy = Proxy::new(port).await?;
        let sender = Process::start(&program, &here, &port.to_string(), proxy.address).await?;
        let receiver = Process::start(&program, &folder.path().join("there"), ANY, NOWHERE).await?;
        Ok(Self { listings, program, sender, receiver, proxy, folder })
    }

    async fn import(&self, how: How, report: &mut Report) -> Fallible<()> {
        let file = self.folder.path().join("listings.ndjson");
        data::write(&file, 0..self.listings)?;
        let started = Instant::now();
        let imported = import(&self.sender, &file).await?;
        report.add(IMPORT, "new listings", self.listings, Unit::Seconds, [started.elapsed().as_secs_f64()]);
        report.add(IMPORT, "memory at most", self.listings, Unit::Mebibytes, [self.sender.memory_mib("VmHWM")]);
        let listings = u64::try_from(self.listings)?;
        if imported.new != listings {
            return Err(format!("the import gave {imported:?}").into());
        }
        let (mut times, since) = (Vec::new(), Instant::now());
        while how == How::Measured && wants_more(times.len(), since, LONG) {
            let started = Instant::now();
            let again = import(&self.sender, &file).await?;
            times.push(started.elapsed().as_secs_f64());
            if again.same != listings {
                return Err(format!("the same import gave {again:?}").into());
            }
        }
        report.add(IMPORT, "again, all the same", self.listings, Unit::Seconds, times);
        report.add(IMPORT, "again, memory at most", self.listings, Unit::Mebibytes, [self.sender.memory_mib("VmHWM")]);
        Ok(())
    }

    /// The same listings to one new partner after another; the last of them stays. From the link's first byte to the last
    /// acknowledgement.
    async fn first_sync(&mut self, how: How, report: &mut Report) -> Fallible<()> {
        let (mut times, mut bytes, mut memory) = (Vec::new(), Vec::new(), [const { Vec::new() }; 2]);
        let since = Instant::now();
        while times.is_empty() || (how == How::Measured && wants_more(times.len(), since, LONG)) {
            if !times.is_empty() {
                let data = self.folder.path().join(format!("there-{}", times.len()));
                let next = Process::start(&self.program, &data, ANY, NOWHERE).await?;
                std::mem::replace(&mut self.receiver, next).kill().await?;
            }
            self.sender.forget_peak();
            pair(&self.sender, &self.receiver, InviteRole::Partner).await?;
            until(&self.receiver, self.listings).await?;
            in_step(&self.receiver).await?;
            let flow = self.proxy.flow(QUIET, BEGUN).await;
            times.push(flow.took.as_secs_f64());
            bytes.push(per(flow.bytes, self.listings));
            for (memory, node) in memory.iter_mut().zip([&self.sender, &self.receiver]) {
                memory.push(node.memory_mib("VmHWM"));
            }
        }
        if how == How::Once {
            return Ok(());
        }
        let owner = organisation(&self.sender).await?;
        let documents = Arc::new(floor::documents::read(&self.sender.data, &[owner]).await?);
        let floor = floor::documents::run(documents, None).await?;
        let size = self.listings;
        report.add_beside(FIRST_SYNC, "to a new partner", size, Unit::Seconds, times, floor.seconds);
        let wire = [per(floor.wire_bytes, size)];
        report.add_beside(FIRST_SYNC, "on the wire", size, Unit::BytesAListing, bytes, wire);
        let [sender, receiver] = memory;
        report.add(FIRST_SYNC, "memory at most, sender", size, Unit::Mebibytes, sender);
        report.add(FIRST_SYNC, "memory at most, receiver", size, Unit::Mebibytes, receiver);
        for (name, node) in [("sender", &self.sender), ("receiver", &self.receiver)] {
            let (disk, floor) = ([per(node.disk_bytes(), size)], [per(floor.disk_bytes, size)]);
            report.add_beside(FIRST_SYNC, &format!("on disk, {name}"), size, Unit::BytesAListing, disk, floor);
        }
        Ok(())
    }

    async fn reconnect(&self, report: &mut Report) -> Fallible<()> {
        reconnect::measure(RECONNECT, self.listings, (&self.proxy, &self.sender, &self.receiver), report).await?;
        let nodes = [("sender", &self.sender), ("receiver", &self.receiver)];
        reconnect::memory(RECONNECT, "after all of it", self.listings, nodes, report);
        Ok(())
    }

    async fn apart(&self, report: &mut Report) -> Fallible<()> {
        let (mut times, mut bytes) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            self.proxy.shut();
            let edited: Vec<_> =
                (0..EDITS_APART).map(|n| data::id((round * EDITS_APART + n) % self.listings)).collect();
            for (n, id) in edited.iter().enumerate() {
                self.sender.ask(editing(id, &format!("edited apart {round} {n}"))).await?;
            }
            self.proxy.open();
            let flow = self.proxy.flow(QUIET, BEGUN).await;
            times.push(ms(flow.took));
            bytes.push(flow.beyond_tls as f64);
            in_step(&self.receiver).await?;
            // With fewer listings than edits, the last edit of a listing is what stands.
            for (n, id) in edited.iter().enumerate().rev().take(self.listings) {
                let shown = shown(&self.receiver, id).await?;
                if shown != format!("edited apart {round} {n}") {
                    return Err(format!("edit {n} of round {round} did not come: {shown:?} stands there").into());
                }
            }
        }
        report.add(APART, "link again after 100 edits", self.listings, Unit::Milliseconds, times);
        report.add(APART, "on the wire beyond the handshake", self.listings, Unit::Bytes, bytes);
        Ok(())
    }
}
