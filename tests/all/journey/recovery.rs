//! Other nodes of one organisation: in place of one that was lost, and beside one at home.

use super::{Node, add, borough, enrol, expect_clean, expect_listings, expect_name, show, until};
use tests::postgres::Cluster;

fn database(name: &str) -> Option<String> {
    Cluster::shared().map(|cluster| cluster.database(name))
}

#[test]
fn a_lost_node_is_made_anew_from_its_words_and_what_others_hold() {
    borough("lost", |hub, [charity, workers]| {
        let supper = add(charity, "Supper");
        add(charity, "Breakfast");
        charity.json(&["listing", "edit", &supper, "--set", "name=Late supper"]);
        expect_name(workers, &supper, "Late supper");
        expect_listings(workers, 2);
        let lost = charity.json(&["status"])["node"]["id"].as_str().expect("an id").to_owned();
        let org = charity.json(&["status"])["organisation"]["id"].clone();
        charity.kill();

        let mut anew = Node::with_words("--recover", &charity.words, database("anew"));
        anew.up();
        assert_eq!(anew.json(&["status"])["organisation"]["id"], org);
        enrol(hub, &anew);
        let known = hub.lines(&["partner", "list"]).into_iter().map(|row| row["name"].clone());
        assert!(known.collect::<Vec<_>>().contains(&"Night Shelter".into()), "it is called what it was");
        expect_name(&anew, &supper, "Late supper");
        expect_listings(&anew, 2);
        until("its own document is back", || {
            let shown = anew.run(&["organisation", "show", "--json"]);
            (shown.code == 0 && shown.out.contains("Night Shelter")).then_some(())
        });
        anew.json(&["listing", "edit", &supper, "--set", "name=Supper again"]);
        expect_name(workers, &supper, "Supper again");
        add(&anew, "Lunch");
        expect_listings(workers, 3);

        let retire = |node: &str, words: &str| {
            let file = tempfile::NamedTempFile::new().expect("a file");
            std::fs::write(file.path(), words).expect("writes");
            anew.run(&["key", "retire", node, "--words-file", file.path().to_str().expect("a path")])
        };
        retire(&lost, &hub.words).expect_told(1, &[]);
        retire("zz", &charity.words).expect_told(1, &[]);
        retire(&lost[..8], &charity.words).expect_done();
        retire(&lost, &charity.words).expect_told(1, &[]);
        // The lost machine turns up again: nobody links with it, and what it signed stays valid.
        charity.up();
        let state = || charity.json(&["partner", "show", "Waltham Council"])["state"].clone();
        add(charity, "From the old machine");
        add(&anew, "Tea");
        expect_listings(workers, 4);
        assert_eq!(state(), "away");
        for node in [&*hub, workers, &anew] {
            expect_clean(node);
        }
    });
}

#[test]
fn a_further_node_holds_all_that_is_its_organisations_and_edits_it() {
    borough("further", |hub, [charity, _workers]| {
        let supper = add(charity, "Supper");
        let own = charity.json(&["listing", "add", "--set", "name=Rota", "--audience", "own"]);
        let rota = own["id"].as_str().expect("an id").to_owned();
        let mut laptop = Node::with_words("--further", &charity.words, database("laptop"));
        laptop.up();
        let code = charity.json(&["invite", "--as", "node"])["code"].as_str().expect("a code").to_owned();
        // Neither another organisation nor the very node that made it uses the code up.
        hub.run(&["join", &code]).expect_told(1, &[]);
        charity.run(&["join", &code]).expect_told(1, &["this very node"]);
        laptop.run(&["join", &code]).expect_done();
        expect_name(&laptop, &supper, "Supper");
        expect_name(&laptop, &rota, "Rota");
        laptop.json(&["listing", "edit", &supper, "--set", "name=Late supper"]);
        laptop.json(&["listing", "edit", &rota, "--set", "name=Rota for May"]);
        expect_name(charity, &rota, "Rota for May");
        expect_name(hub, &supper, "Late supper");

        laptop.stop();
        let supper_edit = ["listing", "edit", &supper, "--set", "description=Warm"];
        charity.json(&supper_edit);
        charity.stop();
        laptop.up();
        laptop.json(&["listing", "edit", &supper, "--set", "fees=Free"]);
        charity.up();
        for node in [&*charity, &laptop, hub] {
            until("both edits stand", || {
                let shown = show(node, &supper)?;
                (shown["description"] == "Warm" && shown["fees"] == "Free").then_some(())
            });
            expect_clean(node);
        }
        assert_eq!(laptop.lines(&["key", "list"]).len(), 2);
        let away = laptop.run(&["listing", "share", &rota, "--audience", "public"]);
        away.expect_told(1, &[]);
    });
}

#[test]
fn what_a_stolen_laptop_signed_is_gone_and_what_home_signs_anew_stands() {
    borough("stolen", |hub, [charity, workers]| {
        let supper = add(charity, "Supper");
        let mut laptop = Node::with_words("--further", &charity.words, database("stolen_laptop"));
        laptop.up();
        let code =
            |node: &Node, role: &str| node.json(&["invite", "--as", role])["code"].as_str().expect("a code").to_owned();
        laptop.run(&["join", &code(charity, "node")]).expect_done();
        laptop.run(&["join", &code(hub, "member")]).expect_done();
        expect_name(&laptop, &supper, "Supper");
        laptop.json(&["listing", "edit", &supper, "--set", "name=Late supper"]);
        let stall = add(&laptop, "Stall");
        for node in [&*charity, workers] {
            expect_name(node, &supper, "Late supper");
            expect_name(node, &stall, "Stall");
        }
        // The thief has it now, away from home.
        let id = laptop.json(&["status"])["node"]["id"].as_str().expect("an id").to_owned();
        charity.stop();
        let forged = add(&laptop, "Forged");
        expect_name(workers, &forged, "Forged");
        laptop.kill();
        charity.up();
        expect_name(charity, &forged, "Forged");
        charity.json(&["listing", "withdraw", &forged]);
        let say = |node: &Node, words: &str| {
            let file = tempfile::NamedTempFile::new().expect("a file");
            std::fs::write(file.path(), words).expect("writes");
            node.run(&["key", "compromised", &id[..8], "--yes", "--words-file", file.path().to_str().expect("a path")])
        };
        say(charity, &hub.words).expect_told(1, &["another organisation"]);
        say(charity, &charity.words).expect_done();
        say(charity, &charity.words).expect_told(1, &["stolen already"]);
        let states: Vec<_> = charity.lines(&["key", "list"]).iter().map(|row| row["state"].clone()).collect();
        assert!(states.contains(&"compromised".into()), "{states:?}");
        for node in [&*charity, hub, workers] {
            expect_name(node, &supper, "Late supper");
            expect_name(node, &stall, "Stall");
            until("what was forged is gone", || (show(node, &forged)?["withdrawn"] == true).then_some(()));
        }
        // It turns up again; nobody takes its word.
        laptop.up();
        let late = add(&laptop, "Forged again");
        charity.json(&["listing", "edit", &stall, "--set", "name=Market stall"]);
        expect_name(workers, &stall, "Market stall");
        for node in [&*hub, charity] {
            // Who met it before the word on it came round had it for a moment.
            let is_gone = |shown: Option<serde_json::Value>| shown.is_none_or(|listing| listing["withdrawn"] == true);
            until("nobody shows what the thief adds", || is_gone(show(node, &late)).then_some(()));
        }
        for node in [&*charity, hub, workers] {
            expect_clean(node);
        }
    });
}

#[test]
fn a_node_with_new_keys_goes_on_as_before() {
    borough("rotated", |hub, [charity, workers]| {
        let supper = add(charity, "Supper");
        expect_name(workers, &supper, "Supper");
        let before = charity.json(&["status"])["node"]["id"].clone();
        let words = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(words.path(), &charity.words).expect("writes");
        let rotate = ["key", "rotate", "--words-file", words.path().to_str().expect("a path")];
        charity.run(&rotate).expect_told(1, &["stop it first"]);
        charity.stop();
        charity.run(&rotate).expect_done();
        charity.up();
        assert_ne!(charity.json(&["status"])["node"]["id"], before);
        charity.json(&["listing", "edit", &supper, "--set", "name=Late supper"]);
        expect_name(workers, &supper, "Late supper");
        let states: Vec<_> = charity.lines(&["key", "list"]).iter().map(|row| row["state"].clone()).collect();
        assert!(states.contains(&"active".into()) && states.contains(&"retired".into()), "{states:?}");
        for node in [&*charity, hub, workers] {
            expect_clean(node);
        }
    });
}
