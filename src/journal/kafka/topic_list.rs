//! The topics as the brokers list them.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::client::Client;

use super::client::Context;
use super::options::{BROKER_TIMEOUT, KafkaSettings};
use crate::journal::JournalError;
use crate::record::Topic;

/// Partitions and replicas of each existing topic.
pub(super) type Shapes = BTreeMap<Topic, (i32, i32)>;

/// The topics of our prefix, as the brokers listed them at one moment.
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
        let ours = |name: &str| name.strip_prefix(&settings.topics.prefix).is_some_and(|rest| rest.starts_with('.'));
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

    /// Returns the number of partitions of a topic of this name; `None` if it does not exist.
    pub(super) fn partitions(&self, name: &str) -> Option<i32> {
        self.topics.get(name).map(|(partitions, _)| *partitions)
    }

    /// Returns the shapes of the topics of records and state.
    pub(super) fn shapes(&self, settings: &KafkaSettings) -> Shapes {
        let shape = |topic: Topic| Some((topic, *self.topics.get(&settings.topic(topic))?));
        Topic::ALL.into_iter().filter_map(shape).collect()
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
