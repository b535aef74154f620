//! One poll of one feed, from the request to the commit of its new state.
//!
//! The feed's validators are committed after its last story: a crash half-way polls again and skips what was committed.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::book::Book;
use super::cpu::Cpu;
use super::identity::{Identified, identify};
use super::state::FeedState;
use super::stats::Stats;
use super::work::{FeedHandle, Story, Ticket, Trace, Work};
use crate::config::Settings;
use crate::feed::{self, Document, Hints};
use crate::fetch::{Answer, Class, Client, FetchError, Kind, Validators};
use crate::record::{DeadLetter, FeedEvent, FeedEventKind, Stage};
use crate::schedule::{self, Bounds, Failure, Outcome, Situation};

/// Failures in a row after which `failing` is told.
const FAILING_AFTER: u32 = 3;
/// Entries remembered of a feed: the larger of this and four times what it shows.
const REMEMBERED: usize = 2_000;

/// What a poll works with.
#[derive(Clone)]
pub struct Poller {
    /// The HTTP client.
    pub client: Arc<Client>,
    /// For parsing.
    pub cpu: Cpu,
    /// What is known.
    pub book: Arc<Mutex<Book>>,
    /// To the next stage.
    pub stories: mpsc::Sender<Story>,
    /// To the last stage.
    pub work: mpsc::Sender<Work>,
    /// Settings.
    pub settings: Arc<Settings>,
    /// Counters.
    pub stats: Arc<Stats>,
    /// Ends the intake.
    pub stop: CancellationToken,
}

/// How a poll ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// When the feed is due again (UTC).
    pub due: DateTime<Utc>,
    /// Whether the feed answered well.
    pub well: bool,
}

/// What a poll found, before it is committed.
struct Reading {
    outcome: Outcome,
    validators: Validators,
    title: Option<String>,
    body: Option<u64>,
    retry_after: Option<Duration>,
    error: Option<FetchFault>,
    /// A dead letter, and the hash of the body that it is about.
    dead: Option<(u64, DeadLetter)>,
    forget: Vec<u128>,
}

struct FetchFault {
    reason: String,
    status: Option<u16>,
}

impl Poller {
    /// Polls the feed. `None`: the poll was given up because the daemon stops, and nothing is remembered of it.
    pub async fn poll(&self, feed: Arc<FeedHandle>) -> Option<Ended> {
        let trace = Trace::start();
        let before = self.book.lock().unwrap_or_else(std::sync::PoisonError::into_inner).feed(&feed.config.id).cloned();
        let same_url = before.as_ref().filter(|state| state.url == feed.config.url);
        let reading = tokio::select! {
            () = self.stop.cancelled() => return None,
            answer = self.fetch(&feed, same_url) => self.read(&feed, same_url, answer, trace).await?,
        };
        self.end(&feed, before, reading, trace).await
    }

    async fn fetch(&self, feed: &FeedHandle, before: Option<&FeedState>) -> Result<Answer, FetchError> {
        let validators = before.map(|state| state.validators.clone()).unwrap_or_default();
        // The config was checked; should the URL still be none, the client says so.
        match Url::parse(&feed.config.url) {
            Ok(url) => self.client.get(&url, Kind::Feed, &validators).await,
            Err(error) => Err(FetchError::Url(format!("{}: {error}", feed.config.url))),
        }
    }

    /// Makes a reading of the answer; `None` when the daemon stops before all stories are committed.
    async fn read(
        &self,
        feed: &Arc<FeedHandle>,
        before: Option<&FeedState>,
        answer: Result<Answer, FetchError>,
        trace: Trace,
    ) -> Option<Reading> {
        let mut reading = Reading {
            outcome: Outcome::Read,
            validators: before.map(|state| state.validators.clone()).unwrap_or_default(),
            title: before.and_then(|state| state.title.clone()),
            body: before.and_then(|state| state.body),
            retry_after: None,
            error: None,
            dead: None,
            forget: Vec::new(),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                Stats::count(&self.stats.polls_failed);
                reading.outcome = Outcome::Failed(failure(&error));
                reading.retry_after = error.retry_after();
                reading.error = Some(FetchFault { reason: error.to_string(), status: error.status() });
                return Some(reading);
            }
        };
        reading.retry_after = answer.retry_after;
        let body = xxh3_64(&answer.body);
        if answer.not_modified || reading.body == Some(body) {
            Stats::count(&self.stats.polls_unchanged);
            reading.validators = answer.validators;
            return Some(reading);
        }
        match self.parse(feed, &answer).await {
            Ok(document) => {
                Stats::count(&self.stats.polls_read);
                let finished = self.entries(feed, document, &mut reading, trace).await;
                if self.stop.is_cancelled() && !finished {
                    return None;
                }
                if finished {
                    reading.validators = answer.validators;
                    reading.body = Some(body);
                } else {
                    reading.outcome = Outcome::Unfinished;
                }
            }
            Err(error) => {
                Stats::count(&self.stats.polls_failed);
                reading.outcome = Outcome::Failed(Failure::Unusable);
                if before.and_then(|state| state.dead_body) != Some(body) {
                    reading.dead = Some((body, dead_letter(feed, &answer, &error)));
                }
                reading.body = None;
                reading.error = Some(FetchFault { reason: error, status: Some(answer.status) });
            }
        }
        Some(reading)
    }

    async fn parse(&self, feed: &FeedHandle, answer: &Answer) -> Result<Document, String> {
        let (body, content_type) = (answer.body.clone(), answer.content_type.clone());
        let url = answer.url.to_string();
        let parsed = self.cpu.run(move || {
            feed::parse(
                &body,
                &Hints { url: Some(&url), content_type: content_type.as_deref(), now: Some(chrono::Utc::now()) },
            )
            .map_err(|error| error.to_string())
        });
        let document = parsed.await??;
        for repair in &document.feed.repairs {
            debug!(feed = feed.config.id, repair, "mended");
        }
        Ok(document)
    }

    /// Sends new and changed entries on and waits until they are committed. False: not all were.
    async fn entries(&self, feed: &Arc<FeedHandle>, document: Document, reading: &mut Reading, trace: Trace) -> bool {
        let id = &feed.config.id;
        let mut entries = document.entries;
        let limit = self.settings.pipeline.max_entries;
        if entries.len() > limit {
            warn!(
                feed = id,
                entries = entries.len(),
                limit,
                "more entries than are taken at once; the last ones are left out"
            );
            entries.truncate(limit);
        }
        let about = Arc::new(document.feed);
        reading.title.clone_from(&about.title);
        let entries = identify(entries);
        let keys: Vec<u128> = entries.iter().map(|entry| entry.key).collect();
        let mut pending = FuturesUnordered::new();
        let mut all = true;
        // Feeds list the newest first: the oldest story is committed first.
        for entry in entries.into_iter().rev() {
            let known = {
                let book = self.book.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                book.entry(id, entry.key).cloned()
            };
            if known.as_ref().is_some_and(|known| known.form == entry.form) {
                continue;
            }
            while pending.len() >= self.settings.pipeline.stories_per_feed.max(1) {
                all &= self.settle(&mut pending).await;
            }
            if self.stop.is_cancelled() {
                all = false;
                break;
            }
            let (ticket, committed) = Ticket::new();
            let article = known.and_then(|known| known.article);
            if !self.send(feed, &about, entry, article, trace, ticket).await {
                all = false;
                break;
            }
            pending.push(committed);
            self.stats.in_flight.fetch_add(1, Relaxed);
        }
        while !pending.is_empty() {
            all &= self.settle(&mut pending).await;
        }
        let book = self.book.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        reading.forget = book.surplus(id, REMEMBERED.max(keys.len() * 4), &keys);
        all
    }

    async fn settle(&self, pending: &mut FuturesUnordered<oneshot::Receiver<()>>) -> bool {
        let settled = pending.next().await.is_none_or(|committed| committed.is_ok());
        self.stats.in_flight.fetch_sub(1, Relaxed);
        settled
    }

    async fn send(
        &self,
        feed: &Arc<FeedHandle>,
        about: &Arc<feed::Feed>,
        entry: Identified,
        article: Option<uuid::Uuid>,
        trace: Trace,
        ticket: Ticket,
    ) -> bool {
        let story = Story {
            feed: Arc::clone(feed),
            about: Arc::clone(about),
            pages: feed.config.pages.unwrap_or(self.settings.pipeline.pages),
            entry: entry.entry,
            key: entry.key,
            form: entry.form,
            shares_link: entry.shares_link,
            article,
            trace: trace.child(),
            ticket,
        };
        self.stories.send(story).await.is_ok()
    }

    /// Commits the end of the poll.
    async fn end(
        &self,
        feed: &Arc<FeedHandle>,
        before: Option<FeedState>,
        reading: Reading,
        trace: Trace,
    ) -> Option<Ended> {
        let now = Utc::now();
        let well = !matches!(reading.outcome, Outcome::Failed(_));
        let failures = if well { 0 } else { before.as_ref().map_or(0, |s| s.failures).saturating_add(1) };
        let bounds = &self.settings.schedule;
        let next = schedule::next(&Situation {
            feed_id: &feed.config.id,
            now,
            outcome: reading.outcome,
            failures,
            retry_after: reading.retry_after,
            interval: feed.config.interval.unwrap_or(bounds.interval),
            bounds: Bounds { min: bounds.min_interval, max: bounds.max_interval, jitter: bounds.jitter },
        });
        let failure = match reading.outcome {
            Outcome::Failed(failure) => Some(failure),
            Outcome::Read | Outcome::Unfinished => None,
        };
        let mut state = FeedState {
            url: feed.config.url.clone(),
            title: reading.title,
            validators: reading.validators,
            body: reading.body,
            dead_body: before.as_ref().and_then(|state| state.dead_body),
            polled: Some(now),
            succeeded: if well { Some(now) } else { before.as_ref().and_then(|state| state.succeeded) },
            due: next.due,
            reason: next.reason,
            failures,
            failure,
            told: before.as_ref().is_some_and(|state| state.told),
            removed: false,
        };
        let events = events(feed, before.as_ref(), &mut state, reading.error.as_ref(), now);
        if let Some((body, _)) = &reading.dead {
            state.dead_body = Some(*body);
        }
        if let Some(fault) = &reading.error {
            info!(feed = feed.config.id, reason = fault.reason, failures, next = %next.due, "poll failed");
        }
        let (ticket, committed) = Ticket::new();
        let work = Work::Poll {
            feed: Arc::clone(feed),
            state: Box::new(state),
            events,
            dead: reading.dead.map(|(_, dead)| Box::new(dead)),
            forget: reading.forget,
            trace,
            ticket,
        };
        self.work.send(work).await.ok()?;
        committed.await.ok()?;
        Some(Ended { due: next.due, well })
    }
}

/// What is to be told of the feed's health: each change once.
fn events(
    feed: &FeedHandle,
    before: Option<&FeedState>,
    state: &mut FeedState,
    fault: Option<&FetchFault>,
    now: DateTime<Utc>,
) -> Vec<FeedEvent> {
    let mut events = Vec::new();
    let mut tell = |event, reason: Option<String>| {
        events.push(FeedEvent {
            feed_id: feed.config.id.clone(),
            url: feed.config.url.clone(),
            event,
            time: now,
            reason,
            status: fault.and_then(|fault| fault.status),
        });
    };
    if before.is_none_or(|state| state.removed) {
        tell(FeedEventKind::Added, None);
    }
    let last = before.and_then(|state| state.failure);
    let reason = || fault.map(|fault| fault.reason.clone());
    match state.failure {
        None if state.told => {
            tell(FeedEventKind::Recovered, None);
            state.told = false;
        }
        Some(failure) if last != Some(failure) || !state.told => {
            let event = match failure {
                Failure::Gone => Some(FeedEventKind::Gone),
                Failure::Blocked => Some(FeedEventKind::Blocked),
                Failure::Throttled => Some(FeedEventKind::Throttled),
                Failure::Unreachable | Failure::Unusable | Failure::Missing => {
                    (!state.told && state.failures >= FAILING_AFTER).then_some(FeedEventKind::Failing)
                }
            };
            if let Some(event) = event {
                tell(event, reason());
                state.told = true;
            }
        }
        _ => {}
    }
    events
}

fn failure(error: &FetchError) -> Failure {
    match error.class() {
        Class::Blocked if matches!(error.status(), Some(429)) => Failure::Throttled,
        Class::Blocked => Failure::Blocked,
        _ => match error.status() {
            Some(404) => Failure::Missing,
            Some(410) => Failure::Gone,
            Some(503) if error.retry_after().is_some() => Failure::Throttled,
            Some(_) => Failure::Unusable,
            None if matches!(error.class(), Class::TooLarge) => Failure::Unusable,
            None => Failure::Unreachable,
        },
    }
}

fn dead_letter(feed: &FeedHandle, answer: &Answer, error: &str) -> DeadLetter {
    let (raw, truncated) = DeadLetter::bound_raw(&answer.body);
    DeadLetter {
        feed_id: feed.config.id.clone(),
        stage: Stage::Feed,
        error: error.to_owned(),
        url: Some(answer.url.to_string()),
        guid: None,
        raw,
        truncated,
        time: Utc::now(),
    }
}
