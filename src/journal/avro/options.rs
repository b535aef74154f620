//! The section `[kafka.registry]`.

use serde::{Deserialize, Serialize};

use crate::options::{Checks, InvalidOption, SecretString};

/// A schema registry with Confluent's API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegistryOptions {
    /// The base URL of its API.
    pub url: String,
    /// The user of basic authentication.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<SecretString>,
    /// A bearer token instead of user and password.
    pub token: Option<SecretString>,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self { url: "http://localhost:8081".into(), user: None, password: None, token: None }
    }
}

impl RegistryOptions {
    /// Returns the defaults with every optional key set, to tell all keys and their types.
    pub fn with_every_key() -> Self {
        let secret = || Some(SecretString::default());
        Self { user: Some(String::new()), password: secret(), token: secret(), ..Self::default() }
    }

    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        let is_base = url::Url::parse(&self.url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.username().is_empty());
        checks.require(
            is_base,
            "url",
            "must be the base URL of the registry's API, without user and password; write \"http://registry:8081\"",
        );
        let has_one_login = self.token.is_none() || self.user.is_none() && self.password.is_none();
        checks.require(has_one_login, "token", "replaces `user` and `password`; leave one of them out");
        checks.require(self.user.is_some() == self.password.is_some(), "user", "and `password` must both be set");
        checks.finish()
    }
}
