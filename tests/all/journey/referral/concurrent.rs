//! What two organisations do at the same time, neither knowing of the other's: what is shown then, and what is owed.

use super::{
    Node, Referring, act, answers, attempt, attempt_saying, bare, confirm, day, expect_whole, pair, referrals_in,
    referring, row, until,
};

const STOPPING: &str = "stopping: was accepted; held by receiver; owed by receiver: confirm the stop";

#[test]
fn a_stop_meets_an_answer() {
    referring("stop", |both| {
        let id = both.sent("outcome");
        both.apart(&id, "receiver open; receiver accept; sender withdraw --reason needs-changed");
        both.expect(&id, STOPPING);
        attempt(&both.workers, &id, "close").expect_told(1, &["that is stopping", "take-back"]);
        act(&both.arts, &id, "stop-confirm --contact made");
        both.expect(
            &id,
            "stopping: was accepted, stop confirmed, contact made; held by receiver; owed by sender: take the person back",
        );
        act(&both.workers, &id, "take-back");
        both.expect(&id, "finished: was accepted, stop confirmed, contact made, taken back; held by sender");
        act(&both.workers, &id, "close");
        both.expect(&id, "finished: was accepted, stop confirmed, contact made, taken back, closed; held by sender");
        both.expect_alike(&id, 7);

        let id = both.sent("outcome");
        both.apart(&id, "sender withdraw --reason person-asked; receiver decline --reason no-space");
        both.expect(&id, "finished: declined (no-space), late withdrawal; held by sender");

        let id = both.sent("outcome");
        both.apart(&id, "receiver accept; receiver start; sender withdraw --reason person-asked");
        both.expect(&id, "stopping: was started; held by receiver; owed by receiver: confirm the stop");
        both.course(&id, "receiver end --outcome partly-completed; receiver stop-confirm --contact made");
        both.expect(
            &id,
            "stopping: ended (partly-completed), stop confirmed, contact made; held by receiver; \
             owed by sender: take the person back",
        );
        act(&both.workers, &id, "take-back");
        both.expect(
            &id,
            "finished: ended (partly-completed), stop confirmed, contact made, taken back; held by sender",
        );

        let id = both.sent("outcome");
        both.apart(&id, "receiver accept; receiver end --outcome left-early; sender withdraw --reason person-asked");
        both.expect(&id, "stopping: ended (left-early); held by receiver; owed by receiver: confirm the stop");
        finish(both, &id, "finished: ended (left-early), stop confirmed, contact none, taken back; held by sender");

        let id = both.sent("outcome");
        both.apart(&id, "receiver accept; sender lapse");
        both.expect(
            &id,
            "stopping: lapsed, was accepted, a new referral can be made; held by receiver; \
             owed by receiver: confirm the stop",
        );
        finish(
            both,
            &id,
            "finished: lapsed, was accepted, a new referral can be made, stop confirmed, contact none, taken back; \
             held by sender",
        );
    });
}

#[track_caller]
fn finish(both: &Referring, id: &str, stands: &str) {
    act(&both.arts, id, "stop-confirm --contact none");
    until("the sender knows", || row(&both.workers, id)?["detail"].as_str()?.contains("stop confirmed").then_some(()));
    act(&both.workers, id, "take-back");
    both.expect(id, stands);
}

#[test]
fn a_new_version_meets_an_acceptance() {
    referring("amend", |both| {
        let id = both.sent("outcome");
        let answers = answers(&both.arts, "arts-group").replace("session: tuesday", "session: thursday");
        let file = both.workers.folder.file("newer.yaml", answers);
        both.apart(&id, &format!("receiver open; receiver accept; sender amend --answers {}", file.display()));
        both.expect(
            &id,
            "active: accepted, on version 1, version 2 waiting; held by receiver; \
             owed by receiver: acknowledge the new version or hand back",
        );
        expect_whole(&both.arts, &id);
        let opened = both.arts.json(&["referral", "open", &id]);
        assert_eq!(opened["opened"]["answers"]["session"], "thursday", "{opened}");
        act(&both.arts, &id, "acknowledge");
        both.expect(&id, "active: accepted, on version 1, version 2 taken; held by receiver");
    });
}

#[test]
fn the_end_of_an_agreement_meets_an_acceptance() {
    referring("consent", |both| {
        let id = both.sent("outcome");
        both.apart(&id, "receiver open; receiver accept; sender consent-withdraw");
        both.expect(
            &id,
            "stopping: agreement withdrawn, was accepted; held by receiver; \
             owed by sender: erase or record why it is kept; \
             owed by receiver: confirm the stop, erase or record why it is kept",
        );
        both.course(&id, "receiver stop-confirm --contact made; receiver erase --yes");
        until("the sender knows", || {
            row(&both.workers, &id)?["detail"].as_str()?.contains("erased by receiver").then_some(())
        });
        let keep = format!("keep --basis legal-obligation --until {}", day(90));
        both.course(&id, &format!("sender take-back; sender {keep}"));
        both.expect(
            &id,
            "finished: agreement withdrawn, was accepted, stop confirmed, contact made, taken back, \
             kept by sender (legal-obligation), erased by receiver; held by sender",
        );
        attempt(&both.arts, &id, "open").expect_told(1, &["was erased here"]);
        attempt(&both.workers, &id, "open").expect_says(&["Maud Example"]);
    });
}

#[test]
fn what_nobody_opened_before_the_agreement_ended_is_dropped_unread() {
    referring("unopened", |both| {
        for apart in [true, false] {
            let id = both.sent("outcome");
            let (here, gone) = (bare(&id), |table: &str| !referrals_in(&both.arts, table).contains(&bare(&id)));
            assert!(referrals_in(&both.arts, "payload").contains(&here));
            match apart {
                true => both.apart(&id, "receiver acknowledge; sender consent-withdraw"),
                false => both.course(&id, "sender consent-withdraw"),
            }
            until("it is dropped", || (gone("payload") && gone("data_key")).then_some(()));
            attempt(&both.arts, &id, "open").expect_told(1, &["was erased here", "nothing brings it back"]);
            until("the sender has the receipt", || {
                let rows = both.workers.lines(&["privacy", "erasures"]);
                let row = rows.into_iter().find(|row| row["id"] == id.as_str())?;
                row["there"][0].as_str()?.starts_with("never-opened").then_some(())
            });
            let shown = both.arts.lines(&["privacy", "access", &id]);
            assert!(shown.iter().all(|row| row["what"] != "opened"), "{shown:?}");
        }
    });
}

#[test]
fn an_erasure_meets_an_answer_and_what_came_late_is_dropped() {
    referring("late", |both| {
        let id = both.sent("outcome");
        act(&both.arts, &id, "open");
        attempt_saying(&both.arts, &id, "ask", "Which day?").expect_done();
        until("it is asked", || (row(&both.workers, &id)?["detail"] == "information asked").then_some(()));
        let said = both.workers.folder.file("answer.txt", "Tuesdays.");
        both.apart(
            &id,
            &format!(
                "sender answer --words-from {}; receiver decline --reason information-missing; receiver erase --yes",
                said.display()
            ),
        );
        let stands = "finished: declined (information-missing), erased by receiver, sender has not confirmed; \
                      held by sender; owed by sender: answer the erasure";
        both.expect(&id, stands);
        act(&both.workers, &id, "erase --yes");
        both.expect(&id, "finished: erased");
        for node in [&both.workers, &both.arts] {
            for table in ["payload", "data_key"] {
                assert!(!referrals_in(node, table).contains(&bare(&id)), "{table}");
            }
        }
    });
}

#[test]
fn two_nodes_of_the_receiver_answer_differently_and_its_lead_says_which_answer_counts() {
    referring("provisional", |both| {
        let [yes, no] = ["accept", "decline --reason no-space"].map(|answer| {
            let id = both.sent("outcome");
            (id, answer)
        });
        both.arts.stop();
        let mut anew = Node::with_words("--recover", &both.arts.words, None);
        anew.up();
        pair(&both.workers, &anew);
        for (id, _) in [&yes, &no] {
            until("the new home has it", || row(&anew, id).map(drop));
            attempt(&anew, id, "open").expect_told(1, &["the key to this referral is not here yet"]);
        }
        // What is said of people comes once its words were compared, without another link.
        confirm(&anew, &both.workers);
        for (id, _) in [&yes, &no] {
            expect_whole(&anew, id);
            act(&anew, id, "decline --reason no-space");
        }
        until("the sender hears of it", || {
            let is_declined = |id: &str| row(&both.workers, id).is_some_and(|row| row["response"] == "declined");
            (is_declined(&yes.0) && is_declined(&no.0)).then_some(())
        });
        both.workers.stop();
        both.arts.up();
        for (id, _) in [&yes, &no] {
            act(&both.arts, id, "accept");
        }
        both.workers.up();
        for (id, answer) in [&yes, &no] {
            both.expect(
                id,
                "active: accepted, provisional; held by receiver; owed by receiver: its lead says which answer counts",
            );
            until("the new home hears of it", || (row(&anew, id)?["detail"] == "accepted, provisional").then_some(()));
            act(&anew, id, answer);
        }
        both.expect(&yes.0, "active: accepted; held by receiver");
        both.expect(&no.0, "stopping: declined (no-space); held by receiver; owed by sender: take the person back");
        act(&both.workers, &no.0, "take-back");
        both.expect(&no.0, "finished: declined (no-space), taken back; held by sender");
    });
}
