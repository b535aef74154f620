//! Registers this instance's feeds with the registry of feed health.

use super::Scheduler;

impl Scheduler {
    /// Replaces the registered feeds; another instance registers the feeds of its own partitions. Those that
    /// are new to the registry, or paused, get their reports afterwards.
    pub(super) fn register(&self) {
        let ours = self.list.iter().filter(|feed| self.assignment.owns(&feed.site));
        let feeds = ours.map(|feed| (feed.id.as_str(), feed.paused));
        self.cx.stats.feeds.update(feeds, |_| None, self.now());
    }
}
