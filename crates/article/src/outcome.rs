//! Whether a page gave the text of its story.

use dateline_record::{Article, ContentSource};

/// Whether the article of a page has text that can be believed to be its story: neither none at all, nor the feed's own for want of
/// something better.
pub fn gave_text(article: &Article) -> bool {
    let is_stopgap = article.content_source == ContentSource::Feed && article.truncated;
    article.word_count > 0 && !is_stopgap
}
