//! The nodes as processes: started, and stopped together.
//!
//! Each stops when its standard input ends, and so when this process is gone, whatever ended it.

use crate::report::Failure;
use node::api::{Refusal, RefusalKind};
use serde::Deserialize;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a node may take to finish what it does before it is killed.
const STOP_WITHIN: Duration = Duration::from_secs(20);
/// Bytes that a node keeps free on disk: it is nobody's only copy, so less than elsewhere.
const RESERVE_BYTES: u64 = 32 << 20;

/// Running nodes.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    ended: JoinSet<Ended>,
    stop: CancellationToken,
}

/// A node whose process has ended.
#[derive(Debug)]
struct Ended {
    name: String,
    log: PathBuf,
    status: std::io::Result<ExitStatus>,
}

/// A node that was started.
#[derive(Debug)]
pub(super) struct Started {
    /// Its process id.
    pub(super) process: u32,
    name: String,
    log: PathBuf,
    out: BufReader<ChildStdout>,
}

/// What `up --json` prints.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Ready {
    pub(super) node: String,
    pub(super) people: String,
    pub(super) admin: PathBuf,
}

impl Processes {
    /// Starts a node for this data folder, on the ports that the folder's own configuration names, else on free ones of
    /// loopback. What it logs lies beside the folder.
    pub(super) fn start(&mut self, name: &str, data: &Path) -> Result<Started, Failure> {
        let log = data.with_extension("log");
        let program = program()?;
        let mut child = command(&program, name, data, &log)?.spawn().map_err(|e| {
            let refusal = Refusal::new(RefusalKind::NotFound, format!("cannot start {}: {e}", program.display()));
            refusal.hint("the nodes run from the program's own file: it has to stay where it is")
        })?;
        let (process, out) = (child.id().unwrap_or_default(), child.stdout.take());
        let (stop, ended) = (self.stop.clone(), (name.to_owned(), log.clone()));
        self.ended.spawn(async move {
            let status = watched(child, stop).await;
            Ended { name: ended.0, log: ended.1, status }
        });
        let out = BufReader::new(out.ok_or_else(crate::node_of::unexpected)?);
        Ok(Started { process, name: name.to_owned(), log, out })
    }

    /// Waits until one of them ends by itself, which none should.
    pub(crate) async fn fall(&mut self) -> Failure {
        match self.ended.join_next().await {
            Some(Ok(ended)) => ended.failure(),
            Some(Err(e)) => node::Error::fault("a node is no longer watched", e).into(),
            None => std::future::pending().await,
        }
    }

    /// Stops all of them and waits until they have ended.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        while self.ended.join_next().await.is_some() {}
    }
}

impl Started {
    /// Waits until it serves.
    pub(super) async fn ready(mut self) -> Result<(Ready, BufReader<ChildStdout>), Failure> {
        let mut line = String::new();
        self.out.read_line(&mut line).await.map_err(|e| node::Error::fault("cannot read what a node prints", e))?;
        match serde_json::from_str(&line) {
            Ok(ready) => Ok((ready, self.out)),
            Err(_) => Err(fell(&self.name, "did not start", &self.log)),
        }
    }
}

impl Ended {
    fn failure(&self) -> Failure {
        let how = match &self.status {
            Ok(status) => format!("ended by itself ({status})"),
            Err(e) => format!("is lost: {e}"),
        };
        fell(&self.name, &how, &self.log)
    }
}

/// This program's own file.
pub(crate) fn program() -> Result<PathBuf, Failure> {
    Ok(std::env::current_exe()
        .map_err(|e| node::Error::fault("cannot find this program's own file", e).hint("start it by its full path"))?)
}

fn command(program: &Path, name: &str, data: &Path, log: &Path) -> Result<Command, Failure> {
    let log = File::create(log).map_err(|e| Failure::file("write", log, &e))?;
    let mut command = Command::new(program);
    // Settings of another node of this user are not meant for these.
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FINGERPOST_")) {
        command.env_remove(variable);
    }
    command.env("FINGERPOST_DISK_RESERVE_BYTES", RESERVE_BYTES.to_string());
    command.args(["up", "--json", "--until-input-ends", "--name", name, "--data"]).arg(data);
    if !data.join(node::config::FILE).exists() {
        command.args(["--node-listen", "127.0.0.1:0", "--people-listen", "127.0.0.1:0"]);
    }
    // In a group of its own, so that Ctrl-C reaches this process alone, which stops the nodes in its own time.
    command.process_group(0).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
    Ok(command)
}

/// Waits until the process ends, by itself or told to.
async fn watched(mut child: Child, stop: CancellationToken) -> std::io::Result<ExitStatus> {
    let input = child.stdin.take();
    tokio::select! {
        status = child.wait() => return status,
        () = stop.cancelled() => drop(input),
    }
    match tokio::time::timeout(STOP_WITHIN, child.wait()).await {
        Ok(status) => status,
        Err(_) => {
            child.kill().await?;
            child.wait().await
        }
    }
}

/// A node that is not there, with what it said last.
fn fell(name: &str, how: &str, log: &Path) -> Failure {
    let said = std::fs::read_to_string(log).unwrap_or_default();
    let last = |label: &str| said.lines().rev().find_map(|line| line.strip_prefix(label)).map(str::to_owned);
    let cause = last("cause: ").or_else(|| said.lines().next_back().map(str::to_owned));
    let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
    let refusal = Refusal::new(RefusalKind::WrongState, format!("the node of {name:?} {how}{cause}"));
    refusal.hint(last("hint: ").unwrap_or_else(|| "start the borough again".into())).into()
}
