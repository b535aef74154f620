//! The state partitions that this instance owns, and the revoked ones that it is about to release.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::journal::{Journal, StatePartition};
use crate::pipeline::handoff::Routes;
use crate::pipeline::message::FeedHandle;

/// The partitions whose feeds are polled here, and the feeds that are being read.
pub(super) struct Assignment {
    journal: Arc<dyn Journal>,
    routes: Arc<Routes>,
    owned: BTreeSet<StatePartition>,
    /// Revoked partitions, which are released once none of their feeds is being read.
    revocations: Vec<Revocation>,
    /// The feeds that are being read, each with the token that cancels the reading.
    open: HashMap<String, (StatePartition, CancellationToken)>,
}

/// Revoked partitions whose feeds may still be read.
struct Revocation {
    partitions: BTreeSet<StatePartition>,
    /// When readings that are still open are cancelled.
    until: Instant,
    released: Option<oneshot::Sender<()>>,
}

impl Assignment {
    /// Creates the assignment as the journal has it.
    pub(super) fn new(journal: Arc<dyn Journal>, routes: Arc<Routes>) -> Self {
        Self { owned: journal.owned(), journal, routes, revocations: Vec::new(), open: HashMap::new() }
    }

    /// Returns whether the feeds of this site are polled here.
    pub(super) fn owns(&self, site: &str) -> bool {
        self.owned.contains(&self.journal.partition(site))
    }

    /// Returns whether other instances own partitions.
    pub(super) fn is_shared(&self) -> bool {
        self.journal.is_shared() && self.owned.len() < self.journal.partition_count()
    }

    /// Returns the owned partitions.
    pub(super) fn owned(&self) -> BTreeSet<StatePartition> {
        self.owned.clone()
    }

    /// Returns the first of the owned partitions.
    pub(super) fn first(&self) -> Option<StatePartition> {
        self.owned.first().copied()
    }

    /// Returns all partitions.
    pub(super) fn all(&self) -> BTreeSet<StatePartition> {
        (0..StatePartition::try_from(self.journal.partition_count()).unwrap_or(0)).collect()
    }

    /// Returns the journal.
    pub(super) fn journal(&self) -> &dyn Journal {
        &*self.journal
    }

    /// Adds partitions.
    pub(super) fn assign(&mut self, partitions: BTreeSet<StatePartition>) {
        self.owned.extend(partitions);
    }

    /// Removes partitions. `released` is notified when none of their feeds is being read; readings that are still open
    /// after the grace period are cancelled.
    pub(super) fn revoke(
        &mut self,
        partitions: BTreeSet<StatePartition>,
        grace_period: Duration,
        released: oneshot::Sender<()>,
    ) {
        self.owned.retain(|partition| !partitions.contains(partition));
        let until = Instant::now() + grace_period;
        self.revocations.push(Revocation { partitions, until, released: Some(released) });
    }

    /// Notes that a feed is being read. The returned token cancels the reading.
    pub(super) fn opened(&mut self, feed: &FeedHandle) -> CancellationToken {
        let cancelled = CancellationToken::new();
        self.routes.claims().lock().opened(&feed.config.id);
        self.open.insert(feed.config.id.clone(), (self.journal.partition(&feed.site), cancelled.clone()));
        cancelled
    }

    /// Notes that a feed is no longer being read.
    pub(super) fn closed(&mut self, feed: &str) {
        self.open.remove(feed);
        self.routes.claims().lock().closed(feed);
        self.finish_revocations();
    }

    /// Returns whether the feed is being read.
    pub(super) fn is_open(&self, feed: &str) -> bool {
        self.open.contains_key(feed)
    }

    /// Releases the revoked partitions that have no open readings, and cancels readings that took too long.
    pub(super) fn finish_revocations(&mut self) {
        let (open, now) = (&self.open, Instant::now());
        self.revocations.retain_mut(|revocation| {
            let mut reading =
                open.values().filter(|(partition, _)| revocation.partitions.contains(partition)).peekable();
            if reading.peek().is_none() {
                // The caller may be gone too.
                let _ = revocation.released.take().map(|released| released.send(()));
                return false;
            }
            if revocation.until <= now {
                reading.for_each(|(_, cancelled)| cancelled.cancel());
            }
            true
        });
    }

    /// Waits until the grace period of a revocation ends; for ever if there is none.
    pub(super) async fn grace_period_ended(&self) {
        let now = Instant::now();
        match self.revocations.iter().map(|revocation| revocation.until).filter(|until| *until > now).min() {
            Some(until) => tokio::time::sleep_until(until).await,
            None => std::future::pending().await,
        }
    }
}
