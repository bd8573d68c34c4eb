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

/// What each scope is good for, and no other: nothing about listings says anything of referrals, and how a referral stands
/// says nothing of the person.
#[test]
fn each_scope_is_good_for_what_it_says_and_no_more() {
    let check = |scope: TokenScope, good_for: &[Deed]| {
        let scopes = TokenScopes::new([scope]).unwrap();
        for deed in [Deed::Read, Deed::Write, Deed::Referral, Deed::Client] {
            assert_eq!(scopes.permit(deed).is_ok(), good_for.contains(&deed), "{scope:?} {deed:?}");
        }
    };
    check(TokenScope::Read, &[Deed::Read]);
    check(TokenScope::Write, &[Deed::Read, Deed::Write]);
    check(TokenScope::Referral, &[Deed::Referral]);
    check(TokenScope::Client, &[Deed::Referral, Deed::Client]);
}

#[test]
fn several_scopes_are_good_for_what_any_of_them_is() {
    let scopes: TokenScopes = "client,read".parse().unwrap();
    for (deed, may) in [(Deed::Read, true), (Deed::Write, false), (Deed::Referral, true), (Deed::Client, true)] {
        assert_eq!(scopes.permit(deed).is_ok(), may, "{deed:?}");
    }
    let refusal = scopes.permit(Deed::Write).unwrap_err();
    assert_eq!(refusal.kind, crate::RefusalKind::NotAllowed);
    let hint = refusal.hint.clone().unwrap_or_default();
    assert!(refusal.message.contains("for reading only") && hint.contains("--scope write"), "{refusal:?}");
}

#[test]
fn scopes_read_back_as_text_and_as_they_are_kept() {
    for bits in 1..16 {
        let scopes = TokenScopes::from_bits(bits).unwrap();
        assert_eq!(scopes.bits(), bits);
        assert_eq!(scopes.to_string().parse::<TokenScopes>().unwrap(), scopes);
        let json = serde_json::to_value(&scopes).unwrap();
        assert_eq!(serde_json::from_value::<TokenScopes>(json).unwrap(), scopes);
    }
    assert_eq!(TokenScopes::all().to_string(), "read,write,referral,client");
    // What earlier versions kept for one scope is that scope.
    assert_eq!(TokenScopes::from_bits(1).unwrap().to_string(), "read");
    assert_eq!(TokenScopes::from_bits(2).unwrap().to_string(), "write");
    for unknown in [0, 16, 17, 255] {
        assert_eq!(TokenScopes::from_bits(unknown), None, "{unknown}");
    }
    for wrong in ["", "clients", "read,", "read, write", "Read"] {
        assert_eq!(wrong.parse::<TokenScopes>().unwrap_err().kind, crate::RefusalKind::Invalid, "{wrong:?}");
    }
}
