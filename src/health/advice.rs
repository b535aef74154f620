//! Advice for the user about a feed: the text logged with each event that needs attention.

use tracing::{info, warn};

use crate::record::{FeedEvent, FeedEventKind};

/// Returns what to do about the event; `None` where nothing needs doing.
pub fn advice(event: FeedEventKind) -> Option<&'static str> {
    Some(match event {
        FeedEventKind::Added | FeedEventKind::Recovered | FeedEventKind::Removed => return None,
        FeedEventKind::Moved => "write the new URL into the feed list",
        FeedEventKind::Gone => {
            "remove it from the feed list, or look for its new place with `dateline feeds discover SITE`"
        }
        FeedEventKind::Failing => {
            "see `dateline feeds explain ID`; if its URL changed, look for the new one with `dateline feeds discover SITE`"
        }
        FeedEventKind::Blocked => {
            "ask its publisher to let you in: they see the address in `fetch.contact`; until then it is asked once a day at most"
        }
        FeedEventKind::Throttled => "give it a longer `interval`, or `fetch.host_delay` to all, if that happens again",
        FeedEventKind::Gap => "give it a shorter `interval` if that happens again",
        FeedEventKind::Degraded => {
            "open one of its stories: behind a wall only the publisher can help; after a new layout, name the elements that hold the text in a [[site]] rule"
        }
        FeedEventKind::Stale => "look whether its site still publishes there; if not, look for its new feed",
    })
}

/// Logs one line for each event that needs attention, and one when it is resolved.
pub(crate) fn log(events: &[FeedEvent]) {
    for FeedEvent { feed_id: feed, event, reason, .. } in events {
        let reason = reason.as_deref().unwrap_or_default();
        match (event, advice(*event)) {
            (FeedEventKind::Recovered, _) => info!(feed, reason, "a feed works again"),
            (event, Some(advice)) => warn!(feed, reason, advice, "a feed needs someone: {}", event.name()),
            (_, None) => {}
        }
    }
}
