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
use super::options::{Options, PATIENCE};
use crate::journal::JournalError;
use crate::record::Topic;

/// How long to wait for the brokers to report a refusal.
const REFUSAL: Duration = Duration::from_secs(3);

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
pub(super) fn shapes(client: &Client<Context>, options: &Options) -> Result<(Shapes, usize), JournalError> {
    shapes_within(PATIENCE, client, options)
}

/// Does the same as [`shapes`] within a given time.
pub(super) fn shapes_within(
    patience: Duration,
    client: &Client<Context>,
    options: &Options,
) -> Result<(Shapes, usize), JournalError> {
    // Requests all topics: naming one would create it on brokers with automatic topic creation.
    let metadata = client.fetch_metadata(None, patience).map_err(|e| {
        client.context().failure(&format!("asking Kafka at {} for its topics", options.kafka.brokers), &e)
    })?;
    let mut found = Shapes::new();
    for topic in metadata.topics().iter().filter(|t| t.error().is_none()) {
        if let Some(known) = Topic::ALL.into_iter().find(|t| t.name(&options.topics.prefix) == topic.name()) {
            let copies = topic.partitions().iter().map(|p| p.replicas().len()).min().unwrap_or(0);
            found.insert(known, (count(topic.partitions().len()), count(copies)));
        }
    }
    Ok((found, metadata.brokers().len()))
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn admin(options: &Options) -> Result<Arc<AdminClient<Context>>, JournalError> {
    client::made(&client::admin(options)?).map(Arc::new)
}

async fn ask(admin: &Arc<AdminClient<Context>>, options: &Options) -> Result<(Shapes, usize), JournalError> {
    let (admin, options) = (Arc::clone(admin), options.clone());
    blocking(move || shapes(admin.inner(), &options).map_err(|error| refused(&options).unwrap_or(error))).await
}

/// Returns the error if a wrong password or a missing permission keeps the brokers from answering. An admin client gets no such
/// error: its connection only ends.
fn refused(options: &Options) -> Option<JournalError> {
    let consumer: BaseConsumer<Context> = client::made(&client::lookout(options, true).ok()?).ok()?;
    let until = Instant::now() + REFUSAL;
    while Instant::now() < until {
        if let Some(Err(error)) = consumer.poll(Duration::from_millis(100))
            && client::is_refused(&error)
        {
            let doing = format!("asking Kafka at {} for its topics", options.kafka.brokers);
            return Some(consumer.context().failure(&doing, &error));
        }
    }
    None
}

/// Returns how many brokers answer; [`JournalError::Retriable`] if none does.
pub async fn ping(options: &Options) -> Result<usize, JournalError> {
    Ok(ask(&admin(options)?, options).await?.1)
}

/// Creates the missing topics and waits until they are writable. Returns the names of those it created. Existing topics
/// are left as they are.
pub async fn ensure_topics(options: &Options) -> Result<Vec<String>, JournalError> {
    ensure(&admin(options)?, options, false).await
}

/// Does the same as [`ensure_topics`] and returns the largest message size that all topics accept, if the brokers
/// report it. Returns [`JournalError::Fatal`] if topics created by others would lose their data or send records to
/// wrong partitions; also if the state topic existed (`was_state`) and was deleted under a running daemon: published
/// and unpublished entries could not be told apart.
pub(super) async fn ready(options: &Options, was_state: bool) -> Result<Option<usize>, JournalError> {
    let admin = admin(options)?;
    ensure(&admin, options, was_state).await?;
    let topics = describe(&admin, options).await?;
    let faults = faults(&topics, options.partitions);
    if faults.is_empty() {
        Ok(topics.iter().filter_map(|topic| topic.max_message_bytes).min())
    } else {
        Err(JournalError::Fatal(faults.join("; ")))
    }
}

async fn ensure(
    admin: &Arc<AdminClient<Context>>,
    options: &Options,
    was_state: bool,
) -> Result<Vec<String>, JournalError> {
    let (found, brokers) = ask(admin, options).await?;
    let missing: Vec<Topic> = Topic::ALL.into_iter().filter(|t| !found.contains_key(t)).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    if was_state && missing.contains(&Topic::FeedState) {
        return Err(JournalError::Fatal(format!(
            "topic {} was deleted while this instance ran, and with it what is known of the feeds; a new start begins anew and \
             publishes every story again",
            Topic::FeedState.name(&options.topics.prefix)
        )));
    }
    let copies = if options.replication > 0 { options.replication } else { count(brokers).clamp(1, 3) };
    let names: Vec<String> = missing.iter().map(|t| t.name(&options.topics.prefix)).collect();
    let retention = options.retention.as_millis().to_string();
    let new: Vec<NewTopic<'_>> = missing
        .iter()
        .zip(&names)
        .map(|(topic, name)| {
            let new = NewTopic::new(name, options.partitions.max(1), TopicReplication::Fixed(copies));
            // Brokers refuse records from a clock that is an hour ahead, and soon delete those from one that is behind.
            let new = new.set("message.timestamp.type", "LogAppendTime");
            let new = if copies >= 3 { new.set("min.insync.replicas", "2") } else { new };
            if topic.is_compacted() {
                // Small segments that close soon: only closed segments are compacted, and a restore reads all of them.
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
    let patience = AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE));
    let outcomes = admin
        .create_topics(&new, &patience)
        .await
        .map_err(|e| admin.inner().context().failure("creating the topics", &e))?;
    let mut created = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(name) => created.push(name),
            // Another instance was faster.
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => return Err(not_created(admin, &name, copies, brokers, code)),
        }
    }
    let deadline = Instant::now() + PATIENCE;
    while ask(admin, options).await?.0.len() < Topic::ALL.len() {
        if Instant::now() > deadline {
            return Err(JournalError::Retriable("the topics were created but the brokers do not show them yet".into()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(created)
}

fn not_created(
    admin: &AdminClient<Context>,
    name: &str,
    copies: i32,
    brokers: usize,
    code: RDKafkaErrorCode,
) -> JournalError {
    if code == RDKafkaErrorCode::InvalidReplicationFactor {
        return JournalError::Retriable(format!(
            "topic {name} cannot have {copies} copies while {brokers} brokers are there; start more or set a lower \
             `replication` in [topics]"
        ));
    }
    admin.inner().context().failure(&format!("creating topic {name}"), &KafkaError::Global(code))
}

/// Returns the existing topics, in the order of [`Topic::ALL`].
pub async fn describe_topics(options: &Options) -> Result<Vec<TopicInfo>, JournalError> {
    describe(&admin(options)?, options).await
}

async fn describe(admin: &Arc<AdminClient<Context>>, options: &Options) -> Result<Vec<TopicInfo>, JournalError> {
    let (found, _) = ask(admin, options).await?;
    let mut topics: Vec<TopicInfo> = Topic::ALL
        .into_iter()
        .filter_map(|topic| {
            let &(partitions, replication) = found.get(&topic)?;
            let name = topic.name(&options.topics.prefix);
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
    let patience = AdminOptions::new().request_timeout(Some(PATIENCE));
    let configs = admin
        .describe_configs(&wanted, &patience)
        .await
        .map_err(|e| admin.inner().context().failure("asking for the topics' settings", &e))?;
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
                "topic {name} has the cleanup policy `{policy}`, which would delete what is known of the feeds; set it to \
                 `compact`"
            )),
            policy if policy.split(',').any(|policy| policy.trim() == "compact") => faults.push(format!(
                "topic {name} has the cleanup policy `{policy}`, which would delete earlier revisions; set it to `delete` \
                 with a retention"
            )),
            _ => {}
        }
        // The partition count determines where the state of a feed is stored.
        if is_state && *has != partitions {
            faults.push(format!(
                "topic {name} has {has} partitions, but `partitions` in [topics] is {partitions}: set it to {has}; the number \
                 cannot change once there is state, which would be sought in other partitions"
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
    fn topics_that_forget_or_have_another_size_are_refused() {
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
