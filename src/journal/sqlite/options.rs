//! The section `[store]`.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::options::{Checks, InvalidOption};

/// The embedded store, used without `[kafka]`. Records are kept for ever if neither limit is set; state is never removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The SQLite file, relative to the config file.
    pub path: PathBuf,
    /// Records older than this are removed; none are if absent.
    #[serde(with = "crate::options::duration::optional")]
    pub retention: Option<Duration>,
    /// The oldest records are removed when the file exceeds this many bytes.
    pub max_bytes: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self { path: PathBuf::from("data/dateline.db"), retention: None, max_bytes: None }
    }
}

impl Options {
    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        let is_named = !self.path.as_os_str().is_empty();
        checks.require(is_named, "path", "must name a file; write \"data/dateline.db\"");
        checks.require(
            self.retention.is_none_or(|age| age.as_secs() >= 3600),
            "retention",
            "must be at least an hour; write \"365d\", or omit it to keep all records",
        );
        checks.require(
            self.max_bytes.is_none_or(|bytes| bytes >= 1 << 20),
            "max_bytes",
            "must be at least 1048576; write 10000000000, or omit it",
        );
        checks.finish()
    }
}
