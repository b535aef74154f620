//! Decides when feeds are due from what is remembered of them: after a start, a list change, or when the clock was set
//! back.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tracing::warn;

use super::{Mode, RESTART_WINDOW, Scheduler};
use crate::pipeline::message::FeedHandle;
use crate::schedule;
use crate::state::FeedState;

/// A clock that is set back by less than this is not logged.
const STEP: TimeDelta = TimeDelta::seconds(5);

impl Scheduler {
    /// Returns when a feed is due from what is remembered of it; a feed that was never read is due now. `Once` is the
    /// user's own command, so only a server's request to wait delays it.
    pub(super) fn planned(&self, handle: &FeedHandle, state: Option<&FeedState>, now: DateTime<Utc>) -> DateTime<Utc> {
        let same = |state: &&FeedState| state.url == handle.config.url || state.target() == handle.config.url;
        let due = state.filter(same).map_or(now, |state| self.planned_from(handle, state, now));
        self.out_of_skips(state, due)
    }

    fn planned_from(&self, handle: &FeedHandle, state: &FeedState, now: DateTime<Utc>) -> DateTime<Utc> {
        let back = set_back(state, now);
        let asked = state.not_before.map_or(now, |asked| asked - back);
        if self.mode == Mode::Once {
            return if state.source == schedule::Source::RetryAfter { asked.max(now) } else { now };
        }
        if state.removed {
            return asked.max(now);
        }
        let due = state.due - back;
        let interval = handle.config.interval.unwrap_or(self.cx.settings.get().schedule.interval);
        let own = handle.config.interval.is_some() || state.source == schedule::Source::Interval;
        let (planned, window) = match state.polled.map(|polled| polled - back + interval) {
            // A shorter interval in a new config counts at once. Feeds that are overdue by it are spread over its
            // length, because all of them get it at the same moment.
            Some(sooner) if own && state.failure.is_none() && sooner + interval / 2 < due => {
                (sooner.max(asked), interval)
            }
            // What was pushed while the daemon was down, or was not committed, is polled soon.
            _ if state.source == schedule::Source::Pushed => {
                (self.unpushed(handle, state) - back, RESTART_WINDOW.min(interval / 4))
            }
            _ => (due, RESTART_WINDOW.min(interval / 4)),
        };
        schedule::after_restart(&handle.config.id, planned, now, window)
    }

    /// Takes over changed settings where they are not read at each use.
    pub(super) fn adopt_settings(&mut self, is_schedule_changed: bool) {
        let settings = self.cx.settings.get();
        self.lanes.set_per_site(settings.fetch.per_host);
        self.cx.cpu.set_threads(settings.pipeline.cpu_threads);
        if let Some(subscriber) = &mut self.subscriber {
            subscriber.adopt_settings();
        }
        // After `--once`, nothing is planned.
        if is_schedule_changed && self.mode == Mode::Forever {
            self.replan_all();
        }
    }

    fn replan_all(&mut self) {
        let feeds = self.feeds.values().filter(|feed| !feed.busy).map(|listed| Arc::clone(&listed.handle)).collect();
        self.survey(feeds, self.now());
    }

    /// Replans all feeds if the clock was set back since the last loop; otherwise they would be late by as much.
    pub(super) fn check_clock(&mut self) {
        let now = self.now();
        let by = self.last_tick - now;
        self.last_tick = now;
        if by < STEP || self.mode == Mode::Once {
            return;
        }
        warn!(seconds = by.num_seconds(), "clock was set back; rescheduling all polls");
        let feeds = self.feeds.values().map(|listed| Arc::clone(&listed.handle)).collect();
        self.survey(feeds, now);
    }

    /// Returns when a feed is due that was planned when it was last polled, by the present clock and outside the hours
    /// that it asks to skip.
    pub(super) fn by_present_clock(&self, id: &str, due: DateTime<Utc>) -> DateTime<Utc> {
        let now = self.now();
        let state = self.cx.store.feed(id);
        let due = due - state.as_ref().map_or(TimeDelta::zero(), |state| set_back(state, now));
        self.out_of_skips(state.as_ref(), due)
    }
}

/// Returns how far the clock was set back since the feed was last polled: its times are in the future by as much.
fn set_back(state: &FeedState, now: DateTime<Utc>) -> TimeDelta {
    state.polled.map_or(TimeDelta::zero(), |polled| (polled - now).max(TimeDelta::zero()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_was_asked_in_the_future_tells_how_far_the_clock_was_set_back() {
        let now = Utc::now();
        let asked = |polled| FeedState { polled, ..FeedState::default() };
        assert_eq!(set_back(&asked(None), now), TimeDelta::zero());
        assert_eq!(set_back(&asked(Some(now - TimeDelta::days(1))), now), TimeDelta::zero());
        assert_eq!(set_back(&asked(Some(now + TimeDelta::hours(1))), now), TimeDelta::hours(1));
    }
}
