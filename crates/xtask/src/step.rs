//! One step of a run: a command, shown while it runs, with its time and its closing line kept.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a step came to.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) is_good: bool,
    pub(crate) took: Duration,
    /// What the command itself said of its result, or why the step was passed over.
    pub(crate) closing: Option<String>,
}

/// The cargo that runs this.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The root of the checkout.
pub(crate) fn workspace() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}

/// Where cargo puts what it makes.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// Whether a program is there and runs.
pub(crate) fn is_present(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A step that is passed over, and why.
pub(crate) fn passed_over(name: &'static str, why: &str) -> Outcome {
    println!("── {name}: {why}");
    Outcome { name, is_good: true, took: Duration::ZERO, closing: Some(why.to_owned()) }
}

/// Runs a command in the root of the checkout without input, showing what it prints.
pub(crate) fn run(name: &'static str, command: &mut Command) -> Outcome {
    println!("── {name}");
    let started = Instant::now();
    let (is_good, closing) = match watch(command) {
        Ok(result) => result,
        Err(error) => (false, Some(format!("cannot start {}: {error}", command.get_program().display()))),
    };
    Outcome { name, is_good, took: started.elapsed(), closing }
}

fn watch(command: &mut Command) -> std::io::Result<(bool, Option<String>)> {
    command.current_dir(workspace()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let closing = std::thread::scope(|scope| {
        let out = scope.spawn(|| out.and_then(show));
        let err = err.and_then(show);
        out.join().ok().flatten().or(err)
    });
    Ok((child.wait()?.success(), closing))
}

/// Shows each line, and gives the last that a test runner closes with. Plain `cargo test` closes once for each binary;
/// those lines are all kept.
fn show(from: impl Read) -> Option<String> {
    let mut closing: Vec<String> = Vec::new();
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        let line = line.trim();
        if line.starts_with("Summary [") {
            closing = vec![line.to_owned()];
        } else if line.starts_with("test result:") && !line.contains(" 0 passed; 0 failed") {
            closing.push(line.to_owned());
        }
    }
    (!closing.is_empty()).then(|| closing.join("\n  "))
}
