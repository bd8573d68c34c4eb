//! How long is kept what nobody needs any more, and how long referrals took: what an organisation is told of both.

use super::{ARTS, Node, act, agreement, answers, draft, organisation, referring, row, text, until};
use serde_json::Value;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

const DAY_MS: i64 = 86_400_000;

/// Sets these lines, for the node's next start.
pub(super) fn configure(node: &Node, settings: &str) {
    let path = node.folder.data().join("fingerpost.toml");
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).expect("opens");
    write!(file, "\n{settings}\n").expect("writes");
}

/// Days from now until what this id names is due, with why.
fn due(node: &Node, id: &str) -> Option<(i64, String)> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let now = i64::try_from(now).expect("fits");
    let row = node.lines(&["privacy", "due"]).into_iter().find(|row| row["id"] == id)?;
    // Rounded: some seconds have gone by.
    let days = (row["due_at_ms"].as_i64().expect("a time") - now + DAY_MS / 2).div_euclid(DAY_MS);
    Some((days, text(&row["why"])))
}

#[test]
fn what_is_finished_and_what_nobody_sends_is_due_as_the_organisation_has_set() {
    referring("kept", |both| {
        let declined = both.sent("outcome");
        act(&both.arts, &declined, "decline --reason no-space");
        let consent = agreement(ARTS, "outcome");
        let kept = draft(&both.workers, &both.pathway, &answers(&both.arts, "arts-group"), Some(&consent), &[]);
        let finished = until("it is declined", || due(&both.workers, &declined));
        assert_eq!(finished, (90, "declined".to_owned()));
        let untouched = "draft that nobody changed".to_owned();
        assert_eq!(due(&both.workers, &kept), Some((30, untouched.clone())));
        assert!(!both.workers.run(&["privacy", "due"]).out.contains("What is due now"));

        both.workers.stop();
        configure(&both.workers, "draft_days = 0\nretention_days = { declined = 7 }");
        both.workers.up();
        assert_eq!(due(&both.workers, &declined), Some((7, "declined".to_owned())));
        assert_eq!(due(&both.workers, &kept), Some((0, untouched.clone())));
        assert_eq!(due(&both.arts, &declined).expect("due").0, 90, "each by its own rule");
        let told = both.workers.run(&["privacy", "due"]);
        told.expect_says(&[ARTS, &format!("fingerpost referral discard {}", &kept[..13])]);
        assert!(!told.out.contains("referral erase"), "{}", told.out);

        let breach: Value = both.workers.json(&["privacy", "breach", "--to", "-"]);
        assert_eq!((&breach["people_at_most"], &breach["drafts"][0]["draft"]), (&2.into(), &kept.as_str().into()));
        assert_eq!(breach["drafts"][0]["to"], ARTS);
        let bundle: Value = both.workers.json(&["privacy", "subject", &kept, &declined, "--to", "-"]);
        let (said, sent) = (&bundle["drafts"][0]["said"], &bundle["referrals"][0]["said"]);
        assert!(said["answers"]["name"].is_string() && said["answers"] == sent["answers"], "{bundle}");
        assert_eq!(said["agreement"]["covers"], sent["agreement"]["covers"]);
        let read = both.workers.lines(&["privacy", "access"]);
        let listed = read.iter().filter(|row| row["what"] == "listed-for-subject");
        assert_eq!(listed.map(|row| text(&row["referral"])).collect::<Vec<_>>(), [kept.clone(), declined.clone()]);

        // Without the node's lock nobody knows where the draft was to go, and it is due all the same.
        both.workers.stop();
        let asleep = both.workers.lines(&["privacy", "due"]);
        let asleep = asleep.iter().find(|row| row["id"] == kept.as_str()).expect("it is there");
        assert_eq!((&asleep["partner"], &asleep["is_draft"]), (&Value::Null, &true.into()));
        both.workers.up();
        both.workers.run(&["referral", "discard", &kept, "--yes"]).expect_done();
        assert_eq!(due(&both.workers, &kept), None);
    });
}

/// The steps of the only pathway whose referrals went this way, by their names.
fn steps(node: &Node, direction: &str) -> Value {
    let rows = node.lines(&["pathway", "times"]);
    let mut found = rows.into_iter().filter(|row| row["direction"] == direction);
    let (Some(row), None) = (found.next(), found.next()) else { panic!("not one pathway") };
    row
}

#[test]
fn how_long_referrals_took_is_told_of_many_and_not_of_a_few() {
    referring("times", |both| {
        let consent = agreement(ARTS, "outcome");
        let filled = answers(&both.arts, "arts-group");
        let taken = |both: &super::Referring| {
            let id = draft(&both.workers, &both.pathway, &filled, Some(&consent), &[]);
            act(&both.workers, &id, "send");
            until("it came", || row(&both.arts, &id));
            act(&both.arts, &id, "accept");
            until("it is accepted", || row(&both.workers, &id).filter(|row| row["response"] == "accepted"));
            id
        };
        assert_eq!(both.workers.lines(&["pathway", "times"]), Vec::<Value>::new());
        let first: Vec<String> = (0..4).map(|_| taken(both)).collect();
        let few = both.workers.run(&["pathway", "times", &both.pathway]);
        few.expect_says(&["fewer than 5 referrals sent to", ARTS, "so no times are shown"]);
        assert!(
            steps(&both.arts, "received")["steps"].as_array().expect("steps").iter().all(|step| {
                step["median_ms"].is_null() && step["referrals"].is_null() && step["underway"].is_null()
            })
        );

        taken(both);
        for (node, direction) in [(&both.workers, "sent"), (&both.arts, "received")] {
            let row = steps(node, direction);
            assert_eq!((&row["referrals"], &row["id"]), (&5.into(), &both.pathway.as_str().into()));
            let step = |name: &str| {
                let steps = row["steps"].as_array().expect("steps");
                steps.iter().find(|step| step["step"] == name).cloned().expect(name)
            };
            let (decided, contacted) = (step("decided"), step("contacted"));
            assert_eq!((&decided["referrals"], &decided["across_clocks"]), (&5.into(), &true.into()));
            assert!(decided["median_ms"].as_i64() <= decided["ninetieth_ms"].as_i64(), "{decided}");
            assert!(decided["declared_ms"].as_i64().is_some_and(|ms| ms >= DAY_MS), "{decided}");
            assert_eq!((&contacted["referrals"], &contacted["underway"]), (&0.into(), &5.into()));
            assert_eq!((&row["over"], &row["with_outcome_percent"]), (&0.into(), &Value::Null));
        }
        let told = both.arts.run(&["pathway", "times"]);
        told.expect_says(&["5 referrals received", "sent to decided *", "half within", "declared", "clocks of two"]);
        let ids = [first.as_slice(), &[organisation(&both.workers)]].concat();
        assert!(ids.iter().all(|id| !told.out.contains(&id[..8])), "of nobody alone: {}", told.out);
    });
}
