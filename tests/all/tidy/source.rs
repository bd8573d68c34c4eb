//! What no source says.

use super::{expect_only, files, is_test, sources};

/// Calls of the contract that no test names yet. May only shrink.
const UNTRIED_CALLS: [&str; 0] = [];

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file keeps the rule it states.
    let macros = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    let marks = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["#[ig", "nore"], ["should_", "panic"]].map(|m| m.concat());
    let left: Vec<String> = macros.into_iter().chain(marks).collect();
    let mut found = Vec::new();
    for file in sources() {
        found.extend(left.iter().filter(|w| file.text.contains(*w)).map(|w| format!("{} {w}", file.path)));
    }
    expect_only(found, &[], "done now, or not here");
}

#[test]
fn no_test_sleeps() {
    // Put together here, so that this file keeps the rule it states.
    let sleeps = [["thread::", "sleep"], ["time::", "sleep"], ["sleep", "_ms"]].map(|name| name.concat());
    let sleeps = |text: &str| sleeps.iter().any(|name| text.contains(name));
    let found = sources().into_iter().filter(|f| is_test(&f.path) && sleeps(&f.text)).map(|f| f.path).collect();
    // The proxy of the bench is a wire with a length: what is on its way takes its time.
    let wires = ["tests/bench/proxy.rs"];
    expect_only(found, &wires, "a test waits for what it waits for, and does not sleep");
}

#[test]
fn every_source_says_what_it_is() {
    let says = |text: &str| text.starts_with("//!");
    let found = sources().into_iter().filter(|f| !is_test(&f.path) && !says(&f.text)).map(|f| f.path).collect();
    expect_only(found, &[], "the first line says what a file is");
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    // Put together here, so that this file keeps the rule it states.
    let mut words: Vec<String> = ["root", "home", "work"].iter().map(|folder| format!("/{folder}/")).collect();
    let own = tests::workspace();
    words.extend(own.parent().filter(|p| p.components().count() > 1).map(|p| format!("{}/", p.display())));
    let hosts = [
        ("index.crates", "io"),
        ("static.crates", "io"),
        ("registry.npmjs", "org"),
        ("pypi", "org"),
        ("deb.debian", "org"),
    ];
    words.extend(hosts.map(|(name, end)| format!("{name}.{end}")));
    let mut found = Vec::new();
    for file in files() {
        let named = words.iter().filter(|word| file.text.contains(word.as_str()));
        found.extend(named.map(|word| format!("{} {word}", file.path)));
    }
    expect_only(found, &[], "a path or host of one machine");
}

#[test]
fn every_call_of_the_contract_is_tried() {
    let tests: String = sources().into_iter().filter(|f| is_test(&f.path)).map(|f| f.text).collect();
    let mut untried = Vec::new();
    for proto in files().into_iter().filter(|f| f.path.ends_with(".proto")) {
        let calls = proto.text.lines().filter_map(|l| l.trim().strip_prefix("rpc ")?.split('(').next());
        for call in calls {
            if !tests.contains(&format!(".{}(", snake(call))) && !tests.contains(&format!("/{call}\"")) {
                untried.push(call.to_owned());
            }
        }
    }
    expect_only(untried, &UNTRIED_CALLS, "a call of the contract that no test makes");
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
