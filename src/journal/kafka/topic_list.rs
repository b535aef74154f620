//! The topics as the brokers list them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::client::Client;

use super::client::Context;
use super::options::{BROKER_TIMEOUT, KafkaSettings};
use crate::journal::{JournalError, TopicRoute};
use crate::record::Topic;

/// Partitions and replicas of each existing topic.
pub(super) type Shapes = BTreeMap<Topic, (i32, i32)>;

/// The topics of our prefixes, as the brokers listed them at one moment.
#[derive(Debug, Default)]
pub(super) struct TopicList {
    /// Partitions and replicas, by name.
    topics: BTreeMap<String, (i32, i32)>,
    /// The number of brokers.
    pub brokers: usize,
}

impl TopicList {
    /// Asks for the list. Blocks.
    pub(super) fn fetch(client: &Client<Context>, settings: &KafkaSettings) -> Result<Self, JournalError> {
        Self::fetch_within(BROKER_TIMEOUT, client, settings)
    }

    /// Does the same with another timeout.
    pub(super) fn fetch_within(
        timeout: Duration,
        client: &Client<Context>,
        settings: &KafkaSettings,
    ) -> Result<Self, JournalError> {
        // Requests all topics: naming one would create it on brokers with automatic topic creation.
        let metadata =
            client.fetch_metadata(None, timeout).map_err(|e| client.context().failure(&cannot_list(settings), &e))?;
        let of_routes = settings.topics.route.iter().map(|route| &*route.prefix);
        let prefixes: Vec<&str> = of_routes.chain([&*settings.topics.prefix]).collect();
        let has_prefix = |name: &str, prefix| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'));
        let ours = |name: &str| prefixes.iter().any(|prefix| has_prefix(name, *prefix));
        let topics = metadata.topics().iter().filter(|topic| topic.error().is_none() && ours(topic.name()));
        let shape = topics.map(|topic| {
            let replicas = topic.partitions().iter().map(|partition| partition.replicas().len()).min().unwrap_or(0);
            (topic.name().to_owned(), (number(topic.partitions().len()), number(replicas)))
        });
        Ok(Self { topics: shape.collect(), brokers: metadata.brokers().len() })
    }

    /// Returns the names of the topics.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.topics.keys().map(String::as_str)
    }

    /// Returns whether a topic of this name exists.
    pub(super) fn has(&self, name: &str) -> bool {
        self.topics.contains_key(name)
    }

    /// Returns the partitions and replicas of a topic of this name; `None` if it does not exist.
    pub(super) fn shape(&self, name: &str) -> Option<(i32, i32)> {
        self.topics.get(name).copied()
    }

    /// Returns the number of partitions of a topic of this name; `None` if it does not exist.
    pub(super) fn partitions(&self, name: &str) -> Option<i32> {
        self.shape(name).map(|(partitions, _)| partitions)
    }

    /// Returns the shapes of the topics of records and state.
    pub(super) fn shapes(&self, settings: &KafkaSettings) -> Shapes {
        let shape = |topic: Topic| Some((topic, self.shape(&settings.topic(topic))?));
        Topic::ALL.into_iter().filter_map(shape).collect()
    }

    /// Returns the partitions of the topics of each route, whose records share partition numbers: the smallest number of
    /// theirs. A route with a missing topic is left out.
    pub(super) fn route_partitions(&self, settings: &KafkaSettings) -> BTreeMap<Arc<str>, i32> {
        let least = |route: &TopicRoute| {
            let counts = Topic::OF_ARTICLES.map(|topic| self.partitions(&topic.name(&route.prefix)));
            // `None` is less than any number.
            Some((Arc::clone(&route.prefix), counts.into_iter().min()??))
        };
        settings.topics.route.iter().filter_map(least).collect()
    }
}

/// Returns the shapes of the topics of records and state. Blocks.
pub(super) fn shapes(client: &Client<Context>, settings: &KafkaSettings) -> Result<Shapes, JournalError> {
    Ok(TopicList::fetch(client, settings)?.shapes(settings))
}

/// Returns the number of partitions of a topic of this name; `None` if it does not exist. Blocks.
pub(super) fn partition_count(
    client: &Client<Context>,
    settings: &KafkaSettings,
    name: &str,
) -> Result<Option<i32>, JournalError> {
    Ok(TopicList::fetch(client, settings)?.partitions(name))
}

/// Says what failed, for errors.
pub(super) fn cannot_list(settings: &KafkaSettings) -> String {
    format!("cannot list the topics of Kafka at {}", settings.kafka.brokers)
}

fn number(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
