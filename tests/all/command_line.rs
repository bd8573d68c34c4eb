//! Wrong input at the command line: told once with cause and hint, exit code 1 or 2, and nothing changed.

use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use std::net::TcpListener;
use tests::command::{Folder, is_absent};

const SERVICE: &str =
    r#"{"id":"5f0c1d6e-0000-4000-8000-000000000001","name":"Supper","description":"A hot meal","status":"active"}"#;

/// What a node holds, as a program sees it.
fn held(folder: &Folder) -> String {
    let status = folder.json(["status"]);
    let listings = folder.run(["listing", "list", "--json"]);
    listings.expect_done();
    let partners: Vec<_> = status["partners"].as_array().unwrap().iter().map(|p| p["id"].to_string()).collect();
    format!("{} {partners:?} {}", status["documents"], listings.out)
}

#[test]
fn what_is_no_command_is_wrong_usage_and_makes_no_folder() {
    fn check(line: &str, says: &[&str]) {
        let folder = Folder::new();
        folder.run(line.split(' ')).expect_told(2, says);
        assert!(is_absent(&folder.data()), "{line}");
    }
    check("lisst", &["lisst", "listing"]);
    check("listing shwo 7f", &["shwo", "show"]);
    check("listing show", &["<ID>"]);
    check("listing edit 7f --set name", &["no = between path and value"]);
    check("listing edit 7f --set name={open", &["not YAML"]);
    check("invite --expires soon", &["soon", "72h"]);
    check("invite --as friend", &["friend", "partner, member, node"]);
    check("init", &["--name"]);
    check("import", &["<SOURCE>"]);
    check("import x --yes --dry-run", &["--yes", "--dry-run"]);
    check("import undo --yes --dry-run", &["--yes", "--dry-run"]);
    check("import undo x", &["x"]);
    check("status --jsno", &["--jsno", "--json"]);
    check("completions klingon", &["klingon", "bash"]);
    check("up --port 80", &["--port"]);
    check("referral decline 7f", &["--reason"]);
    check("referral decline 7f --reason because", &["because", "no-space, not-eligible"]);
    check("referral end 7f --outcome done", &["done", "completed, partly-completed"]);
    check("referral accept 7f --at 1026-11-03T14:00", &["the year 1026 cannot be meant", "hint: look at the year"]);
    check("referral ask 7f --words Maud", &["--words"]);
    check("privacy subject --to x", &["<REFERRAL>"]);
    check("partner agreement k3 --reference DSA", &["--expires"]);
}

#[test]
fn without_a_folder_nothing_is_read_and_nothing_is_made() {
    for line in [
        "status",
        "doctor",
        "verify",
        "listing list",
        "listing show 7f",
        "export",
        "invite",
        "import x",
        "partner list",
        "partner agreement",
        "referral list",
        "referral open 7f",
        "privacy due",
    ] {
        let folder = Folder::new();
        folder.run(line.split(' ')).expect_told(1, &["no data folder", "fingerpost up", "--data"]);
        assert!(is_absent(&folder.data()), "{line}");
    }
}

#[test]
fn what_needs_a_node_says_how_to_start_it() {
    let folder = Folder::initialised("Night Shelter");
    let lines = [
        "invite",
        "join x",
        "listing add --set name=Supper",
        "listing withdraw 7f",
        "import Cargo.toml",
        "import undo",
        "partner pause x",
        "partner agreement x --end",
        "referral new 7f --answers Cargo.toml",
        "referral send 7f",
        "referral open 7f",
        "referral accept 7f",
        "referral export 7f --fhir x",
        "privacy subject 7f --to x",
        "privacy hold 7f --basis legal-claim --until 2027-03-31",
        "organisation edit --set name=x",
    ];
    for line in lines {
        folder.run(line.split(' ')).expect_told(1, &["no node runs for", "start it with `fingerpost up --data"]);
    }
}

#[test]
fn a_folder_that_holds_a_node_is_not_made_twice() {
    let folder = Folder::initialised("Night Shelter");
    let before = held(&folder);
    folder.run(["init", "--name", "Another"]).expect_told(1, &["Night Shelter", "already"]);
    assert_eq!(held(&folder), before);
}

#[test]
fn a_folder_that_cannot_be_one_is_refused() {
    let folder = Folder::new();
    std::fs::write(folder.data(), "a file").unwrap();
    folder.run(["init", "--name", "x"]).expect_told(1, &["is a file"]);
    folder.run(["status"]).expect_told(1, &["is a file"]);
}

#[test]
fn a_wrong_database_is_told_and_leaves_no_folder() {
    fn check(url: &str, says: &[&str]) {
        for line in [vec!["init", "--name", "x", "--database", url], vec!["up", "--name", "x", "--database", url]] {
            let folder = Folder::new();
            folder.run(line).expect_told(1, says);
            assert!(is_absent(&folder.data()), "{url}");
        }
    }
    check("mysql://localhost/x", &["mysql"]);
    check("nonsense", &["scheme", "postgres://"]);
    check("postgres://nobody@127.0.0.1:1/x", &["database"]);
    check("postgres://nobody:hunter2@127.0.0.1:1/x", &["database"]);
    let folder = Folder::new();
    let ran = folder.run(["init", "--name", "x", "--database", "postgres://nobody:hunter2@127.0.0.1:1/x"]);
    assert!(!ran.err.contains("hunter2"), "a password is in {}", ran.err);
    folder
        .run([
            "init",
            "--name",
            "x",
            "--database",
            "postgres://n@127.0.0.1:1/x",
            "--database-password-file",
            "/no/such/file",
        ])
        .expect_told(1, &["/no/such/file"]);
}

#[test]
fn a_wrong_configuration_names_the_setting() {
    let folder = Folder::initialised("Night Shelter");
    for (file, says) in [
        ("node_lissten = \"x\"", ["node_lissten", "node_listen"]),
        ("cache_megabytes = \"many\"", ["cache_megabytes", "many"]),
        ("this is no toml", ["fingerpost.toml", "configuration file"]),
    ] {
        std::fs::write(folder.data().join("fingerpost.toml"), file).unwrap();
        folder.run(["status"]).expect_told(1, &says);
        folder.run(["up"]).expect_told(1, &says);
    }
    std::fs::write(folder.data().join("fingerpost.toml"), b"name = \"\xff\"").unwrap();
    folder.run(["status"]).expect_told(1, &["fingerpost.toml"]);
    std::fs::remove_file(folder.data().join("fingerpost.toml")).unwrap();
    let ran = folder.command(["status"]).env("FINGERPOST_NOD_LISTEN", "x").output().unwrap();
    assert!(
        String::from_utf8_lossy(&ran.stderr).contains("NOD_LISTEN")
            || String::from_utf8_lossy(&ran.stderr).contains("nod_listen")
    );
    folder.run(["up", "--log", "node=["]).expect_told(1, &["what to log"]);
}

#[test]
fn a_port_or_a_folder_in_use_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::initialised("Night Shelter");
    let up = |node: &str, people: &str| folder.run(["up", "--node-listen", node, "--people-listen", people]);
    up(&address, "127.0.0.1:0").expect_told(1, &[&address, "--node-listen"]);
    up("127.0.0.1:0", &address).expect_told(1, &[&address, "--people-listen"]);
    up("127.0.0.1:0", "not an address").expect_told(1, &["not an address"]);
    up("shelter", "127.0.0.1:0").expect_told(1, &["shelter"]);

    let running = folder.up([]);
    up("127.0.0.1:0", "127.0.0.1:0").expect_told(1, &["has the data folder"]);
    folder.run(["init", "--name", "Another"]).expect_told(1, &[]);
    assert_eq!(folder.json(["status"])["organisation"]["name"], "Night Shelter");
    assert_eq!(running.stop(), 0);
}

#[test]
fn an_invitation_that_is_none_changes_nothing() {
    let (shelter, council) = (Folder::initialised("Night Shelter"), Folder::initialised("Council"));
    let _shelter_runs = shelter.up([]);
    let council_runs = council.up([]);
    let code = council.json(["invite"])["code"].as_str().unwrap().to_owned();
    let before = held(&shelter);
    let mut mistyped = code.clone();
    let at = code.len() / 2;
    let other = if code.as_bytes()[at] == b'a' { "b" } else { "a" };
    mistyped.replace_range(at..=at, other);
    for (wrong, says) in [
        ("", "invitation"),
        ("hello", "invitation"),
        (&mistyped, "invitation"),
        (&code[..code.len() - 6], "invitation"),
    ] {
        shelter.run(["join", wrong]).expect_told(1, &[says]);
    }
    council.run(["join", &code]).expect_told(1, &[]);
    assert_eq!(held(&shelter), before);

    // Used by one, it is nobody else's.
    shelter.run(["join", &code]).expect_done();
    let third = Folder::initialised("Third");
    let _third_runs = third.up([]);
    third.run(["join", &code]).expect_told(1, &[]);
    assert_eq!(third.json(["status"])["partners"], serde_json::json!([]));

    // Nobody listens where it leads.
    let late = council.json(["invite"])["code"].as_str().unwrap().to_owned();
    council_runs.kill();
    third.run(["join", &late]).expect_told(1, &[]);
    assert_eq!(third.json(["status"])["partners"], serde_json::json!([]));
}

#[test]
fn a_wrong_edit_names_the_field_and_writes_nothing() {
    let folder = Folder::initialised("Night Shelter");
    let _running = folder.up([]);
    let id = folder.json(["listing", "add", "--set", "name=Supper"])["id"].as_str().unwrap().to_owned();
    let before = held(&folder);
    let check = |words: &[&str], says: &[&str]| {
        folder.run([&["listing", "edit", &id], words].concat()).expect_told(1, says);
        assert_eq!(held(&folder), before, "{words:?}");
    };
    check(&["--set", "nmae=x"], &["nmae", "name"]);
    check(&["--set", "sessions.9.notes=x"], &["sessions", "sessions.+"]);
    check(&["--set", "name.first=x"], &["name has no fields"]);
    check(&["--set", "minimum_age=eighteen"], &["minimum_age", "number"]);
    check(&["--set", "funded_until=31/03/2026"], &["funded_until", "2026-03-31"]);
    check(&["--set", "name=\"a\\0b\""], &["NUL"]);
    check(&["--set", &format!("description={}", "x".repeat(40_000))], &["40000 bytes"]);
    check(&["--unset", "nmae"], &["nmae"]);
    check(&["--set", "fees=free", "--set", "nmae=x"], &["nmae"]);
    check(&["--from", "/no/such/file.yaml"], &["/no/such/file.yaml"]);
    check(&["--from", folder.file("bytes.yaml", b"name: \xff").to_str().unwrap()], &["not UTF-8"]);
    check(&["--from", folder.file("list.yaml", "- a").to_str().unwrap()], &["does not name fields"]);

    folder.run(["listing", "edit", &id]).expect_told(2, &["--set PATH=VALUE"]);
    folder.run(["listing", "add", "--set", "description=no name"]).expect_told(1, &["name"]);
    folder.run(["listing", "show", "ffffffff"]).expect_told(1, &["ffffffff"]);
    folder.run(["listing", "show", "no id"]).expect_told(1, &["no id"]);
    folder.run(["listing", "share", &id, "--audience", "everyone"]).expect_told(1, &["everyone"]);
    folder.run(["partner", "show", "nobody"]).expect_told(1, &["nobody"]);
    folder.run(["partner", "confirm", "nobody", "--words", "a b"]).expect_told(1, &["nobody"]);
    folder.run(["listing", "list", "--owner", "nobody"]).expect_told(1, &["nobody"]);
    assert_eq!(held(&folder), before);
}

#[test]
fn a_file_that_cannot_be_imported_changes_nothing() {
    let folder = Folder::initialised("Night Shelter");
    let _running = folder.up([]);
    let before = held(&folder);
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    (0..200).for_each(|_| writeln!(gz, "{SERVICE}").unwrap());
    let gz = gz.finish().unwrap();
    let check = |name: &str, bytes: &[u8], says: &[&str]| {
        let file = folder.file(name, bytes);
        for more in ["--yes", "--dry-run"] {
            folder.run(["import", file.to_str().unwrap(), more]).expect_told(1, says);
        }
        assert_eq!(held(&folder), before, "{name}");
    };
    check("truncated.ndjson.gz", &gz[..gz.len() / 2], &["truncated.ndjson.gz"]);
    check("no.ndjson.gz", b"not gzip at all", &["no.ndjson.gz"]);
    check("binary.json", &[0xff, 0xfe, 0, 1, 2], &["UTF-8"]);
    check("empty.json", b"", &["empty.json"]);
    check("empty.csv", b"", &["empty.csv"]);
    check("latin.csv", b"Name,Where\nTea,Caf\xe9\n", &["latin.csv", "not UTF-8 in line 2", "CSV UTF-8"]);
    check(
        "wide.csv",
        "\u{feff}Name,Where\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().as_slice(),
        &["UTF-16"],
    );
    check("groups.xlsx", b"PK\x03\x04", &["groups.xlsx", "CSV UTF-8"]);
    check("nameless.csv", b"Colour,Size\nred,7\n", &["reads like the name", "Colour, Size", "--mapping"]);
    let good = folder.file("groups.csv", "Name,Where\nTea,Hall\n");
    let with = |mapping: &str, says: &[&str]| {
        let mapping = folder.file("columns.yaml", mapping);
        let words = ["import", good.to_str().unwrap(), "--yes", "--mapping", mapping.to_str().unwrap()];
        folder.run(words).expect_told(1, says);
        assert_eq!(held(&folder), before, "{says:?}");
    };
    with("columns:\n  Were: place\n", &["no column \"Were\"", "did you mean \"Where\"?"]);
    with("columns:\n  Where: plcae\n", &["\"plcae\"", "did you mean \"place\"?"]);
    with("columns: [", &["not YAML"]);
    with("colums: {}", &["\"colums\""]);
    folder.run(["import", "undo"]).expect_told(1, &["nothing was imported here"]);
    folder.run(["import", "/no/such/file.json"]).expect_told(1, &["/no/such/file.json"]);
    folder.run(["import", "data"]).expect_told(1, &["data"]);
    folder.run(["import", "https://example.org/services"]).expect_told(1, &["https://example.org/services"]);
    assert_eq!(held(&folder), before);
}

#[test]
fn bad_rows_are_told_by_line_and_the_rest_is_imported() {
    let folder = Folder::initialised("Night Shelter");
    let _running = folder.up([]);
    let huge = SERVICE.replace("A hot meal", &"x".repeat(100_000)).replace("0001", "0002");
    let nul = SERVICE.replace("A hot meal", "a\\u0000b").replace("0001", "0003");
    let nameless = r#"{"id":"5f0c1d6e-0000-4000-8000-000000000004"}"#;
    let doubled = SERVICE.replace("Supper", "Supper again");
    let text = [SERVICE, "{broken", &huge, &nul, nameless, &doubled, "[]"].join("\n");
    let ran = folder.run(["import", folder.file("rows.ndjson", text).to_str().unwrap(), "--yes"]);
    ran.expect_done();
    for line in 2..=7 {
        assert!(ran.out.contains(&format!("line {line}: ")), "line {line} is not told in:\n{}", ran.out);
    }
    assert_eq!(folder.json(["status"])["documents"]["listing"], 1);
}
