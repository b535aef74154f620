//! Creates missing topics, describes them, and returns what the journal needs to know of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::Client;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::blocking::blocking;
use super::client::{self, Context};
use super::options::{BROKER_TIMEOUT, KafkaSettings};
use super::{client_config, client_error};
use crate::journal::JournalError;
use crate::record::Topic;

/// How long to wait for the brokers to report a missing permission.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(3);

/// A topic as the brokers describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicInfo {
    /// The topic.
    pub topic: Topic,
    /// Its full name.
    pub name: String,
    /// Number of partitions.
    pub partitions: i32,
    /// Replicas of each partition.
    pub replication: i32,
    /// `delete`, `compact` or both; empty if the brokers do not report it.
    pub cleanup_policy: String,
    /// The largest record batch that the topic accepts, in bytes; `None` if the brokers do not report it.
    pub max_message_bytes: Option<usize>,
}

/// Partitions and replicas of each existing topic.
pub(super) type Shapes = BTreeMap<Topic, (i32, i32)>;

/// Returns the shapes of our topics, and the number of brokers.
pub(super) fn shapes(client: &Client<Context>, settings: &KafkaSettings) -> Result<(Shapes, usize), JournalError> {
    shapes_with_timeout(BROKER_TIMEOUT, client, settings)
}

/// Does the same as [`shapes`] with another timeout.
pub(super) fn shapes_with_timeout(
    timeout: Duration,
    client: &Client<Context>,
    settings: &KafkaSettings,
) -> Result<(Shapes, usize), JournalError> {
    // Requests all topics: naming one would create it on brokers with automatic topic creation.
    let metadata =
        client.fetch_metadata(None, timeout).map_err(|e| client.context().failure(&cannot_list(settings), &e))?;
    let mut found = Shapes::new();
    for topic in metadata.topics().iter().filter(|t| t.error().is_none()) {
        if let Some(known) = Topic::ALL.into_iter().find(|t| settings.topic(*t) == topic.name()) {
            let replicas = topic.partitions().iter().map(|p| p.replicas().len()).min().unwrap_or(0);
            found.insert(known, (count(topic.partitions().len()), count(replicas)));
        }
    }
    Ok((found, metadata.brokers().len()))
}

fn cannot_list(settings: &KafkaSettings) -> String {
    format!("cannot list the topics of Kafka at {}", settings.kafka.brokers)
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn admin(settings: &KafkaSettings) -> Result<Arc<AdminClient<Context>>, JournalError> {
    client::build(&client_config::admin(settings)?).map(Arc::new)
}

async fn fetch_shapes(
    admin: &Arc<AdminClient<Context>>,
    settings: &KafkaSettings,
) -> Result<(Shapes, usize), JournalError> {
    let (admin, settings) = (Arc::clone(admin), settings.clone());
    blocking(move || shapes(admin.inner(), &settings).map_err(|error| refusal(&settings).unwrap_or(error))).await
}

/// Returns the error if a wrong password or a missing permission keeps the brokers from answering. An admin client gets no such
/// error: its connection is only closed.
fn refusal(settings: &KafkaSettings) -> Option<JournalError> {
    let consumer: BaseConsumer<Context> = client::build(&client_config::inspector(settings, true).ok()?).ok()?;
    let until = Instant::now() + REFUSAL_TIMEOUT;
    while Instant::now() < until {
        if let Some(Err(error)) = consumer.poll(Duration::from_millis(100))
            && client_error::is_refused(&error)
        {
            return Some(consumer.context().failure(&cannot_list(settings), &error));
        }
    }
    None
}

/// Returns how many brokers answer; [`JournalError::Retriable`] if none does.
pub async fn ping(settings: &KafkaSettings) -> Result<usize, JournalError> {
    Ok(fetch_shapes(&admin(settings)?, settings).await?.1)
}

/// Creates the missing topics and waits until they are writable. Returns the names of those it created. Existing topics
/// are left as they are.
pub async fn ensure_topics(settings: &KafkaSettings) -> Result<Vec<String>, JournalError> {
    ensure(&admin(settings)?, settings, false).await
}

/// Does the same as [`ensure_topics`] and returns the largest message size that all topics accept, if the brokers
/// report it. Returns [`JournalError::Fatal`] if topics created by others would lose their data or send records to
/// wrong partitions; also if the state topic existed (`had_state`) and was deleted while the daemon was running: without it,
/// published entries cannot be distinguished from new ones.
pub(super) async fn ready(settings: &KafkaSettings, had_state: bool) -> Result<Option<usize>, JournalError> {
    let admin = admin(settings)?;
    ensure(&admin, settings, had_state).await?;
    let topics = describe(&admin, settings).await?;
    let faults = faults(&topics, settings.topics.partitions);
    if faults.is_empty() {
        Ok(topics.iter().filter_map(|topic| topic.max_message_bytes).min())
    } else {
        Err(JournalError::fatal(faults.join("; ")))
    }
}

async fn ensure(
    admin: &Arc<AdminClient<Context>>,
    settings: &KafkaSettings,
    had_state: bool,
) -> Result<Vec<String>, JournalError> {
    let (found, brokers) = fetch_shapes(admin, settings).await?;
    let missing: Vec<Topic> = Topic::ALL.into_iter().filter(|t| !found.contains_key(t)).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    if had_state && missing.contains(&Topic::FeedState) {
        return Err(JournalError::fatal(format!(
            "topic {} was deleted while this instance was running, and the state of the feeds with it; restarting begins with an \
             empty state and publishes every article again",
            settings.topic(Topic::FeedState)
        )));
    }
    let replicas =
        if settings.topics.replication > 0 { settings.topics.replication } else { count(brokers).clamp(1, 3) };
    let names: Vec<String> = missing.iter().map(|t| settings.topic(*t)).collect();
    let retention = settings.topics.retention.as_millis().to_string();
    let new: Vec<NewTopic<'_>> = missing
        .iter()
        .zip(&names)
        .map(|(topic, name)| {
            let new = NewTopic::new(name, settings.topics.partitions.max(1), TopicReplication::Fixed(replicas));
            // With the producers' time, brokers would reject records of a clock that is an hour ahead, and soon delete those of one
            // that is behind.
            let new = new.set("message.timestamp.type", "LogAppendTime");
            let new = if replicas >= 3 { new.set("min.insync.replicas", "2") } else { new };
            if topic.is_compacted() {
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
    let deadline = Instant::now() + BROKER_TIMEOUT;
    while fetch_shapes(admin, settings).await?.0.len() < Topic::ALL.len() {
        if Instant::now() > deadline {
            return Err(JournalError::retriable("the topics were created, but the brokers do not list them yet"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
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

/// Returns the existing topics, in the order of [`Topic::ALL`].
pub async fn describe_topics(settings: &KafkaSettings) -> Result<Vec<TopicInfo>, JournalError> {
    describe(&admin(settings)?, settings).await
}

async fn describe(admin: &Arc<AdminClient<Context>>, settings: &KafkaSettings) -> Result<Vec<TopicInfo>, JournalError> {
    let (found, _) = fetch_shapes(admin, settings).await?;
    let mut topics: Vec<TopicInfo> = Topic::ALL
        .into_iter()
        .filter_map(|topic| {
            let &(partitions, replication) = found.get(&topic)?;
            let name = settings.topic(topic);
            Some(TopicInfo {
                topic,
                name,
                partitions,
                replication,
                cleanup_policy: String::new(),
                max_message_bytes: None,
            })
        })
        .collect();
    if topics.is_empty() {
        return Ok(topics);
    }
    let names: Vec<String> = topics.iter().map(|t| t.name.clone()).collect();
    let wanted: Vec<ResourceSpecifier<'_>> = names.iter().map(|n| ResourceSpecifier::Topic(n)).collect();
    let admin_options = AdminOptions::new().request_timeout(Some(BROKER_TIMEOUT));
    let configs = admin
        .describe_configs(&wanted, &admin_options)
        .await
        .map_err(|e| admin.inner().context().failure("cannot read the settings of the topics", &e))?;
    // One answer per topic, in request order; the permission to describe it may be missing.
    for (topic, config) in topics.iter_mut().zip(configs) {
        let Ok(config) = config else { continue };
        let value = |key| config.get(key).and_then(|entry| entry.value.clone());
        topic.cleanup_policy = value("cleanup.policy").unwrap_or_default();
        topic.max_message_bytes = value("max.message.bytes").and_then(|bytes| bytes.parse().ok());
    }
    Ok(topics)
}

/// Returns what is wrong with the topics, and what to do.
fn faults(topics: &[TopicInfo], partitions: i32) -> Vec<String> {
    let mut faults = Vec::new();
    for TopicInfo { topic, name, cleanup_policy, partitions: has, .. } in topics {
        let is_state = *topic == Topic::FeedState;
        match cleanup_policy.as_str() {
            "" => {} // no permission to read it
            "compact" if is_state => {}
            policy if is_state => faults.push(format!(
                "topic {name} has the cleanup policy `{policy}`, which would delete the state of feeds; set it to \
                 `compact`"
            )),
            policy if policy.split(',').any(|policy| policy.trim() == "compact") => faults.push(format!(
                "topic {name} has the cleanup policy `{policy}`, which would delete earlier revisions; set it to `delete` \
                 with a retention time"
            )),
            _ => {}
        }
        // The partition count determines where the state of a feed is stored.
        if is_state && *has != partitions {
            faults.push(format!(
                "topic {name} has {has} partitions, but `partitions` in [topics] is {partitions}: set it to {has}; the \
                 number must not change, because the state of a feed would then be looked up in the wrong partition"
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(topic: Topic, partitions: i32, cleanup_policy: &str) -> TopicInfo {
        let name = topic.name("news");
        let cleanup_policy = cleanup_policy.into();
        TopicInfo { topic, name, partitions, replication: 1, cleanup_policy, max_message_bytes: None }
    }

    #[test]
    fn topics_with_a_wrong_cleanup_policy_or_partition_count_are_refused() {
        let fault = |topic, partitions, policy| faults(&[info(topic, partitions, policy)], 6).join(" ");
        for good in [(Topic::FeedState, 6, "compact"), (Topic::FeedState, 6, ""), (Topic::DeadLetters, 1, "delete")] {
            assert_eq!(fault(good.0, good.1, good.2), "");
        }
        assert!(fault(Topic::FeedState, 6, "delete").contains("set it to `compact`"));
        assert!(fault(Topic::FeedState, 6, "compact,delete").contains("set it to `compact`"));
        assert!(fault(Topic::Articles, 6, "compact").contains("earlier revisions"));
        assert!(fault(Topic::FeedState, 12, "compact").contains("set it to 12"));
    }
}
