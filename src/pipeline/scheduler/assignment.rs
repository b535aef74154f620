//! The dispatcher's part in sharing feeds with other instances: starts feeds of assigned partitions and ends those of
//! revoked ones.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::revocation::Revocation;
use super::{Control, Scheduler};
use crate::journal::StatePartition;
use crate::pipeline::message::FeedHandle;

/// Commands to the running dispatcher.
#[derive(Debug)]
pub(in crate::pipeline) enum Command {
    /// A command of the user.
    Control(Control),
    /// These partitions are assigned, and their state is in the state store.
    Assigned(BTreeSet<StatePartition>),
    /// These partitions are revoked: stop polling their feeds.
    Revoked {
        /// The revoked partitions.
        partitions: BTreeSet<StatePartition>,
        /// How long open readings of their feeds may take to finish.
        grace_period: Duration,
        /// Notified when none of their feeds is being read any more.
        released: oneshot::Sender<()>,
    },
}

impl Scheduler {
    pub(super) async fn handle(&mut self, order: Command) {
        match order {
            Command::Control(Control::Feeds(feeds)) => self.set_feeds(feeds).await,
            // The caller may be gone.
            Command::Control(Control::Poll(feed, answer)) => drop(answer.send(self.poll_soon(&feed))),
            Command::Assigned(partitions) => {
                info!(?partitions, "partitions assigned");
                self.partitions.extend(partitions);
                self.adopt();
                if let Some(subscriber) = &mut self.subscriber {
                    subscriber.adopt();
                }
                self.apply_assignment().await;
            }
            Command::Revoked { partitions, grace_period: patience, released: left } => {
                info!(?partitions, "partitions revoked");
                self.partitions.retain(|partition| !partitions.contains(partition));
                let (journal, gone) = (&self.journal, &partitions);
                self.feeds.retain(|_, listed| !gone.contains(&journal.partition(&listed.handle.site)));
                self.register();
                if let Some(subscriber) = &mut self.subscriber {
                    let feeds = &self.feeds;
                    subscriber.forget(|feed| feeds.contains_key(feed));
                }
                self.revocations.push(Revocation {
                    partitions,
                    until: Instant::now() + patience,
                    released: Some(left),
                });
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
    pub(super) fn finish_revocations(&mut self) {
        let (open, now) = (&self.open, Instant::now());
        self.revocations.retain_mut(|leaving| {
            let mut reading = open.values().filter(|(partition, _)| leaving.partitions.contains(partition)).peekable();
            if reading.peek().is_none() {
                // The caller may be gone too.
                let _ = leaving.released.take().map(|left| left.send(()));
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
pub(super) async fn grace_period_ended(leaving: &[Revocation]) {
    let now = Instant::now();
    match leaving.iter().map(|leaving| leaving.until).filter(|until| *until > now).min() {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}
