//! One poll of one feed, from the request to the commit of its new state.
//!
//! The feed's validators are committed after its last entry: after a crash half-way, the next poll skips what was
//! committed.

mod entries;
pub(super) mod feed_profile;
mod listed;
mod missed_entries;
pub(super) mod outcome;
mod parse;
mod pushed;
mod readmit;
mod recovered_entries;
mod result;
pub(super) mod shared_fetch;
mod sitemap;
mod withdraw;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::info;
use xxhash_rust::xxh3::xxh3_64;

#[cfg(test)]
pub(super) use self::entries::admit;
use self::entries::read_entries;
use self::parse::{dead_letter, parse};
pub(in crate::pipeline) use self::pushed::read_pushed;
pub(in crate::pipeline) use self::readmit::readmit;
use self::result::{PollFailure, PollResult};
use super::context::Context;
use super::message::{CommitAck, FeedHandle, Trace, Work};
use crate::article::ListingError;
use crate::config::FeedConfig;
use crate::fetch::{Answer, FetchError, Validators};
use crate::health::{StageName, Timed, log_events};
use crate::schedule::{Failure, Outcome};
use crate::state::FeedState;
use crate::websub::{HubLinks, PollEvidence};

/// How a poll ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PollEnd {
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
    let _running = cx.upstream.enter();
    let trace = Trace::current();
    let record = cx.open(&feed).await;
    let before = record.state();
    // Its state may have been handed over since it was queued.
    if before.is_none() && cx.routes.is_shared() && !cx.routes.claims().lock().is_proven(&feed.id) {
        return None;
    }
    let known = before.clone().unwrap_or_default().at(&feed.config.url).read_as(reading(&feed.config));
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
    let window = feed.config.interval.unwrap_or(cx.settings.get().schedule.interval);
    let kind = feed.config.request_kind();
    // The config was checked; if the URL is still invalid, the client reports it.
    match feed.config.target_at(known.target()) {
        Ok(target) => cx.shared_fetches.get(&cx.client.get(), &target, kind, &validators, known.polled, window).await,
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
        feed_profile::unchanged(&mut result, &answer, at, cx.settings.get().schedule.interval);
        return Some(result);
    }
    let mut read = parse(cx, feed, &answer).await;
    if let Ok(document) = &read
        && feed.config.is_page()
        && !listed::note_links(&mut result, document.entries.len())
    {
        let error = if feed.config.select.is_some() { ListingError::NotSelected } else { ListingError::NoLinks };
        read = Err(error.to_string());
    }
    match read {
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

/// Returns a number that changes with the way in which the feed's document is read.
fn reading(feed: &FeedConfig) -> u64 {
    let page = feed.is_page().then(|| feed.select.iter().flat_map(|select| select.named()).collect::<Vec<_>>());
    page.map_or(0, |select| xxh3_64(format!("page {select:?}").as_bytes()))
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
    let settings = cx.settings.get();
    let (state, events) = outcome::conclude(&feed.config, before.as_ref(), result, pushed, &settings.schedule, now);
    let due = state.due;
    if let Some(failure) = state.failure {
        cx.stats.poll_failed(failure);
    }
    log_events(&events, state.failure);
    if let Some(reason) = &state.error {
        trace.failed(reason);
        info!(feed = feed.config.id, reason, failures = state.failures, next = %due, "poll failed");
    }
    let (ack, committed) = CommitAck::counted(&cx.upstream);
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
    let waiting = cx.upstream.wait();
    committed.await.ok()?;
    drop(waiting);
    Some(PollEnd { due, well, hub_links: offer })
}

/// Returns how far the feed's hub is trusted after this reading.
fn pushed(cx: &Context, feed: &str, before: Option<&FeedState>, result: &PollResult) -> u32 {
    let before = before.and_then(|state| state.polled);
    let polled = result.state.polled.filter(|_| result.outcome == Outcome::Read);
    let polled = polled.map(|at| PollEvidence { before, at, fresh: result.fresh > 0 });
    cx.push_inbox.judge(feed, polled.as_ref())
}
