//! A cache of files that each origin has one of, such as robots.txt; their number is bounded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use tokio::sync::Mutex as AsyncMutex;
use url::Url;

/// The maximum number of files cached; expired ones are dropped first.
const MAX_ENTRIES: usize = 2_000;

/// A file that is valid for some time.
pub(super) trait Expires {
    /// Returns whether the file must be fetched again.
    fn has_expired(&self, now: DateTime<Utc>) -> bool;
}

/// The file of one origin; locked while it is fetched, so it is fetched only once.
pub(super) type Lock<T> = Arc<AsyncMutex<Option<T>>>;

/// The files of all origins.
pub(super) struct OriginCache<T>(Mutex<HashMap<String, Lock<T>>>);

impl<T> Default for OriginCache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Expires> OriginCache<T> {
    /// Returns the entry for the URL's scheme, host and port.
    pub(super) fn entry(&self, url: &Url, now: DateTime<Utc>) -> Lock<T> {
        let mut entries = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES {
            let has_expired = |entry: &Lock<T>| {
                entry.try_lock().is_ok_and(|entry| entry.as_ref().is_none_or(|entry| entry.has_expired(now)))
            };
            entries.retain(|_, entry| Arc::strong_count(entry) > 1 || !has_expired(entry));
            if entries.len() >= MAX_ENTRIES {
                entries.retain(|_, entry| Arc::strong_count(entry) > 1);
            }
        }
        Arc::clone(entries.entry(url.origin().ascii_serialization()).or_default())
    }
}
