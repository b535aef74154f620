//! What is remembered of one feed, in memory while it is used.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

use super::disk::Disk;
use crate::address::Credentials;
use crate::article::Learned;
use crate::journal::Key;
use crate::journal::disk::StoredFeed;
use crate::state::{EntryState, FeedState};
use crate::websub::Subscription;

/// A feed that is in memory. It stays there as long as somebody holds it or a change of it is not committed.
#[derive(Debug)]
pub struct FeedCell {
    /// The feed's id.
    pub id: Arc<str>,
    record: Mutex<FeedRecord>,
    /// Its partition key, which decides the partition of its state.
    site: Mutex<Option<Arc<str>>>,
    /// Changes that are not committed.
    uncommitted: AtomicUsize,
}

/// All that is remembered of one feed, except its articles.
#[derive(Debug, Default)]
pub(super) struct FeedRecord {
    pub(super) state: Option<FeedState>,
    pub(super) subscription: Option<Subscription>,
    /// Blocks that repeat in its articles.
    pub(super) learned: Arc<Learned>,
    pub(super) entries: Entries,
    /// The secrets that an earlier version wrote into its URL.
    pub(super) written: Credentials,
    /// The feed's id in the journal, if all of its state must be rewritten under the present id.
    pub(super) former: Option<Arc<str>>,
}

/// The entries of a feed, read when they are needed first: most polls find that nothing changed.
#[derive(Debug)]
pub(super) enum Entries {
    /// Stored under these numbers of the feed.
    Stored(Vec<i64>),
    Read(HashMap<u128, EntryState>),
}

impl Default for Entries {
    fn default() -> Self {
        Self::Read(HashMap::new())
    }
}

impl FeedCell {
    pub(super) fn new(id: &str, record: FeedRecord) -> Self {
        let site = record.state.as_ref().and_then(site_of);
        Self { id: Arc::from(id), record: Mutex::new(record), site: Mutex::new(site), uncommitted: AtomicUsize::new(0) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, FeedRecord> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks it unless somebody else has.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, FeedRecord>> {
        self.record.try_lock().ok()
    }

    /// Returns how the feed was last read.
    pub fn state(&self) -> Option<FeedState> {
        self.lock().state.clone()
    }

    /// Returns the blocks that repeat in the feed's articles.
    pub fn learned(&self) -> Arc<Learned> {
        Arc::clone(&self.lock().learned)
    }

    /// Returns the feed's partition key, if known.
    pub fn site(&self) -> Option<Arc<str>> {
        self.place_lock().clone()
    }

    fn place_lock(&self) -> MutexGuard<'_, Option<Arc<str>>> {
        self.site.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the feed's partition key. Returns the one before.
    pub(super) fn set_site(&self, site: &str) -> Option<Arc<str>> {
        let mut place = self.place_lock();
        if place.as_deref() == Some(site) { place.clone() } else { place.replace(Arc::from(site)) }
    }

    /// Remembers the feed's partition key if it has none yet.
    pub fn place(&self, site: &str) {
        self.place_lock().get_or_insert_with(|| Arc::from(site));
    }

    /// Forgets its partition key.
    pub(super) fn leave(&self) {
        *self.place_lock() = None;
    }

    /// Returns how many of its entries are in memory; `None` while the feed is in use.
    pub(super) fn try_weight(&self) -> Option<usize> {
        let record = self.record.try_lock().ok()?;
        Some(if let Entries::Read(entries) = &record.entries { entries.len() } else { 0 })
    }

    pub(super) fn is_committed(&self) -> bool {
        self.uncommitted.load(Ordering::Acquire) == 0
    }

    pub(super) fn changed(&self) {
        self.uncommitted.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn committed(&self) {
        let _ = self.uncommitted.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| count.checked_sub(1));
    }
}

impl FeedRecord {
    /// Reads what is stored; values that cannot be read are logged and left out.
    pub(super) fn read(id: &str, stored: StoredFeed) -> Self {
        let mut record = Self { entries: Entries::Stored(stored.nos), ..Self::default() };
        let failed = |key: String, error: &serde_json::Error| {
            tracing::error!(key, %error, "unreadable state value skipped");
        };
        if let Some(value) = &stored.state {
            match FeedState::read(value) {
                Ok(state) => {
                    record.written = secrets(value);
                    record.state = Some(state);
                }
                Err(error) => failed(id.to_owned(), &error),
            }
        }
        for (key, value) in stored.parts {
            let read = match key {
                Key::Subscription(_) => Subscription::read(&value).map(|read| record.subscription = Some(read)),
                Key::Learned(_) => serde_json::from_slice(&value).map(|read| record.learned = Arc::new(read)),
                _ => Ok(()),
            };
            if let Err(error) = read {
                failed(key.encode(), &error);
            }
        }
        record
    }

    /// Returns the entries.
    pub(super) fn entries(&mut self, disk: &Disk) -> &mut HashMap<u128, EntryState> {
        if let Entries::Stored(nos) = &self.entries {
            // Of an entry in two partitions, the one that was written later counts; the first number is the newest.
            let rows = nos.iter().rev().flat_map(|no| disk.read(|state| state.entries(*no)).unwrap_or_default());
            let read = rows.into_iter().filter_map(|(key, row)| match EntryState::try_from(row) {
                Ok(state) => Some((key, state)),
                Err(error) => {
                    tracing::error!(%error, "unreadable state value skipped");
                    None
                }
            });
            self.entries = Entries::Read(read.collect());
        }
        match &mut self.entries {
            Entries::Read(entries) => entries,
            Entries::Stored(_) => unreachable!("read above"),
        }
    }
}

/// Returns the secrets in the URL of a feed's state, as it was written.
pub(super) fn secrets(value: &[u8]) -> Credentials {
    let state: Option<FeedState> = serde_json::from_slice(value).ok();
    let url = state.and_then(|state| Url::parse(&state.url).ok());
    url.map(|url| Credentials::split(url, false).1).unwrap_or_default()
}

/// Returns the partition key of a feed that was read.
pub(super) fn site_of(state: &FeedState) -> Option<Arc<str>> {
    Url::parse(&state.url).ok().map(|url| Arc::from(crate::fetch::registrable(&url)))
}
