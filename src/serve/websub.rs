//! The WebSub endpoint for hubs: `GET /websub/{feed}` verifies a subscription, `POST` delivers new content.
//!
//! A push without a valid signature gets the same answer as an accepted one, as the specification requires, so a forger learns
//! nothing.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::limits::{ANSWER_WITHIN, in_time};
use crate::config::Settings;
use crate::options::Live;
use crate::websub::{HubMode, PushInbox, PushResponse};

/// The number of bodies that are received at the same time.
const MAX_BODIES: usize = 8;
/// The maximum length of an echoed challenge, in bytes.
const MAX_CHALLENGE: usize = 2_048;
/// When a hub should retry a push that was not accepted, in seconds.
const RETRY_AFTER: &str = "30";

#[derive(Clone)]
struct HubState {
    push_inbox: Arc<PushInbox>,
    bodies: Arc<Semaphore>,
    settings: Live<Settings>,
}

/// The routes; bodies of more than `fetch.max_body_bytes` are refused.
pub(super) fn router(push_inbox: Arc<PushInbox>, settings: Live<Settings>) -> Router {
    let state = HubState { push_inbox, bodies: Arc::new(Semaphore::new(MAX_BODIES)), settings };
    Router::new().route("/websub/{feed}", get(verify).post(receive)).layer(in_time(ANSWER_WITHIN)).with_state(state)
}

/// A hub's verification request.
#[derive(Deserialize)]
struct Verification {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.topic")]
    topic: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
    #[serde(rename = "hub.lease_seconds", default)]
    lease: Option<String>,
    #[serde(rename = "hub.reason", default)]
    reason: String,
}

async fn verify(
    State(state): State<HubState>,
    Path(feed): Path<String>,
    verification: Query<Verification>,
) -> Response {
    let Query(Verification { mode, topic, challenge, lease, reason }) = verification;
    let receipt = match HubMode::parse(&mode) {
        Some(intent) if (1..=MAX_CHALLENGE).contains(&challenge.len()) => {
            let lease = lease.and_then(|lease| lease.trim().parse().ok());
            state.push_inbox.verify(&feed, intent, &topic, lease)
        }
        None if mode == "denied" => state.push_inbox.deny(&feed, &topic, &reason),
        _ => PushResponse::Unknown,
    };
    match receipt {
        PushResponse::Accepted => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], challenge).into_response(),
        PushResponse::Closed => retry_later(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn receive(
    State(state): State<HubState>,
    Path(feed): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    match state.push_inbox.expects(&feed) {
        PushResponse::Closed => return retry_later(),
        PushResponse::Unknown => return StatusCode::GONE.into_response(),
        _ => {}
    }
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let text = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let signatures: Vec<&str> = text("x-hub-signature").collect();
    let body = if signatures.is_empty() {
        Bytes::new() // an unsigned body is not read
    } else {
        let Ok(_permit) = state.bodies.try_acquire() else { return retry_later() };
        let most = usize::try_from(state.settings.get().fetch.max_body_bytes).unwrap_or(usize::MAX);
        match axum::body::to_bytes(request.into_body(), most).await {
            Ok(body) => body,
            Err(_) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        }
    };
    let content_type = text("content-type").next().map(str::to_owned);
    match state.push_inbox.deliver(&feed, &signatures, content_type, body.into()) {
        PushResponse::Accepted | PushResponse::Ignored => StatusCode::ACCEPTED.into_response(),
        PushResponse::Unknown => StatusCode::GONE.into_response(),
        PushResponse::Full | PushResponse::Closed => retry_later(),
    }
}

fn retry_later() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER)]).into_response()
}
