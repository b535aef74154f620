//! The last leg of a story: from when the commit stage takes it up to when it is durable, with what is told of the whole way.

use std::time::{Instant, SystemTime};

use chrono::{DateTime, Utc};

use super::batches::Published;
use super::stats::Stats;
use super::work::{Outcome, Trace, Work};

/// A piece of work in the commit stage.
#[derive(Debug)]
pub(super) struct Passage {
    trace: Option<Trace>,
    taken: (Instant, SystemTime),
    /// What it is, as spans name it, and what came of it.
    whole: Option<(&'static str, &'static str)>,
    feed: String,
    /// The times of a new story: published, first seen.
    news: Option<(Option<DateTime<Utc>>, DateTime<Utc>)>,
}

impl Passage {
    /// Taken up; `published` is what is to be committed of it.
    pub(super) fn new(work: &Work, published: &[Published], stats: &Stats) -> Self {
        let (trace, whole, feed) = match work {
            Work::Entry(seen, outcome) => {
                let outcome = match outcome {
                    Outcome::Story(_) if published.is_empty() => "known",
                    Outcome::Story(_) => "published",
                    Outcome::Unchanged(_) | Outcome::Reread(_) => "unchanged",
                    Outcome::SameAs(_) => "same as another",
                    Outcome::Dead(_) => "dead letter",
                };
                (Some(seen.trace), Some(("story", outcome)), &seen.feed)
            }
            Work::Look { feed, trace, .. } => (Some(*trace), Some(("look", "looked at")), feed),
            Work::Poll { feed, trace, .. } => (Some(*trace), None, feed),
            Work::Subscription { feed, .. } => (None, None, feed),
        };
        let feed = feed.config.id.clone();
        let news = published.iter().find_map(|published| match published {
            Published::Story { article, .. } if article.revision == 1 => Some((article.published, article.first_seen?)),
            _ => None,
        });
        // What a feed shows when it is first read is its stock: its age says nothing.
        let news = news.filter(|_| stats.roll.was_read(&feed));
        Self { trace, taken: (Instant::now(), SystemTime::now()), whole, feed, news }
    }

    /// It is committed.
    pub(super) fn landed(self, stats: &Stats, now: DateTime<Utc>) {
        let Self { trace, taken, whole, feed, news } = self;
        let id = trace.map(Trace::id);
        stats.stages.of("commit").time(taken.0.elapsed(), id.clone());
        if let Some((published, seen)) = news {
            stats.roll.story(now);
            let seconds = |from: DateTime<Utc>, to: DateTime<Utc>| (to - from).as_seconds_f64().max(0.0);
            stats.seen_to_committed.observe(seconds(seen, now), id.clone());
            if let Some(published) = published {
                stats.published_to_seen.observe(seconds(published, seen), id.clone());
                stats.published_to_committed.observe(seconds(published, now), id);
            }
        }
        let Some(trace) = trace else { return };
        stats.tracer.record(|| trace.part("commit", taken.1));
        if let Some((name, outcome)) = whole {
            stats.tracer.record(|| trace.whole(name).with("feed.id", feed).with("outcome", outcome));
        }
    }
}
