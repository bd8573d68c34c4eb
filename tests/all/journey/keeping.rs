//! One listing and two organisations: an owner and a keeper edit it, others propose, it is handed over.

use super::damage::text;
use super::{Node, add, borough, check, expect_clean, expect_name, show, until};
use serde_json::Value;

/// Waits until a node shows this listing with this in a field.
#[track_caller]
fn expect(node: &Node, listing: &str, field: &str, says: &str) {
    until(&format!("{field} is {says:?}"), || (show(node, listing)?[field] == says).then_some(()));
}

/// What a person reads has these words.
#[track_caller]
fn expect_says(node: &Node, command: &[&str], words: &[&str]) {
    let ran = node.run(command);
    ran.expect_done();
    for word in words {
        assert!(ran.out.contains(word), "{word:?} is not in:\n{}", ran.out);
    }
}

/// What keepers have said of a listing that its owner has not confirmed, as field and value.
fn reports(node: &Node, listing: &str) -> Vec<(String, String)> {
    let shown = show(node, listing).expect("it stands");
    let reports = shown["reports"].as_array().cloned().unwrap_or_default();
    let edits = reports.iter().flat_map(|report| report["edits"].as_array().expect("edits").clone());
    edits.map(|edit| (text(&edit["field"]), text(&edit["value"]))).collect()
}

/// The proposals that a node lists, each with its state.
fn proposals(node: &Node) -> Vec<(String, Value)> {
    node.lines(&["proposal", "list"]).into_iter().map(|row| (text(&row["state"]), row)).collect()
}

#[test]
fn owner_and_keeper_edit_apart_and_both_stand_everywhere() {
    borough("keeping", |hub, [charity, workers]| {
        let supper = add(charity, "Supper");
        charity.json(&["listing", "edit", &supper, "--set", "description=A warm room. Come as you are."]);
        until("the hub has vouched for it, and it keeps the listing", || {
            (charity.run(&["listing", "keeper", "add", &supper, "Link Workers"]).code == 0).then_some(())
        });
        until("it has a keeper", || (show(workers, &supper)?["keepers"].as_array()?.len() == 1).then_some(()));

        charity.stop();
        let edited =
            workers.json(&["listing", "edit", &supper, "--set", "description=A warm room. Come as you are, or later."]);
        assert_eq!((&edited["id"], &edited["changed"]), (&supper.clone().into(), &true.into()), "{edited}");
        let proposed = workers.json(&["listing", "propose", &supper, "--set", "fees=free", "--note", "I rang them"]);
        assert_eq!(proposed["is_public"], true, "all see a keeper's note");
        expect_says(workers, &["proposal", "list"], &["I rang them", "all who see the listing see this note"]);
        for node in [&*hub, workers] {
            until("it is reported", || (reports(node, &supper).len() == 2).then_some(()));
            assert_eq!(show(node, &supper).expect("it stands")["description"], "A warm room. Come as you are.");
        }
        expect_says(
            hub,
            &["listing", "show", &supper],
            &["Reported, and not yet confirmed by its owner", "Link Workers", "or later"],
        );
        hub.stop();
        charity.up();
        charity.json(&["listing", "edit", &supper, "--set", "description=A warm hall. Come as you are."]);
        hub.up();
        for node in [&*hub, charity, workers] {
            expect(node, &supper, "description", "A warm hall. Come as you are, or later.");
            expect(node, &supper, "fees", "free");
            until("nothing is reported any more", || reports(node, &supper).is_empty().then_some(()));
            let history = show(node, &supper).expect("it stands")["history"].clone();
            let keeper = workers.folder.json(["status"])["organisation"]["id"].clone();
            assert!(history.as_array().expect("a list").iter().any(|h| h["proposed_by"] == keeper), "{history}");
        }

        // The keepership ends while the keeper edits on.
        hub.stop();
        charity.json(&["listing", "keeper", "remove", &supper, "Link Workers"]);
        workers.json(&["listing", "edit", &supper, "--set", "fees=a pound"]);
        hub.up();
        for node in [&*hub, charity, workers] {
            until("it waits as a proposal", || {
                let kept = show(node, &supper)?["keepers"] != serde_json::json!([]);
                let waits = proposals(node).iter().any(|(state, row)| state == "waiting" && row["by_keeper"] == false);
                (!kept && waits).then_some(())
            });
            expect(node, &supper, "fees", "free");
            assert_eq!(reports(node, &supper), []);
        }
        workers.run(&["listing", "edit", &supper, "--set", "fees=two"]).expect_told(1, &["listing propose"]);
        for node in [&*hub, charity, workers] {
            expect_clean(node);
        }
    });
}

#[test]
fn a_proposal_is_answered_and_its_maker_hears_of_it() {
    check("proposal", |shelter, council| {
        let supper = add(shelter, "Supper");
        expect_name(council, &supper, "Supper");
        let propose = |fee: &str| {
            let set = format!("fees={fee}");
            let made =
                council.json(&["listing", "propose", &supper, "--set", &set, "--note", "I asked them on Tuesday"]);
            text(&made["proposal"])
        };
        let [yes, no, back] = ["free", "a pound", "two pounds"].map(propose);
        let waiting = |node: &Node| proposals(node).iter().filter(|(state, _)| state == "waiting").count();
        until("they wait", || (waiting(shelter) == 3).then_some(()));
        expect_says(shelter, &["proposal", "list"], &["Supper", "fees: \"free\"", "I asked them on Tuesday"]);
        council.run(&["proposal", "withdraw", &back]).expect_done();
        council.run(&["proposal", "accept", &yes]).expect_told(1, &["only the listing's owner answers it"]);
        shelter.run(&["proposal", "withdraw", &yes]).expect_told(1, &["proposal refuse"]);
        // What is accepted is what was seen.
        let seen =
            proposals(shelter).into_iter().find(|(_, row)| row["id"] == yes).expect("it waits").1["version"].clone();
        shelter
            .run(&["proposal", "accept", &yes, "--seen", "9b1c0e6f"])
            .expect_told(1, &["does not say what was seen"]);
        expect_says(shelter, &["proposal", "accept", &yes, "--seen", &text(&seen)], &["fees: \"free\"", "Accepted"]);
        shelter.run(&["proposal", "refuse", &no, "--reason", "it was never so"]).expect_done();
        shelter.run(&["proposal", "accept", &no]).expect_told(1, &[]);
        expect(council, &supper, "fees", "free");
        until("it is told", || {
            let told = |id: &str| proposals(council).into_iter().find(|(_, row)| row["id"] == id);
            let ((said_yes, _), (said_no, row)) = (told(&yes)?, told(&no)?);
            (said_yes == "accepted" && said_no == "refused" && row["reason"] == "it was never so").then_some(())
        });
        until("nothing waits", || (waiting(shelter) == 0).then_some(()));

        shelter.run(&["listing", "propose", &supper, "--set", "fees=x"]).expect_told(1, &["is your own listing"]);
        council.run(&["listing", "propose", &supper, "--set", "fees=free"]).expect_told(1, &["says so already"]);
        council.run(&["listing", "propose", &supper, "--set", "audience=own"]).expect_told(1, &["not a field"]);
        council.run(&["listing", "propose", &supper, "--set", "fee=x"]).expect_told(1, &["did you mean"]);
        council.run(&["listing", "edit", &supper, "--set", "fees=x"]).expect_told(1, &["listing propose"]);
        council
            .run(&["listing", "keeper", "add", &supper, "Night Shelter"])
            .expect_told(1, &["cannot be given a keeper"]);
        shelter.run(&["listing", "keeper", "remove", &supper, "Hoe Street Council"]).expect_told(1, &["is no keeper"]);
        for node in [&*shelter, council] {
            expect_clean(node);
        }
    });
}

#[test]
fn a_listing_that_is_handed_over_keeps_its_id() {
    borough("transfer", |hub, [charity, workers]| {
        let [supper, stall, kept] = ["Supper", "Stall", "Kept"].map(|name| add(charity, name));
        charity.json(&["listing", "transfer", &supper, "Link Workers"]);
        charity.json(&["listing", "orphan", &stall]);
        expect_name(workers, &kept, "Kept");
        until("it is offered", || show(workers, &supper)?["offered_to"].as_str().map(drop));
        until("it is left", || show(workers, &stall)?["orphaned_since"].as_str().map(drop));
        expect_says(workers, &["listing", "show", &supper], &["offered to Link Workers", "listing claim"]);
        expect_says(hub, &["listing", "show", &stall], &["nobody keeps it since"]);
        let own = |node: &Node| node.folder.json(["status"])["organisation"]["id"].clone();
        let (old, new) = (own(charity), own(workers));
        for id in [&supper, &stall, &kept] {
            assert_eq!(workers.json(&["listing", "claim", id])["id"], **id, "the same id");
        }
        for node in [&*hub, charity, workers] {
            for id in [&supper, &stall] {
                until("it has its new owner", || {
                    let shown = show(node, id)?;
                    (shown["owner"] == new && shown["moved_from"]["confirmed"] == true).then_some(())
                });
            }
            // What was not given stands where it did, and the claim waits.
            let waits = |row: &(String, Value)| row.0 == "waiting" && row.1["kind"] == "claim";
            until("the claim waits", || proposals(node).iter().any(waits).then_some(()));
        }
        assert_eq!(show(hub, &kept).expect("it stands")["owner"], old);
        expect_says(charity, &["proposal", "list"], &["claimed", "Link Workers", "proposal accept"]);
        workers.json(&["listing", "edit", &supper, "--set", "fees=free"]);
        expect(charity, &supper, "fees", "free");
        charity.json(&["proposal", "accept", &kept]);
        until("it went over", || (show(hub, &kept)?["owner"] == new).then_some(()));
        charity.run(&["listing", "edit", &supper, "--set", "fees=x"]).expect_told(1, &["Link Workers"]);
        workers.run(&["listing", "claim", &supper]).expect_told(1, &["your own listing"]);
        // A claim that was accepted is no proposal any more: taking it back would take the listing from everybody.
        let told = workers.lines(&["proposal", "list", "--all"]);
        assert!(told.iter().any(|row| row["kind"] == "claim" && row["state"] == "accepted"), "{told:?}");
        workers.run(&["proposal", "withdraw", &supper]).expect_told(1, &["was accepted", "listing withdraw"]);
        assert_eq!(show(hub, &supper).expect("it stands")["owner"], new);
        charity.run(&["listing", "transfer", &supper, "Link Workers"]).expect_told(1, &["Link Workers"]);
        workers.run(&["listing", "edit", &supper, "--set", "moved_from=x"]).expect_told(1, &["listing claim"]);
        for node in [&*hub, charity, workers] {
            expect_clean(node);
        }
    });
}

#[test]
fn what_was_shared_in_confidence_is_not_claimed_for_all_to_see() {
    check("confidence", |shelter, council| {
        let refuge =
            text(&shelter.json(&["listing", "add", "--set", "name=Refuge", "--audience", "Hoe Street Council"])["id"]);
        expect_name(council, &refuge, "Refuge");
        shelter.json(&["listing", "transfer", &refuge, "Hoe Street Council"]);
        until("it is offered", || show(council, &refuge)?["offered_to"].as_str().map(drop));
        council.run(&["listing", "claim", &refuge]).expect_told(1, &["is not public", "--audience"]);
        council.json(&["listing", "claim", &refuge, "--audience", "Night Shelter"]);
        until("it went over", || (show(council, &refuge)?["moved_from"]["confirmed"] == true).then_some(()));
        assert_eq!(show(council, &refuge).expect("it stands")["audience"], "named");
    });
}
