//! Carries what was handed over and not consumed yet over to a topic with more partitions.

use std::sync::Arc;

use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Message};

use super::Work;
use super::copy::{Group, Positions};
use super::scan::scan;
use crate::journal::JournalError;
use crate::journal::kafka::client::{self, Context};
use crate::journal::kafka::client_config;
use crate::journal::kafka::create::Kept;
use crate::journal::kafka::layout::Outgoing;
use crate::journal::kafka::options::{HANDOFF, SKETCHES};
use crate::journal::kafka::partition::partition;
use crate::journal::kafka::topic_list;

impl Work<'_> {
    /// Creates the topic of handed over messages with the new number of partitions, and copies every message that is not
    /// consumed, to the partition of its site: the key. Instances are fenced, so positions and messages stay as they
    /// are. Returns how many messages were copied.
    pub(super) fn carry_handoffs(&self, positions: &Positions) -> Result<usize, JournalError> {
        let [from, to] = [&self.old, &self.new].map(|settings| settings.internal_topic(HANDOFF));
        self.create(&to, Kept::All)?;
        // The sketches start empty: those from before are compared with nothing for as long as a window.
        self.create(&self.new.internal_topic(SKETCHES), Kept::For(2 * self.new.window))?;
        let consumer: BaseConsumer<Context> = client::build(&client_config::inspector(&self.old, true)?)?;
        let Some(count) = topic_list::partition_count(consumer.client(), &self.old, &from)? else { return Ok(0) };
        let start = |partition| match positions.get(&partition) {
            Some(position) if position.next > 0 => Offset::Offset(position.next),
            _ => Offset::Beginning,
        };
        let starts = (0..count).map(|partition| (partition, start(partition))).collect();
        let (mut group, mut carried, to) = (Group::default(), 0, Arc::<str>::from(to));
        let copy = |message: &BorrowedMessage<'_>| {
            if positions.get(&message.partition()).is_some_and(|position| position.has(message.offset())) {
                return Ok(());
            }
            let (key, value) = (message.key().unwrap_or_default(), message.payload());
            carried += 1;
            let outgoing = Outgoing {
                topic: Arc::clone(&to),
                partition: partition(&String::from_utf8_lossy(key), self.plan.partitions),
                key: key.to_vec(),
                value: value.map(<[u8]>::to_vec),
                headers: message.headers().map(BorrowedHeaders::detach),
            };
            group.add(outgoing, self)
        };
        scan(&consumer, &from, &starts, copy, || self.renew())?;
        group.commit(self)?;
        Ok(carried)
    }
}
