//! The queue of feeds by the time at which they are due.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{DateTime, Utc};

/// Feeds in the order in which they are due. A feed that is queued again gets a new ticket; its old place is void.
#[derive(Debug, Default)]
pub(super) struct PollQueue {
    heap: BinaryHeap<Reverse<(DateTime<Utc>, String, u64)>>,
    /// The number of the last ticket.
    last: u64,
}

impl PollQueue {
    /// Queues a feed and returns its ticket, which the caller keeps to recognise the feed's valid place.
    pub(super) fn push(&mut self, feed: &str, due: DateTime<Utc>) -> u64 {
        self.last += 1;
        self.heap.push(Reverse((due, feed.to_owned(), self.last)));
        self.last
    }

    /// Removes the first place that is due, and returns its feed and ticket.
    pub(super) fn pop_due(&mut self, now: DateTime<Utc>) -> Option<(String, u64)> {
        self.next_due().filter(|due| *due <= now)?;
        self.heap.pop().map(|Reverse((_, feed, ticket))| (feed, ticket))
    }

    /// Returns the time of the first place (UTC).
    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.heap.peek().map(|Reverse((due, ..))| *due)
    }

    /// Returns whether no place is left.
    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_come_out_when_they_are_due_and_in_that_order() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let mut queue = PollQueue::default();
        let [late, early] = [queue.push("late", at(20)), queue.push("early", at(10))];
        assert_ne!(late, early);
        assert_eq!((queue.next_due(), queue.pop_due(at(9))), (Some(at(10)), None));
        assert_eq!(queue.pop_due(at(30)), Some(("early".to_owned(), early)));
        assert_eq!(queue.pop_due(at(30)), Some(("late".to_owned(), late)));
        assert!(queue.is_empty() && queue.pop_due(at(30)).is_none());
    }
}
