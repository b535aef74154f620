//! Generated feed histories, read with the daemon's own state. Each story becomes one article, whichever of guid, link,
//! title, text and date are missing, shared, swapped or new at every poll, and wherever the daemon is stopped.
//!
//! `DATELINE_HISTORIES` sets how many (100,000 for the long run); `DATELINE_TEST_SEED` repeats a run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};

#[path = "../../../tests/support/feed_history.rs"]
mod feed_history;
#[path = "../../../tests/support/random.rs"]
mod random;

use feed_history::{History, Item};
use random::Random;

use super::{Identified, identify};
use crate::config::{FeedEntry, Settings};
use crate::extract::Extractor;
use crate::feed::{Entry, Feed};
use crate::pipeline::analyse::{self, Draft};
use crate::pipeline::batches::{self, Made};
use crate::pipeline::book::Book;
use crate::pipeline::entry_counts::EntryOutcome;
use crate::pipeline::learn;
use crate::pipeline::poll::admit;
use crate::pipeline::recent::Limits;
use crate::pipeline::state::FeedState;
use crate::pipeline::work::{FeedHandle, Outcome, Seen, Ticket, Trace, Work};
use crate::record::{Article, Topic};

/// Entries of a poll that are processed at once.
const AT_ONCE: u64 = 4;

/// A daemon without network and disk: its book, and what its journal holds.
struct Daemon {
    book: Mutex<Book>,
    state: HashMap<String, Vec<u8>>,
    articles: Vec<Article>,
    feed: Arc<FeedHandle>,
    extractor: Arc<Extractor>,
    terms: batches::Terms,
    now: DateTime<Utc>,
}

impl Daemon {
    fn new(extractor: &Arc<Extractor>) -> Self {
        let config = FeedEntry { id: "f".into(), url: "https://n.example/feed".into(), ..FeedEntry::default() };
        Self {
            book: Mutex::default(),
            state: HashMap::new(),
            articles: Vec::new(),
            feed: Arc::new(FeedHandle::new(config)),
            extractor: Arc::clone(extractor),
            terms: batches::Terms {
                max_value: 1 << 20,
                limits: Limits::new(&Settings::default()),
                revisit: Vec::new(),
            },
            now: DateTime::from_timestamp(1_750_000_000, 0).unwrap(),
        }
    }

    /// Drops everything that is not committed.
    fn restart(&mut self) {
        let state = self.state.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        self.book = Mutex::new(Book::restore(state));
    }

    fn commit(&mut self, mut work: Work) -> Option<EntryOutcome> {
        let Made { batch, outcome, .. } =
            batches::make(&mut self.book.lock().unwrap(), &mut work, &self.terms, self.now);
        for change in batch.state {
            match change.value {
                Some(value) => self.state.insert(change.key, value),
                None => self.state.remove(&change.key),
            };
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
        let mut state = self.book.lock().unwrap().feed(&id).cloned().unwrap_or_default();
        state.url.clone_from(&self.feed.config.url);
        let identity = identify(entries, state.trust(), &self.book.lock().unwrap().memory(&id));
        learn::trust(&mut state, &id, identity.trust, identity.lost);
        counts.add(EntryOutcome::SameAs, identity.repeated.len());
        let mut waiting: Vec<Identified> = Vec::new();
        let mut committed = 0;
        let mut entries = identity.entries.into_iter().rev().peekable();
        while entries.peek().is_some() || !waiting.is_empty() {
            while let Some(entry) = entries.next_if(|_| (waiting.len() as u64) < AT_ONCE) {
                let known = self.book.lock().unwrap().entry(&id, entry.key).cloned();
                if known.is_some_and(|known| known.form == entry.form) {
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
        let Identified { entry, key, form, marks, naming } = entry;
        let article = self.book.lock().unwrap().entry("f", key).and_then(|known| known.article);
        let about = Arc::new(Feed { language: Some("fi".into()), ..Feed::default() });
        let feed = Arc::clone(&self.feed);
        let draft = Draft {
            feed,
            about,
            entry,
            key,
            naming,
            article,
            asked: None,
            page: None,
            rules: None,
            learned: Arc::default(),
        };
        let (outcome, _): (Outcome, _) = analyse::outcome(&draft, &self.book, &self.extractor);
        let (ticket, _) = Ticket::new();
        let feed = Arc::clone(&self.feed);
        Work::Entry(Seen { feed, key, form, marks, trace: Trace::start(), ticket }, outcome)
    }

    fn end(&mut self, state: FeedState) {
        let (ticket, _) = Ticket::new();
        let feed = Arc::clone(&self.feed);
        let (state, trace) = (Box::new(state), Trace::start());
        self.commit(Work::Poll {
            feed,
            state,
            events: Vec::new(),
            dead: None,
            forget: Vec::new(),
            learned: None,
            trace,
            ticket,
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
