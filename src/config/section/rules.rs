//! The section `[rules]`; the rules themselves are `[[rule]]` tables.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::options::{Checks, InvalidOption};

/// The most blocked entries of a feed that may be kept.
const MAX_BLOCKED: usize = 2_000;

/// Keep and block rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RuleOptions {
    /// How many blocked entries of a feed are kept whole, the newest, so that changed rules can be applied to them.
    pub max_blocked: usize,
    /// A rule that has decided about no entry for this long is reported.
    #[serde(with = "crate::options::duration")]
    pub unmatched_after: Duration,
}

impl Default for RuleOptions {
    fn default() -> Self {
        Self { max_blocked: 100, unmatched_after: Duration::from_secs(30 * 86_400) }
    }
}

impl RuleOptions {
    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        let most = format!("must be at most {MAX_BLOCKED}");
        checks.require(self.max_blocked <= MAX_BLOCKED, "max_blocked", most);
        checks.require(!self.unmatched_after.is_zero(), "unmatched_after", "must not be zero; write \"30d\"");
        checks.finish()
    }
}
