//! Bytes flipped in the sender's database: the receiver refuses what they concern, says which and why, and takes the rest.

use sqlx::{Connection, Executor, Row, SqliteConnection};
use std::time::{Duration, Instant};
use tests::command::Folder;

#[test]
fn a_flipped_byte_costs_one_version_and_no_more() {
    for (table, column, word) in [("change", "bytes", "cd sheet"), ("statement", "bytes", "ef sheet")] {
        check(table, column, word);
    }
}

fn check(table: &str, column: &str, name: &str) {
    let (sender, receiver) = (Folder::initialised("sender"), Folder::initialised("receiver"));
    let up = sender.up([]);
    for listing in ["ab sheet", name, "gh sheet"] {
        sender.run(["listing", "add", "--set", &format!("name={listing}")]).expect_done();
    }
    let id = sender.json(["listing", "list"]);
    let _ = id;
    assert_eq!(up.stop(), 0);
    flip(&sender, table, column, name);
    let up = sender.up([]);
    let other = receiver.up([]);
    let code = sender.json(["invite"])["code"].as_str().expect("a code").to_owned();
    receiver.json(["join", &code]);
    let started = Instant::now();
    let status = loop {
        let status = receiver.json(["status"]);
        let refused = status["refused"].as_array().map_or(0, Vec::len);
        if refused > 0 && status["documents"]["listing"].as_u64() >= Some(2) {
            break status;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{table}: {status}");
    };
    let refused = status["refused"].to_string();
    assert!(refused.contains("listing") || refused.contains("version"), "{table}: says which: {refused}");
    let shown = receiver.run(["listing", "list"]).out;
    assert!(shown.contains("ab sheet") && shown.contains("gh sheet"), "{table}: takes the rest: {shown}");
    assert!(!shown.contains(name), "{table}: and not that one: {shown}");
    receiver.run(["verify"]).expect_done();
    let found = sender.run(["verify"]);
    assert_eq!(found.code, 1, "{table}: the sender's own check finds it: {}{}", found.out, found.err);
    assert_eq!((up.stop(), other.stop()), (0, 0));
}

/// Flips one bit in the middle of the stored bytes that belong to the listing of this name.
fn flip(folder: &Folder, table: &str, column: &str, name: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let url = store::sqlite_url(&folder.data().join("fingerpost.db"));
        let mut database = SqliteConnection::connect(&url).await.expect("the sender's database");
        let which = format!(
            "select rowid, {column} from {table} where doc_id = (select doc_id from document where name = '{name}')"
        );
        let row = database.fetch_one(sqlx::AssertSqlSafe(which)).await.expect("the row");
        let (rowid, mut bytes): (i64, Vec<u8>) = (row.get(0), row.get(1));
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let set = sqlx::AssertSqlSafe(format!("update {table} set {column} = ? where rowid = ?"));
        sqlx::query(set).bind(bytes).bind(rowid).execute(&mut database).await.expect("flipped");
        database.close().await.expect("closed");
    });
}
