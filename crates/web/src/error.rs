//! What a refusal means over HTTP: a status, and problem+json (RFC 9457) or a page.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use node::api::{Refusal, RefusalKind};
use serde_json::json;

/// The status of a refusal.
pub(crate) fn status(kind: RefusalKind) -> StatusCode {
    match kind {
        RefusalKind::Invalid | RefusalKind::Malformed | RefusalKind::NotAuthentic => StatusCode::BAD_REQUEST,
        RefusalKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        RefusalKind::NotFound => StatusCode::NOT_FOUND,
        RefusalKind::NotAllowed => StatusCode::FORBIDDEN,
        RefusalKind::AlreadyDone | RefusalKind::WrongState | RefusalKind::Equivocation => StatusCode::CONFLICT,
        RefusalKind::Expired => StatusCode::GONE,
        RefusalKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// A problem for programs.
pub(crate) fn problem(status: StatusCode, detail: &str, hint: Option<&str>) -> Response {
    let mut body = json!({
        "title": status.canonical_reason().unwrap_or("error"),
        "status": status.as_u16(),
        "detail": detail,
    });
    if let (Some(hint), Some(body)) = (hint, body.as_object_mut()) {
        body.insert("hint".into(), hint.into());
    }
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// A refusal for programs.
pub(crate) fn refused(refusal: &Refusal) -> Response {
    problem(status(refusal.kind), &refusal.message, refusal.hint.as_deref())
}

/// There is nothing at this address.
pub(crate) async fn no_such_page(uri: Uri) -> Response {
    problem(StatusCode::NOT_FOUND, &format!("there is nothing at {}", uri.path()), Some("begin at /"))
}

/// There is something, and not for this method.
pub(crate) async fn no_such_method(uri: Uri) -> Response {
    let detail = format!("{} does not take this method", uri.path());
    problem(StatusCode::METHOD_NOT_ALLOWED, &detail, Some("begin at /"))
}
