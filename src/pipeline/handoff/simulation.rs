//! Instances that share feeds, without network and Kafka: their partitions move and they are killed at any moment, pages
//! redirect and state the URLs of other sites. Each story becomes one article with one history.
//!
//! `DATELINE_CLUSTERS` sets how many (10,000 for the long run); `DATELINE_TEST_SEED` repeats a run.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use test_support::random::Random;
use url::Url;

use super::intake::{Message, Next};
use super::{MAX_HOPS, Routes};
use crate::config::{FeedConfig, Pages, Settings};
use crate::extract::Extractor;
use crate::feed::{Entry, Feed};
use crate::fetch::Validators;
use crate::journal::disk::MemoryState;
use crate::journal::kafka::partition;
use crate::journal::{Batch, CommittedState, Handoff, HandoffPlace, Journal, JournalError, Received, StatePartition};
use crate::pipeline::analyse;
use crate::pipeline::analyse::draft::Draft;
use crate::pipeline::commit::{admit, batch};
use crate::pipeline::message::{
    AckReceiver, CommitAck, EntryWay, FeedHandle, FetchedEntry, FetchedPage, PendingEntry, Trace, Work,
};
use crate::record::{Article, Topic};
use crate::state::identity::identify;
use crate::state::recent::MemoryLimits;
use crate::state::store::StateStore;

const PARTITIONS: StatePartition = 5;
const INSTANCES: usize = 3;

/// Says which partitions an instance owns.
#[derive(Default)]
struct Owner(Mutex<BTreeSet<StatePartition>>);

#[async_trait]
impl Journal for Owner {
    async fn restore(&self) -> Result<Arc<CommittedState>, JournalError> {
        unreachable!("the simulation restores by itself")
    }

    async fn commit(&self, _: &[Batch]) -> Result<(), JournalError> {
        unreachable!("the simulation commits by itself")
    }

    fn max_value_bytes(&self) -> usize {
        1 << 20
    }

    fn partition(&self, site: &str) -> StatePartition {
        partition(site, PARTITIONS)
    }

    fn owned(&self) -> BTreeSet<StatePartition> {
        self.0.lock().unwrap().clone()
    }

    fn is_shared(&self) -> bool {
        true
    }
}

/// What is committed: the state topic, the messages, and the articles.
#[derive(Default)]
struct Log {
    state: BTreeMap<StatePartition, BTreeMap<String, Vec<u8>>>,
    messages: BTreeMap<StatePartition, Vec<Handoff>>,
    consumed: BTreeSet<HandoffPlace>,
    articles: Vec<Article>,
}

/// A story on the web.
struct Story {
    url: String,
    version: u32,
    words: String,
}

/// The feeds and the pages.
struct Web {
    feeds: Vec<Arc<FeedHandle>>,
    stories: Vec<Story>,
    /// The stories that each feed shows, with the link that it gives each.
    shown: Vec<Vec<(usize, String)>>,
    /// The page of each link: a redirect, or a story's page.
    pages: HashMap<String, Page>,
}

enum Page {
    To(String),
    Of(usize),
}

const WORDS: [&str; 12] = [
    "amber", "barley", "cinder", "dapple", "ember", "fathom", "gravel", "hollow", "juniper", "kestrel", "lantern",
    "meadow",
];

impl Web {
    fn new(random: &mut Random) -> Self {
        let site = |n: u64| format!("s{n}.example");
        let feeds = (0..4_u64).map(|n| {
            let url = format!("https://{}/feed", site(n));
            let pages = Some(if random.below(2) == 0 { Pages::Always } else { Pages::Never });
            Arc::new(FeedHandle::new(FeedConfig { id: format!("f{n}"), url, pages, ..FeedConfig::default() }))
        });
        let feeds: Vec<_> = feeds.collect();
        let shown = feeds.iter().map(|_| Vec::new()).collect();
        let mut web = Self { feeds, stories: Vec::new(), shown, pages: HashMap::new() };
        for _ in 0..3 {
            web.publish(random);
        }
        web
    }

    /// Publishes a story, and has some feeds show it.
    fn publish(&mut self, random: &mut Random) {
        let (n, site) = (self.stories.len(), random.below(7));
        let url = format!("https://s{site}.example/{n}");
        let words: Vec<&str> = (0..30).map(|_| WORDS[random.below(12) as usize]).collect();
        self.stories.push(Story { url: url.clone(), version: 1, words: words.join(" ") });
        self.pages.insert(url.clone(), Page::Of(n));
        for feed in 0..self.feeds.len() {
            if random.below(2) == 0 {
                continue;
            }
            let link = match (self.feeds[feed].pages, random.below(4)) {
                // A link that counts clicks, on a site of its own.
                (Some(Pages::Always), 0) => {
                    let link = format!("https://s{}.example/to/{feed}/{n}", 7 + random.below(2));
                    self.pages.insert(link.clone(), Page::To(url.clone()));
                    link
                }
                // A copy on the same site, which states the URL of the original.
                (Some(Pages::Always), 1) => {
                    let link = format!("https://s{site}.example/copy/{feed}/{n}");
                    self.pages.insert(link.clone(), Page::Of(n));
                    link
                }
                _ => url.clone(),
            };
            self.shown[feed].push((n, link));
        }
    }

    fn text(&self, story: usize) -> String {
        let Story { words, version, .. } = &self.stories[story];
        format!("Story {story}x begins. {words}. The edition is v{version}x.")
    }

    fn entries(&self, feed: usize) -> Vec<Entry> {
        let entry = |(story, link): &(usize, String)| Entry {
            guid: Some(format!("{feed}-{story}")),
            link: Some(link.clone()),
            title: Some(format!("Story {story}x of the day")),
            summary: Some(self.text(*story)),
            published: DateTime::from_timestamp(1_750_000_000 + story.cast_signed() as i64 * 60, 0),
            ..Entry::default()
        };
        self.shown[feed].iter().rev().map(entry).collect()
    }

    fn html(&self, story: usize) -> String {
        let (url, text) = (&self.stories[story].url, self.text(story));
        format!(
            "<html lang=fi><head><title>Story {story}x of the day</title><link rel=canonical href=\"{url}\">\
             <meta property=\"og:type\" content=\"article\"></head><body><article><h1>Story {story}x of the day</h1>\
             <p>{text}</p></article></body></html>"
        )
    }
}

/// A poll in progress.
struct Poll {
    feed: usize,
    acks: Vec<AckReceiver>,
    state: crate::state::FeedState,
}

/// An instance: what it has in memory.
struct Instance {
    owner: Arc<Owner>,
    disk: MemoryState,
    store: Arc<StateStore>,
    routes: Routes,
    polls: Vec<Poll>,
    /// What is analysed and not in a group yet.
    works: Vec<Work>,
    /// The group that is not committed yet.
    group: Vec<Batch>,
    acks: Vec<CommitAck>,
    /// The messages that are being dealt with.
    open: HashMap<HandoffPlace, AckReceiver>,
}

impl Instance {
    fn new(owned: &BTreeSet<StatePartition>, log: &Log) -> Self {
        let owner = Arc::new(Owner(Mutex::new(owned.clone())));
        let disk = MemoryState::new().unwrap();
        disk.committed().remove(&[0].into());
        for partition in owned {
            copy(&disk, *partition, log);
        }
        disk.committed().add(owned);
        let store = Arc::new(StateStore::new(disk.committed()));
        let routes = Routes::new(Arc::clone(&owner) as Arc<dyn Journal>);
        let (polls, works, group, acks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { owner, disk, store, routes, polls, works, group, acks, open: HashMap::new() }
    }
}

fn copy(disk: &MemoryState, partition: StatePartition, log: &Log) {
    disk.forget(partition);
    for (key, value) in log.state.get(&partition).into_iter().flatten() {
        disk.write_in(partition, key, Some(value)).unwrap();
    }
}

struct Cluster {
    web: Web,
    log: Log,
    instances: Vec<Instance>,
    extractor: Arc<Extractor>,
    policy: batch::BatchPolicy,
    now: DateTime<Utc>,
    random: Random,
}

impl Cluster {
    fn new(extractor: &Arc<Extractor>, mut random: Random) -> Self {
        let web = Web::new(&mut random);
        let log = Log::default();
        let mut owned = vec![BTreeSet::new(); INSTANCES];
        for partition in 0..PARTITIONS {
            owned[random.below(INSTANCES as u64) as usize].insert(partition);
        }
        let instances = owned.iter().map(|owned| Instance::new(owned, &log)).collect();
        let policy = batch::BatchPolicy {
            max_value: 1 << 20,
            limits: MemoryLimits::new(&Settings::default()),
            revisit: Vec::new(),
            max_blocked: 100,
        };
        let now = DateTime::from_timestamp(1_750_100_000, 0).unwrap();
        Self { web, log, instances, extractor: Arc::clone(extractor), policy, now, random }
    }

    fn any(&mut self, count: usize) -> usize {
        self.random.below(count as u64) as usize
    }

    fn owner_of(&self, site: &str) -> Option<usize> {
        self.instances.iter().position(|instance| instance.routes.is_here(site))
    }

    /// Starts to poll a feed, unless it is being polled.
    fn poll(&mut self, feed: usize) {
        self.now += TimeDelta::minutes(5);
        let handle = Arc::clone(&self.web.feeds[feed]);
        let Some(at) = self.owner_of(&handle.site) else { return };
        if self.instances[at].polls.iter().any(|poll| poll.feed == feed) {
            return;
        }
        let store = Arc::clone(&self.instances[at].store);
        let cell = store.open(&handle.id);
        cell.place(&handle.site);
        let mut state = cell.state().unwrap_or_default();
        state.url.clone_from(&handle.url);
        let identity = identify(self.web.entries(feed), state.trust(), &store.memory(&cell));
        let mut acks = Vec::new();
        for identified in identity.entries.into_iter().rev() {
            let known = store.entry(&handle.id, identified.key);
            if known.as_ref().is_some_and(|known| known.content_hash == identified.content_hash) {
                continue;
            }
            let serial = (known.as_ref().map_or(0, |known| known.serial) + 1).max(self.now.timestamp_millis());
            let (ack, receiver) = CommitAck::new();
            acks.push(receiver);
            let pending = PendingEntry {
                feed: Arc::clone(&handle),
                about: Arc::new(Feed { language: Some("fi".into()), ..Feed::default() }),
                entry: identified.entry,
                key: identified.key,
                content_hash: identified.content_hash,
                fingerprint: identified.fingerprint,
                naming: identified.naming,
                article: known.as_ref().and_then(|known| known.article),
                pages: handle.pages.unwrap_or_default(),
                way: EntryWay { serial, home: known.and_then(|known| known.article_site()), ..EntryWay::default() },
                learned: Arc::default(),
                trace: Trace::start(),
                ack,
            };
            self.analyse(at, pending);
        }
        self.instances[at].polls.push(Poll { feed, acks, state });
    }

    /// Does what the stages before the last one do.
    fn analyse(&mut self, at: usize, mut pending: PendingEntry) {
        let instance = &self.instances[at];
        let asked = pending.way.asked.take();
        let link = asked.clone().or_else(|| Url::parse(pending.entry.link.as_deref()?).ok());
        let mut page = pending.way.page.take();
        let has_hops_left = pending.way.received.as_ref().is_none_or(|received| received.route.len() < MAX_HOPS);
        let (mut asked, mut elsewhere) = (asked, None);
        if !pending.way.is_read && pending.pages == Pages::Always && pending.naming.has_page() {
            let mut url = link.expect("all entries have links");
            asked = Some(url.clone());
            loop {
                if !instance.routes.has_for(&url, &pending.feed, pending.way.received.as_ref()) {
                    elsewhere = Some(url).filter(|_| has_hops_left);
                    break;
                }
                match &self.web.pages[url.as_str()] {
                    Page::To(to) => url = Url::parse(to).unwrap(),
                    Page::Of(story) => {
                        let body = self.web.html(*story).into_bytes();
                        page = Some(FetchedPage { url, body, content_type: None, validators: Validators::default() });
                        break;
                    }
                }
            }
        }
        let (draft, mut head) = Draft::split(FetchedEntry { pending, asked, page, text: None, elsewhere });
        let made = analyse::outcome(&draft, &instance.store, &self.extractor, &instance.routes);
        (head.home, head.basis) = (made.home.site, made.home.basis);
        self.instances[at].works.push(Work::Entry(head, made.result));
    }

    /// Receives a message that is not being dealt with, and is the first one of its entry.
    fn receive(&mut self, at: usize) -> bool {
        let instance = &self.instances[at];
        let mut names = BTreeSet::new();
        let mut free = Vec::new();
        for partition in instance.owner.owned() {
            for (offset, handoff) in self.log.messages.get(&partition).into_iter().flatten().enumerate() {
                let place = HandoffPlace { partition, offset: offset.cast_signed() as i64 };
                if self.log.consumed.contains(&place) || !instance.routes.is_here(&handoff.site) {
                    continue;
                }
                let message = Message::read(Received { place, handoff: handoff.clone() });
                if names.insert((partition, message.name())) && !instance.open.contains_key(&place) {
                    free.push((place, message));
                }
            }
        }
        if free.is_empty() {
            return false;
        }
        let one = self.any(free.len());
        let (place, message) = free.swap_remove(one);
        let (ack, receiver) = CommitAck::new();
        self.instances[at].open.insert(place, receiver);
        match message.next(&self.instances[at].store, &Trace::start(), ack) {
            Next::Page(pending) => self.analyse(at, *pending),
            Next::Commit(work) => self.instances[at].works.push(*work),
        }
        true
    }

    /// Makes a batch of one of the works that wait.
    fn build(&mut self, at: usize) {
        let count = self.instances[at].works.len();
        if count == 0 {
            return;
        }
        let one = self.any(count);
        let instance = &mut self.instances[at];
        let work = instance.works.swap_remove(one);
        let routes = instance.routes.hold();
        let Some(mut work) = admit(&instance.store, &routes, work) else { return };
        let built = batch::build(&instance.store, &mut work, &self.policy, &routes, self.now);
        drop(routes);
        instance.group.push(built.batch);
        instance.acks.push(work.into_ack());
    }

    /// Commits the group.
    fn commit(&mut self, at: usize) {
        let instance = &mut self.instances[at];
        let owned = instance.owner.owned();
        for Batch { records, state, handoffs, consumed, .. } in instance.group.drain(..) {
            let is_nothing = records.is_empty() && state.is_empty() && handoffs.is_empty();
            for change in state {
                let to = instance.owner.partition(&change.site);
                assert!(owned.contains(&to), "{} is another instance's", change.key);
                let all = self.log.state.entry(to).or_default();
                instance.disk.write_in(to, &change.key, change.value.as_deref()).unwrap();
                instance.store.committed(&change.key);
                match change.value {
                    Some(value) => drop(all.insert(change.key, value)),
                    None => drop(all.remove(&change.key)),
                }
            }
            for handoff in handoffs {
                let to = instance.owner.partition(&handoff.site);
                self.log.messages.entry(to).or_default().push(handoff);
            }
            if let Some(place) = consumed {
                // Work from before the partition left and came back may come beside that of the second receipt.
                assert!(self.log.consumed.insert(place) || is_nothing, "{place:?} is consumed twice");
                instance.open.remove(&place);
            }
            let articles = records.into_iter().filter(|record| record.topic == Topic::Articles);
            let read = |value: Option<Vec<u8>>| serde_json::from_slice(&value.unwrap()).unwrap();
            self.log.articles.extend(articles.map(|record| read(record.value)));
        }
        instance.acks.drain(..).for_each(|ack| ack.acknowledge(None, None));
    }

    /// Ends the polls whose entries are committed, or dropped, and forgets the messages whose work was dropped.
    fn end_polls(&mut self, at: usize) {
        let mut ended = Vec::new();
        let instance = &mut self.instances[at];
        for mut poll in std::mem::take(&mut instance.polls) {
            let mut is_open = false;
            let mut is_whole = true;
            poll.acks.retain_mut(|ack| match ack.try_recv() {
                Ok(_) => false,
                Err(tokio::sync::oneshot::error::TryRecvError::Empty) => {
                    is_open = true;
                    true
                }
                Err(tokio::sync::oneshot::error::TryRecvError::Closed) => {
                    is_whole = false;
                    true
                }
            });
            match (is_open, is_whole) {
                (true, _) => instance.polls.push(poll),
                (false, true) => ended.push(poll),
                (false, false) => {}
            }
        }
        instance
            .open
            .retain(|_, ack| !matches!(ack.try_recv(), Err(tokio::sync::oneshot::error::TryRecvError::Closed)));
        for poll in ended {
            let (ack, _) = CommitAck::new();
            self.instances[at].works.push(Work::Feed {
                feed: Arc::clone(&self.web.feeds[poll.feed]),
                state: Box::new(poll.state),
                events: Vec::new(),
                dead: None,
                forget: Vec::new(),
                learned: None,
                trace: Trace::start(),
                ack,
            });
        }
    }

    /// Moves a partition to another instance.
    fn move_partition(&mut self, from: usize, partition: StatePartition, to: usize) {
        let one: BTreeSet<StatePartition> = [partition].into();
        self.instances[from].routes.close(&one);
        for _ in 0..self.random.below(6) {
            self.build(from);
        }
        self.instances[from].routes.shut(&one);
        self.commit(from);
        let instance = &mut self.instances[from];
        instance.owner.0.lock().unwrap().remove(&partition);
        instance.disk.committed().remove(&one);
        instance.store.forget(&one, |site| crate::journal::kafka::partition(site, PARTITIONS));
        instance.open.retain(|place, _| place.partition != partition);
        let feeds = &self.web.feeds;
        instance.polls.retain(|poll| crate::journal::kafka::partition(&feeds[poll.feed].site, PARTITIONS) != partition);
        for _ in 0..self.random.below(3) {
            self.build(from);
        }
        let instance = &self.instances[to];
        copy(&instance.disk, partition, &self.log);
        instance.disk.committed().add(&one);
        instance.owner.0.lock().unwrap().insert(partition);
        // Works that were analysed before may be committed now.
        for _ in 0..self.random.below(3) {
            self.build(to);
        }
        self.instances[to].store.load(&one);
        self.instances[to].routes.open(&one);
    }

    fn step(&mut self) {
        let at = self.any(INSTANCES);
        match self.random.below(32) {
            0..6 => {
                let feed = self.any(self.web.feeds.len());
                self.poll(feed);
            }
            6..14 => drop(self.receive(at)),
            14..23 => self.build(at),
            23..27 => self.commit(at),
            27 => {
                let story = self.any(self.web.stories.len());
                self.web.stories[story].version += 1;
            }
            28 if self.web.stories.len() < 8 => self.web.publish(&mut self.random),
            28 | 29 => {
                let owned: Vec<_> = self.instances[at].owner.owned().into_iter().collect();
                let to = self.any(INSTANCES);
                if !owned.is_empty() && to != at {
                    let partition = owned[self.any(owned.len())];
                    self.move_partition(at, partition, to);
                }
            }
            30 => {
                let owned = self.instances[at].owner.owned();
                self.instances[at] = Instance::new(&owned, &self.log);
            }
            _ => {}
        }
        self.end_polls(at);
    }

    /// Has everything that the feeds show dealt with.
    fn settle(&mut self) {
        for _ in 0..4 {
            for feed in 0..self.web.feeds.len() {
                self.poll(feed);
            }
            let mut is_busy = true;
            while is_busy {
                is_busy = false;
                for at in 0..INSTANCES {
                    while self.receive(at) {}
                    is_busy |= !self.instances[at].works.is_empty();
                    while !self.instances[at].works.is_empty() {
                        self.build(at);
                    }
                    self.commit(at);
                    self.end_polls(at);
                }
            }
        }
    }

    /// Checks that each story is one article, with one history that ends with its present form.
    fn check(&self) {
        for at in 0..INSTANCES {
            assert!(self.instances[at].open.is_empty() && self.instances[at].polls.is_empty());
        }
        for (n, story) in self.web.stories.iter().enumerate() {
            let is_shown = self.web.shown.iter().flatten().any(|(shown, _)| *shown == n);
            let of: Vec<&Article> =
                self.log.articles.iter().filter(|article| article.text.contains(&format!("Story {n}x "))).collect();
            let ids: BTreeSet<_> = of.iter().map(|article| article.id).collect();
            let tell = |article: &Article| {
                let feed = article.feed.as_ref().map_or("", |feed| &feed.id);
                format!("\n{} {} of {feed} at {:?}: {}", article.id, article.revision, article.url, article.text)
            };
            let all: String = of.iter().map(|article| tell(article)).collect();
            assert_eq!(ids.len(), usize::from(is_shown), "story {n} at {}{all}", story.url);
            let revisions: Vec<u32> = of.iter().map(|article| article.revision).collect();
            assert_eq!(revisions, (1..=revisions.len() as u32).collect::<Vec<_>>(), "story {n}{all}");
            let last = of.last().map_or("", |article| &article.text);
            assert!(
                !is_shown || last.contains(&format!("v{}x", story.version)),
                "story {n}: {} in {last}",
                story.version
            );
        }
    }
}

#[test]
fn each_story_is_one_article_wherever_its_feeds_and_pages_are() {
    let clusters = std::env::var("DATELINE_CLUSTERS").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    let mut random = Random::seeded("clusters");
    let extractor = Arc::new(Extractor::fast());
    for number in 0..clusters {
        let mut cluster = Cluster::new(&extractor, random.fork());
        let steps = 50 + cluster.random.below(250);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..steps {
                cluster.step();
            }
            cluster.settle();
            cluster.check();
        }));
        assert!(outcome.is_ok(), "cluster {number} of this seed");
    }
}
