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
struct Ward {
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
        .with_state(Ward { stats, stop })
}

/// Answers 503 when a stage with pending work has stalled: only a restart helps.
async fn live(State(Ward { stats, .. }): State<Ward>) -> Response {
    let stuck = stats.vitals.stuck();
    let status = if stuck.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let told = stuck.iter().map(|(part, still)| json!({ "part": part, "still_seconds": still.as_secs() }));
    let parts: Vec<_> = told.collect();
    (status, Json(json!({ "live": stuck.is_empty(), "stuck": parts }))).into_response()
}

/// Answers 200 when the committed state is restored and the journal accepts commits.
async fn ready(State(Ward { stats, stop }): State<Ward>) -> Response {
    let stopping = stop.is_cancelled().then(|| "it is stopping".to_owned());
    let reason = stopping.or_else(|| stats.vitals.unready());
    let status = if reason.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": reason.is_none(), "reason": reason }))).into_response()
}

async fn figures(State(Ward { stats, .. }): State<Ward>, headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let format = Format::accepted(accept);
    ([(header::CONTENT_TYPE, format.content_type())], metrics::render(&stats, format)).into_response()
}
