//! What every answer carries and what no request may do.
//!
//! The site is for the browser on this machine. A page elsewhere could point its own name at 127.0.0.1 (DNS
//! rebinding) and read recordings: requests for a foreign host name are refused.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Scripts and styles of this site alone; WebAssembly may be compiled; nothing else is loaded from anywhere.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
     style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
     worker-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    // Always ask whether it changed: the tag makes that cheap, and nobody sees an old page.
    (header::CACHE_CONTROL, "no-cache"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Refuses foreign hosts and adds the headers of [`CONTENT_SECURITY_POLICY`] and its companions.
pub async fn guard(State(allowed): State<Arc<Vec<String>>>, request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    let foreign = host.is_some_and(|host| is_foreign(request.headers().get(header::ORIGIN), host));
    let mut response = match host {
        Some(host) if is_ours(host, &allowed) && foreign && is_inner(request.uri().path()) => (
            StatusCode::FORBIDDEN,
            "recordings and live traffic are for this site's own page alone\n",
        )
            .into_response(),
        Some(host) if is_ours(host, &allowed) => next.run(request).await,
        _ => (
            StatusCode::MISDIRECTED_REQUEST,
            "this site answers only to localhost and IP addresses; `framewire web --allow-host NAME` adds a name\n",
        )
            .into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// What other sites' pages have no business with: a WebSocket, unlike fetch(), asks nobody whether it may read.
fn is_inner(path: &str) -> bool {
    path.starts_with("/api/") || path.starts_with("/recordings/")
}

/// Whether a page of another site asks. Programs that are no browsers send no `Origin`.
fn is_foreign(origin: Option<&HeaderValue>, host: &str) -> bool {
    let Some(origin) = origin else { return false };
    let own = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    !own.is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
}

/// Whether a `Host` header names this machine: localhost, an IP address (which no DNS answer can fake) or an allowed name.
fn is_ours(host: &str, allowed: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.to_ascii_lowercase();
    let v6 = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv4())
        || v6.is_some_and(|v6| v6.parse::<Ipv6Addr>().is_ok())
        || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_sites_are_told_from_our_own() {
        let foreign =
            |origin: &str| is_foreign(Some(&HeaderValue::from_str(origin).unwrap()), "127.0.0.1:8080");
        assert!(!foreign("http://127.0.0.1:8080") && !is_foreign(None, "127.0.0.1:8080"));
        for origin in [
            "null",
            "",
            "http://evil.example",
            "http://127.0.0.1:3000",
            "http://localhost:8080",
            "127.0.0.1:8080",
        ] {
            assert!(foreign(origin), "{origin}");
        }
        assert!(is_inner("/api/live/0") && is_inner("/recordings/0") && !is_inner("/player/live.js"));
    }

    #[test]
    fn only_this_machine_by_name() {
        let allowed = ["class.example".to_owned()];
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:8080",
            "[::1]:80",
            "[::1]",
            "x.localhost",
            "class.example:1",
        ] {
            assert!(is_ours(host, &allowed), "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example:8080", "", "::1", "127.0.0.1.evil.example", "[evil]"]
        {
            assert!(!is_ours(host, &allowed), "{host}");
        }
    }
}
