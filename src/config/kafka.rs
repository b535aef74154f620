//! The tables `[kafka]` and `[kafka.registry]`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::secret::Token;

/// Kafka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kafka {
    /// `host:port`, comma-separated.
    pub brokers: String,
    /// Names this instance; its transactional id is the prefix, a dash and this.
    pub instance: String,
    /// How long a transaction may stay open.
    #[serde(with = "super::duration")]
    pub transaction_timeout: Duration,
    /// How long this instance may be silent before its feeds go to others.
    #[serde(with = "super::duration")]
    pub session_timeout: Duration,
    /// Whether the instance keeps its feeds while it restarts, within the session timeout; else they go to others as it stops.
    pub static_membership: bool,
    /// Any librdkafka setting, passed through.
    pub properties: BTreeMap<String, String>,
    /// Where the schemas of Avro values are.
    pub registry: Option<Registry>,
}

/// A schema registry that speaks Confluent's API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registry {
    /// Where its API begins.
    pub url: String,
    /// The user of basic authentication.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Token>,
    /// A bearer token instead.
    pub token: Option<Token>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { url: "http://localhost:8081".into(), user: None, password: None, token: None }
    }
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            brokers: "localhost:9092".into(),
            instance: "1".into(),
            transaction_timeout: Duration::from_secs(10),
            session_timeout: Duration::from_secs(10),
            static_membership: true,
            properties: BTreeMap::new(),
            registry: None,
        }
    }
}
