//! Decides which previous owners of partitions are fenced.
//!
//! Fencing ends a dead owner's open transaction at once. An owner that is alive, and merely lost its session, ends its
//! transactions itself; if it were fenced, it would have to start over with a new producer and a restore. It can be left
//! alone once the group shows that it has joined again *without* the partitions: an instance gives up partitions before it
//! joins without them, and the group's coordinator rejects what it sends with an earlier generation.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rdkafka::client::Client;

use super::client::Context;
use super::members::{self, Group};
use super::options::KafkaSettings;
use super::ownership::PartitionOwnership;
use crate::journal::{JournalError, StatePartition};

/// How long an instance that lost its session waits for the others, which probably lost theirs for the same reason.
const RETURN: Duration = Duration::from_secs(3);
/// How long a rebalance may keep the group from telling what its members have.
const REBALANCE: Duration = Duration::from_secs(3);
/// The pause between two looks at the group.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long the brokers may take to describe the group.
const ANSWER: Duration = Duration::from_secs(1);

/// What the group tells of a previous owner.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// It is not a member.
    Gone,
    /// It has joined again and gave up the partitions before.
    Returned,
    /// It is a member that said it has some of the partitions.
    Claims,
    /// It is a member, and the group is rebalancing.
    Unknown,
}

/// Returns those of the previous owners that must be fenced before the partitions can be taken over. An instance
/// `is_returning` if it lost its session a moment ago.
pub(super) fn to_fence(
    client: &Client<Context>,
    settings: &KafkaSettings,
    ownership: &PartitionOwnership,
    partitions: &BTreeSet<StatePartition>,
    mut owners: BTreeSet<String>,
    is_returning: bool,
) -> Result<BTreeSet<String>, JournalError> {
    let started = Instant::now();
    while !owners.is_empty() {
        if ownership.still_assigned(partitions) != *partitions {
            // The rebalance may be waiting for this instance.
            return Err(JournalError::Disowned);
        }
        let group = members::describe(client, settings, ANSWER);
        let waited = started.elapsed();
        let Some(group) = group else {
            if is_returning && waited < RETURN {
                continue;
            }
            return Ok(owners);
        };
        let of = |owner: &String| standing(&group, &settings.transactional_id(), partitions, owner);
        owners.retain(|owner| of(owner) != Standing::Returned);
        let is_open = |owner: &String| match of(owner) {
            Standing::Gone => is_returning && waited < RETURN,
            Standing::Unknown => waited < REBALANCE,
            Standing::Claims | Standing::Returned => false,
        };
        if !owners.iter().any(is_open) {
            return Ok(owners);
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(owners)
}

/// Returns what the group tells of `owner`, if it tells that the partitions are assigned to `own`.
fn standing(group: &Group, own: &str, partitions: &BTreeSet<StatePartition>, owner: &str) -> Standing {
    let mut entries = group.members.iter().filter(|member| member.is(owner)).peekable();
    if entries.peek().is_none() {
        return Standing::Gone;
    }
    let assigned =
        |member: &members::Member| member.assigned.as_ref().is_some_and(|assigned| partitions.is_subset(assigned));
    if !group.is_stable || !group.members.iter().any(|member| member.is(own) && assigned(member)) {
        return Standing::Unknown;
    }
    let without = |had: &BTreeSet<StatePartition>| had.is_disjoint(partitions);
    if entries.all(|member| member.had.as_ref().is_some_and(without)) { Standing::Returned } else { Standing::Claims }
}

#[cfg(test)]
mod tests {
    use super::members::Member;
    use super::*;

    fn member(name: &str, had: &[StatePartition], assigned: &[StatePartition]) -> Member {
        let set = |partitions: &[StatePartition]| Some(partitions.iter().copied().collect());
        let id = format!("{name}-{}", uuid::Uuid::new_v4());
        Member { id, process: None, had: set(had), assigned: set(assigned) }
    }

    #[test]
    fn owner_is_left_alone_only_once_it_joined_without_the_partitions() {
        let ours = BTreeSet::from([1, 2]);
        let is = |members: Vec<Member>| standing(&Group { is_stable: true, members }, "n-1", &ours, "n-2");
        let us = || member("n-1", &[], &[1, 2, 3]);
        assert_eq!(is(vec![us()]), Standing::Gone);
        assert_eq!(is(vec![us(), member("n-2", &[4], &[4, 5])]), Standing::Returned);
        assert_eq!(is(vec![us(), member("n-2", &[2, 4], &[4])]), Standing::Claims);
        assert_eq!(is(vec![us(), member("n-2", &[], &[]), member("n-2", &[1], &[])]), Standing::Claims);
        // The description is older or newer than our assignment.
        assert_eq!(is(vec![member("n-1", &[], &[1]), member("n-2", &[], &[2])]), Standing::Unknown);
    }

    #[test]
    fn nothing_is_known_of_members_while_the_group_rebalances() {
        let members = vec![Member { had: None, assigned: None, ..member("n-2", &[], &[]) }];
        let group = Group { is_stable: false, members };
        let of = |owner| standing(&group, "n-1", &BTreeSet::from([1]), owner);
        assert_eq!((of("n-2"), of("n-3")), (Standing::Unknown, Standing::Gone));
    }
}
