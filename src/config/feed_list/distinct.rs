//! Finds feeds with the same URL or id among the listed ones, without copies of either.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::listed::Listed;
use crate::config::feed::FeedConfig;

/// Returns a hash of the feed's URL as it is written in a list.
pub(super) fn url_hash(feed: &FeedConfig) -> u64 {
    if feed.credentials.is_empty() { xxh3_64(feed.url.as_bytes()) } else { xxh3_64(feed.written_url().as_bytes()) }
}

/// Returns whether both feeds have the same URL as it is written in a list.
pub(super) fn has_url_of(a: &FeedConfig, b: &FeedConfig) -> bool {
    match (a.credentials.is_empty(), b.credentials.is_empty()) {
        (true, true) => a.url == b.url,
        _ => a.written_url() == b.written_url(),
    }
}

/// The ids of the feeds, by their positions: a million ids are not kept twice.
#[derive(Default)]
pub(super) struct Ids(HashTable<usize>);

impl Ids {
    pub(super) fn has(&self, feeds: &[Listed], id: &str) -> bool {
        self.0.find(xxh3_64(id.as_bytes()), |at| feeds[*at].feed.id == id).is_some()
    }

    /// Adds the id of the feed at this position. Returns the position of the last feed that has it already.
    pub(super) fn take(&mut self, feeds: &[Listed], at: usize) -> Option<usize> {
        let hash = |at: &usize| xxh3_64(feeds[*at].feed.id.as_bytes());
        if let Some(known) = self.0.find_mut(hash(&at), |known| feeds[*known].feed.id == feeds[at].feed.id) {
            return Some(std::mem::replace(known, at));
        }
        self.0.insert_unique(hash(&at), at, hash);
        None
    }
}
