//! A person who goes on from a charity by link workers to a surgery: each hop sees its neighbours and no more.

use super::{Node, pair, referrals_in, rounds, row, text, trust, until};
use super::{
    act, agreement, answers, attempt, bare, draft, expect_clean, expect_whole, history, on, open_way, organisation,
};

/// A charity, link workers and a surgery, who run, and how the second and the third may be referred to.
struct Chain {
    charity: Node,
    workers: Node,
    surgery: Node,
    /// From the charity to the link workers.
    first: String,
    /// From the link workers to the surgery.
    second: String,
}

fn chain(name: &str, story: impl Fn(&Chain)) {
    for round in 0..rounds() {
        let mut charity = on("Long Table Lunch Club", name, round);
        let mut workers = on("Eastside Link Workers", name, 1 - round);
        let mut surgery = on("Millpond Surgery", name, round);
        for node in [&mut charity, &mut workers, &mut surgery] {
            node.up();
        }
        for node in [&charity, &surgery] {
            pair(&workers, node);
            trust(&workers, node);
        }
        let first = open_way(&workers, &charity, "refer-back", str::to_owned);
        let second = open_way(&surgery, &workers, "bridge-note", str::to_owned);
        let nodes = Chain { charity, workers, surgery, first, second };
        story(&nodes);
        for node in [&nodes.charity, &nodes.workers, &nodes.surgery] {
            expect_clean(node);
        }
    }
}

impl Chain {
    /// A referral from the charity that the link workers accepted, and one on from it that is at the surgery.
    fn gone_on(&self, rests_on: &str) -> (String, String) {
        let answers_first = answers(&self.workers, "refer-back");
        let consent = agreement("Eastside Link Workers", "outcome");
        let came = draft(&self.charity, &self.first, &answers_first, Some(&consent), &[]);
        act(&self.charity, &came, "send");
        expect_whole(&self.workers, &came);
        act(&self.workers, &came, "open");
        act(&self.workers, &came, "accept");
        let filled = answers(&self.surgery, "bridge-note").replace("pass_back: nothing", "pass_back: outcome");
        let consent = format!("{}rests_on: {rests_on}\n", agreement("Millpond Surgery", "outcome"));
        let went = draft(&self.workers, &self.second, &filled, Some(&consent), &["--previous", &came]);
        act(&self.workers, &went, "send");
        expect_whole(&self.surgery, &went);
        (came, went)
    }
}

#[track_caller]
fn expect_detail(node: &Node, id: &str, detail: &str) {
    let mut last = None;
    until(&format!("{id} is {detail}"), || {
        last = row(node, id).map(|row| text(&row["detail"]));
        (last.as_deref() == Some(detail)).then_some(())
    });
}

/// What this node says that it has to do itself.
fn own_duties(node: &Node, id: &str) -> Vec<String> {
    let own = organisation(node);
    let row = row(node, id).expect("it is there");
    let owed = row["owed"].as_array().expect("a list").iter().filter(|owed| owed["by"] == own.as_str());
    owed.map(|owed| text(&owed["what"])).collect()
}

#[test]
fn the_first_sender_learns_the_end_and_nobody_holds_what_was_said_to_another() {
    chain("chain", |nodes| {
        let (came, went) = nodes.gone_on("own");
        let pass_on = format!("pass-on --next {went}");
        attempt(&nodes.workers, &came, &pass_on).expect_told(1, &[]);
        act(&nodes.surgery, &went, "accept");
        expect_detail(&nodes.workers, &went, "accepted");
        assert_eq!(
            own_duties(&nodes.workers, &came),
            [format!("tell the sender that the person was passed on: pass-on --next {went}")]
        );
        act(&nodes.workers, &came, &pass_on);
        expect_detail(&nodes.charity, &came, "passed on");
        let holder = |node: &Node, id: &str| row(node, id).expect("it is there")["holder"].clone();
        let surgery = organisation(&nodes.surgery);
        for (node, id) in [(&nodes.workers, &came), (&nodes.workers, &went), (&nodes.surgery, &went)] {
            assert_eq!(holder(node, id), surgery.as_str());
        }
        assert_ne!(holder(&nodes.charity, &came), organisation(&nodes.charity).as_str());

        act(&nodes.surgery, &went, "end --outcome completed");
        expect_detail(&nodes.workers, &went, "ended (completed)");
        let duties = own_duties(&nodes.workers, &came);
        assert_eq!(duties, ["tell the sender how it ended: end --outcome completed"]);
        act(&nodes.workers, &came, "end --outcome completed");
        act(&nodes.workers, &went, "close");
        expect_detail(&nodes.charity, &came, "ended (completed)");
        act(&nodes.charity, &came, "close");
        expect_detail(&nodes.workers, &came, "ended (completed), closed");
        expect_detail(&nodes.surgery, &went, "ended (completed), closed");
        for (one, other, id) in [(&nodes.charity, &nodes.workers, &came), (&nodes.workers, &nodes.surgery, &went)] {
            until("both tell the same events", || (history(one, id) == history(other, id)).then_some(()));
        }

        for table in ["payload", "data_key"] {
            assert_eq!(referrals_in(&nodes.charity, table), [bare(&came)], "{table} of the charity");
            assert_eq!(referrals_in(&nodes.surgery, table), [bare(&went)], "{table} of the surgery");
            assert_eq!(referrals_in(&nodes.workers, table).len(), 2, "{table} of the link workers");
        }
        for (node, id) in [(&nodes.charity, &went), (&nodes.surgery, &came)] {
            assert!(row(node, id).is_none());
            attempt(node, id, "open").expect_told(1, &["there is no referral"]);
        }
    });
}

#[test]
fn a_first_sender_who_stops_is_told_what_becomes_of_the_next_referral() {
    chain("passed", |nodes| {
        for (rests_on, becomes) in
            [("previous", "the next referral stops too"), ("own", "the next referral stands on its own")]
        {
            let (came, went) = nodes.gone_on(rests_on);
            act(&nodes.surgery, &went, "accept");
            expect_detail(&nodes.workers, &went, "accepted");
            let charity = organisation(&nodes.charity);
            nodes.workers.run(&["partner", "pause", &charity]).expect_done();
            act(&nodes.workers, &came, &format!("pass-on --next {went}"));
            act(&nodes.charity, &came, "withdraw --reason person-asked");
            nodes.workers.run(&["partner", "resume", &charity]).expect_done();
            for node in [&nodes.charity, &nodes.workers] {
                expect_detail(node, &came, "was passed on");
                assert_eq!(row(node, &came).expect("it is there")["shown"], "stopping");
            }
            let duties = own_duties(&nodes.workers, &came);
            assert!(duties.contains(&"tell the person and confirm the stop".to_owned()), "{duties:?}");
            act(&nodes.workers, &came, "stop-confirm --contact made");
            let stands = format!("was passed on, stop confirmed, contact made, {becomes}");
            for node in [&nodes.charity, &nodes.workers] {
                expect_detail(node, &came, &stands);
            }
            let stops = own_duties(&nodes.workers, &came).iter().any(|duty| duty.starts_with("stop the next referral"));
            assert_eq!(stops, rests_on == "previous");
        }
    });
}

#[test]
fn by_whom_a_person_was_passed_on_is_not_forgotten_before_the_first_sender_hears_of_it() {
    chain("unforgotten", |nodes| {
        let (came, went) = nodes.gone_on("own");
        act(&nodes.surgery, &went, "accept");
        expect_detail(&nodes.workers, &went, "accepted");
        act(&nodes.workers, &came, &format!("pass-on --next {went}"));
        act(&nodes.surgery, &went, "hand-back --reason no-space");
        expect_detail(&nodes.workers, &went, "handed back (no-space)");
        act(&nodes.workers, &went, "take-back");
        expect_detail(&nodes.surgery, &went, "handed back (no-space), taken back");
        act(&nodes.surgery, &went, "erase --yes");
        let refusal = ["has not been told", "the person is here again"];
        attempt(&nodes.workers, &went, "erase --yes").expect_told(1, &refusal);
        nodes.workers.run(&["partner", "remove", &organisation(&nodes.surgery)]).expect_told(1, &refusal);
        let duties = own_duties(&nodes.workers, &came);
        assert!(duties.iter().any(|duty| duty.contains("the person is here again")), "{duties:?}");
        act(&nodes.workers, &came, "accept");
        act(&nodes.workers, &went, "erase --yes");
        expect_detail(&nodes.charity, &came, "accepted");
        for node in [&nodes.workers, &nodes.surgery] {
            until("both have given it up", || (row(node, &went)?["request"] == "erased").then_some(()));
        }
    });
}
