//! Endpoints for orchestrators and Prometheus: liveness, readiness, metrics.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::limits::{ANSWER_WITHIN, in_time};
use super::metrics::{self, Format};
use crate::health::Stats;

#[derive(Clone)]
struct ProbeState {
    stats: Arc<Stats>,
    stop: CancellationToken,
}

/// `/health/live`, `/health/ready`, `/metrics`.
pub(super) fn router(stats: Arc<Stats>, stop: CancellationToken) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(figures))
        .layer(in_time(ANSWER_WITHIN))
        .with_state(ProbeState { stats, stop })
}

/// Answers 503 when a stage with pending work has stalled: only a restart helps.
async fn live(State(ProbeState { stats, .. }): State<ProbeState>) -> Response {
    let stalled = stats.liveness.stalled();
    let status = if stalled.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let stages =
        stalled.iter().map(|(stage, time)| json!({ "stage": stage.name(), "stalled_seconds": time.as_secs() }));
    let stages: Vec<_> = stages.collect();
    (status, Json(json!({ "live": stages.is_empty(), "stalled": stages }))).into_response()
}

/// Answers 200 when the committed state is restored and the journal accepts commits.
async fn ready(State(ProbeState { stats, stop }): State<ProbeState>) -> Response {
    let stopping = stop.is_cancelled().then(|| "the daemon is stopping".to_owned());
    let reason = stopping.or_else(|| stats.liveness.not_ready());
    let status = if reason.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": reason.is_none(), "reason": reason }))).into_response()
}

async fn figures(State(ProbeState { stats, .. }): State<ProbeState>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let format = Format::accepted(accept);
    ([(header::CONTENT_TYPE, format.content_type())], metrics::render(&stats, format)).into_response()
}
