//! The producer and the group membership of a running instance, which live from one restore to the next.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::group::GroupMember;
use super::producer::TransactionalProducer;
use crate::journal::JournalError;

/// The producer and the group membership of a running instance.
pub(super) struct Membership {
    pub producer: TransactionalProducer,
    pub member: GroupMember,
    /// The outcome of a transaction is in doubt: this membership commits nothing more.
    pub is_poisoned: bool,
}

/// Locks the membership; `None` before the first restore.
pub(super) fn lock(membership: &Mutex<Option<Membership>>) -> MutexGuard<'_, Option<Membership>> {
    membership.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs one transaction. Once an outcome is in doubt, the membership runs no further transaction.
pub(super) fn transact(
    membership: &mut Option<Membership>,
    work: impl FnOnce(&mut TransactionalProducer, &GroupMember) -> Result<(), JournalError>,
) -> Result<(), JournalError> {
    let Some(Membership { producer, member, is_poisoned: is_poisoned @ false }) = membership else {
        return Err(JournalError::reset("the state has not been restored"));
    };
    let outcome = work(producer, member);
    *is_poisoned = matches!(outcome, Err(JournalError::Reset(_) | JournalError::Fatal(_)));
    outcome
}
