//! The people's port: one page that says what this node is and what to do next, and what machines ask of it
//! (`/healthz`, `/readyz`, `/metrics`).
//!
//! Works over the node's application API only; knows no store, no key and no partner's wire. Needs no JavaScript and
//! fetches nothing from elsewhere. Strangers see counts and lag, never a partner's name.

mod error;
mod front;
mod guard;
mod health;
mod pairing;
pub mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use node::api::Handle;
use node::config::Exposure;
use std::future::IntoFuture;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

/// Largest form that is read.
const FORM_BYTES: usize = 32 << 10;
/// How long one answer may take. Joining reaches out to another node.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How long open connections may go on once the node stops.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// What the pages stand on.
#[derive(Clone)]
pub struct Pages {
    /// Whom they ask.
    pub node: Handle,
    /// Who may read `/metrics`.
    pub metrics: Exposure,
}

/// Every route, with its headers and limits.
pub fn router(pages: Pages) -> Router {
    let mut router = Router::new()
        .route("/", get(front::front))
        .route("/invitation", post(pairing::invite))
        .route("/join", post(pairing::join))
        .route("/style.css", get(style))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(error::no_such_page)
        .method_not_allowed_fallback(error::no_such_method)
        .with_state(pages)
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, ANSWER_WITHIN));
    for (name, value) in HEADERS {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    router
}

/// Serves until told to stop; then lets open requests end.
pub async fn serve(listener: TcpListener, pages: Pages, stop: CancellationToken) -> std::io::Result<()> {
    let service = router(pages).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    let mut serving = std::pin::pin!(serving.into_future());
    tokio::select! {
        done = &mut serving => done,
        () = stop.cancelled() => tokio::time::timeout(STOP_WITHIN, serving).await.unwrap_or(Ok(())),
    }
}

/// On every answer that does not say otherwise.
const HEADERS: [(&str, &str); 8] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "geolocation=(), camera=(), microphone=()"),
    ("cache-control", "no-store"),
];

async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")];
    (headers, include_str!("../assets/style.css"))
}

#[cfg(test)]
mod tests;
