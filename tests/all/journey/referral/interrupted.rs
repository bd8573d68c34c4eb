//! Nodes that are killed between any two steps, and in the middle of one.

use super::{
    ARTS, Node, Referring, act, agreement, answers, attempt, draft, expect_whole, history, referring, row, text, until,
};
use std::io::Write;
use std::process::Stdio;

/// Whose step it is, the command, and what the history says of it.
const STEPS: [(Who, &str, &str); 9] = [
    (Who::Sender, "send", "send"),
    (Who::Receiver, "open", "open"),
    (Who::Receiver, "acknowledge", "acknowledge"),
    (Who::Receiver, "accept", "accept"),
    (Who::Receiver, "contact --contact tried", "contact: tried"),
    (Who::Receiver, "contact --contact made", "contact: made"),
    (Who::Receiver, "start", "start"),
    (Who::Receiver, "end --outcome completed", "end: completed"),
    (Who::Sender, "close", "close"),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Sender,
    Receiver,
}

impl Referring {
    fn node(&mut self, who: Who) -> &mut Node {
        match who {
            Who::Sender => &mut self.workers,
            Who::Receiver => &mut self.arts,
        }
    }
}

impl Who {
    fn other(self) -> Self {
        if self == Self::Sender { Self::Receiver } else { Self::Sender }
    }
}

fn restart(node: &mut Node) {
    node.kill();
    node.up();
}

#[test]
fn nothing_is_lost_or_doubled_where_a_node_is_killed_after_each_step() {
    referring("after", |both| {
        let filled = answers(&both.arts, "arts-group");
        let id = draft(&both.workers, &both.pathway, &filled, Some(&agreement(ARTS, "outcome")), &[]);
        for (number, (who, words, _)) in STEPS.into_iter().enumerate() {
            until("what it follows is here", || is_ready(both, who, &id, number).then_some(()));
            act(both.node(who), &id, words);
            match number % 3 {
                0 => restart(both.node(who)),
                1 => restart(both.node(who.other())),
                _ => {
                    both.node(who).kill();
                    restart(both.node(who.other()));
                    both.node(who).up();
                }
            }
        }
        both.expect(&id, "finished: ended (completed), closed; held by receiver");
        both.expect_events(&id, &STEPS.map(|(_, _, told)| told));
    });
}

#[test]
fn a_step_that_is_cut_short_was_taken_once_or_not_at_all() {
    referring("amid", |both| {
        let filled = answers(&both.arts, "arts-group");
        let id = draft(&both.workers, &both.pathway, &filled, Some(&agreement(ARTS, "outcome")), &[]);
        let mut cut = 0;
        for (number, (who, words, told)) in STEPS.into_iter().enumerate() {
            until("what it follows is here", || is_ready(both, who, &id, number).then_some(()));
            let mut command =
                both.node(who).folder.command(["referral", words.split(' ').next().expect("a verb"), &id]);
            command.args(words.split(' ').skip(1)).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().expect("it starts");
            // It is killed at once, when about as long has passed as a command takes to begin, or as soon as it is written.
            match number % 3 {
                0 => {}
                1 => both.node(who).run(&["--version"]).expect_done(),
                _ => until("it is written", || is_told(both.node(who), &id, told).then_some(())),
            }
            restart(both.node(who));
            let is_done = child.wait().expect("it ends").success();
            let is_told = is_told(both.node(who), &id, told);
            // An `open` that is shown need not be told: that is said as far as it can be.
            assert!(is_told || !is_done || told == "open", "{words} was answered and is lost");
            if !is_told {
                cut += 1;
                act(both.node(who), &id, words);
            }
        }
        // For whoever reads the run.
        let _ = writeln!(std::io::stderr(), "{cut} steps were cut before they were taken");
        both.expect(&id, "finished: ended (completed), closed; held by receiver");
        both.expect_events(&id, &STEPS.map(|(_, _, told)| told));
    });
}

fn is_told(node: &Node, id: &str, words: &str) -> bool {
    history(node, id).iter().any(|event| event["words"] == words)
}

/// Whether whoever is to act holds all that was done before.
fn is_ready(both: &mut Referring, who: Who, id: &str, number: usize) -> bool {
    let node = &*both.node(who);
    if number == 0 {
        return true;
    }
    if history(node, id).len() < number || row(node, id).is_none() {
        return false;
    }
    if number == 1 {
        expect_whole(node, id);
    }
    true
}

#[test]
fn what_was_sent_is_there_after_both_were_killed_at_once() {
    referring("sent", |both| {
        let filled = answers(&both.arts, "arts-group");
        let mut ids = Vec::new();
        for _ in 0..3 {
            let id = draft(&both.workers, &both.pathway, &filled, Some(&agreement(ARTS, "outcome")), &[]);
            act(&both.workers, &id, "send");
            both.workers.kill();
            both.arts.kill();
            both.arts.up();
            both.workers.up();
            ids.push(id);
        }
        for id in &ids {
            expect_whole(&both.arts, id);
            let opened = both.arts.json(&["referral", "open", id]);
            assert_eq!(opened["opened"]["answers"]["name"], "Maud Example");
            both.expect_events(id, &["send", "open"]);
        }
        let mut listed: Vec<_> =
            both.arts.lines(&["referral", "list", "--all"]).iter().map(|row| text(&row["id"])).collect();
        listed.sort();
        ids.sort();
        assert_eq!(listed, ids);
        attempt(&both.workers, &ids[0], "send").expect_told(1, &[]);
    });
}
