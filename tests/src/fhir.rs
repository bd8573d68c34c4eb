//! The validator of FHIR that the npm package `fhir` brings, with the definitions of R4 in it: which elements there are, of which types,
//! how often, and which codes. It knows no invariants, and follows no references.

use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Names its folder, where that is not `fhir` in cargo's own.
const FOLDER: &str = "FINGERPOST_TEST_FHIR";

/// Reads a list of resources and says of each what is wrong with it.
const SCRIPT: &str = r"
const { Fhir } = require(process.argv[1]);
const fhir = new Fhir();
const said = (one) => `${one.severity} ${one.location}: ${one.message}`;
const checked = (resource) => fhir.validate(resource, { errorOnUnexpected: true }).messages.map(said);
const resources = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(resources.map(checked)));
";

/// The validator, installed.
#[derive(Debug)]
pub struct Validator {
    package: PathBuf,
}

impl Validator {
    /// The one of this checkout; `None`, with a note, when it is not there.
    ///
    /// # Panics
    /// When it is not there and `CI` is set, so that nothing is passed over unnoticed.
    pub fn find() -> Option<Self> {
        let beside = || std::env::current_exe().ok()?.ancestors().nth(3).map(|target| target.join("fhir"));
        let folder = std::env::var_os(FOLDER).map(PathBuf::from).or_else(beside).unwrap_or_default();
        let package = folder.join("node_modules/fhir");
        if package.join("package.json").is_file() {
            return Some(Self { package });
        }
        let missing = format!("the npm package fhir is not in {}: `cargo xtask test` installs it", folder.display());
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        // A note for whoever reads the run; nothing is lost when it cannot be written.
        let _ = writeln!(std::io::stderr(), "passed over: {missing}");
        None
    }

    /// What it says of each of these resources, as `severity place: message`.
    ///
    /// # Panics
    /// When it does not run.
    pub fn told(&self, resources: &[Value]) -> Vec<Vec<String>> {
        let mut node = Command::new("node");
        node.args(["-e", SCRIPT]).arg(&self.package).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut node = node.spawn().expect("Node.js runs");
        // It reads to the end before it writes, so neither waits for the other.
        let resources = serde_json::to_vec(resources).expect("JSON");
        node.stdin.take().expect("its input").write_all(&resources).expect("all is read");
        let output = node.wait_with_output().expect("it ends");
        assert!(output.status.success(), "the validator of FHIR ended with {}", output.status);
        serde_json::from_slice(&output.stdout).expect("a list of lists of words")
    }
}
