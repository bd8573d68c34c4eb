use super::*;
use node::api::{RecordId, Step};

fn org(n: u8) -> OrgId {
    OrgId::from_bytes([n; 32])
}

fn step_of(step: Step, counts: [Option<u64>; 2], times_ms: [Option<i64>; 3]) -> StepTimes {
    let [referrals, underway] = counts;
    let [median_ms, ninetieth_ms, declared_ms] = times_ms;
    StepTimes {
        step,
        across_clocks: step.is_across_clocks(),
        declared_ms,
        referrals,
        underway,
        median_ms,
        ninetieth_ms,
    }
}

fn row(direction: Direction, referrals: Option<u64>) -> PathwayTimes {
    PathwayTimes {
        id: Some(RecordId::from_bytes([7; 16])),
        name: Some("Arts group".to_owned()),
        receiver: org(1),
        direction,
        referrals,
        steps: vec![
            step_of(Step::Acknowledged, [Some(1_200), Some(0)], [Some(30_000), Some(90 * MINUTE_MS), Some(2 * DAY_MS)]),
            step_of(
                Step::Decided,
                [Some(12), None],
                [Some(36 * HOUR_MS + 6 * MINUTE_MS), Some(9 * DAY_MS), Some(14 * DAY_MS)],
            ),
            step_of(Step::Contacted, [None, Some(7)], [None, None, None]),
            step_of(Step::Placed, [Some(0), Some(0)], [None, None, Some(50 * HOUR_MS)]),
        ],
        over: Some(8),
        with_outcome_percent: Some(75),
    }
}

#[test]
fn times_stand_beside_what_was_declared() {
    let names = [(org(1), "Copper Lane Arts".to_owned())].into();
    let gone =
        PathwayTimes { id: None, name: None, over: None, with_outcome_percent: None, ..row(Direction::Sent, Some(20)) };
    let none = PathwayTimes { over: Some(0), with_outcome_percent: None, ..row(Direction::Received, Some(6)) };
    let rows = [row(Direction::Received, Some(1_234)), row(Direction::Sent, None), gone, none];
    insta::assert_snapshot!(times(&rows, &names));
}

#[test]
fn a_few_tell_nothing() {
    let few = times(&[row(Direction::Received, None)], &Names::new());
    assert_eq!(few, "Arts group (07070707-0707): fewer than 5 referrals received, so no times are shown\n");
    assert!(times(&[], &Names::new()).starts_with("No referral was sent"));
}

#[test]
fn a_length_of_time_is_said_in_the_largest_unit_that_says_enough() {
    let said =
        [0, 60_000, 100_000, 119 * MINUTE_MS, 2 * HOUR_MS, 47 * HOUR_MS, 2 * DAY_MS, 50 * HOUR_MS, i64::MAX].map(span);
    let expected = ["a minute", "a minute", "1.7 minutes", "119 minutes", "2 hours", "47 hours", "2 days", "2.1 days"];
    assert_eq!(said[..8], expected);
    assert!(said[8].ends_with("days"));
}
