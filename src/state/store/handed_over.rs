//! What the state has of entries that were handed over.

use std::sync::Arc;

use uuid::Uuid;

use super::origins::Uncommitted;
use super::state_store::StateStore;
use crate::journal::Key;
use crate::state::OriginState;

impl StateStore {
    /// Returns what this site's state has of an entry.
    pub fn origin(&self, feed: &str, key: u128, site: &str) -> Option<OriginState> {
        let name = (Arc::from(feed), key, Arc::from(site));
        if let Some(changed) = self.shared().origins.0.get(&name) {
            return changed.state.clone();
        }
        let stored = Key::Origin(feed.to_owned(), key, site.to_owned()).encode();
        let value = self.read(|disk| disk.value(&stored)).flatten()?;
        serde_json::from_slice(&value)
            .inspect_err(|error| tracing::error!(key = stored, %error, "unreadable state value skipped"))
            .ok()
    }

    /// Remembers or forgets what this site's state has of an entry; the change is not committed yet.
    pub fn set_origin(&self, feed: &str, key: u128, site: &str, state: Option<OriginState>) {
        let (feed, site): (Arc<str>, Arc<str>) = (Arc::from(feed), Arc::from(site));
        let mut shared = self.shared();
        let name = (feed, key, Arc::clone(&site));
        let changes = shared.origins.0.get(&name).map_or(0, |changed| changed.changes) + 1;
        shared.origins.0.insert(name, Uncommitted { state, changes, site });
    }

    /// Returns whether another entry of the feed became this article, as far as it was handed over.
    pub(super) fn is_origin_of_another(&self, feed: &str, key: u128, article: Uuid) -> bool {
        let mut stored = Vec::new();
        self.read(|disk| disk.each_origin(feed, article, |key, _| stored.push(key)));
        let shared = self.shared();
        let is_changed = |name: &str| match Key::decode(name) {
            Key::Origin(feed, key, site) => shared.origins.0.contains_key(&(Arc::from(feed), key, Arc::from(site))),
            _ => true,
        };
        let is_own = |name: &str| matches!(Key::decode(name), Key::Origin(_, other, _) if other == key);
        stored.iter().any(|name| !is_own(name) && !is_changed(name))
            || shared.origins.0.iter().any(|((of, other, _), changed)| {
                **of == *feed
                    && *other != key
                    && changed.state.as_ref().is_some_and(|state| state.article == Some(article))
            })
    }
}
