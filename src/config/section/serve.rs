//! The section `[serve]`.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::options::{Checks, InvalidOption, SecretString};

/// Health, metrics, the pages and the admin API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Serve {
    /// Whether they are served.
    pub enabled: bool,
    /// The address and port to listen on.
    pub listen: SocketAddr,
    /// Host names, besides loopback's own, that requests to a server on loopback may use.
    pub hosts: Vec<String>,
    /// The token that a changing request must send. Without it, only requests from this machine to a server on loopback may
    /// change anything.
    pub token: Option<SecretString>,
    /// How many of the newest articles the pages show and search.
    pub stories: u64,
}

impl Default for Serve {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        Self { enabled: false, listen, hosts: Vec::new(), token: None, stories: 50_000 }
    }
}

impl Serve {
    /// Returns the defaults with every optional key set.
    pub fn with_every_key() -> Self {
        Self { token: Some(SecretString::default()), ..Self::default() }
    }

    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        let is_token = |token: &SecretString| {
            (16..=512).contains(&token.0.len()) && token.0.bytes().all(|byte| byte.is_ascii_graphic())
        };
        checks.require(
            self.token.as_ref().is_none_or(is_token),
            "token",
            "must be 16 to 512 visible ASCII characters; `openssl rand -hex 24` makes one",
        );
        checks.require(self.stories > 0, "stories", "must be at least 1");
        checks.finish()
    }
}
