//! Keeps the run in step with the partition assignment: feeds of an assigned partition start from the state that others
//! committed, and those of a revoked one stop with no work open.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tracing::info;

use super::restore;
use super::scheduler::Command;
use crate::journal::{Change, Journal, JournalError, Slot};
use crate::state::published::Observer;
use crate::state::store::StateStore;

/// How long polls of revoked partitions may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Applies assignment changes until the journal fails.
pub(super) async fn keep(
    journal: Arc<dyn Journal>,
    store: Arc<Mutex<StateStore>>,
    orders: mpsc::Sender<Command>,
    observer: Observer,
) -> JournalError {
    let member = Rebalancer { journal, store, orders, observer };
    loop {
        let taken = match member.journal.change().await {
            Ok(change) => member.take(change).await,
            Err(error) => Err(error),
        };
        if let Err(error) = taken {
            return error;
        }
    }
}

struct Rebalancer {
    journal: Arc<dyn Journal>,
    store: Arc<Mutex<StateStore>>,
    orders: mpsc::Sender<Command>,
    observer: Observer,
}

impl Rebalancer {
    async fn take(&self, change: Change) -> Result<(), JournalError> {
        match change {
            Change::Gained(slots, state) => {
                info!(?slots, values = state.len(), "state restored");
                {
                    let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
                    store.extend(state);
                    let is_gained = |shard: &str| slots.contains(&self.journal.slot(shard));
                    restore::tell_restored(&store, is_gained, &self.observer);
                }
                // A dispatcher that is stopping takes no more feeds.
                let _ = self.orders.send(Command::Assigned(slots)).await;
            }
            Change::Leaving(slots) => {
                self.leave(&slots, PATIENCE).await;
                self.journal.release(&slots).await?;
                self.forget(&slots);
            }
            Change::Lost(slots) => {
                tracing::warn!(
                    ?slots,
                    "this instance was silent for too long and its shards went to others; what was not committed is read by them"
                );
                self.leave(&slots, Duration::ZERO).await;
                self.forget(&slots);
            }
        }
        Ok(())
    }

    async fn leave(&self, slots: &BTreeSet<Slot>, patience: Duration) {
        let (left, done) = oneshot::channel();
        let order = Command::Revoked { slots: slots.clone(), grace_period: patience, released: left };
        if self.orders.send(order).await.is_ok() {
            // A dispatcher that is stopping has already released everything.
            let _ = done.await;
        }
    }

    fn forget(&self, slots: &BTreeSet<Slot>) {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.forget(slots, |shard| self.journal.slot(shard));
    }
}
