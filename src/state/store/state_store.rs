//! The state store.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use uuid::Uuid;

use super::adopted::Adopted;
use super::articles::{ArticleCache, Known};
use super::cache::FeedCache;
use super::disk::Disk;
use super::feed::{FeedCell, FeedRecord, site_of};
use super::known::KnownArticle;
use super::moves::Moves;
use super::origins::Origins;
use crate::article::Learned;
use crate::article::duplicates::Sketch;
use crate::journal::disk::{CommittedState, DiskError};
use crate::journal::{Key, StatePartition};
use crate::state::packed::Packed;
use crate::state::placement::RecordedArticle;
use crate::state::recent::{RecentArticle, RecentArticles};
use crate::state::{ArticleState, EntryState, FeedState, PlannedRevisit, RecentState};
use crate::websub::Subscription;

/// All that is remembered. Its locks are held briefly, and never while the disk is read, except the lock of one feed.
#[derive(Debug)]
pub struct StateStore {
    disk: Disk,
    shared: Mutex<Shared>,
    /// Held while a batch is made: partitions are forgotten before or after it, never in the middle.
    steady: RwLock<()>,
}

/// What is in memory.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) feeds: FeedCache,
    articles: ArticleCache,
    pub(super) recent: RecentArticles,
    pub(super) adopted: Adopted,
    pub(super) origins: Origins,
    pub(super) moves: Moves,
    /// Counts how often partitions were forgotten, and holds for each partition the count at its last time.
    epoch: u64,
    forgotten: HashMap<StatePartition, u64>,
}

impl StateStore {
    /// Creates the store over the committed state, with the recent articles of its partitions.
    pub fn new(disk: Arc<CommittedState>) -> Self {
        let partitions = disk.partitions();
        let store = Self { disk: Disk::new(disk), shared: Mutex::default(), steady: RwLock::default() };
        store.load(&partitions);
        store
    }

    /// Reads the recent articles of partitions whose state can be read now.
    pub fn load(&self, partitions: &BTreeSet<StatePartition>) {
        let mut rows = Vec::new();
        self.read(|disk| disk.each_recent(partitions, |row| rows.push(row)));
        let feeds: HashSet<&str> = rows.iter().map(|row| row.feed.as_str()).collect();
        let mut places: HashMap<String, (Arc<str>, Arc<str>)> = HashMap::new();
        let mut sites: HashSet<Arc<str>> = HashSet::new();
        self.read(|disk| {
            disk.each_feed(partitions, |id, _, value| {
                let state = feeds.contains(id).then(|| FeedState::read(value).ok()).flatten();
                let Some(site) = state.as_ref().and_then(site_of) else { return };
                let site = sites.get(&site).cloned().unwrap_or(site);
                sites.insert(Arc::clone(&site));
                places.insert(id.to_owned(), (Arc::from(id), site));
            })
        });
        let mut shared = self.shared();
        // What was not found before may be in these partitions.
        shared.articles.refresh();
        shared.feeds.refresh();
        for row in rows {
            let unplaced = |id: &String| (Arc::from(id.as_str()), Arc::from(""));
            let (feed, of_feed) = places.entry(row.feed).or_insert_with_key(unplaced).clone();
            let site = match row.site {
                Some(site) => sites.get(&*site).cloned().unwrap_or_else(|| Arc::from(site)),
                None => of_feed,
            };
            sites.insert(Arc::clone(&site));
            let (first_seen, size, inline) = (row.first_seen, row.size, row.inline);
            let article = RecentArticle { first_seen, feed, site, size, inline };
            shared.recent.add_stored(row.id, article, row.sketch.as_deref().and_then(Sketch::from_bytes), row.due);
        }
    }

    pub(super) fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Reads the disk; the first failure is kept.
    pub(super) fn read<T>(&self, read: impl FnOnce(&CommittedState) -> Result<T, DiskError>) -> Option<T> {
        self.disk.read(read)
    }

    /// Returns why the disk could not be read. From then on nothing may be committed.
    pub fn failure(&self) -> Option<Arc<DiskError>> {
        self.disk.failure()
    }

    /// Keeps partitions from being forgotten while a batch is made.
    pub fn steady(&self) -> RwLockReadGuard<'_, ()> {
        self.steady.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the epoch, which distinguishes what was made before a partition was forgotten from what was made
    /// later.
    pub fn epoch(&self) -> u64 {
        self.shared().epoch
    }

    /// Returns whether work of that epoch is void for the partition: the partition's state may have been restored
    /// since then, without that work.
    pub fn was_forgotten_since(&self, partition: StatePartition, epoch: u64) -> bool {
        self.shared().forgotten.get(&partition).is_some_and(|last| *last > epoch)
    }

    /// Forgets all feeds of these partitions.
    pub fn forget(&self, partitions: &BTreeSet<StatePartition>, partition_of: impl Fn(&str) -> StatePartition) {
        let is_gone = |site: &str| partitions.contains(&partition_of(site));
        let _unsteady = self.steady.write().unwrap_or_else(PoisonError::into_inner);
        let mut shared = self.shared();
        shared.epoch += 1;
        let epoch = shared.epoch;
        shared.forgotten.extend(partitions.iter().map(|partition| (*partition, epoch)));
        shared.feeds.forget(is_gone);
        shared.articles.forget(is_gone);
        shared.origins.forget(is_gone);
        shared.moves.forget(is_gone);
        shared.recent.forget(is_gone);
    }

    /// Returns the feed, read from the disk if it is not in memory. It stays in memory as long as it is held.
    pub fn open(&self, feed: &str) -> Arc<FeedCell> {
        loop {
            let (epoch, is_former) = {
                let shared = self.shared();
                if let Some(cell) = shared.feeds.get(feed) {
                    return cell;
                }
                ((shared.epoch, shared.feeds.dropped()), shared.adopted.is_former(feed))
            };
            let stored = if is_former { None } else { self.read(|disk| disk.feed(feed)).flatten() };
            let cell = stored.map(|stored| FeedRecord::read(feed, stored)).unwrap_or_default();
            let mut shared = self.shared();
            // What was read may be older than what was dropped or forgotten meanwhile.
            if epoch == (shared.epoch, shared.feeds.dropped()) {
                return shared.feeds.add(Arc::new(FeedCell::new(feed, cell)));
            }
        }
    }

    /// Returns how the feed was last read.
    pub fn feed(&self, feed: &str) -> Option<FeedState> {
        self.open(feed).state()
    }

    /// Passes on the id and the state of each feed of these partitions, in no order, changes that are not committed
    /// included.
    pub fn each_feed(&self, partitions: &BTreeSet<StatePartition>, mut each: impl FnMut(&str, FeedState)) {
        let mut seen: HashSet<Arc<str>> = HashSet::new();
        self.read(|disk| {
            disk.each_feed(partitions, |id, _, value| {
                let cell = self.shared().feeds.get(id);
                let state = match cell {
                    Some(cell) => {
                        seen.insert(Arc::clone(&cell.id));
                        cell.state()
                    }
                    None if self.shared().adopted.is_former(id) => None,
                    None => FeedState::read(value).ok(),
                };
                if let Some(state) = state {
                    each(id, state);
                }
            })
        });
        let uncommitted = self.shared().feeds.all();
        for cell in uncommitted.into_iter().filter(|cell| !seen.contains(&cell.id)) {
            cell.state().into_iter().for_each(|state| each(&cell.id, state));
        }
    }

    /// Returns the owned partitions.
    pub fn partitions(&self) -> BTreeSet<StatePartition> {
        self.disk.partitions()
    }

    /// Returns the subscriptions of all feeds.
    pub fn subscriptions(&self) -> HashMap<String, Subscription> {
        let mut all = HashMap::new();
        self.read(|disk| {
            disk.each_subscription(&disk.partitions(), |feed, value| {
                if let Ok(subscription) = Subscription::read(&value) {
                    all.insert(feed, subscription);
                }
            })
        });
        let in_memory = self.shared().feeds.all();
        for cell in in_memory {
            match cell.lock().subscription.clone() {
                Some(subscription) => all.insert(cell.id.to_string(), subscription),
                None => all.remove(&*cell.id),
            };
        }
        all
    }

    /// Returns the partition key of a feed, if known.
    pub fn site(&self, feed: &str) -> Option<Arc<str>> {
        self.open(feed).site()
    }

    /// Sets the partition key of a feed. Returns the one before.
    pub fn set_site(&self, feed: &str, site: &str) -> Option<Arc<str>> {
        self.open(feed).set_site(site)
    }

    /// Changes a feed; the change is not committed yet.
    fn change<T>(&self, feed: &str, change: impl FnOnce(&mut FeedRecord) -> T) -> T {
        let cell = self.open(feed);
        cell.changed();
        let mut record = cell.lock();
        change(&mut record)
    }

    /// Remembers how the feed was read.
    pub fn set_feed(&self, feed: &str, state: FeedState) {
        self.change(feed, |record| record.state = Some(state));
    }

    /// Remembers or forgets the feed's subscription.
    pub fn set_subscription(&self, feed: &str, subscription: Option<Subscription>) {
        self.change(feed, |record| record.subscription = subscription);
    }

    /// Returns the blocks that repeat in the feed's articles.
    pub fn learned(&self, feed: &str) -> Arc<Learned> {
        self.open(feed).learned()
    }

    /// Remembers the blocks that repeat in the feed's articles.
    pub fn set_learned(&self, feed: &str, learned: Arc<Learned>) {
        self.change(feed, |record| record.learned = learned);
    }

    /// Returns how the entry was last seen.
    pub fn entry(&self, feed: &str, key: u128) -> Option<EntryState> {
        let cell = self.open(feed);
        cell.lock().entries(&self.disk).get(&key).cloned()
    }

    /// Remembers or forgets an entry.
    pub fn set_entry(&self, feed: &str, key: u128, state: Option<EntryState>) {
        self.change(feed, |record| {
            let entries = record.entries(&self.disk);
            match state {
                Some(state) => entries.insert(key, state),
                None => entries.remove(&key),
            }
        });
    }

    /// Returns the feed's oldest entries beyond `keep`, except those that are shown.
    pub fn surplus(&self, feed: &str, keep: usize, is_shown: impl Fn(u128) -> bool) -> Vec<u128> {
        let cell = self.open(feed);
        let mut record = cell.lock();
        let entries = record.entries(&self.disk);
        let Some(over) = entries.len().checked_sub(keep).filter(|over| *over > 0) else { return Vec::new() };
        let mut old: Vec<_> =
            entries.iter().filter(|(key, _)| !is_shown(**key)).map(|(key, entry)| (entry.seen, *key)).collect();
        old.sort_unstable();
        old.into_iter().take(over).map(|(_, key)| key).collect()
    }

    /// Returns an article, if it is on record, as this entry of the feed sees it.
    pub(crate) fn on_record(&self, feed: &str, key: u128, article: Uuid) -> Option<RecordedArticle> {
        self.article(article)?;
        let is_other = |(other, entry): (&u128, &EntryState)| *other != key && entry.article == Some(article);
        let is_of_feed = self.open(feed).lock().entries(&self.disk).iter().any(is_other)
            || self.is_origin_of_another(feed, key, article);
        Some(RecordedArticle { last: self.packed(article), is_of_feed })
    }

    /// Returns what is known of an article.
    pub fn article(&self, id: Uuid) -> Option<Arc<KnownArticle>> {
        loop {
            let before = {
                let mut shared = self.shared();
                if let Some(known) = shared.articles.get(id) {
                    return known;
                }
                (shared.epoch, shared.articles.dropped())
            };
            let known = self.read_article(id);
            let mut shared = self.shared();
            // What was read may be older than what was dropped or forgotten meanwhile.
            if before == (shared.epoch, shared.articles.dropped()) {
                return shared.articles.add_read(id, known);
            }
        }
    }

    fn read_article(&self, id: Uuid) -> Known {
        let (row, feed, _) = self.read(|disk| disk.article(id)).flatten()?;
        let state = ArticleState::try_from(row)
            .inspect_err(|error| tracing::error!(article = %id, %error, "unreadable state value skipped"))
            .ok()?;
        let feed = self.shared().adopted.present(&feed);
        let of_feed = || self.site(&feed).unwrap_or_else(|| Arc::from(""));
        let site = state.site.clone().unwrap_or_else(of_feed);
        Some(Arc::new(KnownArticle { state, feed, site }))
    }

    /// Remembers an article under the feed that showed it first.
    pub fn set_article(&self, id: Uuid, known: KnownArticle) {
        let site = Arc::clone(&known.site);
        self.shared().articles.change(id, &site, Some(Arc::new(known)));
    }

    /// Notes that an article belongs to the site that its state names; the change is not committed yet.
    pub fn settle_article(&self, id: Uuid, state: ArticleState) {
        let Some(known) = self.article(id) else { return };
        let site = state.site.clone().unwrap_or_else(|| Arc::clone(&known.site));
        self.set_article(id, KnownArticle { state, site, feed: Arc::clone(&known.feed) });
    }

    /// Empties what is in memory of a feed whose state leaves; the changes that [`Self::rewritten`] counted remove it.
    pub fn leave(&self, feed: &str) {
        let cell = self.open(feed);
        *cell.lock() = FeedRecord::default();
        cell.leave();
    }

    /// Remembers a recent article, or forgets it if there is nothing to remember. Returns whether there is a
    /// change to commit.
    pub fn set_recent(&self, id: Uuid, feed: &Arc<str>, site: &Arc<str>, state: RecentState) -> bool {
        self.shared().recent.put(id, feed, site, state)
    }

    /// Forgets an article.
    pub fn forget_article(&self, id: Uuid, site: &Arc<str>) {
        self.shared().articles.change(id, site, None);
    }

    /// Forgets what is remembered of a recent article. Returns what was known of it, and whether a visit was planned.
    pub fn forget_recent(&self, id: Uuid) -> (Option<RecentArticle>, bool) {
        self.shared().recent.remove(id)
    }

    /// Gives access to the recent articles.
    pub fn recent<T>(&self, access: impl FnOnce(&mut RecentArticles) -> T) -> T {
        access(&mut self.shared().recent)
    }

    /// Returns the last revision of an article, if it is recent.
    pub fn packed(&self, id: Uuid) -> Option<Packed> {
        let (uncommitted, cleaner) = {
            let shared = self.shared();
            let article = shared.recent.get(id).filter(|article| article.size > 0)?;
            (shared.recent.new_revision(id), shared.adopted.cleaner(&article.feed))
        };
        if let Some(packed) = uncommitted {
            return packed;
        }
        let packed = Packed::from_bytes(self.read(|disk| disk.last_revision(id)).flatten()?);
        match cleaner {
            Some(cleaner) => cleaner.clean(&packed),
            None => Some(packed),
        }
    }

    /// Returns an article that a feed of this site may withdraw: one that the feed showed first, or an article of the
    /// site.
    pub fn withdrawable(&self, feed: &str, site: &str, article: Uuid) -> Option<Arc<KnownArticle>> {
        let known = self.article(article).filter(|known| !known.state.canceled)?;
        let url = || self.packed(article)?.article()?.url?.parse().ok();
        let is_of_site = || url().is_some_and(|url: url::Url| crate::fetch::registrable(&url) == site);
        (*known.feed == *feed || is_of_site()).then_some(known)
    }

    /// Returns the next visit to an article's page.
    pub fn revisit(&self, id: Uuid) -> Option<PlannedRevisit> {
        let uncommitted = {
            let shared = self.shared();
            shared.recent.revisit_due(id)?;
            shared.recent.new_visit(id)
        };
        match uncommitted {
            Some(visit) => visit,
            None => PlannedRevisit::read(&self.read(|disk| disk.revisit(id)).flatten()?).ok(),
        }
    }

    /// Sets the next visit to an article's page. Returns whether there is a change to commit.
    pub fn set_revisit(&self, id: Uuid, site: &Arc<str>, visit: Option<PlannedRevisit>) -> bool {
        self.shared().recent.set_revisit(id, site, visit)
    }

    /// Notes that a change of this key was committed: the disk has it.
    pub fn committed(&self, key: &str) {
        match Key::decode(key) {
            Key::Article(_, id) => self.shared().articles.committed(id),
            Key::Recent(_, id) => self.shared().recent.committed(id),
            Key::Revisit(_, id) => self.shared().recent.committed_visit(id),
            Key::Feed(feed) | Key::Entry(feed, _) | Key::Subscription(feed) | Key::Learned(feed) => {
                let cell = self.shared().feeds.get(&feed);
                if let Some(cell) = cell {
                    cell.committed();
                }
            }
            Key::Origin(feed, key, site) => self.shared().origins.committed(feed, key, site),
            Key::MovedAway(feed) => self.shared().moves.committed(&feed),
            // These are only read from the disk.
            Key::Blocked(..) | Key::Replay(_) | Key::Incarnation | Key::HandoffPosition => {}
        }
    }
}
