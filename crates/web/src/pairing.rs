//! Pairing from the page: make an invitation, take one up. For this machine only, by forms of this very site.

use crate::Pages;
use crate::error::status;
use crate::front::show;
use crate::guard::{Visitor, is_same_origin};
use crate::health::unexpected;
use crate::words::instant;
use askama::Template;
use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use node::api::{InviteRole, Refusal, RefusalKind, Request, Response as Answer};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "invitation.html")]
struct Invitation {
    code: String,
    expires: String,
    addresses: String,
}

#[derive(Template)]
#[template(path = "joined.html")]
struct JoinedPage {
    partner: String,
    id: String,
    words: String,
    own_words: String,
}

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage {
    cause: String,
    hint: Option<String>,
}

/// What the form for joining holds.
#[derive(Deserialize)]
pub(crate) struct JoinForm {
    code: String,
}

/// Makes an invitation and shows its code, once.
pub(crate) async fn invite(State(pages): State<Pages>, visitor: Visitor, headers: HeaderMap) -> Response {
    if let Err(refusal) = admit(visitor, &headers) {
        return refused_page(&refusal);
    }
    match pages.node.ask(Request::Invite { role: InviteRole::Partner, expires_in_ms: None }).await {
        Ok(Answer::Invited { invited, expires_at_ms, addresses }) => {
            show(&Invitation { code: invited.code, expires: instant(expires_at_ms), addresses: addresses.join(", ") })
        }
        Ok(_) => refused_page(&unexpected()),
        Err(refusal) => refused_page(&refusal),
    }
}

/// Takes an invitation up and shows the words of both.
pub(crate) async fn join(
    State(pages): State<Pages>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<JoinForm>,
) -> Response {
    if let Err(refusal) = admit(visitor, &headers) {
        return refused_page(&refusal);
    }
    match pages.node.ask(Request::Join { code: form.code }).await {
        Ok(Answer::Joined { joined, own_words }) => show(&JoinedPage {
            partner: joined.organisation.name,
            id: joined.organisation.id.to_string().chars().take(13).collect(),
            words: joined.words,
            own_words,
        }),
        Ok(_) => refused_page(&unexpected()),
        Err(refusal) => refused_page(&refusal),
    }
}

/// A refusal as a page.
pub(crate) fn refused_page(refusal: &Refusal) -> Response {
    let page = show(&RefusedPage { cause: refusal.message.clone(), hint: refusal.hint.clone() });
    (status(refusal.kind), page).into_response()
}

fn admit(visitor: Visitor, headers: &HeaderMap) -> Result<(), Refusal> {
    if visitor == Visitor::Stranger {
        return Err(Refusal::new(RefusalKind::NotAllowed, "pairing is for somebody at the node's own machine")
            .hint("open this page there, or run `fingerpost invite`"));
    }
    if !is_same_origin(headers) {
        return Err(Refusal::new(RefusalKind::NotAllowed, "the form was not sent from this node's own page")
            .hint("open the page afresh and press the button there"));
    }
    Ok(())
}
