//! Stories of hubs: who comes to hold what of whom, and what happens when somebody no longer stands for it.

use super::{At, World};
use crate::audience::{Audience, Scope};
use crate::identity::roster::RosterState::{Listed, Removed};
use crate::sync::effect::{Command, WriteAction};
use crate::{DocId, OrgId};

/// A hub whose roster has all the others, who are paired with it alone and follow it.
fn borough<const N: usize>(seed: u64) -> (World, At, [At; N]) {
    let mut world = World::seeded(seed);
    let hub = world.stranger();
    let members = [(); N].map(|()| world.stranger());
    for member in members {
        world.join(hub, member);
    }
    (world, hub, members)
}

fn name(world: &World, at: At, doc: DocId) -> Option<&str> {
    world.row(at, doc).map(|row| row.name.as_str())
}

fn quiet(world: &World) {
    for (at, node) in world.nodes.iter().enumerate() {
        assert!(node.disk.incidents.is_empty(), "{at}: {:#?}", node.disk.incidents);
    }
    world.check_safety().expect("safe");
}

#[test]
fn a_hub_hands_on_what_is_public_and_nothing_else() {
    let (mut world, hub, [charity, workers]) = borough(1);
    let supper = world.publish(charity, "Supper", Audience::Public);
    let rota = world.publish(charity, "Rota", Audience::Own);
    let shared = world.publish(charity, "For partners", Audience::Partners);
    world.link(charity, hub).link(workers, hub).run_until_quiet();
    assert_eq!(name(&world, workers, supper), Some("Supper"));
    assert!(world.row(hub, rota).is_none() && world.row(workers, rota).is_none());
    assert!(world.row(hub, shared).is_some() && world.row(workers, shared).is_none());

    world.edit(charity, supper, "name", "Late supper").expect("edited");
    world.run_until_quiet();
    assert_eq!(name(&world, workers, supper), Some("Late supper"));
    let pair = Scope::pair(world.org(charity), world.org(hub)).id();
    assert!(!world.nodes[workers].disk.scopes.contains_key(&pair));
    quiet(&world);
}

#[test]
fn who_joins_later_gets_all_and_is_got_by_all() {
    let (mut world, hub, [charity, workers]) = borough(2);
    world.link(charity, hub).link(workers, hub).run_until_quiet();
    let late = world.stranger();
    let stall = world.publish(late, "Stall", Audience::Public);
    let supper = world.publish(charity, "Supper", Audience::Public);
    world.join(hub, late);
    world.link(late, hub).run_until_quiet();
    assert_eq!(name(&world, workers, stall), Some("Stall"));
    assert_eq!(name(&world, late, supper), Some("Supper"));
    quiet(&world);
}

#[test]
fn what_nobody_stands_for_is_hidden_at_once_and_comes_back() {
    let (mut world, hub, [charity, workers]) = borough(3);
    let supper = world.publish(charity, "Supper", Audience::Public);
    world.link(charity, hub).link(workers, hub).run_until_quiet();
    assert!(world.row(workers, supper).is_some());

    world.vouch(hub, charity, Removed).run_until_quiet();
    world.link(workers, hub).link(charity, hub).run_until_quiet();
    assert!(world.row(workers, supper).is_none() && world.row(hub, supper).is_some());
    world.edit(charity, supper, "name", "Late supper").expect("edited");
    world.run_until_quiet();
    world.vouch(hub, charity, Listed).run_until_quiet();
    world.link(workers, hub).run_until_quiet();
    assert_eq!(name(&world, workers, supper), Some("Late supper"));

    world.follow(workers, hub, false).run_until_quiet();
    assert!(world.row(workers, supper).is_none());
    world.restart(workers);
    world.follow(workers, hub, true).link(workers, hub).run_until_quiet();
    assert_eq!(name(&world, workers, supper), Some("Late supper"));
    let hub_org = world.org(hub);
    world.ask(workers, Command::RemovePartner(hub_org)).expect("removed");
    assert!(world.row(workers, supper).is_none());
    world.restart(workers);
    world.pair(hub, workers).follow(workers, hub, true).link(workers, hub).run_until_quiet();
    assert_eq!(name(&world, workers, supper), Some("Late supper"), "its roster is known still");
}

#[test]
fn of_two_hubs_either_will_do() {
    let (mut world, hub, [charity, workers]) = borough(4);
    let other = world.stranger();
    world.join(other, charity).join(other, workers);
    let supper = world.publish(charity, "Supper", Audience::Public);
    world.link(charity, hub).link(charity, other).link(workers, hub).link(workers, other).run_until_quiet();
    assert_eq!(name(&world, workers, supper), Some("Supper"));
    world.cut(workers, hub).vouch(hub, charity, Removed);
    world.edit(charity, supper, "name", "Late supper").expect("edited");
    world.run_until_quiet();
    assert_eq!(name(&world, workers, supper), Some("Late supper"));
    world.link(workers, hub).run_until_quiet();
    assert_eq!(name(&world, workers, supper), Some("Late supper"), "the other hub stands for it still");
    world.write(charity, supper, WriteAction::Withdraw).expect("withdrawn");
    world.run_until_quiet();
    assert!(world.row(workers, supper).is_none());
    quiet(&world);
}

#[test]
fn of_a_partner_that_was_removed_only_what_hubs_bring_is_shown() {
    let (mut world, hub, [charity, workers]) = borough(6);
    world.pair(charity, workers).run_until_quiet();
    let supper = world.publish(charity, "Supper", Audience::Public);
    let lunch = world.publish(charity, "Lunch", Audience::Public);
    world.link(charity, hub).link(workers, hub).link(charity, workers).run_until_quiet();
    world.write(charity, supper, WriteAction::Share(Audience::Partners)).expect("narrowed");
    world.run_until_quiet();
    assert_eq!(name(&world, workers, supper), Some("Supper"), "shared with it alone");

    let org = world.org(charity);
    world.ask(workers, Command::RemovePartner(org)).expect("removed");
    assert!(world.row(workers, supper).is_none(), "what was shared with it alone went with the partner");
    assert_eq!(name(&world, workers, lunch), Some("Lunch"), "the hub vouches for it still");
    world.restart(workers);
    world.link(workers, hub).run_until_quiet();
    assert!(world.row(workers, supper).is_none());
    world.check_safety().expect("safe");
}

#[test]
fn a_stranger_cannot_be_put_on_a_roster() {
    let (mut world, hub, [charity]) = borough(5);
    let refused = |world: &mut World, org: OrgId, state| {
        world.ask(hub, Command::SetListed { org, name: "X".into(), state }).expect_err("refused").message
    };
    let stranger = world.stranger();
    let (own, known, stranger) = (world.org(hub), world.org(charity), world.org(stranger));
    assert!(refused(&mut world, stranger, Listed).contains("is not known here"));
    assert!(refused(&mut world, own, Listed).contains("is not known here"));
    assert!(refused(&mut world, known, Listed).contains("is on the roster already"));
    assert!(refused(&mut world, stranger, Removed).contains("is not on the roster"));
}
