//! Stories of two organisations and one listing: proposals, keepers, handing over, and what everybody else sees meanwhile.

use super::{At, World};
use crate::audience::Audience;
use crate::document::{Edit, Kind};
use crate::proposal::{Answer, Proposal, Verdict, answer_document, keepers};
use crate::statement::Life;
use crate::sync::Answering;
use crate::sync::effect::{Command, Write, WriteAction};
use crate::{DocId, RefusalKind, transfer};
use serde_json::{Value, json};

/// A hub, an owner, its keeper and a reader, all on the hub's roster; the owner has a listing that the keeper keeps.
struct Kept {
    world: World,
    hub: At,
    owner: At,
    keeper: At,
    reader: At,
    supper: DocId,
}

fn kept(seed: u64) -> Kept {
    let mut world = World::seeded(seed);
    let [hub, owner, keeper, reader] = [(); 4].map(|()| world.stranger());
    for member in [owner, keeper, reader] {
        world.join(hub, member);
    }
    let supper = world.publish(owner, "Supper", Audience::Public);
    world.keep(owner, supper, keeper, true).expect("kept");
    world.link(hub, owner).link(hub, keeper).link(hub, reader).run_until_quiet();
    Kept { world, hub, owner, keeper, reader, supper }
}

impl Kept {
    fn field(&self, at: At, path: &str) -> Option<Value> {
        self.world.row(at, self.supper).and_then(|row| row.value.get(path)).cloned()
    }

    fn everywhere(&self, path: &str, value: &str) {
        for at in [self.hub, self.owner, self.keeper, self.reader] {
            assert_eq!(self.field(at, path), Some(json!(value)), "at {at}");
        }
    }

    /// What a node sees said to a proposal, also after both were taken back.
    fn answer(&self, at: At, proposal: DocId) -> Option<Verdict> {
        let document = self.world.nodes[at].disk.document(answer_document(&self.world.org(self.owner), &proposal))?;
        document.row.map(|row| Answer::read(&row.value).expect("an answer").verdict)
    }

    /// Whether an answer stands as a document of its own at a node.
    fn answer_stands(&self, at: At, proposal: DocId) -> bool {
        self.world.row(at, answer_document(&self.world.org(self.owner), &proposal)).is_some()
    }

    fn is_open(&self, at: At, proposal: DocId) -> bool {
        self.world.row(at, proposal).is_some() && self.answer(at, proposal).is_none()
    }

    fn say(&mut self, proposal: DocId, verdict: Verdict) -> Result<(), crate::Refusal> {
        say(&mut self.world, self.owner, proposal, self.supper, verdict)
    }
}

/// Answers a proposal as it is seen at a node.
fn say(world: &mut World, at: At, proposal: DocId, target: DocId, verdict: Verdict) -> Result<(), crate::Refusal> {
    let seen = world.row(at, proposal).map(|row| row.heads.clone()).unwrap_or_default();
    world.ask(at, Command::AnswerProposal(Answering { proposal, target, seen, verdict })).map(drop)
}

#[test]
fn what_owner_and_keeper_edit_apart_stands_everywhere() {
    let mut k = kept(1);
    k.world.cut(k.hub, k.owner);
    k.world.edit(k.owner, k.supper, "description", "A warm hall. Come as you are.").expect("edited");
    k.world.edit(k.owner, k.supper, "fees", "free").expect("edited");
    let text = "A warm room. Come as you are, or later.";
    let proposal = k.world.propose(k.keeper, k.supper, "description", text).expect("proposed");
    k.world.run_until_quiet();
    assert!(k.is_open(k.reader, proposal), "seen by all while the owner is away");
    k.world.link(k.hub, k.owner).run_until_quiet();
    k.everywhere("description", "A warm hall. Come as you are, or later.");
    k.everywhere("fees", "free");
    assert_eq!(k.answer(k.reader, proposal), Some(Verdict::Accepted));
    assert!(k.world.row(k.reader, proposal).is_none(), "its maker has withdrawn it");
    k.world.check_safety().expect("safe");
}

#[test]
fn a_keeper_goes_on_from_what_it_has_proposed() {
    let mut k = kept(2);
    k.world.cut(k.hub, k.owner);
    let first = "A warm room. Come as you are. Soup.";
    k.world.propose(k.keeper, k.supper, "description", first).expect("proposed");
    k.world.propose(k.keeper, k.supper, "description", &format!("{first} Bread.")[..]).expect("proposed");
    let again = k.world.propose(k.keeper, k.supper, "description", &format!("{first} Bread.")[..]);
    assert_eq!(again.expect_err("twice").kind, RefusalKind::AlreadyDone);
    k.world.edit(k.owner, k.supper, "description", "A warm hall. Come as you are.").expect("edited");
    k.world.link(k.hub, k.owner).run_until_quiet();
    k.everywhere("description", "A warm hall. Come as you are. Soup. Bread.");
}

#[test]
fn a_keepership_that_ended_leaves_later_edits_to_a_person_on_every_node() {
    let mut k = kept(3);
    k.world.cut(k.hub, k.owner);
    k.world.keep(k.owner, k.supper, k.keeper, false).expect("ended");
    let proposal = k.world.propose(k.keeper, k.supper, "fees", "5 pounds").expect("proposed");
    k.world.link(k.hub, k.owner).run_until_quiet();
    for at in [k.hub, k.owner, k.keeper, k.reader] {
        assert_eq!(k.field(at, "fees"), None);
        assert!(keepers(&k.world.row(at, k.supper).expect("held").value).is_empty());
        assert!(k.is_open(at, proposal), "at {at}");
    }
    k.say(proposal, Verdict::Accepted).expect("accepted");
    k.world.run_until_quiet();
    k.everywhere("fees", "5 pounds");
    assert_eq!(k.say(proposal, Verdict::Accepted).expect_err("twice").kind, RefusalKind::NotFound);
    // Now it is no keeper, and the owner no partner: there is no way to it.
    let refused = k.world.propose(k.keeper, k.supper, "fees", "6 pounds").expect_err("no partner");
    assert_eq!(refused.kind, RefusalKind::NotAllowed);
}

#[test]
fn any_partner_proposes_to_the_owner_alone_and_hears_what_became_of_it() {
    let mut k = kept(4);
    k.world.pair(k.owner, k.reader).link(k.owner, k.reader).run_until_quiet();
    let [yes, no] = ["free", "a pound"].map(|fee| k.world.propose(k.reader, k.supper, "fees", fee).expect("proposed"));
    k.world.run_until_quiet();
    assert!(k.is_open(k.owner, yes) && k.is_open(k.owner, no));
    assert!(k.world.row(k.hub, yes).is_none() && k.world.row(k.keeper, no).is_none());
    k.say(yes, Verdict::Accepted).expect("accepted");
    k.say(no, Verdict::Refused { reason: "it was never so".into() }).expect("refused");
    k.world.run_until_quiet();
    k.everywhere("fees", "free");
    assert_eq!(k.answer(k.reader, no), Some(Verdict::Refused { reason: "it was never so".into() }));
    assert!(k.world.row(k.reader, yes).is_none() && k.world.row(k.reader, no).is_none(), "withdrawn");
    k.world.check_safety().expect("safe");
}

#[test]
fn an_owner_put_back_to_an_old_copy_takes_nothing_twice() {
    let mut k = kept(5);
    k.world.back_up(k.owner);
    let text = "A warm room. Come as you are. Soup.";
    // The keeper does not hear of the answer, so that the proposal stands on.
    let proposal = k.world.propose(k.keeper, k.supper, "description", text).expect("proposed");
    k.world.run_until_quiet();
    k.everywhere("description", text);
    k.world.restore(k.owner);
    k.world.link(k.hub, k.owner).run_until_quiet();
    k.everywhere("description", text);
    assert_eq!(k.answer(k.owner, proposal), Some(Verdict::Accepted));
    k.world.edit(k.owner, k.supper, "fees", "free").expect("edited");
    k.world.run_until_quiet();
    k.everywhere("fees", "free");
    k.everywhere("description", text);
}

#[test]
fn two_nodes_of_the_owner_take_one_proposal_alike() {
    let mut world = World::seeded(6);
    let [[home, laptop], [keeper, _]] = world.organisations([2, 2]).map(|nodes| [nodes[0], nodes[1]]);
    let supper = world.publish(home, "Supper", Audience::Public);
    world.keep(home, supper, keeper, true).expect("kept");
    world.link(home, laptop).link(home, keeper).link(laptop, keeper).run_until_quiet();
    world.cut(home, laptop);
    let text = "A warm room. Come as you are. Soup.";
    world.propose(keeper, supper, "description", text).expect("proposed");
    world.run_until_quiet();
    world.link(home, laptop).run_until_quiet();
    for at in [home, laptop, keeper] {
        let row = world.row(at, supper).expect("held");
        assert_eq!((row.value.get("description"), row.conflicts), (Some(&json!(text)), 0), "at {at}");
    }
    world.check_safety().expect("safe");
}

#[test]
fn what_was_proposed_upon_an_earlier_history_stands_where_nothing_else_was_said() {
    let mut k = kept(7);
    k.world.cut(k.hub, k.keeper);
    k.world.write(k.owner, k.supper, WriteAction::Share(Audience::Own)).expect("closer");
    k.world.write(k.owner, k.supper, WriteAction::Share(Audience::Public)).expect("a new history");
    k.world.edit(k.owner, k.supper, "wait_time", "none").expect("edited");
    let taken = k.world.propose(k.keeper, k.supper, "fees", "free").expect("proposed");
    let left = k.world.propose(k.keeper, k.supper, "wait_time", "a week").expect("proposed");
    k.world.link(k.hub, k.keeper).run_until_quiet();
    k.everywhere("fees", "free");
    k.everywhere("wait_time", "none");
    assert_eq!(k.answer(k.reader, taken), Some(Verdict::Accepted));
    assert!(k.is_open(k.reader, left));
    let incidents = &k.world.nodes[k.owner].disk.incidents;
    assert!(incidents.iter().any(|i| i.message.contains("wait_time was changed since")), "{incidents:#?}");
}

#[test]
fn nobody_answers_for_the_owner() {
    let mut k = kept(8);
    k.world.cut(k.hub, k.owner);
    let proposal = k.world.propose(k.keeper, k.supper, "fees", "free").expect("proposed");
    k.world.run_until_quiet();
    for verdict in [Verdict::Accepted, Verdict::Refused { reason: String::new() }] {
        let refused = say(&mut k.world, k.reader, proposal, k.supper, verdict).expect_err("not the owner");
        assert_eq!(refused.kind, RefusalKind::NotAllowed);
    }
    assert_eq!(k.world.row(k.reader, proposal).map(|row| row.life), Some(Life::Live));
    let own = k.world.propose(k.owner, k.supper, "fees", "free").expect_err("own");
    assert_eq!(own.kind, RefusalKind::NotAllowed);
}

/// Claims a listing as the application does.
fn claim(world: &mut World, at: At, listing: DocId) -> DocId {
    claim_for(world, at, listing, Audience::Public)
}

fn claim_for(world: &mut World, at: At, listing: DocId, audience: Audience) -> DocId {
    let value = transfer::claimed(&world.row(at, listing).expect("held").value, &listing);
    let id = transfer::claim_document(listing.record(), &world.org(at));
    let action = match world.nodes[at].disk.document(id) {
        Some(_) => WriteAction::Restore { value, audience },
        None => WriteAction::Create { value, audience },
    };
    world.write(at, id, action).expect("claimed");
    id
}

fn offer(world: &mut World, at: At, listing: DocId, to: At) {
    let org = world.org(to);
    world.write(at, listing, WriteAction::Edit(vec![transfer::offer(Some(&org))])).expect("offered");
    world.run_until_quiet();
}

/// Where the old owner's last word says that a listing went, at a node.
fn moved_to(world: &World, at: At, listing: DocId) -> Option<DocId> {
    let document = world.nodes[at].disk.document(listing)?;
    assert_eq!(document.row.as_ref().map(|row| row.life), Some(Life::Withdrawn));
    document.went_to().map(|(_, doc)| doc)
}

#[test]
fn what_is_offered_goes_to_whom_it_was_offered_and_to_nobody_else() {
    let mut k = kept(11);
    let org = k.world.org(k.keeper);
    k.world.write(k.owner, k.supper, WriteAction::Edit(vec![transfer::offer(Some(&org))])).expect("offered");
    k.world.run_until_quiet();
    let wrong = claim(&mut k.world, k.reader, k.supper);
    k.world.run_until_quiet();
    assert!(k.world.row(k.hub, k.supper).is_some() && k.world.row(k.hub, wrong).is_some(), "both stand");
    let right = claim(&mut k.world, k.keeper, k.supper);
    k.world.run_until_quiet();
    for at in [k.hub, k.owner, k.keeper, k.reader] {
        assert_eq!(moved_to(&k.world, at, k.supper), Some(right), "at {at}");
        let row = k.world.row(at, right).expect("it stands");
        assert_eq!((row.name.as_str(), row.about), ("Supper", Some(k.supper)));
        assert!(keepers(&row.value).is_empty());
    }
    assert_eq!(k.say(wrong, Verdict::Accepted).expect_err("gone").kind, RefusalKind::AlreadyDone);
    k.world.check_safety().expect("safe");
}

#[test]
fn a_claim_waits_for_a_person_unless_nobody_keeps_the_listing() {
    let mut k = kept(12);
    let claimed = claim(&mut k.world, k.reader, k.supper);
    k.world.run_until_quiet();
    assert!(k.world.row(k.hub, k.supper).is_some());
    k.say(claimed, Verdict::Accepted).expect("given");
    k.world.run_until_quiet();
    assert_eq!(moved_to(&k.world, k.hub, k.supper), Some(claimed));

    let stall = k.world.publish(k.owner, "Stall", Audience::Public);
    let orphan = transfer::orphan(Some(k.world.now()));
    k.world.write(k.owner, stall, WriteAction::Edit(vec![orphan])).expect("left");
    k.world.run_until_quiet();
    k.world.restart(k.owner);
    let taken = claim(&mut k.world, k.reader, stall);
    k.world.link(k.hub, k.owner).run_until_quiet();
    assert_eq!(moved_to(&k.world, k.keeper, stall), Some(taken));
    k.world.check_safety().expect("safe");
}

#[test]
fn a_listing_goes_to_and_fro_as_often_as_it_is_offered() {
    let mut k = kept(13);
    let mut at = (k.owner, k.supper);
    for to in [k.keeper, k.owner, k.keeper, k.reader] {
        offer(&mut k.world, at.0, at.1, to);
        let claimed = claim(&mut k.world, to, at.1);
        k.world.run_until_quiet();
        for node in [k.hub, k.owner, k.keeper, k.reader] {
            assert_eq!(moved_to(&k.world, node, at.1), Some(claimed), "at {node}");
            assert!(k.world.row(node, claimed).is_some(), "at {node}");
        }
        at = (to, claimed);
    }
    k.world.check_safety().expect("safe");
}

#[test]
fn a_claim_that_was_refused_is_good_once_the_listing_is_offered() {
    let mut k = kept(14);
    let claimed = claim(&mut k.world, k.reader, k.supper);
    k.world.run_until_quiet();
    k.say(claimed, Verdict::Refused { reason: "not yet".into() }).expect("refused");
    k.world.run_until_quiet();
    assert!(k.world.row(k.hub, k.supper).is_some(), "it stands");
    offer(&mut k.world, k.owner, k.supper, k.reader);
    assert_eq!(moved_to(&k.world, k.hub, k.supper), Some(claimed));
    assert_eq!(k.answer(k.reader, claimed), Some(Verdict::Accepted), "and its owner says so");
    // What is done is not answered again.
    assert_eq!(k.say(claimed, Verdict::Accepted).expect_err("done").kind, RefusalKind::AlreadyDone);
    let no = Verdict::Refused { reason: String::new() };
    assert_eq!(k.say(claimed, no).expect_err("done").kind, RefusalKind::AlreadyDone);
    k.world.check_safety().expect("safe");
}

#[test]
fn a_person_may_think_better_of_a_claim() {
    let mut k = kept(15);
    let claimed = claim(&mut k.world, k.reader, k.supper);
    k.world.run_until_quiet();
    k.say(claimed, Verdict::Refused { reason: "not yet".into() }).expect("refused");
    k.say(claimed, Verdict::Refused { reason: "not ever".into() }).expect("in other words");
    k.world.run_until_quiet();
    assert_eq!(k.answer(k.hub, claimed), Some(Verdict::Refused { reason: "not ever".into() }));
    k.say(claimed, Verdict::Accepted).expect("given");
    k.world.run_until_quiet();
    assert_eq!(moved_to(&k.world, k.hub, k.supper), Some(claimed));
    assert_eq!(k.answer(k.hub, claimed), Some(Verdict::Accepted));
}

#[test]
fn a_listing_that_came_back_to_fewer_is_handed_on_all_the_same() {
    let mut k = kept(16);
    offer(&mut k.world, k.owner, k.supper, k.keeper);
    let theirs = claim(&mut k.world, k.keeper, k.supper);
    k.world.run_until_quiet();
    offer(&mut k.world, k.keeper, theirs, k.owner);
    // It comes back to its owner's partners alone: what was said to the public of where it went is still said there.
    let back = claim_for(&mut k.world, k.owner, theirs, Audience::Partners);
    assert_eq!(back, k.supper);
    k.world.run_until_quiet();
    assert_eq!(k.world.nodes[k.owner].disk.document(back).expect("held").went_to(), None, "it stands here");
    k.world.pair(k.owner, k.reader).link(k.owner, k.reader).run_until_quiet();
    offer(&mut k.world, k.owner, back, k.reader);
    let last = claim_for(&mut k.world, k.reader, back, Audience::Public);
    k.world.run_until_quiet();
    for at in [k.owner, k.reader] {
        assert_eq!(moved_to(&k.world, at, back), Some(last), "at {at}");
    }
    k.world.check_safety().expect("safe");
}

/// Changes a proposal's document behind its owner's back, as a maker can.
fn rewrite(world: &mut World, at: At, proposal: DocId, action: WriteAction) {
    let write = Write { doc_id: proposal, kind: Kind::PROPOSAL, action, imported: None, change: None };
    world.ask(at, Command::Write(vec![write])).expect("written");
}

#[test]
fn what_is_accepted_is_what_was_seen() {
    let mut k = kept(17);
    k.world.keep(k.owner, k.supper, k.keeper, false).expect("ended");
    k.world.pair(k.owner, k.reader).link(k.owner, k.reader).run_until_quiet();
    let proposal = k.world.propose(k.reader, k.supper, "fees", "free").expect("proposed");
    k.world.run_until_quiet();
    let seen = k.world.row(k.owner, proposal).expect("it waits").clone();
    let mut read = Proposal::read(&seen.value).expect("a proposal");
    read.edits[0].edit.value = Some(json!("ninety pounds"));
    let swapped = Edit { path: vec!["edits".into()], value: read.value().get("edits").cloned() };
    rewrite(&mut k.world, k.reader, proposal, WriteAction::Edit(vec![swapped]));
    k.world.run_until_quiet();
    for verdict in [Verdict::Accepted, Verdict::Refused { reason: String::new() }] {
        let answering = Answering { proposal, target: k.supper, seen: seen.heads.clone(), verdict };
        let refused = k.world.ask(k.owner, Command::AnswerProposal(answering)).expect_err("not what was seen");
        assert_eq!(refused.kind, RefusalKind::WrongState);
    }
    assert_eq!(k.field(k.owner, "fees"), None);
    assert!(k.is_open(k.owner, proposal));
    k.say(proposal, Verdict::Accepted).expect("seen");
    k.world.run_until_quiet();
    k.everywhere("fees", "ninety pounds");
}

#[test]
fn a_long_keeping_takes_no_more_room_than_a_short_one() {
    let mut k = kept(18);
    let documents = |k: &Kept, at: At| -> Vec<u64> {
        let usage = k.world.nodes[at].disk.usage();
        [k.owner, k.keeper].map(|of| usage.get(&k.world.org(of)).map_or(0, |usage| usage.documents)).to_vec()
    };
    let all = [k.hub, k.owner, k.keeper, k.reader];
    let before = all.map(|at| documents(&k, at));
    let mut proposals = Vec::new();
    for fee in 0..20 {
        proposals.push(k.world.propose(k.keeper, k.supper, "fees", format!("{fee} pounds")).expect("proposed"));
        k.world.run_until_quiet();
    }
    k.everywhere("fees", "19 pounds");
    assert_eq!(all.map(|at| documents(&k, at)), before);
    for at in all {
        for proposal in &proposals {
            assert_eq!(k.answer(at, *proposal), Some(Verdict::Accepted), "it is told for good");
            assert!(!k.answer_stands(at, *proposal), "and does not stand");
        }
    }
    // What was answered stays answered, whatever its maker makes of it.
    let said = k.world.nodes[k.keeper].disk.document(proposals[0]).and_then(|d| d.row).expect("held").value;
    let again = WriteAction::Restore { value: said, audience: Audience::Public };
    rewrite(&mut k.world, k.keeper, proposals[0], again);
    k.world.run_until_quiet();
    k.everywhere("fees", "19 pounds");
    k.world.check_safety().expect("safe");
}
