//! A node of the release build as a process, and its control socket.

use crate::Fallible;
use node::api::{Request, Response};
use node::control::Control;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Listens on a port of its own.
pub(crate) const ANY: &str = "127.0.0.1:0";
/// What nodes that dial say of themselves. Nothing listens there, as behind a home router: so every link is dialled from
/// their side.
pub(crate) const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

/// Documents that an engine read from its database since its process started.
const DOCUMENTS_LOADED: &str = "fingerpost_documents_loaded_total ";

/// A process that was killed is gone in this time, unless the machine is.
const GONE: Duration = Duration::from_secs(5);

/// A running node; killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// Its folder.
    pub(crate) data: PathBuf,
    people: SocketAddr,
    /// Where it listens for nodes.
    pub(crate) address: SocketAddr,
}

/// The product, which was built with this program and lies beside it.
pub(crate) fn program() -> Fallible<PathBuf> {
    let own = std::env::current_exe()?;
    let program = own.parent().ok_or("this program lies nowhere")?.join("fingerpost");
    if !program.exists() {
        return Err("the product is not built: `cargo xtask bench` builds it".into());
    }
    Ok(program)
}

impl Process {
    /// Starts a node on this folder, listening here (port 0: any), said to be reachable there.
    pub(crate) async fn start(program: &Path, data: &Path, listen: &str, advertise: SocketAddr) -> Fallible<Self> {
        let mut command = Command::new(program);
        command.args(["up", "--json", "--name", "bench", "--node-listen", listen, "--people-listen", "127.0.0.1:0"]);
        command.arg("--data").arg(data);
        command.args(["--advertise", &advertise.to_string()]);
        command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let out = child.stdout.take().ok_or("no standard output")?;
        let line = BufReader::new(out).lines().next_line().await?.ok_or("the node ended before it was ready")?;
        let ready: serde_json::Value = serde_json::from_str(&line)?;
        let address = ready["node"].as_str().ok_or("the ready line names no node address")?.parse()?;
        let people = ready["people"].as_str().ok_or("the ready line names no address for people")?;
        let people = people.trim_start_matches("http://").trim_end_matches('/').parse()?;
        Ok(Self { child, data: data.to_owned(), people, address })
    }

    /// Starts one that others can reach. Which port it gets is known only once it runs, and invitations name it: so it
    /// starts twice.
    pub(crate) async fn start_reachable(program: &Path, data: &Path) -> Fallible<Self> {
        let first = Self::start(program, data, ANY, NOWHERE).await?;
        let port = first.address;
        first.kill().await?;
        Self::start(program, data, &port.to_string(), port).await
    }

    /// Kills it, and returns once it is gone: its folder and its port are free again.
    pub(crate) async fn kill(mut self) -> Fallible<()> {
        Ok(self.child.kill().await?)
    }

    /// Asks it something.
    pub(crate) async fn ask(&self, request: Request) -> Fallible<Response> {
        let mut control = self.control().await?;
        Ok(control.ask(request).await.map_err(|refusal| format!("{refusal:?}"))?)
    }

    /// A connection to its control socket.
    pub(crate) async fn control(&self) -> Fallible<Control> {
        Ok(Control::find(&self.data).await.map_err(|r| r.to_string())?.ok_or("no node runs")?)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }

    /// A figure of `/proc/…/status` in MiB: `VmRSS` now, `VmHWM` at its highest.
    pub(crate) fn memory_mib(&self, what: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find(|l| l.starts_with(what)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
    }

    /// Lets its memory at its highest count from here on.
    pub(crate) fn forget_peak(&self) {
        // Where the system does not allow it, the figure is that of its whole life: never less.
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.id()), "5");
    }

    /// Documents that its engine read from its database since it started.
    pub(crate) async fn loaded(&self) -> Fallible<f64> {
        self.counter(DOCUMENTS_LOADED).await
    }

    /// A counter among its metrics; 0 when nothing was counted yet.
    async fn counter(&self, name: &str) -> Fallible<f64> {
        let mut stream = TcpStream::connect(self.people).await?;
        let request = format!("GET /metrics HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n", self.people);
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        if !answer.starts_with("HTTP/1.0 200") {
            return Err(format!("no metrics: {}", answer.lines().next().unwrap_or_default()).into());
        }
        let value = answer.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
        Ok(value.trim().parse()?)
    }

    /// Bytes of its data folder.
    pub(crate) fn disk_bytes(&self) -> u64 {
        let files = std::fs::read_dir(&self.data).into_iter().flatten().flatten();
        files.filter_map(|f| f.metadata().ok()).filter(|m| m.is_file()).map(|m| m.len()).sum()
    }
}

impl Drop for Process {
    /// Its folder is removed next, and must not be written to any more.
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        let since = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && since.elapsed() < GONE {
            std::thread::yield_now();
        }
    }
}
