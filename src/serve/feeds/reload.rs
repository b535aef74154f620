//! A config that was read again: what it changes, and the report of it.

use std::path::PathBuf;

use serde::Serialize;
use tracing::{info, warn};
use utoipa::ToSchema;

use crate::config::{ConfigErrors, KeyChange, SharedFeeds, changes_line};
use crate::serve::audit::AUDIT;

/// Reads the config and the feed lists again, and prepares everything that may fail. Nothing applies before
/// [`Reloaded::apply`]: a faulty config changes nothing.
pub type Reload = Box<dyn Fn() -> Result<Reloaded, ConfigErrors> + Send + Sync>;

/// A config that was read again.
pub struct Reloaded {
    /// The feeds of its lists.
    pub feeds: SharedFeeds,
    /// The files of the lists, if they may have changed.
    pub files: Option<Vec<PathBuf>>,
    /// The keys that change now.
    pub changed: Vec<KeyChange>,
    /// The keys that change at the next start.
    pub after_restart: Vec<KeyChange>,
    /// Makes the settings those of the running daemon.
    pub apply: Box<dyn FnOnce() + Send>,
}

impl From<SharedFeeds> for Reloaded {
    /// Returns the reload of a feed list alone.
    fn from(feeds: SharedFeeds) -> Self {
        Self { feeds, files: None, changed: Vec::new(), after_restart: Vec::new(), apply: Box::new(|| {}) }
    }
}

/// What a reload changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Reload)]
pub struct ReloadReport {
    /// The keys whose new values apply from now on.
    pub changed: Vec<KeyChange>,
    /// The keys whose new values apply after a restart.
    pub after_restart: Vec<KeyChange>,
    /// How many feeds changed.
    pub feeds: FeedCounts,
}

/// How many feeds a reload changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedCounts {
    pub added: usize,
    pub removed: usize,
    pub changed: usize,
}

impl FeedCounts {
    /// Compares two lists, of which the second shares the feeds of the first that did not change.
    pub(super) fn of(before: &SharedFeeds, after: &SharedFeeds) -> Self {
        let mut counts = Self::default();
        let mut stayed = 0;
        for feed in after {
            match before.get(&feed.id) {
                None => counts.added += 1,
                Some(known) => {
                    stayed += 1;
                    counts.changed += usize::from(known != feed);
                }
            }
        }
        counts.removed = before.len() - stayed;
        counts
    }
}

impl ReloadReport {
    /// Logs the report.
    pub(super) fn log(&self) {
        let FeedCounts { added, removed, changed } = self.feeds;
        if !self.after_restart.is_empty() {
            warn!(target: AUDIT, keys = changes_line(&self.after_restart), "restart to apply changed keys");
        }
        let keys = (!self.changed.is_empty()).then(|| changes_line(&self.changed));
        info!(target: AUDIT, keys, feeds.added = added, feeds.removed = removed, feeds.changed = changed, "config reloaded");
    }
}
