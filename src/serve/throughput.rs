//! The throughput of the pipeline in the last minutes: one sample a second of the counters and queue of each stage, bounded.

use std::collections::VecDeque;
use std::sync::Mutex;

use chrono::TimeDelta;
use serde::Serialize;
use utoipa::ToSchema;

use crate::health::{QueueDepth, StageName, Stats};
use crate::telemetry::Histogram;

/// The number of samples kept, one second apart.
const SAMPLES: usize = 301;
/// The window for rates and times, in seconds.
const WINDOW: usize = 60;
/// The number of points in a chart.
const POINTS: usize = 100;
/// The number of articles whose time from seen to committed is remembered.
const WAITS: usize = 256;

/// The counters at one moment.
#[derive(Debug, Clone, Copy, Default)]
struct Sample {
    /// For each stage: its runs, and their total time in microseconds.
    stages: [(u64, u64); 4],
    /// The queues before each stage but the first.
    depths: [QueueDepth; 3],
    stories: u64,
    quotes: u64,
    in_flight: u64,
}

/// The samples of the last minutes.
#[derive(Debug, Default)]
pub(super) struct Throughput {
    samples: Mutex<VecDeque<Sample>>,
    /// Milliseconds from seen to committed.
    waits: Mutex<VecDeque<u64>>,
}

/// A stage of the pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct Stage {
    /// `poll`, `page`, `analyse` or `commit`.
    pub name: &'static str,
    /// What the stage does.
    pub does: &'static str,
    /// The queue before the stage; `null` for the first stage.
    pub queue: Option<Queue>,
    /// Items a second in the last minute.
    pub per_second: f64,
    /// The average duration in the last minute, in milliseconds; `null` if there was no item. `poll`: of a download; `commit`: of a
    /// transaction.
    pub milliseconds: Option<f64>,
    /// Items a second over the last five minutes, the oldest first.
    #[serde(skip)]
    pub rates: Vec<f64>,
    #[serde(skip)]
    pub waiting: Vec<f64>,
}

/// The queue before a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Queue {
    /// The number of items that wait.
    pub waiting: usize,
    /// The number of items that may wait.
    pub capacity: usize,
}

/// The figures of the last minute.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(super) struct ThroughputSummary {
    pub stages: Vec<Stage>,
    pub stories_per_minute: f64,
    pub quotes_per_minute: f64,
    /// Entries read and not yet committed.
    pub in_flight: u64,
    /// Milliseconds from first seen to committed, of the latest stories: the median and the 95th percentile.
    pub seen_to_committed: Option<(u64, u64)>,
    #[serde(skip)]
    pub stories: Vec<f64>,
}

/// Returns what a stage does.
fn does(stage: StageName) -> &'static str {
    match stage {
        StageName::Poll => "downloads the feeds that are due, within the limits of each host",
        StageName::Page => "downloads the pages of new articles",
        StageName::Analyse => "builds articles and extracts entities and quotations",
        StageName::Commit => "writes records and state in one transaction",
    }
}

/// Returns the number of runs and their total time in microseconds.
#[allow(clippy::cast_sign_loss)] // times are not negative
fn total(histogram: &Histogram) -> (u64, u64) {
    let (count, seconds) = histogram.total();
    (count, (seconds * 1e6) as u64)
}

impl Throughput {
    /// Records the time from first seen to committed of one article.
    pub(super) fn committed(&self, after: TimeDelta) {
        let mut waits = self.waits.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        waits.push_back(u64::try_from(after.num_milliseconds()).unwrap_or(0));
        if waits.len() > WAITS {
            waits.pop_front();
        }
    }

    /// Takes a sample; must be called once a second.
    pub(super) fn sample(&self, stats: &Stats) {
        let time_of = |stage: StageName| total(&stats.stages.of(stage.name()));
        let sample = Sample {
            stages: StageName::ALL.map(|stage| match stage {
                StageName::Poll => total(&stats.fetches.of("feed")),
                StageName::Page | StageName::Analyse => time_of(stage),
                StageName::Commit => total(&stats.commit_time),
            }),
            depths: [StageName::Page, StageName::Analyse, StageName::Commit].map(|stage| stats.queues.depth(stage)),
            stories: stats.articles.get(),
            quotes: stats.quotes.get(),
            in_flight: stats.in_flight.get(),
        };
        let mut samples = self.samples.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        samples.push_back(sample);
        if samples.len() > SAMPLES {
            samples.pop_front();
        }
    }

    /// Computes the figures from the samples.
    pub(super) fn summary(&self) -> ThroughputSummary {
        let samples: Vec<Sample> =
            self.samples.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter().copied().collect();
        let last = samples.last().copied().unwrap_or_default();
        let seconds = samples.len().saturating_sub(1).clamp(1, WINDOW);
        let before = samples.len().checked_sub(seconds + 1).map_or(last, |at| samples[at]);
        let rate = |now: u64, then: u64| now.saturating_sub(then) as f64 / seconds as f64;
        let stages = StageName::ALL.into_iter().enumerate().map(|(at, stage)| {
            let ((now, micros), (then, micros_then)) = (last.stages[at], before.stages[at]);
            let done = now.saturating_sub(then);
            let queue = at.checked_sub(1).map(|queue| {
                let QueueDepth { waiting, capacity } = last.depths[queue];
                Queue { waiting, capacity }
            });
            Stage {
                name: stage.name(),
                does: does(stage),
                queue,
                per_second: rate(now, then),
                milliseconds: (done > 0).then(|| micros.saturating_sub(micros_then) as f64 / 1_000.0 / done as f64),
                rates: rates(&samples, |sample| sample.stages[at].0),
                waiting: at.checked_sub(1).map_or_else(Vec::new, |queue| {
                    merged(
                        &samples.iter().map(|sample| sample.depths[queue].waiting as f64).collect::<Vec<_>>(),
                        f64::max,
                    )
                }),
            }
        });
        ThroughputSummary {
            stages: stages.collect(),
            stories_per_minute: last.stories.saturating_sub(before.stories) as f64,
            quotes_per_minute: last.quotes.saturating_sub(before.quotes) as f64,
            in_flight: last.in_flight,
            seen_to_committed: self.waited(),
            stories: rates(&samples, |sample| sample.stories),
        }
    }

    fn waited(&self) -> Option<(u64, u64)> {
        let waits = self.waits.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut sorted: Vec<u64> = waits.iter().copied().collect();
        sorted.sort_unstable();
        let at = |share: usize| sorted.get((sorted.len() * share / 100).min(sorted.len().saturating_sub(1))).copied();
        at(50).zip(at(95))
    }
}

/// Returns what was done in each second.
fn rates(samples: &[Sample], of: impl Fn(&Sample) -> u64) -> Vec<f64> {
    let done: Vec<f64> = samples.windows(2).map(|pair| of(&pair[1]).saturating_sub(of(&pair[0])) as f64).collect();
    let all: Vec<f64> = merged(&done, |a, b| a + b);
    let each = all.len().max(1);
    // A merged point spans several seconds.
    let seconds = samples.len().saturating_sub(1).div_ceil(each).max(1) as f64;
    all.into_iter().map(|sum| sum / seconds).collect()
}

/// Reduces the values to the number of points in a chart.
fn merged(values: &[f64], merge: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let each = values.len().div_ceil(POINTS).max(1);
    values.chunks(each).filter_map(|chunk| chunk.iter().copied().reduce(&merge)).collect()
}

/// Returns the SVG path of a chart line in a box of 100 × 24; empty if there is nothing to draw.
pub(super) fn line(values: &[f64]) -> String {
    use std::fmt::Write;
    let most = values.iter().copied().fold(0.0, f64::max).max(1e-9);
    let mut path = String::new();
    for (at, value) in values.iter().enumerate() {
        let x = at as f64 * 100.0 / (values.len().max(2) - 1) as f64;
        let y = 23.0 - value / most * 22.0;
        let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_times_are_of_the_last_minute() {
        let (throughput, stats) = (Throughput::default(), Stats::default());
        assert_eq!(throughput.summary().stages.len(), 4);
        for second in 0..400_u64 {
            throughput.sample(&stats);
            stats.articles.inc_by(if second < 200 { 100 } else { 2 });
            stats.stages.of(StageName::Page.name()).time(std::time::Duration::from_millis(30), None);
        }
        let summary = throughput.summary();
        assert!((summary.stories_per_minute - 120.0).abs() < 1e-6, "{}", summary.stories_per_minute);
        let pages = &summary.stages[1];
        assert!((pages.per_second - 1.0).abs() < 1e-6 && (pages.milliseconds.unwrap() - 30.0).abs() < 1e-6);
        assert_eq!((pages.rates.len(), summary.stages[0].milliseconds), (POINTS, None));
        assert!((pages.rates[50] - 1.0).abs() < 1e-6, "{:?}", pages.rates);
    }

    #[test]
    fn waits_are_given_by_percentile() {
        let throughput = Throughput::default();
        assert_eq!(throughput.summary().seen_to_committed, None);
        (0..1_000).for_each(|n| throughput.committed(TimeDelta::milliseconds(n)));
        assert_eq!(throughput.summary().seen_to_committed, Some((872, 987)));
        throughput.committed(TimeDelta::milliseconds(-5));
    }

    #[test]
    fn a_chart_stays_within_its_frame() {
        assert_eq!(line(&[0.0, 2.0, 1.0]), "M0.0 23.0L50.0 1.0L100.0 12.0");
        assert_eq!((line(&[]), line(&[0.0])), (String::new(), "M0.0 23.0".to_owned()));
    }
}
