//! Enters this instance's feeds in the roll, which counts their health.

use super::Scheduler;
use crate::pipeline::message::FeedHandle;

impl Scheduler {
    /// Replaces the feeds in the roll; feeds of other instances are counted there.
    pub(super) fn register(&self) {
        let roll = &self.cx.stats.roll;
        let polled = self.feeds.values().map(|listed| &listed.handle.config);
        let paused = self.paused.iter().filter(|feed| self.is_ours(&FeedHandle::new((*feed).clone()).site));
        roll.list(polled.chain(paused), self.now());
        let store = self.cx.store();
        store.feeds().for_each(|(id, state)| roll.note(id, state));
    }
}
