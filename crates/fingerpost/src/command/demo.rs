//! `demo`: a borough on this machine, until told to stop.

use super::up::stop_on;
use crate::arguments::Demo;
use crate::demo::{Borough, Folder, Processes};
use crate::output::{Reader, print, print_json};
use crate::report::Failure;
use crate::show;
use jiff::ZonedDateTime;
use serde_json::json;
use std::time::Duration;
use tokio::signal::unix::SignalKind;
use tokio::time::interval;

pub(super) async fn demo(reader: Reader, demo: Demo) -> Result<(), Failure> {
    // A terminal window that is closed, too: nothing is to be left lying about.
    let stop = stop_on(&[SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()])?;
    let folder = Folder::open(demo.keep.as_deref())?;
    let mut processes = Processes::default();
    let outcome = tokio::select! {
        ended = run(reader, &demo, &folder, &mut processes) => ended,
        () = stop.cancelled() => Ok(()),
    };
    processes.stop().await;
    let told = unless_gone(match reader {
        Reader::Person if outcome.is_ok() => print(&show::demo::stopped(&folder)),
        _ => Ok(()),
    });
    let closed = folder.close();
    outcome.and(told).and(closed)
}

/// Makes the borough and lets things happen in it. Ends only when something goes wrong.
async fn run(reader: Reader, demo: &Demo, folder: &Folder, processes: &mut Processes) -> Result<(), Failure> {
    let mut borough = Borough::open(folder, processes, ZonedDateTime::now().date()).await?;
    let line = json!({"folder": folder.path(), "nodes": borough.members()});
    unless_gone(match reader {
        Reader::Program => print_json(&line),
        Reader::Person => print(&show::demo::ready(&borough, folder, demo.every)?),
    })?;
    tokio::select! {
        failure = processes.fall() => Err(failure),
        ended = live(reader, &mut borough, Duration::from_secs(demo.every)) => ended,
    }
}

async fn live(reader: Reader, borough: &mut Borough, every: Duration) -> Result<(), Failure> {
    let mut clock = interval(every);
    clock.tick().await; // At once; things happen from the second tick on.
    loop {
        clock.tick().await;
        let now = ZonedDateTime::now();
        if let (Some(happened), Reader::Person) = (borough.happen(now.date()).await, reader) {
            unless_gone(print(&show::demo::happened(&happened, &now)))?;
        }
    }
}

/// Where nobody reads what is printed any more, the borough runs all the same.
fn unless_gone(printed: Result<(), Failure>) -> Result<(), Failure> {
    match printed {
        Err(Failure::Told(_)) => Ok(()),
        other => other,
    }
}
