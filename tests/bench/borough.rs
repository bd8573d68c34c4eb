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
const LISTINGS_EACH: usize = 10_000;
const LISTINGS: usize = OWNERS * LISTINGS_EACH;

/// Makes it, then measures it.
pub(crate) async fn run(report: &mut Report) -> Fallible<()> {
    let (program, folder) = (process::program()?, tempfile::tempdir()?);
    let place = folder.path().join("hub");
    // The hub's port is only known once it runs, and invitations name the proxy: so it starts twice.
    let first = Process::start(&program, &place, ANY, NOWHERE).await?;
    let port = first.address;
    first.kill().await?;
    let proxy = Proxy::new(port).await?;
    let hub = Process::start(&program, &place, &port.to_string(), proxy.address).await?;
    let owners = settle(&program, folder.path(), &hub, report).await?;
    let data = folder.path().join("follower");
    let follower = Process::start(&program, &data, ANY, NOWHERE).await?;
    first_sync((&proxy, &hub, &follower), &owners, report).await?;
    let nodes = [("hub", &hub), ("follower", &follower)];
    reconnect::memory(BOROUGH, "after first sync", LISTINGS, nodes, report);
    reconnect::measure(BOROUGH, LISTINGS, (&proxy, &hub, &follower), report).await?;

    follower.kill().await?;
    hub.kill().await?;
    let since = Instant::now();
    let hub = Process::start(&program, &place, &port.to_string(), proxy.address).await?;
    report.add(BOROUGH, "start of the hub", LISTINGS, Unit::Milliseconds, [ms(since.elapsed())]);
    let follower = Process::start(&program, &data, ANY, NOWHERE).await?;
    in_step(&follower).await?;
    proxy.flow(QUIET, BEGUN).await;
    let nodes = [("hub", &hub), ("follower", &follower)];
    reconnect::memory(BOROUGH, "after a restart", LISTINGS, nodes, report);
    Ok(())
}

/// Owners who import their listings and send them to the hub, one after another. They are gone when this returns.
async fn settle(program: &Path, folder: &Path, hub: &Process, report: &mut Report) -> Fallible<Vec<OrgId>> {
    let (mut owners, mut importing, started) = (Vec::new(), Vec::new(), Instant::now());
    let file = folder.join("listings.ndjson");
    for n in 0..OWNERS {
        let owner = Process::start(program, &folder.join(format!("owner-{n}")), ANY, NOWHERE).await?;
        data::write(&file, n * LISTINGS_EACH..(n + 1) * LISTINGS_EACH)?;
        let since = Instant::now();
        import(&owner, &file).await?;
        importing.push(since.elapsed().as_secs_f64());
        pair(hub, &owner, InviteRole::Member).await?;
        until(hub, (n + 1) * LISTINGS_EACH).await?;
        owners.push(organisation(&owner).await?);
        owner.kill().await?;
        eprintln!("{BOROUGH}: {} of {OWNERS} owners after {:.0} s", n + 1, started.elapsed().as_secs_f64());
    }
    report.note(format!(
        "making the borough took {:.0} s: {OWNERS} owners imported {LISTINGS_EACH} listings each and sent them to the hub",
        started.elapsed().as_secs_f64()
    ));
    report.add(BOROUGH, "import at each owner", LISTINGS_EACH, Unit::Seconds, importing);
    Ok(owners)
}

/// All of it to a new follower of the hub: once, as it takes long.
async fn first_sync(
    (proxy, hub, follower): (&Proxy, &Process, &Process),
    owners: &[OrgId],
    report: &mut Report,
) -> Fallible<()> {
    hub.forget_peak();
    pair(hub, follower, InviteRole::Member).await?;
    until(follower, LISTINGS).await?;
    in_step(follower).await?;
    let flow = proxy.flow(QUIET, BEGUN).await;
    let documents = Arc::new(floor::documents::read(&hub.data, owners).await?);
    let floor = floor::documents::run(documents, Some(1)).await?;
    let took = [flow.took.as_secs_f64()];
    report.add_beside(BOROUGH, "first sync to who follows", LISTINGS, Unit::Seconds, took, floor.seconds);
    let (wire, below) = ([per(flow.bytes, LISTINGS)], [per(floor.wire_bytes, LISTINGS)]);
    report.add_beside(BOROUGH, "on the wire", LISTINGS, Unit::BytesAListing, wire, below);
    Ok(())
}
