use super::*;

#[test]
fn a_token_reads_back_as_it_was_shown() {
    let secret = TokenSecret::from_random([7; 32]);
    let text = secret.text();
    assert_eq!(text.as_str(), format!("fpt_{}", "07".repeat(32)));
    assert_eq!(TokenSecret::parse(&text).unwrap().hash(), secret.hash());
    assert_ne!(TokenSecret::from_random([8; 32]).hash(), secret.hash());
    assert!(!format!("{secret:?}").contains("07"));
    assert_eq!(TokenHash::from_bytes(*secret.hash().as_bytes()), secret.hash());
}

#[test]
fn what_is_no_token_is_refused_without_a_word_of_it() {
    let right = "07".repeat(32);
    let wrong = |text: &str| {
        let refusal = TokenSecret::parse(text).unwrap_err();
        assert_eq!(refusal.kind, crate::RefusalKind::NotAuthentic);
        assert!(text.len() < 8 || !format!("{refusal:?}").contains(text), "{refusal:?}");
    };
    wrong("");
    wrong("fpt_");
    wrong(&right);
    wrong(&format!("fpt_{right}0"));
    wrong(&format!("fpt_{}", &right[1..]));
    wrong(&format!("FPT_{right}"));
    wrong(&format!("fpt_{}G", &right[1..]));
    wrong(&format!("fpt_é{}", &right[2..]));
}

#[test]
fn a_reader_does_not_write() {
    for (scope, deed, may) in [
        (TokenScope::Read, Deed::Read, true),
        (TokenScope::Read, Deed::Write, false),
        (TokenScope::Write, Deed::Read, true),
        (TokenScope::Write, Deed::Write, true),
    ] {
        assert_eq!(scope.permit(deed).is_ok(), may, "{scope:?} {deed:?}");
    }
}
