//! Which crate may know which, as the design draws it.

use super::{File, expect_only, files};
use std::collections::BTreeMap;
use std::process::Command;

/// Whom each crate may depend on, of our own. `domain` is open to whoever is above it.
const ARROWS: [(&str, &[&str]); 8] = [
    ("domain", &[]),
    ("wire", &["domain"]),
    ("store", &["domain"]),
    ("node", &["domain", "store", "wire"]),
    ("web", &["node"]),
    ("fingerpost", &["node", "web", "wire"]),
    ("xtask", &[]),
    ("tests", &["domain", "node", "store", "web", "wire"]),
];

/// What would let `domain` wait, fail on I/O or ask the time.
const IMPURE: [&str; 9] =
    ["async-trait", "axum", "futures", "reqwest", "sqlx", "tokio", "tonic", "tracing", "getrandom"];

#[test]
fn arrows_point_one_way() {
    let arrows: BTreeMap<_, _> = ARROWS.into();
    let mut wrong = Vec::new();
    for (name, manifest) in manifests() {
        let allowed = arrows.get(name.as_str()).unwrap_or_else(|| panic!("crate {name} is not drawn"));
        for dependency in dependencies(&manifest.text) {
            if arrows.contains_key(dependency) && !allowed.contains(&dependency) {
                wrong.push(format!("{name} -> {dependency}"));
            }
        }
    }
    expect_only(wrong, &[], "an arrow that the design does not draw");
}

#[test]
fn domain_stays_pure() {
    let manifests = manifests();
    let found = dependencies(&manifests["domain"].text).into_iter().filter(|d| IMPURE.contains(d));
    expect_only(found.map(str::to_owned).collect(), &[], "`domain` never waits, does no I/O and asks no time");
}

/// The simulator and the bugs it plants are for `tests` and for who asks for them by name.
#[test]
fn the_simulator_is_not_in_the_product() {
    let asks = |text: &str| {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        lines.filter(|line| line.contains("\"sim\"") || line.contains("domain/sim")).count()
    };
    let manifests = manifests();
    let found = manifests.iter().filter(|(_, manifest)| asks(&manifest.text) > 0).map(|(name, _)| name.clone());
    // `domain` asks in its example alone, which needs the feature and does not switch it on.
    expect_only(found.collect(), &["domain", "tests"], "a manifest that asks for the simulator");
    assert_eq!(asks(&manifests["domain"].text), 1);
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--package", "fingerpost", "--edges", "normal,build,features"])
        .args(["--prefix", "none", "--format", "{p} [{f}]"])
        .current_dir(tests::workspace())
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(tree.stdout).expect("text");
    let domain: Vec<_> = tree.lines().filter(|line| line.starts_with("domain v")).collect();
    assert!(!domain.is_empty(), "{tree}");
    let simulating: Vec<_> =
        domain.into_iter().filter(|line| line.rsplit('[').next().is_some_and(|f| f.contains("sim"))).collect();
    assert!(simulating.is_empty(), "{simulating:?}");
}

#[test]
fn every_crate_keeps_the_house_rules() {
    let mut wrong = Vec::new();
    for (name, manifest) in manifests() {
        for line in ["[lints]\nworkspace = true", "publish.workspace = true", "license.workspace = true"] {
            if !manifest.text.contains(line) {
                wrong.push(format!("{name} lacks {line:?}"));
            }
        }
    }
    let root = std::fs::read_to_string(tests::workspace().join("Cargo.toml")).expect("a root manifest");
    if root.lines().any(|line| line.replace(' ', "").starts_with("panic=")) {
        wrong.push("a profile sets panic: what a partner sends is caught by unwinding".to_owned());
    }
    expect_only(wrong, &[], "a manifest");
}

#[test]
fn the_codemap_names_every_module() {
    let map = std::fs::read_to_string(tests::workspace().join("crates/README.md")).expect("crates/README.md");
    let mut missing = Vec::new();
    for file in files() {
        let Some((name, inside)) = file.path.strip_prefix("crates/").and_then(|p| p.split_once("/src/")) else {
            continue;
        };
        let module = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        let is_module =
            inside.ends_with(".rs") && !["lib", "main", "tests"].contains(&module) && !module.ends_with("_tests");
        if is_module && !map.contains(&format!("`{name}::{module}`")) {
            missing.push(format!("{name}::{module}"));
        }
    }
    expect_only(missing, &[], "crates/README.md has no line for");
}

fn manifests() -> BTreeMap<String, File> {
    let own = files().into_iter().filter(|f| f.path.ends_with("/Cargo.toml"));
    own.filter_map(|f| Some((f.path.rsplit('/').nth(1)?.to_owned(), f))).filter(|(name, _)| name != ".fuzz").collect()
}

/// The names in every table of dependencies.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut is_inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_inside = line.trim_end().ends_with("dependencies]");
        } else if is_inside && let Some(name) = line.split(['.', ' ', '=']).next().filter(|n| !n.is_empty()) {
            found.push(name);
        }
    }
    found
}
