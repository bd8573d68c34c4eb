//! API tokens as calls are checked against them: all of them in memory, so that a call costs no query and a revoked one
//! is out at once.

use crate::Error;
use crate::metrics;
use domain::token::{TokenHash, TokenScopes, TokenSecret};
use domain::{Refusal, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::{Store, Token};
use tokio_util::sync::CancellationToken;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The tokens of one node.
#[derive(Debug)]
pub(crate) struct Tokens {
    held: Mutex<BTreeMap<[u8; 8], Held>>,
    store: Store,
}

#[derive(Debug)]
struct Held {
    token: Token,
    revoked: CancellationToken,
}

/// What a call may do, and until when.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) scope: TokenScopes,
    /// Cancelled when the token is revoked.
    pub(crate) revoked: CancellationToken,
    /// When the token ends.
    pub(crate) expires_at: Option<Timestamp>,
}

impl Grant {
    /// What the node's own user may, whom the socket's file lets in.
    pub(super) fn local() -> Self {
        Self { scope: TokenScopes::all(), revoked: CancellationToken::new(), expires_at: None }
    }
}

impl Tokens {
    /// All that are stored.
    pub(crate) async fn load(store: &Store) -> Result<Self, Error> {
        let stored = store.tokens().await.map_err(|e| Error::fault("cannot read the API tokens", e))?;
        let tokens = Self { held: Mutex::default(), store: store.clone() };
        stored.into_iter().for_each(|token| tokens.add(token));
        Ok(tokens)
    }

    /// Lets one in from now on.
    pub(crate) fn add(&self, token: Token) {
        self.lock().insert(token.id, Held { token, revoked: CancellationToken::new() });
    }

    /// Lets one in no longer, and ends what it opened.
    pub(crate) fn remove(&self, id: &[u8; 8]) {
        if let Some(held) = self.lock().remove(id) {
            held.revoked.cancel();
        }
    }

    /// What a call with this `authorization` may do; a refused one is counted. Notes the day of the first use of each day.
    pub(super) fn check(&self, authorization: Option<&str>, now: Timestamp) -> Result<Grant, Refusal> {
        let grant = self.grant(authorization, now);
        if grant.is_err() {
            metrics::admin_refused();
        }
        grant
    }

    fn grant(&self, authorization: Option<&str>, now: Timestamp) -> Result<Grant, Refusal> {
        let hint = "send the metadata `authorization: Bearer fpt_…`; `fingerpost token add NAME` makes a token";
        let missing = || Refusal::not_authentic("this call came without an API token").hint(hint);
        let said = authorization.ok_or_else(missing)?;
        let (scheme, secret) = said.split_once(' ').ok_or_else(missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(missing());
        }
        let shown = TokenSecret::parse(secret.trim())?.hash();
        let today = now.as_ms().div_euclid(DAY_MS);
        let mut held = self.lock();
        let Some(found) = find(&mut held, &shown) else {
            return Err(Refusal::not_authentic("this API token is unknown here, or was revoked").hint(hint));
        };
        if found.token.expires_at.is_some_and(|end| end <= now) {
            return Err(Refusal::not_authentic("the time of this API token is over").hint(hint));
        }
        if found.token.last_used_on != Some(today) {
            found.token.last_used_on = Some(today);
            self.note(found.token.id, today);
        }
        Ok(Grant {
            scope: found.token.scope.clone(),
            revoked: found.revoked.clone(),
            expires_at: found.token.expires_at,
        })
    }

    /// A courtesy to whoever tidies up: a database that does not take it costs the call nothing.
    fn note(&self, id: [u8; 8], today: i64) {
        let store = self.store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.note_token_used(&id, today).await {
                tracing::debug!(%error, "when an API token was last used was not kept");
            }
        });
    }

    /// Nothing is left half done under this lock, so a panic of another holder does no harm.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<[u8; 8], Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Compares with every one, each in constant time: how long it takes tells nothing of which are near.
fn find<'h>(held: &'h mut BTreeMap<[u8; 8], Held>, shown: &TokenHash) -> Option<&'h mut Held> {
    held.values_mut().fold(None, |found, one| if one.token.hash == *shown { Some(one) } else { found })
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
