//! Decides whether two articles with one id are the same article.

use std::collections::HashSet;

use dateline_record::{Article, BlockKind};
use unicode_segmentation::UnicodeSegmentation;

/// Words of a text that are compared: its beginning says what it is about.
const LEAD: usize = 150;
/// Shorter words (ASCII) are of any text.
const SHORT: usize = 4;
/// Texts with fewer words cannot be distinguished.
const FEWEST: usize = 3;
/// One word in so many is shared by forms of one article.
const SHARE: usize = 3;

/// Returns whether the new article and the last revision under the same id are different articles: title, text and date differ, as far as both
/// have them, and so do most words. Missing values prove nothing.
pub fn is_another(last: &Article, new: &Article) -> bool {
    let (mut same, mut differ) = (0, 0);
    let mut compare = |is_same: Option<bool>| match is_same {
        Some(true) => same += 1,
        Some(false) => differ += 1,
        None => {}
    };
    compare(last.headline.as_ref().zip(new.headline.as_ref()).map(|(last, new)| last == new));
    compare(last.published.zip(new.published).map(|(last, new)| last == new));
    let (before, now) = (body(last), body(new));
    compare((!before.is_empty() && !now.is_empty()).then(|| before == now));
    if same > 0 || differ < 2 {
        return false;
    }
    match resembles(&last.text, &new.text) {
        Some(resembles) => !resembles,
        None => differ == 3,
    }
}

/// Returns whether the texts, or most of their words, are the same; if one has no text, whether the titles are the same.
pub fn is_same(last: &Article, new: &Article) -> bool {
    let (before, now) = (body(last), body(new));
    if before.is_empty() || now.is_empty() {
        return last.headline.is_some() && last.headline == new.headline;
    }
    before == now || resembles(&before, &now) == Some(true)
}

/// Returns whether the texts share so many words that they are versions of one article; `None` if one is too short to tell.
pub fn resembles(one: &str, other: &str) -> Option<bool> {
    let (one, other) = (words(one), words(other));
    let (fewer, shared) = (one.len().min(other.len()), one.intersection(&other).count());
    let is_like = shared > 0 && shared * SHARE >= fewer;
    (is_like || fewer >= FEWEST).then_some(is_like)
}

/// Returns the telling words at the beginning of a text; pairs of signs where a word is one sign, as in Chinese.
fn words(text: &str) -> HashSet<String> {
    let is_sign = |word: &str| !word.is_ascii() && word.chars().nth(1).is_none();
    let all: Vec<&str> = text.split_whitespace().flat_map(str::unicode_words).take(LEAD).collect();
    let pairs = all.windows(2).filter(|pair| pair.iter().all(|word| is_sign(word))).map(<[&str]>::concat);
    let words = all.iter().filter(|word| if word.is_ascii() { word.len() >= SHORT } else { !is_sign(word) });
    words.map(|word| word.to_lowercase()).chain(pairs).collect()
}

fn body(article: &Article) -> String {
    let parts = article.parts().into_iter().filter(|(block, _)| block.kind != BlockKind::Headline);
    parts.map(|(_, text)| text).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::from_entry;
    use dateline_feed::{Entry, Feed};

    fn article(title: &str, text: &str, day: i64) -> Article {
        let entry = Entry {
            title: Some(title.into()).filter(|_| !title.is_empty()),
            summary: Some(text.into()),
            published: DateTime::from_timestamp(day * 86_400, 0).filter(|_| day > 0),
            ..Entry::default()
        };
        from_entry(&entry, &Feed::default(), "f")
    }

    const FERRY: &str = "The ferry to the outer isles stays in harbour until the broken crankshaft is replaced.";
    const BAKER: &str =
        "A bakery on Mill Lane sold its last loaf after ninety years, and neighbours queued since dawn.";

    #[test]
    fn title_text_and_date_together_say_that_it_is_another_article() {
        for (last, new, is) in [
            (article("Ferry waits", FERRY, 1), article("Baker closes", BAKER, 2), true),
            (article("Ferry waits", FERRY, 1), article("Ferry waits", BAKER, 2), false),
            (article("Ferry waits", FERRY, 1), article("Baker closes", FERRY, 2), false),
            (article("Ferry waits", FERRY, 1), article("Baker closes", BAKER, 1), false),
            // Without dates, title and text say it.
            (article("Ferry waits", FERRY, 0), article("Baker closes", BAKER, 0), true),
            (article("", FERRY, 1), article("", BAKER, 2), true),
            // An article that continues keeps its words.
            (
                article("Ferry waits", FERRY, 1),
                article(
                    "Crankshaft arrives",
                    "The crankshaft is here: the ferry to the outer isles leaves its harbour on Friday.",
                    2,
                ),
                false,
            ),
        ] {
            assert_eq!(is_another(&last, &new), is, "{:?} {:?}", last.text, new.text);
        }
    }

    #[test]
    fn a_few_words_prove_nothing() {
        assert_eq!(resembles("Weather", "Traffic"), None);
        assert_eq!(resembles("Bridge closed", "Bridge opens"), Some(true));
        assert_eq!(resembles(FERRY, "The ferry waits in harbour"), Some(true));
        assert_eq!(resembles(FERRY, BAKER), Some(false));
    }
}
