//! The articles that were looked up lately, and those whose changes are not committed.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::known::KnownArticle;

/// The articles in each of the two generations of the cache.
const GENERATION: usize = 20_000;

/// What is known of an article; `None` if there is no such article.
pub(super) type Known = Option<Arc<KnownArticle>>;

/// An article with changes that are not committed.
#[derive(Debug)]
struct Uncommitted {
    known: Known,
    changes: usize,
    /// The partition key of its state.
    site: Arc<str>,
}

/// The articles in memory: uncommitted ones stay, the others are dropped a generation after they were last used.
#[derive(Debug, Default)]
pub(super) struct ArticleCache {
    uncommitted: HashMap<Uuid, Uncommitted>,
    young: HashMap<Uuid, Known>,
    old: HashMap<Uuid, Known>,
    /// Counts the generations that were dropped.
    dropped: u64,
}

impl ArticleCache {
    /// Returns what is known; the outer `None` means that it must be read.
    pub(super) fn get(&mut self, id: Uuid) -> Option<Known> {
        if let Some(changed) = self.uncommitted.get(&id) {
            return Some(changed.known.clone());
        }
        if let Some(known) = self.young.get(&id) {
            return Some(known.clone());
        }
        let known = self.old.remove(&id)?;
        self.keep(id, known.clone());
        Some(known)
    }

    /// Returns a number that changes when articles are dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Adds what was read, unless more is known by now. Returns what is known.
    pub(super) fn add_read(&mut self, id: Uuid, read: Known) -> Known {
        if let Some(known) = self.get(id) {
            return known;
        }
        self.keep(id, read.clone());
        read
    }

    /// Changes an article whose state has this partition key; the change is not committed yet.
    pub(super) fn change(&mut self, id: Uuid, site: &Arc<str>, known: Known) {
        let changes = self.uncommitted.get(&id).map_or(0, |changed| changed.changes) + 1;
        self.uncommitted.insert(id, Uncommitted { known, changes, site: Arc::clone(site) });
        self.young.remove(&id);
        self.old.remove(&id);
    }

    /// Notes that a change was committed.
    pub(super) fn committed(&mut self, id: Uuid) {
        let Some(changed) = self.uncommitted.get_mut(&id) else { return };
        changed.changes -= 1;
        if changed.changes == 0
            && let Some(changed) = self.uncommitted.remove(&id)
        {
            self.keep(id, changed.known);
        }
    }

    /// Forgets everything that is committed, to read it again.
    pub(super) fn refresh(&mut self) {
        (self.young, self.old) = Default::default();
        self.dropped += 1;
    }

    /// Forgets everything that is committed, and the changes of state with partition keys for which `is_gone` holds.
    pub(super) fn forget(&mut self, is_gone: impl Fn(&str) -> bool) {
        self.refresh();
        self.uncommitted.retain(|_, changed| !is_gone(&changed.site));
    }

    fn keep(&mut self, id: Uuid, known: Known) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
            self.dropped += 1;
        }
        self.young.insert(id, known);
    }
}
