//! The health of the feeds: the state of each, its last polls, and a list that can be sorted and searched.

mod list;
mod roster;

use std::collections::{HashMap, VecDeque};
use std::sync::RwLock;

use chrono::{DateTime, Utc};

pub(super) use list::{Row, Sort, View, list, row};
pub use roster::{LiveFeedList, ChangeError, Reload};

use super::plain;
use crate::schedule::{Failure, Source};
use crate::state::{FeedState, PageTexts};

/// The number of polls remembered for each feed.
const HISTORY: usize = 24;
/// The number of failures in a row after which a feed counts as failing.
const FAILING_AFTER: u32 = 3;

/// How a poll ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ended {
    /// It brought something.
    News,
    /// It answered well and had nothing new.
    Well,
    /// It failed.
    Failed,
}

/// The state of a feed.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub title: Option<String>,
    pub polled: Option<DateTime<Utc>>,
    pub succeeded: Option<DateTime<Utc>>,
    pub changed: Option<DateTime<Utc>>,
    pub due: DateTime<Utc>,
    pub reason: String,
    pub pushed: bool,
    pub failures: u32,
    pub failure: Option<Failure>,
    pub error: Option<String>,
    pub moved_to: Option<String>,
    pub stale: bool,
    /// Which of its last pages gave no text.
    pub pages: PageTexts,
    pub gaps: u32,
    /// Seconds between two entries.
    pub gap: Option<u64>,
    /// The last polls, the oldest first.
    pub history: VecDeque<Ended>,
}

/// The state of each feed.
#[derive(Debug, Default)]
pub(super) struct Watch(RwLock<HashMap<String, Seen>>);

impl Watch {
    /// Sets the states that were known at the start.
    pub fn restored(&self, id: &str, state: &FeedState) {
        let mut feeds = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        // After a state restore, keeps the polls made since the start.
        let history = feeds.remove(id).map(|seen| seen.history).unwrap_or_default();
        feeds.insert(id.to_owned(), Seen { history, ..Seen::of(state) });
    }

    /// Records the end of a poll.
    pub fn polled(&self, id: &str, state: &FeedState) {
        let mut feeds = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = feeds.remove(id);
        if state.removed {
            return;
        }
        let news = state.changed.is_some() && before.as_ref().and_then(|before| before.changed) != state.changed;
        // A push changes the state too, but is not a poll.
        let is_poll = before.as_ref().is_none_or(|before| before.polled != state.polled);
        let mut history = before.map(|before| before.history).unwrap_or_default();
        if is_poll {
            history.push_back(match (state.failure, news) {
                (Some(_), _) => Ended::Failed,
                (None, true) => Ended::News,
                (None, false) => Ended::Well,
            });
            if history.len() > HISTORY {
                history.pop_front();
            }
        }
        feeds.insert(id.to_owned(), Seen { history, ..Seen::of(state) });
    }

    /// Gives read access to the states of all feeds.
    pub fn look<T>(&self, look: impl FnOnce(&HashMap<String, Seen>) -> T) -> T {
        look(&self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Seen {
    fn of(state: &FeedState) -> Self {
        Self {
            title: state.title.as_deref().map(|title| plain::text(title, 120)),
            polled: state.polled,
            succeeded: state.succeeded,
            changed: state.changed,
            due: state.due,
            reason: plain::text(&state.reason, 300),
            pushed: state.source == Source::Pushed,
            failures: state.failures,
            failure: state.failure,
            error: state.error.as_deref().map(|error| plain::text(error, 400)),
            moved_to: state.moved_to.as_deref().map(plain::address),
            stale: state.stale,
            pages: state.pages,
            gaps: state.gaps,
            gap: state.frequency.map(|frequency| frequency.gap).filter(|gap| *gap > 0),
            history: VecDeque::new(),
        }
    }

    /// Returns the entries per day, estimated from the feed's rhythm.
    pub fn per_day(&self) -> Option<f64> {
        self.gap.map(|gap| 86_400.0 / gap as f64)
    }

    /// Returns what a person can do about the failure.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match self.failure? {
            Failure::Unreachable => "No answer. If this lasts: is the host name right, and is the site up?",
            Failure::Unusable => {
                "The answer is no feed. Open the address in a browser; if the feed moved, add its new address and remove this one."
            }
            Failure::Missing => {
                "There is nothing at this address (404). Look for the new one with \u{201c}Add a feed\u{201d}, then remove this one."
            }
            Failure::Gone => "The site says that it is gone for good (410). Remove it, or look for its successor.",
            Failure::Blocked => {
                "The site refuses us. Ask the publisher to let this reader in; fetch.contact tells them who you are."
            }
            Failure::Throttled => {
                "The site asks for patience. It is asked less often by itself; a longer interval helps."
            }
        })
    }

    /// Returns the status of a feed that is not paused.
    pub fn status(&self) -> Status {
        match self.failure {
            Some(Failure::Blocked) => Status::Blocked,
            Some(Failure::Gone) => Status::Gone,
            Some(Failure::Throttled) => Status::Throttled,
            Some(_) if self.failures >= FAILING_AFTER => Status::Failing,
            Some(_) => Status::Faltering,
            None if self.stale => Status::Quiet,
            None if self.pages.is_degraded() => Status::Degraded,
            None => Status::Well,
        }
    }
}

/// How a feed is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Gone,
    Blocked,
    Failing,
    Throttled,
    Faltering,
    Quiet,
    Degraded,
    New,
    Well,
    Paused,
}

impl Status {
    /// Returns its name on the page and in URLs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Blocked => "blocked",
            Self::Failing => "failing",
            Self::Throttled => "throttled",
            Self::Faltering => "faltering",
            Self::Quiet => "quiet",
            Self::Degraded => "degraded",
            Self::New => "new",
            Self::Well => "well",
            Self::Paused => "paused",
        }
    }

    /// Returns whether someone should look at the feed.
    pub fn is_trouble(self) -> bool {
        self <= Self::Degraded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(seconds, 0)
    }

    #[test]
    fn each_poll_leaves_a_mark_and_no_more_than_are_shown() {
        let watch = Watch::default();
        let mut state = FeedState { polled: at(1), changed: at(1), ..FeedState::default() };
        watch.restored("f", &state);
        for n in 2..40 {
            state.polled = at(n);
            state.failure = (n == 38).then_some(Failure::Missing);
            state.changed = if n == 39 { at(39) } else { state.changed };
            watch.polled("f", &state);
            watch.polled("f", &state); // a push, for example
        }
        let (history, status) = watch.look(|feeds| (feeds["f"].history.clone(), feeds["f"].status()));
        assert_eq!((history.len(), status), (HISTORY, Status::Well));
        assert_eq!(
            history.iter().rev().take(3).copied().collect::<Vec<_>>(),
            [Ended::News, Ended::Failed, Ended::Well]
        );
        watch.polled("f", &FeedState { removed: true, ..state });
        assert!(watch.look(HashMap::is_empty));
    }
}
