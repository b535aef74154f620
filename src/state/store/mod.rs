//! The state store: the committed state in memory, updated as batches are made.
//!
//! It includes the open group and the group in flight, so it may be ahead of the journal. Either a group is committed
//! unchanged, however many attempts that takes, or the whole state store is dropped and restored. Batches of partitions that
//! were reassigned meanwhile are left out of the group, and their feeds are forgotten here.

mod adopt;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::article::{ArticleState, PlannedRevisit};
use super::entry::EntryState;
use super::feed::FeedState;
use super::identity::Memory;
use super::key::Key;
use super::placement::RecordedArticle;
use super::recent::RecentArticles;
use crate::address::Credentials;
use crate::article::{self, Learned};
use crate::feed::{Entry, Feed};
use crate::journal::{StateEntry, StatePartition};
use crate::websub::Subscription;

/// All that is remembered of one feed.
#[derive(Debug, Default)]
pub struct FeedRecord {
    state: Option<FeedState>,
    subscription: Option<Subscription>,
    /// Blocks that repeat in its articles.
    learned: Arc<Learned>,
    entries: HashMap<u128, EntryState>,
    /// The entries of the last reading since the start, in feed order.
    shown: Vec<u128>,
    /// Its partition key, which decides the partition of its state.
    site: Option<Arc<str>>,
    /// The secrets that an earlier version wrote into its URL.
    written: Credentials,
    /// The feed's id in the journal, if all of its state must be rewritten under the present id.
    former: Option<Arc<str>>,
}

/// The entries of a feed and the articles made from them.
pub struct FeedMemory<'a> {
    entries: &'a HashMap<u128, EntryState>,
    recent: &'a RecentArticles,
}

impl Memory for FeedMemory<'_> {
    fn entry(&self, key: u128) -> Option<&EntryState> {
        self.entries.get(&key)
    }

    fn entries(&self) -> Box<dyn Iterator<Item = (u128, &EntryState)> + '_> {
        Box::new(self.entries.iter().map(|(key, entry)| (*key, entry)))
    }

    fn resembles(&self, remembered: &EntryState, entry: &Entry) -> Option<bool> {
        let last = self.recent.packed(remembered.article?)?.article()?;
        article::resembles(&last.text, &article::from_entry(entry, &Feed::default(), "").text)
    }
}

impl FeedRecord {
    /// Returns whether no entry is remembered.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns whether the entry is remembered.
    pub fn has(&self, key: u128) -> bool {
        self.entries.contains_key(&key)
    }

    /// Returns the entries of the last complete reading since the start, in feed order.
    pub fn shown(&self) -> &[u128] {
        &self.shown
    }

    /// Returns the entries of the last reading that are missing now although entries on both sides are still shown:
    /// they were removed, not pushed out. `None` if there was no reading since the start.
    pub fn vanished(&self, now: &[u128]) -> Option<Vec<u128>> {
        if self.shown.is_empty() {
            return None;
        }
        let now: std::collections::HashSet<_> = now.iter().collect();
        let first = self.shown.iter().position(|key| now.contains(key)).unwrap_or(0);
        let last = self.shown.iter().rposition(|key| now.contains(key)).unwrap_or(0);
        Some(self.shown[first..last].iter().filter(|key| !now.contains(key)).copied().collect())
    }
}

/// A published article and the feed that showed it first.
#[derive(Debug, Clone)]
pub struct KnownArticle {
    /// Its state, without what is in [`Recent`].
    pub state: ArticleState,
    /// The feed under which it is kept.
    pub feed: Arc<str>,
}

/// All that is remembered.
#[derive(Debug, Default)]
pub struct StateStore {
    feeds: HashMap<Arc<str>, FeedRecord>,
    articles: HashMap<Uuid, KnownArticle>,
    recent: RecentArticles,
    /// Counts how often partitions were forgotten, and holds for each partition the count at its last time.
    epoch: u64,
    forgotten: HashMap<StatePartition, u64>,
}

impl StateStore {
    /// Reads the restored state; values that cannot be read are logged and left out.
    pub fn restore(entries: Vec<StateEntry>) -> Self {
        let mut store = Self::default();
        store.extend(entries);
        store
    }

    /// Reads more state, of feeds that are not yet known.
    pub fn extend(&mut self, entries: Vec<StateEntry>) {
        let mut articles: Vec<(String, Uuid, ArticleState)> = Vec::new();
        let mut visits: Vec<(Uuid, PlannedRevisit)> = Vec::new();
        for (key, value) in entries {
            let read = match Key::decode(&key) {
                Key::Feed(feed) => FeedState::read(&value).map(|state| {
                    self.page(&feed).written = adopt::secrets(&value);
                    if let Ok(url) = url::Url::parse(&state.url) {
                        self.set_site(&feed, &crate::fetch::registrable(&url));
                    }
                    self.set_feed(&feed, state);
                }),
                Key::Entry(feed, key) => {
                    serde_json::from_slice(&value).map(|state| self.set_entry(&feed, key, Some(state)))
                }
                Key::Article(feed, id) => serde_json::from_slice(&value).map(|state| articles.push((feed, id, state))),
                Key::Revisit(_, id) => PlannedRevisit::read(&value).map(|visit| visits.push((id, visit))),
                Key::Subscription(feed) => {
                    Subscription::read(&value).map(|state| self.set_subscription(&feed, Some(state)))
                }
                Key::Learned(feed) => {
                    serde_json::from_slice(&value).map(|learned| self.set_learned(&feed, Arc::new(learned)))
                }
                // A replay reads its own state.
                Key::Replay(_) => Ok(()),
            };
            if let Err(error) = read {
                tracing::error!(key, %error, "unreadable state value skipped");
            }
        }
        // In the order of first appearance, so the earliest articles are found first.
        articles.sort_unstable_by_key(|(_, id, state)| (state.first_seen, *id));
        for (feed, id, state) in articles {
            self.set_article(&feed, id, state);
        }
        for (id, visit) in visits {
            if self.recent.packed(id).is_some() {
                self.recent.set_revisit(id, Some(visit));
            }
        }
    }

    /// Returns the epoch, which distinguishes what was made before a partition was forgotten from what was made
    /// later.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Returns whether work of that epoch is void for the partition: the partition's state may have been restored
    /// since then, without that work.
    pub fn was_forgotten_since(&self, partition: StatePartition, epoch: u64) -> bool {
        self.forgotten.get(&partition).is_some_and(|last| *last > epoch)
    }

    /// Forgets all feeds of these partitions.
    pub fn forget(&mut self, partitions: &BTreeSet<StatePartition>, partition_of: impl Fn(&str) -> StatePartition) {
        self.epoch += 1;
        self.forgotten.extend(partitions.iter().map(|partition| (*partition, self.epoch)));
        let is_gone = |site: &str| partitions.contains(&partition_of(site));
        let mut gone = HashSet::new();
        self.feeds.retain(|id, page| {
            let goes = page.site.as_deref().is_some_and(&is_gone);
            if goes {
                gone.insert(Arc::clone(id));
            }
            !goes
        });
        let recent = &mut self.recent;
        self.articles.retain(|id, known| {
            let goes = gone.contains(&known.feed);
            if goes {
                recent.remove(*id, known.state.first_seen);
            }
            !goes
        });
    }

    /// Returns all that is remembered of a feed as state. Unless `whole`, articles are written without their sketch and
    /// last revision.
    pub fn written(&self, feed: &str, whole: bool) -> Vec<(Key, Vec<u8>)> {
        fn value<T: serde::Serialize>(value: &T) -> Vec<u8> {
            serde_json::to_vec(value).expect("state is plain data")
        }
        let id = feed.to_owned();
        let mut all = Vec::new();
        let Some(page) = self.feeds.get(feed) else { return all };
        all.extend(page.state.as_ref().map(|state| (Key::Feed(id.clone()), value(state))));
        all.extend(page.subscription.as_ref().map(|state| (Key::Subscription(id.clone()), value(state))));
        if *page.learned != Learned::default() {
            all.push((Key::Learned(id.clone()), value(&*page.learned)));
        }
        all.extend(page.entries.iter().map(|(key, state)| (Key::Entry(id.clone(), *key), value(state))));
        for (article, known) in self.articles.iter().filter(|(_, known)| *known.feed == *feed) {
            let state = if whole { self.whole(*article, &known.state) } else { known.state.clone() };
            all.push((Key::Article(id.clone(), *article), value(&state)));
            let visit = self.recent.revisit(*article);
            all.extend(visit.map(|visit| (Key::Revisit(id.clone(), *article), value(visit))));
        }
        all
    }

    /// Remembers the partition key of a feed.
    pub fn set_site(&mut self, feed: &str, site: &str) {
        let page = self.page(feed);
        if page.site.as_deref() != Some(site) {
            page.site = Some(Arc::from(site));
        }
    }

    /// Remembers the partition key of a feed that has none yet.
    pub fn place(&mut self, feed: &str, site: &str) {
        if let Some(page) = self.feeds.get_mut(feed)
            && page.site.is_none()
        {
            page.site = Some(Arc::from(site));
        }
    }

    /// Returns the partition key of a feed, if known.
    pub fn site(&self, feed: &str) -> Option<&Arc<str>> {
        self.feeds.get(feed)?.site.as_ref()
    }

    /// Returns what is remembered of the articles of the last days.
    pub fn recent(&self) -> &RecentArticles {
        &self.recent
    }

    /// Returns the same, mutable.
    pub fn recent_mut(&mut self) -> &mut RecentArticles {
        &mut self.recent
    }

    /// Returns what is remembered of the feed and its entries.
    pub fn entries(&mut self, feed: &str) -> &FeedRecord {
        self.page(feed)
    }

    /// Returns the feed's entries in the form that identification needs.
    pub fn memory(&mut self, feed: &str) -> FeedMemory<'_> {
        self.page(feed);
        FeedMemory { entries: &self.feeds[feed].entries, recent: &self.recent }
    }

    /// Returns an article, if it is on record, as this entry of the feed sees it.
    pub(crate) fn on_record(&self, feed: &str, key: u128, article: Uuid) -> Option<RecordedArticle> {
        self.articles.get(&article)?;
        let is_other = |(other, entry): (&u128, &EntryState)| *other != key && entry.article == Some(article);
        let is_of_feed = self.feeds.get(feed).is_some_and(|page| page.entries.iter().any(is_other));
        Some(RecordedArticle { last: self.recent.packed(article).cloned(), is_of_feed })
    }

    /// Remembers which entries the feed shows, in feed order.
    pub fn set_shown(&mut self, feed: &str, keys: Vec<u128>) {
        self.page(feed).shown = keys;
    }

    fn page(&mut self, feed: &str) -> &mut FeedRecord {
        if !self.feeds.contains_key(feed) {
            self.feeds.insert(Arc::from(feed), FeedRecord::default());
        }
        self.feeds.get_mut(feed).expect("inserted above")
    }

    /// Returns the known feeds with their state.
    pub fn feeds(&self) -> impl Iterator<Item = (&str, &FeedState)> {
        self.feeds.iter().filter_map(|(id, page)| Some((&**id, page.state.as_ref()?)))
    }

    /// Returns how the feed was last read.
    pub fn feed(&self, feed: &str) -> Option<&FeedState> {
        self.feeds.get(feed)?.state.as_ref()
    }

    /// Remembers how the feed was read.
    pub fn set_feed(&mut self, feed: &str, state: FeedState) {
        self.page(feed).state = Some(state);
    }

    /// Returns the subscriptions of all feeds.
    pub fn subscriptions(&self) -> HashMap<String, Subscription> {
        let of = |(id, page): (&Arc<str>, &FeedRecord)| Some((id.to_string(), page.subscription.clone()?));
        self.feeds.iter().filter_map(of).collect()
    }

    /// Remembers or forgets the feed's subscription.
    pub fn set_subscription(&mut self, feed: &str, subscription: Option<Subscription>) {
        self.page(feed).subscription = subscription;
    }

    /// Returns the blocks that repeat in the feed's articles.
    pub fn learned(&self, feed: &str) -> Arc<Learned> {
        self.feeds.get(feed).map(|page| Arc::clone(&page.learned)).unwrap_or_default()
    }

    /// Remembers the blocks that repeat in the feed's articles.
    pub fn set_learned(&mut self, feed: &str, learned: Arc<Learned>) {
        self.page(feed).learned = learned;
    }

    /// Returns how the entry was last seen.
    pub fn entry(&self, feed: &str, key: u128) -> Option<&EntryState> {
        self.feeds.get(feed)?.entries.get(&key)
    }

    /// Remembers or forgets an entry.
    pub fn set_entry(&mut self, feed: &str, key: u128, state: Option<EntryState>) {
        let entries = &mut self.page(feed).entries;
        match state {
            Some(state) => entries.insert(key, state),
            None => entries.remove(&key),
        };
    }

    /// Returns the feed's oldest entries beyond `keep`, except those in `current`.
    pub fn surplus(&self, feed: &str, keep: usize, current: &[u128]) -> Vec<u128> {
        let Some(page) = self.feeds.get(feed) else { return Vec::new() };
        let Some(over) = page.entries.len().checked_sub(keep).filter(|over| *over > 0) else { return Vec::new() };
        let current: std::collections::HashSet<_> = current.iter().collect();
        let mut old: Vec<_> =
            page.entries.iter().filter(|(key, _)| !current.contains(key)).map(|(key, e)| (e.seen, *key)).collect();
        old.sort_unstable();
        old.into_iter().take(over).map(|(_, key)| key).collect()
    }

    /// Returns what is known of an article.
    pub fn article(&self, id: Uuid) -> Option<&KnownArticle> {
        self.articles.get(&id)
    }

    /// Remembers an article under the feed that showed it first.
    pub fn set_article(&mut self, feed: &str, id: Uuid, mut state: ArticleState) {
        self.page(feed);
        let name = self.feeds.get_key_value(feed).map_or_else(|| Arc::from(feed), |(name, _)| Arc::clone(name));
        self.recent.put(id, state.first_seen, state.sketch.take(), state.last.take());
        self.articles.insert(id, KnownArticle { state, feed: name });
    }

    /// Forgets an article. Returns whether a planned visit was removed with it.
    pub fn forget_article(&mut self, id: Uuid) -> bool {
        self.articles.remove(&id).is_some_and(|known| self.recent.remove(id, known.state.first_seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::identity::EntryFingerprint;

    fn entry(seen: i64) -> EntryState {
        EntryState { content_hash: 1, fingerprint: EntryFingerprint::default(), article: None, seen }
    }

    #[test]
    fn the_oldest_entries_are_surplus_but_never_what_the_feed_shows() {
        let mut store = StateStore::default();
        for key in 0..10_u128 {
            store.set_entry("f", key, Some(entry(key as i64)));
        }
        assert_eq!(store.surplus("f", 7, &[0, 1]), [2, 3, 4]);
        assert_eq!(store.surplus("f", 10, &[]), Vec::<u128>::new());
        assert_eq!(store.surplus("other", 0, &[]), Vec::<u128>::new());
    }

    #[test]
    fn removal_from_the_middle_is_distinguished_from_the_end() {
        let mut store = StateStore::default();
        assert_eq!(store.entries("f").vanished(&[5, 3]), None);
        store.set_shown("f", vec![5, 4, 3, 2, 1]);
        let vanished = |store: &mut StateStore, now: &[u128]| store.entries("f").vanished(now).unwrap();
        assert_eq!(vanished(&mut store, &[6, 5, 3, 2]), [4]);
        assert_eq!(vanished(&mut store, &[7, 6, 5, 4, 3]), [0_u128; 0]);
        assert_eq!(vanished(&mut store, &[9, 8]), [0_u128; 0]);
        assert_eq!(vanished(&mut store, &[5, 1]), [4, 3, 2]);
    }

    #[test]
    fn what_is_written_is_restored() {
        let id = Uuid::from_u128(3);
        let article = ArticleState { hash: 5, revision: 2, first_seen: 9, quotes: vec!["q".into()], ..article_state() };
        let value = |v: serde_json::Value| v.to_string().into_bytes();
        let entries = vec![
            (Key::Entry("f".into(), 1).encode(), value(serde_json::to_value(entry(4)).unwrap())),
            (Key::Article("f".into(), id).encode(), value(serde_json::to_value(&article).unwrap())),
            ("broken".to_owned(), b"{".to_vec()),
        ];
        let store = StateStore::restore(entries);
        assert_eq!(store.entry("f", 1), Some(&entry(4)));
        assert_eq!(store.article(id).unwrap().state, article);
        assert_eq!(store.feed("broken"), None);
    }

    fn article_state() -> ArticleState {
        ArticleState {
            hash: 1,
            revision: 1,
            first_seen: 0,
            quotes: vec![],
            duplicate_of: None,
            canceled: false,
            sketch: None,
            last: None,
            reading: 1,
            shown: None,
        }
    }

    #[test]
    fn the_window_is_restored_in_the_order_of_the_articles_and_a_visit_needs_its_article() {
        let sketch = |from: usize| {
            let words: Vec<String> = (from..from + 100).map(|i| format!("w{i}")).collect();
            crate::article::duplicates::Sketch::of_texts(std::iter::once(words.join(" ").as_str()))
        };
        let value = |v: serde_json::Value| v.to_string().into_bytes();
        let (first, second) = (Uuid::from_u128(9), Uuid::from_u128(2));
        let state = |first_seen| ArticleState { first_seen, sketch: sketch(0), ..article_state() };
        let visit = serde_json::json!({ "url": "https://example.org/", "due": 5 });
        let store = StateStore::restore(vec![
            (Key::Article("f".into(), second).encode(), value(serde_json::to_value(state(2)).unwrap())),
            (Key::Article("f".into(), first).encode(), value(serde_json::to_value(state(1)).unwrap())),
            (Key::Revisit("f".into(), first).encode(), value(visit)),
            (
                "f".into(),
                value(
                    serde_json::json!({ "url": "https://news.example.org/feed", "polled": null, "due": "2025-06-03T10:00:00Z" }),
                ),
            ),
        ]);
        let limits =
            crate::state::recent::MemoryLimits { window: chrono::TimeDelta::hours(72), articles: 10, bytes: 10 };
        let now = chrono::DateTime::from_timestamp(60, 0).unwrap();
        let found = store.recent().duplicate(Uuid::from_u128(1), sketch(10).as_ref(), None, &limits, now);
        assert_eq!(found.map(|found| found.id), Some(first));
        assert!(store.recent().revisit(first).is_none() && store.recent().next_due().is_none());
        assert_eq!(store.site("f").map(|site| &**site), Some("example.org"));
    }
}
