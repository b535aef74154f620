//! State that earlier versions wrote with secrets in it: user information in a feed's URL, and ids made from such URLs.
//! The state store takes it over under the feeds' present ids, and the feed's next batch rewrites it without secrets.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use url::Url;
use uuid::Uuid;

use super::{FeedRecord, StateStore};
use crate::address::Credentials;
use crate::article::Learned;
use crate::config::{self, FeedConfig, FeedHandle};
use crate::state::packed::Packed;
use crate::state::{ArticleState, FeedState, Key};

/// Returns the secrets in the URL of a feed's state, as it was written.
pub(crate) fn secrets(value: &[u8]) -> Credentials {
    let state: Option<FeedState> = serde_json::from_slice(value).ok();
    let url = state.and_then(|state| Url::parse(&state.url).ok());
    url.map(|url| Credentials::split(url, false).1).unwrap_or_default()
}

impl StateStore {
    /// Takes over the state of listed feeds under ids that contain secrets, and removes secrets from the state of all
    /// feeds.
    pub fn adopt(&mut self, feeds: &[Arc<FeedHandle>]) {
        let renames = self.renames(feeds);
        let listed: HashMap<&str, &FeedConfig> = feeds.iter().map(|feed| (feed.id.as_str(), &feed.config)).collect();
        let mut stale = HashSet::new();
        for (old, new) in &renames {
            self.rename(old, new);
            stale.insert(Arc::clone(new));
        }
        let none = FeedConfig::default();
        for (id, page) in &mut self.feeds {
            let feed = listed.get(&**id).copied().unwrap_or(&none);
            if page.clean(&feed.credentials) || stale.contains(id) {
                page.former.get_or_insert_with(|| Arc::clone(id));
                stale.insert(Arc::clone(id));
            }
        }
        if stale.is_empty() {
            return;
        }
        let renamed: HashMap<_, _> = renames.iter().map(|(old, new)| (Arc::clone(old), Arc::clone(new))).collect();
        for known in self.articles.values_mut() {
            if let Some(new) = renamed.get(&known.feed) {
                known.feed = Arc::clone(new);
            }
        }
        self.clean_articles(&stale, &listed);
    }

    /// Returns the feeds whose state must be rewritten, with that state.
    pub fn unwritten(&self) -> impl Iterator<Item = (&str, &FeedState)> {
        self.feeds.iter().filter_map(|(id, page)| Some((&**id, page.state.as_ref().filter(|_| page.former.is_some())?)))
    }

    /// Takes the id under which the journal has the feed, if all of its state must be rewritten now.
    pub fn take_former(&mut self, feed: &str) -> Option<Arc<str>> {
        self.feeds.get_mut(feed)?.former.take()
    }

    /// Returns the keys that the journal may have under a feed's old id in addition to those that are rewritten.
    pub fn loose_keys(&self, feed: &str, old: &str) -> Vec<Key> {
        let articles = self.articles.iter().filter(|(_, known)| *known.feed == *feed);
        let visits = articles.map(|(id, _)| Key::Revisit(old.to_owned(), *id));
        let old = || old.to_owned();
        visits.chain([Key::Subscription(old()), Key::Learned(old()), Key::Feed(old())]).collect()
    }

    /// Returns the state of an article with its sketch and last revision.
    pub(crate) fn whole(&self, id: Uuid, state: &ArticleState) -> ArticleState {
        let (sketch, last) = (self.recent.sketch(id).cloned(), self.recent.packed(id).cloned());
        ArticleState { sketch, last, ..state.clone() }
    }

    /// Returns the ids that contain a secret, each with its feed's present id.
    fn renames(&self, feeds: &[Arc<FeedHandle>]) -> Vec<(Arc<str>, Arc<str>)> {
        let listed: HashSet<&str> = feeds.iter().map(|feed| feed.id.as_str()).collect();
        let secret = feeds.iter().filter(|feed| !feed.credentials.is_empty());
        let former: HashSet<String> = secret.flat_map(|feed| former_ids(feed)).collect();
        let unlisted = self.feeds.iter().filter(|(id, _)| !listed.contains(&***id));
        let old: Vec<FormerFeed> =
            unlisted.filter_map(|(id, page)| FormerFeed::new(id, page, former.contains(&**id))).collect();
        if old.is_empty() {
            return Vec::new();
        }
        let mut renames: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        // Matches by the id from the list, then by the whole URL, then by the URL without secrets if only one feed has
        // it.
        for way in 0..3 {
            for feed in feeds.iter().filter(|feed| self.feed(&feed.id).is_none()) {
                if renames.iter().any(|(_, new)| **new == *feed.id) {
                    continue;
                }
                let is = |old: &&FormerFeed| match way {
                    0 => !feed.credentials.is_empty() && former_ids(feed).any(|id| *id == *old.id),
                    1 => old.is_at(feed) && old.has_same_secrets(feed),
                    _ => old.is_at(feed),
                };
                let mut found = old.iter().filter(|old| renames.iter().all(|(id, _)| *id != old.id)).filter(is);
                if let (Some(one), None) = (found.next(), found.next()) {
                    renames.push((Arc::clone(&one.id), Arc::from(feed.id.as_str())));
                }
            }
        }
        // A feed that is no longer listed keeps its state under an id without secrets. A query is not necessarily secret.
        for old in old.iter().filter(|old| old.has_login) {
            if renames.iter().all(|(id, _)| *id != old.id) {
                let taken = |id: &str| {
                    listed.contains(id) || self.feeds.contains_key(id) || renames.iter().any(|(_, new)| **new == *id)
                };
                let new = config::fresh_id(&old.told, taken);
                renames.push((Arc::clone(&old.id), new.into()));
            }
        }
        renames
    }

    /// Moves a feed's page to another id; what the new id already has wins. The hub calls back under the old id, so the
    /// subscription starts over.
    fn rename(&mut self, old: &Arc<str>, new: &Arc<str>) {
        let Some(page) = self.feeds.remove(old) else { return };
        let FeedRecord { state, learned, entries, site, written, former, .. } = page;
        let to = self.feeds.entry(Arc::clone(new)).or_default();
        to.state = to.state.take().or(state);
        to.site = to.site.take().or(site);
        if *to.learned == Learned::default() {
            to.learned = learned;
        }
        for (key, entry) in entries {
            to.entries.entry(key).or_insert(entry);
        }
        (to.written, to.former) = (written, Some(former.unwrap_or_else(|| Arc::clone(old))));
    }

    /// Removes secrets from the last revisions of these feeds' articles.
    fn clean_articles(&mut self, stale: &HashSet<Arc<str>>, listed: &HashMap<&str, &FeedConfig>) {
        let of_stale: Vec<(Uuid, i64, Arc<str>)> = self
            .articles
            .iter()
            .filter(|(_, known)| stale.contains(&known.feed))
            .map(|(id, known)| (*id, known.state.first_seen, Arc::clone(&known.feed)))
            .collect();
        for (id, first_seen, feed) in of_stale {
            let Some(mut article) = self.recent.packed(id).and_then(Packed::article) else { continue };
            if let Some(shown) = &mut article.feed {
                shown.id = feed.to_string();
            }
            if let Some(config) = listed.get(&*feed) {
                if let Some(shown) = &mut article.feed {
                    shown.url.clone_from(&config.url);
                }
                article.map_urls(|url| config.credentials.link(url));
            }
            let (sketch, visit) = (self.recent.sketch(id).cloned(), self.recent.revisit(id).cloned());
            self.recent.put(id, first_seen, sketch, Packed::new(&article));
            self.recent.set_revisit(id, visit);
        }
    }
}

impl FeedRecord {
    /// Removes secrets. Returns whether there were any, now or when the state was read.
    fn clean(&mut self, credentials: &Credentials) -> bool {
        let written = std::mem::take(&mut self.written);
        let mut is_stale = !written.is_empty();
        if let Some(state) = self.state.as_mut().filter(|_| credentials.is_private()) {
            let before = state.url.clone();
            state.cut(credentials);
            is_stale |= before != state.url;
        }
        if let Some(subscription) = self.subscription.as_mut().filter(|of| credentials.is_private() && !of.private) {
            subscription.make_private();
            is_stale = true;
        }
        is_stale
    }
}

/// A feed whose id contains a secret.
struct FormerFeed {
    id: Arc<str>,
    /// Its URL without user information and query.
    told: String,
    /// The secrets that were removed from that URL.
    secrets: Credentials,
    has_login: bool,
}

impl FormerFeed {
    /// Returns `None` for a feed whose id contains no secret, as far as is known.
    fn new(id: &Arc<str>, page: &FeedRecord, is_former: bool) -> Option<Self> {
        let has_login = !page.written.is_empty();
        let url = page.state.as_ref().and_then(|state| page.written.join(&state.url).ok());
        let split = url.filter(|url| has_login || url.query().is_some()).map(|url| Credentials::split(url, true));
        let (told, secrets) = split.map(|(told, secrets)| (String::from(told), secrets)).unwrap_or_default();
        let is_secret = is_former || secrets.is_in(id, &told, config::slug);
        is_secret.then(|| Self { id: Arc::clone(id), told, secrets, has_login })
    }

    fn is_at(&self, feed: &FeedConfig) -> bool {
        Url::parse(&feed.written_url()).is_ok_and(|url| {
            let (told, secrets) = Credentials::split(url, true);
            // A query that may be shown is not secret, and distinguishes feeds.
            let is_same = feed.private || self.has_login && secrets.query() == self.secrets.query();
            is_same && told.as_str() == self.told
        })
    }

    fn has_same_secrets(&self, feed: &FeedConfig) -> bool {
        Url::parse(&feed.written_url()).is_ok_and(|url| Credentials::split(url, true).1 == self.secrets)
    }
}

/// Returns the ids that earlier versions gave a feed.
fn former_ids(feed: &FeedConfig) -> impl Iterator<Item = String> {
    feed.former_id.clone().map(String::from).into_iter().chain([config::slug(&feed.written_url())])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a state store with one feed and one entry, as an earlier version wrote it.
    fn store(id: &str, url: &str) -> StateStore {
        let state = serde_json::json!({ "url": url, "polled": null, "due": "2025-06-03T10:00:00Z" });
        let entry = serde_json::json!({ "form": 1, "article": Uuid::from_u128(5), "seen": 1 });
        let article = serde_json::json!({ "hash": 1, "revision": 1, "first_seen": 9 });
        StateStore::restore(vec![
            (Key::Feed(id.into()).encode(), state.to_string().into_bytes()),
            (Key::Entry(id.into(), 7).encode(), entry.to_string().into_bytes()),
            (Key::Article(id.into(), Uuid::from_u128(5)).encode(), article.to_string().into_bytes()),
        ])
    }

    fn feed(id: &str, former: Option<&str>, url: &str, private: bool) -> FeedConfig {
        let former_id = former.map(Into::into);
        let mut feed = FeedConfig { id: id.into(), former_id, private, ..FeedConfig::default() };
        feed.set_url(url.parse().unwrap());
        feed
    }

    #[test]
    fn what_is_known_under_a_secret_id_is_taken_up_under_the_new_one() {
        const LOGIN: &str = "https://mina:hunter2%2B@a.example/rss";
        const TOKEN: &str = "https://a.example/rss?token=s3cr3t-t0ken";
        let auto = feed("a.example-rss", None, LOGIN, false);
        let private = feed("a.example-rss", None, TOKEN, true);
        let changed = feed("a.example-rss", None, "https://mina:another@a.example/rss", false);
        let bare = feed("a.example-rss", None, "https://a.example/rss", false);
        let numbered = feed("a.example-rss-2", None, LOGIN, false);
        let explicit = feed("a.example-rss", Some("hunter2+"), LOGIN, false);
        let kept = feed("mine", None, LOGIN, false);
        let other = feed("b", None, "https://b.example/", false);
        for (case, (old, url, feed, new)) in [
            ("mina-hunter2-2b-a.example-rss", LOGIN, &auto, "a.example-rss"),
            ("mina-hunter2-2b-a.example-rss-2", LOGIN, &numbered, "a.example-rss-2"),
            ("a.example-rss-token-s3cr3t-t0ken", TOKEN, &private, "a.example-rss"),
            ("mina-hunter2-2b-a.example-rss", LOGIN, &changed, "a.example-rss"),
            ("mina-hunter2-2b-a.example-rss", LOGIN, &bare, "a.example-rss"),
            ("hunter2+", LOGIN, &explicit, "a.example-rss"),
            ("mine", LOGIN, &kept, "mine"),
            // Not listed: kept under an id without secrets.
            ("mina-hunter2-2b-a.example-rss", LOGIN, &other, "a.example-rss"),
        ]
        .into_iter()
        .enumerate()
        {
            let mut store = store(old, url);
            let listed = [Arc::new(FeedHandle::new(feed.clone()))];
            store.adopt(&listed);
            let state = store.feed(new).unwrap_or_else(|| panic!("case {case}"));
            assert_eq!(state.url, "https://a.example/rss", "case {case}");
            assert!(
                store.entry(new, 7).is_some()
                    && store.article(Uuid::from_u128(5)).is_some_and(|known| *known.feed == *new)
            );
            assert_eq!(store.take_former(new).as_deref(), Some(old), "case {case}");
            assert!(old == new || store.feed(old).is_none());
            store.adopt(&listed);
            assert_eq!(store.take_former(new), None, "once");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for (id, url) in [
            ("a.example-rss", "https://a.example/rss"),
            ("a.example-rss-x-1", "https://a.example/rss?x=1"),
            ("mine", "https://a.example/rss?x=1"),
        ] {
            let mut store = store(id, url);
            store.adopt(&[Arc::new(FeedHandle::new(feed("other", None, url, false)))]);
            assert!(
                store.feed(id).is_some() && store.feed("other").is_none() && store.take_former(id).is_none(),
                "{id}"
            );
        }
    }
}
