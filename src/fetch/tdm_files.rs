//! The tdmrep.json of all origins.

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::{DateTime, Utc};

use super::origin_cache::OriginCache;
use super::tdm_file::TdmFile;

/// The maximum number of origins known to have no file.
const MAX_ABSENT: usize = 1_000_000;

/// The files of all origins.
#[derive(Default)]
pub(super) struct TdmFiles {
    pub files: OriginCache<TdmFile>,
    /// The origins without a file, and until when that is believed. Nearly all origins are among them, so they are kept as
    /// hashes and seconds.
    absent: Mutex<HashMap<u64, i64>>,
}

impl TdmFiles {
    /// Returns whether the origin with this hash is known to have no file.
    pub(super) fn is_absent(&self, origin: u64, now: DateTime<Utc>) -> bool {
        let absent = self.absent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        absent.get(&origin).is_some_and(|until| *until > now.timestamp())
    }

    /// Remembers that the origin has no file.
    pub(super) fn set_absent(&self, origin: u64, until: DateTime<Utc>, now: DateTime<Utc>) {
        let mut absent = self.absent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if absent.len() >= MAX_ABSENT {
            absent.retain(|_, until| *until > now.timestamp());
            if absent.len() >= MAX_ABSENT {
                absent.clear();
            }
        }
        absent.insert(origin, until.timestamp());
    }
}
