//! The lock on what is said of people gets a new key and a passphrase, and everything opens afterwards.

use super::kept::configure;
use super::{ARTS, Node, Referring, agreement, answers, draft, referring};
use std::os::unix::fs::PermissionsExt;

const UP: [&str; 5] = ["up", "--node-listen", "127.0.0.1:0", "--people-listen", "127.0.0.1:0"];
const PHRASE: &str = "five words nobody ever said";

/// What is said of the person is there, in what was sent and in what was not.
fn expect_opens(both: &Referring, sent: &str, kept: &str) {
    for id in [sent, kept] {
        let opened = both.workers.json(&["referral", "open", id]);
        assert!(opened["opened"]["answers"]["name"].is_string(), "{opened}");
    }
}

fn lock_key(node: &Node) -> Vec<u8> {
    let path = node.folder.data().join("lock-key");
    assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    std::fs::read(path).expect("reads")
}

#[test]
fn a_new_key_and_a_passphrase_leave_everything_as_it_opens() {
    referring("locked", |both| {
        let consent = agreement(ARTS, "outcome");
        let sent = both.sent("outcome");
        let kept = draft(&both.workers, &both.pathway, &answers(&both.arts, "arts-group"), Some(&consent), &[]);
        expect_opens(both, &sent, &kept);
        let first = lock_key(&both.workers);
        both.workers.run(&["key", "relock"]).expect_told(1, &["stop it first"]);
        both.workers.stop();
        let relocked = both.workers.json(&["key", "relock"]);
        assert_eq!(relocked, serde_json::json!({ "keys": 1, "drafts": 1 }));
        assert_ne!(lock_key(&both.workers), first);
        both.workers.up();
        expect_opens(both, &sent, &kept);

        both.workers.stop();
        let short = both.workers.folder.file("short", "too short\n");
        let short = ["key", "passphrase", "--new", short.to_str().expect("a path")];
        both.workers.run(&short).expect_told(1, &["15 characters at least", "five or six words"]);
        let file = both.workers.folder.file("phrase", format!("{PHRASE}\n"));
        both.workers
            .run(&["key", "passphrase", "--new", file.to_str().expect("a path")])
            .expect_says(&["Write it down"]);
        assert!(String::from_utf8(lock_key(&both.workers)).expect("text").starts_with("argon2id-v1 "));
        let refused = ["a passphrase, and none was given", "lock_passphrase_file"];
        both.workers.run(&UP).expect_told(1, &refused);
        both.workers.run(&["key", "relock"]).expect_told(1, &refused);
        configure(&both.workers, &format!("lock_passphrase_file = \"{}\"", file.display()));
        both.workers.up();
        expect_opens(both, &sent, &kept);
        both.workers.stop();
        assert_eq!(both.workers.json(&["key", "relock"])["keys"], 1);
        assert!(lock_key(&both.workers).starts_with(b"argon2id-v1 "), "a new key is sealed like the old one");
        std::fs::write(&file, "five words nobody ever sang\n").expect("writes");
        both.workers.run(&UP).expect_told(1, &["does not open the key of the lock"]);
        std::fs::write(&file, PHRASE).expect("writes");
        both.workers.run(&["key", "passphrase", "--remove"]).expect_done();
        both.workers.up();
        expect_opens(both, &sent, &kept);
    });
}
