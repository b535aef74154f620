//! How far a hub is trusted to push everything: polls slow down while they find nothing new that was not pushed, and
//! return to the feed's usual interval as soon as they do.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A hub that missed something is not trusted for this long.
const DOUBT: TimeDelta = TimeDelta::days(1);
/// The most doublings of the pause.
const MOST: u32 = 10;

/// How far a hub is trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HubTrust {
    /// Polls in a row by which everything new had been pushed.
    pub proven: u32,
    /// When a poll showed something new (UTC) that has not been pushed since: the hub may only be late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspected: Option<DateTime<Utc>>,
    /// The hub is not trusted before this time (UTC), because it missed something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubted_until: Option<DateTime<Utc>>,
}

/// What a poll shows of a hub.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PollEvidence {
    /// The time of the poll before (UTC).
    pub before: Option<DateTime<Utc>>,
    /// The time of this poll (UTC).
    pub at: DateTime<Utc>,
    /// Whether it showed an entry that was not known.
    pub fresh: bool,
}

impl HubTrust {
    /// Notes a push.
    pub(crate) fn pushed(&mut self) {
        self.suspected = None;
    }

    /// Returns how often the pause before the next poll is doubled.
    pub(crate) fn doublings(&self, now: DateTime<Utc>) -> u32 {
        if self.suspected.is_some() || self.is_doubted(now) { 0 } else { 1 + self.proven }
    }

    /// Returns whether the hub missed something lately.
    pub fn is_doubted(&self, now: DateTime<Utc>) -> bool {
        self.doubted_until.is_some_and(|until| until > now)
    }

    /// Judges the hub by a poll; `since` is when it could first have pushed, `pushed` when it last did. Returns true if
    /// this shows that it missed something, and it was not already distrusted.
    pub(crate) fn judge(&mut self, poll: &PollEvidence, since: DateTime<Utc>, pushed: Option<DateTime<Utc>>) -> bool {
        // The hub is not at fault for entries that came before it could push them.
        let Some(before) = poll.before.filter(|before| *before >= since) else { return false };
        if self.suspected.take().is_some() {
            let news = !self.is_doubted(poll.at);
            *self = Self { proven: 0, suspected: None, doubted_until: Some(poll.at + DOUBT) };
            return news;
        }
        if poll.fresh {
            self.proven = 0;
            // A push that came during the poll may be the very entry.
            self.suspected = Some(poll.at).filter(|at| pushed.is_none_or(|pushed| pushed < *at));
        } else if pushed.is_some_and(|pushed| pushed >= before) {
            self.proven = (self.proven + 1).min(MOST);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000 + minute * 60, 0).unwrap()
    }

    /// Plays polls (`p`, with something new `n`) and pushes (`!`), a letter every ten minutes, from a subscription at
    /// zero; returns the doublings after each poll.
    fn play(script: &str) -> Vec<u32> {
        let (mut trust, mut before, mut pushed, mut found) = (HubTrust::default(), None, None, Vec::new());
        for (minute, letter) in (0..).step_by(10).zip(script.chars()) {
            let now = at(minute);
            if letter == '!' {
                trust.pushed();
                pushed = Some(now);
                continue;
            }
            trust.judge(&PollEvidence { before, at: now, fresh: letter == 'n' }, at(0), pushed);
            before = Some(now);
            found.push(trust.doublings(now));
        }
        found
    }

    #[test]
    fn trust_grows_by_proof_and_is_lost_by_what_was_missed() {
        for (script, doublings) in [
            ("pppp", &[1, 1, 1, 1][..]),        // silence proves nothing
            ("p!p!p!pp", &[1, 2, 3, 4, 4]),     // all that was new had been pushed
            ("n!p!p", &[1, 2, 3]),              // the first poll has none before it
            ("p!pn!p!p", &[1, 2, 0, 2, 3]),     // the poll was first, the push came after it
            ("p!pnppp", &[1, 2, 0, 0, 0, 0]),   // missed: not trusted for a day
            ("p!pnp!p!p", &[1, 2, 0, 0, 0, 0]), // whatever is pushed meanwhile
            ("pn!n!n!p", &[1, 0, 0, 0, 2]),     // half of it is pushed
        ] {
            assert_eq!(play(script), doublings, "{script}");
        }
        let day: String = "p!pnp".chars().chain("!p".chars().cycle().take(2 * 76)).collect();
        assert_eq!(play(&day).last(), Some(&(1 + MOST)), "proven again meanwhile, and trusted again after a day");
        assert_eq!(play(&"p!".repeat(50)).last(), Some(&(1 + MOST)));
    }

    #[test]
    fn a_miss_is_news_once() {
        let mut trust = HubTrust { suspected: Some(at(0)), ..HubTrust::default() };
        let poll = |minute, fresh| PollEvidence { before: Some(at(minute - 10)), at: at(minute), fresh };
        assert!(trust.judge(&poll(10, false), at(0), None));
        trust.judge(&poll(20, true), at(0), None);
        assert!(!trust.judge(&poll(30, true), at(0), None));
        // What is new at the first poll after a start may have come before the start.
        let mut trust = HubTrust::default();
        assert!(!trust.judge(&poll(10, true), at(5), None));
        assert_eq!(trust.doublings(at(10)), 1);
        // The push came during the poll.
        assert!(!trust.judge(&poll(20, true), at(5), Some(at(20))));
        assert_eq!(trust.doublings(at(20)), 1);
    }
}
