//! Enters the feeds that are this instance's in the roll, by which their health is counted.

use super::Dispatcher;
use crate::pipeline::work::FeedHandle;

impl Dispatcher {
    /// The feeds are these from now on; those that others read are theirs to count.
    pub(super) fn enrol(&self) {
        let roll = &self.poller.stats.roll;
        let polled = self.feeds.values().map(|listed| &listed.handle.config);
        let paused = self.paused.iter().filter(|feed| self.is_ours(&FeedHandle::new((*feed).clone()).shard));
        roll.list(polled.chain(paused), self.now());
        let book = self.poller.book();
        book.feeds().for_each(|(id, state)| roll.note(id, state));
    }
}
