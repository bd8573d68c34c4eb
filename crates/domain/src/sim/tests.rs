use super::life;

/// Seeds that once failed.
const ONCE_FAILED: [u64; 19] =
    [7, 48, 75, 165, 240, 311, 512, 598, 677, 794, 815, 931, 979, 1062, 1145, 1349, 1658, 2415, 3627];

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
    if let Err(failure) = life::live_all(number("FROM", 0) + part * seeds, seeds) {
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
        if let Err(failure) = life::live_all(seed, 1) {
            panic!("{failure}");
        }
    }
}
