//! The queue of feeds by the time at which they are due.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::pipeline::message::FeedHandle;

/// Feeds in the order in which they are due; of feeds that are due at once, in the order in which they were queued. A feed
/// that is queued again gets a new ticket; its old place is void.
#[derive(Debug, Default)]
pub(super) struct PollQueue {
    heap: BinaryHeap<QueuedFeed>,
    /// The number of the last ticket.
    last: u64,
}

#[derive(Debug)]
struct QueuedFeed {
    due: DateTime<Utc>,
    ticket: u64,
    feed: Arc<FeedHandle>,
}

impl QueuedFeed {
    fn key(&self) -> (DateTime<Utc>, u64) {
        (self.due, self.ticket)
    }
}

/// The heap has the greatest first, so the earliest is the greatest.
impl Ord for QueuedFeed {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for QueuedFeed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for QueuedFeed {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for QueuedFeed {}

impl PollQueue {
    /// Queues a feed and returns its ticket, which the caller keeps to recognise the feed's valid place.
    pub(super) fn push(&mut self, feed: &Arc<FeedHandle>, due: DateTime<Utc>) -> u64 {
        self.last += 1;
        self.heap.push(QueuedFeed { due, ticket: self.last, feed: Arc::clone(feed) });
        self.last
    }

    /// Removes the first place that is due, and returns its feed and ticket.
    pub(super) fn pop_due(&mut self, now: DateTime<Utc>) -> Option<(Arc<FeedHandle>, u64)> {
        self.next_due().filter(|due| *due <= now)?;
        self.heap.pop().map(|queued| (queued.feed, queued.ticket))
    }

    /// Removes the places that are void, so that they do not keep feeds that were changed or removed.
    pub(super) fn retain(&mut self, is_valid: impl Fn(&str, u64) -> bool) {
        self.heap.retain(|queued| is_valid(&queued.feed.id, queued.ticket));
    }

    /// Returns the time of the first place (UTC).
    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.heap.peek().map(|queued| queued.due)
    }

    /// Returns whether no place is left.
    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FeedConfig;

    #[test]
    fn feeds_come_out_when_they_are_due_and_in_that_order() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let feed = |id: &str| Arc::new(FeedHandle::new(FeedConfig { id: id.into(), ..FeedConfig::default() }));
        let mut queue = PollQueue::default();
        let mut push = |id, seconds| queue.push(&feed(id), at(seconds));
        let [late, early, void] = [push("late", 20), push("early", 10), push("late", 30)];
        assert_ne!(late, early);
        queue.retain(|id, ticket| (id, ticket) != ("late", void));
        let mut pop = |seconds| queue.pop_due(at(seconds)).map(|(feed, ticket)| (feed.id.clone(), ticket));
        assert_eq!(pop(9), None);
        assert_eq!(pop(40), Some(("early".to_owned(), early)));
        assert_eq!(pop(40), Some(("late".to_owned(), late)));
        assert_eq!(pop(40), None);
        assert!(queue.is_empty() && queue.next_due().is_none());
    }
}
