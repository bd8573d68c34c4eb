//! Two organisations come to know each other, and part.

use super::{Node, add, both, check, expect_name, show, until};
use serde_json::Value;

fn partner(node: &Node) -> Value {
    let partners = node.lines(&["partner", "list"]);
    assert_eq!(partners.len(), 1, "{partners:?}");
    partners[0].clone()
}

#[test]
fn an_invitation_pairs_two_and_their_words_verify_them() {
    check("pairing", |shelter, council| {
        for node in [&*shelter, council] {
            until("linked", || (partner(node)["state"] == "linked").then_some(()));
            assert_eq!(partner(node)["trust"], "paired");
        }
        assert_eq!(partner(shelter)["name"], "Hoe Street Council");
        assert_eq!(partner(council)["name"], "Night Shelter");
        let council_id = partner(shelter)["id"].as_str().expect("an id").to_owned();
        let seen = shelter.json(&["partner", "show", &council_id]);
        let spoken = council.json(&["partner", "show", "Night Shelter"]);
        assert_eq!(seen["words"], spoken["own_words"]);
        let words = spoken["own_words"].as_str().expect("words");
        shelter.run(&["partner", "confirm", &council_id, "--words", "able able able"]).expect_told(1, &["words"]);
        shelter.json(&["partner", "confirm", &council_id, "--words", words]);
        let words = seen["own_words"].as_str().expect("words");
        council.json(&["partner", "confirm", "Night Shelter", "--words", words]);
        for node in [&*shelter, council] {
            until("verified", || (partner(node)["trust"] == "verified").then_some(()));
        }
    });
}

#[test]
fn an_invitation_is_good_for_one_organisation() {
    both("invitation", |shelter, council| {
        let code = shelter.json(&["invite"])["code"].as_str().expect("a code").to_owned();
        let joined = council.json(&["join", &code]);
        assert_eq!(joined["organisation"]["name"], "Night Shelter");
        assert_eq!(joined["words"].as_str().expect("words").split(' ').count(), 8);
        let mut surgery = Node::init("Surgery", None);
        surgery.up();
        surgery.run(&["join", &code]).expect_told(1, &[]);
        assert!(surgery.lines(&["partner", "list"]).is_empty());
        assert_eq!(shelter.lines(&["partner", "list"]).len(), 1);
    });
}

#[test]
fn a_removed_partner_is_cut_off_and_gets_nothing_more() {
    check("removal", |shelter, council| {
        let supper = add(shelter, "Tuesday supper");
        expect_name(council, &supper, "Tuesday supper");
        shelter.json(&["partner", "remove", "Hoe Street Council"]);
        until("cut", || (partner(council)["state"] != "linked").then_some(()));
        shelter.json(&["listing", "edit", &supper, "--set", "name=Wednesday supper"]);
        let unseen = add(shelter, "Unseen");
        council.kill();
        council.up();
        assert!(shelter.lines(&["partner", "list"]).is_empty());
        assert_eq!(show(council, &supper).expect("what it had stays")["name"], "Tuesday supper");
        assert!(show(council, &unseen).is_none());
    });
}
