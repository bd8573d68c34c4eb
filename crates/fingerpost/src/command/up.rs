//! `up`: the composition root. Opens what can fail, prints where things are, then serves until told to stop.

use super::Place;
use crate::arguments::{Settings, Up};
use crate::log;
use crate::output::{Reader, tell};
use crate::report::Failure;
use node::data::{Founding, Keep, forget_words, initialise, is_initialised};
use node::{Config, Node};
use serde_json::json;
use std::io::{self, IsTerminal};
use std::path::Path;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use web::Pages;

pub(super) async fn up(place: &Place, up: Up) -> Result<(), Failure> {
    let mut given = flags(up.name, &up.settings);
    given.extend(up.log.map(|filter| ("log".to_owned(), vec![filter])));
    let config = config(&place.data, given)?;
    log::to_stderr(&config.log)?;
    let stop = stop_on(&[SignalKind::interrupt(), SignalKind::terminate()])?;
    if up.until_input_ends {
        stop_on_end_of_input(stop.clone());
    }
    if !is_initialised(&place.data) {
        let initialised = initialise(&config, Keep::Database, &Founding::New).await?;
        show_words(place, &initialised)?;
    }
    let config = super::lock::opened(config)?;
    let metrics = config.metrics;
    let mut node = Node::open(config).await?;
    let people = node.take_people().ok_or_else(crate::node_of::unexpected)?;
    announce(place, node.ready())?;
    let pages = web::serve(people, Pages { node: node.handle(), metrics }, stop.clone());
    let (served, pages) = tokio::join!(stopping_all(node.serve(stop.clone()), &stop), stopping_all(pages, &stop));
    served?;
    Ok(pages.map_err(|e| node::Error::fault("the pages stopped", e))?)
}

/// When one part ends, for whatever reason, the other is not left running alone.
async fn stopping_all<T>(part: impl Future<Output = T>, stop: &CancellationToken) -> T {
    let done = part.await;
    stop.cancel();
    done
}

/// The merged configuration of a folder with these flags.
pub(crate) fn config(data: &Path, flags: Vec<(String, Vec<String>)>) -> Result<Config, Failure> {
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(Config::load(data.to_path_buf(), environment, flags)?)
}

/// Flags by the names of the settings.
pub(super) fn flags(name: Option<String>, settings: &Settings) -> Vec<(String, Vec<String>)> {
    let mut flags = settings.given();
    flags.extend(name.map(|name| ("name".to_owned(), vec![name])));
    flags
}

/// The words are shown where a person sees them, and kept in the folder where nobody does.
fn show_words(place: &Place, initialised: &node::api::Initialised) -> Result<(), Failure> {
    if place.reader == Reader::Person && io::stderr().is_terminal() {
        tell(&format!("{}\n\n", crate::show::status::recovery_words(&initialised.recovery_words)));
        forget_words(&place.data)?;
    }
    Ok(())
}

/// One line for programs, or what a person does next.
fn announce(place: &Place, ready: &node::Ready) -> Result<(), Failure> {
    let (people, data) = (ready.people, place.data.display());
    let mut line = json!({"node": ready.node, "people": people, "admin": ready.admin});
    let mut software = String::new();
    if let Some(listen) = &ready.admin_listen {
        line["admin_listen"] = json!(listen);
        software = format!("  for own software  {listen}\n");
    }
    let told = place.reader.show(&line, || {
        format!(
            "The node runs. Ctrl-C stops it.\n\n  page for people   http://{people}/\n  for other nodes   {}\n{software}  data              {data}\n\n\
             In another terminal: `fingerpost status` shows how things stand, `fingerpost invite` makes a code for a partner.\n",
            ready.node
        )
    });
    match told {
        // Nobody reads what is printed: the node runs all the same.
        Err(Failure::Told(_)) => Ok(()),
        other => other,
    }
}

/// A token that the first of these signals cancels.
pub(super) fn stop_on(kinds: &[SignalKind]) -> Result<CancellationToken, Failure> {
    let stop = CancellationToken::new();
    for kind in kinds {
        let mut signals = signal(*kind).map_err(|e| node::Error::fault("cannot listen for signals", e))?;
        let stop = stop.clone();
        tokio::spawn(async move {
            signals.recv().await;
            stop.cancel();
        });
    }
    Ok(stop)
}

/// A thread of its own, which the runtime does not wait for: there may never be an end.
fn stop_on_end_of_input(stop: CancellationToken) {
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        stop.cancel();
    });
}
