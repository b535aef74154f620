//! The section `[pipeline]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::options::{Checks, InvalidOption};

/// When an article's page is fetched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pages {
    /// When the feed does not carry the full text.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never: the feed's own text is used.
    Never,
}

/// Stages, channels and workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pipeline {
    /// When article pages are fetched.
    pub pages: Pages,
    /// Feeds read at once.
    pub open_polls: usize,
    /// Articles of one feed in flight at once.
    pub stories_per_feed: usize,
    /// The capacity of the channel between two stages.
    pub channel: usize,
    /// Threads for parsing and extraction; 0 is one for each core.
    pub cpu_threads: usize,
    /// The maximum number of entries taken from one poll of a feed.
    pub max_entries: usize,
    /// The time limit for a stop. Work that is not committed by then is done again at the next start.
    #[serde(with = "crate::options::duration")]
    pub drain_timeout: Duration,
}

impl Default for Pipeline {
    fn default() -> Self {
        Self {
            pages: Pages::Auto,
            open_polls: 128,
            stories_per_feed: 4,
            channel: 64,
            cpu_threads: 0,
            max_entries: 2_000,
            drain_timeout: Duration::from_secs(20),
        }
    }
}

impl Pipeline {
    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        checks.positive([
            ("open_polls", self.open_polls),
            ("stories_per_feed", self.stories_per_feed),
            ("channel", self.channel),
            ("max_entries", self.max_entries),
        ]);
        checks.finish()
    }
}
