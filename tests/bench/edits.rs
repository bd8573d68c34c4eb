//! How many single-field edits a second are durable at their owner's and shown by a partner.

use crate::ask::{FIELD, editing, import, in_step, organisation, pair, shown, until};
use crate::process::{self, ANY, NOWHERE, Process};
use crate::report::{Report, Unit};
use crate::{EDITS, Fallible, data, floor, wants_more};
use futures::future::try_join_all;
use node::api::InviteRole;
use std::time::{Duration, Instant};
use tests::software::Software;
use wire::proto::admin::{Edit, UpdateListingRequest, edit::Change};

/// It never ends when it takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(420);
const LISTINGS: usize = 5_000;
/// Connections at once to the control socket.
const CALLERS: usize = 32;
/// Calls of `admin.v1` at once, over one connection: a node sheds what is beyond.
const CALLS: usize = domain::limits::REQUESTS_IN_WORK;
/// Edits where one caller waits for each.
const EDITS_ALONE: usize = 500;
/// Past this, three samples of one figure have to do.
const LONG: Duration = Duration::from_secs(20);

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Callers {
    /// One program on the control socket, an edit at a time.
    Alone,
    /// [`CALLERS`] of them.
    Control,
    /// A program with [`CALLS`] calls under way.
    Admin,
}

impl Callers {
    const fn count(self) -> usize {
        match self {
            Self::Alone => 1,
            Self::Control => CALLERS,
            Self::Admin => CALLS,
        }
    }

    const fn edits(self) -> usize {
        if matches!(self, Self::Alone) { EDITS_ALONE } else { LISTINGS }
    }
}

/// Measures it: one caller, and many at once in both ways there are.
pub(crate) async fn run(report: &mut Report) -> Fallible<()> {
    let (program, folder) = (process::program()?, tempfile::tempdir()?);
    let here = Process::start_reachable(&program, &folder.path().join("here")).await?;
    let there = Process::start(&program, &folder.path().join("there"), ANY, NOWHERE).await?;
    let file = folder.path().join("listings.ndjson");
    data::write(&file, 0..LISTINGS)?;
    import(&here, &file).await?;
    pair(&here, &there, InviteRole::Partner).await?;
    until(&there, LISTINGS).await?;
    in_step(&there).await?;
    let owner = organisation(&here).await?;
    let documents = floor::documents::read(&here.data, &[owner]).await?;
    let mut chain = floor::edits::Chain::new(&documents, owner, FIELD, 1).await?;
    [&here, &there].into_iter().for_each(Process::forget_peak);
    for callers in [Callers::Alone, Callers::Control, Callers::Admin] {
        let (mut durable, mut both, mut below) = (Vec::new(), Vec::new(), Vec::new());
        let since = Instant::now();
        while wants_more(both.len(), since, LONG) {
            let (acknowledged, shown) = edit_all((&here, &there), callers, both.len()).await?;
            durable.push(rate(callers.edits(), acknowledged));
            both.push(rate(callers.edits(), shown));
            below.push(rate(callers.edits(), edit_below(&mut chain, callers, both.len()).await?));
        }
        let who = match callers {
            Callers::Alone => "one caller".to_owned(),
            Callers::Control => format!("{CALLERS} callers"),
            Callers::Admin => format!("{CALLS} calls of admin.v1"),
        };
        let size = callers.edits();
        report.add(EDITS, &format!("{who}, durable here"), size, Unit::EditsASecond, durable);
        report.add_beside(EDITS, &format!("{who}, shown there"), size, Unit::EditsASecond, both, below);
    }
    for (name, node) in [("sender", &here), ("receiver", &there)] {
        let most = [node.memory_mib("VmHWM")];
        report.add(EDITS, &format!("memory at most, {name}"), LISTINGS, Unit::Mebibytes, most);
    }
    Ok(())
}

/// One edit of each listing, by all callers in turn. Gives how long it took until all were acknowledged, and until all
/// were shown at the other node.
async fn edit_all(
    (here, there): (&Process, &Process),
    callers: Callers,
    round: usize,
) -> Fallible<(Duration, Duration)> {
    let way = match callers {
        Callers::Alone => "alone",
        Callers::Control => "control",
        Callers::Admin => "admin",
    };
    let text = format!("edited {way} {round}");
    let started = Instant::now();
    match callers {
        Callers::Alone | Callers::Control => {
            try_join_all((0..callers.count()).map(|caller| by_control(here, callers, caller, &text))).await?;
        }
        Callers::Admin => {
            let software = Software::on_socket(&here.data).await;
            try_join_all((0..callers.count()).map(|caller| by_admin(&software, callers, caller, &text))).await?;
        }
    }
    let acknowledged = started.elapsed();
    // Feeds keep their order: when the last edit of each caller is shown, all are. Asked only now, so that asking costs
    // the edits nothing.
    let mut again = tokio::time::interval(Duration::from_millis(2));
    for last in callers.edits() - callers.count()..callers.edits() {
        while shown(there, &data::id(last)).await? != text {
            again.tick().await;
        }
    }
    let all_shown = started.elapsed();
    for n in (0..callers.edits()).step_by(97) {
        let said = shown(there, &data::id(n)).await?;
        if said != text {
            return Err(format!("edit {n} did not come: {said:?} stands there instead of {text:?}").into());
        }
    }
    Ok((acknowledged, all_shown))
}

async fn by_control(here: &Process, callers: Callers, caller: usize, text: &str) -> Fallible<()> {
    let mut control = here.control().await?;
    for n in (caller..callers.edits()).step_by(callers.count()) {
        control.ask(editing(&data::id(n), text)).await.map_err(|r| r.to_string())?;
    }
    Ok(())
}

async fn by_admin(software: &Software, callers: Callers, caller: usize, text: &str) -> Fallible<()> {
    let mut listings = software.listings();
    for n in (caller..callers.edits()).step_by(callers.count()) {
        let value = serde_json::Value::from(text).to_string();
        let edits = vec![Edit { path: FIELD.to_owned(), change: Some(Change::ValueJson(value)) }];
        listings.update_listing(UpdateListingRequest { id: data::id(n), edits }).await?;
    }
    Ok(())
}

/// The floor, with as many edits in one transaction as there are callers.
async fn edit_below(chain: &mut floor::edits::Chain, callers: Callers, round: usize) -> Fallible<Duration> {
    let text = format!("edited below {round} by {}", callers.count());
    let all: Vec<_> = (0..callers.edits()).collect();
    let started = Instant::now();
    for batch in all.chunks(callers.count()) {
        chain.edit(batch, &text).await?;
    }
    let ended = chain.until(callers.edits()).await?;
    Ok(ended - started)
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn rate(edits: usize, took: Duration) -> f64 {
    edits as f64 / took.as_secs_f64()
}
