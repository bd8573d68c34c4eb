//! A hundred thousand listings: ten owners, a hub that relays them, and who follows it.
//!
//! No node holds more than 20,000 documents of one owner (`limits::OWNER_DOCUMENTS`), so that a corpus of this size is
//! always one of several.

use crate::ask::{import, in_step, ms, organisation, pair, per, until};
use crate::process::{self, ANY, NOWHERE, Process};
use crate::proxy::Proxy;
use crate::reconnect::{self, BEGUN, QUIET};
use crate::report::{Report, Unit};
use crate::{BOROUGH, Fallible, data, floor};
use node::api::{InviteRole, OrgId};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// It never ends when it takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3_600);
const OWNERS: usize = 10;

/// How many listings there are.
#[derive(Clone, Copy)]
struct Size {
    each: usize,
    all: usize,
}

/// Makes it with so many listings of each owner, then measures it.
pub(crate) async fn run(each: usize, report: &mut Report) -> Fallible<()> {
    let size = Size { each, all: OWNERS * each };
    let (program, folder) = (process::program()?, tempfile::tempdir()?);
    let place = folder.path().join("hub");
    // The hub's port is only known once it runs, and invitations name the proxy: so it starts twice.
    let first = Process::start(&program, &place, ANY, NOWHERE).await?;
    let port = first.address;
    first.kill().await?;
    let proxy = Proxy::new(port).await?;
    let hub = Process::start(&program, &place, &port.to_string(), proxy.address).await?;
    let owners = settle(&program, folder.path(), &hub, size, report).await?;
    let data = folder.path().join("follower");
    let follower = Process::start(&program, &data, ANY, NOWHERE).await?;
    first_sync((&proxy, &hub, &follower), &owners, size, report).await?;
    let nodes = [("hub", &hub), ("follower", &follower)];
    reconnect::memory(BOROUGH, "after first sync", size.all, nodes, report);
    reconnect::measure(BOROUGH, size.all, (&proxy, &hub, &follower), report).await?;

    follower.kill().await?;
    hub.kill().await?;
    let since = Instant::now();
    let hub = Process::start(&program, &place, &port.to_string(), proxy.address).await?;
    report.add(BOROUGH, "start of the hub", size.all, Unit::Milliseconds, [ms(since.elapsed())]);
    let follower = Process::start(&program, &data, ANY, NOWHERE).await?;
    in_step(&follower).await?;
    proxy.flow(QUIET, BEGUN).await;
    let nodes = [("hub", &hub), ("follower", &follower)];
    reconnect::memory(BOROUGH, "after a restart", size.all, nodes, report);
    Ok(())
}

/// Owners who import their listings and send them to the hub, one after another. They are gone when this returns.
async fn settle(program: &Path, folder: &Path, hub: &Process, size: Size, report: &mut Report) -> Fallible<Vec<OrgId>> {
    let (mut owners, mut importing, started) = (Vec::new(), Vec::new(), Instant::now());
    let file = folder.join("listings.ndjson");
    for n in 0..OWNERS {
        let owner = Process::start(program, &folder.join(format!("owner-{n}")), ANY, NOWHERE).await?;
        data::write(&file, n * size.each..(n + 1) * size.each)?;
        let since = Instant::now();
        import(&owner, &file).await?;
        importing.push(since.elapsed().as_secs_f64());
        pair(hub, &owner, InviteRole::Member).await?;
        until(hub, (n + 1) * size.each).await?;
        owners.push(organisation(&owner).await?);
        owner.kill().await?;
        eprintln!("{BOROUGH}: {} of {OWNERS} owners after {:.0} s", n + 1, started.elapsed().as_secs_f64());
    }
    report.note(format!(
        "making the borough took {:.0} s: {OWNERS} owners imported {} listings each and sent them to the hub",
        started.elapsed().as_secs_f64(),
        size.each,
    ));
    report.add(BOROUGH, "import at each owner", size.each, Unit::Seconds, importing);
    Ok(owners)
}

/// All of it to a new follower of the hub: once, as it takes long.
async fn first_sync(
    (proxy, hub, follower): (&Proxy, &Process, &Process),
    owners: &[OrgId],
    size: Size,
    report: &mut Report,
) -> Fallible<()> {
    hub.forget_peak();
    pair(hub, follower, InviteRole::Member).await?;
    until(follower, size.all).await?;
    in_step(follower).await?;
    let flow = proxy.flow(QUIET, BEGUN).await;
    let documents = Arc::new(floor::documents::read(&hub.data, owners).await?);
    let floor = floor::documents::run(documents, Some(1)).await?;
    let took = [flow.took.as_secs_f64()];
    report.add_beside(BOROUGH, "first sync to who follows", size.all, Unit::Seconds, took, floor.seconds);
    let (wire, below) = ([per(flow.bytes, size.all)], [per(floor.wire_bytes, size.all)]);
    report.add_beside(BOROUGH, "on the wire", size.all, Unit::BytesAListing, wire, below);
    Ok(())
}
