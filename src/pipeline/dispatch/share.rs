//! The dispatcher's part in sharing feeds with other instances: takes up the feeds of slots that are gained, and lets go of
//! those of slots that leave.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::leaving::Leaving;
use super::{Control, Dispatcher};
use crate::journal::Slot;
use crate::pipeline::work::FeedHandle;

/// What the dispatcher is told while it runs.
#[derive(Debug)]
pub(in crate::pipeline) enum Order {
    /// By the user.
    Control(Control),
    /// These slots are owned, and their state is in the book.
    Gain(BTreeSet<Slot>),
    /// These slots are no longer to be polled.
    Leave {
        /// Which.
        slots: BTreeSet<Slot>,
        /// How long what is being read of theirs may take to be finished.
        patience: Duration,
        /// Told when nothing of theirs is being read any more.
        left: oneshot::Sender<()>,
    },
}

impl Dispatcher {
    pub(super) async fn obey(&mut self, order: Order) {
        match order {
            Order::Control(Control::Feeds(feeds)) => self.take(feeds).await,
            // Who asked may be gone.
            Order::Control(Control::Poll(feed, answer)) => drop(answer.send(self.poll_soon(&feed))),
            Order::Gain(slots) => {
                info!(?slots, "shards gained");
                self.slots.extend(slots);
                self.adopt();
                if let Some(subscriber) = &mut self.subscriber {
                    subscriber.adopt();
                }
                self.arrange().await;
            }
            Order::Leave { slots, patience, left } => {
                info!(?slots, "shards are let go of");
                self.slots.retain(|slot| !slots.contains(slot));
                let (journal, gone) = (&self.journal, &slots);
                self.feeds.retain(|_, listed| !gone.contains(&journal.slot(&listed.handle.shard)));
                self.enrol();
                if let Some(subscriber) = &mut self.subscriber {
                    let feeds = &self.feeds;
                    subscriber.forget(|feed| feeds.contains_key(feed));
                }
                self.leaving.push(Leaving { slots, until: Instant::now() + patience, left: Some(left) });
            }
        }
    }

    /// Notes that a feed is being read. The token gives it up.
    pub(super) fn opened(&mut self, feed: &FeedHandle) -> CancellationToken {
        let given_up = CancellationToken::new();
        self.open.insert(feed.config.id.clone(), (self.journal.slot(&feed.shard), given_up.clone()));
        given_up
    }

    /// Tells which slots are left, and gives up what has taken too long.
    pub(super) fn let_go(&mut self) {
        let (open, now) = (&self.open, Instant::now());
        self.leaving.retain_mut(|leaving| {
            let mut reading = open.values().filter(|(slot, _)| leaving.slots.contains(slot)).peekable();
            if reading.peek().is_none() {
                // Whoever asked may have left too.
                let _ = leaving.left.take().map(|left| left.send(()));
                return false;
            }
            if leaving.until <= now {
                reading.for_each(|(_, given_up)| given_up.cancel());
            }
            true
        });
    }
}

/// Waits until what is being read of slots that leave has taken too long.
pub(super) async fn patience(leaving: &[Leaving]) {
    let now = Instant::now();
    match leaving.iter().map(|leaving| leaving.until).filter(|until| *until > now).min() {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}
