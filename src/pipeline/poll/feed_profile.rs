//! What a reading teaches about its feed: its URL, how often it shows new entries, and which of its claims to believe.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::warn;

use super::recovered_entries::RecoveredEntries;
use super::result::PollResult;
use crate::article::Learned;
use crate::feed::{Entry, Feed};
use crate::fetch::{Answer, Validators};
use crate::health::EntryOutcome;
use crate::pipeline::message::SiteObservation;
use crate::record::FeedEventKind;
use crate::schedule::{self, PollingHints, SkipWindows, UpdateFrequency};
use crate::state::identity::Trust;
use crate::state::page_texts::TextChange;
use crate::state::{FeedState, ListedLinks, NotModifiedCheck, PendingMove, ShownEntries};

/// A permanent redirect is believed after this time, if it was the same this many times.
const MOVED_AFTER: TimeDelta = TimeDelta::days(2);
const MOVED_TIMES: u32 = 3;
/// A feed that has become silent is fetched in full at most this often.
const AUDIT_EVERY: TimeDelta = TimeDelta::days(30);

impl FeedState {
    /// Returns the state for the feed list's present URL: what belongs to another URL is dropped.
    pub(in crate::pipeline) fn at(self, url: &str) -> Self {
        if self.url == url {
            return self;
        }
        let keeps = self.moved_to.as_deref() == Some(url);
        let (moved_to, moving) = (None, None);
        let (validators, body) = if keeps { (self.validators, self.body) } else { (Validators::default(), None) };
        let (hints, not_before) = if keeps { (self.hints, self.not_before) } else { (PollingHints::default(), None) };
        Self { url: url.to_owned(), moved_to, moving, validators, body, hints, not_before, ..self }
    }

    /// Returns the state for a document that is read in this way: one that was read in another way is read again.
    pub(in crate::pipeline) fn read_as(self, reading: u64) -> Self {
        if self.reading == reading {
            return self;
        }
        let (validators, body, links) = (Validators::default(), None, ListedLinks::default());
        let shown = ShownEntries::default();
        Self { reading, reading_changed: true, validators, body, links, shown, ..self }
    }

    /// Returns what identifies its entries.
    pub(in crate::pipeline) fn trust(&self) -> Trust {
        Trust { basis: self.basis, unstable_links: self.unstable_links }
    }

    /// Returns the URL that is polled.
    pub fn target(&self) -> &str {
        self.moved_to.as_deref().unwrap_or(&self.url)
    }
}

/// Returns whether to fetch the feed in full, despite its validators, to check a server's "not changed". That is due
/// when a feed with a known rhythm has been silent for longer than the rhythm explains.
pub(in crate::pipeline) fn must_verify_not_modified(state: &FeedState, now: DateTime<Utc>) -> bool {
    let lately = state.audit.is_some_and(|audit| audit.caught || now - audit.last < AUDIT_EVERY);
    !lately && !state.validators.is_empty() && state.frequency.is_some_and(|frequency| frequency.is_stale(now))
}

/// Returns whether its server was caught answering "not changed" although the feed had changed.
pub(in crate::pipeline) fn is_not_modified_unreliable(state: &FeedState) -> bool {
    state.audit.is_some_and(|audit| audit.caught)
}

/// Updates the state after "not changed", or the same body again.
pub(in crate::pipeline) fn unchanged(result: &mut PollResult, answer: &Answer, now: DateTime<Utc>, interval: Duration) {
    let state = &mut result.state;
    state.validators = answer.validators.clone();
    if let Some(fresh) = answer.fresh {
        state.hints.fresh = Some(fresh.as_secs());
    } else if !answer.not_modified {
        state.hints.fresh = None;
    }
    if result.verified_not_modified {
        state.audit = Some(NotModifiedCheck { last: now, caught: false });
    }
    calm(state, interval);
    moved(result, answer, now);
}

/// Takes over what the document and its header ask for.
pub(in crate::pipeline) fn document(state: &mut FeedState, feed: &Feed, answer: &Answer) {
    if feed.title.is_some() {
        state.title.clone_from(&feed.title);
    }
    state.hints = PollingHints {
        fresh: answer.fresh.map(|fresh| fresh.as_secs()),
        ttl: feed.ttl.map(|minutes| u64::from(minutes) * 60).filter(|ttl| *ttl > 0),
        update_period: feed.update_period.filter(|period| *period > 0),
        update_base: feed.update_base,
        skips: SkipWindows::new(&feed.skip_hours, feed.skip_days.iter().map(String::as_str)),
    };
}

/// Updates the state after a reading whose entries are all committed.
pub(in crate::pipeline) fn read(result: &mut PollResult, answer: &Answer, now: DateTime<Utc>) {
    let state = &mut result.state;
    state.validators = answer.validators.clone();
    state.reading_changed &= state.shown.is_empty();
    moved(result, answer, now);
}

/// Learns the rhythm of the entries; a partial reading only moves its end.
pub(in crate::pipeline) fn frequency(state: &mut FeedState, entries: &[Entry], partial: bool, now: DateTime<Utc>) {
    let times = || entries.iter().filter_map(|entry| entry.published.or(entry.updated));
    match (&mut state.frequency, partial) {
        (Some(frequency), true) => {
            frequency.newest =
                times().filter(|time| *time <= now).max().map_or(frequency.newest, |t| t.max(frequency.newest));
        }
        (known, _) => *known = UpdateFrequency::learn(times(), now).or(*known),
    }
}

/// Sets what identifies the entries from now on.
pub(in crate::pipeline) fn trust(state: &mut FeedState, id: &str, trust: Trust, lost: Option<String>) {
    if trust == Trust::default() {
        state.basis_reason = None;
    }
    (state.basis, state.unstable_links) = (trust.basis, trust.unstable_links);
    if let Some(reason) = lost {
        warn!(feed = id, reason, ?trust, "entries are now identified by other fields");
        state.basis_reason = Some(reason);
    }
}

/// How much of a reading was new.
pub(in crate::pipeline) struct EntryChurn {
    pub shown: usize,
    pub known: usize,
    pub partial: bool,
    /// Whether no entry was known before, or those that were are from another way of reading.
    pub first: bool,
    pub elapsed: TimeDelta,
    pub now: DateTime<Utc>,
}

/// Detects a gap or a near gap, and a server that hid new entries behind "not changed". Returns true if entries were
/// missed.
pub(in crate::pipeline) fn churn(result: &mut PollResult, turnover: &EntryChurn) -> bool {
    let EntryChurn { shown, known, partial, first, elapsed, now } = *turnover;
    let fresh = shown - known;
    let state = &mut result.state;
    if fresh > 0 {
        if result.verified_not_modified && !first {
            warn!(
                url = state.target(),
                "server answered \"not modified\" for a changed feed; fetching it in full at every poll"
            );
            state.audit = Some(NotModifiedCheck { last: now, caught: true });
        }
        state.changed = Some(now);
    }
    if first || partial {
        return false;
    }
    if let Some(pause) = schedule::catch_up_interval(fresh, shown, elapsed) {
        let pause = pause.as_secs().max(1);
        state.catch_up_interval = Some(state.catch_up_interval.map_or(pause, |before| before.min(pause)));
    }
    if shown > 0 && known == 0 {
        state.gaps = state.gaps.saturating_add(1);
        let minutes = elapsed.num_minutes();
        let reason = format!("none of {shown} entries was known from the result {minutes} minutes ago");
        result.events.push((FeedEventKind::Gap, reason));
        return true;
    }
    false
}

/// Learns what the pages of entries showed of their site. `known` holds the blocks already known to repeat in the
/// feed's articles.
pub(in crate::pipeline) fn pages(
    result: &mut PollResult,
    observed: &[(EntryOutcome, SiteObservation)],
    known: &Learned,
) {
    let mut learned = Cow::Borrowed(known);
    for (outcome, page) in observed {
        match result.state.pages.note(page.gave_text) {
            Some(TextChange::Degraded(reason)) => result.events.push((FeedEventKind::Degraded, reason)),
            Some(TextChange::Recovered(reason)) => result.events.push((FeedEventKind::Recovered, reason)),
            None => {}
        }
        // Each article counts once.
        if *outcome == EntryOutcome::New && !page.blocks.is_empty() {
            learned.to_mut().observe(&page.blocks);
        }
    }
    if let Cow::Owned(learned) = learned {
        result.learned = Some(Arc::new(learned));
    }
}

/// Adds to the gap's event what filled the gap.
pub(in crate::pipeline) fn recovered(result: &mut PollResult, older: &RecoveredEntries) {
    let gap = result.events.iter_mut().rev().find(|(event, _)| *event == FeedEventKind::Gap);
    if let Some((_, reason)) = gap.filter(|_| older.pages > 0) {
        let (entries, from) = (older.entries.len(), older.from);
        let whole = if older.closed { "nothing is missed any more" } else { "more may be missed" };
        *reason = format!("{reason}; {entries} entries were taken from {from}, {whole}");
    }
}

/// Lengthens, after a quiet poll, the pause that missed entries had shortened.
fn calm(state: &mut FeedState, interval: Duration) {
    state.catch_up_interval =
        state.catch_up_interval.map(|pause| pause + pause / 4 + 1).filter(|pause| *pause < interval.as_secs());
}

/// Believes a permanent redirect once it has been the same for days.
fn moved(result: &mut PollResult, answer: &Answer, now: DateTime<Utc>) {
    let state = &mut result.state;
    let Some(to) = answer.moved.as_ref().map(url::Url::as_str) else {
        state.moving = None;
        return;
    };
    let moving = match state.moving.take() {
        Some(moving) if moving.to == to => PendingMove { count: moving.count.saturating_add(1), ..moving },
        _ => PendingMove { to: to.to_owned(), first: now, count: 1 },
    };
    if moving.count < MOVED_TIMES || now - moving.first < MOVED_AFTER {
        state.moving = Some(moving);
        return;
    }
    let PendingMove { to, first, count } = moving;
    let since = first.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let reason = format!("{} redirects to {to} for good, the same in {count} answers since {since}", state.target());
    result.events.push((FeedEventKind::Moved, reason));
    // It redirects back to the listed URL: there is nothing to remember.
    state.moved_to = Some(to).filter(|to| *to != state.url);
}
