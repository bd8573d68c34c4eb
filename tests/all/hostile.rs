//! A partner sends everything that it should not: each is refused or set aside, soon, and the node serves on.

use domain::document::hostile::{Corpus, Input, Stop};
use domain::document::{Kind, StoredChange, chunk, pack};
use domain::statement::{Life, Seen, SignedStatement, Statement};
use domain::sync::message::Item;
use domain::{DocId, Incarnation, KeyId, RecordId, Timestamp};
use std::collections::BTreeSet;
use std::io::Write;
use std::time::Instant;
use tests::command::Folder;
use tests::rogue::Rogue;

/// What one hostile input may make a node's memory grow by; less than the 32 MiB promised.
const MEMORY_KIB: u64 = 32 << 10;

#[test]
fn whatever_a_partner_sends_the_node_serves_on() {
    let node = Folder::initialised("shelter");
    let up = node.up([]);
    let code = node.json(["invite"])["code"].as_str().expect("a code").to_owned();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut rogue = Rogue::join(&code).await;
        let corpus = Corpus::new(rogue.org(), &rogue.founded.secrets.author, rogue.scope().id());
        assert!(corpus.cases.len() >= 60, "{} cases", corpus.cases.len());
        assert!(rogue.offer(vec![honest(&rogue, "honest at first")]).await, "an honest listing is taken");
        let mut slowest = (0.0, String::new());
        for (n, case) in corpus.cases.iter().enumerate() {
            let item = item_of(&rogue, &corpus, &case.input, n);
            let before = resident_kib(up.id());
            let started = Instant::now();
            // A frame that is past a limit of the contract is not read, and ends the link.
            let is_read = rogue.offer(vec![item]).await;
            assert!(is_read || case.stop <= Stop::Statement, "{} ended the link", case.name);
            let took = started.elapsed().as_secs_f64() * 1000.0;
            let grown = resident_kib(up.id()).saturating_sub(before);
            assert!(grown < MEMORY_KIB, "{} made the node grow by {grown} KiB", case.name);
            if is_read && took > slowest.0 {
                slowest = (took, case.name.clone());
            }
        }
        // A figure for whoever reads the run; nothing is lost when it cannot be written.
        let _ = writeln!(std::io::stderr(), "slowest of {}: {:.1} ms, {}", corpus.cases.len(), slowest.0, slowest.1);
        // Whose content failed to open three times is not opened for an hour; everybody else is served as before.
        let code = node.json(["invite"])["code"].as_str().expect("a code").to_owned();
        let mut other = Rogue::join(&code).await;
        assert!(other.offer(vec![honest(&other, "from somebody else")]).await, "another partner is served");
        node.run(["listing", "add", "--set", "name=our own"]).expect_done();
        let listings = node.run(["listing", "list", "--json"]).out;
        assert_eq!(listings.lines().count(), 3, "only what is honest is shown: {listings}");
        for name in ["honest at first", "from somebody else", "our own"] {
            assert!(listings.contains(name), "{name}: {listings}");
        }
    });
    let status = node.json(["status"]);
    assert!(status["quarantined"].as_u64().expect("a count") > 60, "{status}");
    let refused = status["refused"].as_array().expect("a list");
    assert!(!refused.is_empty(), "{status}");
    for one in refused {
        let id = one["id"].as_str();
        let is_hex = id.is_some_and(|id| id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(is_hex || (id.is_none() && one["kind"] != "quarantined"), "{one} names no document");
    }
    node.run(["verify"]).expect_done();
    assert_eq!(up.stop(), 0);
}

/// The input as a partner would send it: a statement of a document of its own, with the hostile part in its place.
fn item_of(rogue: &Rogue, corpus: &Corpus, input: &Input, n: usize) -> Item {
    let doc_id = document(rogue, n);
    match input {
        Input::Statement(bytes) => Item { statement: bytes.clone(), pack: Vec::new() },
        Input::Pack(bytes) => {
            let head = chunk::inspect(&corpus.next, &rogue.org()).expect("honest").hash;
            Item { statement: statement(rogue, doc_id, [head].into()), pack: bytes.clone() }
        }
        Input::Changes(chunks) => {
            let all: Vec<StoredChange> = corpus.history.iter().chain(chunks).map(|bytes| stored(bytes)).collect();
            let heads = all.last().map(|c| c.hash).into_iter().collect();
            let pack = pack::encode(&all.iter().collect::<Vec<_>>());
            Item { statement: statement(rogue, doc_id, heads), pack }
        }
    }
}

fn honest(rogue: &Rogue, name: &str) -> Item {
    let actor = domain::ActorId::new(&rogue.org(), Incarnation::from_bytes([5; 8]));
    let value = serde_json::json!({ "name": name });
    let (content, chunks) =
        domain::document::Content::create(actor, Timestamp::from_ms(1), Kind::LISTING, &value).expect("a document");
    let changes: Vec<_> = chunks.iter().map(|bytes| stored(bytes)).collect();
    let heads = content.heads().into_iter().collect();
    let pack = pack::encode(&changes.iter().collect::<Vec<_>>());
    Item { statement: statement(rogue, document(rogue, 100_000), heads), pack }
}

/// A change by its bytes alone: nothing but these travel, and the hash that a signed head names.
fn stored(bytes: &[u8]) -> StoredChange {
    use sha2::{Digest, Sha256};
    let hash: [u8; 32] = Sha256::digest(bytes.get(8..).unwrap_or_default()).into();
    StoredChange {
        hash: domain::ChangeHash::from_bytes(hash),
        deps: Vec::new(),
        actor: domain::ActorId::from_bytes([0; 24]),
        seq: 1,
        start_op: 1,
        operations: 0,
        bytes: bytes.to_vec(),
    }
}

fn document(rogue: &Rogue, n: usize) -> DocId {
    let mut record = [0; 16];
    record[8..].copy_from_slice(&(n as u64 + 1).to_be_bytes());
    DocId::new(RecordId::from_bytes(record), Kind::LISTING, &rogue.org())
}

fn statement(rogue: &Rogue, doc_id: DocId, heads: BTreeSet<domain::ChangeHash>) -> Vec<u8> {
    let incarnation = Incarnation::from_bytes([5; 8]);
    let said = Statement {
        org_id: rogue.org(),
        doc_id,
        kind: Kind::LISTING,
        scope_id: rogue.scope().id(),
        generation: 1,
        key_id: KeyId::from_bytes([0; 16]),
        incarnation,
        rev: 1,
        seen: Seen::from([(incarnation, 1)]),
        base: Seen::new(),
        base_changes: Seen::new(),
        heads,
        life: Life::Live,
        moved_to: None,
        signed_at: Timestamp::from_ms(1_780_000_000_000),
    };
    SignedStatement::sign(said, &rogue.founded.secrets.author).bytes().to_vec()
}

/// The largest resident memory a process has had.
fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

/// Every stop of the ladder is among the cases that were sent.
#[test]
fn the_corpus_reaches_every_step_of_the_ladder() {
    let founded = node::secret::found().expect("new keys");
    let scope = domain::audience::Scope::public(founded.keys.org_id()).id();
    let corpus = Corpus::new(founded.keys.org_id(), &founded.secrets.author, scope);
    for stop in [Stop::Parse, Stop::Statement, Stop::Inspect, Stop::Admit, Stop::Apply] {
        assert!(corpus.cases.iter().any(|c| c.stop == stop), "{stop:?}");
    }
}
