//! The keys of the table `requests`.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::cookies::Cookies;
use crate::options::SecretString;

/// How requests to one origin are made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Requests {
    /// Further headers, or other values for those that are sent anyway, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, SecretString>,
    /// Cookies by name, or all in one text.
    #[serde(skip_serializing_if = "Cookies::is_empty")]
    pub cookies: Cookies,
    /// User and password (RFC 7617).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basic: Option<Login>,
    /// A token (RFC 6750).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer: Option<SecretString>,
    /// The user agent, instead of the daemon's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The proxy, instead of `fetch.proxy`; `direct` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<SecretString>,
    /// The client certificate with its chain, and perhaps its key, as the text of a PEM file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<SecretString>,
    /// The key of the client certificate, as the text of a PEM file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key: Option<SecretString>,
    /// The longest time for one request, instead of `fetch.total_timeout`.
    #[serde(with = "crate::options::duration::optional", skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

/// User and password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Login {
    /// The user.
    pub user: SecretString,
    /// The password.
    pub password: SecretString,
}

impl Requests {
    /// Returns requests with every key set, to tell all keys and their types.
    pub fn with_every_key() -> Self {
        let text = || Some(SecretString::default());
        Self {
            headers: BTreeMap::new(),
            cookies: Cookies::default(),
            basic: Some(Login::default()),
            bearer: text(),
            user_agent: Some(String::new()),
            proxy: text(),
            client_certificate: text(),
            client_key: text(),
            timeout: Some(Duration::ZERO),
        }
    }

    /// Returns all keys with a value of each type, to find unknown ones.
    pub fn known() -> serde_json::Value {
        let mut known = serde_json::to_value(Self::with_every_key()).unwrap_or_default();
        // These accept any name.
        known["headers"] = serde_json::json!({});
        known["cookies"] = serde_json::json!({});
        known
    }

    /// Returns whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether a login is set in any way.
    pub fn has_login(&self) -> bool {
        self.basic.is_some()
            || self.bearer.is_some()
            || self.headers.keys().any(|name| name.eq_ignore_ascii_case("authorization"))
    }
}

impl Login {
    /// Returns the value of `Authorization`.
    pub(super) fn header(&self) -> String {
        let Self { user: SecretString(user), password: SecretString(password) } = self;
        format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
    }
}
