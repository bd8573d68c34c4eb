use super::*;
use domain::RefusalKind;

const HOUR_MS: i64 = 60 * 60 * 1000;

fn token(number: u8, expires_at: Option<Timestamp>) -> Token {
    Token {
        id: [number; 8],
        name: format!("software {number}"),
        scope: "read".parse().unwrap(),
        hash: secret(number).hash(),
        made_at: Timestamp::from_ms(0),
        expires_at,
        last_used_on: None,
    }
}

fn secret(number: u8) -> TokenSecret {
    TokenSecret::from_random([number; 32])
}

fn shown(number: u8) -> String {
    format!("Bearer {}", secret(number).text().as_str())
}

async fn store(folder: &tempfile::TempDir) -> Store {
    Store::open(&store::sqlite_url(&folder.path().join("db"))).await.unwrap()
}

#[tokio::test]
async fn a_token_holds_until_its_time_is_over_or_it_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    store.put_token(&token(1, Some(Timestamp::from_ms(HOUR_MS)))).await.unwrap();
    let tokens = Tokens::load(&store).await.unwrap();
    tokens.add(token(2, None));
    let check = |number: u8, at_ms: i64| tokens.check(Some(&shown(number)), Timestamp::from_ms(at_ms));

    assert_eq!(check(1, HOUR_MS - 1).unwrap().expires_at, Some(Timestamp::from_ms(HOUR_MS)));
    let over = check(1, HOUR_MS).unwrap_err();
    assert!(over.kind == RefusalKind::NotAuthentic && over.message.contains("over"), "{over:?}");
    let grant = check(2, 100 * DAY_MS).unwrap();
    assert!(!grant.revoked.is_cancelled());
    tokens.remove(&[2; 8]);
    assert!(grant.revoked.is_cancelled(), "what it opened ends");
    assert_eq!(check(2, 0).unwrap_err().kind, RefusalKind::NotAuthentic);
    assert_eq!(check(3, 0).unwrap_err().kind, RefusalKind::NotAuthentic);
}

#[tokio::test]
async fn what_is_shown_has_to_be_a_bearer_token() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = Tokens::load(&store(&folder).await).await.unwrap();
    tokens.add(token(1, None));
    let right = secret(1).text().to_string();
    let now = Timestamp::from_ms(0);
    for authorization in [format!("bearer {right}"), format!("BEARER  {right} ")] {
        tokens.check(Some(&authorization), now).unwrap();
    }
    for authorization in [None, Some(""), Some("Bearer"), Some("Bearer "), Some(right.as_str()), Some("Basic fpt_")] {
        assert_eq!(tokens.check(authorization, now).unwrap_err().kind, RefusalKind::NotAuthentic, "{authorization:?}");
    }
}
