//! Gives a member of the group a new producer without a restore.
//!
//! The brokers fence a producer whose transaction has timed out, for example after a network cut; another instance fences
//! one that it considers dead. Nobody else has written to the partitions that are still owned if, *after* the transactional
//! id was acquired again, the group shows that they are still assigned to this very process, and their leases name it.
//! Otherwise the state must be restored.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::client::Client;
use rdkafka::consumer::BaseConsumer;

use super::client::{self, Context};
use super::group::GroupMember;
use super::layout::LayoutReader;
use super::members::{self, Member};
use super::options::KafkaSettings;
use super::ownership::PartitionOwnership;
use super::producer::TransactionalProducer;
use super::{client_config, takeover};
use crate::journal::{JournalError, StatePartition};
use crate::record::Topic;

/// How long to wait for the group to tell, once the producer is new. A rebalance may need this instance meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often to try before the state is restored instead.
const ATTEMPTS: u32 = 10;
/// The pause between two looks at the group.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long the brokers may take to describe the group.
const ANSWER: Duration = Duration::from_secs(1);

/// What a renewal needs to know of the membership.
pub(super) struct Renewal {
    pub settings: Arc<KafkaSettings>,
    pub ownership: Arc<PartitionOwnership>,
    pub layout: Arc<LayoutReader>,
    /// Where the layout was read to before joining.
    pub layout_end: i64,
    /// As what the group member introduced itself.
    pub process: String,
}

impl Renewal {
    /// Returns whether the producer is broken and can be renewed. The group must tell this process from others of its name, and
    /// nothing that concerns an owned partition may be in doubt.
    pub(super) fn is_possible(&self, producer: &TransactionalProducer, member: &GroupMember) -> bool {
        self.settings.is_process_known() && producer.is_broken() && !producer.is_in_doubt() && !member.is_fenced()
    }

    /// Renews a broken producer. Returns [`JournalError::Reset`] if another instance may have written to owned partitions.
    pub(super) fn renew(&self, producer: &mut TransactionalProducer) -> Result<(), JournalError> {
        let started = Instant::now();
        let in_vain = producer.renew()?;
        let renewed = Instant::now();
        while !self.keep_assigned(producer.client()) {
            if renewed.elapsed() > PATIENCE {
                let reason =
                    "the group is rebalancing, or cannot be described: it does not tell who has which partitions";
                return Err(match in_vain {
                    0..ATTEMPTS => JournalError::retriable(reason),
                    _ => JournalError::reset(reason),
                });
            }
            std::thread::sleep(LOOK_EVERY);
        }
        let owned = self.ownership.owned();
        if !owned.is_empty() {
            let consumer: BaseConsumer<Context> = client::build(&client_config::inspector(&self.settings, true)?)?;
            let leases = takeover::each_lease(&consumer, &self.settings.topic(Topic::FeedState), &owned, PATIENCE)?;
            let own = self.settings.transactional_id();
            if leases.is_none_or(|leases| leases.values().any(|lease| *lease != own)) {
                return Err(JournalError::reset("another instance took over partitions of this one"));
            }
        }
        // As after a takeover: a growth fences all owners that it finds once it is announced.
        if self.layout.end()? != self.layout_end {
            return Err(JournalError::reset("the state is being carried over to more partitions"));
        }
        producer.mended();
        tracing::info!(took = ?started.elapsed(), "producer was fenced and is renewed");
        Ok(())
    }

    /// Gives up the partitions that the group no longer assigns to this instance; they are about to be revoked. Returns whether
    /// the group tells.
    fn keep_assigned(&self, client: &Client<Context>) -> bool {
        // Read before the group is described: what is assigned later does not matter.
        let held = self.ownership.all_held();
        if held.is_empty() {
            return true;
        }
        let Some(group) = members::describe(client, &self.settings, ANSWER) else { return false };
        let own = group.members.iter().find(|member| self.is_own(member));
        let Some(assigned) = own.and_then(|own| own.assigned.as_ref()) else { return false };
        let others: BTreeSet<StatePartition> = held.difference(assigned).copied().collect();
        self.ownership.revoke(&others);
        self.ownership.disown(&others);
        true
    }

    /// Returns whether the member is this process.
    fn is_own(&self, member: &Member) -> bool {
        member.process.as_ref() == Some(&self.process) && member.is(&self.settings.transactional_id())
    }
}
