//! Entries that keep and block rules left out.

use super::state_store::StateStore;
use crate::journal::Key;
use crate::state::{BlockedEntry, EntryState};

impl StateStore {
    /// Returns the blocked entries of a feed that are kept whole and committed, the oldest first: its own, and those that
    /// were handed over to sites that are dealt with here.
    pub fn blocked(&self, feed: &str) -> Vec<(u128, BlockedEntry)> {
        let rows = self.read(|disk| disk.blocked(feed)).unwrap_or_default();
        rows.into_iter().filter_map(|(key, value)| read(&key, &value).map(|(_, key, entry)| (key, entry))).collect()
    }

    /// Returns an entry that was handed over to the site and blocked there, if it is kept whole and committed.
    pub fn blocked_at(&self, feed: &str, key: u128, site: &str) -> Option<BlockedEntry> {
        let stored = Key::Blocked(feed.to_owned(), key, Some(site.to_owned()));
        let value = self.read(|disk| disk.value(&stored.encode())).flatten()?;
        read(&stored, &value).map(|(_, _, entry)| entry)
    }

    /// Passes on the feed, the key and the entry of all that are kept whole and committed, in no order.
    pub fn each_blocked(&self, mut each: impl FnMut(String, u128, BlockedEntry)) {
        self.read(|disk| {
            disk.each_blocked(|key, value| {
                if let Some((feed, key, entry)) = read(&key, &value) {
                    each(feed, key, entry);
                }
            })
        });
    }

    /// Returns the oldest blocked entry of a feed beyond the newest `keep` that are kept whole.
    pub fn surplus_blocked(&self, feed: &str, keep: usize) -> Option<(u128, EntryState)> {
        let cell = self.open(feed);
        let mut record = cell.lock();
        let entries = record.entries(self.disk());
        let is_whole = |entry: &EntryState| entry.blocked.as_ref().is_some_and(|mark| mark.whole);
        let whole = || entries.iter().filter(|(_, entry)| is_whole(entry));
        let is_over = whole().count() > keep;
        let oldest = whole().filter(|_| is_over).min_by_key(|(key, entry)| (entry.seen, **key));
        oldest.map(|(key, entry)| (*key, entry.clone()))
    }
}

fn read(key: &Key, value: &[u8]) -> Option<(String, u128, BlockedEntry)> {
    let Key::Blocked(feed, number, _) = key else { return None };
    serde_json::from_slice(value)
        .inspect_err(|error| tracing::error!(key = key.encode(), %error, "unreadable state value skipped"))
        .ok()
        .map(|entry| (feed.clone(), *number, entry))
}
