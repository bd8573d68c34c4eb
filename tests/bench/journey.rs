//! One world: import at one node, first sync to others, reconnect, edits while apart, live edits.

use crate::process::{self, Process};
use crate::proxy::Proxy;
use crate::report::{Report, median, quantile};
use crate::{Fallible, data, floor};
use node::api::{ImportSource, InviteRole, PathEdit, Request, Response};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const ANY: &str = "127.0.0.1:0";
/// What the nodes that dial say of themselves. Nothing listens there, as behind a home router: so every link is dialled
/// from their side, and goes over the proxy.
const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);
/// Nothing flows for this long: it is over. Longer than a link has to stand for its dialler to come back at once.
const QUIET: Duration = Duration::from_millis(1_200);
/// A stage that takes longer than this, and what each listing may take of it, never ends.
const PATIENCE: Duration = Duration::from_secs(90);
const PATIENCE_A_LISTING: Duration = Duration::from_millis(20);
const ROUNDS: usize = 5;
const EDITS_APART: usize = 100;
const LIVE_EDITS: usize = 200;
/// Bytes of a TLS handshake of two nodes and a little more: a link that carried fewer has not begun.
const BEGUN: u64 = 3_000;
const DOCUMENTS_LOADED: &str = "fingerpost_documents_loaded_total ";

/// Two nodes and the proxy between them.
struct World {
    listings: usize,
    program: PathBuf,
    folder: TempDir,
    sender: Process,
    receiver: Process,
    proxy: Proxy,
}

/// All figures with this many listings.
pub(crate) async fn run(listings: usize, report: &mut Report) -> Fallible<()> {
    let mut world = World::new(listings).await?;
    let patience = PATIENCE + PATIENCE_A_LISTING * u32::try_from(listings)?;
    let within = |stage: &'static str| move |_| format!("{stage} of {listings} listings took over {patience:?}");
    tokio::time::timeout(patience, world.import(report)).await.map_err(within("import"))??;
    let first = tokio::time::timeout(patience, world.first_sync(report)).await.map_err(within("the first sync"))??;
    let Response::Status(status) = world.sender.ask(Request::Status).await? else { return Err("no status".into()) };
    let here = world.folder.path().join("here");
    let floor = floor::run(&here, status.organisation.id);
    let floor = tokio::time::timeout(patience, floor).await.map_err(within("the floor"))??;
    report.add("first sync, times the floor", listings, "x", [median(&first) / median(&floor)]);
    report.add("floor of the first sync", listings, "s", floor);
    tokio::time::timeout(patience, world.reconnect(report)).await.map_err(within("reconnecting"))??;
    let ids = ids(&world.sender, listings).await?;
    tokio::time::timeout(patience, world.apart(&ids, report)).await.map_err(within("editing while apart"))??;
    tokio::time::timeout(patience, world.live(&ids, report)).await.map_err(within("editing live"))??;
    for (name, node) in [("sender", &world.sender), ("receiver", &world.receiver)] {
        report.add(&format!("memory now, {name}"), listings, "MiB", [node.memory_mib("VmRSS")]);
        report.add(&format!("memory at most, {name}"), listings, "MiB", [node.memory_mib("VmHWM")]);
        report.add(&format!("disk a listing, {name}"), listings, "bytes", [per(node.disk_bytes(), listings)]);
    }
    Ok(())
}

impl World {
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
        Ok(Self { listings, program, folder, sender, receiver, proxy })
    }

    async fn import(&self, report: &mut Report) -> Fallible<()> {
        let file = self.folder.path().join("listings.ndjson");
        data::write(&file, self.listings)?;
        let started = Instant::now();
        let imported = import(&self.sender, &file).await?;
        report.add("import", self.listings, "s", [started.elapsed().as_secs_f64()]);
        report.add("import, memory at most", self.listings, "MiB", [self.sender.memory_mib("VmHWM")]);
        let mut times = Vec::new();
        let listings = self.listings as u64;
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let again = import(&self.sender, &file).await?;
            times.push(started.elapsed().as_secs_f64());
            if imported.new != listings || again.same != listings {
                return Err(format!("the import gave {imported:?}, then {again:?}").into());
            }
        }
        report.add("import again, all the same", self.listings, "s", times);
        report.add("imports again, memory at most", self.listings, "MiB", [self.sender.memory_mib("VmHWM")]);
        Ok(())
    }

    /// The same listings to one new partner after another; the last of them stays. Gives seconds, from the link's first
    /// byte to the last acknowledgement.
    async fn first_sync(&mut self, report: &mut Report) -> Fallible<Vec<f64>> {
        let (mut times, mut bytes) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            if round > 0 {
                let data = self.folder.path().join(format!("there-{round}"));
                let next = Process::start(&self.program, &data, ANY, NOWHERE).await?;
                std::mem::replace(&mut self.receiver, next).kill().await?;
            }
            let invite = Request::Invite { role: InviteRole::Partner, expires_in_ms: None };
            let Response::Invited { invited, .. } = self.sender.ask(invite).await? else {
                return Err("no invitation".into());
            };
            self.receiver.ask(Request::Join { code: invited.code }).await?;
            until(&self.receiver, self.listings as u64).await?;
            in_step(&self.receiver).await?;
            let flow = self.proxy.flow(QUIET, BEGUN).await;
            times.push(flow.took.as_secs_f64());
            bytes.push(per(flow.bytes, self.listings));
        }
        report.add("first sync", self.listings, "s", times.clone());
        report.add("first sync, on the wire", self.listings, "bytes a listing", bytes);
        Ok(times)
    }

    async fn reconnect(&self, report: &mut Report) -> Fallible<()> {
        let (mut times, mut bytes, mut beyond, mut loaded) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            self.proxy.shut();
            let before = self.loaded().await?;
            self.proxy.open();
            let flow = self.proxy.flow(QUIET, BEGUN).await;
            times.push(ms(flow.took));
            bytes.push(flow.bytes as f64);
            beyond.push(flow.beyond_tls as f64);
            in_step(&self.receiver).await?;
            loaded.push(self.loaded().await? - before);
        }
        report.add("reconnect, nothing changed", self.listings, "ms", times);
        report.add("reconnect, on the wire", self.listings, "bytes", bytes);
        report.add("reconnect, beyond the handshake", self.listings, "bytes", beyond);
        report.add("reconnect, documents loaded", self.listings, "documents", loaded);
        Ok(())
    }

    async fn apart(&self, ids: &[String], report: &mut Report) -> Fallible<()> {
        let (mut times, mut bytes) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            self.proxy.shut();
            let edited: Vec<_> = ids.iter().cycle().skip(round * EDITS_APART).take(EDITS_APART).collect();
            for (n, id) in edited.iter().enumerate() {
                self.sender.ask(editing(id, &format!("edited apart {round} {n}"))).await?;
            }
            self.proxy.open();
            let flow = self.proxy.flow(QUIET, BEGUN).await;
            times.push(ms(flow.took));
            bytes.push(flow.beyond_tls as f64);
            in_step(&self.receiver).await?;
            // With fewer listings than edits, the last edit of a listing is what stands.
            for (n, id) in edited.iter().enumerate().rev().take(ids.len()) {
                let shown = alternate_name(&self.receiver, id).await?;
                if shown != format!("edited apart {round} {n}") {
                    return Err(format!("edit {n} of round {round} did not come: {shown:?} stands there").into());
                }
            }
        }
        report.add("100 edits while apart", self.listings, "ms", times);
        report.add("100 edits, beyond the handshake", self.listings, "bytes", bytes);
        Ok(())
    }

    /// From asking for an edit until the partner shows it from its durable store, both over control sockets.
    async fn live(&self, ids: &[String], report: &mut Report) -> Fallible<()> {
        let (mut here, mut there) = (self.sender.control().await?, self.receiver.control().await?);
        let (mut times, mut asked) = (Vec::new(), Vec::new());
        for n in 0..LIVE_EDITS {
            let id = &ids[n * 7 % ids.len()];
            let text = format!("edited live {n}");
            let started = Instant::now();
            here.ask(editing(id, &text)).await.map_err(|r| r.to_string())?;
            asked.push(ms(started.elapsed()));
            loop {
                let shown = there.ask(Request::ListingShow { id: id.clone() }).await.map_err(|r| r.to_string())?;
                let Response::Document { view, .. } = shown else { return Err("no listing".into()) };
                if view.fields.get("alternate_name").is_some_and(|v| *v == text) {
                    break;
                }
            }
            times.push(ms(started.elapsed()));
        }
        times.sort_by(f64::total_cmp);
        asked.sort_by(f64::total_cmp);
        report.add("edit until durable here, p50", self.listings, "ms", [quantile(&asked, 0.5)]);
        report.add("live edit until shown there, p50", self.listings, "ms", [quantile(&times, 0.5)]);
        report.add("live edit until shown there, p99", self.listings, "ms", [quantile(&times, 0.99)]);
        Ok(())
    }

    /// Documents that both engines read from their databases since they started.
    async fn loaded(&self) -> Fallible<f64> {
        Ok(self.sender.counter(DOCUMENTS_LOADED).await? + self.receiver.counter(DOCUMENTS_LOADED).await?)
    }
}

async fn import(node: &Process, file: &Path) -> Fallible<node::api::ImportCounts> {
    let source = ImportSource { path: file.to_owned(), source: None, audience: None, mapping: None };
    let Response::ImportPreview(preview) = node.ask(Request::ImportPreview(source)).await? else {
        return Err("no preview".into());
    };
    let Response::Imported(imported) = node.ask(Request::ImportApply { plan: preview.plan }).await? else {
        return Err("no import".into());
    };
    Ok(imported.counts)
}

fn editing(id: &str, text: &str) -> Request {
    let edits = vec![PathEdit { path: "alternate_name".to_owned(), value: Some(text.into()) }];
    Request::ListingEdit { id: id.to_owned(), edits }
}

async fn alternate_name(node: &Process, id: &str) -> Fallible<String> {
    let Response::Document { view, .. } = node.ask(Request::ListingShow { id: id.to_owned() }).await? else {
        return Err("no listing".into());
    };
    Ok(view.fields.get("alternate_name").and_then(|v| v.as_str()).unwrap_or_default().to_owned())
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

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn per(bytes: u64, listings: usize) -> f64 {
    bytes as f64 / listings as f64
}
