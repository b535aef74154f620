//! A config that was read again: what it changes, and the report of it.

use std::path::PathBuf;

use serde::Serialize;
use tracing::{info, warn};
use utoipa::ToSchema;

use super::difference::{ChangedFeed, FeedCounts, FeedDifference, feeds_line};
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
    /// The feeds that changed; of very many, the first.
    pub changed_feeds: Vec<ChangedFeed>,
    /// How many changed feeds are not named.
    pub more_feeds: usize,
}

impl ReloadReport {
    /// Makes the report of changed keys and of the difference between two feed lists.
    pub(super) fn new(
        (changed, after_restart): (Vec<KeyChange>, Vec<KeyChange>),
        (before, after): (&SharedFeeds, &SharedFeeds),
    ) -> Self {
        let FeedDifference { counts, named, more } = FeedDifference::new(before, after);
        Self { changed, after_restart, feeds: counts, changed_feeds: named, more_feeds: more }
    }

    /// Logs the report.
    pub(super) fn log(&self) {
        let FeedCounts { added, removed, changed } = self.feeds;
        if !self.after_restart.is_empty() {
            warn!(target: AUDIT, keys = changes_line(&self.after_restart), "restart to apply changed keys");
        }
        let keys = (!self.changed.is_empty()).then(|| changes_line(&self.changed));
        let named = (!self.changed_feeds.is_empty()).then(|| feeds_line(&self.changed_feeds, self.more_feeds));
        info!(
            target: AUDIT,
            keys,
            feeds.added = added,
            feeds.removed = removed,
            feeds.changed = changed,
            feeds.named = named,
            "config reloaded"
        );
    }
}
