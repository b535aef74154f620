//! Advice about feeds: what a person can do about each status and each event. The log, pages, API and commands show it.

use tracing::{info, warn};

use super::status::FeedStatus;
use crate::record::{FeedEvent, FeedEventKind};
use crate::schedule::Failure;

impl FeedStatus {
    /// Returns what a person can do about a feed in this status; `None` if nothing needs doing.
    pub fn advice(self) -> Option<&'static str> {
        Some(match self {
            Self::Gone => "remove it from the feed list, or find its successor with `dateline feeds discover SITE`",
            Self::Blocked => {
                "ask the publisher to allow this reader, which identifies itself by `fetch.contact`; until then it is polled at most once a day"
            }
            Self::Missing => {
                "nothing is at this URL (404): find the new one with `dateline feeds discover SITE`, then remove this one"
            }
            Self::Unusable => {
                "open its URL in a browser; if the feed has moved, find the new URL with `dateline feeds discover SITE`"
            }
            Self::Unreachable => "if this lasts, check that the host name is right and that the site is up",
            Self::Throttled => {
                "it is polled less often automatically; if this happens again, set a longer `interval` for it, or a longer `fetch.host_delay` for all feeds"
            }
            Self::Stale => "check whether the site still publishes there; if not, find its new feed",
            Self::Degraded => {
                "open one of its articles: only the publisher can lift a paywall; after a new layout, name the elements that contain the text in a [[site]] rule, or the links of a section page in its `select`"
            }
            Self::Waiting | Self::Healthy | Self::Paused => return None,
        })
    }
}

/// Returns what to do about an event; `None` if nothing needs doing. `failure` is the kind of a failing feed's failure.
fn event_advice(event: FeedEventKind, failure: Option<Failure>) -> Option<&'static str> {
    match event {
        FeedEventKind::Added | FeedEventKind::Recovered | FeedEventKind::Removed => None,
        FeedEventKind::Moved => Some("write the new URL into the feed list"),
        FeedEventKind::Gap => Some("if this happens again, set a shorter `interval` for it"),
        FeedEventKind::Gone => FeedStatus::Gone.advice(),
        FeedEventKind::Failing => FeedStatus::from(failure.unwrap_or(Failure::Unusable)).advice(),
        FeedEventKind::Blocked => FeedStatus::Blocked.advice(),
        FeedEventKind::Throttled => FeedStatus::Throttled.advice(),
        FeedEventKind::Degraded => FeedStatus::Degraded.advice(),
        FeedEventKind::Stale => FeedStatus::Stale.advice(),
    }
}

/// Logs one line for each event that needs attention, and one when it is resolved.
pub fn log_events(events: &[FeedEvent], failure: Option<Failure>) {
    for FeedEvent { feed_id: feed, event, reason, .. } in events {
        let reason = reason.as_deref().unwrap_or_default();
        match (event, event_advice(*event, failure)) {
            (FeedEventKind::Recovered, _) => info!(feed, reason, "feed recovered"),
            (event, Some(advice)) => warn!(feed, reason, advice, "feed needs attention: {}", event.name()),
            (_, None) => {}
        }
    }
}
