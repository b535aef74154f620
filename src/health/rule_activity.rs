//! What the keep and block rules decided, over all feeds of this instance, and which rules have decided about nothing
//! for long.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::rule_counts::{FeedRules, NO_KEEP_RULE, RuleDecision};

/// The activity of all rules.
#[derive(Debug, Default)]
pub struct RuleActivity(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Hash of all rules.
    set: u64,
    /// Since when the first rules have been there, as far as the feeds' states say.
    since: DateTime<Utc>,
    unmatched_after: Duration,
    rules: HashMap<Arc<str>, Activity>,
    /// Entries blocked because no keep rule matched.
    no_keep_rule: Activity,
    /// The rules that apply to feeds of this instance; `None` if all may.
    applied: Option<HashSet<Arc<str>>>,
    is_loaded: bool,
}

/// The activity of one rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Activity {
    /// Entries kept since the start.
    pub kept: u64,
    /// Entries blocked since the start.
    pub blocked: u64,
    /// When it last decided about an entry (UTC), earlier runs included.
    pub last: Option<DateTime<Utc>>,
    /// When it was added by a reload (UTC); `None` if it has been there from the start.
    added: Option<DateTime<Utc>>,
    /// Whether it has decided about nothing for too long.
    pub is_unmatched: bool,
}

impl RuleActivity {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the names of all rules, with a hash of the rules. What is known of rules that stay is kept.
    pub fn load(&self, set: u64, names: impl IntoIterator<Item = Arc<str>>, after: Duration, now: DateTime<Utc>) {
        let mut inner = self.lock();
        let added = inner.is_loaded.then_some(now);
        if !inner.is_loaded {
            (inner.since, inner.is_loaded) = (now, true);
        }
        (inner.set, inner.unmatched_after) = (set, after);
        let mut before = std::mem::take(&mut inner.rules);
        let with_activity = |name: Arc<str>| {
            let activity = before.remove(&name).unwrap_or(Activity { added, ..Activity::default() });
            (name, activity)
        };
        inner.rules = names.into_iter().map(with_activity).collect();
    }

    /// Takes the names of the rules that apply to feeds of this instance; `None` if all may. No other is reported.
    pub fn set_applied(&self, applied: Option<HashSet<Arc<str>>>) {
        self.lock().applied = applied;
    }

    /// Takes what the state of a feed says of the rules.
    pub fn restore(&self, feed: &FeedRules) {
        let mut inner = self.lock();
        if feed.set == inner.set
            && let Some(since) = DateTime::from_timestamp(feed.since, 0)
        {
            inner.since = inner.since.min(since);
        }
        for (name, count) in &feed.rules {
            let last = DateTime::from_timestamp(count.last, 0);
            if let Some(activity) = inner.of(name) {
                activity.last = activity.last.max(last);
            }
        }
    }

    /// Counts a decision.
    pub fn count(&self, decision: &RuleDecision, now: DateTime<Utc>) {
        if let Some(activity) = self.lock().of(decision.name()) {
            *(if decision.is_kept { &mut activity.kept } else { &mut activity.blocked }) += 1;
            activity.last = activity.last.max(Some(now));
        }
    }

    /// Returns the activity of a rule.
    pub fn of(&self, name: &str, now: DateTime<Utc>) -> Activity {
        let mut inner = self.lock();
        let activity = inner.of(name).copied().unwrap_or_default();
        Activity { is_unmatched: name != NO_KEEP_RULE && inner.is_unmatched(name, &activity, now), ..activity }
    }

    /// Returns the number of rules, and the names of those that have decided about nothing for too long, in order.
    pub fn unmatched(&self, now: DateTime<Utc>) -> (usize, Vec<Arc<str>>) {
        let inner = self.lock();
        let unmatched = inner.rules.iter().filter(|(name, activity)| inner.is_unmatched(name, activity, now));
        let mut names: Vec<Arc<str>> = unmatched.map(|(name, _)| Arc::clone(name)).collect();
        names.sort_unstable();
        (inner.rules.len(), names)
    }

    /// Returns after how long without a decision a rule is reported.
    pub fn unmatched_after(&self) -> Duration {
        self.lock().unmatched_after
    }
}

impl Inner {
    fn of(&mut self, name: &str) -> Option<&mut Activity> {
        if name == NO_KEEP_RULE { Some(&mut self.no_keep_rule) } else { self.rules.get_mut(name) }
    }

    fn is_unmatched(&self, name: &str, activity: &Activity, now: DateTime<Utc>) -> bool {
        if self.applied.as_ref().is_some_and(|applied| !applied.contains(name)) {
            return false;
        }
        let since = activity.last.max(Some(activity.added.unwrap_or(self.since))).unwrap_or(now);
        (now - since).to_std().is_ok_and(|silent| silent > self.unmatched_after)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_rule_without_decisions_is_reported_after_a_while() {
        let (activity, start) = (RuleActivity::default(), DateTime::from_timestamp(1_750_000_000, 0).unwrap());
        let days = |days: i64| start + TimeDelta::days(days);
        let after = Duration::from_secs(30 * 86_400);
        let names = |names: &[&str]| names.iter().map(|name| Arc::from(*name)).collect::<Vec<Arc<str>>>();
        let unmatched = |day: i64| activity.unmatched(days(day)).1.iter().map(ToString::to_string).collect::<Vec<_>>();
        activity.load(1, names(&["a", "b"]), after, start);
        assert_eq!(unmatched(30), [""; 0]);
        assert_eq!(unmatched(31), ["a", "b"]);
        activity.count(&RuleDecision { rule: Some("a".into()), is_kept: false }, days(5));
        assert_eq!(unmatched(31), ["b"]);
        // A rule that a reload adds has its own time, the others keep theirs.
        activity.load(2, names(&["a", "b", "c"]), after, days(20));
        assert_eq!(unmatched(31), ["b"]);
        assert_eq!(unmatched(51), ["a", "b", "c"]);
        assert!(activity.of("b", days(31)).is_unmatched && !activity.of("c", days(31)).is_unmatched);
        assert_eq!(activity.of("a", days(31)).blocked, 1);
        // After a restart, the states of the feeds say how long the rules have been the same, and when each decided.
        let again = RuleActivity::default();
        again.load(2, names(&["a", "b"]), after, days(40));
        assert_eq!(again.unmatched(days(41)).1.len(), 0);
        let mut state = FeedRules { set: 2, since: start.timestamp(), ..FeedRules::default() };
        state.add(2, &[RuleDecision { rule: Some("a".into()), is_kept: false }], days(35).timestamp());
        again.restore(&state);
        assert_eq!(again.unmatched(days(41)).1, names(&["b"]));
        // Of a rule for feeds of other instances, nothing is known here.
        again.set_applied(Some(names(&["a"]).into_iter().collect()));
        assert_eq!(again.unmatched(days(41)).1.len(), 0);
    }
}
