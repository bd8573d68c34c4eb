//! The built binary as its users run it: a node in a data folder of its own, and commands that speak to it.
//!
//! Nodes listen on port 0 of loopback, so any number run at once. A node that is dropped is killed, and its folder goes.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Names a built binary, so that it is not built again for each test process.
pub const BINARY: &str = "FINGERPOST_BINARY";

/// How long something may take that is asked for over and over until it is so.
const PATIENCE: Duration = Duration::from_secs(60);

/// A node, running or not.
#[derive(Debug)]
pub struct Node {
    folder: tempfile::TempDir,
    flags: Vec<String>,
    running: Option<Running>,
}

/// A node that runs, and what its ready line said.
#[derive(Debug)]
struct Running {
    child: Child,
    ready: Value,
}

/// What a command came to.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it said beside that.
    pub stderr: String,
}

impl Outcome {
    /// The one JSON value it printed.
    ///
    /// # Panics
    /// When it failed or printed something else.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert!(self.status.success(), "it ended with {}:\n{}", self.status, self.stderr);
        serde_json::from_str(&self.stdout).unwrap_or_else(|why| panic!("not JSON ({why}):\n{}", self.stdout))
    }

    /// The JSON values it printed, one a line.
    ///
    /// # Panics
    /// When it failed or printed something else.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        assert!(self.status.success(), "it ended with {}:\n{}", self.status, self.stderr);
        self.stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    /// Holds that it was refused with this exit code, and that cause and hint stand in what it said.
    ///
    /// # Panics
    /// When it was not.
    #[track_caller]
    pub fn expect_refused(&self, code: i32, words: &str) {
        assert_eq!(self.status.code(), Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        assert!(self.stderr.contains(words), "{words:?} is not in:\n{}", self.stderr);
        assert!(self.stderr.contains("hint: ") || code == 2, "no hint in:\n{}", self.stderr);
    }
}

impl Node {
    /// A new organisation with its first node, in SQLite.
    pub fn init(name: &str) -> Self {
        Self::init_with(name, &[])
    }

    /// The same in the database of this URL.
    pub fn init_on(name: &str, database: &str) -> Self {
        Self::init_with(name, &["--database", database])
    }

    fn init_with(name: &str, flags: &[&str]) -> Self {
        let node = Self::empty();
        let made = node.run(&[&["init", "--json", "--name", name], flags].concat());
        assert!(made.status.success(), "init: {}", made.stderr);
        node
    }

    /// A data folder with nothing in it.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("fingerpost-").tempdir().expect("a folder");
        Self { folder, flags: Vec::new(), running: None }
    }

    /// The same node with further flags for `up`.
    #[must_use]
    pub fn with_flags(mut self, flags: &[&str]) -> Self {
        self.flags.extend(flags.iter().map(|&flag| flag.to_owned()));
        self
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the node and waits until it says that it is ready.
    ///
    /// # Panics
    /// When it ends instead, with what it said.
    #[track_caller]
    pub fn up(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let log = self.folder.path().join("log");
        let log_file = std::fs::File::options().create(true).append(true).open(&log).expect("a log");
        let mut command = self.command(&["up", "--json"]);
        command.args(["--node-listen", "127.0.0.1:0", "--people-listen", "127.0.0.1:0"]).args(&self.flags);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log_file);
        let mut child = command.spawn().expect("the binary starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output is read");
        BufReader::new(out).read_line(&mut line).expect("its output is text");
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let _ = child.kill();
            panic!("no ready line but {line:?}; it ended with {:?}:\n{said}", child.wait())
        });
        self.running = Some(Running { child, ready });
    }

    /// Kills the node as a power cut would, and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.child.kill().expect("it can be killed");
            running.child.wait().expect("it ends");
        }
    }

    /// Asks the node to stop, as a service manager would, and gives how it ended.
    pub fn stop(&mut self) -> ExitStatus {
        let mut running = self.running.take().expect("it runs");
        let pid = running.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(asked.success(), "it cannot be asked to stop");
        running.child.wait().expect("it ends")
    }

    /// The process id of the running node.
    pub fn pid(&self) -> u32 {
        self.running.as_ref().expect("it runs").child.id()
    }

    /// Where partners' nodes connect to.
    pub fn node_address(&self) -> SocketAddr {
        self.address("node")
    }

    /// Where the pages for people are.
    pub fn people_address(&self) -> SocketAddr {
        self.address("people")
    }

    fn address(&self, name: &str) -> SocketAddr {
        let said = self.running.as_ref().and_then(|running| running.ready[name].as_str()).expect("an address");
        let bare = said.trim_start_matches("http://").trim_end_matches('/');
        bare.parse().unwrap_or_else(|_| panic!("{said:?} is no address"))
    }

    /// What the node has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Runs a command on this node's folder.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with_input(arguments, "")
    }

    /// Runs a command with something to read.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        // A command that ends before it has read everything closes the pipe, and that is its right.
        let _ = child.stdin.take().map(|mut pipe| pipe.write_all(input.as_bytes()));
        let Output { status, stdout, stderr } = child.wait_with_output().expect("it ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what it prints is text");
        Outcome { status, stdout: text(stdout), stderr: text(stderr) }
    }

    /// Runs a command with `--json` and gives the one value it prints.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).json()
    }

    /// Runs a command with `--json` and gives what it prints, a value a line.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        self.run(&[arguments, &["--json"]].concat()).lines()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        let own = std::env::vars_os().map(|(name, _)| name);
        for name in own.filter(|name| name.to_string_lossy().starts_with("FINGERPOST_")) {
            command.env_remove(name);
        }
        command.arg("--data").arg(self.data()).args(arguments);
        command
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "── {}\n{}", self.folder.path().display(), self.log());
        }
        self.kill();
    }
}

/// Pairs two running nodes: the first invites.
#[track_caller]
pub fn pair(inviter: &Node, joiner: &Node) {
    let code = inviter.json(&["invite"])["code"].as_str().expect("a code").to_owned();
    joiner.json(&["join", &code]);
}

/// Asks over and over until the answer is there; asking is what paces it.
///
/// # Panics
/// When it is not there in time.
#[track_caller]
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
    }
}

/// The binary, built when nobody said where it is.
fn binary() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        if let Some(path) = std::env::var_os(BINARY) {
            return path.into();
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--package", "fingerpost"]).current_dir(crate::workspace());
        assert!(build.status().expect("cargo runs").success(), "the binary does not build");
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| crate::workspace().join("target"), Into::into);
        target.join("debug").join("fingerpost")
    })
}
