//! The user's command to poll a feed now.

use chrono::{DateTime, Utc};

use super::Scheduler;
use crate::schedule;

impl Scheduler {
    /// Brings the feed's next poll forward and returns its time. The user's command overrides the hours that the feed
    /// asks to skip. It does not override a server's `Retry-After` or the minimum pause between two polls.
    pub(super) fn poll_soon(&mut self, id: &str) -> Option<DateTime<Utc>> {
        let now = self.now();
        let least = self.cx.settings.get().schedule.min_interval;
        let earliest = self.cx.store.feed(id).map_or(now, |state| {
            let asked = state.not_before.filter(|_| state.source == schedule::Source::RetryAfter);
            let pause = state.polled.map(|polled| polled + least);
            now.max(asked.unwrap_or(now)).max(pause.unwrap_or(now))
        });
        let listed = self.feeds.get_mut(id)?;
        // It is already being read, or in its host's lane.
        if listed.busy {
            return Some(now);
        }
        if earliest < listed.due {
            (listed.ticket, listed.due) = (self.queue.push(&listed.handle, earliest), earliest);
        }
        Some(listed.due)
    }
}
