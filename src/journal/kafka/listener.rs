//! Receives the consumer group's rebalance callbacks, on the thread that polls the group.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::TopicPartitionListElem;
use tokio::sync::mpsc;

use super::client::Context;
use super::options::REVOCATION_TIMEOUT;
use super::ownership::PartitionOwnership;
use crate::journal::StatePartition;

/// An event of the consumer group.
#[derive(Debug)]
pub(super) enum GroupEvent {
    /// These partitions are assigned to this instance, which must take them over.
    Assigned(BTreeSet<StatePartition>),
    /// These partitions are being revoked; dropping the sender releases them.
    Revoked(BTreeSet<StatePartition>, std_mpsc::Sender<()>),
    /// These partitions were lost without being released: the group considered this instance dead.
    Lost(BTreeSet<StatePartition>),
    /// Another member took this instance's place and fenced it out of the group.
    Fenced,
}

/// Receives rebalance callbacks, records them and forwards them as events.
pub(super) struct RebalanceListener {
    pub context: Context,
    pub ownership: Arc<PartitionOwnership>,
    pub events: mpsc::Sender<GroupEvent>,
    /// The member is leaving the group: nobody handles events any more.
    pub stop: Arc<AtomicBool>,
}

impl RebalanceListener {
    pub(super) fn notify(&self, event: GroupEvent) {
        if !self.stop.load(Ordering::Acquire) {
            // Nobody receives the event while the journal is being restored.
            let _ = self.events.blocking_send(event);
        }
    }

    /// Waits until the pipeline has released the revoked partitions, or [`REVOCATION_TIMEOUT`] has passed.
    fn revoke(&self, partitions: &BTreeSet<StatePartition>) {
        self.ownership.revoke(partitions);
        if self.stop.load(Ordering::Acquire) {
            self.ownership.give_back(partitions);
            return;
        }
        let (done, released) = std_mpsc::channel();
        self.notify(GroupEvent::Revoked(partitions.clone(), done));
        if released.recv_timeout(REVOCATION_TIMEOUT) == Err(std_mpsc::RecvTimeoutError::Timeout) {
            tracing::warn!(
                ?partitions,
                "releasing revoked partitions timed out; the new owners redo the uncommitted work"
            );
            self.ownership.disown(partitions);
        }
        self.ownership.give_back(partitions);
    }
}

impl ClientContext for RebalanceListener {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.context.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.context.error(error, reason);
    }

    fn stats_raw(&self, _: &[u8]) {}
}

impl ConsumerContext for RebalanceListener {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(list) = rebalance else { return };
        let partitions = partitions(list);
        if partitions.is_empty() {
            return;
        }
        if consumer.assignment_lost() {
            self.ownership.revoke(&partitions);
            self.ownership.disown(&partitions);
            self.ownership.give_back(&partitions);
            self.notify(GroupEvent::Lost(partitions));
        } else {
            self.revoke(&partitions);
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(list) = rebalance else { return };
        // A separate consumer reads the state.
        if let Err(error) = consumer.pause(list) {
            tracing::debug!(%error, "pausing the state topic failed");
        }
        let partitions = partitions(list);
        self.ownership.assign(&partitions);
        self.notify(GroupEvent::Assigned(partitions));
    }
}

fn partitions(list: &TopicPartitionList) -> BTreeSet<StatePartition> {
    list.elements().iter().map(TopicPartitionListElem::partition).collect()
}
