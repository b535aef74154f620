//! The section `[articles]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::options::{Checks, InvalidOption};

/// The maximum number of checks of one page.
const MAX_REVISITS: usize = 16;

/// Published articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Articles {
    /// The ages of an article at which its page is checked again; if empty, it never is.
    #[serde(with = "crate::options::duration::list")]
    pub revisit: Vec<Duration>,
    /// Minimum time between two such checks at one registrable domain.
    #[serde(with = "crate::options::duration")]
    pub revisit_gap: Duration,
    /// The size limit for the stored last revisions, in bytes when packed.
    pub max_bytes: usize,
    /// What is left out of an article that its publisher reserves.
    pub reservations: Reservations,
}

/// What is left out of an article that its publisher reserves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reservations {
    /// Nothing: the record only says what is reserved.
    #[default]
    Note,
    /// Entities and quotations.
    SkipExtraction,
    /// The text, and with it entities and quotations.
    SkipText,
}

impl Default for Articles {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self {
            revisit: [15, 60, 6 * 60, 24 * 60].map(minutes).to_vec(),
            revisit_gap: Duration::from_secs(5),
            max_bytes: 128 << 20,
            reservations: Reservations::default(),
        }
    }
}

impl Articles {
    /// Returns the values that cannot work. Articles are remembered for this `window`.
    pub fn check(&self, window: Duration) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        let ages = &self.revisit;
        let is_rising =
            ages.first().is_none_or(|first| first.as_secs() > 0) && ages.windows(2).all(|pair| pair[0] < pair[1]);
        checks.require(
            is_rising && ages.len() <= MAX_REVISITS && ages.last().is_none_or(|last| *last <= window),
            "revisit",
            format!(
                "must be at most {MAX_REVISITS} ages in rising order, from 1 s to `duplicates.window`; \
                 write [\"15m\", \"1h\", \"6h\", \"24h\"], or [] to disable the checks"
            ),
        );
        checks.finish()
    }
}
