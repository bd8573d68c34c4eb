use super::{Faults, World};
use crate::audience::Audience;
use crate::sync::effect::WriteAction;

#[test]
fn a_listing_reaches_a_partner_and_so_does_its_edit() {
    let mut world = World::seeded(7);
    let [shelter, council] = world.organisations([1, 1]);
    let supper = world.publish(shelter[0], "Tuesday supper", Audience::Public);
    let secret = world.publish(shelter[0], "Staff rota", Audience::Own);
    world.link(council[0], shelter[0]).run_until_quiet();
    assert_eq!(world.row(council[0], supper).map(|r| r.name.as_str()), Some("Tuesday supper"), "{:#?}", world.trace);
    assert!(world.row(council[0], secret).is_none());

    world.edit(shelter[0], supper, "name", "Wednesday supper").expect("edited");
    world.run_until_quiet();
    assert_eq!(world.row(council[0], supper).map(|r| r.name.as_str()), Some("Wednesday supper"), "{:#?}", world.trace);
    assert!(world.nodes[council[0]].engine.as_ref().unwrap().standing(&world.org(shelter[0])).is_in_step);

    world.cut(council[0], shelter[0]);
    world.edit(shelter[0], supper, "name", "Thursday supper").expect("edited");
    world.link(council[0], shelter[0]).run_until_quiet();
    assert_eq!(world.row(council[0], supper).map(|r| r.name.as_str()), Some("Thursday supper"));

    world.write(shelter[0], supper, WriteAction::Withdraw).expect("withdrawn");
    world.run_until_quiet();
    assert!(world.row(council[0], supper).is_none());
    assert!(world.nodes.iter().all(|n| n.disk.incidents.is_empty()), "{:#?}", world.nodes[0].disk.incidents);
}

/// Two organisations, one of them with two nodes, everything going wrong; then everything heals, and all hold the same.
fn check(seed: u64) {
    let mut world = World::seeded(seed);
    let [shelter, council] = world.organisations([2, 1]);
    let nodes = [shelter[0], shelter[1], council[0]];
    world.faults(Faults::MANY);
    let mut made = Vec::new();
    for _ in 0..40 {
        let writer = nodes[world.below(3)];
        match world.below(8) {
            0 | 1 => {
                let audience = [Audience::Public, Audience::Partners, Audience::Own][world.below(3)].clone();
                let doc = world.publish(writer, "Supper", audience);
                made.push((writer, doc));
            }
            2..=5 if !made.is_empty() => {
                let (_, doc) = made[world.below(made.len())];
                let text = format!("Supper {}", world.below(1000));
                let field = ["name", "description"][world.below(2)];
                let _ = world.edit(writer, doc, field, text);
            }
            6 if !made.is_empty() => {
                let (_, doc) = made[world.below(made.len())];
                let audience = [Audience::Public, Audience::Partners, Audience::Own][world.below(3)].clone();
                let action = if world.below(4) == 0 { WriteAction::Withdraw } else { WriteAction::Share(audience) };
                let _ = world.write(shelter[0], doc, action);
            }
            _ => {
                let (a, b) = (nodes[world.below(3)], nodes[world.below(3)]);
                world.link(a, b);
            }
        }
        for _ in 0..world.below(40) {
            world.step();
        }
    }
    world.faults(Faults::default());
    for _ in 0..2 {
        for (a, b) in [(0, 1), (1, 2), (0, 2)] {
            world.link(nodes[a], nodes[b]);
            world.run_until_quiet();
        }
    }
    let public = crate::audience::Scope::public(world.org(shelter[0])).id();
    let pair = crate::audience::Scope::pair(world.org(shelter[0]), world.org(council[0])).id();
    let theirs = crate::audience::Scope::public(world.org(council[0])).id();
    for scope in [public, pair, theirs] {
        let sums: Vec<_> =
            nodes.iter().map(|n| world.nodes[*n].disk.scopes.get(&scope).map(|s| s.sum).unwrap_or_default()).collect();
        assert!(
            sums.iter().all(|s| *s == sums[0]),
            "seed {seed}: {sums:?}\n{:#?}",
            &world.trace[world.trace.len().saturating_sub(60)..]
        );
    }
    let own = crate::audience::Scope::own(world.org(shelter[0])).id();
    let of = |n: usize| world.nodes[n].disk.scopes.get(&own).map(|s| s.sum);
    assert_eq!(of(shelter[0]), of(shelter[1]), "seed {seed}: the own scope");
    for (_, doc) in &made {
        let held: Vec<_> = [shelter[0], shelter[1]].iter().map(|n| world.row(*n, *doc)).collect();
        assert_eq!(held[0].map(|r| (&r.value, &r.heads)), held[1].map(|r| (&r.value, &r.heads)), "seed {seed}");
        if let (Some(there), Some(here)) = (world.row(council[0], *doc), world.row(shelter[0], *doc)) {
            assert_eq!((&there.value, &there.heads), (&here.value, &here.heads), "seed {seed}");
        }
    }
    for node in &world.nodes {
        assert!(node.disk.quarantined.is_empty(), "seed {seed}: {:#?}", node.disk.quarantined);
        assert!(
            node.disk.wanted.is_empty(),
            "seed {seed}: {:?} {:#?}",
            node.disk.wanted,
            &world.trace[world.trace.len().saturating_sub(60)..]
        );
    }
}

#[test]
fn worlds_with_faults_converge_once_they_heal() {
    for seed in 0..std::env::var("SEEDS").map_or(30, |s| s.parse().unwrap()) {
        check(seed);
    }
}
