//! The section `[topics]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::route::{self, TopicRoute};
use crate::options::{Checks, InvalidOption};
use crate::record::Topic;

/// Topic names and sizes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopicOptions {
    /// The prefix of every topic name, before the dot.
    pub prefix: String,
    /// Partitions of each new topic (Kafka only); existing topics keep theirs.
    pub partitions: i32,
    /// Replicas of each partition of a new topic (Kafka only); 0 means three, or as many as there are brokers.
    pub replication: i32,
    /// How long the record topics keep their records (Kafka only).
    #[serde(with = "crate::options::duration")]
    pub retention: Duration,
    /// The encoding of values.
    pub format: ValueFormat,
    /// Further topics for the articles of feeds with certain labels.
    pub route: Vec<TopicRoute>,
}

/// The encoding of the values of records. The daemon's own state is always JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueFormat {
    /// JSON text.
    #[default]
    Json,
    /// Avro, with the schemas in a registry (Kafka only).
    Avro,
}

impl Default for TopicOptions {
    fn default() -> Self {
        let (format, retention) = (ValueFormat::default(), Duration::from_secs(30 * 86_400));
        Self { prefix: "dateline".into(), partitions: 12, replication: 0, retention, format, route: Vec::new() }
    }
}

impl TopicOptions {
    /// Returns the defaults with every optional key set.
    pub fn with_every_key() -> Self {
        Self { route: vec![TopicRoute::default()], ..Self::default() }
    }

    /// Returns all topics with their prefixes: the main ones, then those of the routes.
    pub fn names(&self) -> impl Iterator<Item = (Topic, &str)> {
        let main = Topic::ALL.into_iter().map(|topic| (topic, self.prefix.as_str()));
        main.chain(self.route.iter().flat_map(|route| Topic::OF_ARTICLES.map(|topic| (topic, &*route.prefix))))
    }

    /// Returns the topic with this name and its prefix. The prefix may be left out of the name of a main topic.
    pub fn find(&self, name: &str) -> Option<(Topic, &str)> {
        let main = Topic::parse(name, &self.prefix).map(|topic| (topic, self.prefix.as_str()));
        main.or_else(|| self.names().find(|(topic, prefix)| topic.name(prefix) == name))
    }

    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        checks.require(
            route::is_prefix(&self.prefix),
            "prefix",
            "must be 1 to 200 letters, digits, `.`, `_` and `-`, as Kafka's topic names are",
        );
        checks.require(!self.retention.is_zero(), "retention", "must not be zero; write \"30d\"");
        checks.require(self.partitions > 0, "partitions", "must be at least 1");
        checks.require(
            (0..=99).contains(&self.replication),
            "replication",
            "must be 0 (three replicas, or as many as there are brokers) to 99",
        );
        route::check(&self.route, &self.prefix, &mut checks);
        checks.finish()
    }
}
