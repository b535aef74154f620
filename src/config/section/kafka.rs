//! The sections `[kafka]` and `[kafka.registry]`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::options::{Checks, InvalidOption, SecretString};

/// The settings of Kafka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kafka {
    /// `host:port`, comma-separated.
    pub brokers: String,
    /// Name of this instance; its transactional id is the prefix, a dash and this name.
    pub instance: String,
    /// How long a transaction may stay open.
    #[serde(with = "crate::options::duration")]
    pub transaction_timeout: Duration,
    /// How long this instance may be silent before its feeds are reassigned.
    #[serde(with = "crate::options::duration")]
    pub session_timeout: Duration,
    /// Whether the instance keeps its feeds while it restarts within the session timeout; otherwise they are reassigned when it
    /// stops.
    pub static_membership: bool,
    /// Any librdkafka setting, passed through; each may be a secret.
    pub properties: BTreeMap<String, SecretString>,
    /// The registry for the schemas of Avro values.
    pub registry: Option<Registry>,
}

/// The SASL mechanisms that this build supports; a test compares them with librdkafka.
pub const SASL_MECHANISMS: [&str; 4] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"];

/// The settings that OAUTHBEARER needs to fetch tokens with client credentials, each with its longer name.
const CREDENTIALS: [(&str, &str); 3] = [
    ("sasl.oauthbearer.token.endpoint.url", ""),
    ("sasl.oauthbearer.client.id", "sasl.oauthbearer.client.credentials.client.id"),
    ("sasl.oauthbearer.client.secret", "sasl.oauthbearer.client.credentials.client.secret"),
];

impl Kafka {
    /// Returns the section with every optional key set.
    pub fn with_every_key() -> Self {
        let secret = || Some(SecretString::default());
        let registry =
            Registry { user: Some(String::new()), password: secret(), token: secret(), ..Registry::default() };
        Self { registry: Some(registry), ..Self::default() }
    }

    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        let is_broker = |broker: &str| {
            broker.trim().rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        checks.require(
            self.brokers.split(',').all(is_broker),
            "brokers",
            "must be host:port, comma-separated; write \"kafka-1:9092,kafka-2:9092\"",
        );
        let is_named = !self.instance.is_empty();
        checks.require(is_named, "instance", "must not be empty; give each running instance its own name");
        if let Some(registry) = &self.registry {
            checks.nested("registry", registry.check());
        }
        if let Some((key, message)) = self.login_error() {
            checks.require(false, &format!("properties.{key}"), message);
        }
        let is_limited = !self.transaction_timeout.is_zero();
        checks.require(is_limited, "transaction_timeout", "must not be zero; write \"10s\"");
        checks.finish()
    }

    /// Returns the librdkafka setting that makes every login fail, and what is wrong with it.
    fn login_error(&self) -> Option<(&'static str, String)> {
        let set = |key: &str| self.properties.get(key).map(|SecretString(value)| value.as_str());
        let is_sasl = set("security.protocol").is_some_and(|protocol| protocol.to_lowercase().starts_with("sasl"));
        let named = ["sasl.mechanisms", "sasl.mechanism"].into_iter().find_map(|key| Some((key, set(key)?)));
        let Some((key, mechanism)) = named else {
            let message = format!(
                "needs \"sasl.mechanism\" beside it, one of {}: librdkafka's default, GSSAPI, is not part of this build",
                SASL_MECHANISMS.join(", ")
            );
            return is_sasl.then_some(("security.protocol", message));
        };
        if mechanism == "GSSAPI" {
            let message = "is GSSAPI (Kerberos), which is not part of this build; write \"SCRAM-SHA-512\", or \"OAUTHBEARER\" with \
                           OIDC, or log in with a client certificate: \"security.protocol\" = \"SSL\" and \"ssl.keystore.location\"";
            return Some((key, message.into()));
        }
        if !SASL_MECHANISMS.contains(&mechanism) {
            return Some((key, format!("must be one of {}, in capitals", SASL_MECHANISMS.join(", "))));
        }
        let is_unsecured = set("enable.sasl.oauthbearer.unsecure.jwt") == Some("true");
        if mechanism != "OAUTHBEARER" || is_unsecured {
            return None;
        }
        if set("sasl.oauthbearer.method").is_none_or(|method| !method.eq_ignore_ascii_case("oidc")) {
            return Some((key, "is OAUTHBEARER, which needs \"sasl.oauthbearer.method\" = \"oidc\" beside it".into()));
        }
        // The other ways to get a token have different rules, which librdkafka checks.
        let others = ["sasl.oauthbearer.grant.type", "sasl.oauthbearer.metadata.authentication.type"];
        if others.into_iter().any(|other| set(other).is_some()) {
            return None;
        }
        let missing = CREDENTIALS.into_iter().find(|(key, alias)| set(key).or_else(|| set(alias)).is_none())?.0;
        Some(("sasl.oauthbearer.method", format!("needs \"{missing}\" beside it")))
    }
}

/// A schema registry with Confluent's API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registry {
    /// The base URL of its API.
    pub url: String,
    /// The user of basic authentication.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<SecretString>,
    /// A bearer token instead of user and password.
    pub token: Option<SecretString>,
}

impl Registry {
    fn check(&self) -> Vec<InvalidOption> {
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
