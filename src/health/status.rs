//! The status of a feed: one vocabulary for metrics, API, pages and commands.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::report::FeedReport;
use crate::schedule::{Failure, UpdateFrequency};

/// The status of a feed, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedStatus {
    /// The site says that the feed is gone for good.
    Gone,
    /// The site refuses this reader.
    Blocked,
    /// Nothing is at the feed's URL.
    Missing,
    /// The answer is not a usable feed.
    Unusable,
    /// The site does not answer.
    Unreachable,
    /// The site asks for fewer requests.
    Throttled,
    /// It has shown nothing new for longer than its update frequency explains.
    Stale,
    /// The pages of its articles stopped giving text, or a section page lost its list of articles.
    Degraded,
    /// This instance has not polled it yet: it is new, or another instance polls it.
    Waiting,
    /// Its last poll succeeded.
    Healthy,
    /// It is paused in the feed list.
    Paused,
}

impl FeedStatus {
    /// All statuses, the worst first.
    pub const ALL: [Self; 11] = [
        Self::Gone,
        Self::Blocked,
        Self::Missing,
        Self::Unusable,
        Self::Unreachable,
        Self::Throttled,
        Self::Stale,
        Self::Degraded,
        Self::Waiting,
        Self::Healthy,
        Self::Paused,
    ];

    /// The statuses of feeds whose last poll failed.
    pub const FAILED: [Self; 6] =
        [Self::Gone, Self::Blocked, Self::Missing, Self::Unusable, Self::Unreachable, Self::Throttled];

    /// Returns the status of a feed whose last poll left this report; `None` if it was never polled.
    pub fn of(paused: bool, report: Option<&FeedReport>, now: DateTime<Utc>) -> Self {
        Self::of_parts(paused, report.map(|report| (report.failure, report.frequency, report.degraded)), now)
    }

    /// Returns the status from the parts of the last report that decide it.
    pub(super) fn of_parts(
        paused: bool,
        report: Option<(Option<Failure>, Option<UpdateFrequency>, bool)>,
        now: DateTime<Utc>,
    ) -> Self {
        let Some((failure, frequency, degraded)) = report.filter(|_| !paused) else {
            return if paused { Self::Paused } else { Self::Waiting };
        };
        match failure {
            Some(failure) => failure.into(),
            None if frequency.is_some_and(|frequency| frequency.is_stale(now)) => Self::Stale,
            None if degraded => Self::Degraded,
            None => Self::Healthy,
        }
    }

    /// Returns the name that metrics, API, pages and commands use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Blocked => "blocked",
            Self::Missing => "missing",
            Self::Unusable => "unusable",
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Stale => "stale",
            Self::Degraded => "degraded",
            Self::Waiting => "waiting",
            Self::Healthy => "healthy",
            Self::Paused => "paused",
        }
    }

    /// Returns whether a person should look at the feed.
    pub fn needs_attention(self) -> bool {
        self <= Self::Degraded
    }
}

impl From<Failure> for FeedStatus {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable => Self::Unreachable,
            Failure::Unusable => Self::Unusable,
            Failure::Missing => Self::Missing,
            Failure::Gone => Self::Gone,
            Failure::Blocked => Self::Blocked,
            Failure::Throttled => Self::Throttled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_api_and_the_order_is_by_severity() {
        for status in FeedStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
            assert_eq!(status.advice().is_some(), status.needs_attention(), "{}", status.name());
        }
        assert!(FeedStatus::ALL.is_sorted());
    }
}
