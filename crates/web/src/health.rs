//! What machines ask: alive, ready, metrics.

use crate::Pages;
use crate::error::{problem, refused};
use crate::guard::Visitor;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use node::api::{Refusal, RefusalKind, Request, Response as Answer};
use node::config::Exposure;
use std::time::Duration;

/// How long the store may take to answer before the node counts as not ready.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// The process answers.
pub(crate) async fn alive() -> &'static str {
    "alive\n"
}

/// The store answers; else 503 with the reason, in full for this machine only.
pub(crate) async fn ready(State(pages): State<Pages>, visitor: Visitor) -> Response {
    let late = || Refusal::new(RefusalKind::Busy, "the store does not answer in time");
    let answer = tokio::time::timeout(READY_WITHIN, pages.node.ask(Request::Ready)).await;
    match (answer.unwrap_or_else(|_| Err(late())), visitor) {
        (Ok(_), _) => "ready\n".into_response(),
        (Err(refusal), Visitor::Local) => {
            problem(StatusCode::SERVICE_UNAVAILABLE, &refusal.message, refusal.hint.as_deref())
        }
        (Err(_), Visitor::Stranger) => problem(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer", None),
    }
}

/// Counters and gauges as Prometheus text.
pub(crate) async fn metrics(State(pages): State<Pages>, visitor: Visitor) -> Response {
    let allowed = match pages.metrics {
        Exposure::All => true,
        Exposure::Loopback => visitor == Visitor::Local,
        Exposure::Nobody => false,
    };
    if !allowed {
        let hint = "the setting `metrics` says who may read them";
        return problem(StatusCode::FORBIDDEN, "the metrics are not for this reader", Some(hint));
    }
    match pages.node.ask(Request::Metrics).await {
        Ok(Answer::Metrics { text }) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Ok(_) => refused(&unexpected()),
        Err(refusal) => refused(&refusal),
    }
}

/// An answer of another kind than the request has.
pub(crate) fn unexpected() -> Refusal {
    Refusal::new(RefusalKind::WrongState, "the node gives an answer of another kind than was asked for")
}
