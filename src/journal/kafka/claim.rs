//! Takes over partitions: after the restore, no write of a previous owner may follow.
//!
//! Each claim and each commit stores the owner's transactional id beside the partition's offset in the group, its
//! *lease*; a clean hand-over leaves the lease empty. An instance that takes over a partition with another owner's
//! lease fences that transactional id. Fencing commits or aborts the owner's open transaction at once and prevents new
//! ones. `docs/exactly-once.md` has the proof.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::producer::ThreadedProducer;
use rdkafka::{Offset, TopicPartitionList};

use super::client::{self, Context};
use super::options::{Options, PATIENCE};
use super::state;
use crate::journal::{JournalError, StateEntry, StatePartition};
use crate::record::Topic;

/// How long an open transaction may hold back offsets before its producer counts as dead.
const GRACE: Duration = Duration::from_secs(1);
/// The pause between two checks of the end of a partition.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The result of a claim.
pub(super) struct Claimed {
    /// The state of the partitions.
    pub state: Vec<StateEntry>,
    /// For each partition, the offset after its last state.
    pub ends: BTreeMap<StatePartition, i64>,
}

/// Ends the transactions that previous owners left open in the partitions and reads their state. Blocks.
pub(super) fn prepare(options: &Options, partitions: &BTreeSet<StatePartition>) -> Result<Claimed, JournalError> {
    if partitions.is_empty() {
        return Ok(Claimed { state: Vec::new(), ends: BTreeMap::new() });
    }
    let begun = Instant::now();
    let topic = Topic::FeedState.name(&options.topics.prefix);
    let stable: BaseConsumer<Context> = client::made(&client::lookout(options, true)?)?;
    let unstable: BaseConsumer<Context> = client::made(&client::lookout(options, false)?)?;
    let leases = match leases(&stable, &topic, partitions, GRACE)? {
        Some(leases) => leases,
        None => leases(&unstable, &topic, partitions, PATIENCE)?.unwrap_or_default(),
    };
    let own = options.transactional_id();
    for predecessor in leases.iter().filter(|lease| **lease != own && is_ours(options, lease)) {
        fence(options, predecessor)?;
    }
    // A transaction without a lease to fence ends by its own timeout.
    let deadline = Instant::now() + PATIENCE + options.transaction_timeout;
    let still_open = || JournalError::Retriable("a predecessor's transaction is still open".into());
    while self::leases(&stable, &topic, partitions, GRACE)?.is_none() {
        if Instant::now() > deadline {
            return Err(still_open());
        }
    }
    let fenced = begun.elapsed();
    let mut ends = BTreeMap::new();
    for slot in partitions {
        // The very end, including data that is committed but not yet marked as committed.
        let end = watermark(&unstable, &topic, *slot)?;
        while watermark(&stable, &topic, *slot)? < end {
            if Instant::now() > deadline {
                return Err(still_open());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        ends.insert(*slot, end);
    }
    let waited = begun.elapsed();
    let state = state::read(&stable, &topic, partitions)?;
    let read = begun.elapsed();
    tracing::debug!(
        partitions = partitions.len(),
        values = state.len(),
        ?fenced,
        ?waited,
        ?read,
        "the state of shards was read"
    );
    Ok(Claimed { state, ends })
}

/// Returns the leases of the partitions; `None` if an open transaction holds one back for longer than `wait`.
fn leases(
    consumer: &BaseConsumer<Context>,
    topic: &str,
    partitions: &BTreeSet<StatePartition>,
    wait: Duration,
) -> Result<Option<BTreeSet<String>>, JournalError> {
    let doing = "asking who had the shards";
    let mut asked = TopicPartitionList::new();
    for slot in partitions {
        asked.add_partition_offset(topic, *slot, Offset::Invalid).map_err(|e| consumer.context().failure(doing, &e))?;
    }
    let started = Instant::now();
    let found = match consumer.committed_offsets(asked, wait) {
        Ok(found) => found,
        Err(error) if held_back(&error) => return Ok(None),
        Err(error) => return Err(consumer.context().failure(doing, &error)),
    };
    let mut leases = BTreeSet::new();
    for element in found.elements() {
        match element.error() {
            Ok(()) => leases.insert(element.metadata().to_owned()),
            Err(error) if held_back(&error) => {
                std::thread::sleep(wait.saturating_sub(started.elapsed()));
                return Ok(None);
            }
            Err(error) => return Err(consumer.context().failure(doing, &error)),
        };
    }
    leases.remove("");
    Ok(Some(leases))
}

/// Returns whether an open transaction probably holds offsets back: librdkafka keeps retrying until its time limit.
fn held_back(error: &KafkaError) -> bool {
    use rdkafka::error::RDKafkaErrorCode as Code;
    matches!(error.rdkafka_error_code(), Some(Code::UnstableOffsetCommit | Code::OperationTimedOut))
}

/// Returns whether a lease names an instance of the same prefix; metadata written by others is ignored.
fn is_ours(options: &Options, lease: &str) -> bool {
    lease.strip_prefix(&options.topics.prefix).is_some_and(|rest| rest.starts_with('-'))
}

/// Takes the previous owner's transactional id and drops it: its open transaction is ended and it cannot begin another.
fn fence(options: &Options, predecessor: &str) -> Result<(), JournalError> {
    let producer: ThreadedProducer<Context> = client::made(&client::producer_of(options, predecessor)?)?;
    tracing::info!(predecessor, "its shards are taken over: its open transaction, if any, is ended");
    super::transaction::initialise(&Arc::new(producer), options, &format!("ending what {predecessor} left open"))
}

/// Returns the end of a partition: of everything written, or (`stable`) of what readers of committed records may see.
fn watermark(consumer: &BaseConsumer<Context>, topic: &str, partition: StatePartition) -> Result<i64, JournalError> {
    let (_, end) = consumer
        .fetch_watermarks(topic, slot, PATIENCE)
        .map_err(|e| consumer.context().failure("asking for the end of the state topic", &e))?;
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::super::tests::options;
    use super::*;

    #[test]
    fn only_instances_of_the_same_prefix_are_fenced() {
        let options = options();
        assert!(is_ours(&options, "news-2") && is_ours(&options, "news-blue-3"));
        assert!(!is_ours(&options, "newsroom-2") && !is_ours(&options, "") && !is_ours(&options, "news"));
    }
}
