//! Takes over partitions: after the restore, no write of a previous owner may follow.
//!
//! Each takeover and each commit stores the owner's transactional id beside the partition's offset in the group, its
//! *lease*; releasing a partition clears the lease. An instance that takes over a partition with another owner's
//! lease fences that transactional id. Fencing commits or aborts the owner's open transaction at once and prevents new
//! ones. `docs/exactly-once.md` has the proof.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::ThreadedProducer;
use rdkafka::{Offset, TopicPartitionList};

use super::client::{self, Context};
use super::client_error::is_held_back;
use super::options::{BROKER_TIMEOUT, KafkaSettings};
use super::{client_config, producer, state};
use crate::journal::{JournalError, StateEntry, StatePartition};
use crate::record::Topic;

/// How long an open transaction may hold back offsets before its producer counts as dead.
pub(super) const GRACE: Duration = Duration::from_secs(1);
/// The pause between two checks of the end of a partition.
pub(super) const CHECK_EVERY: Duration = Duration::from_millis(20);

/// Partitions that no earlier owner can write to any more, with their state.
pub(super) struct Restored {
    /// The state of the partitions.
    pub state: Vec<StateEntry>,
    /// For each partition, the offset after its last state.
    pub ends: BTreeMap<StatePartition, i64>,
}

/// Ends the transactions that previous owners left open in the partitions and reads their state. Blocks.
pub(super) fn restore(
    settings: &KafkaSettings,
    partitions: &BTreeSet<StatePartition>,
) -> Result<Restored, JournalError> {
    if partitions.is_empty() {
        return Ok(Restored { state: Vec::new(), ends: BTreeMap::new() });
    }
    let started = Instant::now();
    let topic = settings.topic(Topic::FeedState);
    let stable: BaseConsumer<Context> = client::build(&client_config::inspector(settings, true)?)?;
    let unstable: BaseConsumer<Context> = client::build(&client_config::inspector(settings, false)?)?;
    let leases = match leases(&stable, &topic, partitions, GRACE)? {
        Some(leases) => leases,
        None => leases(&unstable, &topic, partitions, BROKER_TIMEOUT)?.unwrap_or_default(),
    };
    let own = settings.transactional_id();
    for predecessor in leases.iter().filter(|lease| **lease != own && has_our_prefix(settings, lease)) {
        fence(settings, predecessor)?;
    }
    // A transaction without a lease to fence ends by its own timeout.
    let deadline = Instant::now() + BROKER_TIMEOUT + settings.kafka.transaction_timeout;
    let still_open = || JournalError::retriable("the previous owner's transaction is still open");
    while self::leases(&stable, &topic, partitions, GRACE)?.is_none() {
        if Instant::now() > deadline {
            return Err(still_open());
        }
    }
    let fenced = started.elapsed();
    let mut ends = BTreeMap::new();
    for partition in partitions {
        // The very end, including data that is committed but not yet marked as committed.
        let end = end_offset(&unstable, &topic, *partition)?;
        while end_offset(&stable, &topic, *partition)? < end {
            if Instant::now() > deadline {
                return Err(still_open());
            }
            std::thread::sleep(CHECK_EVERY);
        }
        ends.insert(*partition, end);
    }
    let stabilized = started.elapsed();
    let state = state::read(&stable, &topic, partitions)?;
    let read = started.elapsed();
    tracing::debug!(
        partitions = partitions.len(),
        values = state.len(),
        ?fenced,
        ?stabilized,
        ?read,
        "state of the partitions read"
    );
    Ok(Restored { state, ends })
}

/// Returns the leases of the partitions; `None` if an open transaction holds one back for longer than `wait`.
pub(super) fn leases(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    partitions: &BTreeSet<StatePartition>,
    wait: Duration,
) -> Result<Option<BTreeSet<String>>, JournalError> {
    let failure = |error| consumer.context().failure("cannot read the leases of the state partitions", &error);
    let mut requested = TopicPartitionList::new();
    for partition in partitions {
        requested.add_partition_offset(topic, *partition, Offset::Invalid).map_err(failure)?;
    }
    let started = Instant::now();
    let committed = match consumer.committed_offsets(requested, wait) {
        Ok(committed) => committed,
        Err(error) if is_held_back(&error) => return Ok(None),
        Err(error) => return Err(failure(error)),
    };
    let mut leases = BTreeSet::new();
    for element in committed.elements() {
        match element.error() {
            Ok(()) => leases.insert(element.metadata().to_owned()),
            Err(error) if is_held_back(&error) => {
                std::thread::sleep(wait.saturating_sub(started.elapsed()));
                return Ok(None);
            }
            Err(error) => return Err(failure(error)),
        };
    }
    leases.remove("");
    Ok(Some(leases))
}

/// Returns whether a lease names an instance of the same prefix; metadata written by others is ignored.
pub(super) fn has_our_prefix(settings: &KafkaSettings, lease: &str) -> bool {
    lease.strip_prefix(&settings.topics.prefix).is_some_and(|rest| rest.starts_with('-'))
}

/// Takes the previous owner's transactional id and drops it: its open transaction is ended and it cannot begin another.
pub(super) fn fence(settings: &KafkaSettings, predecessor: &str) -> Result<(), JournalError> {
    let producer: ThreadedProducer<Context> = client::build(&client_config::producer_of(settings, predecessor)?)?;
    tracing::info!(predecessor, "fencing the previous owner of partitions; its open transaction ends");
    producer::initialize(&Arc::new(producer), settings, &format!("cannot fence the previous owner {predecessor}"))
}

/// Returns the end of a partition: of everything written, or (`stable`) of what readers of committed records may see.
pub(super) fn end_offset(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    partition: StatePartition,
) -> Result<i64, JournalError> {
    let (_, end) = consumer
        .fetch_watermarks(topic, partition, BROKER_TIMEOUT)
        .map_err(|e| consumer.context().failure("cannot read the end offset of the state topic", &e))?;
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::*;

    #[test]
    fn only_instances_of_the_same_prefix_are_fenced() {
        let settings = settings();
        assert!(has_our_prefix(&settings, "news-2") && has_our_prefix(&settings, "news-blue-3"));
        assert!(!has_our_prefix(&settings, "newsroom-2"));
        assert!(!has_our_prefix(&settings, "") && !has_our_prefix(&settings, "news"));
    }
}
