//! The topics of a growth: those that get more partitions, and those that are created.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminOptions, AlterConfig, ConfigSource, NewPartitions, ResourceSpecifier};
use rdkafka::error::KafkaError;

use super::Work;
use crate::journal::kafka::create::{Kept, create};
use crate::journal::kafka::options::BROKER_TIMEOUT;
use crate::journal::kafka::topic_list::{self, TopicList};
use crate::journal::{JournalError, Reason};
use crate::record::Topic;

/// The pause between two looks at the topics.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Work<'_> {
    /// Adds partitions to the topics of articles, which share partition numbers, in one request, and waits until the brokers
    /// list them. The other topics keep their partitions: they have few records, and consumers of events rely on their order.
    pub(super) fn grow_records(&self) -> Result<(), JournalError> {
        let wanted = self.plan.partitions;
        let few = || -> Result<Vec<String>, JournalError> {
            let listed = TopicList::fetch(self.admin.inner(), &self.old)?;
            let main = Topic::OF_ARTICLES.into_iter().map(|topic| self.old.topic(topic));
            let of_routes = self.old.routed().into_iter().map(|(_, name)| name);
            let is_small = |name: &String| listed.partitions(name).is_some_and(|partitions| partitions < wanted);
            Ok(main.chain(of_routes).filter(is_small).collect())
        };
        let names = few()?;
        if names.is_empty() {
            return Ok(());
        }
        let count = usize::try_from(wanted).unwrap_or_default();
        let new: Vec<NewPartitions<'_>> = names.iter().map(|name| NewPartitions::new(name, count)).collect();
        let failure = |error| self.admin.inner().context().failure("cannot add partitions to the topics", &error);
        let outcomes = self.handle.block_on(self.admin.create_partitions(&new, &options())).map_err(failure)?;
        for outcome in outcomes {
            outcome.map_err(|(name, code)| {
                let failed = format!("cannot add partitions to topic {name}");
                self.admin.inner().context().failure(&failed, &KafkaError::Global(code))
            })?;
        }
        let deadline = Instant::now() + BROKER_TIMEOUT;
        while !few()?.is_empty() {
            if Instant::now() > deadline {
                return Err(JournalError::retriable("partitions were added, but the brokers do not list them yet"));
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// Creates the new state topic.
    pub(super) fn create_state_topic(&self) -> Result<(), JournalError> {
        self.create(&self.new.topic(Topic::FeedState), Kept::Last)
    }

    /// Creates a topic with the new number of partitions, and waits until the brokers list it.
    pub(super) fn create(&self, name: &str, kept: Kept) -> Result<(), JournalError> {
        self.renew()?;
        let brokers = TopicList::fetch(self.admin.inner(), &self.old)?.brokers;
        let plan = [(name.to_owned(), self.plan.partitions, kept)];
        let created = self.handle.block_on(create(&self.admin, &self.new, brokers, &plan))?;
        if created.is_empty() {
            // What it holds is not known.
            return Err(JournalError::fatal(format!("topic {name} exists already; delete it and try again")));
        }
        let deadline = Instant::now() + BROKER_TIMEOUT;
        while topic_list::partition_count(self.admin.inner(), &self.old, name)? != Some(self.plan.partitions) {
            if Instant::now() > deadline {
                return Err(JournalError::retriable(format!(
                    "topic {name} was created, but the brokers do not list it yet"
                )));
            }
            std::thread::sleep(LOOK_EVERY);
        }
        self.renew()
    }

    /// Makes versions that know no layouts refuse to start on the state topic that is carried over, because its state is outdated
    /// then: they accept the cleanup policy `compact` only. With unlimited retention, `compact,delete` deletes nothing.
    pub(super) fn mark(&self, topic: &str) -> Result<(), JournalError> {
        let admin_options = AdminOptions::new().request_timeout(Some(BROKER_TIMEOUT));
        let context = self.admin.inner().context();
        let specifier = ResourceSpecifier::Topic(topic);
        let described = self.handle.block_on(self.admin.describe_configs([&specifier], &admin_options));
        let described =
            described.map_err(|error| context.failure("cannot read the settings of the state topic", &error))?;
        let described = described.into_iter().next().and_then(Result::ok).ok_or_else(|| {
            JournalError::fatal(Reason::from(format!(
                "cannot read the settings of topic {topic}; grant this user DESCRIBE_CONFIGS on it"
            )))
        })?;
        // The request replaces all settings of the topic, so it repeats those that were set.
        let mut altered = AlterConfig::new(specifier);
        for entry in described.entries.iter().filter(|entry| entry.source == ConfigSource::DynamicTopic) {
            if let Some(value) = &entry.value {
                altered = altered.set(&entry.name, value);
            }
        }
        let marks = [("cleanup.policy", "compact,delete"), ("retention.ms", "-1"), ("retention.bytes", "-1")];
        for (key, value) in marks {
            altered = altered.set(key, value);
        }
        let outcomes = self.handle.block_on(self.admin.alter_configs([&altered], &admin_options));
        let outcomes =
            outcomes.map_err(|error| context.failure("cannot change the settings of the state topic", &error))?;
        for outcome in outcomes {
            outcome.map_err(|(_, code)| {
                let failed = format!(
                    "cannot set the cleanup policy of topic {topic}, which keeps earlier versions of dateline away from it; grant \
                     this user ALTER_CONFIGS on it"
                );
                context.failure(&failed, &KafkaError::Global(code))
            })?;
        }
        Ok(())
    }
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(BROKER_TIMEOUT)).operation_timeout(Some(BROKER_TIMEOUT))
}
