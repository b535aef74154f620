//! A story as the pages show it.

use chrono::{DateTime, Utc};

use crate::record::{Article, EntitySet, Quotation};

/// A story as it was committed.
#[derive(Debug)]
pub struct Shown {
    /// Counts up.
    pub number: u64,
    /// The article.
    pub article: Box<Article>,
    /// Its entities.
    pub entities: EntitySet,
    /// Its quotations.
    pub quotes: Vec<Quotation>,
}

impl Shown {
    /// When it was published, as far as that can be: no story is shown before its time.
    pub(super) fn time(&self) -> DateTime<Utc> {
        let (published, seen) = (self.article.published, self.article.first_seen);
        match (published, seen) {
            (Some(published), Some(seen)) => published.min(seen),
            (one, other) => one.or(other).unwrap_or(DateTime::UNIX_EPOCH),
        }
    }
}

/// Who publishes a story, as the pages name it.
pub(super) fn source_of(article: &Article) -> &str {
    let feed = article.feed.as_ref();
    let named = article.publisher.as_deref().or(feed.and_then(|feed| feed.title.as_deref()));
    named.or(feed.map(|feed| feed.id.as_str())).unwrap_or("")
}
