//! The section `[duplicates]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::options::{Checks, InvalidOption};

/// The search for near-duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Duplicates {
    /// How long an article is compared with later ones.
    #[serde(with = "crate::options::duration")]
    pub window: Duration,
    /// The maximum number of articles compared, the newest.
    pub max_articles: usize,
}

impl Default for Duplicates {
    fn default() -> Self {
        Self { window: Duration::from_secs(72 * 3_600), max_articles: 100_000 }
    }
}

impl Duplicates {
    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        checks.require(!self.window.is_zero(), "window", "must not be zero; write \"72h\"");
        checks.positive([("max_articles", self.max_articles)]);
        checks.finish()
    }
}
