//! The section `[kafka]`, and what the journal needs beside it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::layout::LayoutNumber;
use crate::journal::avro::RegistryOptions;
use crate::journal::{TopicOptions, TopicRoute};
use crate::options::{Checks, InvalidOption, SecretString};
use crate::record::Topic;

/// The topic of what instances hand over to each other, without prefix and layout number.
pub(super) const HANDOFF: &str = "handoff";

/// The topic of the sketches that instances share, without prefix and layout number.
pub(super) const SKETCHES: &str = "sketches";

/// How long brokers may take to answer before they count as unreachable.
pub(super) const BROKER_TIMEOUT: Duration = Duration::from_secs(15);

/// How long releasing revoked partitions may take before the group continues without this instance.
pub(super) const REVOCATION_TIMEOUT: Duration = Duration::from_secs(20);

/// How to reach and use Kafka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// `host:port`, comma-separated.
    pub brokers: String,
    /// The name of this instance; its transactional id is the topics' prefix, a dash and this name.
    pub instance: String,
    /// How long a transaction may stay open before the broker aborts it.
    #[serde(with = "crate::options::duration")]
    pub transaction_timeout: Duration,
    /// How long this instance may be silent before its partitions are reassigned.
    #[serde(with = "crate::options::duration")]
    pub session_timeout: Duration,
    /// Whether the instance keeps its partitions while it restarts within the session timeout; otherwise they are reassigned
    /// when it stops.
    pub static_membership: bool,
    /// The folder of the local copy of the state; relative to the config file.
    pub state_dir: PathBuf,
    /// Any librdkafka setting, except those that exactly-once depends on; each may be a secret.
    pub properties: BTreeMap<String, SecretString>,
    /// The registry for the schemas of Avro values.
    pub registry: Option<RegistryOptions>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            brokers: "localhost:9092".into(),
            instance: "1".into(),
            transaction_timeout: Duration::from_secs(10),
            session_timeout: Duration::from_secs(10),
            static_membership: true,
            state_dir: PathBuf::from("data"),
            properties: BTreeMap::new(),
            registry: None,
        }
    }
}

/// The SASL mechanisms that this build supports; a test compares them with librdkafka.
pub const SASL_MECHANISMS: [&str; 4] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"];

/// The settings that OAUTHBEARER needs to fetch tokens with client credentials, each with its longer name.
const CREDENTIALS: [(&str, &str); 3] = [
    ("sasl.oauthbearer.token.endpoint.url", ""),
    ("sasl.oauthbearer.client.id", "sasl.oauthbearer.client.credentials.client.id"),
    ("sasl.oauthbearer.client.secret", "sasl.oauthbearer.client.credentials.client.secret"),
];

impl Options {
    /// Returns the defaults with every optional key set, to tell all keys and their types.
    pub fn with_every_key() -> Self {
        Self { registry: Some(RegistryOptions::with_every_key()), ..Self::default() }
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
        let is_folder = !self.state_dir.as_os_str().is_empty();
        checks.require(is_folder, "state_dir", "must name a folder; write \"data\"");
        let is_named = !self.instance.is_empty();
        checks.require(is_named, "instance", "must not be empty; give each running instance its own name");
        if let Some(registry) = &self.registry {
            checks.nested("registry", registry.check());
        }
        if let Some((key, message)) = self.login_error() {
            checks.require(false, &format!("properties.{key}"), message);
        }
        let seconds = |range: std::ops::RangeInclusive<u64>, timeout: Duration| {
            range.contains(&timeout.as_secs()) && timeout <= Duration::from_secs(*range.end())
        };
        checks.require(
            seconds(1..=900, self.transaction_timeout),
            "transaction_timeout",
            "must be from 1s to 15m; write \"10s\"",
        );
        checks.require(
            seconds(1..=1800, self.session_timeout),
            "session_timeout",
            "must be from 1s to 30m; write \"10s\"",
        );
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

/// The sections that the Kafka journal needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaSettings {
    /// `[kafka]`.
    pub kafka: Options,
    /// `[topics]`.
    pub topics: TopicOptions,
    /// The number of the current state topic, which the journal reads from the brokers.
    pub layout: LayoutNumber,
    /// How long an article is compared with later ones.
    pub window: Duration,
}

impl Default for KafkaSettings {
    fn default() -> Self {
        let (kafka, topics, layout) = (Options::default(), TopicOptions::default(), LayoutNumber::default());
        Self { kafka, topics, layout, window: Duration::from_secs(72 * 3_600) }
    }
}

impl KafkaSettings {
    /// Returns the transactional id: prefix, dash, instance.
    pub fn transactional_id(&self) -> String {
        format!("{}-{}", self.topics.prefix, self.kafka.instance)
    }

    /// Returns whether the group tells this process from others of its name, by its rack.
    pub(super) fn is_process_known(&self) -> bool {
        self.kafka.static_membership && !self.kafka.properties.contains_key("client.rack")
    }

    /// Returns the consumer group of the instances that share the feeds.
    pub fn group(&self) -> String {
        format!("{}-daemon{}", self.topics.prefix, self.layout)
    }

    /// Returns the full name of a topic; of the state topics, the current one.
    pub fn topic(&self, topic: Topic) -> String {
        let name = topic.name(&self.topics.prefix);
        if topic == Topic::FeedState { format!("{name}{}", self.layout) } else { name }
    }

    /// Returns the topics of the routes and their names.
    pub(super) fn routed(&self) -> Vec<(Topic, String)> {
        let topics = |route: &TopicRoute| Topic::OF_ARTICLES.map(|topic| (topic, topic.name(&route.prefix)));
        self.topics.route.iter().flat_map(topics).collect()
    }

    /// Returns the name of an internal topic, which has as many partitions as the current state topic and is created again
    /// when they grow.
    pub fn internal_topic(&self, suffix: &str) -> String {
        format!("{}.{suffix}{}", self.topics.prefix, self.layout)
    }

    /// Returns the topic that names the current state topic, and the transactional id of those that write it.
    pub(super) fn layout_topic(&self) -> String {
        format!("{}.layout", self.topics.prefix)
    }

    /// Returns the same settings for another state topic.
    #[must_use]
    pub(super) fn at(&self, layout: LayoutNumber) -> Self {
        Self { layout, ..self.clone() }
    }
}
