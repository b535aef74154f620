//! Creates missing topics, describes them, and returns what the journal needs to know of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::consumer::{BaseConsumer, Consumer};

use super::blocking::blocking;
use super::client::{self, Context};
use super::create::{Kept, NewTopicPlan, create};
use super::layout::{self, Layout, LayoutNumber, LayoutReader};
use super::options::{BROKER_TIMEOUT, HANDOFF, KafkaSettings, SKETCHES};
use super::topic_list::{TopicList, cannot_list};
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

pub(super) fn admin(settings: &KafkaSettings) -> Result<Arc<AdminClient<Context>>, JournalError> {
    client::build(&client_config::admin(settings)?).map(Arc::new)
}

/// Lists the topics. The error says so if the brokers refuse to answer.
async fn list(admin: &Arc<AdminClient<Context>>, settings: &KafkaSettings) -> Result<TopicList, JournalError> {
    let (admin, settings) = (Arc::clone(admin), settings.clone());
    blocking(move || TopicList::fetch(admin.inner(), &settings).map_err(|error| refusal(&settings).unwrap_or(error)))
        .await
}

/// Does the same, and finds out which state topic is current.
async fn list_with_layout(
    admin: &Arc<AdminClient<Context>>,
    settings: &KafkaSettings,
) -> Result<(TopicList, Layout), JournalError> {
    let (topics, settings) = (list(admin, settings).await?, settings.clone());
    blocking(move || layout::current(&topics, &settings).map(|layout| (topics, layout))).await
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
    Ok(list(&admin(settings)?, settings).await?.brokers)
}

/// Creates the missing topics and waits until they are writable. Returns the names of those it created. Existing topics
/// are left as they are.
pub async fn ensure_topics(settings: &KafkaSettings) -> Result<Vec<String>, JournalError> {
    let admin = admin(settings)?;
    let (mut topics, layout) = list_with_layout(&admin, settings).await?;
    let mut created = ensure_layout(&admin, settings, &topics).await?;
    let current = settings.at(layout.number);
    created.extend(ensure(&admin, &current, &mut topics, false).await?);
    created.extend(ensure_internal(&admin, &current, &mut topics).await?);
    created.extend(ensure_routed(&admin, &current, &mut topics).await?);
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
    let mut listed = list(&admin, settings).await?;
    ensure_layout(&admin, settings, &listed).await?;
    let reader = Arc::clone(reader);
    let (layout, layout_end) = blocking(move || reader.read()).await?;
    layout::check(&layout, &listed, settings)?;
    let settings = settings.at(layout.number);
    ensure(&admin, &settings, &mut listed, had_state).await?;
    ensure_internal(&admin, &settings, &mut listed).await?;
    ensure_routed(&admin, &settings, &mut listed).await?;
    let topics = describe(&admin, &settings, &listed).await?;
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
    Ok(list_with_layout(&admin(settings)?, settings).await?.1)
}

/// Creates the topic of the layout if it is missing. Returns its name if it did.
async fn ensure_layout(
    admin: &Arc<AdminClient<Context>>,
    settings: &KafkaSettings,
    topics: &TopicList,
) -> Result<Vec<String>, JournalError> {
    let name = settings.layout_topic();
    if topics.has(&name) {
        return Ok(Vec::new());
    }
    // Before it is created: afterwards the loss would look like a cluster that never had a layout.
    layout::check(&Layout::default(), topics, settings)?;
    create(admin, settings, topics.brokers, &[(name, 1, Kept::Last)]).await
}

/// Creates the missing topics of records and state.
async fn ensure(
    admin: &Arc<AdminClient<Context>>,
    settings: &KafkaSettings,
    topics: &mut TopicList,
    had_state: bool,
) -> Result<Vec<String>, JournalError> {
    let missing = |topics: &TopicList| -> Vec<Topic> {
        Topic::ALL.into_iter().filter(|topic| !topics.has(&settings.topic(*topic))).collect()
    };
    if missing(topics).is_empty() {
        return Ok(Vec::new());
    }
    // A growth may have created the state topic since the topics were listed.
    *topics = list(admin, settings).await?;
    let missing = missing(topics);
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
    create_all(admin, settings, topics, &new).await
}

/// Creates the internal topics if they are missing, with as many partitions as the state topic has. Returns the names of
/// those it created.
async fn ensure_internal(
    admin: &Arc<AdminClient<Context>>,
    settings: &KafkaSettings,
    topics: &mut TopicList,
) -> Result<Vec<String>, JournalError> {
    let partitions = topics.partitions(&settings.topic(Topic::FeedState)).unwrap_or(1);
    let internal = [(HANDOFF, Kept::All), (SKETCHES, Kept::For(2 * settings.window))];
    let mut missing = Vec::new();
    for (topic, kept) in internal {
        let name = settings.internal_topic(topic);
        match topics.partitions(&name) {
            Some(count) if count >= partitions => {}
            Some(count) => {
                return Err(JournalError::fatal(format!(
                    "topic {name} has {count} partitions, and needs {partitions}, as the state topic has; add partitions to it"
                )));
            }
            None => missing.push((name, partitions, kept)),
        }
    }
    create_all(admin, settings, topics, &missing).await
}

/// Creates the missing topics of the routes, with as many partitions as the main topic of articles has. Returns the names of
/// those it created.
async fn ensure_routed(
    admin: &Arc<AdminClient<Context>>,
    settings: &KafkaSettings,
    topics: &mut TopicList,
) -> Result<Vec<String>, JournalError> {
    let partitions = topics.partitions(&settings.topic(Topic::Articles)).unwrap_or(settings.topics.partitions).max(1);
    let missing = settings.routed().into_iter().filter(|(_, name)| !topics.has(name));
    let new: Vec<NewTopicPlan> = missing.map(|(topic, name)| (name, partitions, Kept::of(topic))).collect();
    create_all(admin, settings, topics, &new).await
}

/// Creates the missing topics of the routes, while the others exist.
pub(super) async fn ensure_routes(settings: &KafkaSettings) -> Result<(), JournalError> {
    if settings.topics.route.is_empty() {
        return Ok(());
    }
    let admin = admin(settings)?;
    let mut topics = list(&admin, settings).await?;
    ensure_routed(&admin, settings, &mut topics).await.map(drop)
}

/// Creates topics, and waits until they are listed with all their partitions. Returns the names of those it created.
async fn create_all(
    admin: &Arc<AdminClient<Context>>,
    settings: &KafkaSettings,
    topics: &mut TopicList,
    new: &[NewTopicPlan],
) -> Result<Vec<String>, JournalError> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let created = create(admin, settings, topics.brokers, new).await?;
    let deadline = Instant::now() + BROKER_TIMEOUT;
    loop {
        *topics = list(admin, settings).await?;
        let Some((missing, ..)) = new.iter().find(|(name, ..)| !topics.has(name)) else { return Ok(created) };
        if Instant::now() > deadline {
            let words = format!("topic {missing} was created, but the brokers do not list it yet");
            return Err(JournalError::retriable(words));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Returns the existing topics, in the order of [`Topic::ALL`], then those of the routes.
pub async fn describe_topics(settings: &KafkaSettings) -> Result<Vec<TopicInfo>, JournalError> {
    let admin = admin(settings)?;
    let (listed, layout) = list_with_layout(&admin, settings).await?;
    describe(&admin, &settings.at(layout.number), &listed).await
}

async fn describe(
    admin: &Arc<AdminClient<Context>>,
    settings: &KafkaSettings,
    listed: &TopicList,
) -> Result<Vec<TopicInfo>, JournalError> {
    let main = Topic::ALL.into_iter().map(|topic| (topic, settings.topic(topic)));
    let listed = main.chain(settings.routed()).filter_map(|(topic, name)| {
        let (partitions, replication) = listed.shape(&name)?;
        Some(TopicInfo { topic, name, partitions, replication, cleanup_policy: String::new(), max_message_bytes: None })
    });
    let mut topics: Vec<TopicInfo> = listed.collect();
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
