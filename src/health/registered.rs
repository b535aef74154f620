//! The registered feeds, found by their ids.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_128;

use super::feed_health::FeedHealth;

/// The registered feeds. The registry does not keep their ids, only hashes: the feed list has the ids.
#[derive(Debug, Default)]
pub struct RegisteredFeeds {
    pub(super) cells: Vec<Cell>,
    /// The positions of the feeds in `cells`.
    by_id: HashTable<u32>,
    /// The positions without a feed.
    free: Vec<u32>,
}

#[derive(Debug)]
pub(super) struct Cell {
    /// The hash of the id.
    id: IdHash,
    /// The last round in which it was registered.
    pub(super) round: u32,
    pub(super) feed: Option<FeedHealth>,
}

/// A hash of an id, long enough that no two ids have the same. Two halves need less room in a cell than one number.
pub(super) type IdHash = (u64, u64);

pub(super) fn hashed(id: &str) -> IdHash {
    let hash = xxh3_128(id.as_bytes());
    ((hash >> 64) as u64, hash as u64)
}

impl RegisteredFeeds {
    /// Returns the feed with this id.
    pub fn get(&self, id: &str) -> Option<&FeedHealth> {
        self.at(self.position(hashed(id))?)
    }

    /// Returns a search for many feeds, which is fast in the order in which they were registered.
    pub fn search(&self) -> Search<'_> {
        Search { feeds: self, next: 0 }
    }

    pub(super) fn position(&self, id: IdHash) -> Option<u32> {
        self.by_id.find(id.0, |at| self.cells[*at as usize].id == id).copied()
    }

    pub(super) fn at(&self, position: u32) -> Option<&FeedHealth> {
        self.cells.get(position as usize)?.feed.as_ref()
    }

    pub(super) fn insert(&mut self, id: IdHash, round: u32, feed: FeedHealth) -> u32 {
        let cell = Cell { id, round, feed: Some(feed) };
        let position = if let Some(position) = self.free.pop() {
            self.cells[position as usize] = cell;
            position
        } else {
            self.cells.push(cell);
            // The feed lists are limited to far fewer feeds.
            u32::try_from(self.cells.len() - 1).unwrap_or(u32::MAX)
        };
        let cells = &self.cells;
        self.by_id.insert_unique(id.0, position, |at| cells[*at as usize].id.0);
        position
    }

    pub(super) fn remove(&mut self, position: u32) -> Option<FeedHealth> {
        let cell = &mut self.cells[position as usize];
        let feed = cell.feed.take()?;
        if let Ok(entry) = self.by_id.find_entry(cell.id.0, |at| *at == position) {
            entry.remove();
        }
        self.free.push(position);
        Some(feed)
    }
}

/// A search for many feeds.
#[derive(Debug)]
pub struct Search<'a> {
    feeds: &'a RegisteredFeeds,
    next: u32,
}

impl<'a> Search<'a> {
    /// Returns the feed with this id.
    pub fn get(&mut self, id: &str) -> Option<&'a FeedHealth> {
        let id = hashed(id);
        let is_next = self.feeds.cells.get(self.next as usize).is_some_and(|cell| cell.id == id && cell.feed.is_some());
        let position = if is_next { self.next } else { self.feeds.position(id)? };
        self.next = position + 1;
        self.feeds.at(position)
    }
}
