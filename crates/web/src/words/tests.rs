use super::*;

#[test]
fn time_past_is_said_in_the_unit_that_says_enough() {
    let now = Timestamp::from_ms(10_000_000_000);
    for (seconds, says) in [
        (0, "just now"),
        (-50, "just now"),
        (60, "60 seconds ago"),
        (600, "10 minutes ago"),
        (3 * 3600, "3 hours ago"),
        (3 * 86_400, "3 days ago"),
    ] {
        assert_eq!(ago(now.plus_ms(-seconds * 1000), now), says);
    }
}

#[test]
fn numbers_are_grouped_and_plural() {
    assert_eq!(
        [count(1, "listing"), count(0, "query"), count(3, "pathway"), count(4082, "listing")],
        ["1 listing", "0 queries", "3 pathways", "4,082 listings"]
    );
    assert_eq!([thousands(999), thousands(1_000), thousands(1_234_567)], ["999", "1,000", "1,234,567"]);
}
