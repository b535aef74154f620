//! One poll of one feed, from the request to the commit of its new state.
//!
//! The feed's validators are committed after its last entry: after a crash half-way, the next poll skips what was
//! committed.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tracing::{debug, info};
use xxhash_rust::xxh3::xxh3_64;

use super::advice;
use super::entry_counts::{EntryCounts, EntryOutcome};
use super::health;
use super::identity::{Identified, identify};
use super::learn;
use super::poller::Poller;
use super::reading::{Fault, Reading};
use super::sitemap::Covered;
use super::state::FeedState;
use super::stats::{Stats, Timed};
use super::websub::{Offer, Polled};
use super::work::{FeedHandle, Landed, Observed, Story, Ticket, Trace, Work};
use crate::address::Credentials;
use crate::article::Learned;
use crate::feed::{self, Document, Entry, Hints};
use crate::fetch::{Answer, FetchError, Validators};
use crate::record::{DeadLetter, Stage};
use crate::schedule::{Failure, Outcome};

/// Entries remembered of a feed: the larger of this and four times what it shows.
const REMEMBERED: usize = 2_000;

/// An entry waiting for its commit, counted until the wait ends or is given up.
struct InFlight(Arc<Stats>);

impl InFlight {
    fn new(stats: &Arc<Stats>) -> Self {
        stats.in_flight.inc();
        Self(Arc::clone(stats))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.dec();
    }
}

/// How a poll ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// When the feed is due again (UTC).
    pub due: DateTime<Utc>,
    /// Whether the poll succeeded.
    pub well: bool,
    /// The hubs that the feed offers; `None` if the answer says nothing about hubs.
    pub offer: Option<Offer>,
}

impl Poller {
    /// Polls the feed. `None` means that the poll was given up because the daemon stops, and nothing is remembered of
    /// it.
    pub async fn poll(&self, feed: Arc<FeedHandle>) -> Option<Ended> {
        let trace = Trace::current();
        let before = self.book().feed(&feed.config.id).cloned();
        let known = before.clone().unwrap_or_default().at(&feed.config.url);
        let begun = std::time::Instant::now();
        let reading = tokio::select! {
            () = self.stop.cancelled() => return None,
            (answer, at) = self.ask(&feed, &known) => self.read(&feed, known, answer, at, &trace).await?,
        };
        let ended = self.end(&feed, before, reading, trace.clone()).await;
        self.stats.stages.of("poll").time(begun.elapsed(), trace.exemplar());
        ended
    }

    /// Requests the feed; also returns the time of the request.
    async fn ask(&self, feed: &FeedHandle, known: &FeedState) -> (Result<Answer, FetchError>, DateTime<Utc>) {
        let now = self.clock().now();
        let _timed = Timed::start(self.stats.fetches.of("feed"));
        // The queries for a private feed's hub are only in its document.
        let lacks = self.desk.lacks_queries(&feed.config.id);
        let whole = feed.config.full_fetch || lacks || learn::is_caught(known) || learn::audits(known, now);
        let validators = if whole { Validators::default() } else { known.validators.clone() };
        let window = feed.config.interval.unwrap_or(self.settings.schedule.interval);
        // The config was checked; if the URL is still invalid, the client reports it.
        match feed.config.place_at(known.target()) {
            Ok(place) => self.shared.get(&self.client, &place, &validators, known.polled, window).await,
            Err(error) => (Err(FetchError::Url(format!("{}: {error}", known.target()))), now),
        }
    }

    /// Makes a reading of the answer; `None` if the daemon stops before all entries are committed.
    async fn read(
        &self,
        feed: &Arc<FeedHandle>,
        known: FeedState,
        answer: Result<Answer, FetchError>,
        at: DateTime<Utc>,
        trace: &Trace,
    ) -> Option<Reading> {
        let last = known.polled;
        let audited = learn::audits(&known, at);
        let mut reading = Reading { audited, ..Reading::new(FeedState { polled: Some(at), ..known }) };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.stats.polls.of("failed").inc();
                reading.outcome = Outcome::Failed(health::failure(&error));
                reading.retry_after = error.retry_after();
                reading.fault = Some(Fault { reason: error.to_string(), status: error.status() });
                return Some(reading);
            }
        };
        reading.retry_after = answer.retry_after;
        let body = xxh3_64(&answer.body);
        let is_same = reading.state.body == Some(body) && !self.desk.lacks_queries(&feed.config.id);
        if answer.not_modified || (is_same && !answer.partial) {
            self.stats.polls.of("unchanged").inc();
            reading.offer = Offer::of_header(&answer, feed.config.private);
            learn::unchanged(&mut reading, &answer, at, self.settings.schedule.interval);
            return Some(reading);
        }
        match self.parse(feed, &answer).await {
            Ok(document) => {
                self.stats.polls.of("read").inc();
                learn::document(&mut reading.state, &document.feed, &answer);
                // A partial answer may omit what the whole feed says.
                let offer = Offer::read(&answer, &document.feed, feed.config.private);
                reading.offer = Some(offer).filter(|offer| !answer.partial || !offer.hubs.is_empty());
                let elapsed = last.map_or(TimeDelta::zero(), |last| at - last);
                let finished = self.entries(feed, document, &mut reading, answer.partial, elapsed, trace).await;
                if self.stop.is_cancelled() && !finished {
                    return None;
                }
                if finished {
                    learn::read(&mut reading, &answer, at);
                    if !answer.partial {
                        reading.state.body = Some(body);
                    }
                } else {
                    reading.outcome = Outcome::Unfinished;
                }
            }
            Err(error) => {
                self.stats.polls.of("failed").inc();
                reading.outcome = Outcome::Failed(Failure::Unusable);
                if reading.state.dead_body != Some(body) {
                    reading.dead = Some((body, dead_letter(feed, &answer, &error, at)));
                }
                reading.state.body = None;
                reading.fault = Some(Fault { reason: error, status: Some(answer.status) });
            }
        }
        Some(reading)
    }

    pub(super) async fn parse(&self, feed: &FeedHandle, answer: &Answer) -> Result<Document, String> {
        let (body, content_type) = (answer.body.clone(), answer.content_type.clone());
        let (url, now) = (answer.url.to_string(), self.clock().now());
        let parsed = self.cpu.run(move || {
            let hints = Hints { url: Some(&url), content_type: content_type.as_deref(), now: Some(now) };
            feed::parse(&body, &hints).map_err(|error| error.to_string())
        });
        let document = parsed.await??;
        for repair in &document.feed.repairs {
            debug!(feed = feed.config.id, repair, "mended");
        }
        Ok(document)
    }

    /// Compares the entries with what is known and has the new and changed ones committed. Returns false if some were
    /// not.
    pub(super) async fn entries(
        &self,
        feed: &Arc<FeedHandle>,
        document: Document,
        reading: &mut Reading,
        partial: bool,
        elapsed: TimeDelta,
        trace: &Trace,
    ) -> bool {
        let id = &feed.config.id;
        let limit = self.settings.pipeline.max_entries;
        let (entries, mut counts) = admit(document.entries, limit);
        if counts.shown > entries.len() {
            info!(feed = id, %counts, "entries left out");
        }
        let about = Arc::new(document.feed);
        let withdrawn = document.deleted;
        let now = self.clock().now();
        learn::rhythm(&mut reading.state, &entries, partial, now);
        let (identity, known, vanished, first, before, learned) = {
            let mut book = self.book();
            let learned = book.learned(id);
            let identity = identify(entries, reading.state.trust(), &book.memory(id));
            let page = book.entries(id);
            let keys: Vec<u128> = identity.entries.iter().map(|entry| entry.key).collect();
            let known = keys.iter().filter(|key| page.has(**key)).count();
            let vanished = if partial { None } else { page.vanished(&keys) };
            (identity, known, vanished, page.is_empty(), page.shown().to_vec(), learned)
        };
        learn::trust(&mut reading.state, id, identity.trust, identity.lost);
        counts.add(EntryOutcome::SameAs, identity.repeated.len());
        let entries = identity.entries;
        let turnover = learn::Turnover { shown: entries.len(), known, partial, first, elapsed, now };
        let missed = learn::turnover(reading, &turnover);
        reading.fresh = entries.len() - known;
        if let Some(vanished) = vanished {
            if !vanished.is_empty() {
                info!(feed = id, entries = vanished.len(), "entries were taken out of the middle of the feed");
            }
            reading.state.vanished = u32::try_from(vanished.len()).unwrap_or(u32::MAX);
        }
        if !withdrawn.is_empty() {
            let guids: Vec<&str> = withdrawn.iter().take(10).map(|deleted| deleted.guid.as_str()).collect();
            info!(feed = id, entries = withdrawn.len(), ?guids, "the feed says that entries were deleted");
        }
        reading.state.withdrawn = u32::try_from(withdrawn.len()).unwrap_or(u32::MAX);
        let keys: Vec<u128> = entries.iter().map(|entry| entry.key).collect();
        let mut all = true;
        let mut observed = Vec::new();
        if missed {
            // Missed entries are committed before those of this reading, so a poll that stops half-way finds the gap
            // again.
            let mut older = self.older(feed, &about, identity.trust, &keys).await;
            if older.pages == 0
                && let Some(covered) = Covered::by(&entries)
            {
                older = self.in_sitemap(feed, &about, identity.trust, &covered, now - elapsed).await;
            }
            learn::filled(reading, &older);
            counts.shown += older.entries.len();
            all = self.send_all(feed, &about, older.entries, (&learned, trace), (&mut counts, &mut observed)).await;
        }
        all = all && self.send_all(feed, &about, entries, (&learned, trace), (&mut counts, &mut observed)).await;
        learn::pages(reading, &observed, &learned);
        all = all && self.withdraw(feed, &withdrawn, &keys, trace).await;
        if all {
            debug_assert!(counts.is_whole(), "every entry has an outcome: {counts}");
            self.stats.entries_polled(&counts);
            reading.state.entries = Some(counts);
        }
        // Entries that a partial answer omits count as still shown.
        let shown = if partial { [keys.as_slice(), &before].concat() } else { keys.clone() };
        let most = if partial && before.is_empty() { limit } else { shown.len() };
        let mut book = self.book();
        reading.forget = book.surplus(id, REMEMBERED.max(most * 4), &shown);
        if all && !partial {
            book.set_shown(id, keys);
        }
        all
    }

    /// Sends new and changed entries on, waits for their commits, and counts the outcomes of all. Adds what their pages
    /// showed to `observed`. Returns false if some were not committed.
    async fn send_all(
        &self,
        feed: &Arc<FeedHandle>,
        about: &Arc<feed::Feed>,
        entries: Vec<Identified>,
        (learned, trace): (&Arc<Learned>, &Trace),
        (counts, observed): (&mut EntryCounts, &mut Vec<(EntryOutcome, Observed)>),
    ) -> bool {
        let id = &feed.config.id;
        let mut pending = FuturesUnordered::new();
        let mut all = true;
        let mut pages: Vec<(usize, EntryOutcome, Observed)> = Vec::new();
        let mut landed = |(at, landed): (usize, Option<Landed>)| {
            let Some(Landed { outcome: Some(outcome), observed }) = landed else { return false };
            counts.add(outcome, 1);
            pages.extend(observed.map(|observed| (at, outcome, observed)));
            true
        };
        // Feeds list the newest entry first; the oldest is committed first.
        for (at, entry) in entries.into_iter().rev().enumerate() {
            let known = self.book().entry(id, entry.key).cloned();
            if known.as_ref().is_some_and(|known| known.form == entry.form) {
                landed((at, Some(Landed { outcome: Some(EntryOutcome::Unchanged), observed: None })));
                continue;
            }
            while pending.len() >= self.settings.pipeline.stories_per_feed.max(1) {
                all &= pending.next().await.is_none_or(&mut landed);
            }
            if self.stop.is_cancelled() {
                all = false;
                break;
            }
            let (ticket, committed) = Ticket::new();
            let article = known.and_then(|known| known.article);
            if !self.send(feed, about, entry, article, (learned, trace), ticket).await {
                all = false;
                break;
            }
            let in_flight = InFlight::new(&self.stats);
            pending.push(async move {
                let _in_flight = in_flight;
                (at, committed.await.ok())
            });
        }
        while !pending.is_empty() {
            all &= pending.next().await.is_none_or(&mut landed);
        }
        // In the order of the entries, whichever page came first.
        pages.sort_unstable_by_key(|(at, ..)| *at);
        for (_, outcome, page) in pages {
            if !page.gave_text {
                self.stats.pages_without_text.inc();
            }
            observed.push((outcome, page));
        }
        all
    }

    async fn send(
        &self,
        feed: &Arc<FeedHandle>,
        about: &Arc<feed::Feed>,
        entry: Identified,
        article: Option<uuid::Uuid>,
        (learned, trace): (&Arc<Learned>, &Trace),
        ticket: Ticket,
    ) -> bool {
        let own = trace.story(&feed.config.id);
        let told = told(entry.entry, &feed.config.credentials);
        let story = Story {
            feed: Arc::clone(feed),
            about: Arc::clone(about),
            pages: feed.config.pages.unwrap_or(self.settings.pipeline.pages),
            learned: Arc::clone(learned),
            entry: told,
            key: entry.key,
            form: entry.form,
            marks: entry.marks,
            naming: entry.naming,
            article,
            trace: own,
            ticket,
        };
        self.stories.send(story).await.is_ok()
    }

    /// Commits the end of the poll.
    async fn end(
        &self,
        feed: &Arc<FeedHandle>,
        before: Option<FeedState>,
        mut reading: Reading,
        trace: Trace,
    ) -> Option<Ended> {
        let now = self.clock().now();
        let dead = reading.dead.take();
        let forget = std::mem::take(&mut reading.forget);
        let learned = reading.learned.take();
        if let Some((body, _)) = &dead {
            reading.state.dead_body = Some(*body);
        }
        let well = !matches!(reading.outcome, Outcome::Failed(_));
        let offer = reading.offer.take();
        let pushed = self.pushed(&feed.config.id, before.as_ref(), &reading);
        let schedule = &self.settings.schedule;
        let (state, events) = health::conclude(&feed.config, before.as_ref(), reading, pushed, schedule, now);
        let due = state.due;
        self.stats.polled(&state);
        advice::log(&events);
        if let Some(reason) = &state.error {
            trace.failed(reason);
            info!(feed = feed.config.id, reason, failures = state.failures, next = %due, "poll failed");
        }
        let (ticket, committed) = Ticket::new();
        let work = Work::Poll {
            feed: Arc::clone(feed),
            state: Box::new(state),
            events,
            dead: dead.map(|(_, dead)| Box::new(dead)),
            forget,
            learned,
            trace,
            ticket,
        };
        self.work.send(work).await.ok()?;
        committed.await.ok()?;
        Some(Ended { due, well, offer })
    }

    /// Returns how far the feed's hub is trusted after this reading.
    fn pushed(&self, feed: &str, before: Option<&FeedState>, reading: &Reading) -> u32 {
        let before = before.and_then(|state| state.polled);
        let polled = reading.state.polled.filter(|_| reading.outcome == Outcome::Read);
        let polled = polled.map(|at| Polled { before, at, fresh: reading.fresh > 0 });
        self.desk.judge(feed, polled.as_ref())
    }
}

/// Returns the non-empty entries up to the limit and counts the others. Feeds list the newest first, so the oldest are
/// left out.
pub(super) fn admit(entries: Vec<Entry>, limit: usize) -> (Vec<Entry>, EntryCounts) {
    let mut counts = EntryCounts::new(entries.len());
    let is_text = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    let says_something =
        |entry: &Entry| [&entry.title, &entry.link, &entry.summary, &entry.content].into_iter().any(is_text);
    let mut entries: Vec<Entry> = entries.into_iter().filter(says_something).collect();
    counts.add(EntryOutcome::Empty, counts.shown - entries.len());
    counts.add(EntryOutcome::LeftOut, entries.len().saturating_sub(limit));
    entries.truncate(limit);
    (entries, counts)
}

/// Returns the entry without secrets. It was identified by what the feed wrote.
fn told(mut entry: feed::Entry, credentials: &Credentials) -> feed::Entry {
    entry.map_urls(|url| credentials.link(url));
    for text in [&mut entry.title, &mut entry.summary, &mut entry.content].into_iter().flatten() {
        if let Cow::Owned(clean) = credentials.text(text) {
            *text = clean;
        }
    }
    entry
}

pub(super) fn dead_letter(feed: &FeedHandle, answer: &Answer, error: &str, now: DateTime<Utc>) -> DeadLetter {
    let url = feed.config.credentials.told(&answer.url).into();
    DeadLetter::new(Stage::Feed, &feed.config.id, error, &answer.body, now).with_source(Some(url), None)
}
