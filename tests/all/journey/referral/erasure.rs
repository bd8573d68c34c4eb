//! What is said of a person is sealed wherever it lies, and once erased stays so, whatever is put back from before.

use super::super::crash::metrics;
use super::canary::{self, WORD};
use super::{
    ARTS, Node, Referring, act, agreement, answers, attempt, attempt_saying, bare, column, draft, expect_whole,
};
use super::{open_way, referrals_in, referring, row, until};
use serde_json::Value;
use sqlx::{AnyConnection, Connection, Row};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tests::postgres::Cluster;

/// The word in every answer that takes words.
fn planted(filled: &str) -> String {
    const WORDS: [&str; 13] = [
        "area",
        "spoken_language",
        "read_language",
        "name",
        "known_as",
        "address",
        "when_to_call",
        "who_may_answer",
        "learned_before",
        "what_matters",
        "what_helps",
        "emergency_contact_name",
        "emergency_contact_relation",
    ];
    let line = |line: &str| match line.split_once(": ") {
        Some((field, _)) if WORDS.contains(&field) => format!("{field}: '{WORD}'\n"),
        _ => format!("{line}\n"),
    };
    let planted: String = filled.lines().map(line).collect();
    assert_eq!(planted.matches(WORD).count(), WORDS.len());
    planted
}

/// Says the word over standard input, while the process and what started it are looked at as everybody may.
fn say_unseen(node: &Node, id: &str, verb: &str) {
    let mut command = node.folder.command(["referral", verb, id, "--words-from", "-"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("it is piped");
    writeln!(input, "{WORD}").expect("it reads");
    input.flush().expect("it reads");
    expect_process_clean(child.id());
    drop(input);
    let ended = child.wait_with_output().expect("it ends");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

fn expect_process_clean(id: u32) {
    for file in ["cmdline", "environ", "comm"] {
        // A process that has only begun tells nothing yet.
        let told = until(file, || std::fs::read(format!("/proc/{id}/{file}")).ok().filter(|told| !told.is_empty()));
        assert_eq!(canary::found(&told), BTreeSet::new(), "{file}");
    }
}

/// What is told to whoever may not read what is said of people.
const TOLD: [&[&str]; 10] = [
    &["referral", "list", "--all"],
    &["referral", "list", "--all", "--json"],
    &["referral", "chase"],
    &["privacy", "due", "--json"],
    &["privacy", "erasures", "--json"],
    &["privacy", "access", "--json"],
    &["pathway", "times", "--json"],
    &["status", "--json"],
    &["doctor", "--json"],
    &["config", "show"],
];

/// Writes all of that, and what is exported, into a folder beside the node's.
fn export(node: &Node, folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    for words in [&["export"][..], &["privacy", "breach", "--to"]] {
        let file = folder.join(words.join("-"));
        let _ = std::fs::remove_file(&file);
        node.run(&[words, &[file.to_str().expect("a path")]].concat()).expect_done();
        assert!(std::fs::metadata(&file).expect("written").len() > 0 || words == ["export"]);
    }
    for words in TOLD {
        let told = node.run(words);
        std::fs::write(folder.join(words.join("-")), format!("{}{}", told.out, told.err)).expect("writes");
        assert!(!told.out.is_empty() || words[0] != "referral", "{words:?} tells something");
    }
}

/// The word is nowhere at a node: not in its folder, its log, its database, its process or its figures, nor in what it exports.
#[track_caller]
fn expect_unseen(node: &Node, when: &str) {
    let beside = node.folder.data();
    let beside = beside.parent().expect("a folder");
    assert!(beside.join("log").is_file() && node.folder.data().join("keys").is_file());
    if node.running.is_some() {
        export(node, &beside.join("exports"));
    }
    assert_eq!(canary::found_in(beside), [], "{when}");
    if node.database.is_some() {
        let dump = dump(node);
        assert!(dump.len() > 10_000, "it holds something");
        assert_eq!(canary::found(&dump), BTreeSet::new(), "in the database {when}");
    }
    if let Some(running) = &node.running {
        expect_process_clean(running.id());
        assert_eq!(canary::found(metrics(node).as_bytes()), BTreeSet::new(), "in the figures {when}");
    }
}

/// Every row of every table, as text and with its bytes as they are.
fn dump(node: &Node) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&node.database_url()).await.expect("connects");
        let tables = "select tablename::text from pg_tables where schemaname = 'public' order by 1";
        let tables = sqlx::query(tables).fetch_all(&mut connection).await.expect("reads");
        let mut dump = Vec::new();
        for table in tables {
            let table: String = table.get(0);
            let rows = sqlx::query(sqlx::AssertSqlSafe(format!("select t::text from \"{table}\" t")));
            for row in rows.fetch_all(&mut connection).await.expect("reads") {
                let row: String = row.get(0);
                dump.extend(row.as_bytes());
                for bytes in row.split("\\x").skip(1) {
                    let digits: Vec<_> = bytes.bytes().map_while(|byte| char::from(byte).to_digit(16)).collect();
                    dump.extend(
                        digits.chunks_exact(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("a byte")),
                    );
                }
            }
        }
        connection.close().await.expect("closes");
        dump
    })
}

/// A referral with the word in each field, opened, asked about and ended: both have it, in all that can carry words.
fn told_and_ended(both: &Referring) -> String {
    let pathway = open_way(&both.arts, &both.workers, "training-centre", str::to_owned);
    let filled = planted(&answers(&both.arts, "training-centre"));
    let consent = format!("{}words: '{WORD}'\n", agreement(ARTS, "progress"));
    let id = draft(&both.workers, &pathway, &filled, Some(&consent), &[]);
    for name in ["answers.yaml", "agreement.yaml"] {
        let file = both.workers.folder.data().parent().expect("a folder").join(name);
        std::fs::remove_file(file).expect("it was there");
    }
    expect_unseen(&both.workers, "while it is a draft");
    act(&both.workers, &id, "send");
    expect_whole(&both.arts, &id);
    let opened = both.arts.json(&["referral", "open", &id]);
    assert_eq!(
        (&opened["opened"]["answers"]["name"], &opened["opened"]["agreement"]["words"]),
        (&WORD.into(), &WORD.into())
    );
    say_unseen(&both.arts, &id, "ask");
    until("it is asked", || (row(&both.workers, &id)?["detail"] == "information asked").then_some(()));
    expect_whole(&both.workers, &id);
    attempt(&both.workers, &id, "open").expect_says(&[WORD]);
    attempt_saying(&both.workers, &id, "answer", WORD).expect_done();
    until("it is answered", || (row(&both.arts, &id)?["detail"] == "information asked, answered").then_some(()));
    for words in ["accept", "start", "feedback", "end --outcome completed"] {
        attempt_saying(&both.arts, &id, words, WORD).expect_done();
    }
    both.expect(&id, "finished: ended (completed); held by receiver; owed by sender: see how it ended and close");
    act(&both.workers, &id, "close");
    both.expect(&id, "finished: ended (completed), closed; held by receiver");
    for node in [&both.workers, &both.arts] {
        expect_whole(node, &id);
        assert!(attempt(node, &id, "open").out.contains(WORD), "it is there, for who may read it");
    }
    id
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg(from).arg(to).status().expect("cp is there");
    assert!(done.success());
}

/// The data folder, and the database where that is elsewhere, as they are while the node does not run.
struct Kept {
    folder: tempfile::TempDir,
    database: Option<String>,
}

impl Kept {
    fn of(node: &mut Node) -> Self {
        node.stop();
        let folder = tempfile::tempdir().expect("a folder");
        copy(&node.folder.data(), &folder.path().join("data"));
        let database = node.database.as_ref().map(|url| another(url, "kept"));
        node.up();
        Self { folder, database }
    }

    /// Puts it back in place of what is there. The node does not run then.
    fn put_back(&self, node: &mut Node) {
        if node.running.is_some() {
            node.stop();
        }
        std::fs::remove_dir_all(node.folder.data()).expect("it was there");
        copy(&self.folder.path().join("data"), &node.folder.data());
        let (Some(kept), Some(url)) = (&self.database, &node.database) else { return };
        let (old, new) = (named(kept), named(url));
        psql(kept, &format!("drop database \"{new}\""));
        psql(&kept.replace(old, "postgres"), &format!("create database \"{new}\" template \"{old}\""));
    }
}

/// The name of the database in a URL.
fn named(url: &str) -> &str {
    let (url, _) = url.split_once('?').unwrap_or((url, ""));
    url.rsplit_once('/').expect("a URL with a database in it").1
}

/// A copy of a database that nobody is connected to. Gives its URL.
fn another(url: &str, suffix: &str) -> String {
    let name = named(url);
    let copy = format!("{name}_{suffix}");
    psql(&url.replace(name, "postgres"), &format!("create database \"{copy}\" template \"{name}\""));
    url.replace(name, &copy)
}

fn psql(url: &str, statement: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(url).await.expect("connects");
        sqlx::query(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.expect("done");
        connection.close().await.expect("closes");
    });
}

#[track_caller]
fn expect_gone(node: &Node, id: &str) {
    until("it is gone", || {
        ["payload", "data_key", "draft"]
            .iter()
            .all(|table| !referrals_in(node, table).contains(&bare(id)))
            .then_some(())
    });
    attempt(node, id, "open").expect_told(1, &["erased"]);
    let file = node.folder.data().join("nothing.json");
    let export = node.run(&["referral", "export", id, "--fhir", file.to_str().expect("a path")]);
    assert_eq!(export.code, 1, "{export:?}");
    assert!(!file.exists());
}

#[test]
fn what_was_erased_stays_so_where_either_side_puts_an_older_copy_back() {
    referring("erase", |both| {
        // Another key stays beside the one that goes.
        both.sent("outcome");
        let id = told_and_ended(both);
        let given_up = "finished: erased";
        for node in [&both.workers, &both.arts] {
            expect_unseen(node, "before it is erased");
        }
        let kept = [Kept::of(&mut both.workers), Kept::of(&mut both.arts)];
        let sealed = |node: &Node| {
            column(node, &format!("select locked from data_key where substr(request, 1, 16) = {}", literal(node, &id)))
        };
        let keys = [sealed(&both.workers), sealed(&both.arts)];
        act(&both.workers, &id, "erase --yes");
        both.expect(
            &id,
            "finished: ended (completed), closed, erased by sender, receiver has not confirmed; held by receiver; \
             owed by receiver: answer the erasure",
        );
        attempt(&both.workers, &id, "open").expect_told(1, &["was erased here", "nothing brings it back"]);
        let outstanding = |node: &Node| {
            let rows = node.lines(&["privacy", "erasures"]);
            rows.into_iter().find(|row| row["id"] == id.as_str()).expect("it is told")["outstanding"].clone()
        };
        assert_eq!((outstanding(&both.workers), outstanding(&both.arts)), (true.into(), true.into()));
        act(&both.arts, &id, "erase --yes");
        both.expect(&id, given_up);
        expect_given_up(both, &id);
        assert_eq!((outstanding(&both.workers), outstanding(&both.arts)), (false.into(), false.into()));
        for (node, key) in [&mut both.workers, &mut both.arts].into_iter().zip(keys) {
            expect_gone(node, &id);
            // What is written ahead goes into the database with the end of the process.
            node.stop();
            expect_bytes_gone(node, &key);
            node.up();
        }
        let [workers, arts] = &kept;
        for (kept, is_sender) in [(arts, false), (workers, true)] {
            let node = if is_sender { &mut both.workers } else { &mut both.arts };
            kept.put_back(node);
            expect_back(node, &id);
            node.up();
            both.expect(&id, given_up);
            expect_gone(if is_sender { &both.workers } else { &both.arts }, &id);
        }
        // Where the list of what was erased is there, nobody has to be heard of.
        let list = both.arts.folder.data().join("erased");
        let erased = std::fs::read(&list).expect("a list");
        both.workers.stop();
        arts.put_back(&mut both.arts);
        expect_back(&both.arts, &id);
        std::fs::write(&list, erased).expect("writes");
        both.arts.up();
        expect_gone(&both.arts, &id);
        both.workers.up();
        both.expect(&id, given_up);
        for node in [&both.workers, &both.arts] {
            assert_eq!(outstanding(node), false);
            expect_unseen(node, "after an older copy was put back");
            // The server's files have rows that it deleted, and what it wrote ahead.
            if let (Some(database), Some(files)) = (&node.database, Cluster::shared().and_then(Cluster::folder)) {
                psql(database, "checkpoint");
                assert_eq!(canary::found_plainly_in(&files), []);
            }
        }
    });
}

#[test]
fn who_erases_last_waits_for_nobody_to_hear_of_it() {
    referring("last", |both| {
        for first in ["sender", "receiver"] {
            let id = both.sent("outcome");
            both.course(&id, "receiver decline --reason no-space");
            both.expect(&id, "finished: declined (no-space); held by sender");
            let second = if first == "sender" { "receiver" } else { "sender" };
            both.course(&id, &format!("{first} erase --yes"));
            until("both have heard", || both.told(&id).contains("has not confirmed").then_some(()));
            let (away, here) = match first {
                "sender" => (&mut both.workers, &both.arts),
                _ => (&mut both.arts, &both.workers),
            };
            away.stop();
            act(here, &id, "erase --yes");
            let shown = until("it is given up", || row(here, &id).filter(|row| row["request"] == "erased"));
            assert_eq!(shown["shown"], "finished");
            here.run(&["referral", "show", &id]).expect_says(&[&format!("not yet signed by {first}")]);
            assert!(here.lines(&["referral", "list"]).iter().all(|row| row["id"] != id.as_str()), "nothing waits");
            attempt(here, &id, if second == "sender" { "close" } else { "accept" }).expect_told(1, &["is erased"]);
            away.up();
            both.expect(&id, "finished: erased");
            for node in [&both.workers, &both.arts] {
                let verified = node.run(&["verify"]);
                assert_eq!(verified.code, 0, "{verified:?}");
            }
        }
    });
}

#[test]
fn with_a_partner_goes_what_is_kept_of_referrals_with_it() {
    referring("gone", |both| {
        let id = both.sent("outcome");
        both.course(&id, "receiver decline --reason no-space");
        both.expect(&id, "finished: declined (no-space); held by sender");
        let arts = super::organisation(&both.arts);
        both.workers.run(&["partner", "remove", &arts]).expect_done();
        let left = row(&both.workers, &id).expect("that it is erased");
        assert_eq!((&left["request"], &left["partner"]), (&"erased".into(), &Value::Null), "{left}");
        both.workers.run(&["referral", "list", "--all"]).expect_says(&["to a former partner"]);
        let told = row(&both.arts, &id).expect("it has its own part");
        assert_eq!(told["response"], "declined");
        for table in ["payload", "data_key"] {
            assert!(!referrals_in(&both.workers, table).contains(&bare(&id)), "{table}");
        }
    });
}

/// That it is erased is signed by both, and nothing else is kept of it: no event, no word of how it ended, no change of a document.
#[track_caller]
fn expect_given_up(both: &Referring, id: &str) {
    for node in [&both.workers, &both.arts] {
        let shown = node.json(&["referral", "show", id]);
        let kept = (&shown["request"], &shown["response"], &shown["holder"], &shown["events"]);
        assert_eq!(kept, (&"erased".into(), &"erased".into(), &Value::Null, &Value::Array(Vec::new())), "{shown}");
        node.run(&["referral", "show", id]).expect_says(&["erased by both, by sender on", "That it is erased is all"]);
        node.run(&["referral", "history", id]).expect_says(&["That it is erased is all"]);
        node.run(&["privacy", "erasures"]).expect_says(&["here: erased, signed on", ": erased, signed on"]);
        node.run(&["privacy", "access", id]).expect_done();
        attempt(node, id, "close").expect_told(1, &["nothing of it is kept", "privacy erasures"]);
        let breach = node.json(&["privacy", "breach", "--to", "-"]);
        let told = breach["referrals"].as_array().expect("a list").iter().find(|one| one["referral"] == id);
        assert!(told.expect("it was here").get("erased_ms").is_some_and(Value::is_i64), "{breach}");
        let of = |column_of: &str, table: &str| {
            let with = format!("substr(doc_id, 1, 16) = {}", literal(node, id));
            column(node, &format!("select {column_of} from {table} where {with}"))
        };
        assert_eq!(of("doc_id", "change").len(), 0, "no change is kept");
        assert_eq!(of("doc_id", "document").len(), 2, "both rows stand");
        let value = "case when value = 'null' then doc_id else doc_id || doc_id end";
        assert!(of(value, "document").iter().all(|row| row.len() == 32), "and say nothing");
    }
}

/// The bytes of the one key are in no file where they were.
#[track_caller]
fn expect_bytes_gone(node: &Node, key: &[Vec<u8>]) {
    let [key] = key else { panic!("one key, but {}", key.len()) };
    let mut folders = vec![node.folder.data()];
    folders.extend(files_of_database(node));
    for entry in folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder").flatten()) {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let is_here = bytes.windows(key.len()).any(|window| window == key.as_slice());
        assert!(!is_here, "the key's bytes are in {} still", entry.path().display());
    }
}

/// All of it is there again, and nothing says that it was erased.
#[track_caller]
fn expect_back(node: &Node, id: &str) {
    for table in ["payload", "data_key"] {
        assert!(referrals_in(node, table).contains(&bare(id)), "{table}");
    }
    assert!(!referrals_in(node, "erased").contains(&bare(id)));
    assert!(!node.folder.data().join("erased").exists());
}

/// Where PostgreSQL keeps a node's tables, as they are on disk now.
fn files_of_database(node: &Node) -> Option<PathBuf> {
    let (url, files) = (node.database.as_ref()?, Cluster::shared()?.folder()?);
    psql(url, "checkpoint");
    let number =
        column(node, "select convert_to(oid::text, 'UTF8') from pg_database where datname = current_database()");
    Some(files.join("base").join(String::from_utf8(number.concat()).expect("digits")))
}

/// An id as a literal of the node's database.
fn literal(node: &Node, id: &str) -> String {
    match node.database {
        Some(_) => format!("'\\x{}'", bare(id)),
        None => format!("x'{}'", bare(id)),
    }
}
