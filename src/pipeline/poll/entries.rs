//! Has the new and changed entries of a feed committed, oldest first, and counts the outcomes of all.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tracing::info;

use super::feed_profile;
use super::listed::identify_entries;
use super::missed_entries::from_older_pages;
use super::result::PollResult;
use super::sitemap::{CoveredPeriod, from_sitemap};
use super::withdraw::{deleted_blocked, withdraw};
use crate::address::Credentials;
use crate::article::Learned;
use crate::feed::{self, Document, Entry};
use crate::health::{EntryCounts, EntryOutcome, RuleDecision, Stats};
use crate::pipeline::context::Context;
use crate::pipeline::filter;
use crate::pipeline::message::{Acknowledged, CommitAck, EntryWay, FeedHandle, PendingEntry, SiteObservation, Trace};
use crate::state::identity::{Identified, Memory};
use crate::state::{EntryState, ShownEntries};

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

/// Compares the entries with what is known and has the new and changed ones committed. Returns false if some were
/// not.
pub(super) async fn read_entries(
    cx: &Context,
    feed: &Arc<FeedHandle>,
    document: Document,
    result: &mut PollResult,
    partial: bool,
    elapsed: TimeDelta,
    trace: &Trace,
) -> bool {
    let id = &feed.config.id;
    let limit = cx.settings.get().pipeline.max_entries;
    let (entries, mut counts) = admit(document.entries, limit);
    if counts.shown > entries.len() {
        info!(feed = id, %counts, "entries left out");
    }
    let about = Arc::new(document.feed);
    let withdrawn = document.deleted;
    let now = cx.clock().now();
    feed_profile::frequency(&mut result.state, &entries, partial, now);
    let record = cx.open(feed).await;
    let learned = record.learned();
    let (identity, known, first) = {
        let memory = cx.store.memory(&record);
        let identity = identify_entries(&feed.config, entries, result.state.trust(), &memory);
        let known = identity.entries.iter().filter(|entry| memory.entry(entry.key).is_some()).count();
        (identity, known, memory.is_empty())
    };
    let first = first || result.state.reading_changed;
    feed_profile::trust(&mut result.state, id, identity.trust, identity.lost);
    counts.add(EntryOutcome::SameAs, identity.repeated.len());
    let entries = identity.entries;
    let turnover = feed_profile::EntryChurn { shown: entries.len(), known, partial, first, elapsed, now };
    let missed = feed_profile::churn(result, &turnover);
    result.fresh = entries.len() - known;
    let keys: Vec<u128> = entries.iter().map(|entry| entry.key).collect();
    // A page has room for so many; what leaves its middle was not removed.
    let is_comparable = !partial && !feed.config.is_page();
    if let Some(vanished) = result.state.shown.vanished(&keys).filter(|_| is_comparable) {
        if vanished > 0 {
            info!(feed = id, entries = vanished, "entries removed from the middle of the feed");
        }
        result.state.vanished = u32::try_from(vanished).unwrap_or(u32::MAX);
    }
    if !withdrawn.is_empty() {
        let guids: Vec<&str> = withdrawn.iter().take(10).map(|deleted| deleted.guid.as_str()).collect();
        info!(feed = id, entries = withdrawn.len(), ?guids, "feed announced deleted entries");
    }
    result.state.withdrawn = u32::try_from(withdrawn.len()).unwrap_or(u32::MAX);
    let mut all = true;
    let mut outcomes = Outcomes { counts, observed: Vec::new(), decisions: Vec::new() };
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
        outcomes.counts.shown += older.entries.len();
        all = send_all(cx, feed, &about, older.entries, (&learned, trace), &mut outcomes).await;
    }
    all = all && send_all(cx, feed, &about, entries, (&learned, trace), &mut outcomes).await;
    let Outcomes { counts, observed, decisions } = outcomes;
    note_rules(cx, feed, result, &decisions);
    feed_profile::pages(result, &observed, &learned);
    all = all && withdraw(cx, feed, &withdrawn, &keys, trace).await;
    if all {
        debug_assert!(counts.is_whole(), "every entry has an outcome: {counts}");
        cx.stats.entries_polled(&counts);
        result.state.entries = Some(counts);
    }
    // Entries that a partial answer omits count as still shown.
    let before = result.state.shown.set();
    let shown: HashSet<u128> = keys.iter().copied().collect();
    let most = match (partial, result.state.shown.len()) {
        (true, 0) => limit,
        (true, before) => keys.len() + before,
        (false, _) => keys.len(),
    };
    let is_shown = |key| shown.contains(&key) || partial && before.has(key);
    result.forget = cx.store.surplus(id, REMEMBERED.max(most * 4), is_shown);
    result.forget.extend(deleted_blocked(cx, id, &withdrawn, &keys));
    if all && !partial {
        result.state.shown = ShownEntries::new(&keys);
    }
    all
}

/// What became of a feed's entries.
struct Outcomes {
    counts: EntryCounts,
    /// What their pages showed.
    observed: Vec<(EntryOutcome, SiteObservation)>,
    /// What keep and block rules decided.
    decisions: Vec<RuleDecision>,
}

/// Notes the rules that apply to the feed, and what they decided.
fn note_rules(cx: &Context, feed: &FeedHandle, result: &mut PollResult, decisions: &[RuleDecision]) {
    let filter = cx.filter.get();
    if feed.with_scope(|scope| filter.applies_to(scope)) || !decisions.is_empty() {
        let rules = result.state.rules.get_or_insert_default();
        rules.add(filter.hash(), decisions, cx.clock().now().timestamp());
    }
}

/// Sends new and changed entries on, waits for their commits, and adds what became of all to `outcomes`. Returns false if
/// some were not committed.
async fn send_all(
    cx: &Context,
    feed: &Arc<FeedHandle>,
    about: &Arc<feed::Feed>,
    entries: Vec<Identified>,
    (learned, trace): (&Arc<Learned>, &Trace),
    outcomes: &mut Outcomes,
) -> bool {
    let id = &feed.config.id;
    let mut pending = FuturesUnordered::new();
    let mut all = true;
    let mut pages: Vec<(usize, EntryOutcome, SiteObservation)> = Vec::new();
    let mut landed = |(at, landed): (usize, Option<Acknowledged>)| {
        let Some(Acknowledged { outcome: Some(outcome), observed, decision }) = landed else { return false };
        outcomes.counts.add(outcome, 1);
        outcomes.decisions.extend(decision);
        pages.extend(observed.map(|observed| (at, outcome, observed)));
        true
    };
    // Feeds list the newest entry first; the oldest is committed first.
    for (at, entry) in entries.into_iter().rev().enumerate() {
        let known = cx.store.entry(id, entry.key);
        if let Some(known) = known.as_ref().filter(|known| known.content_hash == entry.content_hash) {
            let outcome = if known.blocked.is_some() { EntryOutcome::Blocked } else { EntryOutcome::Unchanged };
            landed((at, Some(Acknowledged { outcome: Some(outcome), ..Acknowledged::default() })));
            continue;
        }
        while pending.len() >= cx.settings.get().pipeline.stories_per_feed.max(1) {
            let _waiting = cx.upstream.wait();
            all &= pending.next().await.is_none_or(&mut landed);
        }
        if cx.stop.is_cancelled() {
            all = false;
            break;
        }
        let (ack, committed) = CommitAck::counted(&cx.upstream);
        if !send(cx, feed, about, entry, known, (learned, trace), ack).await {
            all = false;
            break;
        }
        let in_flight = InFlight::new(&cx.stats);
        pending.push(async move {
            let _in_flight = in_flight;
            (at, committed.await.ok())
        });
    }
    let waiting = cx.upstream.wait();
    while !pending.is_empty() {
        all &= pending.next().await.is_none_or(&mut landed);
    }
    drop(waiting);
    // In the order of the entries, whichever page came first.
    pages.sort_unstable_by_key(|(at, ..)| *at);
    for (_, outcome, page) in pages {
        if !page.gave_text {
            cx.stats.pages_without_text.inc();
        }
        outcomes.observed.push((outcome, page));
    }
    all
}

/// Sends an entry to the next stage; one that keep and block rules leave out goes to the last one.
async fn send(
    cx: &Context,
    feed: &Arc<FeedHandle>,
    about: &Arc<feed::Feed>,
    entry: Identified,
    known: Option<EntryState>,
    (learned, trace): (&Arc<Learned>, &Trace),
    ack: CommitAck,
) -> bool {
    let before = known.as_ref().map_or(0, |known| known.serial);
    let serial = (before + 1).max(cx.clock().now().timestamp_millis());
    let article = known.as_ref().and_then(|known| known.article);
    let own = trace.story(&feed.config.id);
    let told = without_secrets(entry.entry, &feed.config.credentials);
    let (told, decision) = filter::decide(cx, feed, told, filter::seen_at(serial)).await;
    let story = PendingEntry {
        feed: Arc::clone(feed),
        about: Arc::clone(about),
        pages: feed.config.pages.unwrap_or(cx.settings.get().pipeline.pages),
        learned: Arc::clone(learned),
        entry: told,
        key: entry.key,
        content_hash: entry.content_hash,
        fingerprint: entry.fingerprint,
        naming: entry.naming,
        article,
        way: EntryWay { serial, home: known.and_then(|known| known.article_site()), ..EntryWay::default() },
        trace: own,
        ack,
    };
    match filter::next(story, decision) {
        filter::Next::Page(story) => cx.to_page.send(*story).await.is_ok(),
        filter::Next::Commit(work) => cx.to_commit.send(*work).await.is_ok(),
    }
}

/// Returns the non-empty entries up to the limit and counts the others. Feeds list the newest first, so the oldest are
/// left out.
pub(in crate::pipeline) fn admit(entries: Vec<Entry>, limit: usize) -> (Vec<Entry>, EntryCounts) {
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
