//! Registers this instance's feeds with the registry of feed health.

use super::Scheduler;
use crate::health::Registration;
use crate::state::FeedState;

/// Which reports the registry takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reports {
    /// Those of the restored state, for all feeds.
    Restored,
    /// The registry keeps the reports that it has, and takes only those of feeds that are new to it.
    Known,
}

impl Scheduler {
    /// Replaces the registered feeds; another instance registers the feeds of its own partitions.
    pub(super) fn register(&self, reports: Reports) {
        let ours = self.list.iter().filter(|feed| self.assignment.owns(&feed.site));
        let feeds = ours.map(|feed| (feed.id.as_str(), feed.paused));
        let store = self.cx.store();
        let report = |id: &str| store.feed(id).and_then(FeedState::report);
        let registry = &self.cx.stats.feeds;
        if reports == Reports::Restored {
            let registered = feeds.map(|(id, paused)| Registration { id, paused, report: report(id) });
            registry.register(registered, self.now());
        } else {
            registry.update(feeds, report, self.now());
        }
    }
}
