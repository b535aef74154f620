//! Creates missing topics, describes them, and returns what the journal needs to know of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::Client;
use rdkafka::consumer::{BaseConsumer, Consumer};

use super::blocking::blocking;
use super::client::{self, Context};
use super::create::{Kept, NewTopicPlan, create};
use super::layout::{self, Layout, LayoutNumber, LayoutReader};
use super::options::{BROKER_TIMEOUT, HANDOFF, KafkaSettings, SKETCHES};
use super::{client_config, client_error};
use crate::journal::{JournalError, TopicOptions};
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
            found.insert(known, (number(topic.partitions().len()), number(replicas)));
        }
    }
    Ok((found, metadata.brokers().len()))
}

/// Returns the number of partitions of a topic of this name; `None` if it does not exist.
pub(super) fn partition_count(client: &Client<Context>, name: &str) -> Result<Option<i32>, JournalError> {
    // Requests all topics, as above.
    let metadata = client
        .fetch_metadata(None, BROKER_TIMEOUT)
        .map_err(|e| client.context().failure(&format!("cannot find topic {name}"), &e))?;
    let found = metadata.topics().iter().find(|topic| topic.error().is_none() && topic.name() == name);
    Ok(found.map(|topic| number(topic.partitions().len())))
}

fn cannot_list(settings: &KafkaSettings) -> String {
    format!("cannot list the topics of Kafka at {}", settings.kafka.brokers)
}

fn number(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

pub(super) fn admin(settings: &KafkaSettings) -> Result<Arc<AdminClient<Context>>, JournalError> {
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
    let admin = admin(settings)?;
    let mut created = ensure_layout(&admin, settings).await?;
    let layout = current_layout(&admin, settings).await?;
    let current = settings.at(layout.number);
    created.extend(ensure(&admin, &current, false).await?);
    created.extend(ensure_internal(&admin, &current).await?);
    Ok(created)
}

/// What the journal needs to know of the topics before it joins the group.
pub(super) struct Ready {
    /// The settings for the current state topic.
    pub settings: KafkaSettings,
    /// Which state topic that is.
    pub layout: Layout,
    /// The end of the layout's topic when it was read.
    pub layout_end: i64,
    /// The largest message size that all topics accept, if the brokers report it.
    pub max_message_bytes: Option<usize>,
}

/// Does the same as [`ensure_topics`] and returns what is known of the topics then. Returns [`JournalError::Fatal`] if topics
/// created by others would lose their data; also if the state topic existed (`had_state`) and was deleted while the daemon
/// was running: without it, published entries cannot be distinguished from new ones.
pub(super) async fn ready(
    settings: &KafkaSettings,
    reader: &Arc<LayoutReader>,
    had_state: bool,
) -> Result<Ready, JournalError> {
    let admin = admin(settings)?;
    ensure_layout(&admin, settings).await?;
    let (shared, base, reader) = (Arc::clone(&admin), settings.clone(), Arc::clone(reader));
    let (layout, layout_end) = blocking(move || {
        let (layout, end) = reader.read()?;
        layout::list(shared.inner(), &base)?.check(&layout, &base)?;
        Ok((layout, end))
    })
    .await?;
    let settings = settings.at(layout.number);
    ensure(&admin, &settings, had_state).await?;
    ensure_internal(&admin, &settings).await?;
    let topics = describe(&admin, &settings).await?;
    let faults = faults(&topics);
    if !faults.is_empty() {
        return Err(JournalError::fatal(faults.join("; ")));
    }
    if let Some(warning) = topics.iter().find_map(|topic| unused_count(topic, settings.topics.partitions))
        && !had_state
    {
        tracing::warn!("{warning}");
    }
    let max_message_bytes = topics.iter().filter_map(|topic| topic.max_message_bytes).min();
    Ok(Ready { settings, layout, layout_end, max_message_bytes })
}

/// Returns which state topic is current, and whether its state is being carried over to another one.
pub async fn layout(settings: &KafkaSettings) -> Result<Layout, JournalError> {
    current_layout(&admin(settings)?, settings).await
}

async fn current_layout(admin: &Arc<AdminClient<Context>>, settings: &KafkaSettings) -> Result<Layout, JournalError> {
    let (admin, settings) = (Arc::clone(admin), settings.clone());
    blocking(move || layout::current(admin.inner(), &settings).map_err(|error| refusal(&settings).unwrap_or(error)))
        .await
}

/// Creates the topic of the layout if it is missing. Returns its name if it did.
async fn ensure_layout(
    admin: &Arc<AdminClient<Context>>,
    settings: &KafkaSettings,
) -> Result<Vec<String>, JournalError> {
    let (shared, base) = (Arc::clone(admin), settings.clone());
    let listed =
        blocking(move || layout::list(shared.inner(), &base).map_err(|error| refusal(&base).unwrap_or(error))).await?;
    if listed.layout {
        return Ok(Vec::new());
    }
    // Before it is created: afterwards the loss would look like a cluster that never had a layout.
    listed.check(&Layout::default(), settings)?;
    let (_, brokers) = fetch_shapes(admin, settings).await?;
    let name = settings.layout_topic();
    create(admin, settings, brokers, &[(name, 1, Kept::Last)]).await
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
    if missing.contains(&Topic::FeedState) && (had_state || settings.layout > LayoutNumber::default()) {
        return Err(JournalError::fatal(format!(
            "topic {} was deleted, and the state of the feeds with it; without it, every article would be published again. Restore \
             the topic; to begin with an empty state, delete {} too and restart",
            settings.topic(Topic::FeedState),
            settings.layout_topic()
        )));
    }
    let partitions = settings.topics.partitions.max(1);
    let new: Vec<NewTopicPlan> =
        missing.iter().map(|topic| (settings.topic(*topic), partitions, Kept::of(*topic))).collect();
    let created = create(admin, settings, brokers, &new).await?;
    let deadline = Instant::now() + BROKER_TIMEOUT;
    while fetch_shapes(admin, settings).await?.0.len() < Topic::ALL.len() {
        if Instant::now() > deadline {
            return Err(JournalError::retriable("the topics were created, but the brokers do not list them yet"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(created)
}

/// Creates the internal topics if they are missing, with as many partitions as the state topic has. Returns the names of
/// those it created.
async fn ensure_internal(
    admin: &Arc<AdminClient<Context>>,
    settings: &KafkaSettings,
) -> Result<Vec<String>, JournalError> {
    let (found, brokers) = fetch_shapes(admin, settings).await?;
    let partitions = found.get(&Topic::FeedState).map_or(1, |(partitions, _)| *partitions);
    let internal = [(HANDOFF, Kept::All), (SKETCHES, Kept::For(2 * settings.window))];
    let mut missing = Vec::new();
    for (topic, kept) in internal {
        let name = settings.internal_topic(topic);
        match count(admin, &name).await? {
            Some(count) if count >= partitions => {}
            Some(count) => {
                return Err(JournalError::fatal(format!(
                    "topic {name} has {count} partitions, and needs {partitions}, as the state topic has; add partitions to it"
                )));
            }
            None => missing.push((name, partitions, kept)),
        }
    }
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let created = create(admin, settings, brokers, &missing).await?;
    let deadline = Instant::now() + BROKER_TIMEOUT;
    for (name, partitions, _) in &missing {
        while count(admin, name).await?.is_none_or(|count| count < *partitions) {
            if Instant::now() > deadline {
                let words = format!("topic {name} was created, but the brokers do not list it yet");
                return Err(JournalError::retriable(words));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(created)
}

/// Returns the number of partitions of a topic of this name; `None` if it does not exist.
async fn count(admin: &Arc<AdminClient<Context>>, name: &str) -> Result<Option<i32>, JournalError> {
    let (admin, name) = (Arc::clone(admin), name.to_owned());
    blocking(move || partition_count(admin.inner(), &name)).await
}

/// Returns the existing topics, in the order of [`Topic::ALL`].
pub async fn describe_topics(settings: &KafkaSettings) -> Result<Vec<TopicInfo>, JournalError> {
    let admin = admin(settings)?;
    let layout = current_layout(&admin, settings).await?;
    describe(&admin, &settings.at(layout.number)).await
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
        let is_unlimited = |key| value(key).is_some_and(|limit| limit == "-1");
        if is_marked(&topic.cleanup_policy) && is_unlimited("retention.ms") && is_unlimited("retention.bytes") {
            // A state topic that was carried over, or begun to be; nothing is ever deleted from it.
            "compact".clone_into(&mut topic.cleanup_policy);
        }
        topic.max_message_bytes = value("max.message.bytes").and_then(|bytes| bytes.parse().ok());
    }
    Ok(topics)
}

/// Returns whether the policy is the one that keeps versions of the daemon without layouts from starting on a state topic that
/// was carried over: they accept `compact` only.
fn is_marked(cleanup_policy: &str) -> bool {
    let mut parts: Vec<&str> = cleanup_policy.split(',').map(str::trim).collect();
    parts.sort_unstable();
    parts == ["compact", "delete"]
}

/// Returns what to say if the state topic exists with another number of partitions than the settings ask for. A number that
/// nobody changed from the default asks for nothing.
fn unused_count(topic: &TopicInfo, wanted: i32) -> Option<String> {
    let TopicInfo { topic, name, partitions: has, .. } = topic;
    let is_set = wanted != TopicOptions::default().partitions;
    (*topic == Topic::FeedState && *has != wanted && is_set).then(|| {
        let advice = if wanted > *has {
            format!("to have {wanted}, run `dateline topics --grow {wanted}`")
        } else {
            "partitions cannot be removed".to_owned()
        };
        format!(
            "`partitions = {wanted}` in [topics] has no effect, because it applies to new topics and {name} has {has}; {advice}"
        )
    })
}

/// Returns what is wrong with the topics, and what to do.
fn faults(topics: &[TopicInfo]) -> Vec<String> {
    let mut faults = Vec::new();
    for TopicInfo { topic, name, cleanup_policy, .. } in topics {
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
    fn topics_with_a_wrong_cleanup_policy_are_refused() {
        let fault = |topic, partitions, policy| faults(&[info(topic, partitions, policy)]).join(" ");
        for good in [(Topic::FeedState, 6, "compact"), (Topic::FeedState, 6, ""), (Topic::DeadLetters, 1, "delete")] {
            assert_eq!(fault(good.0, good.1, good.2), "");
        }
        assert!(fault(Topic::FeedState, 6, "delete").contains("set it to `compact`"));
        assert!(fault(Topic::FeedState, 6, "compact,delete").contains("set it to `compact`"));
        assert!(fault(Topic::Articles, 6, "compact").contains("earlier revisions"));
    }

    #[test]
    fn a_partition_count_that_has_no_effect_is_explained() {
        let said = |has, wanted| unused_count(&info(Topic::FeedState, has, "compact"), wanted).unwrap_or_default();
        assert_eq!(said(6, 6), "");
        assert_eq!(said(6, TopicOptions::default().partitions), "", "nobody asked for the default");
        assert!(said(6, 24).contains("dateline topics --grow 24"));
        assert!(said(12, 7).contains("cannot be removed"));
        assert_eq!(unused_count(&info(Topic::Articles, 6, "delete"), 12), None);
    }

    #[test]
    fn only_the_policy_with_both_parts_marks_a_topic() {
        assert!(is_marked("compact,delete") && is_marked("delete, compact"));
        assert!(!is_marked("compact") && !is_marked("delete") && !is_marked(""));
    }
}
