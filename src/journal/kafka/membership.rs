//! The producer and the group membership of a running instance, which live from one restore to the next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::group::GroupMember;
use super::listener::GroupEvent;
use super::producer::TransactionalProducer;
use super::renewal::Renewal;
use crate::journal::JournalError;

/// The producer and the group membership of a running instance.
pub(super) struct Membership {
    pub producer: TransactionalProducer,
    pub member: GroupMember,
    pub renewal: Renewal,
    /// The outcome of a transaction is in doubt: this membership commits nothing more.
    pub is_poisoned: bool,
}

impl Membership {
    /// Leaves the group and joins it again. Rebalances are sent to `events`.
    pub(super) fn rejoin(&mut self, events: mpsc::Sender<GroupEvent>) -> Result<(), JournalError> {
        let Renewal { settings, process, ownership, .. } = &self.renewal;
        // The old member may not report anything once the new one has partitions.
        self.member.leave();
        self.member = GroupMember::join(settings, process, Arc::clone(ownership), events)?;
        Ok(())
    }
}

/// Locks the membership; `None` before the first restore.
pub(super) fn lock(membership: &Mutex<Option<Membership>>) -> MutexGuard<'_, Option<Membership>> {
    membership.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs one transaction, with a new producer if the last one was fenced. Once the outcome for an owned partition is in doubt,
/// the membership runs no further transaction.
pub(super) fn transact(
    membership: &mut Option<Membership>,
    work: impl FnOnce(&mut TransactionalProducer, &GroupMember) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let Some(Membership { producer, member, renewal, is_poisoned: is_poisoned @ false }) = membership else {
        return Err(JournalError::reset("the state has not been restored"));
    };
    let outcome = ready(producer, member, renewal).and_then(|()| {
        work(producer, member).map_err(|error| match error {
            // Nothing that concerns an owned partition was committed: another producer may try again.
            JournalError::Reset(reason) if renewal.is_possible(producer, member) => JournalError::Retriable(reason),
            error => error,
        })
    });
    *is_poisoned = matches!(outcome, Err(JournalError::Reset(_) | JournalError::Fatal(_)));
    outcome
}

/// Ends a transaction that is still open, and renews a broken producer.
fn ready(producer: &mut TransactionalProducer, member: &GroupMember, renewal: &Renewal) -> Result<(), JournalError> {
    let ended = if producer.is_broken() { Ok(()) } else { producer.end_open() };
    if producer.is_broken() && renewal.is_possible(producer, member) { renewal.renew(producer) } else { ended }
}
