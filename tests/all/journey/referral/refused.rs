//! What does not leave, and what is not done: with a cause and a hint, and nothing changed.

use super::super::damage::change;
use super::{ARTS, Node, Referring, WORKERS, act, agreement, answers, attempt, confirm, day, draft, on, open_way};
use super::{organisation, pair, referring, rounds, row, share, until};
use serde_json::Value;

/// All that both list.
fn listed(both: [&Node; 2]) -> [Vec<Value>; 2] {
    both.map(|node| node.lines(&["referral", "list", "--all"]))
}

/// A draft does not leave, for this reason, and nothing changes.
#[track_caller]
fn stays(both: [&Node; 2], id: &str, says: &[&str]) {
    let before = listed(both);
    attempt(both[0], id, "send").expect_told(1, says);
    assert_eq!(listed(both), before);
    assert_eq!(row(both[0], id).expect("it is kept")["request"], "draft");
    assert!(row(both[1], id).is_none());
}

#[test]
fn nothing_leaves_for_who_is_not_verified_or_has_not_agreed_to_share() {
    for round in 0..rounds() {
        let (mut workers, mut arts) = (on(WORKERS, "unverified", round), on(ARTS, "unverified", 1 - round));
        workers.up();
        arts.up();
        pair(&workers, &arts);
        let pathway = open_way(&arts, &workers, "arts-group", str::to_owned);
        let both = [&workers, &arts];
        let id = draft(&workers, &pathway, &answers(&arts, "arts-group"), Some(&agreement(ARTS, "outcome")), &[]);
        stays(both, &id, &["is not verified", "partner confirm", "on a number you already know"]);
        confirm(&workers, &arts);
        stays(both, &id, &["is not verified", "has not compared the words", "read them your words"]);
        confirm(&arts, &workers);
        let theirs = organisation(&arts);
        until("both have compared words", || {
            (workers.json(&["partner", "show", &theirs])["trust"] == "verified").then_some(())
        });
        stays(both, &id, &["no sharing agreement", "partner agreement"]);
        workers
            .run(&["partner", "agreement", &theirs, "--reference", "DSA 12", "--expires", "2020-03-31"])
            .expect_told(1, &["ended on", "look at the year"]);
        workers
            .run(&["partner", "agreement", &theirs, "--reference", "DSA 12", "--expires", "1026-03-31"])
            .expect_told(2, &["the year 1026", "look at the year"]);
        stays(both, &id, &["no sharing agreement"]);
        share(&workers, &arts);
        assert_eq!(change(&workers, "update sharing_agreement set expires_at = 1700000000000"), 1);
        stays(both, &id, &["the sharing agreement", "ended on 2023-11-14", "renew it"]);
        share(&workers, &arts);
        workers.run(&["partner", "agreement", &theirs, "--end"]).expect_done();
        stays(both, &id, &["no sharing agreement"]);
        share(&workers, &arts);
        act(&workers, &id, "send");
        until("it is at the receiver", || row(&arts, &id).map(drop));
    }
}

#[test]
fn nothing_leaves_that_the_receiver_does_not_take() {
    referring("takes", |both| {
        let other = Node::init("Millpond Surgery", None);
        let other = other.folder.json(["status"])["organisation"]["id"].as_str().expect("an id").to_owned();
        let signposts = open_way(&both.arts, &both.workers, "arts-group", |file| {
            file.replace("takes: [signpost, self-referral, enquiry, referral]", "takes: [signpost, enquiry]")
        });
        let others = open_way(&both.arts, &both.workers, "arts-group", |file| {
            file.replace("    sorts: [link-workers, gp-surgery, charity]", &format!("    only: [{other}]"))
        });
        let pair = [&both.workers, &both.arts];
        let filled = answers(&both.arts, "arts-group");
        let consent = agreement(ARTS, "outcome");
        for (pathway, says) in
            [(signposts, ["does not take", "it takes"]), (others, ["is for other organisations", "ask the receiver"])]
        {
            let id = draft(&both.workers, &pathway, &filled, Some(&consent), &[]);
            stays(pair, &id, &says);
            both.workers.run(&["referral", "discard", &id, "--yes"]).expect_done();
            assert!(row(&both.workers, &id).is_none());
        }
        let own = both.arts.lines(&["pathway", "list"])[0]["id"].as_str().expect("an id").to_owned();
        let file = both.arts.folder.file("answers.yaml", &filled);
        both.arts
            .run(&["referral", "new", &own, "--answers", file.to_str().expect("a path")])
            .expect_told(1, &["is your own"]);
    });
}

#[test]
fn nothing_leaves_that_does_not_fit_the_form_or_the_agreement() {
    referring("fits", |both| {
        let pathway = open_way(&both.arts, &both.workers, "training-centre", str::to_owned);
        let filled = answers(&both.arts, "training-centre");
        let consent = agreement(ARTS, "progress");
        let pair = [&both.workers, &both.arts];
        let without_name: String =
            filled.lines().filter(|line| !line.starts_with("name:")).map(|l| format!("{l}\n")).collect();
        for (answers, says) in [
            (without_name, ["name is not answered", "name: give words"]),
            (
                filled.replace("children: 2", "children: two"),
                ["children has an answer that does not fit", "whole number"],
            ),
            (filled.replace("1994-02-11", "1026-02-11"), ["date_of_birth has an answer", "year first"]),
        ] {
            assert_ne!(answers, filled);
            let id = draft(&both.workers, &pathway, &answers, Some(&consent), &[]);
            stays(pair, &id, &says);
        }
        for (agreement, says) in [
            (None, ["the person's agreement is not on record", "referral edit"]),
            (
                Some(format!("{consent}expires_at: 2024-02-01\n")),
                ["agreement ended on 2024-02-01", "ask the person again"],
            ),
            (Some(agreement(WORKERS, "progress")), ["does not name", "covers"]),
            (Some(agreement(ARTS, "outcome")), ["pass_back is answered otherwise", "ask the person"]),
        ] {
            let id = draft(&both.workers, &pathway, &filled, agreement.as_deref(), &[]);
            stays(pair, &id, &says);
        }
        // What mends it lets it leave.
        let id = draft(&both.workers, &pathway, &filled, None, &[]);
        let file = both.workers.folder.file("agreement.yaml", &consent);
        both.workers.run(&["referral", "edit", &id, "--agreement", file.to_str().expect("a path")]).expect_done();
        act(&both.workers, &id, "send");
        until("it is at the receiver", || row(&both.arts, &id).map(drop));

        let before = listed(pair);
        for (said, says) in
            [("given_at: 1026-01-01", "given_at"), ("shoe_size: 40", "is not known"), ("how: by-owl", "how")]
        {
            let written =
                both.workers.folder.file("agreement.yaml", format!("{}{said}\n", consent_without(&consent, said)));
            let answers = both.workers.folder.file("answers.yaml", &filled);
            let paths = [&answers, &written].map(|path| path.to_str().expect("a path").to_owned());
            let told =
                both.workers.run(&["referral", "new", &pathway, "--answers", &paths[0], "--agreement", &paths[1]]);
            told.expect_told(1, &[says]);
        }
        assert_eq!(listed(pair), before);
    });
}

/// The agreement without the field that is said anew.
fn consent_without(consent: &str, said: &str) -> String {
    let field = said.split(':').next().unwrap_or_default();
    let kept = consent.lines().filter(|line| !line.starts_with(&format!("{field}:")));
    kept.map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_cannot_be_done_is_refused_with_what_can_and_changes_nothing() {
    referring("wrong", |both| {
        let id = both.sent("outcome");
        both.expect(
            &id,
            "sender waiting for them, receiver waiting for us: sent; held by sender; owed by receiver: acknowledge it",
        );
        let refused = |both: &Referring, at: &Node, id: &str, words: &str, code: i32, says: &[&str]| {
            let before = listed([&both.workers, &both.arts]);
            attempt(at, id, words).expect_told(code, says);
            assert_eq!(listed([&both.workers, &both.arts]), before, "{words}");
        };
        let (workers, arts) = (&both.workers, &both.arts);
        refused(both, arts, &id, "decline --reason because", 2, &["because", "no-space"]);
        refused(both, arts, &id, "decline", 2, &["--reason"]);
        refused(both, arts, &id, "end --outcome great", 2, &["great", "completed"]);
        refused(both, arts, &id, "contact --contact maybe", 2, &["maybe", "made"]);
        refused(both, arts, &id, "ask", 2, &["--words-from"]);
        refused(both, arts, &id, "accept --at 1026-01-01T10:00", 2, &["the year 1026", "2026-11-03 14:00"]);
        refused(both, arts, &id, "accept --at 2199-01-01T10:00", 1, &[]);
        refused(both, arts, &id, "end --outcome completed", 1, &["cannot end a referral that is sent", "now you can"]);
        refused(both, workers, &id, "accept", 1, &["cannot accept", "now you can"]);
        refused(both, workers, &id, "take-back", 1, &["cannot take-back", "now you can"]);
        refused(
            both,
            workers,
            "00000000-0000-4000-8000-000000000000",
            "withdraw --reason person-asked",
            1,
            &["there is no referral", "referral list"],
        );
        refused(both, workers, "never", "withdraw --reason person-asked", 1, &[]);
        refused(both, workers, &id, "keep --basis because --until 2099-01-01", 2, &["because", "legal-claim"]);

        act(workers, &id, "withdraw --reason made-in-error");
        both.expect(&id, "finished: withdrawn; held by sender");
        refused(both, arts, &id, "accept", 1, &["cannot accept a referral that is withdrawn", "now you can"]);
        refused(both, workers, &id, "withdraw --reason made-in-error", 1, &["that is withdrawn"]);

        let filled = answers(arts, "arts-group");
        let kept = draft(workers, &both.pathway, &filled, Some(&agreement(ARTS, "outcome")), &[]);
        refused(both, workers, &kept, "withdraw --reason person-asked", 1, &["a draft", "send it first"]);
        workers.run(&["partner", "remove", &organisation(arts)]).expect_done();
        stays([workers, arts], &kept, &["not published any more", "discard this draft"]);
        let hold = ["privacy", "hold", &id, "--basis", "legal-claim", "--until", &day(-400)];
        workers.run(&hold).expect_told(1, &[]);
    });
}
