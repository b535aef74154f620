//! Enters this instance's feeds in the roll, which counts their health.

use super::Dispatcher;
use crate::pipeline::work::FeedHandle;

impl Dispatcher {
    /// Replaces the feeds in the roll; feeds of other instances are counted there.
    pub(super) fn enrol(&self) {
        let roll = &self.poller.stats.roll;
        let polled = self.feeds.values().map(|listed| &listed.handle.config);
        let paused = self.paused.iter().filter(|feed| self.is_ours(&FeedHandle::new((*feed).clone()).site));
        roll.list(polled.chain(paused), self.now());
        let book = self.poller.book();
        book.feeds().for_each(|(id, state)| roll.note(id, state));
    }
}
