//! A PostgreSQL server for tests: thrown away with the process that asked for it.
//!
//! The server of `FINGERPOST_TEST_POSTGRES` (a URL such as `postgres://postgres@localhost/postgres`) is used when that
//! is set, so that many test processes share one. Otherwise one is made from Debian's package on first use: a shell
//! makes the cluster, starts it, and then reads from a pipe whose other end only this process holds. However this
//! process ends (return, panic, kill -9), the kernel closes that end, the shell reads the end of its input, stops the
//! server and removes its folder. As root, the shell and all it starts run as the user `postgres`.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Names the server to use instead of an own one.
pub const SERVER: &str = "FINGERPOST_TEST_POSTGRES";

/// Makes a cluster, serves it, and takes it away once the input ends. `$1`: PostgreSQL's programs, `$2`: the folder.
/// A collation that sorts as people do shows whatever relies on the order of bytes.
const KEEPER: &str = r#"
"$1/initdb" --pgdata="$2/data" --username=postgres --auth=trust --encoding=UTF8 --no-sync \
    --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-GB >"$2/log" 2>&1 &&
"$1/pg_ctl" --pgdata="$2/data" --log="$2/log" --wait --options="-c listen_addresses='' \
    -c unix_socket_directories='$2' -c fsync=off -c max_connections=200 -c shared_buffers=32MB" start >>"$2/log" 2>&1 &&
echo ready || { tail -n 5 "$2/log"; echo failed; }
read -r _
"$1/pg_ctl" --pgdata="$2/data" --mode=immediate stop >>"$2/log" 2>&1
rm -rf "$2"
"#;

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    psql: PathBuf,
    url: String,
    /// Held open for as long as this process lives; see the module.
    _life: Option<ChildStdin>,
}

impl Cluster {
    /// The server of this process; `None`, with a note, when this machine has no PostgreSQL.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED.get_or_init(Self::find).as_ref()
    }

    fn find() -> Option<Self> {
        let programs = programs();
        if let Ok(url) = std::env::var(SERVER) {
            let psql = programs.map_or_else(|| PathBuf::from("psql"), |found| found.join("psql"));
            return Some(Self { psql, url, _life: None });
        }
        let Some(programs) = programs else {
            let _ = writeln!(std::io::stderr(), "note: no PostgreSQL in /usr/lib/postgresql, so it is not tried");
            return None;
        };
        Some(Self::start(&programs))
    }

    #[expect(clippy::zombie_processes, reason = "it is to live as long as this process does, and ends with it")]
    fn start(programs: &Path) -> Self {
        let folder = std::env::temp_dir().join(format!("fingerpost-postgres-{}", std::process::id()));
        std::fs::DirBuilder::new().mode(0o700).create(&folder).expect("a folder for PostgreSQL");
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "sh"]).arg(programs).arg(&folder).current_dir(&folder);
        keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        if let Some((uid, gid)) = user_to_be() {
            chown(&folder, Some(uid), Some(gid)).expect("the folder goes to the user postgres");
            keeper.uid(uid).gid(gid);
        }
        let mut keeper = keeper.spawn().expect("a shell");
        let life = keeper.stdin.take();
        let said = keeper.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines).map_while(Result::ok);
        let mut heard = Vec::new();
        for line in said {
            match line.as_str() {
                "ready" => {
                    let url = format!("postgres://postgres@localhost/postgres?host={}", folder.display());
                    return Self { psql: programs.join("psql"), url, _life: life };
                }
                "failed" => break,
                _ => heard.push(line),
            }
        }
        panic!("PostgreSQL does not start: {}", heard.join("; "))
    }

    /// The server itself, as [`SERVER`] takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the server keeps its files, where this process started it.
    pub fn folder(&self) -> Option<PathBuf> {
        let (_, folder) = self.url.split_once("host=").filter(|_| std::env::var_os(SERVER).is_none())?;
        Some(PathBuf::from(folder).join("data"))
    }

    /// Makes an empty database whose name begins so, and gives its URL.
    pub fn database(&self, name: &str) -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}_{}_{number}", std::process::id());
        self.run(&format!("create database \"{name}\""));
        let (server, options) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (server, _) = server.rsplit_once('/').expect("a URL with a database in it");
        let mark = if options.is_empty() { "" } else { "?" };
        format!("{server}/{name}{mark}{options}")
    }

    fn run(&self, sql: &str) {
        let mut command = Command::new(&self.psql);
        command.args(["--no-psqlrc", "--quiet", "--command", sql, &self.url]).stdin(Stdio::null());
        let output = command.output().expect("psql runs");
        assert!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The folder of the newest server's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let installed = versions.filter(|version| version.path().join("bin/initdb").exists());
    let newest = installed.max_by_key(|version| version.file_name().to_string_lossy().parse::<u32>().unwrap_or(0));
    newest.map(|version| version.path().join("bin"))
}

/// The user and group to run as, when this process is root: PostgreSQL refuses to.
fn user_to_be() -> Option<(u32, u32)> {
    if std::fs::metadata("/proc/self").ok()?.uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let user = users.lines().find(|line| line.starts_with("postgres:"))?;
    let mut numbers = user.split(':').skip(2).map_while(|field| field.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}
