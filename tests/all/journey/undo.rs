//! The last import is taken back, here and at a partner.

use super::spreadsheet::named;
use super::{Node, check, expect_clean, expect_listings};
use serde_json::{Value, json};

fn import(node: &Node, rows: &str) -> Value {
    let path = node.folder.file("groups.csv", format!("Name,Cost,Notes\n{rows}"));
    node.json(&["import", path.to_str().expect("a plain path"), "--yes"])
}

#[track_caller]
fn expect_undone(node: &Node, words: &[&str], [withdrawn, reverted, left]: [u64; 3]) {
    let undone = node.json(&[&["import", "undo"], words].concat());
    assert_eq!(undone, json!({"withdrawn": withdrawn, "reverted": reverted, "left": left, "failed": 0}));
}

const FIRST: &str = "Tea,Free,a\nKnitting,£2,b\n";

#[test]
fn a_mistaken_import_goes_and_comes_again_once_it_is_mended() {
    check("mistake", |shelter, council| {
        import(shelter, FIRST);
        expect_listings(council, 2);
        expect_undone(shelter, &["--dry-run"], [2, 0, 0]);
        assert_eq!(shelter.lines(&["listing", "list"]).len(), 2, "a dry run changes nothing");
        expect_undone(shelter, &["--yes"], [2, 0, 0]);
        expect_listings(council, 0);
        expect_undone(shelter, &["--yes"], [0, 0, 0]);
        let again = shelter.run(&["import", "undo", "--yes"]);
        assert!(again.out.contains("nothing to take back"), "{}", again.out);

        assert_eq!(import(shelter, "Tea,Free,mended\nKnitting,£2,b\n")["new"], 2, "the same ids stand again");
        expect_listings(council, 2);
        assert_eq!(named(council, "Tea")["description"], "mended");
        assert_eq!(import(shelter, "Tea,Free,mended\nKnitting,£2,b\n")["same"], 2);
        for node in [&*shelter, council] {
            expect_clean(node);
        }
    });
}

#[test]
fn only_the_last_import_goes_and_what_somebody_edited_since_stays() {
    check("edited", |shelter, council| {
        import(shelter, FIRST);
        let counts = import(shelter, "Tea,£1,a2\nKnitting,£3,b2\nWalk,Free,c\nSinging,Free,d\n");
        assert_eq!((&counts["new"], &counts["changed"]), (&json!(2), &json!(2)), "{counts}");
        expect_listings(council, 4);
        let id = |name| named(shelter, name)["id"].as_str().expect("an id").to_owned();
        shelter.json(&["listing", "edit", &id("Knitting"), "--set", "description=ours"]);
        shelter.json(&["listing", "edit", &id("Walk"), "--set", "description=ours too"]);
        let dry = shelter.run(&["import", "undo", "--dry-run"]);
        for says in ["Edited here since", "Knitting", "description", "listing withdraw"] {
            assert!(dry.out.contains(says), "{says:?} is not in:\n{}", dry.out);
        }
        expect_undone(shelter, &["--yes"], [1, 2, 2]);
        expect_listings(council, 3);
        let tea = named(shelter, "Tea");
        assert_eq!(tea["description"], "a");
        let cost = tea["cost_options"].as_object().and_then(|costs| costs.values().next()).expect("a cost");
        assert_eq!(cost["amount"], 0);
        assert_eq!(named(shelter, "Knitting")["description"], "ours");
        assert_eq!(named(shelter, "Walk")["description"], "ours too");
        expect_undone(shelter, &["--yes"], [0, 0, 0]);
        // The first import still compares as it did before the second.
        let back = import(shelter, FIRST);
        assert_eq!((&back["changed"], &back["same"]), (&json!(0), &json!(2)), "{back}");
        expect_clean(shelter);
    });
}

#[test]
fn what_a_person_withdrew_stays_withdrawn() {
    check("withdrawn", |shelter, _| {
        import(shelter, FIRST);
        let tea = named(shelter, "Tea")["id"].as_str().expect("an id").to_owned();
        shelter.json(&["listing", "withdraw", &tea]);
        expect_undone(shelter, &["--yes"], [1, 0, 0]);
        assert_eq!(import(shelter, FIRST)["new"], 1, "only the one that the undo withdrew");
        assert_eq!(shelter.lines(&["listing", "list"]).len(), 1);
    });
}

#[test]
fn an_import_is_taken_back_by_its_source() {
    check("sources", |shelter, _| {
        import(shelter, FIRST);
        let other = shelter.folder.file("classes.csv", "Name\nYoga\n");
        shelter.json(&["import", other.to_str().expect("a plain path"), "--yes"]);
        // A run that changes nothing is not the last import.
        assert_eq!(import(shelter, FIRST)["same"], 2);
        expect_undone(shelter, &["--yes", "--source-name", "groups"], [2, 0, 0]);
        expect_undone(shelter, &["--yes"], [1, 0, 0]);
        shelter.run(&["import", "undo", "--yes", "--source-name", "nothing"]).expect_told(1, &["nothing"]);
    });
}
