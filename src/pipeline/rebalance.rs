//! Keeps the run in step with the partition assignment: feeds of an assigned partition start from the state that others
//! committed, and those of a revoked one stop with no work open.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tracing::info;

use super::handoff::Routes;
use super::scheduler::Command;
use crate::journal::{Change, Journal, JournalError, StatePartition};
use crate::state::store::StateStore;

/// How long polls of revoked partitions may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Applies assignment changes until the journal fails.
pub(super) async fn keep(
    journal: Arc<dyn Journal>,
    store: Arc<StateStore>,
    routes: Arc<Routes>,
    orders: mpsc::Sender<Command>,
) -> JournalError {
    let member = Rebalancer { journal, store, routes, orders };
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
    store: Arc<StateStore>,
    routes: Arc<Routes>,
    orders: mpsc::Sender<Command>,
}

impl Rebalancer {
    async fn take(&self, change: Change) -> Result<(), JournalError> {
        match change {
            Change::Assigned(partitions) => {
                let (store, assigned) = (Arc::clone(&self.store), partitions.clone());
                // A panic is as good as a store that cannot be read.
                let _ = tokio::task::spawn_blocking(move || store.load(&assigned)).await;
                self.routes.open(&partitions);
                info!(?partitions, "state restored");
                // A scheduler that is stopping takes no more feeds.
                let _ = self.orders.send(Command::Assigned(partitions)).await;
            }
            Change::Revoked(partitions) => {
                // From now on, new work for these partitions is handed over.
                self.routes.close(&partitions);
                self.leave(&partitions, PATIENCE).await;
                self.journal.release(&partitions).await?;
                self.forget(&partitions);
            }
            Change::Lost(partitions) => {
                tracing::warn!(
                    ?partitions,
                    "session expired; partitions reassigned, and their new owners redo uncommitted work"
                );
                self.routes.shut(&partitions);
                self.leave(&partitions, Duration::ZERO).await;
                self.forget(&partitions);
            }
        }
        Ok(())
    }

    async fn leave(&self, partitions: &BTreeSet<StatePartition>, patience: Duration) {
        let (left, done) = oneshot::channel();
        let order = Command::Revoked { partitions: partitions.clone(), grace_period: patience, released: left };
        if self.orders.send(order).await.is_ok() {
            // A scheduler that is stopping has already released everything.
            let _ = done.await;
        }
        self.routes.shut(partitions);
        // Work of feeds that stay may have changed state of these partitions too: its group must be committed before they
        // are released, because half of a batch cannot be.
        let (passed, done) = oneshot::channel();
        if self.orders.send(Command::Barrier(passed)).await.is_ok()
            && let Ok(committed) = done.await
        {
            let _ = tokio::time::timeout(PATIENCE, committed).await;
        }
    }

    fn forget(&self, partitions: &BTreeSet<StatePartition>) {
        self.store.forget(partitions, |site| self.journal.partition(site));
    }
}
