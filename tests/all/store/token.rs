//! API tokens.

use super::database::check;
use domain::Timestamp;
use domain::token::TokenSecret;
use store::Token;

fn token(number: u8, scope: &str) -> Token {
    Token {
        id: [number; 8],
        name: format!("software {number}"),
        scope: scope.parse().expect("scopes"),
        hash: TokenSecret::from_random([number; 32]).hash(),
        made_at: Timestamp::from_ms(i64::from(number)),
        expires_at: None,
        last_used_on: None,
    }
}

#[test]
fn tokens_are_kept_used_and_deleted() {
    check("token", async |database| {
        let store = database.open().await;
        assert_eq!(store.tokens().await.expect("reads"), []);
        let (two, mut one) = (token(2, "write,client"), token(1, "read"));
        store.put_token(&two).await.expect("writes");
        store.put_token(&one).await.expect("writes");
        assert_eq!(store.tokens().await.expect("reads"), [one.clone(), two.clone()], "the oldest first");

        store.note_token_used(&one.id, 20_000).await.expect("writes");
        store.note_token_used(&[9; 8], 20_000).await.expect("one that is not here stays away");
        one.last_used_on = Some(20_000);
        assert_eq!(store.tokens().await.expect("reads"), [one.clone(), two.clone()]);
        one.expires_at = Some(Timestamp::from_ms(7));
        store.put_token(&one).await.expect("writes");
        assert_eq!(store.tokens().await.expect("reads")[0], one);

        assert!(store.delete_token(&two.id).await.expect("writes"));
        assert!(!store.delete_token(&two.id).await.expect("writes"));
        assert_eq!(store.tokens().await.expect("reads"), [one]);
        let wrong = Token { name: "a\0b".into(), ..token(3, "read") };
        store.put_token(&wrong).await.expect_err("only one database would take it");
    });
}
