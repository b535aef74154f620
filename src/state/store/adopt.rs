//! State that earlier versions wrote with secrets in it: user information in a feed's URL, and ids made from such URLs.
//! The state store takes it over under the feeds' present ids, and the feed's next batch rewrites it without secrets.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use url::Url;
use uuid::Uuid;

use super::adopted::Cleaner;
use super::feed::{FeedCell, FeedRecord, secrets};
use super::known::KnownArticle;
use super::state_store::StateStore;
use crate::address::Credentials;
use crate::article::Learned;
use crate::config::{self, FeedConfig};
use crate::journal::Key;
use crate::state::{FeedState, RecentState};

/// A stored feed as far as adopting looks at it.
struct Candidate {
    id: Arc<str>,
    url: String,
    written: Credentials,
}

impl StateStore {
    /// Takes over the state of listed feeds under ids that contain secrets, and removes secrets from the state of all
    /// feeds.
    pub fn adopt<'a>(&self, feeds: impl IntoIterator<Item = &'a FeedConfig>) {
        let listed: HashMap<&str, &FeedConfig> = feeds.into_iter().map(|feed| (feed.id.as_str(), feed)).collect();
        let candidates = self.candidates(&listed);
        let renames = self.renames(&listed, &candidates);
        let none = FeedConfig::default();
        let mut stale: HashSet<Arc<str>> = HashSet::new();
        for (old, new) in &renames {
            self.rename(old, new);
            stale.insert(Arc::clone(new));
        }
        for candidate in &candidates {
            let id = self.shared().adopted.present(&candidate.id);
            let feed = listed.get(&*id).copied().unwrap_or(&none);
            let cell = self.open(&id);
            if cell.lock().clean(&feed.credentials) || stale.contains(&id) {
                stale.insert(Arc::clone(&id));
                let mut record = cell.lock();
                if record.former.is_none() {
                    record.former = Some(id);
                    // Keeps it in memory until it is rewritten.
                    cell.changed();
                }
            }
        }
        let mut shared = self.shared();
        for id in stale {
            let listed = listed.get(&*id).map(|feed| (feed.url.clone(), feed.credentials.clone()));
            shared.adopted.stale.insert(Arc::clone(&id), Arc::new(Cleaner { id, listed }));
        }
    }

    /// Returns the feeds whose state may contain secrets.
    fn candidates(&self, listed: &HashMap<&str, &FeedConfig>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        self.read(|disk| {
            disk.each_feed(&disk.partitions(), |id, _, value| {
                if self.shared().adopted.is_former(id) {
                    return;
                }
                // Only user information contains this sign, or a text that is looked at in vain.
                let may_have_login = value.contains(&b'@');
                let is_listed = listed.get(id).map(|feed| feed.credentials.is_private());
                if may_have_login || is_listed.unwrap_or(true) {
                    let url = FeedState::read(value).map(|state| state.url).unwrap_or_default();
                    candidates.push(Candidate { id: Arc::from(id), url, written: secrets(value) });
                }
            })
        });
        candidates
    }

    /// Returns the feeds whose state must be rewritten, with that state.
    pub fn unwritten(&self) -> Vec<(Arc<str>, FeedState)> {
        let cells = self.shared().feeds.all();
        let unwritten = |cell: &Arc<FeedCell>| {
            let record = cell.lock();
            Some((Arc::clone(&cell.id), record.state.clone().filter(|_| record.former.is_some())?))
        };
        cells.iter().filter_map(unwritten).collect()
    }

    /// Returns whether all of the feed's state must be rewritten now.
    pub fn is_renamed(&self, feed: &str) -> bool {
        self.open(feed).lock().former.is_some()
    }

    /// Takes the id under which the journal has the feed, if all of its state must be rewritten now.
    pub fn take_former(&self, feed: &str) -> Option<Arc<str>> {
        let cell = self.open(feed);
        let former = cell.lock().former.take();
        if former.is_some() {
            cell.committed();
        }
        former
    }

    /// Changes how the feed was read; [`Self::rewritten`] must follow, which makes it a change to commit.
    pub fn readdress(&self, feed: &str, change: impl FnOnce(FeedState) -> FeedState) {
        let cell = self.open(feed);
        let mut record = cell.lock();
        record.state = record.state.take().map(change);
    }

    /// Returns all that is remembered of a feed as state, each value as a change that is not committed yet, and the site
    /// of a value that does not belong to the feed's site. If the feed `moved` to another site, articles with a site of
    /// their own stay where they are; the others move with it.
    pub fn rewritten(&self, feed: &str, site: &Arc<str>, moved: bool) -> Vec<(Key, Vec<u8>, Option<Arc<str>>)> {
        fn value<T: serde::Serialize>(value: &T) -> Vec<u8> {
            serde_json::to_vec(value).expect("state is plain data")
        }
        let id = feed.to_owned();
        let cell = self.open(feed);
        let mut all = Vec::new();
        let mut articles: HashSet<Uuid> = self.recent(|recent| recent.of_feed(feed)).into_iter().collect();
        {
            let mut record = cell.lock();
            all.extend(record.state.as_ref().map(|state| (Key::Feed(id.clone()), value(state), None)));
            let subscription = record.subscription.as_ref();
            all.extend(subscription.map(|state| (Key::Subscription(id.clone()), value(state), None)));
            if *record.learned != Learned::default() {
                all.push((Key::Learned(id.clone()), value(&*record.learned), None));
            }
            for (key, state) in record.entries(self.disk()).iter_mut() {
                if moved && state.home.is_none() {
                    let known = state.article.and_then(|article| self.article(article));
                    state.home = known.and_then(|known| known.state.site.clone());
                }
                all.push((Key::Entry(id.clone(), *key), value(state), None));
                articles.extend(state.article);
            }
        }
        for _ in &all {
            cell.changed();
        }
        for article in articles {
            let Some(known) = self.article(article).filter(|known| *known.feed == *feed) else { continue };
            let own = known.state.site.clone();
            if moved && own.is_some() {
                continue;
            }
            let site = own.as_ref().unwrap_or(site);
            all.push((Key::Article(id.clone(), article), value(&known.state), own.clone()));
            let (recent, sketch) =
                self.recent(|recent| (recent.get(article).cloned(), recent.sketch(article).cloned()));
            if let Some(recent) = recent {
                let state = RecentState {
                    first_seen: recent.first_seen,
                    sketch,
                    last: self.packed(article),
                    site: known.state.site.clone(),
                };
                all.push((Key::Recent(id.clone(), article), value(&state), own.clone()));
                self.set_recent(article, &known.feed, site, state);
            }
            if let Some(visit) = self.revisit(article) {
                all.push((Key::Revisit(id.clone(), article), value(&visit), own.clone()));
                self.set_revisit(article, site, Some(visit));
            }
            self.set_article(article, KnownArticle { site: Arc::clone(site), ..KnownArticle::clone(&known) });
        }
        all
    }

    /// Returns the keys that the journal may have under a feed's old id in addition to those that are rewritten.
    pub fn loose_keys(&self, feed: &str, old: &str) -> Vec<Key> {
        let recent = self.recent(|recent| recent.of_feed(feed));
        let visits = recent.into_iter().map(|id| Key::Revisit(old.to_owned(), id));
        let old = || old.to_owned();
        visits.chain([Key::Subscription(old()), Key::Learned(old()), Key::Feed(old())]).collect()
    }

    /// Returns the ids that contain a secret, each with its feed's present id.
    fn renames(&self, listed: &HashMap<&str, &FeedConfig>, candidates: &[Candidate]) -> Vec<(Arc<str>, Arc<str>)> {
        let secret = listed.values().filter(|feed| !feed.credentials.is_empty());
        let former: HashSet<String> = secret.flat_map(|feed| former_ids(feed)).collect();
        let unlisted = candidates.iter().filter(|candidate| !listed.contains_key(&*candidate.id));
        let old: Vec<FormerFeed> =
            unlisted.filter_map(|candidate| FormerFeed::new(candidate, former.contains(&*candidate.id))).collect();
        if old.is_empty() {
            return Vec::new();
        }
        let mut unread: Vec<&FeedConfig> =
            listed.values().copied().filter(|feed| self.feed(&feed.id).is_none()).collect();
        unread.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let mut renames: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        // Matches by the id from the list, then by the whole URL, then by the URL without secrets if only one feed has
        // it.
        for way in 0..3 {
            for feed in &unread {
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
                    let is_known = listed.contains_key(id) || self.feed(id).is_some();
                    is_known || renames.iter().any(|(_, new)| **new == *id)
                };
                let new = config::fresh_id(&old.told, taken);
                renames.push((Arc::clone(&old.id), new.into()));
            }
        }
        renames
    }

    /// Moves a feed to another id; what the new id already has wins. The hub calls back under the old id, so the
    /// subscription starts over.
    fn rename(&self, old: &Arc<str>, new: &Arc<str>) {
        let (from, to) = (self.open(old), self.open(new));
        from.site().into_iter().for_each(|site| to.place(&site));
        let mut record = std::mem::take(&mut *from.lock());
        let entries = std::mem::take(record.entries(self.disk()));
        let FeedRecord { state, learned, written, former, .. } = record;
        {
            let mut to = to.lock();
            for (key, entry) in entries {
                to.entries(self.disk()).entry(key).or_insert(entry);
            }
            to.state = to.state.take().or(state);
            if *to.learned == Learned::default() {
                to.learned = learned;
            }
            (to.written, to.former) = (written, Some(former.unwrap_or_else(|| Arc::clone(old))));
        }
        to.changed();
        let mut shared = self.shared();
        shared.feeds.remove(old);
        shared.recent.rename(old, new);
        shared.adopted.renamed.insert(Arc::clone(old), Arc::clone(new));
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
    fn new(Candidate { id, url, written }: &Candidate, is_former: bool) -> Option<Self> {
        let has_login = !written.is_empty();
        let url = written.join(url).ok();
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
        super::super::tests::restored(&[
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
            let store = store(old, url);
            store.adopt([feed]);
            let state = store.feed(new).unwrap_or_else(|| panic!("case {case}"));
            assert_eq!(state.url, "https://a.example/rss", "case {case}");
            assert!(
                store.entry(new, 7).is_some()
                    && store.article(Uuid::from_u128(5)).is_some_and(|known| *known.feed == *new)
            );
            assert_eq!(store.take_former(new).as_deref(), Some(old), "case {case}");
            assert!(old == new || store.feed(old).is_none());
            store.adopt([feed]);
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
            let store = store(id, url);
            store.adopt([&feed("other", None, url, false)]);
            assert!(
                store.feed(id).is_some() && store.feed("other").is_none() && store.take_former(id).is_none(),
                "{id}"
            );
        }
    }
}
