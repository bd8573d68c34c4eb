//! The table of what happens at the same time, row by row, and the courses beside it.

use super::*;

const STOP: &str = "send; by receiver: open then accept; ∥ by sender: withdraw(needs-changed)";

#[test]
fn a_referral_takes_its_course() {
    check(
        "send",
        "sender waiting for them, receiver waiting for us: sent; held by sender; owed by receiver: acknowledge it",
    );
    check(
        "send; by receiver: open then acknowledge",
        "sender waiting for them, receiver waiting for us: acknowledged; held by sender; owed by receiver: decide",
    );
    check(
        "send; by receiver: acknowledge then ask",
        "sender waiting for us, receiver waiting for them: information asked; held by sender; \
         owed by sender: answer the question",
    );
    check(
        "send; by receiver: acknowledge then ask; by sender: answer",
        "sender waiting for them, receiver waiting for us: information asked, answered; held by sender; \
         owed by receiver: decide",
    );
    check(
        "send; by receiver: ask then wait",
        "sender waiting for them, receiver waiting for us: waitlisted; held by sender; owed by receiver: decide",
    );
    check("send; by receiver: wait then accept", "active: accepted; held by receiver");
    check(
        "send; by receiver: accept then contact then start then pause(illness)",
        "active: paused (illness); held by receiver",
    );
    check("send; by receiver: accept then start then pause(away) then resume", "active: started; held by receiver");
    check(
        "send; by receiver: accept then start then end(completed)",
        "finished: ended (completed); held by receiver; owed by sender: see how it ended and close",
    );
    check(
        "send; by receiver: accept then start then end(completed); by sender: close",
        "finished: ended (completed), closed; held by receiver",
    );
    check("send; by receiver: decline(no-space)", "finished: declined (no-space); held by sender");
    check("send; withdraw", "finished: withdrawn; held by sender");
    check("send; by receiver: acknowledge; by sender: lapse", "finished: lapsed; held by sender");
}

#[test]
fn withdrawn_and_accepted() {
    check(STOP, "stopping: was accepted; held by receiver; owed by receiver: confirm the stop");
    check(
        &format!("{STOP}; by receiver: stop-confirm(made)"),
        "stopping: was accepted, stop confirmed, contact made; held by receiver; owed by sender: take the person back",
    );
    check(
        &format!("{STOP}; by receiver: stop-confirm(made); by sender: take-back"),
        "finished: was accepted, stop confirmed, contact made, taken back; held by sender",
    );
    check(
        &format!("{STOP}; by sender: take-back"),
        "stopping: was accepted, taken back; held by sender; owed by receiver: confirm the stop",
    );
}

#[test]
fn withdrawn_and_declined() {
    check(
        "send; by receiver: decline(no-space); ∥ by sender: withdraw",
        "finished: declined (no-space), late withdrawal; held by sender",
    );
}

#[test]
fn withdrawn_and_started_or_ended() {
    let started = "send; by receiver: accept; start; ∥ by sender: withdraw";
    check(started, "stopping: was started; held by receiver; owed by receiver: confirm the stop");
    check(
        &format!("{started}; by receiver: end(partly-completed) then stop-confirm(made); by sender: take-back"),
        "finished: ended (partly-completed), stop confirmed, contact made, taken back; held by sender",
    );
    check(
        "send; by receiver: accept; end(left-early); ∥ by sender: withdraw",
        "stopping: ended (left-early); held by receiver; owed by receiver: confirm the stop",
    );
    check(
        &format!("{started}; by receiver: stop-confirm; by sender: take-back; by receiver: end(not-needed)"),
        "finished: ended (not-needed), stop confirmed, contact none, taken back; held by sender",
    );
}

#[test]
fn lapsed_and_accepted() {
    check(
        "send; by receiver: accept; ∥ by sender: lapse",
        "stopping: lapsed, was accepted, a new referral can be made; held by receiver; owed by receiver: confirm the stop",
    );
}

#[test]
fn agreement_withdrawn_beside_anything() {
    check(
        "send; by receiver: acknowledge; ∥ by sender: consent-withdraw",
        "stopping: agreement withdrawn, was acknowledged; held by sender; owed by sender: erase or record why it is kept; \
         owed by receiver: confirm the stop, erase or record why it is kept",
    );
    let accepted = "send; by receiver: open then accept; ∥ by sender: consent-withdraw";
    check(
        accepted,
        "stopping: agreement withdrawn, was accepted; held by receiver; owed by sender: erase or record why it is kept; \
         owed by receiver: confirm the stop, erase or record why it is kept",
    );
    check(
        &format!(
            "{accepted}; by receiver: stop-confirm(made); by sender: take-back; by receiver: erase; by sender: keep"
        ),
        "finished: agreement withdrawn, was accepted, stop confirmed, contact made, taken back, \
         kept by sender (legal-obligation), erased by receiver; held by sender",
    );
    check(
        "send; by receiver: accept then end; ∥ by receiver 2: consent-withdraw",
        "stopping: agreement withdrawn, ended (completed); held by receiver; owed by sender: erase or record why it is kept; \
         owed by receiver: erase or record why it is kept",
    );
}

#[test]
fn agreement_withdrawn_before_anybody_opened_it() {
    let unopened = "send; by receiver: acknowledge; ∥ by sender: consent-withdraw";
    let (view, _) = told(unopened);
    assert_eq!(view.fold().dropped(Side::Receiver).len(), 1, "the key and what it opens are dropped unread");
    assert!(view.fold().dropped(Side::Sender).is_empty());
    check(
        &format!("{unopened}; by receiver: stop-confirm; by receiver's node: erase(never-opened); by sender: erase"),
        "finished: agreement withdrawn, was acknowledged, stop confirmed, contact none, erased by sender, \
         never opened and erased by receiver; held by sender",
    );
    check_refused(
        "send; by receiver: open; by sender: consent-withdraw; by receiver: !erase(never-opened)",
        "it was opened there (say that it is erased)",
        "stopping: agreement withdrawn; held by sender; owed by sender: erase or record why it is kept; \
         owed by receiver: erase or record why it is kept",
    );
    assert!(told("send; by receiver: open; ∥ by sender: consent-withdraw").0.fold().dropped(Side::Receiver).is_empty());
}

#[test]
fn amended_and_accepted() {
    let amended = "send; by receiver: open then accept; ∥ by sender: amend";
    check(
        amended,
        "active: accepted, on version 1, version 2 waiting; held by receiver; \
         owed by receiver: acknowledge the new version or hand back",
    );
    check(
        &format!("{amended}; by receiver: acknowledge"),
        "active: accepted, on version 1, version 2 taken; held by receiver",
    );
    check(
        &format!("{amended}; by receiver: hand-back(needs-changed)"),
        "stopping: handed back (needs-changed); held by receiver; owed by sender: take the person back",
    );
    check(
        &format!("{amended}; by receiver: hand-back(needs-changed); by sender: take-back"),
        "finished: handed back (needs-changed), taken back; held by sender",
    );
}

#[test]
fn passed_on_and_withdrawn() {
    let passed = "send; by receiver: accept; pass-on; ∥ by sender: withdraw";
    check(passed, "stopping: was passed on; held by next; owed by receiver: tell the person and confirm the stop");
    check(
        &format!("{passed}; by receiver: stop-confirm(made, stops)"),
        "stopping: was passed on, stop confirmed, contact made, the next referral stops too; held by next; \
         owed by sender: take the person back",
    );
    check(
        &format!("{passed}; by receiver: stop-confirm(made, stands); by sender: close"),
        "finished: was passed on, stop confirmed, contact made, the next referral stands on its own, closed; held by next",
    );
    check_refused(
        &format!("{passed}; by receiver: !stop-confirm(made)"),
        "cannot confirm the stop without a word on the next referral \
         (say whether it stops too, or stands on an agreement of its own)",
        "stopping: was passed on; held by next; owed by receiver: tell the person and confirm the stop",
    );
}

#[test]
fn two_nodes_of_the_receiver_answer_differently() {
    let apart = "send; by receiver: accept; ∥ by receiver 2: decline(no-space)";
    check(
        apart,
        "active: accepted, provisional; held by receiver; owed by receiver: its lead says which answer counts",
    );
    check(&format!("{apart}; by receiver's lead: accept"), "active: accepted; held by receiver");
    check(
        &format!("{apart}; by receiver's lead: decline(no-space)"),
        "stopping: declined (no-space); held by receiver; owed by sender: take the person back",
    );
    check_refused(
        &format!("{apart}; by receiver: !accept"),
        "the role caseworker does not accept a referral that is accepted provisionally \
         (somebody may who acts as data-protection-lead)",
        "active: accepted, provisional; held by receiver; owed by receiver: its lead says which answer counts",
    );
    check(
        "send; by receiver: accept then start; ∥ by receiver 2: decline(no-space)",
        "active: started, provisional; held by receiver; owed by receiver: its lead says which answer counts",
    );
    let lower = |answers: &str, stands: &str| {
        check(
            &format!("send; by receiver: {answers}"),
            &format!(
                "sender waiting for them, receiver waiting for us: {stands}, provisional; held by sender; \
                 owed by receiver: its lead says which answer counts"
            ),
        );
    };
    lower("wait; ∥ by receiver 2: decline", "waitlisted");
    lower("ask; ∥ by receiver 2: wait", "waitlisted");
    lower("decline; ∥ by receiver 2: ask", "information asked");
    check(
        "send; by receiver: decline(no-space); ∥ by receiver 2: decline(out-of-area)",
        "finished: declined (out-of-area); held by sender",
    );
    check("send; by receiver: accept; ∥ by receiver 2: accept", "active: accepted; held by receiver");
    check(
        &format!("{apart}; by sender: withdraw"),
        "stopping: was accepted; held by receiver; owed by receiver: confirm the stop",
    );
}

#[test]
fn erased_and_written_to() {
    let late = "send; by receiver: open then ask; by sender: answer; ∥ by receiver: decline then erase";
    check(
        late,
        "finished: declined (other), erased by receiver, sender has not confirmed; held by sender; \
         owed by sender: answer the erasure; owed by receiver: confirm that later payloads were dropped",
    );
    let folded = told(late).0.fold();
    assert_eq!(folded.events.len(), 6, "the envelope is kept");
    assert!(folded.payloads(Side::Receiver).is_empty(), "what it carried is not");
    assert_eq!(folded.payloads(Side::Sender).len(), 3);
    check(
        &format!("{late}; by receiver's node: erase; by sender: keep"),
        "finished: declined (other), kept by sender (legal-obligation), erased by receiver; held by sender",
    );
}

#[test]
fn an_erasure_is_over_when_every_node_has_erased_or_its_time_to_keep_is() {
    let state = told("send; by receiver: decline; erase; ∥ by sender: keep").0.fold().state;
    let now = Timestamp::from_ms(1_700_000_000_000);
    let nodes = [node(Side::Receiver, 1), node(Side::Receiver, 2)];
    assert!(state.receiver.is_over(nodes[..1].iter(), now) && !state.receiver.is_over(nodes.iter(), now));
    let later = Timestamp::from_ms(2_000_000_000_000);
    assert!(state.sender.is_over([].iter(), later) && !state.sender.is_over([].iter(), now));
    let both = told("send; by receiver: decline; erase; ∥ by receiver 2: erase").0.fold().state;
    assert!(both.receiver.is_over(nodes.iter(), now));
    assert!(!State::new().receiver.is_over(nodes.iter(), now));
}

#[test]
fn what_could_not_be_is_kept_and_changes_nothing() {
    let sent =
        "sender waiting for them, receiver waiting for us: sent; held by sender; owed by receiver: acknowledge it";
    check_refused(
        "send; by receiver 3: !accept",
        "accept is decided on the home node (another node hands it to that one)",
        sent,
    );
    check_refused(
        "send; by receiver's administrator: !accept",
        "the role administrator does not accept a referral that is sent and not answered (somebody may who acts as caseworker)",
        sent,
    );
    check_refused(
        "send; by receiver: !accept(2)",
        "cannot accept: it is about another version of the request than 1 (look at what came since)",
        sent,
    );
    check_refused(
        "send; withdraw; by receiver: !accept",
        "cannot accept a referral that is withdrawn (now you can: consent-withdraw)",
        "finished: withdrawn; held by sender",
    );
    check_refused(
        "send; by receiver: accept; by sender: !lapse",
        "cannot lapse a referral that is accepted (now you can: amend, withdraw, consent-withdraw)",
        "active: accepted; held by receiver",
    );
    check_refused(
        "!amend",
        "cannot amend a referral that is a draft (now you can: send, consent-withdraw)",
        "sender waiting for us, receiver waiting for them: draft; held by sender; owed by sender: send it",
    );
    check_refused(
        &format!("{STOP}; by sender: !close"),
        "cannot close a referral that is stopping (now you can: take-back, consent-withdraw)",
        "stopping: was accepted; held by receiver; owed by receiver: confirm the stop",
    );
    let (view, _) = told("send; withdraw; by receiver: !accept");
    let kept = view.fold().events.into_iter().find(|told| told.side == Side::Receiver).expect("kept");
    assert_eq!(kept.standing, Standing::Ineffective(Objection::Stage(Stage::Withdrawn)));
}

#[test]
fn an_event_takes_part_once_what_it_knew_is_here() {
    let (whole, _) = told("send; by receiver: acknowledge then ask; by sender: answer; by receiver: accept");
    // The receiver's document came, the sender's answer not yet.
    let mut part = whole.clone();
    let answer = part.request.iter().find(|(_, b)| Event::parse(b).expect("read").body == Body::Answer);
    let answer = *answer.expect("there").0;
    part.request.remove(&answer);
    let folded = part.fold();
    assert_eq!(
        shown(&folded.state),
        "sender waiting for us, receiver waiting for them: information asked; held by sender; \
         owed by sender: answer the question"
    );
    let waiting =
        folded.events.iter().find(|told| told.event.as_ref().is_some_and(|e| e.body.action() == Action::Accept));
    assert_eq!(waiting.expect("kept").standing, Standing::Arriving { lacks: [answer].into() });
    assert!(!folded.latest(Side::Receiver).contains(&waiting.expect("kept").id), "nobody claims to have known it");
    assert_eq!(shown(&whole.fold().state), "active: accepted; held by receiver");
}

#[test]
fn a_full_referral_can_still_be_brought_to_its_end() {
    let mut view = told("send; by receiver: accept then start").0;
    let actor = Actor { side: Side::Receiver, number: 1, role: None };
    let mut at_ms = 1_710_000_000_000;
    let mut write = |view: &mut View, body: Body| {
        at_ms += 1;
        let seen = view.fold();
        let event = seen.write(&actor.author(body.action(), at_ms), body, payload(body.action(), at_ms))?;
        view.put(&event);
        Ok::<_, Refusal>(())
    };
    while view.response.len() < crate::limits::REFERRAL_EVENTS_OPEN {
        write(&mut view, Body::Feedback).expect("room");
    }
    let refusal = write(&mut view, Body::Feedback).unwrap_err();
    assert_eq!(refusal.message, "this referral has as many events as one may have");
    write(&mut view, Body::End(Outcome::Completed)).expect("an end");
    assert_eq!(
        shown(&view.fold().state),
        "finished: ended (completed); held by receiver; owed by sender: see how it ended and close"
    );
}
