//! Enters the feeds that are this instance's in the roll, by which their health is counted.

use super::{Dispatcher, handle};

impl Dispatcher {
    /// The feeds are these from now on; those that others read are theirs to count.
    pub(super) fn enrol(&self) {
        let roll = &self.poller.stats.roll;
        let all = self.list.iter().chain(&self.paused);
        let ours = all.filter(|feed| self.slots.contains(&self.journal.slot(&handle((*feed).clone()).shard)));
        roll.list(ours, self.now());
        let book = self.poller.book();
        book.feeds().for_each(|(id, state)| roll.note(id, state));
    }
}
