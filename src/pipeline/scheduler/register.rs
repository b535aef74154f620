//! Registers this instance's feeds with the registry of feed health.

use super::Scheduler;
use crate::health::Registration;
use crate::pipeline::message::FeedHandle;
use crate::state::FeedState;

impl Scheduler {
    /// Replaces the registered feeds; another instance registers the feeds of its own partitions.
    pub(super) fn register(&self) {
        let polled = self.feeds.values().map(|listed| &listed.handle.config);
        let paused = self.paused.iter().filter(|feed| self.assignment.owns(&FeedHandle::new((*feed).clone()).site));
        let store = self.cx.store();
        let registrations = polled.chain(paused).map(|feed| Registration {
            id: &feed.id,
            paused: feed.paused,
            report: store.feed(&feed.id).and_then(FeedState::report),
        });
        self.cx.stats.feeds.register(registrations, self.now());
    }
}
