//! The built binary, run as its users run it: commands that end, and nodes that serve.

use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The binary that is tried: `$FINGERPOST_BINARY`, else the one beside the tests.
///
/// # Panics
/// When there is none: `cargo build -p fingerpost` makes it.
pub fn binary() -> PathBuf {
    let beside = || std::env::current_exe().ok()?.parent()?.parent().map(|debug| debug.join("fingerpost"));
    let binary = std::env::var_os("FINGERPOST_BINARY").map(PathBuf::from).or_else(beside).unwrap_or_default();
    assert!(binary.is_file(), "{} is not there: run `cargo build -p fingerpost` first", binary.display());
    binary
}

/// A place for one node's data folder, which the first command makes. Gone when it is dropped.
#[derive(Debug)]
pub struct Folder(TempDir);

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    /// What it printed.
    pub out: String,
    /// What it said on stderr.
    pub err: String,
}

/// A node that serves. Killed when it is dropped.
#[derive(Debug)]
pub struct Up {
    child: Child,
    /// Where it listens for nodes.
    pub node: String,
    /// Where its pages are.
    pub people: String,
    /// Where software of the organisation's own comes in over the network; empty where it does not.
    pub admin_listen: String,
}

impl Default for Folder {
    fn default() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }
}

impl Folder {
    /// A place where no node is yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A folder in which a node was made.
    pub fn initialised(name: &str) -> Self {
        let folder = Self::new();
        folder.run(["init", "--name", name]).expect_done();
        folder
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// Writes a file beside the data folder.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("a file in a temporary folder");
        path
    }

    /// A command on this folder, in an environment without settings.
    pub fn command<I: AsRef<std::ffi::OsStr>>(&self, words: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(binary());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FINGERPOST_")) {
            command.env_remove(name);
        }
        command.args(words).arg("--data").arg(self.data()).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run<I: AsRef<std::ffi::OsStr>>(&self, words: impl IntoIterator<Item = I>) -> Ran {
        ran(&mut self.command(words))
    }

    /// Runs a command with `--json`, which has to be done, and reads the one value it prints.
    pub fn json<I: AsRef<std::ffi::OsStr>>(&self, words: impl IntoIterator<Item = I>) -> Value {
        let ran = ran(self.command(words).arg("--json"));
        ran.expect_done();
        serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e} in {}", ran.out))
    }

    /// Starts a node on free ports of loopback and waits until it says that it is ready. What it logs is in `log`.
    pub fn up<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> Up {
        self.up_at("127.0.0.1:0", words)
    }

    /// The same with an address for partners' nodes: after a start at port 0, the one it was given stays known to them.
    pub fn up_at<'w>(&self, node_listen: &'w str, words: impl IntoIterator<Item = &'w str>) -> Up {
        let ports = ["up", "--json", "--node-listen", node_listen, "--people-listen", "127.0.0.1:0"];
        let log = self.0.path().join("log");
        let mut command = self.command(ports.into_iter().chain(words));
        command.stdout(Stdio::piped()).stderr(File::create(&log).expect("a log"));
        let mut child = command.spawn().expect("the binary starts");
        let mut line = String::new();
        let out = child.stdout.as_mut().expect("it is piped");
        BufReader::new(out).read_line(&mut line).expect("its output can be read");
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}\n{}", said()));
        let field = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        Up { child, node: field("node"), people: field("people"), admin_listen: field("admin_listen") }
    }
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

impl Ran {
    /// It was done.
    #[track_caller]
    pub fn expect_done(&self) {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
    }

    /// It was done, and said these words, however they were wrapped.
    #[track_caller]
    pub fn expect_says(&self, says: &[&str]) {
        self.expect_done();
        let said = self.out.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in says {
            assert!(said.contains(words), "{words:?} is not in:\n{}", self.out);
        }
    }

    /// It ended with this code, printed nothing, and said error, cause and hint once, with these words among them.
    #[track_caller]
    pub fn expect_told(&self, code: i32, says: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for label in ["error: cannot ", "cause: ", "hint: "] {
            let lines = self.err.lines().filter(|line| line.starts_with(label)).count();
            assert_eq!(lines, 1, "{label:?} is not there once in:\n{}", self.err);
        }
        for word in says {
            assert!(self.err.contains(word), "{word:?} is not in:\n{}", self.err);
        }
        assert_eq!(self.out, "", "nothing is printed where nothing was done");
    }
}

impl Up {
    /// Stops it as a service manager does, and waits until it has ended; its exit code.
    pub fn stop(mut self) -> i32 {
        let kill = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill is there");
        assert!(kill.success(), "the node had ended before");
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }

    /// Kills it as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether nothing is at this path.
pub fn is_absent(path: &Path) -> bool {
    !path.exists()
}
