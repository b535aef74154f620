//! One poll of one feed, from the request to the commit of its new state.
//!
//! The feed's validators are committed after its last entry: after a crash half-way, the next poll skips what was
//! committed.

pub(super) mod feed_profile;
mod missed_entries;
pub(super) mod outcome;
mod pushed;
mod recovered_entries;
mod result;
pub(super) mod shared_fetch;
mod sitemap;
mod withdraw;

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tracing::{debug, info};
use xxhash_rust::xxh3::xxh3_64;

use self::missed_entries::from_older_pages;
pub(in crate::pipeline) use self::pushed::read_pushed;
use self::result::{PollFailure, PollResult};
use self::sitemap::CoveredPeriod;
use self::sitemap::from_sitemap;
use self::withdraw::withdraw;
use super::context::Context;
use super::message::{Acknowledged, CommitAck, FeedHandle, PendingEntry, SiteObservation, Trace, Work};
use crate::address::Credentials;
use crate::article::Learned;
use crate::feed::{self, Document, Entry, Hints};
use crate::fetch::{Answer, FetchError, Validators};
use crate::health::{EntryCounts, EntryOutcome, StageName, Stats, Timed, log_events};
use crate::record::{DeadLetter, Stage};
use crate::schedule::{Failure, Outcome};
use crate::state::identity::{Identified, identify};
use crate::state::values::FeedState;
use crate::websub::{HubLinks, PollEvidence};

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
pub struct PollEnd {
    /// When the feed is due again (UTC).
    pub due: DateTime<Utc>,
    /// Whether the poll succeeded.
    pub well: bool,
    /// The hubs that the feed offers; `None` if the answer says nothing about hubs.
    pub hub_links: Option<HubLinks>,
}

/// Polls the feed. `None` means that the poll was given up because the daemon stops, and nothing is remembered of
/// it.
pub(in crate::pipeline) async fn poll(cx: &Context, feed: Arc<FeedHandle>) -> Option<PollEnd> {
    let trace = Trace::current();
    let before = cx.store().feed(&feed.config.id).cloned();
    let known = before.clone().unwrap_or_default().at(&feed.config.url);
    let begun = std::time::Instant::now();
    let result = tokio::select! {
        () = cx.stop.cancelled() => return None,
        (answer, at) = ask(cx, &feed, &known) => read(cx, &feed, known, answer, at, &trace).await?,
    };
    let ended = end(cx, &feed, before, result, trace.clone()).await;
    cx.stats.stages.of(StageName::Poll.name()).time(begun.elapsed(), trace.exemplar());
    ended
}

/// Requests the feed; also returns the time of the request.
async fn ask(cx: &Context, feed: &FeedHandle, known: &FeedState) -> (Result<Answer, FetchError>, DateTime<Utc>) {
    let now = cx.clock().now();
    let _timed = Timed::start(cx.stats.fetches.of("feed"));
    // The queries for a private feed's hub are only in its document.
    let lacks = cx.push_inbox.lacks_queries(&feed.config.id);
    let whole = feed.config.full_fetch
        || lacks
        || feed_profile::is_not_modified_unreliable(known)
        || feed_profile::must_verify_not_modified(known, now);
    let validators = if whole { Validators::default() } else { known.validators.clone() };
    let window = feed.config.interval.unwrap_or(cx.settings.schedule.interval);
    // The config was checked; if the URL is still invalid, the client reports it.
    match feed.config.place_at(known.target()) {
        Ok(place) => cx.shared_fetches.get(&cx.client, &place, &validators, known.polled, window).await,
        Err(error) => (Err(FetchError::Url(format!("{}: {error}", known.target()))), now),
    }
}

/// Makes a reading of the answer; `None` if the daemon stops before all entries are committed.
async fn read(
    cx: &Context,
    feed: &Arc<FeedHandle>,
    known: FeedState,
    answer: Result<Answer, FetchError>,
    at: DateTime<Utc>,
    trace: &Trace,
) -> Option<PollResult> {
    let last = known.polled;
    let audited = feed_profile::must_verify_not_modified(&known, at);
    let mut result =
        PollResult { verified_not_modified: audited, ..PollResult::new(FeedState { polled: Some(at), ..known }) };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            cx.stats.polls.of("failed").inc();
            result.outcome = Outcome::Failed(outcome::failure(&error));
            result.retry_after = error.retry_after();
            result.failure = Some(PollFailure { reason: error.to_string(), status: error.status() });
            return Some(result);
        }
    };
    result.retry_after = answer.retry_after;
    let body = xxh3_64(&answer.body);
    let is_same = result.state.body == Some(body) && !cx.push_inbox.lacks_queries(&feed.config.id);
    if answer.not_modified || (is_same && !answer.partial) {
        cx.stats.polls.of("unchanged").inc();
        result.hub_links = HubLinks::of_header(&answer, feed.config.private);
        feed_profile::unchanged(&mut result, &answer, at, cx.settings.schedule.interval);
        return Some(result);
    }
    match parse(cx, feed, &answer).await {
        Ok(document) => {
            cx.stats.polls.of("read").inc();
            feed_profile::document(&mut result.state, &document.feed, &answer);
            // A partial answer may omit what the whole feed says.
            let offer = HubLinks::read(&answer, &document.feed, feed.config.private);
            result.hub_links = Some(offer).filter(|offer| !answer.partial || !offer.hubs.is_empty());
            let elapsed = last.map_or(TimeDelta::zero(), |last| at - last);
            let finished = read_entries(cx, feed, document, &mut result, answer.partial, elapsed, trace).await;
            if cx.stop.is_cancelled() && !finished {
                return None;
            }
            if finished {
                feed_profile::read(&mut result, &answer, at);
                if !answer.partial {
                    result.state.body = Some(body);
                }
            } else {
                result.outcome = Outcome::Unfinished;
            }
        }
        Err(error) => {
            cx.stats.polls.of("failed").inc();
            result.outcome = Outcome::Failed(Failure::Unusable);
            if result.state.dead_body != Some(body) {
                result.dead = Some((body, dead_letter(feed, &answer, &error, at)));
            }
            result.state.body = None;
            result.failure = Some(PollFailure { reason: error, status: Some(answer.status) });
        }
    }
    Some(result)
}

pub(in crate::pipeline) async fn parse(cx: &Context, feed: &FeedHandle, answer: &Answer) -> Result<Document, String> {
    let (body, content_type) = (answer.body.clone(), answer.content_type.clone());
    let (url, now) = (answer.url.to_string(), cx.clock().now());
    let parsed = cx.cpu.run(move || {
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
pub(in crate::pipeline) async fn read_entries(
    cx: &Context,
    feed: &Arc<FeedHandle>,
    document: Document,
    result: &mut PollResult,
    partial: bool,
    elapsed: TimeDelta,
    trace: &Trace,
) -> bool {
    let id = &feed.config.id;
    let limit = cx.settings.pipeline.max_entries;
    let (entries, mut counts) = admit(document.entries, limit);
    if counts.shown > entries.len() {
        info!(feed = id, %counts, "entries left out");
    }
    let about = Arc::new(document.feed);
    let withdrawn = document.deleted;
    let now = cx.clock().now();
    feed_profile::frequency(&mut result.state, &entries, partial, now);
    let (identity, known, vanished, first, before, learned) = {
        let mut store = cx.store();
        let learned = store.learned(id);
        let identity = identify(entries, result.state.trust(), &store.memory(id));
        let page = store.entries(id);
        let keys: Vec<u128> = identity.entries.iter().map(|entry| entry.key).collect();
        let known = keys.iter().filter(|key| page.has(**key)).count();
        let vanished = if partial { None } else { page.vanished(&keys) };
        (identity, known, vanished, page.is_empty(), page.shown().to_vec(), learned)
    };
    feed_profile::trust(&mut result.state, id, identity.trust, identity.lost);
    counts.add(EntryOutcome::SameAs, identity.repeated.len());
    let entries = identity.entries;
    let turnover = feed_profile::EntryChurn { shown: entries.len(), known, partial, first, elapsed, now };
    let missed = feed_profile::churn(result, &turnover);
    result.fresh = entries.len() - known;
    if let Some(vanished) = vanished {
        if !vanished.is_empty() {
            info!(feed = id, entries = vanished.len(), "entries were taken out of the middle of the feed");
        }
        result.state.vanished = u32::try_from(vanished.len()).unwrap_or(u32::MAX);
    }
    if !withdrawn.is_empty() {
        let guids: Vec<&str> = withdrawn.iter().take(10).map(|deleted| deleted.guid.as_str()).collect();
        info!(feed = id, entries = withdrawn.len(), ?guids, "the feed says that entries were deleted");
    }
    result.state.withdrawn = u32::try_from(withdrawn.len()).unwrap_or(u32::MAX);
    let keys: Vec<u128> = entries.iter().map(|entry| entry.key).collect();
    let mut all = true;
    let mut observed = Vec::new();
    if missed {
        // Missed entries are committed before those of this reading, so a poll that stops half-way finds the gap
        // again.
        let mut older = from_older_pages(cx, feed, &about, identity.trust, &keys).await;
        if older.pages == 0
            && let Some(covered) = CoveredPeriod::by(&entries)
        {
            older = from_sitemap(cx, feed, &about, identity.trust, &covered, now - elapsed).await;
        }
        feed_profile::recovered(result, &older);
        counts.shown += older.entries.len();
        all = send_all(cx, feed, &about, older.entries, (&learned, trace), (&mut counts, &mut observed)).await;
    }
    all = all && send_all(cx, feed, &about, entries, (&learned, trace), (&mut counts, &mut observed)).await;
    feed_profile::pages(result, &observed, &learned);
    all = all && withdraw(cx, feed, &withdrawn, &keys, trace).await;
    if all {
        debug_assert!(counts.is_whole(), "every entry has an outcome: {counts}");
        cx.stats.entries_polled(&counts);
        result.state.entries = Some(counts);
    }
    // Entries that a partial answer omits count as still shown.
    let shown = if partial { [keys.as_slice(), &before].concat() } else { keys.clone() };
    let most = if partial && before.is_empty() { limit } else { shown.len() };
    let mut store = cx.store();
    result.forget = store.surplus(id, REMEMBERED.max(most * 4), &shown);
    if all && !partial {
        store.set_shown(id, keys);
    }
    all
}

/// Sends new and changed entries on, waits for their commits, and counts the outcomes of all. Adds what their pages
/// showed to `observed`. Returns false if some were not committed.
async fn send_all(
    cx: &Context,
    feed: &Arc<FeedHandle>,
    about: &Arc<feed::Feed>,
    entries: Vec<Identified>,
    (learned, trace): (&Arc<Learned>, &Trace),
    (counts, observed): (&mut EntryCounts, &mut Vec<(EntryOutcome, SiteObservation)>),
) -> bool {
    let id = &feed.config.id;
    let mut pending = FuturesUnordered::new();
    let mut all = true;
    let mut pages: Vec<(usize, EntryOutcome, SiteObservation)> = Vec::new();
    let mut landed = |(at, landed): (usize, Option<Acknowledged>)| {
        let Some(Acknowledged { outcome: Some(outcome), observed }) = landed else { return false };
        counts.add(outcome, 1);
        pages.extend(observed.map(|observed| (at, outcome, observed)));
        true
    };
    // Feeds list the newest entry first; the oldest is committed first.
    for (at, entry) in entries.into_iter().rev().enumerate() {
        let known = cx.store().entry(id, entry.key).cloned();
        if known.as_ref().is_some_and(|known| known.content_hash == entry.content_hash) {
            landed((at, Some(Acknowledged { outcome: Some(EntryOutcome::Unchanged), observed: None })));
            continue;
        }
        while pending.len() >= cx.settings.pipeline.stories_per_feed.max(1) {
            all &= pending.next().await.is_none_or(&mut landed);
        }
        if cx.stop.is_cancelled() {
            all = false;
            break;
        }
        let (ack, committed) = CommitAck::new();
        let article = known.and_then(|known| known.article);
        if !send(cx, feed, about, entry, article, (learned, trace), ack).await {
            all = false;
            break;
        }
        let in_flight = InFlight::new(&cx.stats);
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
            cx.stats.pages_without_text.inc();
        }
        observed.push((outcome, page));
    }
    all
}

async fn send(
    cx: &Context,
    feed: &Arc<FeedHandle>,
    about: &Arc<feed::Feed>,
    entry: Identified,
    article: Option<uuid::Uuid>,
    (learned, trace): (&Arc<Learned>, &Trace),
    ack: CommitAck,
) -> bool {
    let own = trace.story(&feed.config.id);
    let told = without_secrets(entry.entry, &feed.config.credentials);
    let story = PendingEntry {
        feed: Arc::clone(feed),
        about: Arc::clone(about),
        pages: feed.config.pages.unwrap_or(cx.settings.pipeline.pages),
        learned: Arc::clone(learned),
        entry: told,
        key: entry.key,
        content_hash: entry.content_hash,
        fingerprint: entry.fingerprint,
        naming: entry.naming,
        article,
        trace: own,
        ack,
    };
    cx.to_page.send(story).await.is_ok()
}

/// Commits the end of the poll.
async fn end(
    cx: &Context,
    feed: &Arc<FeedHandle>,
    before: Option<FeedState>,
    mut result: PollResult,
    trace: Trace,
) -> Option<PollEnd> {
    let now = cx.clock().now();
    let dead = result.dead.take();
    let forget = std::mem::take(&mut result.forget);
    let learned = result.learned.take();
    if let Some((body, _)) = &dead {
        result.state.dead_body = Some(*body);
    }
    let well = !matches!(result.outcome, Outcome::Failed(_));
    let offer = result.hub_links.take();
    let pushed = pushed(cx, &feed.config.id, before.as_ref(), &result);
    let schedule = &cx.settings.schedule;
    let (state, events) = outcome::conclude(&feed.config, before.as_ref(), result, pushed, schedule, now);
    let due = state.due;
    if let Some(failure) = state.failure {
        cx.stats.poll_failed(failure);
    }
    log_events(&events, state.failure);
    if let Some(reason) = &state.error {
        trace.failed(reason);
        info!(feed = feed.config.id, reason, failures = state.failures, next = %due, "poll failed");
    }
    let (ack, committed) = CommitAck::new();
    let work = Work::Feed {
        feed: Arc::clone(feed),
        state: Box::new(state),
        events,
        dead: dead.map(|(_, dead)| Box::new(dead)),
        forget,
        learned,
        trace,
        ack,
    };
    cx.to_commit.send(work).await.ok()?;
    committed.await.ok()?;
    Some(PollEnd { due, well, hub_links: offer })
}

/// Returns how far the feed's hub is trusted after this reading.
fn pushed(cx: &Context, feed: &str, before: Option<&FeedState>, result: &PollResult) -> u32 {
    let before = before.and_then(|state| state.polled);
    let polled = result.state.polled.filter(|_| result.outcome == Outcome::Read);
    let polled = polled.map(|at| PollEvidence { before, at, fresh: result.fresh > 0 });
    cx.push_inbox.judge(feed, polled.as_ref())
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
fn without_secrets(mut entry: feed::Entry, credentials: &Credentials) -> feed::Entry {
    entry.map_urls(|url| credentials.link(url));
    for text in [&mut entry.title, &mut entry.summary, &mut entry.content].into_iter().flatten() {
        if let Cow::Owned(clean) = credentials.text(text) {
            *text = clean;
        }
    }
    entry
}

pub(super) fn dead_letter(feed: &FeedHandle, answer: &Answer, error: &str, now: DateTime<Utc>) -> DeadLetter {
    let (raw, truncated) = DeadLetter::bound_raw(&answer.body);
    DeadLetter {
        feed_id: feed.config.id.clone(),
        stage: Stage::Feed,
        error: error.to_owned(),
        url: Some(feed.config.credentials.told(&answer.url).into()),
        guid: None,
        raw,
        truncated,
        time: now,
    }
}
