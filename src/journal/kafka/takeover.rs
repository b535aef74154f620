//! Takes over partitions: after the restore, no write of a previous owner may follow.
//!
//! Each takeover and each commit stores the owner's transactional id beside the partition's offset in the group, its
//! *lease*; releasing a partition clears the lease. An instance that takes over a partition with the lease of
//! another owner, which is dead, fences that transactional id. Fencing commits or aborts the owner's open transaction at
//! once and prevents new ones. `docs/exactly-once.md` has the proof.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::ThreadedProducer;
use rdkafka::{Offset, TopicPartitionList};

use super::client::{self, Context};
use super::client_error::is_held_back;
use super::local::{Checkpoint, LocalState, Origin};
use super::options::{BROKER_TIMEOUT, KafkaSettings};
use super::ownership::PartitionOwnership;
use super::predecessors::to_fence;
use super::{client_config, producer, state};
use crate::journal::{JournalError, StatePartition};
use crate::record::Topic;

/// How long an open transaction may hold back offsets before its producer counts as dead.
pub(super) const GRACE: Duration = Duration::from_secs(1);
/// How long a predecessor that is alive may take to end its transaction before it is fenced too.
const PATIENCE: Duration = Duration::from_secs(3);
/// The pause between two checks of the end of a partition.
pub(super) const CHECK_EVERY: Duration = Duration::from_millis(20);

/// Partitions that no earlier owner can write to any more, and whose state is copied.
#[derive(Default)]
pub(super) struct Restored {
    /// For each partition, what it is and the offset after its last state.
    pub checkpoints: BTreeMap<StatePartition, Checkpoint>,
    /// Partitions that have no incarnation yet, with what they are and where their state ends.
    pub nameless: BTreeMap<StatePartition, Checkpoint>,
}

/// Ends the transactions that previous owners left open in the partitions and copies their state. Blocks. Returns
/// [`JournalError::Disowned`] if some of the partitions are revoked meanwhile.
pub(super) fn restore(
    settings: &KafkaSettings,
    ownership: &PartitionOwnership,
    partitions: &BTreeSet<StatePartition>,
    is_returning: bool,
    local: &LocalState,
) -> Result<Restored, JournalError> {
    if partitions.is_empty() {
        return Ok(Restored::default());
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
    let mut spared: BTreeSet<String> =
        leases.into_iter().filter(|lease| *lease != own && has_our_prefix(settings, lease)).collect();
    for predecessor in to_fence(stable.client(), settings, ownership, partitions, spared.clone(), is_returning)? {
        fence(settings, &predecessor)?;
        spared.remove(&predecessor);
    }
    // A transaction without a lease to fence ends by its own timeout.
    let (fenced_at, until) = (Instant::now(), BROKER_TIMEOUT + settings.kafka.transaction_timeout);
    let mut go_on = || {
        if ownership.still_assigned(partitions) != *partitions {
            return Err(JournalError::Disowned);
        }
        if fenced_at.elapsed() > PATIENCE {
            for predecessor in std::mem::take(&mut spared) {
                fence(settings, &predecessor)?;
            }
        }
        if fenced_at.elapsed() > until {
            return Err(JournalError::retriable("the previous owner's transaction is still open"));
        }
        Ok(())
    };
    while self::leases(&stable, &topic, partitions, GRACE)?.is_none() {
        go_on()?;
    }
    let fenced = started.elapsed();
    let mut ends = BTreeMap::new();
    for partition in partitions {
        // The very end, including data that is committed but not yet marked as committed.
        let end = end_offset(&unstable, &topic, *partition)?;
        while end_offset(&stable, &topic, *partition)? < end {
            go_on()?;
            std::thread::sleep(CHECK_EVERY);
        }
        ends.insert(*partition, end);
    }
    let stabilized = started.elapsed();
    let cluster = stable.client().fetch_cluster_id(BROKER_TIMEOUT).unwrap_or_default();
    let mut kept = kept_checkpoints(&stable, &topic, &cluster, &ends, local)?;
    let mut starts = BTreeMap::new();
    for partition in partitions {
        let start = kept.get(partition).map(|checkpoint| checkpoint.offset);
        if start.is_none() {
            local.forget(*partition)?;
        }
        starts.insert(*partition, start.unwrap_or(0));
    }
    let (records, mut found) = state::copy(&stable, &topic, &starts, local)?;
    let mut restored = Restored::default();
    for (partition, offset) in ends {
        let kept = kept.remove(&partition).map(|checkpoint| (checkpoint.origin.incarnation, checkpoint.origin.place));
        let known = found.remove(&partition).or(kept);
        let to = if known.is_some() { &mut restored.checkpoints } else { &mut restored.nameless };
        let (incarnation, place) = known.unwrap_or_default();
        let origin = Origin { cluster: cluster.clone(), topic: topic.clone(), incarnation, place };
        to.insert(partition, Checkpoint { origin, offset });
    }
    let read = started.elapsed();
    let (all, from_copy) = (partitions.len(), starts.values().filter(|start| **start > 0).count());
    tracing::debug!(partitions = all, from_copy, records, ?fenced, ?stabilized, ?read, "state of the partitions read");
    Ok(restored)
}

/// Returns the checkpoints of the local copy from which the partitions can be read on.
fn kept_checkpoints(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    cluster: &str,
    ends: &BTreeMap<StatePartition, i64>,
    local: &LocalState,
) -> Result<BTreeMap<StatePartition, Checkpoint>, JournalError> {
    let mut kept = BTreeMap::new();
    for (partition, end) in ends {
        let Some(checkpoint) = local.checkpoint(*partition)? else { continue };
        let Checkpoint { origin, offset } = &checkpoint;
        if origin.cluster == cluster && origin.topic == topic && (1..=*end).contains(offset) {
            kept.insert(*partition, checkpoint);
        }
    }
    let places = kept.iter().map(|(partition, checkpoint)| (*partition, checkpoint.origin.place)).collect();
    let found = state::incarnations(consumer, topic, &places)?;
    kept.retain(|partition, checkpoint| found.get(partition) == Some(&checkpoint.origin.incarnation));
    Ok(kept)
}

/// Returns who holds the leases of the partitions; `None` if an open transaction holds one back for longer than `wait`.
pub(super) fn leases(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    partitions: &BTreeSet<StatePartition>,
    wait: Duration,
) -> Result<Option<BTreeSet<String>>, JournalError> {
    let leases = each_lease(consumer, topic, partitions, wait)?;
    Ok(leases.map(|leases| leases.into_values().filter(|lease| !lease.is_empty()).collect()))
}

/// Returns the lease of each partition, which is empty if nobody holds it; `None` as above.
pub(super) fn each_lease(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    partitions: &BTreeSet<StatePartition>,
    wait: Duration,
) -> Result<Option<BTreeMap<StatePartition, String>>, JournalError> {
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
    let mut leases = BTreeMap::new();
    for element in committed.elements() {
        match element.error() {
            Ok(()) => leases.insert(element.partition(), element.metadata().to_owned()),
            Err(error) if is_held_back(&error) => {
                std::thread::sleep(wait.saturating_sub(started.elapsed()));
                return Ok(None);
            }
            Err(error) => return Err(failure(error)),
        };
    }
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
