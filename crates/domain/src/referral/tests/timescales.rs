//! How long steps took, by the minute.

use super::overdue::AnswerTimes;
use super::timescale::{SMALL_NUMBER, Step, Timescale, Timescales};
use super::*;

const MINUTE_MS: i64 = 60_000;

/// A referral whose steps are each taken at a minute: `0 sender: send; 30 receiver: accept`.
fn course(steps: &str) -> Referral {
    let mut view = View::default();
    for step in steps.split(';').map(str::trim) {
        let (minute, step) = step.split_once(' ').expect("a minute");
        let (who, words) = step.split_once(": ").expect("who");
        let at_ms = 1_700_000_000_000 + minute.parse::<i64>().expect("a minute") * MINUTE_MS;
        let (actor, seen) = (Actor::parse(who), view.fold());
        let body = body(words, &seen.state, actor);
        let author = actor.author(body.action(), at_ms);
        view.put(&seen.write(&author, body, payload(body.action(), at_ms)).expect(words));
    }
    view.fold()
}

fn counted(courses: &[String]) -> Timescales {
    let mut timescales = Timescales::default();
    courses.iter().for_each(|steps| timescales.add(&course(steps)));
    timescales
}

/// Courses that are alike but for one minute, which stands as `@`.
fn alike(steps: &str, minutes: &[i64]) -> Vec<String> {
    minutes.iter().map(|minute| steps.replace('@', &minute.to_string())).collect()
}

/// What a step took, in minutes: how many, half, nine in ten, how many are at it.
#[track_caller]
fn check_step(courses: &[String], step: Step, expected: &str) {
    let Timescale { referrals, underway, median_ms, ninetieth_ms } = counted(courses).of(step);
    let number = |number: Option<u64>| number.map_or("few".to_owned(), |number| number.to_string());
    let minutes = |ms: Option<i64>| ms.map_or("-".to_owned(), |ms| (ms as f64 / MINUTE_MS as f64).to_string());
    let line = format!(
        "{} took {}, {}; {} at it",
        number(referrals),
        minutes(median_ms),
        minutes(ninetieth_ms),
        number(underway)
    );
    assert_eq!(line, expected, "{step:?} of {courses:?}");
}

#[test]
fn half_and_nine_in_ten() {
    let acknowledged = "0 sender: send; @ receiver: acknowledge";
    check_step(&alike(acknowledged, &[50, 10, 40, 30, 20]), Step::Acknowledged, "5 took 30, 50; 0 at it");
    check_step(&alike(acknowledged, &[10, 20, 30, 41, 50, 60]), Step::Acknowledged, "6 took 35.5, 60; 0 at it");
    let ten: Vec<i64> = (1..=10).collect();
    check_step(&alike(acknowledged, &ten), Step::Acknowledged, "10 took 5.5, 9; 0 at it");
    let eleven: Vec<i64> = (1..=11).collect();
    check_step(&alike(acknowledged, &eleven), Step::Acknowledged, "11 took 6, 10; 0 at it");
}

#[test]
fn fewer_than_five_are_withheld_and_none_are_none() {
    let acknowledged = "0 sender: send; @ receiver: acknowledge";
    check_step(&[], Step::Acknowledged, "0 took -, -; 0 at it");
    for few in 1..SMALL_NUMBER as i64 {
        let minutes: Vec<i64> = (1..=few).collect();
        check_step(&alike(acknowledged, &minutes), Step::Acknowledged, "few took -, -; few at it");
        check_step(&alike("@ sender: send", &minutes), Step::Acknowledged, "few took -, -; few at it");
        let among_more = [alike(acknowledged, &minutes), alike("@ sender: send", &[1, 2, 3, 4, 5])].concat();
        check_step(&among_more, Step::Acknowledged, "few took -, -; 5 at it");
        assert_eq!(counted(&alike(acknowledged, &minutes)).referrals(), None);
    }
    check_step(&alike("@ sender: send", &[1, 2, 3, 4, 5]), Step::Acknowledged, "0 took -, -; 5 at it");
    assert_eq!(counted(&alike("@ sender: send", &[1, 2, 3, 4, 5])).referrals(), Some(5));
}

#[test]
fn an_answer_says_that_it_was_received_and_a_question_is_no_decision() {
    let five = [10, 20, 30, 40, 50];
    for answer in ["accept", "decline(no-space)", "wait", "ask"] {
        let courses = alike(&format!("0 sender: send; @ receiver: {answer}"), &five);
        check_step(&courses, Step::Acknowledged, "5 took 30, 50; 0 at it");
        let decided = if answer == "ask" { "0 took -, -; 5 at it" } else { "5 took 30, 50; 0 at it" };
        check_step(&courses, Step::Decided, decided);
    }
    let asked = "0 sender: send; 5 receiver: ask; 60 sender: answer; 6@ receiver: accept";
    check_step(&alike(asked, &[1, 2, 3, 4, 5]), Step::Decided, "5 took 63, 65; 0 at it");
    let withdrawn = "0 sender: send; @ sender: withdraw";
    check_step(&alike(withdrawn, &five), Step::Decided, "0 took -, -; 0 at it");
}

#[test]
fn what_follows_a_yes_is_measured_from_it_on_the_receivers_clock() {
    // The sender's clock is ten minutes ahead, or the acknowledgement was dated wrong: no time, and not less.
    let held = "10 sender: send; 1 receiver: accept; 5 receiver: contact(tried); @ receiver: contact(made); 100 receiver: start";
    let courses = alike(held, &[11, 21, 31, 41, 51]);
    check_step(&courses, Step::Decided, "5 took 0, 0; 0 at it");
    check_step(&courses, Step::Contacted, "5 took 30, 50; 0 at it");
    check_step(&courses, Step::Started, "5 took 99, 99; 0 at it");
    let tried = "0 sender: send; 1 receiver: accept; @ receiver: contact(tried)";
    check_step(&alike(tried, &[2, 3, 4, 5, 6]), Step::Contacted, "0 took -, -; 5 at it");
    check_step(&alike(tried, &[2, 3, 4, 5, 6]), Step::Started, "0 took -, -; 5 at it");
    let returned = "0 sender: send; 1 receiver: accept; @ receiver: hand-back(no-space)";
    check_step(&alike(returned, &[2, 3, 4, 5, 6]), Step::Contacted, "0 took -, -; 0 at it");
}

#[test]
fn the_waiting_list_is_measured_to_the_yes_that_followed() {
    let placed = "0 sender: send; 2 receiver: wait; @ receiver: accept";
    check_step(&alike(placed, &[12, 22, 32, 42, 52]), Step::Placed, "5 took 30, 50; 0 at it");
    check_step(&alike("0 sender: send; @ receiver: wait", &[1, 2, 3, 4, 5]), Step::Placed, "0 took -, -; 5 at it");
    let gone = "0 sender: send; 2 receiver: wait; @ receiver: decline(no-space)";
    check_step(&alike(gone, &[12, 22, 32, 42, 52]), Step::Placed, "0 took -, -; 0 at it");
    check_step(&alike("0 sender: send; @ receiver: accept", &[1, 2, 3, 4, 5]), Step::Placed, "0 took -, -; 0 at it");
}

#[test]
fn how_many_were_closed_with_an_outcome() {
    let ended = |outcome: &str| format!("0 sender: send; 1 receiver: accept; 2 receiver: end({outcome})");
    let closed = |outcome: &str| format!("{}; 12 sender: close", ended(outcome));
    let mut courses = vec![closed("completed"), closed("moved-away"), closed("not-told"), ended("completed")];
    let told = |courses: &[String]| {
        let closed = counted(courses).closed();
        (closed.over, closed.with_outcome_percent)
    };
    assert_eq!(told(&[]), (Some(0), None));
    assert_eq!(told(&courses), (None, None));
    // What is under way, was never taken on or was not sent is no part of it.
    courses.extend(
        ["0 sender: send; 1 receiver: accept", "0 sender: send; 1 receiver: decline(no-space)"].map(str::to_owned),
    );
    assert_eq!(told(&courses), (None, None));
    courses.extend([closed("completed"), closed("completed")]);
    assert_eq!(told(&courses), (Some(6), None), "four of six would tell of the other two");
    check_step(&courses, Step::Seen, "5 took 10, 10; few at it");
    courses.extend([closed("completed"), ended("completed"), ended("completed"), ended("completed")]);
    assert_eq!(told(&courses), (Some(10), Some(50)));
    assert_eq!(told(&vec![closed("completed"); 5]), (Some(5), Some(100)));
}

#[test]
fn what_has_no_effect_is_not_measured() {
    // Never the receiver's home: it decides nothing.
    let (view, refused) = told("send; by receiver 3: !accept");
    assert_eq!(refused.len(), 1);
    let mut timescales = Timescales::default();
    (0..5).for_each(|_| timescales.add(&view.fold()));
    let decided = timescales.of(Step::Decided);
    assert_eq!((decided.referrals, decided.underway), (Some(0), Some(5)));
}

#[test]
fn a_draft_is_no_referral_yet() {
    let mut timescales = Timescales::default();
    (0..9).for_each(|_| timescales.add(&View::default().fold()));
    assert_eq!(timescales, Timescales::default());
}

#[test]
fn declared_stands_beside_measured() {
    let times = AnswerTimes {
        acknowledge_ms: Some(1),
        decide_ms: Some(2),
        answer_ms: Some(9),
        contact_ms: Some(3),
        start_ms: Some(4),
        place_ms: Some(5),
        stop_ms: Some(9),
    };
    let declared = Step::ALL.map(|step| step.declared_ms(&times));
    assert_eq!(declared, [Some(1), Some(2), Some(3), Some(4), Some(5), None]);
    let across = Step::ALL.into_iter().filter(|step| step.is_across_clocks()).collect::<Vec<_>>();
    assert_eq!(across, [Step::Acknowledged, Step::Decided, Step::Seen]);
}
