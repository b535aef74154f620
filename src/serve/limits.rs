//! How long a request may take.

use std::time::Duration;

use axum::http::StatusCode;
use tower_http::timeout::TimeoutLayer;

/// How long the answer to a request may take, its body included.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Answers a request with status 408 when its answer has not begun by then. Streams of events have begun, and go on.
pub(super) fn in_time(within: Duration) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, within)
}
