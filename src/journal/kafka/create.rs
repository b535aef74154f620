//! Creates topics with the settings that each kind needs.

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::client::Context;
use super::options::{BROKER_TIMEOUT, KafkaSettings};
use crate::journal::JournalError;

/// The name of a new topic, its partitions, and whether it is compacted.
pub(super) type NewTopicPlan = (String, i32, bool);

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
    let new: Vec<NewTopic<'_>> = topics
        .iter()
        .map(|(name, partitions, is_compacted)| {
            let new = NewTopic::new(name, *partitions, TopicReplication::Fixed(replicas));
            // With the producers' time, brokers would reject records of a clock that is an hour ahead, and soon delete those of one
            // that is behind.
            let new = new.set("message.timestamp.type", "LogAppendTime");
            let new = if replicas >= 3 { new.set("min.insync.replicas", "2") } else { new };
            if *is_compacted {
                // Small segments that roll soon: only closed segments are compacted, and a restore reads all of them.
                new.set("cleanup.policy", "compact")
                    .set("segment.bytes", "16777216")
                    .set("segment.ms", "600000")
                    .set("min.cleanable.dirty.ratio", "0.1")
                    .set("delete.retention.ms", "3600000")
            } else {
                new.set("cleanup.policy", "delete").set("retention.ms", &retention)
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
