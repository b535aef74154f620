//! The dispatcher's part in sharing feeds with other instances: starts feeds of assigned partitions and ends those of
//! revoked ones.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::leaving::Leaving;
use super::{Control, Dispatcher};
use crate::journal::StatePartition;
use crate::pipeline::work::FeedHandle;

/// Commands to the running dispatcher.
#[derive(Debug)]
pub(in crate::pipeline) enum Order {
    /// A command of the user.
    Control(Control),
    /// These partitions are assigned, and their state is in the book.
    Assigned(BTreeSet<StatePartition>),
    /// These partitions are revoked: stop polling their feeds.
    Revoked {
        /// The revoked partitions.
        partitions: BTreeSet<StatePartition>,
        /// How long open readings of their feeds may take to finish.
        patience: Duration,
        /// Notified when none of their feeds is being read any more.
        left: oneshot::Sender<()>,
    },
}

impl Dispatcher {
    pub(super) async fn obey(&mut self, order: Order) {
        match order {
            Order::Control(Control::Feeds(feeds)) => self.take(feeds).await,
            // The caller may be gone.
            Order::Control(Control::Poll(feed, answer)) => drop(answer.send(self.poll_soon(&feed))),
            Order::Assigned(partitions) => {
                info!(?partitions, "partitions assigned");
                self.partitions.extend(partitions);
                self.adopt();
                if let Some(subscriber) = &mut self.subscriber {
                    subscriber.adopt();
                }
                self.arrange().await;
            }
            Order::Revoked { partitions, patience, left } => {
                info!(?partitions, "partitions revoked");
                self.partitions.retain(|partition| !partitions.contains(partition));
                let (journal, gone) = (&self.journal, &partitions);
                self.feeds.retain(|_, listed| !gone.contains(&journal.partition(&listed.handle.site)));
                self.enrol();
                if let Some(subscriber) = &mut self.subscriber {
                    let feeds = &self.feeds;
                    subscriber.forget(|feed| feeds.contains_key(feed));
                }
                self.leaving.push(Leaving { partitions, until: Instant::now() + patience, left: Some(left) });
            }
        }
    }

    /// Notes that a feed is being read. The returned token cancels the reading.
    pub(super) fn opened(&mut self, feed: &FeedHandle) -> CancellationToken {
        let given_up = CancellationToken::new();
        self.open.insert(feed.config.id.clone(), (self.journal.partition(&feed.site), given_up.clone()));
        given_up
    }

    /// Reports which partitions are free of open readings, and cancels readings that took too long.
    pub(super) fn let_go(&mut self) {
        let (open, now) = (&self.open, Instant::now());
        self.leaving.retain_mut(|leaving| {
            let mut reading = open.values().filter(|(partition, _)| leaving.partitions.contains(partition)).peekable();
            if reading.peek().is_none() {
                // The caller may be gone too.
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

/// Waits until open readings of revoked partitions have taken too long.
pub(super) async fn patience(leaving: &[Leaving]) {
    let now = Instant::now();
    match leaving.iter().map(|leaving| leaving.until).filter(|until| *until > now).min() {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}
