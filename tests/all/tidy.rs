//! The rules of this repository, as tests. Every list of exceptions may only shrink: an entry that is no longer needed
//! fails its test too.

mod crates;
mod files;
mod source;

use std::path::PathBuf;
use std::process::Command;

/// A file that git knows or would add.
struct File {
    /// From the root of the checkout, with slashes.
    path: String,
    /// Its text; empty when it is none.
    text: String,
}

fn files() -> Vec<File> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(tests::workspace())
        .output()
        .expect("git lists the files");
    let paths = String::from_utf8(listed.stdout).expect("paths are UTF-8");
    let read = |path: &str| {
        let absolute: PathBuf = tests::workspace().join(path);
        absolute.is_file().then(|| File {
            path: path.to_owned(),
            text: String::from_utf8(std::fs::read(absolute).expect("a listed file is readable")).unwrap_or_default(),
        })
    };
    paths.lines().filter_map(read).collect()
}

/// Rust sources but for these rules, which name what they forbid.
fn sources() -> Vec<File> {
    files().into_iter().filter(|f| f.path.ends_with(".rs")).collect()
}

/// Whether a file holds tests and nothing else.
fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
}

/// Holds that what breaks a rule is exactly what is listed as doing so.
fn expect_only(mut found: Vec<String>, listed: &[&str], rule: &str) {
    found.sort();
    found.dedup();
    let new: Vec<_> = found.iter().filter(|f| !listed.contains(&f.as_str())).collect();
    assert!(new.is_empty(), "{rule}:\n{new:#?}");
    let gone: Vec<_> = listed.iter().filter(|l| !found.iter().any(|f| f == *l)).collect();
    assert!(gone.is_empty(), "{rule}: these keep it now, so take them off the list:\n{gone:#?}");
}
