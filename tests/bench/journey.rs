//! One world: import at one node, first sync to the other, reconnect, edits while apart, live edits.

use crate::process::{self, Process};
use crate::proxy::Proxy;
use crate::report::{Report, quantile};
use crate::{Fallible, data, floor};
use node::api::{ImportSource, InviteRole, PathEdit, Request, Response};
use std::time::{Duration, Instant};

const ANY: &str = "127.0.0.1:0";
const QUIET: Duration = Duration::from_millis(400);
const EDITS_APART: usize = 100;
const LIVE_EDITS: usize = 200;

/// Two nodes with this many listings.
pub(crate) async fn run(listings: usize, report: &mut Report) -> Fallible<()> {
    let program = process::build()?;
    let folder = tempfile::tempdir()?;
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    let file = folder.path().join("listings.ndjson");
    data::write(&file, listings)?;

    // The inviter's port is only known once it runs, and invitations name the proxy: so it starts twice.
    let first = Process::start(&program, &here, ANY, None).await?;
    let port = first.address;
    drop(first);
    let proxy = Proxy::new(port).await?;
    let sender = Process::start(&program, &here, &port.to_string(), Some(proxy.address)).await?;
    let receiver = Process::start(&program, &there, ANY, None).await?;

    let started = Instant::now();
    let imported = import(&sender, &file).await?;
    report.add("import", listings, "s", [started.elapsed().as_secs_f64()]);
    let started = Instant::now();
    let again = import(&sender, &file).await?;
    report.add("import again, all the same", listings, "s", [started.elapsed().as_secs_f64()]);
    if imported.new != listings as u64 || again.same != listings as u64 {
        return Err(format!("the import gave {imported:?}, then {again:?}").into());
    }

    first_sync(&sender, &receiver, &proxy, listings, report).await?;
    let Response::Status(status) = sender.ask(Request::Status).await? else { return Err("no status".into()) };
    floor::run(&here, status.organisation.id, listings, report).await?;
    reconnect(&receiver, &proxy, listings, report).await?;
    let ids = ids(&sender, listings).await?;
    apart(&sender, &receiver, &proxy, &ids, report).await?;
    live(&sender, &receiver, &ids, report).await?;
    for (name, node) in [("sender", &sender), ("receiver", &receiver)] {
        report.add(&format!("memory now, {name}"), listings, "MiB", [node.memory_mib("VmRSS")]);
        report.add(&format!("memory at most, {name}"), listings, "MiB", [node.memory_mib("VmHWM")]);
        report.add(&format!("disk a listing, {name}"), listings, "bytes", [per(node.disk_bytes(), listings)]);
    }
    Ok(())
}

async fn import(node: &Process, file: &std::path::Path) -> Fallible<node::api::ImportCounts> {
    let source = ImportSource { path: file.to_owned(), source: None, audience: None, mapping: None };
    let Response::ImportPreview(preview) = node.ask(Request::ImportPreview(source)).await? else {
        return Err("no preview".into());
    };
    let Response::Imported(imported) = node.ask(Request::ImportApply { plan: preview.plan }).await? else {
        return Err("no import".into());
    };
    Ok(imported.counts)
}

async fn first_sync(
    sender: &Process,
    receiver: &Process,
    proxy: &Proxy,
    listings: usize,
    report: &mut Report,
) -> Fallible<()> {
    let invite = Request::Invite { role: InviteRole::Partner, expires_in_ms: None };
    let Response::Invited { invited, .. } = sender.ask(invite).await? else { return Err("no invitation".into()) };
    receiver.ask(Request::Join { code: invited.code }).await?;
    proxy.open();
    until(receiver, listings as u64).await?;
    let took = proxy.flow(QUIET, 1).await;
    report.add("first sync", listings, "s", [took.as_secs_f64()]);
    report.add("first sync, on the wire", listings, "bytes a listing", [per(proxy.bytes(), listings)]);
    Ok(())
}

async fn reconnect(receiver: &Process, proxy: &Proxy, listings: usize, report: &mut Report) -> Fallible<()> {
    let (mut times, mut bytes) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        proxy.shut();
        proxy.open();
        times.push(proxy.flow(QUIET, 1_000).await.as_secs_f64() * 1000.0);
        bytes.push(proxy.bytes() as f64);
        in_step(receiver).await?;
    }
    report.add("reconnect, nothing changed", listings, "ms", times);
    report.add("reconnect, on the wire (with TLS)", listings, "bytes", bytes);
    Ok(())
}

async fn apart(
    sender: &Process,
    receiver: &Process,
    proxy: &Proxy,
    ids: &[String],
    report: &mut Report,
) -> Fallible<()> {
    let mut times = Vec::new();
    let mut bytes = Vec::new();
    for round in 0..5 {
        proxy.shut();
        for (n, id) in ids.iter().cycle().skip(round * EDITS_APART).take(EDITS_APART).enumerate() {
            edit(sender, id, &format!("edited apart {round} {n}")).await?;
        }
        proxy.open();
        times.push(proxy.flow(QUIET, 2_000).await.as_secs_f64() * 1000.0);
        bytes.push(proxy.bytes() as f64);
        in_step(receiver).await?;
    }
    report.add("100 edits while apart", ids.len(), "ms", times);
    report.add("100 edits while apart, on the wire", ids.len(), "bytes", bytes);
    Ok(())
}

/// From asking for an edit until the partner shows it from its durable store, both over control sockets.
async fn live(sender: &Process, receiver: &Process, ids: &[String], report: &mut Report) -> Fallible<()> {
    let (mut here, mut there) = (sender.control().await?, receiver.control().await?);
    let mut times = Vec::new();
    let mut asked = Vec::new();
    for n in 0..LIVE_EDITS {
        let id = ids[n * 7 % ids.len()].clone();
        let text = format!("edited live {n}");
        let started = Instant::now();
        here.ask(editing(&id, &text)).await.map_err(|r| r.to_string())?;
        asked.push(started.elapsed().as_secs_f64() * 1000.0);
        loop {
            let shown = there.ask(Request::ListingShow { id: id.clone() }).await.map_err(|r| r.to_string())?;
            let Response::Document { view, .. } = shown else { return Err("no listing".into()) };
            if view.fields.get("alternate_name").is_some_and(|v| *v == text) {
                break;
            }
        }
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    asked.sort_by(f64::total_cmp);
    report.add("edit until durable here, p50", ids.len(), "ms", [quantile(&asked, 0.5)]);
    report.add("live edit until shown there, p50", ids.len(), "ms", [quantile(&times, 0.5)]);
    report.add("live edit until shown there, p99", ids.len(), "ms", [quantile(&times, 0.99)]);
    Ok(())
}

async fn edit(node: &Process, id: &str, text: &str) -> Fallible<()> {
    node.ask(editing(id, text)).await.map(|_| ())
}

fn editing(id: &str, text: &str) -> Request {
    let edits = vec![PathEdit { path: "alternate_name".to_owned(), value: Some(text.into()) }];
    Request::ListingEdit { id: id.to_owned(), edits }
}

async fn ids(node: &Process, listings: usize) -> Fallible<Vec<String>> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let Response::Listings(page) = node.ask(Request::ListingList { owner: None, after }).await? else {
            return Err("no listings".into());
        };
        ids.extend(page.listings.iter().map(|l| l.id.to_string()));
        after = page.next;
        if after.is_none() || ids.len() >= listings {
            return Ok(ids);
        }
    }
}

async fn until(node: &Process, listings: u64) -> Fallible<()> {
    let mut again = tokio::time::interval(Duration::from_millis(20));
    loop {
        again.tick().await;
        let Response::Status(status) = node.ask(Request::Status).await? else { return Err("no status".into()) };
        if status.documents.get("listing").copied().unwrap_or(0) >= listings {
            return Ok(());
        }
    }
}

async fn in_step(node: &Process) -> Fallible<()> {
    let mut again = tokio::time::interval(Duration::from_millis(5));
    loop {
        again.tick().await;
        let Response::Status(status) = node.ask(Request::Status).await? else { return Err("no status".into()) };
        if status.partners.iter().all(|p| p.state == node::api::PartnerState::Linked && p.behind == 0) {
            return Ok(());
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn per(bytes: u64, listings: usize) -> f64 {
    bytes as f64 / listings as f64
}
