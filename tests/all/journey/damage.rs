//! A byte flipped in what an organisation sends: the partner refuses that, says what and why, and takes the rest.

use super::{Node, add, both, expect_clean, expect_listings, pair, until};
use serde_json::Value;
use sqlx::{AnyConnection, Connection, Row};
use std::collections::BTreeSet;

/// Changes one stored blob of the listing with this name, behind the node's back. `table` has one row for it.
pub(super) fn flip(node: &Node, name: &str, table: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let select =
        format!("select doc_id, bytes from {table} where doc_id = (select doc_id from document where name = $1)");
    alter(node, &select, Key::Text(name), &format!("update {table} set bytes = $1 where doc_id = $2"), change);
}

/// The same of the own keys where the node says what it is.
fn flip_own_keys(node: &Node, org: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let org: domain::OrgId = org.parse().expect("an organisation id");
    let select = "select org_id, keys from node where org_id = $1";
    alter(node, select, Key::Bytes(org.as_bytes()), "update node set keys = $1 where org_id = $2", change);
}

/// The same of an organisation's keys.
pub(super) fn flip_keys(node: &Node, org: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let org: domain::OrgId = org.parse().expect("an organisation id");
    let select = "select org_id, bytes from keys where org_id = $1";
    alter(node, select, Key::Bytes(org.as_bytes()), "update keys set bytes = $1 where org_id = $2", change);
}

/// The same of a hub's word on an organisation. Gives its document's id.
pub(super) fn flip_entry(hub: &Node, of: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let id = |org: &str| org.parse::<domain::OrgId>().expect("an organisation id");
    let hub_org = text(&hub.folder.json(["status"])["organisation"]["id"]);
    let entry = domain::sync::roster::entry_document(&id(&hub_org), &id(of));
    let select = "select doc_id, bytes from change where doc_id = $1";
    alter(hub, select, Key::Bytes(entry.as_bytes()), "update change set bytes = $1 where doc_id = $2", change);
    entry.to_string()
}

/// Runs a statement behind the node's back; says how many rows it changed.
pub(super) fn change(node: &Node, statement: &str) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&node.database_url()).await.expect("connects");
        let query = sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()));
        let changed = query.execute(&mut connection).await.expect("writes").rows_affected();
        connection.close().await.expect("closes");
        changed
    })
}

enum Key<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// Reads one row of a key and a blob, and writes the blob back changed.
fn alter(node: &Node, select: &str, key: Key<'_>, update: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(&node.database_url()).await.expect("connects");
        let query = sqlx::query(sqlx::AssertSqlSafe(select.to_owned()));
        let query = match key {
            Key::Text(text) => query.bind(text.to_owned()),
            Key::Bytes(bytes) => query.bind(bytes.to_vec()),
        };
        let rows = query.fetch_all(&mut connection).await.expect("reads");
        assert_eq!(rows.len(), 1, "{select}");
        let (id, mut bytes): (Vec<u8>, Vec<u8>) = (rows[0].get(0), rows[0].get(1));
        change(&mut bytes);
        let query = sqlx::query(sqlx::AssertSqlSafe(update.to_owned())).bind(bytes).bind(id);
        assert_eq!(query.execute(&mut connection).await.expect("writes").rows_affected(), 1);
        connection.close().await.expect("closes");
    });
}

#[test]
fn damage_to_one_of_the_two_places_of_the_own_keys_is_mended() {
    both("own_keys", |shelter, council| {
        pair(shelter, council);
        let org = text(&shelter.json(&["status"])["organisation"]["id"]);
        for flip in [flip_keys, flip_own_keys] {
            shelter.stop();
            flip(shelter, &org, |bytes: &mut Vec<u8>| *bytes.last_mut().expect("bytes") ^= 1);
            shelter.up();
            add(shelter, "Another");
            expect_clean(shelter);
        }
        expect_listings(council, 2);
        shelter.stop();
        for flip in [flip_keys, flip_own_keys] {
            flip(shelter, &org, |bytes: &mut Vec<u8>| *bytes.last_mut().expect("bytes") ^= 1);
        }
        shelter.run(&["up"]).expect_told(1, &["own keys are damaged"]);
    });
}

#[test]
fn what_was_altered_at_the_sender_is_refused_and_the_rest_arrives() {
    both("damage", |shelter, council| {
        for name in ["One", "Two", "Three", "Signature", "Payload", "Change"] {
            add(shelter, name);
        }
        shelter.stop();
        // A signed object ends with its signature of 64 bytes and that field's key and length.
        flip(shelter, "Signature", "statement", |bytes| *bytes.last_mut().expect("bytes") ^= 1);
        flip(shelter, "Payload", "statement", |bytes| {
            let at = bytes.len() - 67;
            bytes[at] ^= 2;
        });
        flip(shelter, "Change", "change", |bytes| *bytes.last_mut().expect("bytes") ^= 1);
        shelter.up();
        pair(shelter, council);
        // A damaged statement is refused; a listing whose change is damaged is known of, and shown nowhere.
        expect_listings(council, 3);
        // Each is told, and may be told again when the two compare.
        until("what was refused is told", || {
            let told = council.json(&["status"])["refused"].as_array().expect("a list").clone();
            let reasons: BTreeSet<_> = told.iter().map(|r| text(&r["reason"])).collect();
            let of = |said: &str| reasons.iter().filter(|reason| reason.contains(said)).count();
            ((of("the signature does not fit"), of("does not match its checksum")) == (2, 1)).then_some(())
        });
        let names: BTreeSet<_> =
            council.lines(&["listing", "list"]).into_iter().map(|row| text(&row["name"])).collect();
        assert_eq!(names, ["One", "Three", "Two"].map(str::to_owned).into());
        until("the damaged change is set aside", || (council.json(&["status"])["quarantined"] == 1).then_some(()));
        expect_clean(council);
        let own = shelter.run(&["verify", "--json"]);
        assert_eq!(own.code, 1, "{own:?}");
        let own: Value = serde_json::from_str(&own.out).expect("JSON");
        assert!(own["bad"].as_array().expect("a list").len() >= 3, "{own}");
        // The damage stops nobody: what is made next arrives.
        add(shelter, "Four");
        expect_listings(council, 4);
    });
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}
