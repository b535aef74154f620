//! The feeds in memory.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::feed::FeedCell;

/// The most feeds in memory that nobody uses, and the most entries of all feeds at which such feeds stay.
const FEEDS: usize = 1_024;
const ENTRIES: usize = 200_000;

/// The feeds in memory, by id. One that is held, or has changes that are not committed, is never dropped.
#[derive(Debug, Default)]
pub(super) struct FeedCache {
    cells: HashMap<Arc<str>, Arc<FeedCell>>,
    /// The ids in the order in which they were added; those looked at and kept follow again.
    order: VecDeque<Arc<str>>,
    /// Counts the feeds that were dropped.
    dropped: u64,
}

impl FeedCache {
    pub(super) fn get(&self, id: &str) -> Option<Arc<FeedCell>> {
        self.cells.get(id).cloned()
    }

    /// Returns a number that changes when feeds are dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Returns all feeds in memory.
    pub(super) fn all(&self) -> Vec<Arc<FeedCell>> {
        self.cells.values().cloned().collect()
    }

    /// Adds a feed unless it is there; returns the one that is there. Drops feeds that nobody uses if there are too
    /// many.
    pub(super) fn add(&mut self, cell: Arc<FeedCell>) -> Arc<FeedCell> {
        if let Some(known) = self.cells.get(&cell.id) {
            return Arc::clone(known);
        }
        self.order.push_back(Arc::clone(&cell.id));
        self.cells.insert(Arc::clone(&cell.id), Arc::clone(&cell));
        if self.cells.len() > FEEDS {
            self.drop_unused();
        }
        cell
    }

    /// Drops the feeds that nobody uses, the oldest first, down to half of the limit.
    fn drop_unused(&mut self) {
        let mut entries: usize = self.cells.values().filter_map(|cell| cell.try_weight()).sum();
        for _ in 0..self.order.len() {
            if self.cells.len() <= FEEDS / 2 && entries <= ENTRIES {
                break;
            }
            let Some(id) = self.order.pop_front() else { break };
            let Some(cell) = self.cells.get(&id) else { continue };
            // Under the lock of the store nobody can take hold of it now.
            if Arc::strong_count(cell) > 1 || !cell.is_committed() {
                self.order.push_back(id);
                continue;
            }
            entries = entries.saturating_sub(cell.try_weight().unwrap_or(0));
            self.cells.remove(&id);
            self.dropped += 1;
        }
    }

    /// Forgets the feeds of which nothing was found, to read them again.
    pub(super) fn refresh(&mut self) {
        self.cells.retain(|_, cell| {
            let stays = !cell.is_committed() || cell.try_lock().is_none_or(|record| record.state.is_some());
            if !stays {
                self.dropped += 1;
            }
            stays
        });
        self.order.retain(|id| self.cells.contains_key(id));
    }

    /// Removes a feed whose state moved to another id.
    pub(super) fn remove(&mut self, id: &str) {
        self.cells.remove(id);
        self.dropped += 1;
    }

    /// Forgets the feeds whose partition key is known and gone. What others still hold of them is void.
    pub(super) fn forget(&mut self, is_gone: impl Fn(&str) -> bool) {
        self.cells.retain(|_, cell| {
            let goes = cell.site().is_none_or(|site| is_gone(&site));
            if goes {
                self.dropped += 1;
            }
            !goes
        });
        self.order.retain(|id| self.cells.contains_key(id));
    }
}
