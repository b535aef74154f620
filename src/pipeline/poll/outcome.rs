//! The end of a poll: when the feed is due next, and which changes of its health to report, each once.

use chrono::{DateTime, Utc};

use super::result::{PollFailure, PollResult};
use crate::config::FeedConfig;
use crate::fetch::{Class, FetchError, Validators};
use crate::record::{FeedEvent, FeedEventKind};
use crate::schedule::{self, Failure, Outcome, Situation};
use crate::state::{FeedState, ThrottleBackoff};

/// Failures in a row after which `failing` is reported, and after which a moved feed is polled at its old URL again.
const FAILING_AFTER: u32 = 3;
/// The number of doublings left by throttling drops by one after this time without throttling.
const STRAIN_LASTS: chrono::TimeDelta = chrono::TimeDelta::days(1);
/// The most doublings of the pause after throttling.
const MOST_STRAIN: u32 = 6;

/// Returns the state in which a poll leaves the feed, and the events to report. `pushed` is how far its hub is trusted.
pub(in crate::pipeline) fn conclude(
    feed: &FeedConfig,
    before: Option<&FeedState>,
    result: PollResult,
    pushed: u32,
    settings: &schedule::Options,
    now: DateTime<Utc>,
) -> (FeedState, Vec<FeedEvent>) {
    let PollResult { outcome, mut state, retry_after, failure: problem, events: reported, .. } = result;
    let failure = match outcome {
        Outcome::Failed(failure) => Some(failure),
        Outcome::Read | Outcome::Unfinished => None,
    };
    state.failure = failure;
    state.failures = if failure.is_some() { before.map_or(0, |s| s.failures).saturating_add(1) } else { 0 };
    state.error = problem.as_ref().map(|fault| fault.reason.clone());
    state.removed = false;
    if failure.is_none() {
        state.succeeded = state.polled;
    }
    state.throttle_backoff = throttle_backoff(state.throttle_backoff, failure, now);
    let next = schedule::next(&Situation { outcome, retry_after, pushed, ..situation(feed, &state, settings, now) });
    (state.due, state.source, state.reason) = (next.due, next.source, next.reason);
    state.not_before = Some(next.not_before).filter(|time| *time > now);
    let events = events(feed, before, &mut state, problem.as_ref(), reported, now);
    if failure.is_some() && state.failures >= FAILING_AFTER && state.moved_to.take().is_some() {
        // It no longer answers at the new URL, so it is polled at the URL in the feed list again.
        state.validators = Validators::default();
        state.body = None;
    }
    (state, events)
}

/// Returns when the feed would be due if no hub pushed it.
pub(in crate::pipeline) fn unpushed(
    feed: &FeedConfig,
    state: &FeedState,
    settings: &schedule::Options,
) -> DateTime<Utc> {
    schedule::next(&situation(feed, state, settings, state.due)).due
}

/// Returns what the next poll depends on after a good one.
fn situation<'a>(
    feed: &'a FeedConfig,
    state: &FeedState,
    settings: &'a schedule::Options,
    now: DateTime<Utc>,
) -> Situation<'a> {
    Situation {
        feed_id: &feed.id,
        // An answer shared with another feed of the same URL is as old as that feed's request.
        now: state.polled.unwrap_or(now),
        outcome: Outcome::Read,
        failures: state.failures,
        retry_after: None,
        hints: state.hints,
        throttle_backoff: state.throttle_backoff.map_or(0, |throttle_backoff| throttle_backoff.doublings),
        frequency: state.frequency,
        catch_up_interval: state.catch_up_interval.map(std::time::Duration::from_secs),
        pushed: 0,
        own_interval: feed.interval,
        options: settings,
    }
}

fn throttle_backoff(
    before: Option<ThrottleBackoff>,
    failure: Option<Failure>,
    now: DateTime<Utc>,
) -> Option<ThrottleBackoff> {
    let doublings = before.map_or(0, |throttle_backoff| throttle_backoff.doublings);
    match (failure, before) {
        (Some(Failure::Throttled), _) => {
            Some(ThrottleBackoff { doublings: (doublings + 1).min(MOST_STRAIN), since: now })
        }
        (None, Some(throttle_backoff)) if now - throttle_backoff.since > STRAIN_LASTS => {
            (doublings > 1).then(|| ThrottleBackoff { doublings: doublings - 1, since: now })
        }
        _ => before,
    }
}

/// Returns the events of a feed that was not polled.
pub(in crate::pipeline) fn feed_events(
    feed: &FeedConfig,
    reported: Vec<(FeedEventKind, String)>,
    now: DateTime<Utc>,
) -> Vec<FeedEvent> {
    let event = |(event, reason)| FeedEvent {
        feed_id: feed.id.clone(),
        url: feed.url.clone(),
        event,
        time: now,
        reason: Some(reason),
        status: None,
        feed: None,
    };
    reported.into_iter().map(event).collect()
}

fn events(
    feed: &FeedConfig,
    before: Option<&FeedState>,
    state: &mut FeedState,
    fault: Option<&PollFailure>,
    reported: Vec<(FeedEventKind, String)>,
    now: DateTime<Utc>,
) -> Vec<FeedEvent> {
    let mut events = Vec::new();
    let mut tell = |event, reason: Option<String>| {
        events.push(FeedEvent {
            feed_id: feed.id.clone(),
            url: feed.url.clone(),
            event,
            time: now,
            reason,
            status: fault.and_then(|fault| fault.status),
            feed: None,
        });
    };
    if before.is_none_or(|state| state.removed) {
        tell(FeedEventKind::Added, None);
    }
    for (event, reason) in reported {
        tell(event, Some(reason));
    }
    let last = before.and_then(|state| state.failure);
    let was_reported = state.problem_reported;
    let reason = || fault.map(|fault| fault.reason.clone());
    match state.failure {
        None if state.problem_reported => {
            tell(FeedEventKind::Recovered, None);
            state.problem_reported = false;
        }
        Some(failure) if last != Some(failure) || !state.problem_reported => {
            let event = match failure {
                Failure::Gone => Some(FeedEventKind::Gone),
                Failure::Blocked => Some(FeedEventKind::Blocked),
                Failure::Throttled => Some(FeedEventKind::Throttled),
                Failure::Unreachable | Failure::Unusable | Failure::Missing => {
                    (!state.problem_reported && state.failures >= FAILING_AFTER).then_some(FeedEventKind::Failing)
                }
            };
            if let Some(event) = event {
                tell(event, reason());
                state.problem_reported = true;
            }
        }
        _ => {}
    }
    if let Some(frequency) = state.frequency.filter(|_| state.failure.is_none()) {
        let silent = frequency.is_stale(now);
        if silent && !state.stale {
            let (hours, each) = (frequency.silence(now).as_secs() / 3_600, frequency.gap / 60);
            let reason = format!("no new entry for {hours} hours, before that one in {each} minutes");
            tell(FeedEventKind::Stale, Some(reason));
        } else if state.stale && !silent && !was_reported {
            let reason = before.and_then(|state| state.frequency).map(|frequency| {
                format!("a new entry after {} hours without", frequency.silence(now).as_secs() / 3_600)
            });
            tell(FeedEventKind::Recovered, reason);
        }
        state.stale = silent;
    }
    events
}

/// Returns the kind of failure of a failed request.
pub(in crate::pipeline) fn failure(error: &FetchError) -> Failure {
    match error.class() {
        Class::Blocked if matches!(error.status(), Some(429)) => Failure::Throttled,
        Class::Blocked => Failure::Blocked,
        _ => match error.status() {
            Some(404) => Failure::Missing,
            Some(410) => Failure::Gone,
            Some(503) if error.retry_after().is_some() => Failure::Throttled,
            Some(_) => Failure::Unusable,
            None if matches!(error.class(), Class::TooLarge | Class::Redirect) => Failure::Unusable,
            None => Failure::Unreachable,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::UpdateFrequency;

    /// Returns the feed after a poll at this time whose newest entry was `newest` hours old; `None` for a failed poll.
    fn poll(before: Option<&FeedState>, now: DateTime<Utc>, newest: Option<i64>) -> (FeedState, Vec<FeedEventKind>) {
        let feed = FeedConfig { id: "a".into(), url: "https://example.org/a".into(), ..FeedConfig::default() };
        let mut result = PollResult::new(before.cloned().unwrap_or_default());
        match newest {
            Some(hours) => {
                let newest = now - chrono::TimeDelta::hours(hours);
                result.state.frequency = Some(UpdateFrequency { gap: 3_600, newest });
            }
            None => result.outcome = Outcome::Failed(Failure::Unreachable),
        }
        let (state, events) = conclude(&feed, before, result, 0, &schedule::Options::default(), now);
        (state, events.into_iter().map(|event| event.event).collect())
    }

    #[test]
    fn a_stall_is_reported_once_and_its_end_once() {
        let begun = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let mut state = None;
        for (hour, newest, reported) in [
            (0, Some(1), &[FeedEventKind::Added][..]),
            (80, Some(81), &[FeedEventKind::Stale]),
            (81, Some(82), &[]),
            (82, None, &[]),
            (83, Some(84), &[]),
            (84, Some(0), &[FeedEventKind::Recovered]),
            (85, Some(1), &[]),
            (165, Some(81), &[FeedEventKind::Stale]),
            (166, None, &[]),
            (167, None, &[]),
            (168, None, &[FeedEventKind::Failing]),
            // The feed recovers and shows something new: one event reports both.
            (169, Some(0), &[FeedEventKind::Recovered]),
            (170, Some(1), &[]),
        ] {
            let (after, events) = poll(state.as_ref(), begun + chrono::TimeDelta::hours(hour), newest);
            assert_eq!(events, reported, "hour {hour}");
            state = Some(after);
        }
    }
}
