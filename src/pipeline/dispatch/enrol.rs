//! Registers this instance's feeds with the registry of feed health.

use super::Dispatcher;
use crate::health::Registration;
use crate::pipeline::FeedState;
use crate::pipeline::work::FeedHandle;

impl Dispatcher {
    /// Replaces the registered feeds; another instance registers the feeds of its own partitions.
    pub(super) fn register(&self) {
        let polled = self.feeds.values().map(|listed| &listed.handle.config);
        let paused = self.paused.iter().filter(|feed| self.is_ours(&FeedHandle::new((*feed).clone()).shard));
        let book = self.poller.book();
        let registrations = polled.chain(paused).map(|feed| Registration {
            id: &feed.id,
            paused: feed.paused,
            report: book.feed(&feed.id).and_then(FeedState::report),
        });
        self.poller.stats.feeds.register(registrations, self.now());
    }
}
