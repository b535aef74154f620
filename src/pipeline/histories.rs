//! Generated feed histories, read with the daemon's own state. Each story becomes one article, whichever of guid, link,
//! title, text and date are missing, shared, swapped or new at every poll, and wherever the daemon is stopped.
//!
//! `DATELINE_HISTORIES` sets how many (100,000 for the long run); `DATELINE_TEST_SEED` repeats a run.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use test_support::feed_history::{History, Item};
use test_support::random::Random;

use crate::config::{FeedConfig, Pages, Settings};
use crate::extract::Extractor;
use crate::feed::{Entry, Feed};
use crate::health::EntryOutcome;
use crate::journal::disk::MemoryState;
use crate::pipeline::analyse;
use crate::pipeline::analyse::draft::Draft;
use crate::pipeline::commit::batch::{self, BuiltBatch};
use crate::pipeline::handoff::Routes;
use crate::pipeline::message::{CommitAck, EntryWay, FeedHandle, FetchedEntry, PendingEntry, Trace, Work};
use crate::pipeline::poll::{admit, feed_profile};
use crate::record::{Article, Topic};
use crate::state::FeedState;
use crate::state::identity::{Identified, identify};
use crate::state::store::StateStore;

/// Entries of a poll that are processed at once.
const AT_ONCE: u64 = 4;

/// A daemon without network and disk: its state, and what its journal holds.
struct Daemon {
    store: StateStore,
    state: MemoryState,
    articles: Vec<Article>,
    feed: Arc<FeedHandle>,
    extractor: Arc<Extractor>,
    terms: batch::BatchPolicy,
    routes: Routes,
    now: DateTime<Utc>,
}

impl Daemon {
    fn new(extractor: &Arc<Extractor>) -> Self {
        let state = MemoryState::new().unwrap();
        let mut settings = Settings::default();
        settings.articles.revisit.clear();
        let config = FeedConfig { id: "f".into(), url: "https://n.example/feed".into(), ..FeedConfig::default() };
        Self {
            store: StateStore::new(state.committed()),
            state,
            articles: Vec::new(),
            feed: Arc::new(FeedHandle::new(config)),
            extractor: Arc::clone(extractor),
            terms: batch::BatchPolicy::new(Arc::new(settings), 1 << 20),
            routes: Routes::unshared(),
            now: DateTime::from_timestamp(1_750_000_000, 0).unwrap(),
        }
    }

    /// Drops everything that is not committed.
    fn restart(&mut self) {
        self.store = StateStore::new(self.state.committed());
    }

    fn commit(&mut self, mut work: Work) -> Option<EntryOutcome> {
        let BuiltBatch { batch, outcome, .. } =
            batch::build(&self.store, &mut work, &self.terms, &self.routes.hold(), self.now);
        for change in batch.state {
            self.state.write(&change.key, change.value.as_deref()).unwrap();
            self.store.committed(&change.key);
        }
        let articles = batch.records.into_iter().filter(|record| record.topic == Topic::Articles);
        self.articles.extend(articles.map(|record| serde_json::from_slice(&record.value.unwrap()).unwrap()));
        outcome
    }

    /// Reads what the feed shows; stops after `stop` commits, if given. Returns whether every entry was committed.
    fn poll(&mut self, shown: Vec<Entry>, stop: Option<u64>, random: &mut Random) -> bool {
        self.now += TimeDelta::minutes(30);
        let (entries, mut counts) = admit(shown, 1_000);
        let id = self.feed.config.id.clone();
        let mut state = self.store.feed(&id).unwrap_or_default();
        state.url.clone_from(&self.feed.config.url);
        let record = self.store.open(&id);
        let identity = identify(entries, state.trust(), &self.store.memory(&record));
        feed_profile::trust(&mut state, &id, identity.trust, identity.lost);
        counts.add(EntryOutcome::SameAs, identity.repeated.len());
        let mut waiting: Vec<Identified> = Vec::new();
        let mut committed = 0;
        let mut entries = identity.entries.into_iter().rev().peekable();
        while entries.peek().is_some() || !waiting.is_empty() {
            while let Some(entry) = entries.next_if(|_| (waiting.len() as u64) < AT_ONCE) {
                let known = self.store.entry(&id, entry.key);
                if known.is_some_and(|known| known.content_hash == entry.content_hash) {
                    counts.add(EntryOutcome::Unchanged, 1);
                } else {
                    waiting.push(entry);
                }
            }
            // The entries are analysed concurrently and committed in any order.
            let mut works: Vec<Work> = waiting.drain(..).map(|entry| self.analyse(entry)).collect();
            while !works.is_empty() {
                if stop.is_some_and(|stop| committed >= stop) {
                    return false;
                }
                let work = works.swap_remove(random.below(works.len() as u64) as usize);
                counts.add(self.commit(work).expect("the work of an entry"), 1);
                committed += 1;
            }
        }
        assert!(counts.is_whole(), "{counts}");
        self.end(state);
        true
    }

    fn analyse(&self, entry: Identified) -> Work {
        let Identified { entry, key, content_hash, fingerprint, naming } = entry;
        let article = self.store.entry("f", key).and_then(|known| known.article);
        let (ack, _) = CommitAck::new();
        let pending = PendingEntry {
            feed: Arc::clone(&self.feed),
            about: Arc::new(Feed { language: Some("fi".into()), ..Feed::default() }),
            entry,
            key,
            content_hash,
            fingerprint,
            naming,
            article,
            pages: Pages::Never,
            way: EntryWay::default(),
            learned: Arc::default(),
            trace: Trace::start(),
            ack,
        };
        let fetched = FetchedEntry { pending, asked: None, page: None, text: None, elsewhere: None };
        let (draft, mut head) = Draft::split(fetched);
        let made = analyse::outcome(&draft, &self.store, &self.extractor, &self.routes);
        (head.home, head.basis) = (made.home.site, made.home.basis);
        Work::Entry(head, made.result)
    }

    fn end(&mut self, state: FeedState) {
        let (ack, _) = CommitAck::new();
        let feed = Arc::clone(&self.feed);
        let (state, trace) = (Box::new(state), Trace::start());
        self.commit(Work::Feed {
            feed,
            state,
            events: Vec::new(),
            dead: None,
            forget: Vec::new(),
            learned: None,
            trace,
            ack,
        });
    }
}

fn entry(item: Item) -> Entry {
    let Item { guid, link, title, text, date } = item;
    let published = date.and_then(|date| DateTime::from_timestamp(date, 0));
    Entry { guid, link, title, summary: text, published, ..Entry::default() }
}

#[test]
fn each_story_is_one_article_in_generated_histories() {
    let histories = std::env::var("DATELINE_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(3_000);
    let mut random = Random::seeded("histories");
    let extractor = Arc::new(Extractor::fast());
    for _ in 0..histories {
        let history = History::generate(&mut random, "https://n.example");
        let mut daemon = Daemon::new(&extractor);
        for poll in 0..history.polls() {
            if random.below(4) == 0 {
                let stop = random.below(4);
                let shown = history.shown(poll).into_iter().map(entry).collect();
                daemon.poll(shown, Some(stop), &mut random);
                daemon.restart();
            }
            let shown = history.shown(poll).into_iter().map(entry).collect();
            assert!(daemon.poll(shown, None, &mut random));
            if random.below(4) == 0 {
                daemon.restart();
            }
        }
        let articles: Vec<serde_json::Value> =
            daemon.articles.iter().map(|article| serde_json::to_value(article).unwrap()).collect();
        history.check(&articles);
    }
}
