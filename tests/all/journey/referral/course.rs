//! A referral from its draft to its end, and the other courses that it can take.

use super::{
    ARTS, Referring, act, agreement, answers, attempt, attempt_saying, draft, expect_whole, referring, row, until,
};

#[test]
fn a_referral_takes_its_course_and_both_tell_the_same_of_it() {
    referring("course", |both| {
        let filled = answers(&both.arts, "arts-group");
        both.workers
            .run(&["form", "check", "arts-group", "--answers", "nowhere.yaml"])
            .expect_told(1, &["nowhere.yaml"]);
        let id = draft(&both.workers, &both.pathway, &filled, Some(&agreement(ARTS, "outcome")), &[]);
        let kept = row(&both.workers, &id).expect("a draft");
        assert_eq!((&kept["request"], &kept["shown"]), (&"draft".into(), &"waiting for us".into()));
        act(&both.workers, &id, "send");
        both.expect(
            &id,
            "sender waiting for them, receiver waiting for us: sent; held by sender; owed by receiver: acknowledge it",
        );
        expect_whole(&both.arts, &id);
        let opened = both.arts.json(&["referral", "open", &id]);
        assert_eq!(opened["opened"]["answers"]["name"], "Maud Example", "{opened}");
        assert_eq!(opened["opened"]["agreement"]["pass_back"], "outcome", "{opened}");
        assert!(opened["remarks"].is_null(), "nothing is doubted: {opened}");
        ask_and_answer(both, &id);
        for (step, stands) in [
            ("accept", "active: accepted; held by receiver"),
            ("contact --contact made", "active: accepted; held by receiver"),
            ("start", "active: started; held by receiver"),
        ] {
            act(&both.arts, &id, step);
            both.expect(&id, stands);
        }
        attempt_saying(&both.arts, &id, "feedback", "It goes well.")
            .expect_told(1, &["more than the person agreed may be passed back"]);
        act(&both.arts, &id, "end --outcome completed");
        both.expect(&id, "finished: ended (completed); held by receiver; owed by sender: see how it ended and close");
        act(&both.workers, &id, "close");
        both.expect(&id, "finished: ended (completed), closed; held by receiver");
        let course = [
            "send",
            "open",
            "acknowledge",
            "ask",
            "answer",
            "accept",
            "contact: made",
            "start",
            "end: completed",
            "close",
        ];
        both.expect_events(&id, &course);
        let read = both.arts.lines(&["privacy", "access", &id]);
        assert_eq!(read.len(), 2, "each reading is noted: {read:?}");
    });
}

/// From the receiver's first word to the sender's answer.
fn ask_and_answer(both: &Referring, id: &str) {
    act(&both.arts, id, "acknowledge");
    both.expect(
        id,
        "sender waiting for them, receiver waiting for us: acknowledged; held by sender; owed by receiver: decide",
    );
    attempt_saying(&both.arts, id, "ask", "Can she come at ten?").expect_done();
    both.expect(
        id,
        "sender waiting for us, receiver waiting for them: information asked; held by sender; \
         owed by sender: answer the question",
    );
    expect_whole(&both.workers, id);
    attempt(&both.workers, id, "open").expect_says(&["Can she come at ten?"]);
    attempt_saying(&both.workers, id, "answer", "Yes, gladly.").expect_done();
    both.expect(
        id,
        "sender waiting for them, receiver waiting for us: information asked, answered; held by sender; \
         owed by receiver: decide",
    );
    expect_whole(&both.arts, id);
    attempt(&both.arts, id, "open").expect_says(&["Yes, gladly."]);
}

#[test]
fn what_comes_back_is_what_the_person_agreed_to() {
    referring("back", |both| {
        let id = both.sent("nothing");
        both.course(&id, "receiver accept; receiver start");
        attempt(&both.arts, &id, "end --outcome completed").expect_told(1, &["may be passed back", "not-told"]);
        act(&both.arts, &id, "end --outcome not-told");
        both.expect(&id, "finished: ended (not-told); held by receiver; owed by sender: see how it ended and close");

        let id = both.sent("progress");
        both.course(&id, "receiver accept; receiver start");
        attempt_saying(&both.arts, &id, "feedback", "She brings the biscuits now.").expect_done();
        act(&both.arts, &id, "pause --reason illness");
        both.expect(&id, "active: paused (illness); held by receiver");
        until("the words are at the sender", || {
            attempt(&both.workers, &id, "open").out.contains("She brings the biscuits now.").then_some(())
        });
        act(&both.arts, &id, "resume");
        both.expect(&id, "active: started; held by receiver");
    });
}

#[test]
fn a_referral_waits_is_handed_back_declined_and_lapses() {
    referring("courses", |both| {
        let id = both.sent("outcome");
        act(&both.arts, &id, "wait");
        both.expect(
            &id,
            "sender waiting for them, receiver waiting for us: waitlisted; held by sender; owed by receiver: decide",
        );
        both.course(&id, "receiver accept; receiver hand-back --reason needs-more");
        both.expect(&id, "stopping: handed back (needs-more); held by receiver; owed by sender: take the person back");
        act(&both.workers, &id, "take-back");
        both.expect(&id, "finished: handed back (needs-more), taken back; held by sender");

        let id = both.sent("outcome");
        act(&both.arts, &id, "decline --reason no-space");
        both.expect(&id, "finished: declined (no-space); held by sender");
        let id = both.sent("outcome");
        act(&both.workers, &id, "lapse");
        both.expect(&id, "finished: lapsed; held by sender");
    });
}
