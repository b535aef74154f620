//! Registers this instance's feeds with the registry of feed health.

use std::collections::HashMap;

use super::Scheduler;
use crate::health::{FeedReport, Registration};
use crate::pipeline::message::FeedHandle;

impl Scheduler {
    /// Replaces the registered feeds; another instance registers the feeds of its own partitions.
    /// `reports` holds the health of feeds that are not registered yet.
    pub(super) fn register(&self, mut reports: HashMap<String, FeedReport>) {
        let polled = self.feeds.values().map(|listed| &listed.handle.config);
        let paused = self.paused.iter().filter(|feed| self.assignment.owns(&FeedHandle::new((*feed).clone()).site));
        let registrations = polled.chain(paused).map(|feed| Registration {
            id: &feed.id,
            paused: feed.paused,
            report: reports.remove(&feed.id),
        });
        self.cx.stats.feeds.register(registrations, self.now());
    }
}
