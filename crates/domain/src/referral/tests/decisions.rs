//! Decisions as documents of their own.

use super::*;
use crate::OrgId;
use serde_json::json;

fn parties() -> Parties {
    Parties { referral: referral(), sender: OrgId::from_bytes([1; 32]), receiver: OrgId::from_bytes([2; 32]) }
}

fn decided(body: Body) -> Decision {
    let actor = Actor { side: Side::Receiver, number: 3, role: None };
    let event = forced(&View::default().fold(), &actor.author(body.action(), 1_700_000_000_000), body);
    Decision { parties: parties(), event, refused: None }
}

#[test]
fn a_decision_reads_as_it_was_written() {
    let decision = decided(Body::Accept { version: 1 });
    let value = decision.value();
    assert_eq!(Decision::read(&parties().receiver, &value), Ok(decision.clone()));
    let about = crate::document::about(crate::document::Kind::DECISION, &parties().receiver, &value);
    assert_eq!(about, Some(parties().request()));
    let edit = Decision::refuse(&Refusal::invalid("too late").hint("ring them"));
    let mut answered = value;
    answered[&edit.path[0]] = edit.value.expect("something");
    let read = Decision::read(&parties().receiver, &answered).expect("read");
    assert_eq!(read.refused, Some(decision::Refused { why: "too late".into(), hint: Some("ring them".into()) }));
}

#[test]
fn what_is_no_decision_of_its_owner_is_refused() {
    let value = decided(Body::Accept { version: 1 }).value();
    let other = OrgId::from_bytes([3; 32]);
    assert!(Decision::read(&parties().sender, &value).is_err(), "the other party's");
    assert!(Decision::read(&parties().receiver, &decided(Body::Ask).value()).is_err(), "nothing to decide");
    let mut of_another = value.clone();
    of_another["request"] = json!(Request::document(referral(), &other).to_string());
    assert!(Decision::read(&parties().receiver, &of_another).is_err(), "on another referral");
    let mut long = value;
    long["event"] = json!("A".repeat(1 << 20));
    assert!(Decision::read(&parties().receiver, &long).is_err(), "too large");
}

#[test]
fn only_the_same_said_by_the_same_at_the_same_time_is_the_decision_written() {
    let decision = decided(Body::Accept { version: 1 });
    let at_home = Event { node: node(Side::Receiver, 1), recorded_at: Timestamp::from_ms(9), ..decision.event.clone() };
    assert!(decision.is_written_as(&at_home));
    assert!(!decision.is_written_as(&Event { staff: StaffId::from_bytes([9; 16]), ..at_home.clone() }));
    assert!(!decision.is_written_as(&Event { body: Body::Accept { version: 2 }, ..at_home }));
}
