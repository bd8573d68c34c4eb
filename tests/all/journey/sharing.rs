//! One organisation's listings at another.

use super::{add, check, expect_clean, expect_name, show, until};

#[test]
fn a_listing_of_one_stands_at_the_other_and_follows_its_edits() {
    check("sharing", |shelter, council| {
        let supper = add(shelter, "Tuesday supper");
        let library = add(council, "Story time");
        expect_name(council, &supper, "Tuesday supper");
        expect_name(shelter, &library, "Story time");
        let edited = shelter.json(&["listing", "edit", &supper, "--set", "name=Wednesday supper"]);
        assert_eq!(edited["changed"], true);
        expect_name(council, &supper, "Wednesday supper");
        let again = shelter.json(&["listing", "edit", &supper, "--set", "name=Wednesday supper"]);
        assert_eq!(again["changed"], false);
        council.run(&["listing", "edit", &supper, "--set", "name=Ours now"]).expect_told(1, &[]);
        let shown = show(council, &supper).expect("it stands");
        let owner = shelter.json(&["status"])["organisation"]["id"].clone();
        assert!(shown["owner"] == owner || shown["owner"]["id"] == owner, "{shown}");
        assert_eq!(shown["history"].as_array().expect("a history").len(), 2, "{shown}");
        for node in [&*shelter, council] {
            assert_eq!(node.lines(&["listing", "list"]).len(), 2);
            expect_clean(node);
        }
    });
}

#[test]
fn what_was_edited_while_a_partner_was_away_arrives_when_it_is_back() {
    check("away", |shelter, council| {
        let supper = add(shelter, "Tuesday supper");
        expect_name(council, &supper, "Tuesday supper");
        council.stop();
        shelter.json(&["listing", "edit", &supper, "--set", "name=Wednesday supper"]);
        let lunch = add(shelter, "Lunch");
        council.up();
        expect_name(council, &supper, "Wednesday supper");
        expect_name(council, &lunch, "Lunch");
        shelter.kill();
        let library = add(council, "Story time");
        shelter.up();
        expect_name(shelter, &library, "Story time");
    });
}

#[test]
fn a_listing_that_is_withdrawn_or_shared_with_fewer_goes() {
    check("withdrawal", |shelter, council| {
        let supper = add(shelter, "Tuesday supper");
        let lunch = add(shelter, "Lunch");
        let own = shelter.json(&["listing", "add", "--set", "name=Staff rota", "--audience", "own"]);
        expect_name(council, &lunch, "Lunch");
        expect_name(council, &supper, "Tuesday supper");
        assert!(show(council, own["id"].as_str().expect("an id")).is_none());
        shelter.json(&["listing", "withdraw", &supper]);
        shelter.json(&["listing", "share", &lunch, "--audience", "own"]);
        until("both are gone", || {
            let live = council.lines(&["listing", "list"]).into_iter().filter(|l| l["life"] == "live").count();
            (live == 0).then_some(())
        });
        assert_eq!(show(shelter, &lunch).expect("it stands here")["name"], "Lunch");
        shelter.json(&["listing", "share", &lunch, "--audience", "partners"]);
        expect_name(council, &lunch, "Lunch");
    });
}
