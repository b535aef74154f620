//! The last part of an entry's way: from the commit stage until it is durable, with the trace and metrics of the whole
//! way.

use std::time::Instant;

use chrono::{DateTime, Utc};
use tracing::{Span, debug_span};

use crate::health::{StageName, Stats};
use crate::pipeline::message::{EntryResult, Trace, Work};
use crate::state::published::Published;

/// A piece of work in the commit stage.
#[derive(Debug)]
pub(in crate::pipeline) struct CommitTiming {
    taken: Instant,
    /// The stage's part of the trace, and the whole trace with the outcome of the work.
    part: Option<Span>,
    trace: Option<(Trace, Option<&'static str>)>,
    /// The times of a new article: published, first seen.
    news: Option<(Option<DateTime<Utc>>, DateTime<Utc>)>,
}

impl CommitTiming {
    /// Starts the passage of a piece of work, unless it is none; `published` is what its commit publishes.
    pub(in crate::pipeline) fn new(work: &Work, published: &[Published], stats: &Stats) -> Option<Self> {
        let (trace, feed) = match work {
            Work::Entry(seen, outcome) => {
                let outcome = match outcome {
                    EntryResult::Article(_) if published.is_empty() => "known",
                    EntryResult::Article(_) => "published",
                    EntryResult::Unchanged(_) | EntryResult::Reread(_) => "unchanged",
                    EntryResult::SameAs(_) => "same as another",
                    EntryResult::Blocked(_) => "blocked",
                    EntryResult::DeadLetter(_) => "dead letter",
                    EntryResult::HandedOver(..) => "handed over",
                };
                (Some((seen.trace.clone(), Some(outcome))), &seen.feed)
            }
            Work::Revisit { feed, trace, .. } => (Some((trace.clone(), Some("revisited"))), feed),
            Work::Received { feed, trace, .. } => (Some((trace.clone(), Some("received"))), feed),
            Work::Feed { feed, trace, .. } => (Some((trace.clone(), None)), feed),
            Work::Subscription { feed, .. }
            | Work::Withdraw { feed, .. }
            | Work::Readmit { feed, .. }
            | Work::MoveFeed { feed, .. } => (None, feed),
            Work::Ask { .. } | Work::Barrier(_) => return None,
        };
        let feed = &feed.config.id;
        let part = trace.as_ref().map(|(trace, _)| trace.part(debug_span!("commit", feed.id = feed)));
        let news = published.iter().find_map(|published| match published {
            Published::Article { article, .. } if article.revision == 1 => {
                Some((article.published, article.first_seen?))
            }
            _ => None,
        });
        // A feed's first reading shows its backlog, whose age says nothing.
        let news = news.filter(|_| stats.feeds.was_read(feed));
        Some(Self { taken: Instant::now(), part, trace, news })
    }

    /// Ends the passage: the work is committed.
    pub(in crate::pipeline) fn landed(self, stats: &Stats, now: DateTime<Utc>) {
        let Self { taken, part, trace, news } = self;
        drop(part); // a part ends before the whole
        let exemplar = trace.as_ref().and_then(|(trace, _)| trace.exemplar());
        stats.stages.of(StageName::Commit.name()).time(taken.elapsed(), exemplar.clone());
        if let Some((published, seen)) = news {
            stats.feeds.record_article(now);
            let seconds = |from: DateTime<Utc>, to: DateTime<Utc>| (to - from).as_seconds_f64().max(0.0);
            stats.seen_to_committed.observe(seconds(seen, now), exemplar.clone());
            if let Some(published) = published {
                stats.published_to_seen.observe(seconds(published, seen), exemplar.clone());
                stats.published_to_committed.observe(seconds(published, now), exemplar);
            }
        }
        if let Some((trace, Some(outcome))) = trace {
            trace.came_out(outcome);
        }
    }
}
