//! An article as the pages show it.

use chrono::{DateTime, Utc};

use super::label_filter::LabelFilter;
use crate::record::{Article, EntitySet, Quotation};

/// A committed article with its entities and quotations.
#[derive(Debug)]
pub struct StoryView {
    /// A number that increases with each article.
    pub number: u64,
    /// The article.
    pub article: Box<Article>,
    /// Its entities.
    pub entities: EntitySet,
    /// Its quotations.
    pub quotes: Vec<Quotation>,
}

impl StoryView {
    /// Returns the labels of the article's feed.
    pub(super) fn labels(&self) -> &[String] {
        self.article.feed.as_ref().map_or(&[], |feed| &feed.labels)
    }

    /// Returns whether the article's feed has these labels.
    pub(super) fn has(&self, labels: &LabelFilter) -> bool {
        labels.matches(self.labels())
    }

    /// Returns the publication time, at the latest the time first seen: no article is shown with a future time.
    pub(super) fn time(&self) -> DateTime<Utc> {
        let (published, seen) = (self.article.published, self.article.first_seen);
        match (published, seen) {
            (Some(published), Some(seen)) => published.min(seen),
            (one, other) => one.or(other).unwrap_or(DateTime::UNIX_EPOCH),
        }
    }
}

/// Returns the publisher's name as the pages show it.
pub(super) fn source_of(article: &Article) -> &str {
    let feed = article.feed.as_ref();
    let named = article.publisher.as_deref().or(feed.and_then(|feed| feed.title.as_deref()));
    named.or(feed.map(|feed| feed.id.as_str())).unwrap_or("")
}
