//! Instances that share feeds, without network and Kafka: their partitions move and they are killed at any moment, pages
//! redirect and state the URLs of other sites, feeds move from site to site, and each instance learns of it at another
//! moment. Rules block entries for a while, before their pages are fetched or after. Each story becomes one article with
//! one history, and each feed is polled as a new one once.
//!
//! `DATELINE_CLUSTERS` sets how many (10,000 for the long run); `DATELINE_TEST_SEED` repeats a run.

mod instance;
mod lists;
mod rules;
mod web;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use test_support::random::Random;
use url::Url;

use self::instance::{Instance, Log, Poll, copy};
use self::web::{Page, Web};
use super::MAX_HOPS;
use super::intake::{Message, Next};
use crate::article::Reservations;
use crate::config::{Pages, Settings};
use crate::extract::Extractor;
use crate::feed::Feed;
use crate::fetch::Validators;
use crate::filter::EntryFilter;
use crate::journal::kafka::partition as partition_of;
use crate::journal::{Batch, HandoffPlace, Journal, Key, Received, StatePartition};
use crate::pipeline::analyse;
use crate::pipeline::analyse::draft::Draft;
use crate::pipeline::commit::{admit, batch};
use crate::pipeline::message::{
    CommitAck, EntryWay, FeedHandle, FetchedEntry, FetchedPage, PendingEntry, RuleVerdict, Trace, Work,
};
use crate::record::{Article, Topic};
use crate::state::identity::identify;

const PARTITIONS: StatePartition = 5;
const INSTANCES: usize = 3;

struct Cluster {
    web: Web,
    log: Log,
    instances: Vec<Instance>,
    extractor: Arc<Extractor>,
    policy: batch::BatchPolicy,
    filters: Vec<Arc<EntryFilter>>,
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
        let mut settings = Settings::default();
        settings.articles.revisit.clear();
        let policy = batch::BatchPolicy::new(Arc::new(settings), 1 << 20);
        let now = DateTime::from_timestamp(1_750_100_000, 0).unwrap();
        let (extractor, filters) = (Arc::clone(extractor), rules::filters());
        let mut cluster = Self { web, log, instances, extractor, policy, filters, now, random };
        (0..INSTANCES).for_each(|at| cluster.reload(at, 0));
        cluster
    }

    fn any(&mut self, count: usize) -> usize {
        self.random.below(count as u64) as usize
    }

    /// Starts to poll a feed, unless it is being polled.
    fn poll(&mut self, at: usize, feed: usize) {
        self.now += TimeDelta::minutes(5);
        let handle = Arc::clone(&self.web.lists[self.instances[at].list][feed]);
        let instance = &self.instances[at];
        if !instance.routes.is_here(&handle.site) || instance.is_polling(&handle.id) {
            return;
        }
        let store = Arc::clone(&instance.store);
        instance.routes.claims().lock().opened(&handle.id);
        let cell = store.open(&handle.id);
        if cell.state().is_none() && !instance.routes.claims().lock().is_proven(&handle.id) {
            instance.routes.claims().lock().closed(&handle.id);
            return self.claim(at, &handle);
        }
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
            self.send(at, pending);
        }
        self.instances[at].polls.push(Poll { feed: handle, acks, state });
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
                        let (validators, reserved) = (Validators::default(), Reservations::default());
                        page = Some(FetchedPage { url, body, content_type: None, validators, reserved });
                        break;
                    }
                }
            }
        }
        let (mut draft, mut head) = Draft::split(FetchedEntry { pending, asked, page, text: None, elsewhere });
        draft.filter = (draft.way.verdict == RuleVerdict::Undecided).then(|| self.filter(at));
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
        self.instances[at].open.insert(place, (receiver, message.sequel()));
        let epoch = self.instances[at].store.epoch();
        match message.next(&self.instances[at].store, epoch, &Trace::start(), ack) {
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
        let mut sequels = Vec::new();
        for Batch { records, state, handoffs, consumed, .. } in instance.group.drain(..) {
            let is_nothing = records.is_empty() && state.is_empty() && handoffs.is_empty();
            let known: BTreeSet<String> = self.log.state.values().flat_map(BTreeMap::keys).cloned().collect();
            for change in state {
                let to = instance.owner.partition(&change.site);
                assert!(owned.contains(&to), "{} is another instance's", change.key);
                let all = self.log.state.entry(to).or_default();
                instance.disk.write_in(to, &change.key, change.value.as_deref()).unwrap();
                instance.store.committed(&change.key);
                let is_feed = matches!(Key::decode(&change.key), Key::Feed(_));
                if is_feed && change.value.is_some() && !known.contains(&change.key) {
                    let is_handed = consumed.is_some();
                    let is_new = self.log.born.insert(change.key.clone());
                    assert!(is_new || is_handed, "{} is polled as a new feed again", change.key);
                }
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
                sequels.extend(instance.open.remove(&place).and_then(|(_, sequel)| sequel));
            }
            let articles = records.into_iter().filter(|record| record.topic == Topic::Articles);
            let read = |value: Option<Vec<u8>>| serde_json::from_slice(&value.unwrap()).unwrap();
            self.log.articles.extend(articles.map(|record| read(record.value)));
        }
        instance.acks.drain(..).for_each(|ack| ack.acknowledge(None, None));
        for command in sequels {
            self.obey(at, command);
        }
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
                (false, false) => instance.routes.claims().lock().closed(&poll.feed.id),
            }
        }
        instance
            .open
            .retain(|_, (ack, _)| !matches!(ack.try_recv(), Err(tokio::sync::oneshot::error::TryRecvError::Closed)));
        for poll in ended {
            let (ack, committed) = CommitAck::new();
            self.instances[at].ending.push((Arc::clone(&poll.feed), committed));
            self.instances[at].works.push(Work::Feed {
                feed: poll.feed,
                state: Box::new(poll.state),
                events: Vec::new(),
                dead: None,
                forget: Vec::new(),
                learned: None,
                trace: Trace::start(),
                ack,
            });
        }
        self.close_polls(at);
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
        instance.store.forget(&one, |site| partition_of(site, PARTITIONS));
        instance.open.retain(|place, _| place.partition != partition);
        let stays = |feed: &FeedHandle| partition_of(&feed.site, PARTITIONS) != partition;
        for feed in instance.polls.iter().map(|poll| &poll.feed).filter(|feed| !stays(feed)) {
            instance.routes.claims().lock().closed(&feed.id);
        }
        instance.polls.retain(|poll| stays(&poll.feed));
        self.disclaim(from, partition);
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
        match self.random.below(40) {
            0..6 => {
                let feed = self.any(self.web.shown.len());
                self.poll(at, feed);
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
                let list = self.any(self.web.lists.len());
                self.reload(at, list);
            }
            31 if self.web.lists.len() < 5 => self.web.move_feed(&mut self.random),
            31..34 => {
                let list = self.any(self.web.lists.len());
                self.reload(at, list);
            }
            34 | 35 => self.instances[at].filter = self.any(self.filters.len()),
            36..38 => self.apply_rules(at),
            _ => {}
        }
        self.end_polls(at);
    }

    /// Has everything that the feeds show dealt with.
    fn settle(&mut self) {
        for at in 0..INSTANCES {
            self.reload(at, self.web.lists.len() - 1);
            self.instances[at].filter = 0;
        }
        for _ in 0..10 {
            for feed in 0..self.web.shown.len() {
                (0..INSTANCES).for_each(|at| self.poll(at, feed));
            }
            self.work_off();
            (0..INSTANCES).for_each(|at| self.apply_rules(at));
            self.work_off();
        }
    }

    /// Has all that waits committed.
    fn work_off(&mut self) {
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

    /// Checks that each story is one article, with one history that ends with its present form.
    fn check(&self) {
        for at in 0..INSTANCES {
            assert!(self.instances[at].open.is_empty() && self.instances[at].polls.is_empty());
        }
        self.check_places();
        self.check_polled();
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
