//! What is decided on a laptop of the receiver's, beside its home node.

use super::{Node, confirm};
use super::{
    Referring, act, attempt, attempt_saying, column, expect_clean, expect_whole, organisation, referring, row, share,
    text, until,
};
use serde_json::Value;
use tests::postgres::Cluster;

/// A further node of the receiver's that holds referrals too, linked with its home node and the sender.
fn laptop(both: &Referring, name: &str) -> Node {
    let database = Cluster::shared().map(|cluster| cluster.database(name));
    let mut laptop = Node::with_words("--further --holds all", &both.arts.words, database);
    laptop.up();
    for (host, role) in [(&both.arts, "node"), (&both.workers, "partner")] {
        let code = text(&host.json(&["invite", "--as", role])["code"]);
        laptop.run(&["join", &code]).expect_done();
    }
    confirm(&laptop, &both.workers);
    share(&laptop, &both.workers);
    until("all three are linked", || {
        let seen = laptop.json(&["partner", "show", &organisation(&both.workers)]);
        (seen["state"] == "linked" && seen["trust"] == "verified").then_some(())
    });
    laptop
}

fn drafted(node: &Node, id: &str) -> Vec<Value> {
    row(node, id).and_then(|row| row["drafted"].as_array().cloned()).unwrap_or_default()
}

#[test]
fn a_laptop_decides_and_the_home_node_writes_it() {
    referring("laptop", |both| {
        let mut laptop = laptop(both, "laptop_of_arts");
        let id = both.sent("outcome");
        expect_whole(&laptop, &id);
        act(&laptop, &id, "accept");
        assert_eq!(drafted(&laptop, &id), Vec::<Value>::new(), "the home node was there, and wrote it");
        both.expect(&id, "active: accepted; held by receiver");
        act(&laptop, &id, "start");

        // The home node is away: the decision waits, is shown, and is nobody else's.
        let id = both.sent("outcome");
        expect_whole(&laptop, &id);
        both.arts.stop();
        attempt_saying(&laptop, &id, "decline --reason no-space", "Ask again in May.")
            .expect_says(&["Kept for your home node"]);
        attempt(&laptop, &id, "accept").expect_told(1, &["waits for the home node already", "referral discard"]);
        let waits = drafted(&laptop, &id);
        assert_eq!((waits.len(), &waits[0]["action"], &waits[0]["refused"]), (1, &"decline".into(), &Value::Null));
        assert_eq!(row(&both.workers, &id).expect("it").get("response"), Some(&"none".into()));
        laptop.kill();
        laptop.up();
        both.arts.up();
        both.expect(&id, "finished: declined (no-space); held by sender");
        expect_whole(&both.workers, &id);
        attempt(&both.workers, &id, "open").expect_says(&["Ask again in May."]);
        until("it waits no more", || drafted(&laptop, &id).is_empty().then_some(()));

        // Decided at home meanwhile: the laptop is told why its own was not written.
        let id = both.sent("outcome");
        expect_whole(&laptop, &id);
        laptop.stop();
        act(&both.arts, &id, "decline --reason wrong-service");
        both.expect(&id, "finished: declined (wrong-service); held by sender");
        both.arts.stop();
        both.workers.stop();
        laptop.up();
        act(&laptop, &id, "accept");
        both.arts.up();
        both.workers.up();
        let answer = until("the home node answers", || {
            drafted(&laptop, &id).first().map(|one| one["refused"].clone()).filter(|said| !said.is_null())
        });
        assert!(text(&answer).contains("cannot accept"), "{answer}");
        act(&laptop, &id, "discard");
        assert_eq!(drafted(&laptop, &id), Vec::<Value>::new());
        attempt(&laptop, &id, "discard").expect_told(1, &["is no draft"]);
        both.expect(&id, "finished: declined (wrong-service); held by sender");
        for node in [&both.arts, &laptop] {
            until("nothing is kept of what was decided but the event", || {
                let kept = "select doc_id from document where kind = 17 and value <> 'null' \
                            union all select doc_id from change where doc_id in (select doc_id from document where kind = 17)";
                column(node, kept).is_empty().then_some(())
            });
        }
        expect_clean(&laptop);
    });
}
