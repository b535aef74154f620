//! Keeps the run in step with the partition assignment: feeds of an assigned partition start from the state that others
//! committed, and those of a revoked one stop with no work open.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tracing::info;

use super::book::Book;
use super::dispatch::Order;
use crate::journal::{Change, Journal, JournalError, Slot};

/// How long polls of revoked partitions may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Applies assignment changes until the journal fails.
pub(super) async fn keep(
    journal: Arc<dyn Journal>,
    book: Arc<Mutex<Book>>,
    orders: mpsc::Sender<Order>,
) -> JournalError {
    let member = Membership { journal, book, orders };
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
}

impl Membership {
    async fn take(&self, change: Change) -> Result<(), JournalError> {
        match change {
            Change::Gained(slots, state) => {
                info!(?slots, values = state.len(), "state restored");
                self.book.lock().unwrap_or_else(PoisonError::into_inner).extend(state);
                // A dispatcher that is stopping takes no more feeds.
                let _ = self.orders.send(Order::Gain(slots)).await;
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
        let order = Order::Leave { slots: slots.clone(), patience, left };
        if self.orders.send(order).await.is_ok() {
            // A dispatcher that is stopping has already released everything.
            let _ = done.await;
        }
    }

    fn forget(&self, slots: &BTreeSet<Slot>) {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.forget(slots, |shard| self.journal.slot(shard));
    }
}
