//! What lies where, how long, and under which name.

use super::{expect_only, files, sources};

const TOP: [&str; 16] = [
    ".cargo",
    ".ci",
    ".clippy.toml",
    ".config",
    ".deny.toml",
    ".fuzz",
    ".gitattributes",
    ".gitignore",
    ".rustfmt.toml",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "crates",
    "deploy",
    "proto",
];

/// Files over 600 lines. May only shrink.
const LONG_FILES: [&str; 0] = [];

/// Functions over 70 lines, as `path function`. May only shrink.
const LONG_FUNCTIONS: [&str; 0] = [];

/// Migrations in order. Once released a migration keeps its name and its text: others have run it.
const MIGRATIONS: [&str; 12] = [
    "crates/store/migrations/0001_first.sql",
    "crates/store/migrations/0002_hubs.sql",
    "crates/store/migrations/0003_incident_document.sql",
    "crates/store/migrations/0004_import.sql",
    "crates/store/migrations/0005_about.sql",
    "crates/store/migrations/0006_vouch.sql",
    "crates/store/migrations/0007_admin.sql",
    "crates/store/migrations/0008_head.sql",
    "crates/store/migrations/0009_referral.sql",
    "crates/store/migrations/0010_about.sql",
    "crates/store/migrations/0011_payload_owner.sql",
    "crates/store/migrations/0012_tombstone.sql",
];

#[test]
fn the_top_level_holds_what_it_should() {
    let top = files().into_iter().filter_map(|f| f.path.split('/').next().map(str::to_owned));
    let strange = top.filter(|name| !TOP.contains(&name.as_str()) && name != "tests").collect();
    expect_only(strange, &[], "not a name for the top level");
}

#[test]
fn no_file_is_two_things() {
    let long = sources().into_iter().filter(|f| f.text.lines().count() > 600).map(|f| f.path).collect();
    expect_only(long, &LONG_FILES, "over 600 lines, so split it by noun");
}

#[test]
fn no_function_is_two_things() {
    let mut long = Vec::new();
    for file in sources() {
        for (name, lines) in functions(&file.text) {
            if lines > 70 {
                long.push(format!("{} {name}", file.path));
            }
        }
    }
    expect_only(long, &LONG_FUNCTIONS, "over 70 lines, so split it");
}

/// Each function with its number of lines. rustfmt puts the closing brace under the first letter of the head.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let Some((before, after)) = code.split_once("fn ") else { continue };
        let is_head = before.is_empty()
            || before.split_whitespace().all(|word| {
                ["pub", "const", "async", "unsafe"].contains(&word) || word.starts_with("pub(") || word.ends_with(')')
            });
        if !is_head {
            continue;
        }
        let indent = line.len() - code.len();
        let closing = format!("{}}}", " ".repeat(indent));
        let name = after.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        if let Some(length) = lines[start..].iter().position(|l| *l == closing) {
            found.push((name.to_owned(), length + 1));
        }
    }
    found
}

#[test]
fn functions_are_measured() {
    let text = "impl A {\n    pub(crate) async fn one(\n    ) {\n        b();\n    }\n}\n\nfn two() {\n}\n";
    assert_eq!(functions(text), [("one".to_owned(), 4), ("two".to_owned(), 2)]);
}

#[test]
fn nothing_has_a_name_that_says_nothing() {
    let empty = ["util", "utils", "common", "helper", "helpers", "core", "misc", "manager", "types"];
    let named = |path: &String| path.split('/').any(|part| empty.contains(&part.trim_end_matches(".rs")));
    let found = files().into_iter().map(|f| f.path).filter(named).collect();
    expect_only(found, &[], "a name for anything is a name for nothing");
}

#[test]
fn migrations_keep_their_names() {
    let mut found: Vec<String> = files().into_iter().map(|f| f.path).filter(|p| p.contains("/migrations/")).collect();
    found.sort();
    assert_eq!(found, MIGRATIONS, "a new migration goes to the end of the list");
}

#[test]
fn links_in_pages_lead_somewhere() {
    let files = files();
    let mut broken = Vec::new();
    for page in files.iter().filter(|f| f.path.ends_with(".md")) {
        let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in links(&page.text) {
            let path = tests::workspace().join(folder).join(link.split('#').next().unwrap_or_default());
            if !path.exists() {
                broken.push(format!("{} {link}", page.path));
            }
        }
    }
    expect_only(broken, &[], "a link that leads nowhere");
}

/// Links and pictures to files, not to the web and not within the page.
fn links(text: &str) -> Vec<&str> {
    let within = |open: &'static str, close: char| text.split(open).skip(1).filter_map(move |r| r.split(close).next());
    within("](", ')').chain(within("src=\"", '"')).filter(|t| !t.contains("://") && !t.starts_with('#')).collect()
}

#[test]
fn the_readme_draws_referrals_as_they_are() {
    let read = |path: &str| std::fs::read_to_string(tests::workspace().join(path)).expect("a file of the checkout");
    let golden = read("crates/domain/src/referral/goldens/states.snap");
    let drawn = golden.splitn(3, "---\n").last().expect("a head and a body");
    assert!(drawn.starts_with("stateDiagram-v2\n    [*] --> Draft\n"), "{drawn}");
    let readme = read("README.md");
    let shown = readme.split("```mermaid\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a diagram");
    assert_eq!(shown, drawn, "README.md is to show crates/domain/src/referral/goldens/states.snap");
}

#[test]
fn the_example_configuration_has_every_setting_with_its_default() {
    let example =
        std::fs::read_to_string(tests::workspace().join("deploy/fingerpost.example.toml")).expect("the example");
    let mut wrong = Vec::new();
    for field in node::config::Config::FIELDS {
        let value = example.lines().find_map(|l| l.strip_prefix(&format!("# {} = ", field.name)));
        let Some(value) = value else {
            wrong.push(format!("{} is not there", field.name));
            continue;
        };
        let default = field.default.join(", ");
        let value = if field.is_table {
            value.trim_matches(['{', '}']).trim().replace(" = ", "=")
        } else {
            value.trim_matches(['"', '[', ']']).to_owned()
        };
        if value != default {
            wrong.push(format!("{} is {value} there and {default:?} in truth", field.name));
        }
        let doc: Vec<_> = field.doc.split_whitespace().collect();
        let shown: Vec<_> = example.split_whitespace().filter(|word| *word != "#").collect();
        if !shown.windows(doc.len()).any(|window| window == doc) {
            wrong.push(format!("{} is explained in other words", field.name));
        }
    }
    expect_only(wrong, &[], "deploy/fingerpost.example.toml");
}
