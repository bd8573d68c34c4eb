//! API tokens: making, listing, revoking.

use super::{Application, fault, find};
use crate::api::{Response, TokenAdded, TokenRow, TokenScopes};
use crate::clock::now;
use crate::secret::random;
use domain::token::TokenSecret;
use domain::{Refusal, RefusalKind, limits};
use store::Token;

const HINT: &str = "`fingerpost token list` shows the tokens and their ids";

impl Application {
    pub(super) async fn tokens(&self) -> Result<Response, Refusal> {
        let tokens = self.0.store.tokens().await.map_err(fault)?;
        Ok(Response::Tokens { tokens: tokens.iter().map(row).collect() })
    }

    pub(super) async fn add_token(
        &self,
        name: &str,
        scope: TokenScopes,
        expires_in_ms: Option<i64>,
    ) -> Result<Response, Refusal> {
        let running = self.running()?;
        let name = name.trim();
        if name.is_empty() || name.len() > limits::NAME_BYTES {
            return Err(Refusal::invalid(format!("a token needs a name of 1 to {} bytes", limits::NAME_BYTES))
                .hint("call it after the software that gets it"));
        }
        if expires_in_ms.is_some_and(|ms| ms <= 0 || ms > limits::API_TOKEN_MS) {
            return Err(Refusal::invalid("a token is good for some time, and for ten years at most")
                .hint("90d is a good choice; without one it is good until it is revoked"));
        }
        let others = self.0.store.tokens().await.map_err(fault)?;
        if others.len() >= limits::API_TOKENS {
            return Err(Refusal::too_large(format!(
                "there are {} API tokens, which is as many as may be",
                others.len()
            ))
            .hint("revoke those that nobody uses: `fingerpost token list` says when each last was"));
        }
        if others.iter().any(|token| token.name == name) {
            return Err(Refusal::new(RefusalKind::AlreadyDone, format!("there is an API token called {name:?}"))
                .hint("choose another name, or revoke that one first"));
        }
        let secret = TokenSecret::from_random(*random().map_err(crate::Error::into_refusal)?);
        let made_at = now();
        let token = Token {
            id: *random().map_err(crate::Error::into_refusal)?,
            name: name.to_owned(),
            scope,
            hash: secret.hash(),
            made_at,
            expires_at: expires_in_ms.map(|ms| made_at.plus_ms(ms)),
            last_used_on: None,
        };
        self.0.store.put_token(&token).await.map_err(fault)?;
        let row = row(&token);
        running.tokens.add(token);
        let port = running.listening.admin.clone();
        Ok(Response::TokenAdded(TokenAdded { row, token: secret.text().to_string(), port }))
    }

    pub(super) async fn revoke_token(&self, id: &str) -> Result<Response, Refusal> {
        let running = self.running()?;
        let tokens = self.0.store.tokens().await.map_err(fault)?;
        let typed = id.trim().to_lowercase();
        let by_name: Vec<_> = tokens.iter().filter(|t| t.name == id.trim()).collect();
        let by_id = || tokens.iter().filter(|t| !typed.is_empty() && shown_id(t).starts_with(&typed)).collect();
        let matching: Vec<&Token> = if by_name.is_empty() { by_id() } else { by_name };
        match matching.as_slice() {
            [] => Err(Refusal::not_found(format!("there is no API token {id:?}")).hint(HINT)),
            [token] => {
                // First for calls, then for good: whoever holds it is out whatever the database says next.
                running.tokens.remove(&token.id);
                self.0.store.delete_token(&token.id).await.map_err(fault)?;
                self.tokens().await
            }
            many => Err(find::ambiguous("API token", id, many.iter().map(|t| (shown_id(t), t.name.as_str())))),
        }
    }
}

fn row(token: &Token) -> TokenRow {
    TokenRow {
        id: shown_id(token),
        name: token.name.clone(),
        scope: token.scope.clone(),
        made_at_ms: token.made_at,
        last_used: token.last_used_on.map(day),
        expires_at_ms: token.expires_at,
    }
}

fn shown_id(token: &Token) -> String {
    data_encoding::HEXLOWER.encode(&token.id)
}

/// A day since 1970 as RFC 3339 writes it.
fn day(days: i64) -> String {
    let midnight = jiff::Timestamp::from_second(days.saturating_mul(86_400)).unwrap_or_default().to_string();
    midnight.split('T').next().unwrap_or_default().to_owned()
}
