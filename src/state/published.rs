//! What was published, for observers.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::feed::FeedState;
use crate::health::{RuleDecision, Stats};
use crate::record::{Article, DeadLetter, EntitySet, FeedEvent, Quotation, is_same_label};

/// Receives everything that was committed, in order. A slow observer slows the commits.
pub type Observer = Arc<dyn Fn(&Published) + Send + Sync>;

/// What a batch published, for observers.
#[derive(Debug, Clone)]
pub enum Published {
    /// A new revision of an article.
    Article {
        /// The article.
        article: Box<Article>,
        /// Its entities.
        entities: EntitySet,
        /// Its quotations.
        quotes: Vec<Quotation>,
    },
    /// Something that could not be processed.
    Dead(Box<DeadLetter>),
    /// An event of a feed.
    Event(Box<FeedEvent>),
    /// The end of a poll: the feed's id and state.
    Polled(String, Box<FeedState>),
    /// A decision of a keep or block rule about an entry.
    Decided(Box<DecidedEntry>),
}

/// An entry that a keep or block rule decided about.
#[derive(Debug, Clone)]
pub struct DecidedEntry {
    /// Its feed's id.
    pub feed: String,
    /// The decision.
    pub decision: RuleDecision,
    /// When it was made (UTC).
    pub at: DateTime<Utc>,
    /// The title of a blocked entry.
    pub title: Option<String>,
    /// The link of a blocked entry.
    pub link: Option<String>,
}

impl Published {
    /// Counts it for each of these labels that its feed has.
    pub(crate) fn count_labels(&self, stats: &Stats, labels: &[String]) {
        let of_feed = match self {
            Self::Article { article, .. } => article.feed.as_ref().map(|feed| &feed.labels),
            Self::Dead(dead) => dead.feed.as_ref().map(|feed| &feed.labels),
            Self::Event(_) | Self::Polled(..) | Self::Decided(_) => None,
        };
        let has = |wanted: &&String| of_feed.is_some_and(|of| of.iter().any(|label| is_same_label(label, wanted)));
        for label in labels.iter().filter(has) {
            match self {
                Self::Article { quotes, .. } => {
                    stats.label_articles.of(label).inc();
                    stats.label_quotes.of(label).inc_by(quotes.len() as u64);
                }
                _ => drop(stats.label_dead_letters.of(label).inc()),
            }
        }
    }

    /// Counts it, and notes what it says of a feed.
    pub(crate) fn count(&self, stats: &Stats) {
        match self {
            Self::Article { article, entities, quotes } => {
                stats.articles.inc();
                if article.duplicate_of.is_some() {
                    stats.duplicates.inc();
                }
                stats.entities.inc_by(entities.entities.len() as u64);
                stats.quotes.inc_by(quotes.len() as u64);
            }
            Self::Dead(_) => drop(stats.dead_letters.inc()),
            Self::Event(_) => drop(stats.events.inc()),
            Self::Decided(decided) => {
                let DecidedEntry { decision, at, .. } = &**decided;
                stats.rules.count(decision, *at);
                stats.rule_decisions.of(if decision.is_kept { "kept" } else { "blocked" }).inc();
            }
            Self::Polled(id, state) => {
                if let Some(report) = state.report() {
                    stats.feeds.record(id, report);
                }
            }
        }
    }
}
