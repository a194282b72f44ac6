//! What the page asks the starter, as HTTP. Whatever acts needs the secret; the guard has refused foreign sites before.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, RawQuery, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use framewire::lang::Lang;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ask::Ask;
use super::error::StartError;
use super::words;
use crate::relay::knobs::Knobs;
use crate::web::{Site, axum_json, token};

/// Framings that the page offers; any other may be typed.
const FRAMINGS: [&str; 7] = [
    "none",
    "json-header:data_size",
    "json-header:size",
    "length:u32be",
    "varint",
    "netstring",
    "delimiter:\\n",
];

/// The language that is asked for, as `lang=zh`.
fn language(query: Option<&str>) -> Lang {
    let pairs = query.unwrap_or_default().split('&');
    pairs
        .filter_map(|pair| pair.strip_prefix("lang="))
        .next()
        .and_then(|tag| tag.parse().ok())
        .unwrap_or_default()
}

fn refused(error: &StartError, lang: Lang) -> Response {
    let body = json!({ "error": error.message(lang), "field": error.field() }).to_string();
    (error.status(), [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn unlocked(site: &Site, headers: &HeaderMap) -> Result<(), StartError> {
    let given = headers.get(token::HEADER).map(|value| value.as_bytes()).unwrap_or_default();
    if site.token.is(given) { Ok(()) } else { Err(StartError::Locked) }
}

/// A request with the secret: its language. One without is refused.
pub struct Unlocked(Lang);

impl FromRequestParts<Arc<Site>> for Unlocked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Response> {
        let lang = language(parts.uri.query());
        unlocked(site, &parts.headers).map(|()| Unlocked(lang)).map_err(|error| refused(&error, lang))
    }
}

/// A request with the secret: its language and its body. One without is refused, once its body has been read: closing with
/// data unread would send RST, and the answer would be lost.
pub struct Sent(Lang, Bytes);

impl FromRequest<Arc<Site>> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Arc<Site>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let asked = Unlocked::from_request_parts(&mut parts, site).await;
        let body = Bytes::from_request(Request::from_parts(parts, body), site).await;
        let body = body.map_err(IntoResponse::into_response)?;
        asked.map(|Unlocked(lang)| Sent(lang, body))
    }
}

/// Does what may wait, where waiting is allowed.
async fn waiting<T: Serialize + Send + 'static>(
    lang: Lang,
    act: impl FnOnce() -> Result<T, StartError> + Send + 'static,
) -> Response {
    match tokio::task::spawn_blocking(act).await {
        Ok(Ok(done)) => axum_json(&done),
        Ok(Err(error)) => refused(&error, lang),
        Err(error) => refused(&StartError::System(error.to_string()), lang),
    }
}

/// What may be started, and the words for it.
pub async fn offer(State(site): State<Arc<Site>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let lang = language(query.as_deref());
    axum_json(&json!({
        "words": words::all(lang),
        "unlocked": unlocked(&site, &headers).is_ok(),
        "commands": site.starter.permits().commands,
        "performs": cfg!(target_os = "linux"),
        "framings": FRAMINGS,
        "knobs": { "tcp": Knobs::new(false).shown(lang), "udp": Knobs::new(true).shown(lang) },
    }))
}

/// Starts something.
pub async fn start(State(site): State<Arc<Site>>, Sent(lang, body): Sent) -> Response {
    let Ok(ask) = serde_json::from_slice::<Ask>(&body) else { return refused(&StartError::Garbled, lang) };
    waiting(lang, move || site.starter.start(&ask).map(|number| json!({ "number": number }))).await
}

/// Stops something, or takes what has ended from the list.
pub async fn stop(
    State(site): State<Arc<Site>>,
    Path(number): Path<u64>,
    Unlocked(lang): Unlocked,
) -> Response {
    waiting(lang, move || site.starter.stop(number)).await
}

/// Resets a relay's connections.
pub async fn reset(
    State(site): State<Arc<Site>>,
    Path(number): Path<u64>,
    Unlocked(lang): Unlocked,
) -> Response {
    waiting(lang, move || site.starter.reset(number)).await
}

/// A relay's knobs.
pub async fn knobs(
    State(site): State<Arc<Site>>,
    Path(number): Path<u64>,
    RawQuery(query): RawQuery,
) -> Response {
    match site.starter.knobs(number, language(query.as_deref())) {
        Ok(knobs) => axum_json(&knobs),
        Err(error) => refused(&error, language(query.as_deref())),
    }
}

/// A knob and what it is to be set to.
#[derive(Debug, Deserialize)]
struct Turn {
    path: String,
    value: String,
}

/// Turns one of a relay's knobs.
pub async fn turn(
    State(site): State<Arc<Site>>,
    Path(number): Path<u64>,
    Sent(lang, body): Sent,
) -> Response {
    let Ok(Turn { path, value }) = serde_json::from_slice(&body) else {
        return refused(&StartError::Garbled, lang);
    };
    match site.starter.turn(number, &path, &value, lang) {
        Ok(knobs) => axum_json(&knobs),
        Err(error) => refused(&error, lang),
    }
}

/// Performs a scenario, which is the body.
#[cfg(target_os = "linux")]
pub async fn perform(State(site): State<Arc<Site>>, Sent(lang, body): Sent) -> Response {
    let Ok(text) = String::from_utf8(body.to_vec()) else { return refused(&StartError::Garbled, lang) };
    waiting(lang, move || site.starter.stage().perform(&text, lang)).await
}

/// The last performances.
#[cfg(target_os = "linux")]
pub async fn performances(State(site): State<Arc<Site>>) -> Response {
    axum_json(&site.starter.stage().list())
}

/// A figure of a performance: `model` or `real`.
#[cfg(target_os = "linux")]
pub async fn performed(
    State(site): State<Arc<Site>>,
    Path((number, kind)): Path<(u64, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    match site.starter.stage().path(number, &kind) {
        Ok(path) => crate::web::recordings::send(&path).await,
        Err(error) => refused(&error, language(query.as_deref())),
    }
}
