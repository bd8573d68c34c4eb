use super::{Planted, life};

/// Seeds that once failed.
const ONCE_FAILED: [u64; 28] = [
    6, 7, 48, 59, 75, 165, 236, 240, 311, 331, 512, 551, 598, 677, 742, 794, 815, 864, 931, 979, 1062, 1098, 1145,
    1349, 1658, 1856, 2415, 3627,
];

/// Worlds in each of the four parts below: together all seeds from the first on.
const PART: u64 = 500;

/// A number that whoever runs the tests may set: `SEEDS` for more worlds in each part, `FROM` for others.
#[expect(clippy::disallowed_methods, reason = "how many worlds is the choice of who runs the tests")]
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// One of four parts, so that they run beside one another.
#[track_caller]
fn live_part(part: u64) {
    let seeds = number("SEEDS", PART);
    if let Err(failure) = life::live_all(number("FROM", 0) + part * seeds, seeds, None) {
        panic!("{failure}");
    }
}

#[test]
fn worlds_in_which_everything_goes_wrong_converge_once_they_heal() {
    live_part(0);
}

#[test]
fn so_do_those_of_the_second_part() {
    live_part(1);
}

#[test]
fn so_do_those_of_the_third_part() {
    live_part(2);
}

#[test]
fn so_do_those_of_the_fourth_part() {
    live_part(3);
}

#[test]
fn seeds_that_once_failed_go_well() {
    for seed in ONCE_FAILED {
        if let Err(failure) = life::live_all(seed, 1, None) {
            panic!("{failure}");
        }
    }
}

#[test]
fn byzantine_nodes_are_heard_and_stopped_at_every_step() {
    let worlds = (0..80).filter(|seed| seed % 4 > 1).map(|seed| life::live(seed).expect("it goes well"));
    let lines: Vec<String> = worlds.flatten().collect();
    for kind in ["disputed", "link", "quarantined", "refused", "twin"] {
        let prefix = format!("incidents {kind} ");
        let times = lines.iter().filter_map(|line| line.strip_prefix(&prefix)?.parse::<usize>().ok()).sum::<usize>();
        assert!(times > 20, "{kind} happened {times} times");
    }
    for deed in ["forges", "leaks", "asks"] {
        assert!(lines.iter().filter(|line| line.contains(&format!(" {deed} "))).count() > 20, "{deed}");
    }
}

#[test]
fn referrals_come_to_where_nothing_is_left_of_them() {
    let worlds = (0..40).map(|seed| life::live(seed).expect("it goes well"));
    let buried = worlds.flatten().filter(|line| line.ends_with(" is buried")).count();
    assert!(buried > 10, "{buried} did");
}

/// Lives through worlds whose nodes all have a bug, until one shows it.
#[track_caller]
fn check_found(planted: Planted) {
    let found = (0..500).any(|seed| life::live_with(seed, Some(planted)).is_err());
    assert!(found, "{planted:?} is not found in 500 worlds");
}

#[test]
fn a_signature_that_is_not_checked_is_found() {
    check_found(Planted::SkipSignature);
}

#[test]
fn an_acknowledgement_before_its_commit_is_found() {
    check_found(Planted::AcknowledgeEarly);
}

#[test]
fn statements_ordered_by_their_heads_are_found() {
    check_found(Planted::OrderByHeads);
}

#[test]
fn a_cursor_that_is_kept_against_the_other_sides_word_is_found() {
    check_found(Planted::KeepCursor);
}

#[test]
fn a_pair_scope_that_is_relayed_is_found() {
    check_found(Planted::RelayPair);
}

#[test]
fn a_withdrawal_that_is_forgotten_is_found() {
    check_found(Planted::ForgetWithdrawal);
}

#[test]
fn quarantined_content_that_counts_as_not_held_is_found() {
    check_found(Planted::QuarantinedNotHeld);
}

#[test]
fn an_actor_that_is_used_again_is_found() {
    check_found(Planted::ReuseActor);
}

#[test]
fn sealed_words_that_are_handed_on_after_a_withdrawal_are_found() {
    check_found(Planted::HandAfterWithdrawal);
}
