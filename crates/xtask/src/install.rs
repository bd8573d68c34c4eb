//! What the tests need besides Rust: PostgreSQL for the store, Chromium for the pages, npm for the contract. From Debian's packages, only what
//! is missing, and only as root.

use crate::step::{self, Outcome};
use std::path::Path;
use std::process::Command;

/// Installs what is missing, or says what to install.
pub(crate) fn missing() -> Outcome {
    let has_npm = step::is_present("npm", &["--version"]);
    let needed = [("postgresql", has_postgres()), ("chromium", has_chromium()), ("npm", has_npm)];
    let missing: Vec<&str> = needed.iter().filter(|n| !n.1).map(|n| n.0).collect();
    if missing.is_empty() {
        return step::passed_over("install", "PostgreSQL, Chromium and npm are here");
    }
    let names = missing.join(" ");
    if !step::is_present("apt-get", &["--version"]) || !is_root() {
        eprintln!("error: missing: {names}\nhint: sudo apt-get install --no-install-recommends {names}");
        let closing = Some(format!("missing, and only root can install: {names}"));
        return Outcome { name: "install", is_good: false, took: std::time::Duration::ZERO, closing };
    }
    let mut apt = Command::new("sh");
    apt.arg("-c").arg(format!("apt-get update && apt-get install --yes --no-install-recommends {names}"));
    step::run("install", apt.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Debian keeps `initdb` out of the path, one folder a version.
fn has_postgres() -> bool {
    let versions = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    versions.map(|v| v.path().join("bin/initdb")).any(|initdb| initdb.exists())
        || step::is_present("initdb", &["--version"])
}

fn has_chromium() -> bool {
    ["chromium", "chromium-browser", "google-chrome"].iter().any(|name| step::is_present(name, &["--version"]))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
