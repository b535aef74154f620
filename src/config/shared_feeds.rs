//! The feeds of the lists, shared by everything that works with them: there is one copy of each.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use hashbrown::HashTable;
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::feed::{FeedConfig, Shared, shared};
use crate::fetch;

/// A configured feed, shared by everything that works for it.
#[derive(Debug, PartialEq, Eq)]
pub struct FeedHandle {
    /// As configured.
    pub config: FeedConfig,
    /// Its registrable domain, by which requests are rate-limited and state is partitioned.
    pub site: Arc<str>,
}

impl FeedHandle {
    /// Creates a handle from the configured feed; a feed whose URL has no host has its id as partition key.
    pub fn new(config: FeedConfig) -> Self {
        let site = site(&config, Url::parse(&config.url).ok().as_ref()).into();
        Self { config, site }
    }
}

impl Deref for FeedHandle {
    type Target = FeedConfig;

    fn deref(&self) -> &FeedConfig {
        &self.config
    }
}

/// A feed that is found by its id.
#[derive(Debug)]
pub struct ById(pub Arc<FeedHandle>);

impl Borrow<str> for ById {
    fn borrow(&self) -> &str {
        &self.0.id
    }
}

impl PartialEq for ById {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for ById {}

impl Hash for ById {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.as_str().hash(state);
    }
}

fn site(config: &FeedConfig, url: Option<&Url>) -> String {
    url.map_or_else(|| config.id.clone(), fetch::registrable)
}

/// The feeds of all lists in their order. Clones share them.
#[derive(Clone, Default)]
pub struct SharedFeeds(Arc<Inner>);

#[derive(Default)]
struct Inner {
    feeds: Vec<Arc<FeedHandle>>,
    /// The positions by id, indexed when a feed is first looked up.
    by_id: OnceLock<HashTable<u32>>,
    /// Their labels, counted when they are first asked for.
    labels: OnceLock<Vec<(String, usize)>>,
    /// The hosts and ports of their URLs.
    hosts: Arc<HashSet<String>>,
}

impl std::fmt::Debug for SharedFeeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.0.feeds).finish()
    }
}

impl Deref for SharedFeeds {
    type Target = [Arc<FeedHandle>];

    fn deref(&self) -> &[Arc<FeedHandle>] {
        &self.0.feeds
    }
}

impl<'a> IntoIterator for &'a SharedFeeds {
    type Item = &'a Arc<FeedHandle>;
    type IntoIter = std::slice::Iter<'a, Arc<FeedHandle>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Vec<FeedConfig>> for SharedFeeds {
    fn from(feeds: Vec<FeedConfig>) -> Self {
        let (mut known, mut hosts, mut requests) = (Shared::default(), HashSet::new(), HashSet::new());
        let share = |mut config: FeedConfig| {
            config.shrink(&mut known);
            config.share_requests(&mut requests);
            let url = Url::parse(&config.url).ok();
            hosts.extend(url.as_ref().and_then(fetch::host_and_port));
            let site = shared(&mut known.texts, site(&config, url.as_ref()));
            Arc::new(FeedHandle { config, site })
        };
        let feeds = feeds.into_iter().map(share).collect();
        Self::of(feeds, Arc::new(hosts))
    }
}

impl SharedFeeds {
    fn of(feeds: Vec<Arc<FeedHandle>>, hosts: Arc<HashSet<String>>) -> Self {
        Self(Arc::new(Inner { feeds, by_id: OnceLock::new(), labels: OnceLock::new(), hosts }))
    }

    /// Returns the hosts and ports of the feeds.
    pub fn hosts(&self) -> &Arc<HashSet<String>> {
        &self.0.hosts
    }

    /// Returns the labels of the feeds and how many feeds have each, those of most feeds first. Labels that differ only in
    /// case are one.
    pub fn labels(&self) -> &[(String, usize)] {
        self.0.labels.get_or_init(|| {
            let mut counts: HashMap<String, (&str, usize)> = HashMap::new();
            for feed in self {
                for label in feed.config.all_labels() {
                    counts.entry(label.to_lowercase()).or_insert((label, 0)).1 += 1;
                }
            }
            let mut labels: Vec<(String, usize)> =
                counts.into_values().map(|(label, count)| (label.to_owned(), count)).collect();
            labels.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            labels
        })
    }

    /// Returns the configurations of the feeds.
    pub fn configs(&self) -> impl Iterator<Item = &FeedConfig> {
        self.iter().map(|feed| &feed.config)
    }

    /// Returns the feed with this id.
    pub fn get(&self, id: &str) -> Option<&Arc<FeedHandle>> {
        let hash = |at: u32| xxh3_64(self[at as usize].id.as_bytes());
        let by_id = self.0.by_id.get_or_init(|| {
            let mut by_id = HashTable::with_capacity(self.len());
            // The lists are limited to far fewer feeds than positions.
            for at in 0..u32::try_from(self.len()).unwrap_or(u32::MAX) {
                by_id.insert_unique(hash(at), at, |at| hash(*at));
            }
            by_id
        });
        let at = by_id.find(xxh3_64(id.as_bytes()), |at| self[*at as usize].id == id)?;
        Some(&self[*at as usize])
    }

    /// Returns these feeds with the handles of an earlier list for those that did not change, so that both lists share
    /// them.
    #[must_use]
    pub fn reusing(self, earlier: &Self) -> Self {
        let reuse =
            |feed: &Arc<FeedHandle>| Arc::clone(earlier.get(&feed.id).filter(|known| *known == feed).unwrap_or(feed));
        Self::of(self.iter().map(reuse).collect(), Arc::clone(&self.0.hosts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Labels;

    fn feeds(urls: &[&str]) -> SharedFeeds {
        let feed = |url: &&str| FeedConfig {
            id: (*url).into(),
            url: format!("https://{url}"),
            folder: Some("World".into()),
            labels: Labels::new(["news"]).unwrap(),
            ..FeedConfig::default()
        };
        urls.iter().map(feed).collect::<Vec<_>>().into()
    }

    #[test]
    fn sites_and_folders_are_kept_once() {
        let feeds = feeds(&["www.a.example/1", "a.example/2", "b.example/"]);
        assert_eq!(feeds.iter().map(|feed| &*feed.site).collect::<Vec<_>>(), ["a.example", "a.example", "b.example"]);
        assert!(Arc::ptr_eq(&feeds[0].site, &feeds[1].site));
        let folder = |at: usize| feeds[at].folder.as_ref().unwrap();
        assert!(Arc::ptr_eq(folder(0), folder(2)));
        assert_eq!(feeds.get("b.example/").map(|feed| feed.url.as_str()), Some("https://b.example/"));
        assert!(feeds.get("c.example/").is_none());
        assert_eq!(feeds.labels(), [("World".into(), 3), ("news".into(), 3)]);
        assert_eq!(feeds[0].labels, feeds[2].labels);
    }

    #[test]
    fn equal_requests_are_kept_once() {
        let of = |agent: &str| {
            let requests = fetch::Requests { user_agent: Some(agent.into()), ..fetch::Requests::default() };
            FeedConfig { requests: Some(Arc::new(requests)), ..FeedConfig::default() }
        };
        let empty = FeedConfig { requests: Some(Arc::default()), ..FeedConfig::default() };
        let feeds = SharedFeeds::from(vec![of("a"), of("b"), of("a"), empty]);
        let requests = |at: usize| feeds[at].requests.as_ref().unwrap();
        assert!(Arc::ptr_eq(requests(0), requests(2)) && !Arc::ptr_eq(requests(0), requests(1)));
        assert!(feeds[3].requests.is_none());
        assert_eq!(size_of_val(&feeds[3].config.requests), 8);
    }

    #[test]
    fn a_new_list_shares_the_feeds_that_did_not_change() {
        let before = feeds(&["a.example/1", "a.example/2", "b.example/"]);
        let mut changed: Vec<FeedConfig> =
            feeds(&["b.example/", "c.example/", "a.example/1"]).configs().cloned().collect();
        changed[2].paused = true;
        let after = SharedFeeds::from(changed).reusing(&before);
        assert!(Arc::ptr_eq(&after[0], &before[2]));
        assert_eq!((after.len(), &*after[1].id, after[2].paused), (3, "c.example/", true));
        assert!(!before[0].paused);
    }
}
