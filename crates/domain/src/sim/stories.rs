//! Stories: what people do at one place, and what others then see.

use super::World;
use crate::audience::Audience;
use crate::sync::effect::{Command, WriteAction};
use crate::{DocId, RefusalKind, limits};
use serde_json::{Value, json};

/// The value of a field at a node, where the document stands there.
fn field(world: &World, at: usize, doc: DocId, path: &str) -> Option<Value> {
    path.split('.').try_fold(&world.row(at, doc)?.value, |value, key| value.get(key)).cloned()
}

fn is_in_step(world: &World, at: usize, with: usize) -> bool {
    world.nodes[at].engine.as_ref().expect("it runs").standing(&world.org(with)).is_in_step
}

#[test]
fn a_listing_reaches_a_partner_and_so_does_its_edit() {
    let mut world = World::seeded(7);
    let [shelter, council] = world.organisations([1, 1]).map(|nodes| nodes[0]);
    let supper = world.publish(shelter, "Tuesday supper", Audience::Public);
    let secret = world.publish(shelter, "Staff rota", Audience::Own);
    world.link(council, shelter).run_until_quiet();
    assert_eq!(field(&world, council, supper, "name"), Some(json!("Tuesday supper")));
    assert!(world.row(council, secret).is_none());

    world.edit(shelter, supper, "name", "Wednesday supper").expect("edited");
    world.run_until_quiet();
    assert_eq!(field(&world, council, supper, "name"), Some(json!("Wednesday supper")));
    assert!(is_in_step(&world, council, shelter));

    world.cut(council, shelter);
    world.edit(shelter, supper, "name", "Thursday supper").expect("edited");
    world.link(council, shelter).run_until_quiet();
    assert_eq!(field(&world, council, supper, "name"), Some(json!("Thursday supper")));

    world.write(shelter, supper, WriteAction::Withdraw).expect("withdrawn");
    world.run_until_quiet();
    assert!(world.row(council, supper).is_none());
    assert!(world.nodes.iter().all(|n| n.disk.incidents.is_empty()), "{:#?}", world.nodes[0].disk.incidents);
}

#[test]
fn who_is_behind_says_by_how_much_also_while_the_other_side_still_writes() {
    let (before, after) = (300, 900);
    let mut world = World::seeded(12);
    let [shelter, council] = world.organisations([1, 1]).map(|nodes| nodes[0]);
    let (mut there, mut told) = (0, std::collections::BTreeSet::new());
    let write = |world: &mut World, there: &mut usize, until: usize| {
        for n in std::mem::replace(there, until)..until {
            world.publish(shelter, &format!("Supper {n}"), Audience::Public);
        }
    };
    write(&mut world, &mut there, before);
    world.link(council, shelter);
    while world.step() {
        let here = world.nodes[council].disk.rows.len();
        let standing = world.nodes[council].engine.as_ref().expect("it runs").standing(&world.org(shelter));
        if !standing.is_linked {
            continue;
        }
        // Nobody knows of what was written since the other side last spoke, and nothing before it did.
        let known = [before, after].map(|all| all.saturating_sub(here) as u64);
        let has_not_spoken = here == 0 && standing.behind == 1;
        assert!(known.contains(&standing.behind) || has_not_spoken, "{standing:?} with {here} of {there} here");
        assert_eq!(standing.is_in_step, standing.behind == 0, "{standing:?}");
        told.insert(standing.behind);
        if here > 0 {
            write(&mut world, &mut there, after);
        }
    }
    assert_eq!(world.nodes[council].disk.rows.len(), after);
    assert!(told.contains(&(before as u64)) && told.contains(&0), "{told:?}");
    assert!(told.iter().any(|behind| *behind > before as u64), "{told:?}");
}

/// A shelter with a home node and a laptop, and the council.
fn shelter_and_council(seed: u64) -> (World, [usize; 3]) {
    let mut world = World::seeded(seed);
    let [shelter, council] = world.organisations([2, 1]);
    (world, [shelter[0], shelter[1], council[0]])
}

#[test]
fn what_two_nodes_of_one_organisation_edit_apart_merges() {
    let (mut world, [home, laptop, council]) = shelter_and_council(8);
    let supper = world.publish(home, "Supper", Audience::Public);
    world.link(home, laptop).run_until_quiet();
    world.cut(home, laptop);

    world.edit(home, supper, "description", "A warm and bright room. Come as you are.").expect("edited");
    world.edit(home, supper, "sessions.7d444840-9dc0-11d1-b245-5ffdce74fad2.description", "Tuesdays").expect("edited");
    world.edit(home, supper, "fees", "Free").expect("edited");
    world.edit(laptop, supper, "description", "A warm room. Come as you are. Dogs welcome.").expect("edited");
    world.edit(laptop, supper, "sessions.7d444840-9dc0-11d1-b245-5ffdce74fad3.description", "Fridays").expect("edited");
    world.edit(laptop, supper, "fees", "By donation").expect("edited");

    world.link(home, laptop).link(home, council).run_until_quiet();
    for at in [home, laptop, council] {
        let description = field(&world, at, supper, "description");
        assert_eq!(description, Some(json!("A warm and bright room. Come as you are. Dogs welcome.")));
        let sessions = field(&world, at, supper, "sessions").expect("sessions");
        assert_eq!(sessions.as_object().map(serde_json::Map::len), Some(2), "{sessions}");
        assert_eq!(world.shown(at, supper, "fees"), ["Free".to_owned(), "By donation".to_owned()].into());
    }

    world.edit(laptop, supper, "name", "Supper for all").expect("edited");
    world.run_until_quiet();
    assert_eq!(world.shown(council, supper, "fees").len(), 2, "an edit elsewhere leaves it standing");
    world.edit(home, supper, "fees", "Free").expect("settled");
    world.run_until_quiet();
    assert_eq!(world.shown(council, supper, "fees"), ["Free".to_owned()].into());
}

#[test]
fn what_was_withdrawn_does_not_rise_from_the_dead() {
    let (mut world, [home, laptop, council]) = shelter_and_council(9);
    let supper = world.publish(home, "Supper", Audience::Partners);
    world.link(home, laptop).link(laptop, council).run_until_quiet();
    world.cut(home, laptop);
    assert!(world.row(council, supper).is_some());

    world.write(laptop, supper, WriteAction::Withdraw).expect("withdrawn");
    world.edit(home, supper, "fees", "Free").expect("edited: it does not know");
    world.write(home, supper, WriteAction::Share(Audience::Own)).expect("narrowed");
    world.write(home, supper, WriteAction::Share(Audience::Partners)).expect("a new history");
    world.link(home, council).run_until_quiet();
    world.link(home, laptop).run_until_quiet();
    world.link(laptop, council).run_until_quiet();
    for at in [home, laptop, council] {
        assert!(
            world.row(at, supper).is_none(),
            "{}",
            world.described(&world.nodes[at].disk.document(supper).unwrap())
        );
    }
}

#[test]
fn what_was_withdrawn_stands_again_when_it_is_restored_with_nothing_of_what_it_was() {
    let (mut world, [home, laptop, council]) = shelter_and_council(11);
    let supper = world.publish(home, "Supper", Audience::Public);
    world.link(home, laptop).link(home, council).run_until_quiet();
    let value = json!({ "name": "Lunch" });
    let restore = || WriteAction::Restore { value: value.clone(), audience: Audience::Public };
    let refusal = world.write(home, supper, restore()).expect_err("it stands");
    assert_eq!(refusal.kind, RefusalKind::AlreadyDone);

    world.cut(home, laptop);
    world.write(home, supper, WriteAction::Withdraw).expect("withdrawn");
    world.run_until_quiet();
    assert!(world.row(council, supper).is_none());
    world.link(home, laptop).run_until_quiet();
    world.write(laptop, supper, restore()).expect_err("only the home node starts a history");
    world.write(home, supper, restore()).expect("restored");
    world.run_until_quiet();
    world.restart(home).link(home, laptop).link(home, council).run_until_quiet();
    for at in [home, laptop, council] {
        assert_eq!(field(&world, at, supper, "name"), Some(json!("Lunch")));
        assert_eq!(field(&world, at, supper, "description"), None);
    }
    world.edit(laptop, supper, "name", "Late lunch").expect("edited");
    world.link(laptop, council).run_until_quiet();
    assert_eq!(field(&world, council, supper, "name"), Some(json!("Late lunch")));

    world.write(home, supper, WriteAction::Withdraw).expect("withdrawn again");
    world.run_until_quiet();
    assert!([home, laptop, council].iter().all(|at| world.row(*at, supper).is_none()));
}

#[test]
fn who_comes_to_a_wider_audience_gets_nothing_that_was_deleted_before() {
    let (mut world, [home, laptop, council]) = shelter_and_council(10);
    let supper = world.publish(home, "Supper", Audience::Own);
    world.edit(home, supper, "description", "Ring Maria on 020 7946 0000.").expect("edited");
    world.edit(home, supper, "description", "Ring the office.").expect("edited");
    world.link(home, laptop).link(home, council).run_until_quiet();
    assert!(world.nodes[council].disk.document(supper).is_none());

    world.write(home, supper, WriteAction::Share(Audience::Public)).expect("widened");
    world.run_until_quiet();
    assert_eq!(field(&world, council, supper, "description"), Some(json!("Ring the office.")));
    let held = &world.nodes[council].disk.changes[&supper];
    assert_eq!(held.len(), 1, "one root change");
    let holds = |text: &str| held.iter().any(|c| c.bytes.windows(text.len()).any(|w| w == text.as_bytes()));
    assert!(holds("office") && !holds("Maria") && !holds("7946"));

    world.write(home, supper, WriteAction::Share(Audience::Own)).expect("narrowed");
    world.run_until_quiet();
    assert!(world.row(council, supper).is_none());
    assert!(world.row(laptop, supper).is_some_and(|r| !r.is_public));
}

#[test]
fn a_partner_that_was_removed_gets_nothing_more() {
    let (mut world, [home, laptop, council]) = shelter_and_council(11);
    let supper = world.publish(home, "Supper", Audience::Partners);
    world.link(home, laptop).link(home, council).run_until_quiet();
    let org = world.org(council);
    world.ask(home, Command::RemovePartner(org)).expect("removed");
    world.edit(home, supper, "fees", "Free").expect("edited");
    world.link(home, council).run_until_quiet();
    assert_eq!(field(&world, council, supper, "fees"), None);
    assert!(!world.is_linked(home, council));
}

#[test]
fn an_old_copy_of_a_disk_loses_nothing_that_others_have() {
    let mut world = World::seeded(12);
    let [shelter, council] = world.organisations([1, 1]).map(|nodes| nodes[0]);
    let supper = world.publish(shelter, "Supper", Audience::Public);
    world.link(shelter, council).run_until_quiet();
    world.back_up(shelter);
    world.edit(shelter, supper, "fees", "Free").expect("edited");
    let breakfast = world.publish(shelter, "Breakfast", Audience::Partners);
    world.run_until_quiet();

    world.restore(shelter);
    assert!(world.row(shelter, breakfast).is_none());
    // It edits before it hears from anyone.
    world.edit(shelter, supper, "wait_time", "None").expect("edited");
    world.link(shelter, council).run_until_quiet();
    for at in [shelter, council] {
        assert_eq!(field(&world, at, supper, "fees"), Some(json!("Free")), "at {at}");
        assert_eq!(field(&world, at, supper, "wait_time"), Some(json!("None")), "at {at}");
        assert!(world.row(at, breakfast).is_some(), "at {at}");
    }
    world.edit(shelter, breakfast, "fees", "Free").expect("edited");
    world.run_until_quiet();
    assert_eq!(field(&world, council, breakfast, "fees"), Some(json!("Free")));
    world.check_converged().expect("all the same");
}

#[test]
fn an_edit_made_while_a_new_history_began_is_written_again() {
    let (mut world, [home, laptop, council]) = shelter_and_council(13);
    let supper = world.publish(home, "Supper", Audience::Own);
    world.link(home, laptop).run_until_quiet();
    world.cut(home, laptop);
    world.edit(laptop, supper, "fees", "Free").expect("edited");
    world.write(home, supper, WriteAction::Share(Audience::Public)).expect("widened");
    world.link(home, laptop).run_until_quiet();
    world.link(home, council).run_until_quiet();
    for at in [home, laptop, council] {
        assert_eq!(field(&world, at, supper, "fees"), Some(json!("Free")), "at {at}");
    }
}

#[test]
fn scopes_that_seem_equal_are_compared_in_full_every_few_hours() {
    let mut world = World::seeded(12);
    let [shelter, council] = world.organisations([1, 1]).map(|nodes| nodes[0]);
    let supper = world.publish(shelter, "Supper", Audience::Public);
    world.link(council, shelter).run_until_quiet();
    // A fault of this software or of the disk: what was held is gone, and its sum says that it is there.
    let held = &mut world.nodes[council].disk;
    held.statements.retain(|_, statement| statement.statement().doc_id != supper);
    let lacks = |world: &World| !world.nodes[council].disk.statements.values().any(|s| s.statement().doc_id == supper);
    world.run_until_quiet();
    assert!(lacks(&world));
    let soon = world.now().plus_ms(limits::RECONCILE_EVERY_MS + 60 * 60 * 1000);
    for at in [council, shelter] {
        assert!(world.nodes[at].wake_at.is_some_and(|due| due <= soon), "nothing is due at {at}");
    }
    world.pass(limits::RECONCILE_EVERY_MS + 60 * 60 * 1000).run_until_quiet();
    assert!(!lacks(&world));
}
