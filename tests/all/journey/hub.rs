//! A hub and its members: what is public goes round, and nothing else.

use super::damage::{change, flip, flip_entry, flip_keys, text};
use super::{Node, add, borough, enrol, expect_clean, expect_listings, expect_name, pair, show, until};

#[test]
fn what_is_public_at_one_member_stands_at_another_and_nothing_else_does() {
    borough("hub", |hub, [charity, workers]| {
        let supper = add(charity, "Supper");
        let offices = add(hub, "Council offices");
        for (name, audience) in [("Staff rota", "own"), ("For partners", "partners")] {
            charity.json(&["listing", "add", "--set", &format!("name={name}"), "--audience", audience]);
        }
        expect_name(workers, &supper, "Supper");
        expect_name(workers, &offices, "Council offices");
        let owner = charity.json(&["status"])["organisation"]["id"].clone();
        assert_eq!(show(workers, &supper).expect("it stands")["owner"], owner);
        charity.json(&["listing", "edit", &supper, "--set", "name=Late supper"]);
        expect_name(workers, &supper, "Late supper");

        let named = |node: &Node| -> Vec<String> {
            node.lines(&["listing", "list"]).iter().map(|row| text(&row["name"])).collect()
        };
        assert_eq!(named(workers), ["Council offices", "Late supper"]);
        assert_eq!(named(hub), ["Council offices", "For partners", "Late supper"]);
        let friend = Node::running("Friend");
        pair(&friend, charity);
        expect_listings(&friend, 2);
        assert_eq!(named(hub).len(), 3, "nothing of what the friend shares gets to the hub");
        assert_eq!(hub.lines(&["roster", "list"]).len(), 2);
        hub.run(&["roster", "add", "Friend"]).expect_told(1, &[]);
        for node in [&*hub, charity, workers] {
            expect_clean(node);
        }
    });
}

#[test]
fn who_leaves_the_roster_or_stops_following_is_hidden_and_comes_back() {
    borough("roster", |hub, [charity, workers]| {
        let supper = add(charity, "Supper");
        expect_name(workers, &supper, "Supper");
        hub.run(&["roster", "remove", "Night Shelter"]).expect_done();
        until("what nobody stands for is hidden", || show(workers, &supper).is_none().then_some(()));
        assert!(show(hub, &supper).is_some(), "a partner's stays");
        hub.run(&["roster", "remove", "Night Shelter"]).expect_told(1, &[]);
        hub.run(&["roster", "add", "night shelter"]).expect_done();
        expect_name(workers, &supper, "Supper");
        workers.run(&["unfollow", "Waltham Council"]).expect_done();
        assert!(show(workers, &supper).is_none());
        workers.run(&["follow", "Waltham Council"]).expect_done();
        expect_name(workers, &supper, "Supper");
        workers.run(&["partner", "remove", "Waltham Council"]).expect_done();
        assert!(show(workers, &supper).is_none());
        hub.run(&["partner", "remove", "Link Workers"]).expect_done();
        assert_eq!(hub.lines(&["roster", "list"]).len(), 1, "who is no partner is not vouched for");
        // Once more from the start, with what is for all partners as well.
        let secret = hub.json(&["listing", "add", "--set", "name=For partners", "--audience", "partners"]);
        enrol(hub, workers);
        expect_name(workers, &supper, "Supper");
        expect_name(workers, secret["id"].as_str().expect("an id"), "For partners");
    });
}

#[test]
fn a_reader_is_told_how_old_what_it_holds_is_and_whom_it_lacks_something_of() {
    borough("heard", |hub, [charity, workers]| {
        let supper = add(charity, "Supper");
        expect_name(workers, &supper, "Supper");
        let id = |node: &Node| text(&node.json(&["status"])["organisation"]["id"]);
        let heard =
            until("its owner is heard of", || show(workers, &supper).and_then(|view| view.get("owner_heard").cloned()));
        assert_eq!(heard["by"], id(hub));
        workers.run(&["listing", "show", &supper]).expect_says(&["last heard from", "by Waltham Council"]);
        assert!(show(charity, &supper).expect("it stands").get("owner_heard").is_none());
        assert!(hub.json(&["partner", "show", "Night Shelter"])["heard"]["at_ms"].is_i64());

        // As if for two days not all that the charity says it holds had come.
        workers.stop();
        charity.stop();
        let since = "update scope_head set differs_since = came_at - 172800000 where by_org = (select org_id from partner) \
                     and org_id <> by_org";
        assert!(change(workers, since) > 0);
        workers.up();
        workers.run(&["status"]).expect_says(&["Not all that Night Shelter says it holds has come here"]);
        workers.run(&["doctor"]).expect_says(&["completeness", "another hub"]);
        workers.run(&["listing", "show", &supper]).expect_says(&["Not all that it says it holds"]);
    });
}

#[test]
fn what_was_altered_at_a_hub_is_refused_and_the_rest_arrives() {
    borough("altered", |hub, [charity, workers]| {
        for name in ["One", "Two", "Statement", "Change"] {
            add(charity, name);
        }
        let offices = add(workers, "Offices");
        expect_listings(hub, 5);
        expect_listings(workers, 5);
        charity.stop();
        hub.stop();
        flip(hub, "Statement", "statement", |bytes| *bytes.last_mut().expect("bytes") ^= 1);
        flip(hub, "Change", "change", |bytes| *bytes.last_mut().expect("bytes") ^= 1);
        hub.up();
        let late = Node::running("Late comers");
        enrol(hub, &late);
        expect_name(&late, &offices, "Offices");
        expect_listings(&late, 3);
        let reasons = || -> Vec<String> {
            let status = late.json(&["status"]);
            status["refused"].as_array().expect("a list").iter().map(|r| text(&r["reason"])).collect()
        };
        for said in ["the signature does not fit", "does not match its checksum"] {
            until(said, || reasons().iter().any(|r| r.contains(said) && r.contains("(from node ")).then_some(()));
        }
        // Keys and the roster itself, and somebody who comes after that.
        hub.stop();
        let org = charity.folder.json(["status"])["organisation"]["id"].clone();
        flip_keys(hub, &text(&org), |bytes| *bytes.last_mut().expect("bytes") ^= 1);
        let comers = text(&late.json(&["status"])["organisation"]["id"]);
        let entry = flip_entry(hub, &comers, |bytes| *bytes.last_mut().expect("bytes") ^= 1);
        hub.up();
        let last = Node::running("Last comers");
        enrol(hub, &last);
        expect_name(&last, &offices, "Offices");
        expect_listings(&last, 1);
        let told = || last.json(&["status"])["refused"].to_string();
        until("the keys are refused", || told().contains("a keys object was refused").then_some(()));
        until("the entry is refused", || told().contains(&entry).then_some(()));
        // The organisation itself is met again: all is well.
        charity.up();
        expect_listings(&last, 3);
    });
}
