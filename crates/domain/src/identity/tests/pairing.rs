use super::*;
use crate::identity::introduce::{Introduce, PairFault, PairRole, PairSession, prove, verify};
use crate::identity::invitation::{Invitation, InvitationSecret, InvitedAs};
use crate::{RefusalKind, Timestamp};

pub(super) fn invitation() -> Invitation {
    Invitation {
        org_id: org(b'a'),
        addresses: vec!["fingerpost.example.org:7440".into()],
        secret: InvitationSecret::from_bytes([4; 16]),
        expires_at: Timestamp::from_ms(1_700_000_000_000),
        invited_as: InvitedAs::Partner,
        name: "Council".into(),
    }
}

pub(super) fn introduce(letter: u8, role: PairRole) -> Introduce {
    Introduce {
        invitation_id: invitation().secret.id(),
        role,
        keys: keys(letter, 1),
        node_id: NodeId::from_bytes([1; 16]),
        name: "Night Shelter".into(),
        addresses: Some(said::addresses(letter, 1)),
    }
}

#[test]
fn a_code_is_read_as_people_copy_it() {
    let code = invitation().code();
    assert!(code.len() < 240, "a code of {} characters makes a dense picture", code.len());
    for text in [code.clone(), code.to_uppercase(), format!("  {}\n{} \n", &code[..40], &code[40..])] {
        assert_eq!(Invitation::parse(&text).as_ref(), Ok(&invitation()));
    }
    assert!(!format!("{:?}", invitation()).contains("[4, 4"));
}

#[test]
fn a_code_that_is_wrong_says_how() {
    let code = invitation().code();
    let message = |text: &str| {
        let refusal = Invitation::parse(text).unwrap_err();
        assert!(refusal.hint.is_some(), "{refusal} has no hint");
        refusal.message
    };
    assert!(message("https://example.org").contains("is not an invitation"));
    assert!(message("").contains("is not an invitation"));
    assert!(message("fingerpost:").contains("cut short"));
    assert!(message(&code.replacen(&code[30..31], "1", 1)).contains("mistyped"));
    assert!(message(&format!("{code}a")).contains("the invitation was"));
    assert!(message(&format!("{code}aaaaaaaa")).contains("mistyped"));
    assert!(message(&"fingerpost:a".repeat(2_000)).contains("longer"));
    for end in 12..code.len() {
        assert!(message(&code[..end]).contains("cut short"), "{end}");
    }
}

#[test]
fn every_mistyped_character_of_a_code_is_noticed() {
    let code = invitation().code();
    for i in 11..code.len() {
        let mut typed: Vec<char> = code.chars().collect();
        typed[i] = if typed[i] == 'a' { 'b' } else { 'a' };
        let typed: String = typed.into_iter().collect();
        assert!(Invitation::parse(&typed).is_err(), "character {i}");
    }
}

#[test]
fn an_invitation_ends() {
    let end = invitation().expires_at;
    assert_eq!(invitation().check_open(end.plus_ms(-1)), Ok(()));
    assert_eq!(invitation().check_open(end).unwrap_err().kind, RefusalKind::Expired);
}

#[test]
fn an_introduction_comes_back_and_every_flipped_byte_is_refused() {
    let (key, session) = (invitation().secret.key(), session());
    let bytes = introduce(b'b', PairRole::Joiner).encode();
    assert_eq!(Introduce::parse(&bytes), Ok(introduce(b'b', PairRole::Joiner)));
    let proof = prove(&bytes, PairRole::Joiner, &session, &author(b'b', 1), &key);
    every_flip_is_refused(&bytes, |bytes| {
        verify(bytes, &proof, PairRole::Joiner, &session, &tls_key(b'b', 1), &key).is_ok()
    });
}

fn session() -> PairSession {
    PairSession { exporter: [8; 32], inviter: org(b'a'), joiner: org(b'b') }
}

#[test]
fn a_joiner_is_believed_only_with_secret_session_and_keys() {
    let key = invitation().secret.key();
    let bytes = introduce(b'b', PairRole::Joiner).encode();
    let proof = prove(&bytes, PairRole::Joiner, &session(), &author(b'b', 1), &key);
    let check = |session: PairSession, role, tls: [u8; 32], key: &_| verify(&bytes, &proof, role, &session, &tls, key);
    let tls = tls_key(b'b', 1);
    assert!(check(session(), PairRole::Joiner, tls, &key).is_ok());
    let refused = |fault: Result<_, PairFault>| matches!(fault, Err(PairFault::Refused(_)));
    let wrong_mac = |fault: Result<_, PairFault>| matches!(fault, Err(PairFault::WrongMac(_)));
    assert!(refused(check(session(), PairRole::Inviter, tls, &key)), "a reflected introduction");
    assert!(refused(check(session(), PairRole::Joiner, tls_key(b'c', 1), &key)), "another node's connection");
    let stranger = PairSession { joiner: org(b'c'), ..session() };
    assert!(refused(check(stranger, PairRole::Joiner, tls, &key)), "another organisation");
    let middle = PairSession { exporter: [7; 32], ..session() };
    assert!(wrong_mac(check(middle, PairRole::Joiner, tls, &key)), "another session");
    let guessed = InvitationSecret::from_bytes([5; 16]).key();
    assert!(wrong_mac(check(session(), PairRole::Joiner, tls, &guessed)), "another secret");
    let mut thief = prove(&bytes, PairRole::Joiner, &session(), &author(b'c', 1), &key);
    assert!(refused(verify(&bytes, &thief, PairRole::Joiner, &session(), &tls, &key)), "another author");
    thief.mac = [0; 32];
    assert!(wrong_mac(verify(&bytes, &thief, PairRole::Joiner, &session(), &tls, &key)));
}

#[test]
fn an_introduction_speaks_for_an_active_node_and_its_own_addresses() {
    let honest = introduce(b'b', PairRole::Joiner);
    let retired = KeysObject::new(root(b'b').public(), [reissued(b'b', 1, 2, NodeState::Retired)]).unwrap();
    let wrong = [
        Introduce { keys: retired, ..honest.clone() },
        Introduce { node_id: NodeId::from_bytes([2; 16]), ..honest.clone() },
        Introduce { addresses: Some(said::addresses(b'a', 1)), ..honest.clone() },
        Introduce { addresses: Some(said::addresses(b'b', 2)), ..honest.clone() },
        Introduce { name: "a\nb".into(), ..honest.clone() },
        Introduce { name: "a".repeat(257), ..honest },
    ];
    for introduce in wrong {
        assert!(Introduce::parse(&introduce.encode()).is_err());
    }
}
