//! A file at a fixed path that says what an origin allows: how an answer is judged, and how long it is valid.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::FetchError;

/// The shortest and the longest time that a file is cached (RFC 9309, section 2.4).
const MIN_AGE: Duration = Duration::from_secs(3_600);
const MAX_AGE: Duration = Duration::from_secs(86_400);
/// The time before the next attempt to fetch a file that could not be fetched.
const RETRY_AFTER: Duration = Duration::from_secs(30 * 60);

/// What came of fetching the file.
pub(super) enum WellKnown {
    File(Vec<u8>),
    /// The origin has no such file. A redirect loop counts as a missing file.
    Missing,
    /// The file could not be fetched, so what was known of it still applies.
    Failed(FetchError),
}

impl WellKnown {
    /// Judges an answer: the file and its freshness, or an error. Returns also when the file is fetched again.
    pub(super) fn of(
        answer: Result<(Vec<u8>, Option<Duration>), FetchError>,
        now: DateTime<Utc>,
    ) -> (Self, DateTime<Utc>) {
        let (outcome, age) = match answer {
            Ok((body, fresh)) => (Self::File(body), fresh.unwrap_or(MAX_AGE).clamp(MIN_AGE, MAX_AGE)),
            Err(FetchError::Status { status: 400..=428 | 430..=499, .. } | FetchError::Redirect(_)) => {
                (Self::Missing, MAX_AGE)
            }
            Err(error) => (Self::Failed(error), RETRY_AFTER),
        };
        (outcome, now + TimeDelta::from_std(age).unwrap_or_default())
    }
}
