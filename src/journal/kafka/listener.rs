//! Receives the consumer group's rebalance callbacks, on the thread that polls the group.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};
use std::time::Duration;

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
    /// The state topic, to find out whether brokers answer.
    pub topic: String,
    /// How long to wait for an answer of the brokers before joining again.
    pub silence: Duration,
}

impl RebalanceListener {
    pub(super) fn notify(&self, event: GroupEvent) {
        if !self.stop.load(Ordering::Acquire) {
            // Nobody receives the event while the journal is being restored.
            let _ = self.events.blocking_send(event);
        }
    }

    /// Records that another member took this one's place, and that its partitions are lost.
    pub(super) fn fenced(&self) {
        let partitions = self.ownership.all_held();
        if !partitions.is_empty() {
            self.lose(partitions);
        }
        self.notify(GroupEvent::Fenced);
    }

    fn lose(&self, partitions: BTreeSet<StatePartition>) {
        self.ownership.revoke(&partitions);
        self.ownership.disown(&partitions);
        self.ownership.give_back(&partitions);
        self.notify(GroupEvent::Lost(partitions));
    }

    /// Waits until the pipeline has released the revoked partitions, or [`REVOCATION_TIMEOUT`] has passed.
    fn revoke(&self, partitions: &BTreeSet<StatePartition>) {
        self.ownership.revoke(partitions);
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
        // A member that has left must not change what another one holds meanwhile.
        if partitions.is_empty() || self.stop.load(Ordering::Acquire) {
            return;
        }
        if consumer.assignment_lost() {
            self.lose(partitions);
            // The member joins again when this returns. A request into a connection that is cut would arrive after its retry:
            // the group would take it for another instance. Until the heartbeat's timeout the connection counts as good.
            if let Err(error) = consumer.fetch_metadata(Some(&self.topic), self.silence) {
                tracing::debug!(%error, "brokers do not answer since the session expired");
            }
        } else {
            self.revoke(&partitions);
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(list) = rebalance else { return };
        if self.stop.load(Ordering::Acquire) {
            return;
        }
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
