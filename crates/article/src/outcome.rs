//! Tells whether a page contained the text of its article.

use dateline_record::{Article, ContentSource};

/// Returns whether the article of a page has a plausible text from the page, not an empty one, nor that of the feed for lack of
/// a better one.
pub fn gave_text(article: &Article) -> bool {
    let is_stopgap = article.content_source == ContentSource::Feed && article.truncated;
    article.word_count > 0 && !is_stopgap
}
