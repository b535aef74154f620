//! The section `[schedule]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::options::{Checks, InvalidOption};

/// When feeds are polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The time between two polls of a feed that has no interval or update frequency of its own.
    #[serde(with = "crate::options::duration")]
    pub interval: Duration,
    /// The shortest interval.
    #[serde(with = "crate::options::duration")]
    pub min_interval: Duration,
    /// The longest interval, including back-off, unless the server asks for a longer one.
    #[serde(with = "crate::options::duration")]
    pub max_interval: Duration,
    /// The share of the interval over which polls are spread, 0–0.5.
    pub jitter: f64,
    /// Whether a feed without an interval of its own is polled by its update frequency.
    pub rhythm: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(600),
            min_interval: Duration::from_secs(60),
            max_interval: Duration::from_secs(86_400),
            jitter: 0.1,
            rhythm: true,
        }
    }
}

impl Options {
    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        checks.require((0.0..=0.5).contains(&self.jitter), "jitter", "must be between 0 and 0.5; write 0.1");
        checks.require(!self.min_interval.is_zero(), "min_interval", "must not be zero; write \"60s\"");
        let is_ordered = self.min_interval <= self.max_interval;
        checks.require(is_ordered, "max_interval", "must not be below `min_interval`");
        checks.require(
            (self.min_interval..=self.max_interval).contains(&self.interval),
            "interval",
            "must be between `min_interval` and `max_interval`",
        );
        checks.finish()
    }
}
