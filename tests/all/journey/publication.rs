//! Forms and pathways: published by one organisation, found, copied and taken back at another.

use super::{Node, add, both, expect_clean, pair, until};
use serde_json::Value;

fn rows(node: &Node, what: &str) -> Vec<Value> {
    node.lines(&[what, "list"])
}

fn id(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}

#[test]
fn a_partner_copies_how_to_be_referred_to_and_it_tells_where_it_came_from() {
    both("forms", |arts, shelter| {
        pair(arts, shelter);
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("writes");
            path.to_str().expect("a path").to_owned()
        };
        let pathway = file("pathway.yaml", &arts.run(&["pathway", "example", "arts-group"]).out);
        let drawing = add(arts, "Drawing");
        let publish = |listing: &str| arts.run(&["pathway", "publish", &pathway, "--listing", listing]);
        publish(&drawing).expect_told(1, &["rests on a form that you have not published"]);
        arts.run(&["form", "publish", "arts-group"]).expect_done();
        arts.run(&["form", "publish", "arts-group"]).expect_told(1, &["is published already"]);
        publish(&drawing).expect_done();

        let theirs = until("the pathway is at the partner", || rows(shelter, "pathway").pop());
        let form = until("and its form", || rows(shelter, "form").pop());
        assert_eq!((&theirs["verified"], &form["verified"]), (&true.into(), &true.into()));
        assert_eq!(theirs["listing"], drawing.as_str());
        let beds = add(shelter, "Beds");
        let copy = || shelter.run(&["pathway", "copy", id(&theirs), "--listing", &beds]);
        copy().expect_told(1, &["rests on a form that you have not published"]);
        shelter
            .run(&["pathway", "copy", id(&theirs), "--listing", &drawing])
            .expect_told(1, &["cannot be led to here"]);
        shelter.run(&["form", "copy", id(&form)]).expect_done();
        copy().expect_done();
        let copied = rows(shelter, "pathway").into_iter().find(|row| row["listing"] == beds.as_str()).expect("its own");
        let arts_id = arts.json(&["status"])["organisation"]["id"].clone();
        let shown = shelter.json(&["pathway", "show", id(&copied)]);
        assert_eq!(shown["origin"]["organisation"], arts_id);
        assert_eq!(shown["parties"]["receiver"]["who"], shelter.json(&["status"])["organisation"]["name"]);
        let of_both = until("the copy comes back", || Some(rows(arts, "form")).filter(|rows| rows.len() == 2));
        assert!(of_both.iter().all(|row| row["published_by"] == arts_id && row["verified"] == true));

        shelter.run(&["form", "withdraw", id(&form)]).expect_done();
        until("it is gone at the partner", || (rows(arts, "form").len() == 1).then_some(()));
        shelter.run(&["form", "withdraw", id(&form)]).expect_told(1, &["is another organisation's"]);
        shelter.run(&["form", "copy", id(&form)]).expect_done();
        until("it is there again", || (rows(arts, "form").len() == 2).then_some(()));
        for node in [arts, shelter] {
            expect_clean(node);
        }
    });
}

#[test]
fn a_form_is_checked_and_shown_without_a_node_and_no_answer_is_repeated() {
    let node = Node::running("Shelter");
    for name in ["arts-group", "training-centre", "refer-back", "bridge-note"] {
        let answers = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(answers.path(), node.run(&["form", "example", name, "--answers"]).out).expect("writes");
        let path = answers.path().to_str().expect("a path");
        node.run(&["form", "check", name, "--answers", path]).expect_says(&["The answers fit"]);
        std::fs::write(answers.path(), "name: Maud Canary\nphone: canary number\n").expect("writes");
        let told = node.run(&["form", "check", name, "--answers", path]);
        told.expect_told(1, &["is not answered"]);
        assert!(!told.err.to_lowercase().contains("canary"), "{}", told.err);
    }
    let page = tempfile::NamedTempFile::new().expect("a file");
    node.run(&["form", "show", "training-centre", "--paper", page.path().to_str().expect("a path")]).expect_done();
    let page = std::fs::read_to_string(page.path()).expect("written");
    assert!(page.starts_with("<!DOCTYPE html>") && !page.contains("<script"), "{page}");
    node.run(&["form", "show", "nowhere"]).expect_told(1, &[]);
    node.run(&["form", "publish", "nowhere.json"]).expect_told(1, &["no file", "nowhere.json"]);
    node.run(&["pathway", "example", "nowhere"]).expect_told(1, &["arts-group"]);
}
