//! A person types a start, a name, or a whole id.

use super::*;
use domain::Timestamp;

fn named(name: &str, byte: u8) -> Partner {
    Partner {
        org_id: OrgId::from_bytes([byte; 32]),
        name: name.to_owned(),
        addresses: Vec::new(),
        is_paused: false,
        confirmed_here_at: None,
        confirmed_there: None,
        paired_at: Timestamp::from_ms(0),
        is_shared_with: true,
        is_followed: false,
    }
}

#[test]
fn partners_go_by_name_by_id_and_by_its_start() {
    let partners = [named("Night Shelter", 1), named("Council", 2), named("council", 3)];
    let check = |text: &str, expected: Result<u8, &str>| match (partner(&partners, text), expected) {
        (Ok(found), Ok(byte)) => assert_eq!(found.org_id, OrgId::from_bytes([byte; 32]), "{text}"),
        (Err(refusal), Err(words)) => assert!(refusal.message.contains(words), "{text}: {refusal}"),
        (found, expected) => unreachable!("{text}: {found:?}, expected {expected:?}"),
    };
    check("night shelter", Ok(1));
    check(&partners[0].org_id.to_string(), Ok(1));
    check(&partners[1].org_id.to_string()[..9], Ok(2));
    check("Council", Err("more than one partner"));
    check("nobody", Err("no partner \"nobody\""));
    check(" ", Err("no partner is named"));
}

#[test]
fn the_own_organisation_may_be_named_too() {
    let own = (OrgId::from_bytes([9; 32]), "Link Workers");
    let partners =
        Acquaintance { partners: [named("Night Shelter", 1)].map(|p| (p.org_id, p)).into(), ..Acquaintance::default() };
    assert_eq!(organisation(own, &partners, "link workers").unwrap(), own.0);
    assert_eq!(organisation(own, &partners, &own.0.to_string()[..10]).unwrap(), own.0);
    assert_eq!(organisation(own, &partners, "night shelter").unwrap(), OrgId::from_bytes([1; 32]));
    let stranger = OrgId::from_bytes([7; 32]);
    assert_eq!(organisation(own, &partners, &stranger.to_string()).unwrap(), stranger);
}

#[test]
fn an_id_starts_with_hex_digits() {
    assert!(
        record("0190-A", "listing list").is_ok()
            && record("0190a5b2-7c11-7000-8000-00000000abcd", "listing list").is_ok()
    );
    for wrong in ["", " ", "xyz", "0190a5b2-7c11-7000-8000-00000000abcd0"] {
        assert!(record(wrong, "listing list").is_err(), "{wrong}");
    }
}
