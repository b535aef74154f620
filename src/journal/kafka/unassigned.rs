//! Looks for partitions that the group has assigned to nobody, and has it assign them.
//!
//! A member that is asked to give partitions up must join again afterwards, and only then the group assigns them to
//! another one. If a static member ends in between and returns within its session, the group gives it the rest of its
//! assignment, without a rebalance, and the partitions stay unassigned until something else causes one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::client::{self, Context};
use super::client_config;
use super::listener::RebalanceListener;
use super::members::{self, Group};
use super::options::KafkaSettings;
use super::ownership::PartitionOwnership;
use crate::journal::{JournalError, Reason, StatePartition};
use crate::record::Topic;

/// How often the thread checks whether to stop.
const TICK: Duration = Duration::from_millis(100);
/// How long the brokers may take to describe the group.
const ANSWER: Duration = Duration::from_secs(2);

/// Starts the thread that looks once in each session, until it is stopped.
pub(super) fn watch(
    settings: &KafkaSettings,
    member: &Arc<BaseConsumer<RebalanceListener>>,
    ownership: Arc<PartitionOwnership>,
    stop: Arc<AtomicBool>,
) -> Result<(), JournalError> {
    let inspector: BaseConsumer<Context> = client::build(&client_config::inspector(settings, false)?)?;
    // The member must not live for as long as this thread.
    let (settings, member) = (settings.clone(), Arc::downgrade(member));
    let run = move || {
        let mut before = BTreeSet::new();
        while wait(settings.kafka.session_timeout, &stop) {
            let Some(group) = members::describe(inspector.client(), &settings, ANSWER) else { continue };
            let (unassigned, first) = unassigned(&group, ownership.count(), &settings.transactional_id());
            // Twice: a rebalance in several steps is stable in between.
            if !unassigned.is_empty() && unassigned == before && first {
                let Some(member) = member.upgrade() else { return };
                tracing::warn!(partitions = ?unassigned, "partitions are assigned to no instance; joining the group again");
                member.unsubscribe();
                if let Err(error) = member.subscribe(&[&settings.topic(Topic::FeedState)]) {
                    let error = member.context().context.explain(&error);
                    tracing::warn!(%error, "joining the group again failed");
                }
            }
            before = unassigned;
        }
    };
    let spawned = thread::Builder::new().name("kafka-unassigned".into()).spawn(run);
    spawned.map(drop).map_err(|error| JournalError::Retriable(Reason::new("cannot start a thread of the group", error)))
}

/// Waits for this time. Returns false if it is stopped.
fn wait(time: Duration, stop: &AtomicBool) -> bool {
    let until = Instant::now() + time;
    while Instant::now() < until && !stop.load(Ordering::Acquire) {
        thread::sleep(TICK);
    }
    !stop.load(Ordering::Acquire)
}

/// Returns the partitions of a stable group that no member has, and whether the instance of this name is the first member:
/// one is enough to have them assigned.
fn unassigned(group: &Group, count: usize, name: &str) -> (BTreeSet<StatePartition>, bool) {
    let all = || (0..).take(count);
    let assigned: Option<Vec<_>> = group.members.iter().map(|member| member.assigned.clone()).collect();
    let Some(assigned) = assigned.filter(|_| group.is_stable && !group.members.is_empty()) else {
        return (BTreeSet::new(), false);
    };
    let first = group.members.iter().min_by(|a, b| a.id.cmp(&b.id)).is_some_and(|member| member.is(name));
    (all().filter(|partition| assigned.iter().all(|of| !of.contains(partition))).collect(), first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::kafka::members::Member;

    #[test]
    fn partitions_that_no_member_of_a_stable_group_has_are_found() {
        let member = |name: &str, assigned: Option<&[StatePartition]>| Member {
            id: format!("{name}-6f2b8f0a-7a0e-4b5e-9d0e-0a4f5f0f2b11"),
            process: None,
            had: None,
            assigned: assigned.map(|assigned| assigned.iter().copied().collect()),
        };
        let group = |is_stable, members| Group { is_stable, members };
        let two = || vec![member("news-2", Some(&[0])), member("news-1", Some(&[3]))];
        assert_eq!(unassigned(&group(true, two()), 4, "news-1"), ([1, 2].into(), true));
        assert_eq!(unassigned(&group(true, two()), 4, "news-2"), ([1, 2].into(), false));
        assert_eq!(unassigned(&group(false, two()), 4, "news-1"), ([].into(), false));
        assert_eq!(unassigned(&group(true, vec![member("news-1", None)]), 4, "news-1"), ([].into(), false));
        assert_eq!(unassigned(&group(true, Vec::new()), 4, "news-1"), ([].into(), false));
    }
}
