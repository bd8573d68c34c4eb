//! Whom a command asks: the node that runs for the data folder, or, for what only reads, the folder itself.

use crate::output::Meter;
use crate::report::Failure;
use node::api::{Handle, ProgressSender, Refusal, RefusalKind, Request, Response};
use node::control::{Control, nobody};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// Progress that waits to be drawn before some of it is dropped.
const PROGRESS_WAITING: usize = 16;

/// What is needed of a node for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// It has to run.
    Running,
    /// Its folder is enough.
    Folder,
}

/// Somebody who answers requests.
pub(crate) enum Asked {
    /// A node that runs.
    Running(Control),
    /// The folder, read by this process, which holds its lock meanwhile.
    Folder(Handle),
}

/// The folder that a command is about: absolute, so that both sides of the socket mean the same.
pub(crate) fn folder(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let folder = given.map_or_else(|| node::data::default_folder(|name| std::env::var(name).ok()), Path::to_path_buf);
    let folder = std::path::absolute(&folder).map_err(|e| Failure::file("find", &folder, &e))?;
    if folder.exists() && !folder.is_dir() {
        let refusal = Refusal::invalid(format!("{} is a file, and a data folder is needed", folder.display()));
        return Err(refusal.hint("name a folder with --data, or one that is not there yet").into());
    }
    Ok(folder)
}

/// Finds who answers for this folder.
pub(crate) async fn find(data: &Path, need: Need) -> Result<Asked, Failure> {
    if let Some(control) = Control::find(data).await? {
        return Ok(Asked::Running(control));
    }
    if !data.is_dir() {
        return Err(Failure::Refused(
            Refusal::new(RefusalKind::NotFound, format!("there is no data folder \"{}\"", data.display()))
                .hint("make one with `fingerpost up --name \"…\"`, or name another with --data"),
        ));
    }
    if need == Need::Running {
        return Err(nobody(data).into());
    }
    let config = crate::command::up::config(data, Vec::new())?;
    Ok(Asked::Folder(node::Application::offline(config).await?.handle()))
}

impl Asked {
    /// Asks, and shows how far long work is.
    pub(crate) async fn ask(&mut self, request: Request) -> Result<Response, Failure> {
        let mut meter = Meter::new();
        match self {
            Self::Running(control) => Ok(control.ask_with(request, |progress| meter.take(&progress)).await?),
            Self::Folder(handle) => {
                let (tell, mut told) = mpsc::channel(PROGRESS_WAITING);
                let mut work = std::pin::pin!(handle.ask_with(request, ProgressSender::new(tell)));
                loop {
                    tokio::select! {
                        Some(progress) = told.recv() => meter.take(&progress),
                        done = &mut work => return Ok(done?),
                    }
                }
            }
        }
    }
}

/// An answer of another kind than the request has.
pub(crate) fn unexpected() -> Failure {
    Failure::Refused(
        Refusal::new(RefusalKind::WrongState, "the node gives an answer of another kind than was asked for")
            .hint("the command and the running node are of different versions: start the node again"),
    )
}
