//! The registry of feed health: pages, API, metrics, logs and systemd's status read the same feeds here.

use std::sync::{Mutex, PoisonError, RwLock};

use chrono::{DateTime, Utc};

use super::feed_health::FeedHealth;
use super::registered::{RegisteredFeeds, hashed};
use super::report::FeedReport;
use super::tally::{HealthCounts, Tally};
use super::texts::Texts;

/// A feed to register.
#[derive(Debug)]
pub struct Registration<'a> {
    /// The feed's id.
    pub id: &'a str,
    /// Whether it is paused in the feed list.
    pub paused: bool,
    /// The state in which its last poll left it; `None` if it was never polled.
    pub report: Option<FeedReport>,
}

/// The health of the feeds that this instance polls.
#[derive(Debug, Default)]
pub struct FeedRegistry {
    inner: RwLock<Inner>,
    /// When a new article was last committed, or the first feeds were registered.
    newest_article: Mutex<Option<DateTime<Utc>>>,
}

#[derive(Debug, Default)]
struct Inner {
    feeds: RegisteredFeeds,
    tally: Tally,
    texts: Texts,
    /// The number of the last registration of the whole list.
    round: u32,
}

impl Inner {
    /// Registers a feed with this report; a registered one may keep its own.
    fn register(
        &mut self,
        id: &str,
        paused: bool,
        keeps: impl FnOnce(&FeedHealth) -> bool,
        report: impl FnOnce() -> Option<FeedReport>,
    ) {
        let hash = hashed(id);
        let Some(position) = self.feeds.position(hash) else {
            let feed = FeedHealth::new(paused, report(), &mut self.texts);
            let position = self.feeds.insert(hash, self.round, feed);
            if let Some(feed) = self.feeds.at(position) {
                self.tally.add(position, feed);
            }
            return;
        };
        let cell = &mut self.feeds.cells[position as usize];
        cell.round = self.round;
        let Some(feed) = &mut cell.feed else { return };
        if !keeps(feed) {
            self.tally.remove(position, feed);
            feed.set(paused, report(), &mut self.texts);
            self.tally.add(position, feed);
        }
    }

    /// Removes the feeds that were not registered in this round.
    fn end_round(&mut self) {
        for position in 0..self.positions() {
            if self.feeds.cells[position as usize].round != self.round
                && let Some(feed) = self.feeds.remove(position)
            {
                self.tally.remove(position, &feed);
            }
        }
    }

    fn positions(&self) -> u32 {
        u32::try_from(self.feeds.cells.len()).unwrap_or(u32::MAX)
    }
}

impl FeedRegistry {
    /// Replaces the registered feeds and their reports. Feeds that stay keep their history.
    pub fn register<'a>(&self, registrations: impl IntoIterator<Item = Registration<'a>>, now: DateTime<Utc>) {
        self.replace(now, |inner| {
            for Registration { id, paused, report } in registrations {
                inner.register(id, paused, |_| false, || report);
            }
        });
    }

    /// Replaces the registered feeds, given as ids and whether they are paused. Feeds that stay keep history and report;
    /// `report` returns that of each feed that is new, and of those that are or were paused.
    pub fn update<'a>(
        &self,
        feeds: impl IntoIterator<Item = (&'a str, bool)>,
        report: impl Fn(&str) -> Option<FeedReport>,
        now: DateTime<Utc>,
    ) {
        self.replace(now, |inner| {
            for (id, paused) in feeds {
                inner.register(id, paused, |known| !paused && !known.paused, || report(id));
            }
        });
    }

    fn replace(&self, now: DateTime<Utc>, register: impl FnOnce(&mut Inner)) {
        self.newest_article.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(now);
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.round = inner.round.wrapping_add(1);
        register(&mut inner);
        inner.end_round();
    }

    /// Records the state in which a poll or a push left a feed. Ignores feeds that are not registered.
    pub fn record(&self, id: &str, report: FeedReport) {
        self.change(id, |feed, texts| feed.record(report, texts));
    }

    /// Sets the report that is remembered of a feed; its history stays. Ignores feeds that are not registered.
    pub fn restore(&self, id: &str, report: FeedReport) {
        self.change(id, |feed, texts| feed.restore(report, texts));
    }

    /// Changes what is known of a feed, and the counts with it. Ignores feeds that are not registered.
    fn change(&self, id: &str, change: impl FnOnce(&mut FeedHealth, &mut Texts)) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let Inner { feeds, tally, texts, .. } = &mut *inner;
        let Some(position) = feeds.position(hashed(id)) else { return };
        let Some(feed) = &mut feeds.cells[position as usize].feed else { return };
        tally.remove(position, feed);
        change(feed, texts);
        tally.add(position, feed);
    }

    /// Records that a new article was committed.
    pub fn record_article(&self, now: DateTime<Utc>) {
        *self.newest_article.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// Returns whether a poll of the feed has ever succeeded, so what it shows now is new, not its backlog.
    pub fn was_read(&self, id: &str) -> bool {
        self.read(|feeds| feeds.get(id).is_some_and(|feed| feed.succeeded().is_some()))
    }

    /// Gives read access to the health of each feed.
    pub fn read<T>(&self, read: impl FnOnce(&RegisteredFeeds) -> T) -> T {
        read(&self.inner.read().unwrap_or_else(PoisonError::into_inner).feeds)
    }

    /// Returns the counts over all feeds; they are kept up to date, so this visits few feeds.
    pub fn counts(&self, now: DateTime<Utc>) -> HealthCounts {
        let mut counts = {
            let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
            let positions = 0..inner.positions();
            let Inner { feeds, tally, .. } = &mut *inner;
            tally.counts(now, |position| feeds.at(position), positions)
        };
        let newest = *self.newest_article.lock().unwrap_or_else(PoisonError::into_inner);
        counts.set_silence(newest.and_then(|newest| (now - newest).to_std().ok()).unwrap_or_default());
        counts
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::health::{FeedStatus, PollOutcome, visits};
    use crate::schedule::{Failure, UpdateFrequency};

    fn hourly(now: DateTime<Utc>, silent: TimeDelta) -> FeedReport {
        let frequency = Some(UpdateFrequency { gap: 3_600, newest: now - silent });
        FeedReport { frequency, due: now, succeeded: Some(now), ..FeedReport::default() }
    }

    fn due(now: DateTime<Utc>, minutes: i64) -> FeedReport {
        FeedReport { due: now - TimeDelta::minutes(minutes), ..FeedReport::default() }
    }

    /// Registers feeds that were never polled; the feed `paused` is paused.
    fn register(registry: &FeedRegistry, ids: &[&str], now: DateTime<Utc>) {
        registry.register(ids.iter().map(|id| Registration { id, paused: *id == "paused", report: None }), now);
    }

    #[test]
    fn feeds_are_counted_by_status() {
        let (registry, now) = (FeedRegistry::default(), Utc::now());
        register(&registry, &["a", "b", "c", "paused", "e", "f"], now);
        registry.record("a", hourly(now, TimeDelta::hours(1)));
        registry.record("b", hourly(now, TimeDelta::days(9)));
        registry.record("c", FeedReport { failure: Some(Failure::Blocked), ..due(now, 60) });
        registry.record("f", FeedReport { degraded: true, ..hourly(now, TimeDelta::hours(1)) });
        registry.record("unregistered", hourly(now, TimeDelta::hours(1)));
        let counts = registry.counts(now);
        for status in FeedStatus::ALL {
            let expected = match status {
                FeedStatus::Healthy
                | FeedStatus::Stale
                | FeedStatus::Blocked
                | FeedStatus::Paused
                | FeedStatus::Waiting
                | FeedStatus::Degraded => 1,
                _ => 0,
            };
            assert_eq!(counts.of(status), expected, "{}", status.name());
        }
        assert_eq!(counts.overdue, 1);
        assert!(registry.was_read("a") && !registry.was_read("c") && !registry.was_read("e"));
    }

    #[test]
    fn feeds_of_a_revoked_partition_leave_the_registry() {
        let (registry, now) = (FeedRegistry::default(), Utc::now());
        let overdue = || {
            let counts = registry.counts(now);
            (counts.overdue, counts.most_overdue.as_secs())
        };
        let feeds = ["ours", "later", "paused", "revoked"];
        register(&registry, &feeds, now);
        for (id, minutes) in [("ours", 20), ("later", -5), ("paused", 300), ("revoked", 90)] {
            registry.record(id, due(now, minutes));
        }
        assert_eq!(overdue(), (2, 90 * 60));
        let report = |id: &str| registry.read(|feeds| feeds.get(id)?.report());
        let kept = feeds[..3].iter().map(|id| Registration { id, paused: *id == "paused", report: report(id) });
        registry.register(kept.collect::<Vec<_>>(), now);
        assert_eq!(overdue(), (1, 20 * 60), "another instance polls the revoked feed");
        registry.record("revoked", due(now, 90));
        assert_eq!(overdue(), (1, 20 * 60), "the end of its last poll here changes nothing");
        assert!(report("revoked").is_none());
        registry.record("ours", due(now, 14));
        assert_eq!(overdue(), (0, 0));
    }

    #[test]
    fn all_feeds_together_are_quiet_when_expected_articles_do_not_come() {
        let (registry, begun) = (FeedRegistry::default(), Utc::now());
        let ids: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        let hourly = || Some(hourly(begun, TimeDelta::zero()));
        registry.register(ids.iter().map(|id| Registration { id, paused: false, report: hourly() }), begun);
        let after = |time| registry.counts(begun + time);
        assert!((after(TimeDelta::zero()).expected - 40.0 / 3_600.0).abs() < 1e-9);
        // Forty articles an hour: sixty are missing after an hour and a half.
        for (time, quiet) in [(59, false), (89, false), (91, true)] {
            assert_eq!(after(TimeDelta::minutes(time)).quiet, quiet, "{time} minutes");
        }
        registry.record_article(begun + TimeDelta::minutes(80));
        assert!(!after(TimeDelta::minutes(91)).quiet, "an article came meanwhile");
    }

    #[test]
    fn each_poll_is_remembered_once_and_only_the_last_ones() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        let (registry, now) = (FeedRegistry::default(), Utc::now());
        let mut report = FeedReport { polled: at(1), changed: at(1), ..FeedReport::default() };
        let again = |report: &FeedReport| {
            registry.register([Registration { id: "f", paused: false, report: Some(report.clone()) }], now);
        };
        again(&report);
        for n in 2..40 {
            report.polled = at(n);
            report.failure = (n == 38).then_some(Failure::Missing);
            report.changed = if n == 39 { at(39) } else { report.changed };
            again(&report); // a reload of the feed list between a poll and its commit
            registry.record("f", report.clone());
            registry.record("f", report.clone()); // a push
        }
        let history: Vec<PollOutcome> = registry.read(|feeds| feeds.get("f").unwrap().history().collect());
        assert_eq!(history.len(), 24);
        let last: Vec<PollOutcome> = history.into_iter().rev().take(3).collect();
        assert_eq!(last, [PollOutcome::Updated, PollOutcome::Failed, PollOutcome::Unchanged]);
    }

    /// The counts that a visit to every feed gives.
    fn counted(registry: &FeedRegistry, ids: &[String], now: DateTime<Utc>) -> Vec<usize> {
        let statuses: Vec<FeedStatus> = registry.read(|feeds| {
            ids.iter().filter_map(|id| Some(feeds.get(id)?.status(feeds.get(id)?.paused, now))).collect()
        });
        FeedStatus::ALL.iter().map(|of| statuses.iter().filter(|status| *status == of).count()).collect()
    }

    #[test]
    fn counts_are_kept_and_not_counted_again() {
        let (registry, begun) = (FeedRegistry::default(), Utc::now());
        let ids: Vec<String> = (0..2_000).map(|n| n.to_string()).collect();
        let report = |n: usize, now: DateTime<Utc>| FeedReport {
            frequency: (!n.is_multiple_of(3)).then(|| UpdateFrequency { gap: 600 + n as u64, newest: now }),
            failure: n.is_multiple_of(7).then_some(Failure::Unreachable),
            degraded: n.is_multiple_of(5),
            due: now + TimeDelta::minutes(i64::try_from(n).unwrap()),
            succeeded: Some(now),
            ..FeedReport::default()
        };
        let registered = |every: usize| {
            let ids = ids.iter().enumerate().filter(move |(n, _)| n % every == 0);
            ids.map(|(n, id)| (id.as_str(), n.is_multiple_of(11)))
        };
        registry.update(registered(1), |_| None, begun);
        let check = |now| {
            let kept = registry.counts(now);
            assert_eq!(FeedStatus::ALL.map(|status| kept.of(status)).to_vec(), counted(&registry, &ids, now));
            let overdue = registry.read(|feeds| {
                let due = |id: &String| Some(now - feeds.get(id).filter(|feed| !feed.paused)?.due()?);
                ids.iter().filter_map(due).filter(|due| *due > TimeDelta::minutes(15)).max()
            });
            assert_eq!(kept.most_overdue, overdue.unwrap_or_default().to_std().unwrap());
            kept
        };
        check(begun);
        for (n, id) in ids.iter().enumerate() {
            registry.record(id, report(n, begun));
        }
        let full = check(begun);
        for hours in [1, 5, 72, 74, 80, 5, 1_000] {
            check(begun + TimeDelta::hours(hours));
        }
        registry.update(registered(2), |id| Some(report(id.parse().unwrap(), begun)), begun);
        check(begun + TimeDelta::hours(75));
        registry.update(registered(1), |id| Some(report(id.parse().unwrap(), begun)), begun);
        assert_eq!(check(begun), full);
        registry.read(|feeds| {
            let mut search = feeds.search();
            let found = |id: &String| search.get(id).map(std::ptr::from_ref);
            let got = |id: &String| feeds.get(id).map(std::ptr::from_ref);
            assert_eq!(ids.iter().map(found).collect::<Vec<_>>(), ids.iter().map(got).collect::<Vec<_>>());
        });
        let later = begun + TimeDelta::minutes(30);
        assert!(visits(|| _ = registry.counts(later)) < 100, "only those that became overdue");
        let just_before = later - TimeDelta::milliseconds(1);
        assert_eq!(visits(|| assert_eq!(registry.counts(later).overdue, registry.counts(just_before).overdue)), 0);
    }
}
