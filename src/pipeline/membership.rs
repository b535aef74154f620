//! Keeps the run in step with the partition assignment: feeds of an assigned partition start from the state that others
//! committed, and those of a revoked one stop with no work open.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tracing::info;

use super::book::Book;
use super::dispatch::Order;
use super::published::Observer;
use super::view;
use crate::journal::{Change, Journal, JournalError, StatePartition};

/// How long polls of revoked partitions may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Applies assignment changes until the journal fails.
pub(super) async fn keep(
    journal: Arc<dyn Journal>,
    book: Arc<Mutex<Book>>,
    orders: mpsc::Sender<Order>,
    observer: Observer,
) -> JournalError {
    let member = Membership { journal, book, orders, observer };
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

struct Membership {
    journal: Arc<dyn Journal>,
    book: Arc<Mutex<Book>>,
    orders: mpsc::Sender<Order>,
    observer: Observer,
}

impl Membership {
    async fn take(&self, change: Change) -> Result<(), JournalError> {
        match change {
            Change::Assigned(partitions, state) => {
                info!(?partitions, values = state.len(), "state restored");
                {
                    let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
                    book.extend(state);
                    let is_assigned = |site: &str| partitions.contains(&self.journal.partition(site));
                    view::tell_restored(&book, is_assigned, &self.observer);
                }
                // A dispatcher that is stopping takes no more feeds.
                let _ = self.orders.send(Order::Assigned(partitions)).await;
            }
            Change::Revoked(partitions) => {
                self.leave(&partitions, PATIENCE).await;
                self.journal.release(&partitions).await?;
                self.forget(&partitions);
            }
            Change::Lost(partitions) => {
                tracing::warn!(
                    ?partitions,
                    "session expired and the partitions were reassigned; their new owners redo the uncommitted work"
                );
                self.leave(&partitions, Duration::ZERO).await;
                self.forget(&partitions);
            }
        }
        Ok(())
    }

    async fn leave(&self, partitions: &BTreeSet<StatePartition>, patience: Duration) {
        let (left, done) = oneshot::channel();
        let order = Order::Revoked { partitions: partitions.clone(), patience, left };
        if self.orders.send(order).await.is_ok() {
            // A dispatcher that is stopping has already released everything.
            let _ = done.await;
        }
    }

    fn forget(&self, partitions: &BTreeSet<StatePartition>) {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.forget(partitions, |site| self.journal.partition(site));
    }
}
