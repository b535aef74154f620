//! The book of what is known: the committed state in memory, brought up to date as batches are made.
//!
//! It may run ahead of the journal by what is in the open group: a group is committed as it is, however often that must be
//! tried, or the whole book is thrown away and restored.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

use super::identity::{Marks, Memory};
use super::state::{ArticleState, EntryState, FeedState, Key};
use super::websub::Subscription;
use crate::journal::StateEntry;

/// Bodies whose fingerprints differ in at most this many of 64 bits are the same story.
const NEAR_BITS: u32 = 3;
/// The newest fingerprints that a new story is compared with (24 bytes each).
const FINGERPRINTS: usize = 50_000;

/// All that is remembered of one feed.
#[derive(Debug, Default)]
pub struct FeedPage {
    state: Option<FeedState>,
    subscription: Option<Subscription>,
    entries: HashMap<u128, EntryState>,
    /// The entry that last had a link.
    links: HashMap<u64, u128>,
    /// The entries of the last reading since the start, in its order.
    shown: Vec<u128>,
}

impl Memory for FeedPage {
    fn marks(&self, key: u128) -> Option<Marks> {
        self.entries.get(&key).map(|entry| entry.marks)
    }

    fn by_link(&self, link: u64) -> Option<u128> {
        self.links.get(&link).copied()
    }
}

impl FeedPage {
    /// Whether no entry is remembered.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the entry is remembered.
    pub fn has(&self, key: u128) -> bool {
        self.entries.contains_key(&key)
    }

    /// The entries of the last whole reading since the start, in its order.
    pub fn shown(&self) -> &[u128] {
        &self.shown
    }

    /// Those of the last reading that are gone, although entries on both sides are still shown: taken out, not pushed out.
    /// `None` where there was no reading since the start.
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
pub struct Known {
    /// Its state.
    pub state: ArticleState,
    /// The feed under which it is kept.
    pub feed: Arc<str>,
}

/// Everything that is remembered.
#[derive(Debug, Default)]
pub struct Book {
    feeds: HashMap<Arc<str>, FeedPage>,
    articles: HashMap<Uuid, Known>,
    fingerprints: VecDeque<(u64, Uuid)>,
}

impl Book {
    /// Reads the restored state; values that cannot be read are told and left out.
    pub fn restore(entries: Vec<StateEntry>) -> Self {
        let mut book = Self::default();
        for (key, value) in entries {
            let read = match Key::decode(&key) {
                Key::Feed(feed) => serde_json::from_slice(&value).map(|state| book.set_feed(&feed, state)),
                Key::Entry(feed, key) => {
                    serde_json::from_slice(&value).map(|state| book.set_entry(&feed, key, Some(state)))
                }
                Key::Article(feed, id) => {
                    serde_json::from_slice(&value).map(|state| book.set_article(&feed, id, state))
                }
                Key::Subscription(feed) => {
                    serde_json::from_slice(&value).map(|state| book.set_subscription(&feed, Some(state)))
                }
            };
            if let Err(error) = read {
                tracing::error!(key, %error, "state that cannot be read was left out");
            }
        }
        book
    }

    /// What is remembered of the feed's entries.
    pub fn entries(&mut self, feed: &str) -> &FeedPage {
        self.page(feed)
    }

    /// Remembers which entries the feed shows, in its order.
    pub fn set_shown(&mut self, feed: &str, keys: Vec<u128>) {
        self.page(feed).shown = keys;
    }

    fn page(&mut self, feed: &str) -> &mut FeedPage {
        if !self.feeds.contains_key(feed) {
            self.feeds.insert(Arc::from(feed), FeedPage::default());
        }
        self.feeds.get_mut(feed).expect("inserted above")
    }

    /// The feeds that are known, with their state.
    pub fn feeds(&self) -> impl Iterator<Item = (&str, &FeedState)> {
        self.feeds.iter().filter_map(|(id, page)| Some((&**id, page.state.as_ref()?)))
    }

    /// How the feed was last read.
    pub fn feed(&self, feed: &str) -> Option<&FeedState> {
        self.feeds.get(feed)?.state.as_ref()
    }

    /// Remembers how the feed was read.
    pub fn set_feed(&mut self, feed: &str, state: FeedState) {
        self.page(feed).state = Some(state);
    }

    /// The subscriptions of all feeds.
    pub fn subscriptions(&self) -> HashMap<String, Subscription> {
        let of = |(id, page): (&Arc<str>, &FeedPage)| Some((id.to_string(), page.subscription.clone()?));
        self.feeds.iter().filter_map(of).collect()
    }

    /// Remembers or forgets the feed's subscription.
    pub fn set_subscription(&mut self, feed: &str, subscription: Option<Subscription>) {
        self.page(feed).subscription = subscription;
    }

    /// How the entry was last seen.
    pub fn entry(&self, feed: &str, key: u128) -> Option<&EntryState> {
        self.feeds.get(feed)?.entries.get(&key)
    }

    /// Remembers or forgets an entry.
    pub fn set_entry(&mut self, feed: &str, key: u128, state: Option<EntryState>) {
        let FeedPage { entries, links, .. } = self.page(feed);
        if let Some(link) = state.as_ref().and_then(|state| state.marks.link) {
            links.insert(link, key);
        }
        let old = match state {
            Some(state) => entries.insert(key, state),
            None => entries.remove(&key),
        };
        // The link that it had before, or had at all, leads to it no more.
        let kept = entries.get(&key).and_then(|entry| entry.marks.link);
        if let Some(link) = old.and_then(|old| old.marks.link).filter(|link| Some(*link) != kept)
            && links.get(&link) == Some(&key)
        {
            links.remove(&link);
        }
    }

    /// The feed's oldest entries beyond `keep`, those in `current` excepted.
    pub fn surplus(&self, feed: &str, keep: usize, current: &[u128]) -> Vec<u128> {
        let Some(page) = self.feeds.get(feed) else { return Vec::new() };
        let Some(over) = page.entries.len().checked_sub(keep).filter(|over| *over > 0) else { return Vec::new() };
        let current: std::collections::HashSet<_> = current.iter().collect();
        let mut old: Vec<_> =
            page.entries.iter().filter(|(key, _)| !current.contains(key)).map(|(key, e)| (e.seen, *key)).collect();
        old.sort_unstable();
        old.into_iter().take(over).map(|(_, key)| key).collect()
    }

    /// What is known of an article.
    pub fn article(&self, id: Uuid) -> Option<&Known> {
        self.articles.get(&id)
    }

    /// Remembers an article under the feed that showed it first.
    pub fn set_article(&mut self, feed: &str, id: Uuid, state: ArticleState) {
        self.page(feed);
        let name = self.feeds.get_key_value(feed).map(|(name, _)| Arc::clone(name)).expect("the page was made above");
        if let Some(fingerprint) = state.fingerprint.filter(|_| state.revision == 1) {
            self.fingerprints.push_back((fingerprint, id));
            if self.fingerprints.len() > FINGERPRINTS {
                self.fingerprints.pop_front();
            }
        }
        self.articles.insert(id, Known { state, feed: name });
    }

    /// Forgets an article.
    pub fn forget_article(&mut self, id: Uuid) {
        self.articles.remove(&id);
    }

    /// The first other article whose body is (nearly) the same, and how similar it is (0–1).
    pub fn near(&self, id: Uuid, fingerprint: u64) -> Option<(Uuid, f64)> {
        let (bits, other) = self
            .fingerprints
            .iter()
            .filter(|(_, other)| *other != id)
            .map(|(known, other)| ((known ^ fingerprint).count_ones(), *other))
            .find(|(bits, _)| *bits <= NEAR_BITS)?;
        Some((other, 1.0 - f64::from(bits) / 64.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seen: i64) -> EntryState {
        EntryState { form: 1, marks: Marks::default(), article: None, seen }
    }

    #[test]
    fn the_oldest_entries_are_surplus_but_never_what_the_feed_shows() {
        let mut book = Book::default();
        for key in 0..10_u128 {
            book.set_entry("f", key, Some(entry(key as i64)));
        }
        assert_eq!(book.surplus("f", 7, &[0, 1]), [2, 3, 4]);
        assert_eq!(book.surplus("f", 10, &[]), Vec::<u128>::new());
        assert_eq!(book.surplus("other", 0, &[]), Vec::<u128>::new());
    }

    #[test]
    fn what_is_taken_out_of_the_middle_is_told_from_what_is_pushed_out() {
        let mut book = Book::default();
        assert_eq!(book.entries("f").vanished(&[5, 3]), None);
        book.set_shown("f", vec![5, 4, 3, 2, 1]);
        let vanished = |book: &mut Book, now: &[u128]| book.entries("f").vanished(now).unwrap();
        assert_eq!(vanished(&mut book, &[6, 5, 3, 2]), [4]);
        assert_eq!(vanished(&mut book, &[7, 6, 5, 4, 3]), [0_u128; 0]);
        assert_eq!(vanished(&mut book, &[9, 8]), [0_u128; 0]);
        assert_eq!(vanished(&mut book, &[5, 1]), [4, 3, 2]);
    }

    #[test]
    fn an_entry_is_found_by_its_link_as_long_as_it_is_remembered() {
        let mut book = Book::default();
        let with = |link| Some(EntryState { marks: Marks { link, ..Marks::default() }, ..entry(1) });
        book.set_entry("f", 1, with(Some(10)));
        book.set_entry("f", 2, with(Some(20)));
        book.set_entry("f", 1, with(Some(11)));
        let by = |book: &mut Book, link| book.entries("f").by_link(link);
        assert_eq!((by(&mut book, 10), by(&mut book, 11), by(&mut book, 20)), (None, Some(1), Some(2)));
        book.set_entry("f", 2, None);
        assert_eq!(by(&mut book, 20), None);
    }

    #[test]
    fn what_is_written_is_restored() {
        let id = Uuid::from_u128(3);
        let article =
            ArticleState { hash: 5, revision: 2, first_seen: 9, fingerprint: Some(1), quotes: vec!["q".into()] };
        let value = |v: serde_json::Value| v.to_string().into_bytes();
        let entries = vec![
            (Key::Entry("f".into(), 1).encode(), value(serde_json::to_value(entry(4)).unwrap())),
            (Key::Article("f".into(), id).encode(), value(serde_json::to_value(&article).unwrap())),
            ("broken".to_owned(), b"{".to_vec()),
        ];
        let book = Book::restore(entries);
        assert_eq!(book.entry("f", 1), Some(&entry(4)));
        assert_eq!(book.article(id).unwrap().state, article);
        assert_eq!(book.feed("broken"), None);
    }

    #[test]
    fn near_duplicates_name_the_first() {
        let mut book = Book::default();
        let article = |fingerprint| ArticleState { hash: 1, revision: 1, first_seen: 0, fingerprint, quotes: vec![] };
        book.set_article("f", Uuid::from_u128(1), article(Some(0b1111)));
        book.set_article("f", Uuid::from_u128(2), article(Some(0b1110)));
        assert_eq!(book.near(Uuid::from_u128(3), 0b1110), Some((Uuid::from_u128(1), 1.0 - 1.0 / 64.0)));
        assert_eq!(book.near(Uuid::from_u128(3), !0), None);
    }
}
