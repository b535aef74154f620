//! The difference between two feed lists, for the report of a reload.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use crate::config::{self, FeedConfig, FeedHandle, KeyChange, SharedFeeds, changes_line};
use crate::serve::plain;

/// The most feeds that a report names, and the most keys of each.
const MAX_FEEDS: usize = 50;
const MAX_KEYS: usize = 20;
/// The longest line of the log about feeds, in characters.
const MAX_LINE: usize = 2_000;

/// How many feeds a reload changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedCounts {
    pub added: usize,
    pub removed: usize,
    pub changed: usize,
}

/// What a reload did with a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedReload {
    /// The lists have it now.
    Added,
    /// The lists no longer have it.
    Removed,
    /// Keys of it have other values.
    Changed,
}

/// A feed that a reload added, removed or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangedFeed {
    pub id: String,
    pub what: FeedReload,
    /// Its keys that have other values now.
    pub keys: Vec<KeyChange>,
}

/// The difference between two feed lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FeedDifference {
    pub counts: FeedCounts,
    /// The first feeds that differ: those of the new list in its order, then those that were removed.
    pub named: Vec<ChangedFeed>,
    /// How many more differ.
    pub more: usize,
}

impl FeedDifference {
    /// Compares two lists, of which the second shares the feeds of the first that did not change.
    pub(super) fn new(before: &SharedFeeds, after: &SharedFeeds) -> Self {
        let (mut counts, mut named, mut stayed) = (FeedCounts::default(), Vec::new(), 0);
        for feed in after {
            let known = before.get(&feed.id);
            stayed += usize::from(known.is_some());
            match known {
                Some(known) if known == feed => continue,
                Some(_) => counts.changed += 1,
                None => counts.added += 1,
            }
            if named.len() < MAX_FEEDS {
                named.push(ChangedFeed::new(known.map(|known| &**known), Some(feed)));
            }
        }
        counts.removed = before.len() - stayed;
        if counts.removed > 0 {
            let removed = before.iter().filter(|feed| after.get(&feed.id).is_none());
            named.extend(removed.take(MAX_FEEDS - named.len()).map(|feed| ChangedFeed::new(Some(feed), None)));
        }
        let more = counts.added + counts.removed + counts.changed - named.len();
        Self { counts, named, more }
    }
}

impl ChangedFeed {
    fn new(old: Option<&FeedHandle>, new: Option<&FeedHandle>) -> Self {
        let what = match (old, new) {
            (None, _) => FeedReload::Added,
            (_, None) => FeedReload::Removed,
            _ => FeedReload::Changed,
        };
        let id = new.or(old).map(|feed| plain::text(&feed.id, 200)).unwrap_or_default();
        let mut keys = changed_keys(old.map(|feed| &feed.config), new.map(|feed| &feed.config));
        if keys.len() > MAX_KEYS {
            let more = keys.len() - MAX_KEYS;
            keys.truncate(MAX_KEYS);
            keys.push(KeyChange::more(None, more));
        }
        Self { id, what, keys }
    }
}

impl fmt::Display for ChangedFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            FeedReload::Added => "added",
            FeedReload::Removed => "removed",
            FeedReload::Changed => "changed",
        };
        write!(f, "{what} {}", self.id)?;
        if self.keys.is_empty() { Ok(()) } else { write!(f, " ({})", changes_line(&self.keys)) }
    }
}

/// Returns the feeds as one line of the log.
pub(super) fn feeds_line(feeds: &[ChangedFeed], more: usize) -> String {
    let mut words: Vec<String> = feeds.iter().map(ChangedFeed::to_string).collect();
    words.extend((more > 0).then(|| format!("and {more} more")));
    plain::text(&words.join("; "), MAX_LINE)
}

/// Returns the keys in which two feeds differ, secrets masked. Defaults that an added or removed feed has say nothing.
pub(super) fn changed_keys(old: Option<&FeedConfig>, new: Option<&FeedConfig>) -> Vec<KeyChange> {
    let mut keys = config::changes(&old, &new);
    let is_default = |value: &Option<String>| value.as_deref().is_none_or(|value| matches!(value, "false" | "[]"));
    keys.retain(|change| !(is_default(&change.old) && is_default(&change.new)));
    if let (Some(old), Some(new)) = (old, new)
        && old.url == new.url
        && old.credentials != new.credentials
    {
        let masked = || Some("\u{2026}".to_owned());
        keys.push(KeyChange { key: "url".into(), old: masked(), new: masked() });
    }
    keys
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn feed(id: &str, url: &str, paused: bool) -> FeedConfig {
        let mut feed = FeedConfig { id: id.into(), paused, private: true, ..FeedConfig::default() };
        feed.set_url(Url::parse(url).unwrap());
        feed
    }

    #[test]
    fn the_first_feeds_that_differ_are_named_with_their_keys() {
        let before = SharedFeeds::from(vec![
            feed("same", "https://same.example/", false),
            feed("gone", "https://gone.example/", false),
            feed("paused", "https://paused.example/", false),
            feed("login", "https://me:hunter2@login.example/?key=hunter2", false),
        ]);
        let mut feeds = vec![
            feed("login", "https://me:hunter2@login.example/?key=hunter3", false),
            feed("paused", "https://paused.example/", true),
            feed("same", "https://same.example/", false),
        ];
        let lists =
            |feeds: &[FeedConfig]| FeedDifference::new(&before, &SharedFeeds::from(feeds.to_vec()).reusing(&before));
        let few = lists(&feeds);
        assert_eq!(few.counts, FeedCounts { added: 0, removed: 1, changed: 2 });
        assert_eq!(
            feeds_line(&few.named, few.more),
            "changed login (url: \u{2026} -> \u{2026}); changed paused (paused: false -> true); \
             removed gone (id: gone -> unset, kind: feed -> unset, private: true -> unset, url: https://gone.example/ -> unset)"
        );
        feeds.extend((0..60).map(|n| feed(&format!("new-{n}"), "https://new.example/", false)));
        let many = lists(&feeds);
        assert_eq!((many.counts.added, many.named.len(), many.more), (60, MAX_FEEDS, 13));
        let line = feeds_line(&many.named, many.more);
        assert!(line.chars().count() <= MAX_LINE + 1 && !line.contains("hunter"), "{line}");
        assert!(lists(&[]).named.iter().all(|feed| feed.what == FeedReload::Removed));
        let same = FeedDifference::new(&before, &before);
        assert_eq!(same, FeedDifference::default());
    }
}
