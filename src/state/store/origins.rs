//! The entries that were handed over to sites whose state is here, as far as their changes are not committed.

use std::collections::HashMap;
use std::sync::Arc;

use crate::state::OriginState;

/// A change that is not committed yet; `None` forgets the entry.
#[derive(Debug)]
pub(super) struct Uncommitted {
    pub(super) state: Option<OriginState>,
    pub(super) changes: usize,
    pub(super) site: Arc<str>,
}

/// The changes that are not committed, by feed, entry and site.
#[derive(Debug, Default)]
pub(super) struct Origins(pub(super) HashMap<(Arc<str>, u128, Arc<str>), Uncommitted>);

impl Origins {
    /// Notes that a change was committed.
    pub(super) fn committed(&mut self, feed: String, key: u128, site: String) {
        let name = (Arc::from(feed), key, Arc::from(site));
        let Some(changed) = self.0.get_mut(&name) else { return };
        changed.changes -= 1;
        if changed.changes == 0 {
            self.0.remove(&name);
        }
    }

    /// Forgets the changes of sites for which `is_gone` holds.
    pub(super) fn forget(&mut self, is_gone: impl Fn(&str) -> bool) {
        self.0.retain(|_, changed| !is_gone(&changed.site));
    }
}
