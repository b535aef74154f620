//! From what became of an entry or a poll to the batch that is committed: revisions, records, headers, state.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::book::Book;
use super::state::{ArticleState, EntryState, FeedState, Key};
use super::work::{Extracted, FeedHandle, Outcome, Seen, Trace, Work};
use crate::journal::{Batch, Record, StateChange};
use crate::record::{Article, DeadLetter, Duplicate, EntitySet, FeedEvent, Quotation, Stage, Topic, cloud_event};

/// Bodies shorter than this are not compared: short notices resemble each other.
const COMPARED_WORDS: u32 = 50;
/// Raw input kept of a record that is too large.
const HEAD_BYTES: usize = 4 * 1024;

/// What a batch published, for those who watch.
#[derive(Debug, Clone)]
pub enum Published {
    /// A new revision of a story.
    Story {
        /// The article.
        article: Box<Article>,
        /// Its entities.
        entities: EntitySet,
        /// Its quotations.
        quotes: Vec<Quotation>,
    },
    /// Something that could not be processed.
    Dead(Box<DeadLetter>),
    /// Something that happened to a feed.
    Event(Box<FeedEvent>),
    /// The end of a poll: the feed's id and state.
    Polled(String, Box<FeedState>),
}

/// Makes the batch of a piece of work and enters it in the book.
pub fn make(book: &mut Book, work: &mut Work, max_value: usize, now: DateTime<Utc>) -> (Batch, Vec<Published>) {
    let mut maker = Maker { book, max_value, now, batch: Batch::default(), published: Vec::new() };
    match work {
        Work::Entry(seen, outcome) => maker.entry(seen, outcome),
        Work::Poll { feed, state, events, dead, forget, trace, .. } => {
            for event in events.drain(..) {
                maker.event(feed, &event, *trace);
            }
            if let Some(dead) = dead.take() {
                maker.dead(feed, *dead, *trace);
            }
            for key in forget.drain(..) {
                maker.forget(feed, key);
            }
            maker.feed_state(feed, state);
        }
        Work::Subscription { feed, state, .. } => {
            let id = &feed.config.id;
            maker.state(feed, &Key::Subscription(id.clone()), state.as_deref());
            maker.book.set_subscription(id, state.take().map(|state| *state));
        }
    }
    (maker.batch, maker.published)
}

struct Maker<'a> {
    book: &'a mut Book,
    max_value: usize,
    now: DateTime<Utc>,
    batch: Batch,
    published: Vec<Published>,
}

impl Maker<'_> {
    fn entry(&mut self, seen: &Seen, outcome: &mut Outcome) {
        let article = match outcome {
            Outcome::Story(extracted) => Some(self.story(seen, extracted)),
            Outcome::Unchanged(id) => Some(*id),
            Outcome::Dead(dead) => {
                self.dead(&seen.feed, (**dead).clone(), seen.trace);
                None
            }
        };
        let state = EntryState { form: seen.form, marks: seen.marks, article, seen: self.now.timestamp() };
        self.state(&seen.feed, &Key::Entry(seen.feed.config.id.clone(), seen.key), Some(&state));
        self.book.set_entry(&seen.feed.config.id, seen.key, Some(state));
    }

    /// Publishes the story if it is new or changed, and returns its article id.
    fn story(&mut self, seen: &Seen, extracted: &mut Extracted) -> Uuid {
        let Extracted { article, hash, entities, quotes, faults } = extracted;
        for fault in faults.drain(..) {
            self.dead(&seen.feed, fault, seen.trace);
        }
        let known = self.book.article(article.id).cloned();
        // The same story through a second feed is seen, not published again; a revision needs a feed that showed it before.
        if known.as_ref().is_some_and(|known| known.state.hash == *hash || !seen.again) {
            return article.id;
        }
        let before = known.as_ref().map(|known| &known.state);
        article.revision = before.map_or(1, |state| state.revision + 1);
        let first_seen = before.and_then(|state| DateTime::from_timestamp_millis(state.first_seen)).unwrap_or(self.now);
        article.first_seen = Some(DateTime::from_timestamp_millis(first_seen.timestamp_millis()).unwrap_or(first_seen));
        let fingerprint = article
            .fingerprint
            .as_deref()
            .filter(|_| article.word_count >= COMPARED_WORDS)
            .and_then(|hex| u64::from_str_radix(hex, 16).ok());
        article.duplicate_of = fingerprint
            .and_then(|fingerprint| self.book.near(article.id, fingerprint))
            .map(|(id, similarity)| Duplicate { id, similarity });
        for quote in quotes.iter_mut() {
            quote.article_id = Some(article.id);
            quote.revision = Some(article.revision);
        }
        let owner = known.as_ref().map_or(seen.feed.config.id.as_str(), |known| &known.feed).to_owned();
        let gone: Vec<String> = before
            .map(|state| state.quotes.iter().filter(|id| quotes.iter().all(|q| q.id != **id)).cloned().collect())
            .unwrap_or_default();
        let state = ArticleState {
            hash: *hash,
            revision: article.revision,
            first_seen: first_seen.timestamp_millis(),
            fingerprint,
            quotes: quotes.iter().map(|quote| quote.id.clone()).collect(),
        };
        let set = EntitySet { article_id: article.id, revision: article.revision, entities: std::mem::take(entities) };
        if self.story_records(seen, article, &set, quotes, &gone) {
            self.published.push(Published::Story {
                article: Box::new(article.clone()),
                entities: set,
                quotes: std::mem::take(quotes),
            });
        }
        self.state(&seen.feed, &Key::Article(owner.clone(), article.id), Some(&state));
        self.book.set_article(&owner, article.id, state);
        article.id
    }

    /// The records of a revision; one that is too large becomes a dead letter. Whether the article itself was published.
    fn story_records(
        &mut self,
        seen: &Seen,
        article: &Article,
        entities: &EntitySet,
        quotes: &[Quotation],
        gone: &[String],
    ) -> bool {
        let id = article.id.to_string();
        let kind = if article.revision == 1 { "dateline.article.created" } else { "dateline.article.updated" };
        let place =
            |topic, key: String, schema, kind, event_id| Place { topic, key, schema, kind, event_id, by: id.clone() };
        let event = |part: &str| format!("{id}/{}{part}", article.revision);
        let article_place = place(Topic::Articles, id.clone(), "article/1", kind, event(""));
        if !self.record(seen, article_place, Some(article)) {
            return false;
        }
        let entities_place = place(Topic::Entities, id.clone(), "entities/1", "dateline.entities", event("/entities"));
        self.record(seen, entities_place, Some(entities));
        for quote in quotes {
            let part = event(&format!("/{}", quote.id));
            let key = format!("{id}/{}", quote.id);
            self.record(seen, place(Topic::Quotes, key, "quote/1", "dateline.quote", part), Some(quote));
        }
        for quote in gone {
            let part = event(&format!("/{quote}"));
            let key = format!("{id}/{quote}");
            self.record::<Quotation>(seen, place(Topic::Quotes, key, "quote/1", "dateline.quote", part), None);
        }
        true
    }

    fn record<T: Serialize>(&mut self, seen: &Seen, place: Place, value: Option<&T>) -> bool {
        let value = value.map(|value| serde_json::to_vec(value).expect("records are plain data"));
        if let Some(large) = value.as_deref().filter(|value| value.len() > self.max_value) {
            let (raw, _) = DeadLetter::bound_raw(&large[..HEAD_BYTES.min(large.len())]);
            let dead = DeadLetter {
                feed_id: seen.feed.config.id.clone(),
                stage: Stage::Commit,
                error: format!("a record of {} bytes, {} at most", large.len(), self.max_value),
                url: None,
                guid: Some(place.key),
                raw,
                truncated: true,
                time: self.now,
            };
            self.dead(&seen.feed, dead, seen.trace);
            return false;
        }
        self.push(&seen.feed, place, value, seen.trace);
        true
    }

    fn dead(&mut self, feed: &FeedHandle, dead: DeadLetter, trace: Trace) {
        let place = Place {
            topic: Topic::DeadLetters,
            key: feed.config.id.clone(),
            schema: "dead-letter/1",
            kind: "dateline.dead-letter",
            event_id: Uuid::new_v4().to_string(),
            by: feed.config.id.clone(),
        };
        let value = serde_json::to_vec(&dead).expect("records are plain data");
        self.push(feed, place, Some(value), trace);
        self.published.push(Published::Dead(Box::new(dead)));
    }

    fn event(&mut self, feed: &FeedHandle, event: &FeedEvent, trace: Trace) {
        let kind = format!("dateline.feed.{}", event.event.name());
        let place = Place {
            topic: Topic::FeedEvents,
            key: feed.config.id.clone(),
            schema: "feed-event/1",
            kind: &kind,
            event_id: Uuid::new_v4().to_string(),
            by: feed.config.id.clone(),
        };
        let value = serde_json::to_vec(event).expect("records are plain data");
        self.push(feed, place, Some(value), trace);
        self.published.push(Published::Event(Box::new(event.clone())));
    }

    fn push(&mut self, feed: &FeedHandle, place: Place, value: Option<Vec<u8>>, trace: Trace) {
        let parent = trace.parent();
        let headers = cloud_event(place.schema, &place.event_id, place.kind, &feed.config.id, self.now, Some(&parent));
        let record = Record { topic: place.topic, key: place.key, value, headers, partition_by: place.by };
        self.batch.records.push(record);
    }

    fn feed_state(&mut self, feed: &FeedHandle, state: &FeedState) {
        self.state(feed, &Key::Feed(feed.config.id.clone()), Some(state));
        self.book.set_feed(&feed.config.id, state.clone());
        self.published.push(Published::Polled(feed.config.id.clone(), Box::new(state.clone())));
    }

    /// Forgets an entry, and its article where this feed keeps it.
    fn forget(&mut self, feed: &FeedHandle, key: u128) {
        let id = &feed.config.id;
        let article = self.book.entry(id, key).and_then(|entry| entry.article);
        if let Some(article) = article
            && self.book.article(article).is_some_and(|known| *known.feed == **id)
        {
            self.state::<ArticleState>(feed, &Key::Article(id.clone(), article), None);
            self.book.forget_article(article);
        }
        self.state::<EntryState>(feed, &Key::Entry(id.clone(), key), None);
        self.book.set_entry(id, key, None);
    }

    fn state<T: Serialize>(&mut self, feed: &FeedHandle, key: &Key, value: Option<&T>) {
        let value = value.map(|value| serde_json::to_vec(value).expect("state is plain data"));
        self.batch.state.push(StateChange { key: key.encode(), value, shard: feed.shard.clone() });
    }
}

/// Where a record goes and what its headers say.
struct Place<'a> {
    topic: Topic,
    key: String,
    schema: &'a str,
    kind: &'a str,
    event_id: String,
    by: String,
}
