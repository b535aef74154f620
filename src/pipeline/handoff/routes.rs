//! Which sites' articles are dealt with here.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use url::Url;

use super::claims::FeedClaims;
use crate::fetch;
use crate::journal::{Journal, StatePartition};
use crate::pipeline::message::{FeedHandle, ReceivedAt};

/// Says whether work for a site is done here or handed over. A partition is open from the moment its state is loaded;
/// before it is released, it is closed to new work, and then shut: nothing more is committed to it.
pub(in crate::pipeline) struct Routes {
    /// `None` if nothing is shared.
    journal: Option<Arc<dyn Journal>>,
    partitions: RwLock<Partitions>,
    claims: FeedClaims,
}

#[derive(Debug, Default)]
struct Partitions {
    open: BTreeSet<StatePartition>,
    closed: BTreeSet<StatePartition>,
}

impl Routes {
    /// Creates the routes of a run whose state is restored.
    pub(in crate::pipeline) fn new(journal: Arc<dyn Journal>) -> Self {
        let partitions = Partitions { open: journal.owned(), closed: BTreeSet::new() };
        Self {
            journal: Some(journal).filter(|journal| journal.is_shared()),
            partitions: RwLock::new(partitions),
            claims: FeedClaims::default(),
        }
    }

    /// Creates the routes of a run that deals with all sites.
    pub(in crate::pipeline) fn unshared() -> Self {
        Self { journal: None, partitions: RwLock::default(), claims: FeedClaims::default() }
    }

    /// Returns whether other instances may own sites.
    pub(in crate::pipeline) fn is_shared(&self) -> bool {
        self.journal.is_some()
    }

    /// Returns whether new work for the site is done here.
    pub(in crate::pipeline) fn is_here(&self, site: &str) -> bool {
        self.hold().is_here(site)
    }

    /// Returns whether pages of the URL's site are fetched here.
    pub(in crate::pipeline) fn has(&self, url: &Url) -> bool {
        !self.is_shared() || self.is_here(&fetch::registrable(url))
    }

    /// Returns whether pages of the URL's site are fetched here for an entry of this feed. A feed that is being polled here
    /// is dealt with to the end, even if its partition is about to be released; not if it is lost.
    pub(in crate::pipeline) fn has_for(&self, url: &Url, feed: &FeedHandle, received: Option<&ReceivedAt>) -> bool {
        let is_own = || received.is_none() && fetch::registrable(url) == *feed.site;
        self.has(url) || is_own() && self.hold().may_commit(&feed.site)
    }

    /// Returns the feeds that are claimed here.
    pub(in crate::pipeline) fn claims(&self) -> &FeedClaims {
        &self.claims
    }

    /// Keeps the partitions from being shut as long as it is held.
    pub(in crate::pipeline) fn hold(&self) -> RoutesGuard<'_> {
        RoutesGuard {
            journal: self.journal.as_deref(),
            partitions: self.partitions.read().unwrap_or_else(PoisonError::into_inner),
            claims: &self.claims,
        }
    }

    /// Opens partitions whose state is loaded.
    pub(in crate::pipeline) fn open(&self, partitions: &BTreeSet<StatePartition>) {
        let mut sets = self.partitions.write().unwrap_or_else(PoisonError::into_inner);
        sets.closed.retain(|partition| !partitions.contains(partition));
        sets.open.extend(partitions);
    }

    /// Closes partitions to new work; what has begun can still be committed.
    pub(in crate::pipeline) fn close(&self, partitions: &BTreeSet<StatePartition>) {
        self.partitions.write().unwrap_or_else(PoisonError::into_inner).closed.extend(partitions);
    }

    /// Shuts partitions: nothing is committed to them from now on, except what is in a group already.
    pub(in crate::pipeline) fn shut(&self, partitions: &BTreeSet<StatePartition>) {
        let mut sets = self.partitions.write().unwrap_or_else(PoisonError::into_inner);
        sets.open.retain(|partition| !partitions.contains(partition));
        sets.closed.retain(|partition| !partitions.contains(partition));
    }
}

/// Returns a name that belongs to a partition, for messages that belong to no site.
pub(in crate::pipeline) fn name_in(journal: &dyn Journal, partition: StatePartition) -> String {
    let mut names = (0_u32..).map(|number| format!("#{number}"));
    names.find(|name| journal.partition(name) == partition).unwrap_or_default()
}

/// The routes as they are while a batch is made.
pub(in crate::pipeline) struct RoutesGuard<'a> {
    journal: Option<&'a dyn Journal>,
    partitions: RwLockReadGuard<'a, Partitions>,
    claims: &'a FeedClaims,
}

impl<'a> RoutesGuard<'a> {
    /// Returns the feeds that are claimed here.
    pub(super) fn claims(&self) -> &'a FeedClaims {
        self.claims
    }

    /// Returns the partition of a site.
    pub(in crate::pipeline) fn partition(&self, site: &str) -> StatePartition {
        self.journal.map_or(0, |journal| journal.partition(site))
    }

    /// Returns a name that belongs to a partition, for messages that belong to no site.
    pub(super) fn name_in(&self, partition: StatePartition) -> String {
        self.journal.map(|journal| name_in(journal, partition)).unwrap_or_default()
    }

    /// Returns whether other instances may own sites.
    pub(in crate::pipeline) fn is_shared(&self) -> bool {
        self.journal.is_some()
    }

    /// Returns whether new work for the site is done here.
    pub(in crate::pipeline) fn is_here(&self, site: &str) -> bool {
        let Some(journal) = self.journal else { return true };
        let partition = journal.partition(site);
        self.partitions.open.contains(&partition) && !self.partitions.closed.contains(&partition)
    }

    /// Returns whether state of the site may be committed here.
    pub(in crate::pipeline) fn may_commit(&self, site: &str) -> bool {
        let Some(journal) = self.journal else { return true };
        let partition = journal.partition(site);
        self.partitions.open.contains(&partition) && journal.owned().contains(&partition)
    }
}
