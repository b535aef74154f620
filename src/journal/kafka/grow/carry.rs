//! Carries over what was not consumed yet from internal topics to new ones with more partitions.

use std::collections::BTreeMap;
use std::sync::Arc;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};

use super::Work;
use super::copy::Group;
use super::scan::scan;
use crate::journal::kafka::client::{self, Context};
use crate::journal::kafka::client_config;
use crate::journal::kafka::layout::Outgoing;
use crate::journal::kafka::options::BROKER_TIMEOUT;
use crate::journal::kafka::partition::partition;
use crate::journal::kafka::topics;
use crate::journal::{JournalError, StatePartition};

/// Returns the site that a message belongs to, by its key and value.
type SiteOf = Box<dyn Fn(&[u8], Option<&[u8]>) -> Option<String> + Send + Sync>;

/// An internal topic that is partitioned as the state topic is, and consumed with offsets in the same group.
pub struct InternalTopic {
    /// The name of the topic without prefix and number.
    pub suffix: &'static str,
    /// Whether only the last value of a key is kept.
    pub is_compacted: bool,
    /// Says to which site a message belongs.
    pub site_of: SiteOf,
}

impl Work<'_> {
    /// Creates the internal topics with the new number of partitions, and copies every message that no committed offset covers.
    /// Instances are fenced, so offsets and messages stay as they are. Returns how many messages were copied.
    pub(super) fn carry_internal_topics(&self) -> Result<usize, JournalError> {
        let mut carried = 0;
        for internal in &self.plan.internal {
            carried += self.carry(internal)?;
        }
        Ok(carried)
    }

    fn carry(&self, internal: &InternalTopic) -> Result<usize, JournalError> {
        let (from, to) = (self.old.internal_topic(internal.suffix), self.new.internal_topic(internal.suffix));
        self.create(&to, internal.is_compacted)?;
        let consumer: BaseConsumer<Context> = client::build(&client_config::inspector(&self.old, true)?)?;
        let Some(count) = topics::partition_count(consumer.client(), &from)? else { return Ok(0) };
        let unconsumed = unconsumed(&consumer, &from, count)?;
        let (mut group, mut carried, to) = (Group::default(), 0, Arc::<str>::from(to));
        let copy = |message: &BorrowedMessage<'_>| {
            let (key, value) = (message.key().unwrap_or_default(), message.payload());
            let site = (internal.site_of)(key, value).ok_or_else(|| {
                JournalError::fatal(format!(
                    "the message at {from}/{}/{} belongs to no site; cannot carry it over",
                    message.partition(),
                    message.offset()
                ))
            })?;
            carried += 1;
            let outgoing = Outgoing {
                topic: Arc::clone(&to),
                partition: partition(&site, self.plan.partitions),
                key: key.to_vec(),
                value: value.map(<[u8]>::to_vec),
                headers: message.headers().map(BorrowedHeaders::detach),
            };
            group.add(outgoing, self)
        };
        scan(&consumer, &from, &unconsumed, copy, || self.renew())?;
        group.commit(self)?;
        Ok(carried)
    }
}

/// Returns for each partition where consuming continues.
fn unconsumed(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    count: i32,
) -> Result<BTreeMap<StatePartition, Offset>, JournalError> {
    let failure = |error| consumer.context().failure(&format!("cannot read the offsets of {topic}"), &error);
    let mut requested = TopicPartitionList::new();
    for partition in 0..count {
        requested.add_partition_offset(topic, partition, Offset::Invalid).map_err(failure)?;
    }
    let committed = consumer.committed_offsets(requested, BROKER_TIMEOUT).map_err(failure)?;
    let mut from = BTreeMap::new();
    for element in committed.elements() {
        element.error().map_err(failure)?;
        let offset = match element.offset() {
            Offset::Offset(offset) => Offset::Offset(offset),
            _ => Offset::Beginning,
        };
        from.insert(element.partition(), offset);
    }
    Ok(from)
}
