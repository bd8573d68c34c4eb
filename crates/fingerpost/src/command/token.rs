//! `token`.

use super::{Place, now};
use crate::arguments::{Scope, Token};
use crate::node_of::{Need, unexpected};
use crate::output::{Reader, print, print_json};
use crate::report::Failure;
use crate::show;
use node::api::{Request, Response, TokenScope, TokenScopes};
use serde_json::json;

pub(super) async fn token(place: &Place, verb: Token) -> Result<(), Failure> {
    match verb {
        Token::Add { name, scope, expires } => add(place, name, &scope, expires).await,
        Token::List => list(place).await,
        Token::Revoke { id } => revoke(place, id).await,
    }
}

async fn add(place: &Place, name: String, scope: &[Scope], expires_in_ms: Option<i64>) -> Result<(), Failure> {
    let scope = TokenScopes::new(scope.iter().map(|scope| match scope {
        Scope::Read => TokenScope::Read,
        Scope::Write => TokenScope::Write,
        Scope::Referral => TokenScope::Referral,
        Scope::Client => TokenScope::Client,
    }))?;
    let request = Request::TokenAdd { name, scope, expires_in_ms };
    let Response::TokenAdded(added) = place.ask(Need::Running, request).await? else { return Err(unexpected()) };
    place.reader.show(&added, || show::token::added(&added, &place.data))
}

async fn list(place: &Place) -> Result<(), Failure> {
    let Response::Tokens { tokens } = place.ask(Need::Folder, Request::TokenList).await? else {
        return Err(unexpected());
    };
    match place.reader {
        Reader::Program => tokens.iter().try_for_each(print_json),
        Reader::Person => print(&show::token::rows(&tokens, now())),
    }
}

async fn revoke(place: &Place, id: String) -> Result<(), Failure> {
    let Response::Tokens { .. } = place.ask(Need::Running, Request::TokenRevoke { id: id.clone() }).await? else {
        return Err(unexpected());
    };
    place.reader.show(&json!({"revoked": id}), || "Revoked: it lets nobody in any more.\n".into())
}
