//! The entries of a feed as identification sees them.

use std::collections::HashMap;
use std::sync::MutexGuard;

use super::feed::{Entries, FeedCell, FeedRecord};
use super::state_store::StateStore;
use crate::article;
use crate::feed::{Entry, Feed};
use crate::state::EntryState;
use crate::state::identity::Memory;

/// The entries of a feed and the articles made from them, for identification. No change of the feed is applied
/// meanwhile.
pub struct FeedMemory<'a> {
    store: &'a StateStore,
    record: MutexGuard<'a, FeedRecord>,
}

impl StateStore {
    /// Returns the feed's entries in the form that identification needs.
    pub fn memory<'a>(&'a self, cell: &'a FeedCell) -> FeedMemory<'a> {
        let mut record = cell.lock();
        record.entries(self.disk());
        FeedMemory { store: self, record }
    }
}

impl FeedMemory<'_> {
    fn known(&self) -> &HashMap<u128, EntryState> {
        match &self.record.entries {
            Entries::Read(entries) => entries,
            Entries::Stored(_) => unreachable!("read when this was made"),
        }
    }

    /// Returns whether no entry is remembered.
    pub fn is_empty(&self) -> bool {
        self.known().is_empty()
    }
}

impl Memory for FeedMemory<'_> {
    fn entry(&self, key: u128) -> Option<&EntryState> {
        self.known().get(&key)
    }

    fn entries(&self) -> Box<dyn Iterator<Item = (u128, &EntryState)> + '_> {
        Box::new(self.known().iter().map(|(key, entry)| (*key, entry)))
    }

    fn resembles(&self, remembered: &EntryState, entry: &Entry) -> Option<bool> {
        let last = self.store.packed(remembered.article?)?.article()?;
        article::resembles(&last.text, &article::from_entry(entry, &Feed::default(), "").text)
    }
}
