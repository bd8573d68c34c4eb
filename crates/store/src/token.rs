//! API tokens, by their hashes.

use crate::sql::{self, Value};
use crate::{Store, StoreError};
use domain::Timestamp;
use domain::token::{TokenHash, TokenScopes};
use sqlx::any::AnyRow;

/// What is kept of one API token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Names it; says nothing about the token itself.
    pub id: [u8; 8],
    /// What a person calls it.
    pub name: String,
    /// What it is good for.
    pub scope: TokenScopes,
    /// SHA-256 of the token.
    pub hash: TokenHash,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
    /// The day it was last used on, in days since 1970.
    pub last_used_on: Option<i64>,
}

impl Store {
    /// Adds a token, or replaces the one of the same id.
    pub async fn put_token(&self, token: &Token) -> Result<(), StoreError> {
        let row = [
            Value::from(&token.id),
            sql::text(&token.name, "the name of an API token")?,
            Value::Int(token.scope.bits().into()),
            token.hash.as_bytes().into(),
            Value::Int(token.made_at.as_ms()),
            Value::int_or_none(token.expires_at.map(Timestamp::as_ms)),
            Value::int_or_none(token.last_used_on),
        ];
        let into = "token (token_id, name, scope, hash, made_at, expires_at, last_used_on)";
        let then = "on conflict (token_id) do update set name = excluded.name, scope = excluded.scope, \
                    hash = excluded.hash, made_at = excluded.made_at, expires_at = excluded.expires_at, \
                    last_used_on = excluded.last_used_on";
        let mut writing = self.begin().await?;
        sql::insert(writing.connection(), into, then, vec![row]).await?;
        writing.commit().await
    }

    /// Every token, the oldest first.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        let select = "select token_id, name, scope, hash, made_at, expires_at, last_used_on from token \
                      order by made_at, token_id";
        self.read(select, vec![]).await?.iter().map(read_token).collect()
    }

    /// Notes the day a token was last used on. One that is not here stays away.
    pub async fn note_token_used(&self, id: &[u8; 8], day: i64) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let update = "update token set last_used_on = $2 where token_id = $1";
        sql::execute(writing.connection(), update, vec![id.into(), Value::Int(day)]).await?;
        writing.commit().await
    }

    /// Deletes a token; whether it was here.
    pub async fn delete_token(&self, id: &[u8; 8]) -> Result<bool, StoreError> {
        let mut writing = self.begin().await?;
        let gone = sql::execute(writing.connection(), "delete from token where token_id = $1", vec![id.into()]).await?;
        writing.commit().await?;
        Ok(gone == 1)
    }
}

fn read_token(row: &AnyRow) -> Result<Token, StoreError> {
    Ok(Token {
        id: sql::id(row, 0, "token id")?,
        name: sql::string(row, 1)?,
        scope: scope(sql::int(row, 2)?)?,
        hash: TokenHash::from_bytes(sql::id(row, 3, "token hash")?),
        made_at: Timestamp::from_ms(sql::int(row, 4)?),
        expires_at: sql::int_or_none(row, 5)?.map(Timestamp::from_ms),
        last_used_on: sql::int_or_none(row, 6)?,
    })
}

fn scope(kept: i64) -> Result<TokenScopes, StoreError> {
    let scopes = u8::try_from(kept).ok().and_then(TokenScopes::from_bits);
    scopes.ok_or_else(|| StoreError::corrupt(format!("a stored API token has scope {kept}")))
}
