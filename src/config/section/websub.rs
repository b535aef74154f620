//! The section `[websub]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::options::{Checks, InvalidOption};

/// Feeds that a hub pushes (WebSub).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Websub {
    /// The public address of `[serve]`; without it, no feed is subscribed to.
    pub callback: Option<String>,
    /// The lease requested for a subscription; the hub decides.
    #[serde(with = "crate::options::duration")]
    pub lease: Duration,
}

impl Default for Websub {
    fn default() -> Self {
        Self { callback: None, lease: Duration::from_secs(10 * 86_400) }
    }
}

impl Websub {
    /// Returns the defaults with every optional key set.
    pub fn with_every_key() -> Self {
        Self { callback: Some(String::new()), ..Self::default() }
    }

    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        let is_base = |callback: &String| {
            Url::parse(callback).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none()
            })
        };
        checks.require(
            self.callback.as_ref().is_none_or(is_base),
            "callback",
            "must be the URL at which hubs reach this daemon; write \"https://news.example.org\"",
        );
        checks.require(self.lease.as_secs() > 0, "lease", "must be at least one second; write \"10d\"");
        checks.finish()
    }
}
