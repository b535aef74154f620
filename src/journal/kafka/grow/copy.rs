//! Copies the last value of each key to the new state topic.

use std::collections::BTreeMap;
use std::sync::Arc;

use rdkafka::Offset;
use rdkafka::consumer::BaseConsumer;
use rdkafka::message::Message;

use super::Work;
use super::fence::Ends;
use super::index::Index;
use super::place::Places;
use super::scan::scan;
use crate::journal::kafka::client::{self, Context};
use crate::journal::kafka::client_config;
use crate::journal::kafka::handoff::Position;
use crate::journal::kafka::layout::Outgoing;
use crate::journal::kafka::state::INCARNATION;
use crate::journal::{JournalError, Reason, StatePartition};
use crate::record::Topic;

/// The limits of one transaction: it must be over long before an instance takes the tool for dead.
const MAX_MESSAGES: usize = 10_000;
const MAX_BYTES: usize = 8 << 20;

/// Messages for the next transaction.
#[derive(Default)]
pub(super) struct Group {
    messages: Vec<Outgoing>,
    bytes: usize,
}

impl Group {
    /// Adds a message. Commits first if the group is full.
    pub(super) fn add(&mut self, message: Outgoing, work: &Work<'_>) -> Result<(), JournalError> {
        self.bytes += message.key.len() + message.value.as_ref().map_or(0, Vec::len);
        self.messages.push(message);
        if self.messages.len() >= MAX_MESSAGES || self.bytes >= MAX_BYTES { self.commit(work) } else { Ok(()) }
    }

    /// Commits what the group holds.
    pub(super) fn commit(&mut self, work: &Work<'_>) -> Result<(), JournalError> {
        if !self.messages.is_empty() {
            work.writer.commit(&self.messages)?;
            self.messages.clear();
            self.bytes = 0;
        }
        work.renew()
    }
}

/// How far the handed over messages of each partition were consumed.
pub(super) type Positions = BTreeMap<StatePartition, Position>;

/// The key of such a position, as [`Key::HandoffPosition`](crate::journal::Key) is written.
const POSITION: &[u8] = b"/handoff";

impl Work<'_> {
    /// Copies the last value of each key, and returns how many keys there were, and the positions among the values. The topic is read twice, so that its values need
    /// not fit into memory.
    pub(super) fn copy(&self, ends: &Ends) -> Result<(usize, Positions), JournalError> {
        let (from, to) = (self.old.topic(Topic::FeedState), self.new.topic(Topic::FeedState));
        let consumer: BaseConsumer<Context> = client::build(&client_config::inspector(&self.old, true)?)?;
        let whole: BTreeMap<_, _> = ends.keys().map(|partition| (*partition, Offset::Beginning)).collect();
        let tick = || self.renew();
        let (mut index, mut places) = (Index::default(), Places::new(self.plan, self.count));
        let mut positions = Positions::new();
        let note = |message: &rdkafka::message::BorrowedMessage<'_>| {
            let (key, value) = (message.key().unwrap_or_default(), message.payload());
            let time = message.timestamp().to_millis().unwrap_or(0);
            if key == POSITION {
                // Each partition has its own, and the new topic's start at the beginning.
                let position = value.map(Position::read).transpose().map_err(|error| {
                    let partition = message.partition();
                    JournalError::Fatal(Reason::new(format!("{from}/{partition}: /handoff cannot be read"), error))
                })?;
                positions.insert(message.partition(), position.unwrap_or_default());
                return Ok(());
            }
            index.note(key, message.partition(), message.offset(), time, value.is_some());
            if let Some(value) = value {
                places.note(&String::from_utf8_lossy(key), value, message.partition());
            }
            Ok(())
        };
        scan(&consumer, &from, &whole, note, tick)?;
        index.settle();
        self.say(&format!("copying {} values", index.len()))?;
        let (mut group, mut copied, to) = (Group::default(), 0, Arc::<str>::from(to));
        let copy = |message: &rdkafka::message::BorrowedMessage<'_>| {
            let (Some(key), Some(value), partition) = (message.key(), message.payload(), message.partition()) else {
                return Ok(());
            };
            let is_current = index.is_current(key, partition, message.offset());
            let newer = index.newer(key, partition, message.offset());
            copied += usize::from(is_current);
            // The new topic's partitions get their own.
            if key == INCARNATION.as_bytes() {
                return Ok(());
            }
            let name = String::from_utf8_lossy(key);
            let to_partitions = match newer {
                _ if is_current => places.of(&name, value, partition),
                Some(newer) => places.of_older(&name, value, partition, newer),
                None => Vec::new(),
            };
            for partition in to_partitions {
                let (topic, value) = (Arc::clone(&to), Some(value.to_vec()));
                group.add(Outgoing { topic, partition, key: key.to_vec(), value, headers: None }, self)?;
            }
            Ok(())
        };
        scan(&consumer, &from, &whole, copy, tick)?;
        group.commit(self)?;
        if copied != index.len() {
            return Err(JournalError::retriable(format!(
                "{copied} of {} values of {from} could be read again; nothing has changed, try again",
                index.len()
            )));
        }
        Ok((copied, positions))
    }
}
