//! Refusals survive as kinds, and carry no words of whoever sent something.

use crate::status;
use domain::{Refusal, RefusalKind};
use tonic::Code;

fn check(kind: RefusalKind, code: Code) {
    let status = status::from_refusal(&Refusal::new(kind, "no client \"Ada Lovelace\" here").hint("ask Ada"));
    assert_eq!(status.code(), code);
    assert!(!format!("{status:?}").contains("Ada"), "{status:?}");
    let back = status::to_refusal(&status).unwrap();
    assert_eq!(back.kind, kind);
    assert!(back.message.starts_with("the other node refused: "));
}

#[test]
fn a_kind_survives_and_words_do_not() {
    check(RefusalKind::Invalid, Code::InvalidArgument);
    check(RefusalKind::TooLarge, Code::ResourceExhausted);
    check(RefusalKind::NotFound, Code::NotFound);
    check(RefusalKind::NotAllowed, Code::PermissionDenied);
    check(RefusalKind::AlreadyDone, Code::AlreadyExists);
    check(RefusalKind::Expired, Code::FailedPrecondition);
    check(RefusalKind::WrongState, Code::FailedPrecondition);
    check(RefusalKind::NotAuthentic, Code::Unauthenticated);
    check(RefusalKind::Malformed, Code::InvalidArgument);
    check(RefusalKind::Busy, Code::Unavailable);
}

#[test]
fn a_fault_is_no_refusal() {
    assert_eq!(status::to_refusal(&status::fault()), None);
    assert_eq!(status::to_refusal(&tonic::Status::not_found("by some proxy")), None);
}

#[test]
fn the_organisations_own_software_reads_the_words_and_a_partner_does_not() {
    let refusal = Refusal::new(RefusalKind::NotFound, "there is no listing \"7é\"").hint("list them");
    let (fixed, words) = (status::from_refusal(&refusal), status::in_words(&refusal));
    assert_eq!(fixed.message(), "nothing by that name here");
    assert_eq!(words.message(), "there is no listing \"7é\"; hint: list them");
    assert_eq!(
        (words.code(), words.metadata().get(status::KIND)),
        (Code::NotFound, fixed.metadata().get(status::KIND))
    );
    let long = status::in_words(&Refusal::invalid("ü".repeat(5_000)));
    assert_eq!(long.message().chars().count(), 501);
}
