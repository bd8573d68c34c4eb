//! What tests of the whole product need around it: servers to start, and ways to look in from outside.

pub mod command;
pub mod fhir;
pub mod postgres;
pub mod rogue;
pub mod software;

use std::io::Write;
use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn workspace() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

/// A file or folder of the data shared with this project, which lies beside the checkout and is no part of it.
///
/// `None`, with a note, when it is not there; then the test that asked passes over what needs it.
///
/// # Panics
/// When it is not there and `CI` or `FINGERPOST_REQUIRE_SHARED` is set, so that nothing is passed over unnoticed.
pub fn shared(path: &str) -> Option<PathBuf> {
    let file = workspace().parent()?.join("shared").join(path);
    if file.exists() {
        return Some(file);
    }
    let is_required = ["CI", "FINGERPOST_REQUIRE_SHARED"].iter().any(|name| std::env::var_os(name).is_some());
    assert!(!is_required, "../shared/{path} is not here, and this run insists on it");
    // A note for whoever reads the run; nothing is lost when it cannot be written.
    let _ = writeln!(std::io::stderr(), "passed over: ../shared/{path} is not here");
    None
}
