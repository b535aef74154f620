//! Tells whether a page contained the text of its article.

use dateline_record::{Article, ContentSource};

/// Returns whether the article of a page has text that can be believed to be its article: neither none at all, nor the feed's own for want of
/// something better.
pub fn gave_text(article: &Article) -> bool {
    let is_stopgap = article.content_source == ContentSource::Feed && article.truncated;
    article.word_count > 0 && !is_stopgap
}
