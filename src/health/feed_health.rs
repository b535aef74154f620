//! The health of one feed, in little memory: there may be a million feeds.

use std::num::NonZeroU32;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::report::FeedReport;
use super::rule_counts::FeedRules;
use super::status::FeedStatus;
use super::texts::Texts;
use crate::schedule::{Failure, UpdateFrequency};

/// A feed that has been due for this long is overdue: something keeps it from being polled.
const OVERDUE_AFTER: TimeDelta = TimeDelta::minutes(15);
/// The number of polls remembered for each feed.
pub(super) const HISTORY: u32 = 24;
/// The bits of a poll in the history.
const POLL_BITS: u32 = 2;

/// How a poll ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PollOutcome {
    /// It brought something new.
    Updated,
    /// It brought nothing new.
    Unchanged,
    /// It failed.
    Failed,
}

/// The last polls of a feed: two bits for each, those of the last one lowest. Zero stands for no poll.
#[derive(Debug, Clone, Copy, Default)]
struct PollHistory(u64);

impl PollHistory {
    fn add(&mut self, outcome: PollOutcome) {
        let bits = match outcome {
            PollOutcome::Updated => 1,
            PollOutcome::Unchanged => 2,
            PollOutcome::Failed => 3,
        };
        self.0 = (self.0 << POLL_BITS | bits) & ((1 << (HISTORY * POLL_BITS)) - 1);
    }

    /// Returns the polls, the oldest first.
    fn polls(self) -> impl Iterator<Item = PollOutcome> {
        (0..HISTORY).rev().filter_map(move |at| match self.0 >> (at * POLL_BITS) & 3 {
            1 => Some(PollOutcome::Updated),
            2 => Some(PollOutcome::Unchanged),
            3 => Some(PollOutcome::Failed),
            _ => None,
        })
    }
}

/// The health of a feed.
#[derive(Debug, Clone)]
pub struct FeedHealth {
    /// Whether it is paused in the feed list.
    pub(super) paused: bool,
    /// The state in which its last poll left it; `None` if it was never polled.
    report: Option<KeptReport>,
    /// Its last polls since the start.
    history: PollHistory,
    /// When the last poll in the history was, and when the feed had then last shown a new entry.
    last: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// A report as it is kept.
#[derive(Debug, Clone)]
struct KeptReport {
    title: Option<Box<str>>,
    polled: Option<DateTime<Utc>>,
    succeeded: Option<DateTime<Utc>>,
    changed: Option<DateTime<Utc>>,
    due: DateTime<Utc>,
    /// Few feeds have a reason of their own.
    reason: Arc<str>,
    /// The seconds between two entries, and the time of the newest.
    frequency: Option<(NonZeroU32, DateTime<Utc>)>,
    pushed: bool,
    degraded: bool,
    failure: Option<Failure>,
    /// What few feeds have.
    rare: Option<Box<Rare>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Rare {
    failures: u32,
    gaps: u32,
    error: Option<String>,
    moved_to: Option<String>,
    pages: Option<String>,
    rules: Option<Arc<FeedRules>>,
    links: Option<String>,
}

impl KeptReport {
    fn new(report: FeedReport, texts: &mut Texts) -> Self {
        let FeedReport { failures, gaps, error, moved_to, pages, rules, links, .. } = report;
        let rare = Rare { failures, gaps, error, moved_to, pages, rules, links };
        Self {
            title: report.title.map(String::into_boxed_str),
            polled: report.polled,
            succeeded: report.succeeded,
            changed: report.changed,
            due: report.due,
            reason: texts.shared(&report.reason),
            frequency: report.frequency.and_then(|frequency| {
                let gap = u32::try_from(frequency.gap).unwrap_or(u32::MAX);
                Some((NonZeroU32::new(gap)?, frequency.newest))
            }),
            pushed: report.pushed,
            degraded: report.degraded,
            failure: report.failure,
            rare: Some(rare).filter(|rare| *rare != Rare::default()).map(Box::new),
        }
    }

    fn frequency(&self) -> Option<UpdateFrequency> {
        self.frequency.map(|(gap, newest)| UpdateFrequency { gap: u64::from(gap.get()), newest })
    }
}

impl FeedHealth {
    /// Creates the health of a feed without polls since the start.
    pub(super) fn new(paused: bool, report: Option<FeedReport>, texts: &mut Texts) -> Self {
        let last = report.as_ref().map_or((None, None), |report| (report.polled, report.changed));
        let report = report.map(|report| KeptReport::new(report, texts));
        Self { paused, report, history: PollHistory::default(), last }
    }

    /// Replaces the report without a poll.
    pub(super) fn set(&mut self, paused: bool, report: Option<FeedReport>, texts: &mut Texts) {
        self.paused = paused;
        self.report = report.map(|report| KeptReport::new(report, texts));
    }

    /// Takes the report that is remembered of the feed; the history begins after it.
    pub(super) fn restore(&mut self, report: FeedReport, texts: &mut Texts) {
        self.last = (report.polled, report.changed);
        self.report = Some(KeptReport::new(report, texts));
    }

    /// Takes the report that a poll or a push left. A push is not a poll, so the history does not get it.
    pub(super) fn record(&mut self, report: FeedReport, texts: &mut Texts) {
        let (polled, changed) = self.last;
        if polled != report.polled {
            self.last = (report.polled, report.changed);
            self.history.add(match report.failure {
                Some(_) => PollOutcome::Failed,
                None if report.changed.is_some() && report.changed != changed => PollOutcome::Updated,
                None => PollOutcome::Unchanged,
            });
        }
        self.report = Some(KeptReport::new(report, texts));
    }

    /// Returns the state in which its last poll left it; `None` if it was never polled.
    pub fn report(&self) -> Option<FeedReport> {
        let kept = self.report.as_ref()?;
        let rare = kept.rare.as_deref().cloned().unwrap_or_default();
        Some(FeedReport {
            title: self.title().map(str::to_owned),
            polled: kept.polled,
            succeeded: kept.succeeded,
            changed: kept.changed,
            due: kept.due,
            reason: kept.reason.to_string(),
            pushed: kept.pushed,
            failure: kept.failure,
            failures: rare.failures,
            error: rare.error,
            moved_to: rare.moved_to,
            frequency: kept.frequency(),
            degraded: kept.degraded,
            pages: rare.pages,
            links: rare.links,
            gaps: rare.gaps,
            rules: rare.rules,
        })
    }

    /// Returns the status of the feed; `paused` says whether the feed list pauses it.
    pub fn status(&self, paused: bool, now: DateTime<Utc>) -> FeedStatus {
        #[cfg(test)]
        super::visits::visited();
        let report = self.report.as_ref();
        FeedStatus::of_parts(paused, report.map(|kept| (kept.failure, kept.frequency(), kept.degraded)), now)
    }

    /// Returns the feed's own title.
    pub fn title(&self) -> Option<&str> {
        self.report.as_ref()?.title.as_deref()
    }

    /// Returns when a poll last succeeded (UTC).
    pub fn succeeded(&self) -> Option<DateTime<Utc>> {
        self.report.as_ref()?.succeeded
    }

    /// Returns when it is polled next (UTC).
    pub fn due(&self) -> Option<DateTime<Utc>> {
        self.report.as_ref().map(|kept| kept.due)
    }

    /// Returns the seconds between two entries.
    pub fn gap(&self) -> Option<u64> {
        self.report.as_ref()?.frequency.map(|(gap, _)| u64::from(gap.get()))
    }

    /// Returns the number of polls in a row that failed.
    pub fn failures(&self) -> u32 {
        self.report.as_ref().and_then(|kept| kept.rare.as_ref()).map_or(0, |rare| rare.failures)
    }

    /// Returns what keep and block rules decided about its entries.
    pub fn rules(&self) -> Option<&Arc<FeedRules>> {
        self.report.as_ref()?.rare.as_ref()?.rules.as_ref()
    }

    /// Returns its last polls since the start, the oldest first.
    pub fn history(&self) -> impl Iterator<Item = PollOutcome> {
        self.history.polls()
    }

    /// Returns how often it shows new entries, if that is known and it is not paused.
    pub(super) fn frequency(&self) -> Option<UpdateFrequency> {
        self.report.as_ref().filter(|_| !self.paused)?.frequency()
    }

    /// Returns from when on it is overdue; `None` if it is paused or was never polled.
    pub(super) fn overdue_from(&self) -> Option<DateTime<Utc>> {
        let due = self.due().filter(|_| !self.paused)?;
        Some(due.checked_add_signed(OVERDUE_AFTER).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }
}

/// Returns how long a feed has been due that is overdue since this long.
pub(super) fn due_for(overdue: TimeDelta) -> TimeDelta {
    overdue + OVERDUE_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_takes_little_memory() {
        assert!(size_of::<FeedHealth>() <= 160, "{}", size_of::<FeedHealth>());
    }

    #[test]
    fn a_report_is_kept_whole() {
        let at = |seconds| DateTime::from_timestamp(seconds, 7);
        let report = FeedReport {
            title: Some("The Gazette".into()),
            polled: at(1),
            succeeded: at(2),
            changed: at(3),
            due: at(4).unwrap(),
            reason: "the rhythm of its entries".into(),
            pushed: true,
            failure: Some(Failure::Gone),
            failures: 3,
            error: Some("410".into()),
            moved_to: Some("https://b.example/".into()),
            frequency: Some(UpdateFrequency { gap: 60, newest: at(5).unwrap() }),
            degraded: true,
            pages: Some("1 of 5 gave no text".into()),
            links: Some("2 links to articles found, usually 30".into()),
            gaps: 2,
            rules: Some(Arc::new(FeedRules { set: 1, since: 2, ..FeedRules::default() })),
        };
        let kept = |report: &FeedReport| FeedHealth::new(false, Some(report.clone()), &mut Texts::default()).report();
        assert_eq!(kept(&report), Some(report));
        assert_eq!(kept(&FeedReport::default()), Some(FeedReport::default()));
    }
}
