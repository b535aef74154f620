//! Creates topics with the settings that each kind needs.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::client::Context;
use super::options::{BROKER_TIMEOUT, KafkaSettings};
use crate::journal::JournalError;
use crate::record::Topic;

/// The name of a new topic, its partitions, and what is kept in it.
pub(super) type NewTopicPlan = (String, i32, Kept);

/// What is kept in a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Everything, for the retention time of the settings.
    Recent,
    /// Everything, for this time.
    For(Duration),
    /// The last value of each key.
    Last,
    /// Everything until it is deleted.
    All,
}

impl Kept {
    /// Returns what is kept in a topic of records or state.
    pub(super) fn of(topic: Topic) -> Self {
        if topic.is_compacted() { Self::Last } else { Self::Recent }
    }
}

/// Creates topics. Returns the names of those that did not exist.
pub(super) async fn create(
    admin: &AdminClient<Context>,
    settings: &KafkaSettings,
    brokers: usize,
    topics: &[NewTopicPlan],
) -> Result<Vec<String>, JournalError> {
    let replicas =
        if settings.topics.replication > 0 { settings.topics.replication } else { count(brokers).clamp(1, 3) };
    let retention = settings.topics.retention.as_millis().to_string();
    let time_of = |kept: &Kept| if let Kept::For(time) = kept { time.as_millis().to_string() } else { String::new() };
    let times: Vec<String> = topics.iter().map(|(_, _, kept)| time_of(kept)).collect();
    let new: Vec<NewTopic<'_>> = topics
        .iter()
        .zip(&times)
        .map(|((name, partitions, kept), own)| {
            let new = NewTopic::new(name, *partitions, TopicReplication::Fixed(replicas));
            // With the producers' time, brokers would reject records of a clock that is an hour ahead, and soon delete those of one
            // that is behind.
            let new = new.set("message.timestamp.type", "LogAppendTime");
            let new = if replicas >= 3 { new.set("min.insync.replicas", "2") } else { new };
            match kept {
                // Small segments that roll soon: only closed segments are compacted, and a restore reads all of them.
                Kept::Last => new
                    .set("cleanup.policy", "compact")
                    .set("segment.bytes", "16777216")
                    .set("segment.ms", "600000")
                    .set("min.cleanable.dirty.ratio", "0.1")
                    .set("delete.retention.ms", "3600000"),
                Kept::Recent => new.set("cleanup.policy", "delete").set("retention.ms", &retention),
                Kept::For(_) => new.set("cleanup.policy", "delete").set("retention.ms", own),
                Kept::All => new.set("cleanup.policy", "delete").set("retention.ms", "-1"),
            }
        })
        .collect();
    let admin_options =
        AdminOptions::new().request_timeout(Some(BROKER_TIMEOUT)).operation_timeout(Some(BROKER_TIMEOUT));
    let outcomes = admin
        .create_topics(&new, &admin_options)
        .await
        .map_err(|e| admin.inner().context().failure("cannot create the topics", &e))?;
    let mut created = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(name) => created.push(name),
            // Another instance was faster.
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => return Err(not_created(admin, &name, replicas, brokers, code)),
        }
    }
    Ok(created)
}

fn not_created(
    admin: &AdminClient<Context>,
    name: &str,
    replicas: i32,
    brokers: usize,
    code: RDKafkaErrorCode,
) -> JournalError {
    if code == RDKafkaErrorCode::InvalidReplicationFactor {
        return JournalError::retriable(format!(
            "cannot create topic {name} with {replicas} replicas on {brokers} brokers; start more brokers or lower \
             `replication` in [topics]"
        ));
    }
    admin.inner().context().failure(&format!("cannot create topic {name}"), &KafkaError::Global(code))
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
