//! Who is asking: somebody at this machine, or a stranger.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

/// Headers that a proxy adds: what comes through one is never taken for this machine's own.
const PROXIED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// A browser or program on this machine, which asked for this machine by a name of its own: a page elsewhere whose
    /// name was pointed at 127.0.0.1 (DNS rebinding) carries another host.
    Local,
    /// Anybody else.
    Stranger,
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical());
        let here = peer.is_some_and(|peer| peer.is_loopback());
        let proxied = PROXIED.iter().any(|name| parts.headers.contains_key(*name));
        let named_here = host(&parts.headers).is_some_and(is_this_machine);
        Ok(if here && named_here && !proxied { Self::Local } else { Self::Stranger })
    }
}

/// Whether a form was sent by a page of this very site.
pub(crate) fn is_same_origin(headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    let same = match (origin, host(headers)) {
        (Some(origin), Some(host)) => origin.strip_prefix("http://") == Some(host),
        _ => false,
    };
    same && site.is_none_or(|site| site == "same-origin")
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST).and_then(|host| host.to_str().ok())
}

/// `localhost`, `127.0.0.1`, `[::1]`, with or without a port.
fn is_this_machine(host: &str) -> bool {
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let name = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let name =
        name.parse::<IpAddr>().map_or_else(|_| name.split(':').next().unwrap_or(name).to_owned(), |ip| ip.to_string());
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
