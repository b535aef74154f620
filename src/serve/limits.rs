//! The time limit for requests.

use std::time::Duration;

use axum::http::StatusCode;
use tower_http::timeout::TimeoutLayer;

/// The time limit for an answer, its body included.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Answers with status 408 if no answer has begun within the time limit. An event stream has begun by then and continues.
pub(super) fn in_time(within: Duration) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, within)
}
