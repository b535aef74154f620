//! Decides whether a page shows the whole article.
//!
//! Many sites declare that an article is not free but serve it whole, to all readers or to crawlers. So a declaration
//! alone does not prove it: the text must show that it was cut, or the page must show where.

#![allow(clippy::cast_precision_loss, reason = "a share of two counts")]

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use dateline_record::BlockKind;
use dom_query::{Document, Matcher};
use regex::Regex;

use super::blocks::TextBlock;
use super::walls;
use crate::fingerprint::word_count;
use crate::metadata::jsonld::{Stated, is_yes};
use crate::metadata::meta::Statements;

/// An article that is not free to read and has fewer words than this is its beginning.
const TEASER: u32 = 250;
/// A wall after a text of more words than this stands there for scripts to show.
const LONG: u32 = 1_000;
/// Fewer words in the paid part are a message to the reader, not the part itself.
const LEAST_PAID: usize = 40;
/// The maximum number of selectors of paid parts, the most elements of each, and the longest selector in bytes.
const MAX_SELECTORS: usize = 8;
const MAX_ELEMENTS: usize = 20;
const MAX_SELECTOR: usize = 100;

/// What a page shows around the text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Around {
    /// Whether a wall follows the text, or was within it.
    pub has_wall: bool,
    /// Whether the page contains the part that it reserves for subscribers; `None` if it names no such part.
    pub has_paid_part: Option<bool>,
}

/// Returns whether the page states, or its text shows, that the text is incomplete.
pub(crate) fn is_truncated(said: &Statements, parts: &[TextBlock], words: u32, around: Around) -> bool {
    let counted = said.stated.number("wordCount").filter(|words| *words >= 100.0);
    let body = said.stated.text("articleBody").map(word_count).filter(|words| *words >= 100).map(|words| words as f64);
    // Sites count captions and more as words.
    let is_far = [counted, body].into_iter().flatten().any(|stated| f64::from(words) < stated * 0.6);
    let last = parts.iter().rev().find(|p| !matches!(p.kind, BlockKind::Caption | BlockKind::Headline));
    if words == 0 || is_far || last.is_some_and(|p| breaks_off(&p.text)) {
        return true;
    }
    // What JSON-LD holds may be cut like the text itself; a number is of the whole.
    let is_reached = counted.is_some_and(|stated| f64::from(words) >= stated * 0.9);
    let is_cut = match is_restricted(said) {
        Some(true) if around.has_paid_part == Some(true) => around.has_wall && words < TEASER,
        Some(true) => around.has_wall || words < TEASER,
        None => around.has_wall,
        Some(false) => false,
    };
    is_cut && !is_reached && words < LONG
}

/// Returns whether the page states that not everyone may read the article.
fn is_restricted(said: &Statements) -> Option<bool> {
    const TIERS: &[&str] = &["article:content_tier", "content_tier", "article:access", "content-access", "access"];
    const RESTRICTED: &[&str] = &[
        "locked",
        "metered",
        "paid",
        "premium",
        "plus",
        "subscription",
        "subscriber",
        "subscribers",
        "member",
        "members",
        "registered",
        "restricted",
    ];
    let tier = said.meta(TIERS).map(str::to_ascii_lowercase);
    let by_tier = tier.and_then(|tier| match tier.as_str() {
        tier if RESTRICTED.contains(&tier) => Some(true),
        "free" | "open" | "public" => Some(false),
        _ => None,
    });
    let by_flag = || said.stated.is_free().or_else(|| is_yes(said.meta(&["isaccessibleforfree"])?)).map(|free| !free);
    by_tier.filter(|restricted| *restricted).or_else(by_flag).or(by_tier)
}

/// Returns whether the page holds the elements that JSON-LD's `hasPart` reserves for subscribers, with more than a message in them.
pub(crate) fn paid_part(page: &Document, stated: &Stated) -> Option<bool> {
    let mut held = None;
    for selector in stated.paid_parts().take(MAX_SELECTORS) {
        // Names of elements, classes, ids and attributes; what asks for more work does not name a part.
        let is_plain = selector.len() <= MAX_SELECTOR
            && selector.chars().all(|c| c.is_ascii_alphanumeric() || " .#-_[]=\"'>,".contains(c));
        let Some(matcher) = Matcher::new(selector).ok().filter(|_| is_plain) else { continue };
        let elements = page.select_matcher(&matcher);
        let words = |text: &str| if walls::is_wall_text(text) { 0 } else { word_count(text) };
        let found: usize = elements.nodes().iter().take(MAX_ELEMENTS).map(|node| words(&node.text())).sum();
        held = Some(held.unwrap_or(false) || found >= LEAST_PAID);
    }
    held
}

/// Returns whether a last paragraph breaks off, or asks to continue elsewhere.
fn breaks_off(text: &str) -> bool {
    static END: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)(?:\[(?:…|\.\.\.)\]|\w ?(?:…|\.\.\.)|(?:to (?:continue|keep) reading|to read (?:more|the (?:full|rest|whole)|this)|(?:read|view) the (?:full|whole) (?:story|article)|continue reading)\b.{0,80})\W*$",
        )
        .expect("a fixed pattern")
    });
    // Each match has one of these. The pattern itself is slow: each text leads it to new states.
    static SIGNS: LazyLock<AhoCorasick> = LazyLock::new(|| {
        let signs = ["…", "...", "read", "view the"];
        AhoCorasick::builder().ascii_case_insensitive(true).build(signs).expect("a few words")
    });
    let tail = &text[text.ceil_char_boundary(text.len().saturating_sub(200))..];
    // A quotation may end with dots.
    walls::ends_story(text)
        || SIGNS.is_match(tail) && END.is_match(tail) && !text.trim_end().ends_with(['"', '”', '’', '»'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_breaks_off_is_reported() {
        for (text, broken) in [
            ("The ministers met and …", true),
            ("The ministers met [...]", true),
            ("Subscribe to continue reading.", true),
            ("Jetzt mit Plus weiterlesen", true),
            ("この記事は会員限定です。", true),
            ("“And then …”", false),
            ("The ministers met.", false),
        ] {
            assert_eq!(breaks_off(text), broken, "{text}");
        }
    }

    const PARAGRAPH: &str = "The council of the harbour town voted on Monday to raise the sea wall by a metre, after two floods in one \
                             winter closed the shops on the quay for weeks.";

    fn is_cut(head: &str, stated: &str, paragraphs: usize, behind: &str) -> bool {
        let text: String = (0..paragraphs).map(|n| format!("<p>{n}. {PARAGRAPH}</p>")).collect();
        let html = format!(
            "<title>Town raises its wall</title>{head}<script type='application/ld+json'>{{\"@type\":\"NewsArticle\"{stated}}}</script>\
             <article><h1>Town raises its wall</h1><div class=premium>{text}</div>{behind}</article>"
        );
        crate::from_page(&html, None, None, None, &crate::SiteContext::default()).truncated
    }

    #[test]
    fn a_statement_alone_does_not_make_an_article_truncated() {
        let wall = "<p>Subscribe to continue reading</p>";
        let part = |class: &str| {
            format!(
                r#","isAccessibleForFree":"False","hasPart":{{"@type":"WebPageElement","isAccessibleForFree":false,"cssSelector":".{class}"}}"#
            )
        };
        let (served, missing) = (part("premium"), part("locked"));
        let locked = "<meta property='article:content_tier' content='locked'>";
        for (head, stated, paragraphs, behind, cut) in [
            ("", r#","isAccessibleForFree":false"#, 3, "", true),
            ("", r#","isAccessibleForFree":"http://schema.org/False""#, 3, "", true),
            ("", r#","isAccessibleForFree":false"#, 20, "", false),
            ("", r#","isAccessibleForFree":false"#, 20, wall, true),
            ("", r#","isAccessibleForFree":false,"wordCount":"600""#, 20, wall, false),
            ("", r#","isAccessibleForFree":true"#, 3, "", false),
            ("", r#","isAccessibleForFree":true"#, 20, wall, false),
            ("", "", 20, wall, true),
            ("", "", 3, "", false),
            ("", r#","wordCount":600"#, 3, "", true),
            ("", &served, 3, "", false),
            ("", &served, 3, wall, true),
            ("", &missing, 3, "", true),
            ("", &missing, 40, "", false),
            (locked, "", 3, "", true),
            (locked, "", 40, "", false),
            ("<meta itemprop=isAccessibleForFree content=false>", "", 3, "", true),
            ("<meta property='article:content_tier' content=free>", "", 3, "", false),
        ] {
            assert_eq!(is_cut(head, stated, paragraphs, behind), cut, "{head} {stated} {paragraphs} {behind}");
        }
        assert!(is_cut("", "", 0, ""), "nothing was found");
    }
}
