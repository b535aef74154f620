//! The surroundings of an article on its page: navigation, sharing, related articles, sign-up forms, notices.

use std::sync::LazyLock;

use crate::html::dom::{Element, attr};
use crate::phrases::Phrases;

/// Short blocks that are boilerplate by their words.
static NOTICES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(include_str!("../data/boilerplate-texts.txt")));

/// Short blocks that announce something other than the article.
static ANNOUNCEMENTS: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(include_str!("../data/announcements.txt")));

/// Blocks longer than this are not notices, in bytes.
const MAX_NOTICE: usize = 300;
/// Blocks longer than this announce nothing, in bytes.
const MAX_ANNOUNCEMENT: usize = 100;

/// Returns whether the text of an element is invisible, or is not prose.
pub(crate) fn is_unseen(element: &Element) -> bool {
    matches!(
        &*element.name.local,
        "script"
            | "style"
            | "noscript"
            | "template"
            | "svg"
            | "math"
            | "iframe"
            | "object"
            | "select"
            | "textarea"
            | "button"
            | "input"
            | "title"
            | "audio"
            | "video"
            | "canvas"
            | "dialog"
            // How signs are pronounced, above the signs themselves.
            | "rt"
            | "rp"
    ) || attr(element, "hidden").is_some() && !is_streamed(element)
        || attr(element, "style").is_some_and(|s| s.replace(' ', "").to_ascii_lowercase().contains("display:none"))
}

/// Returns whether an element is a part of the page that React sends hidden and a script puts into its place (`<div hidden id="S:0">`).
fn is_streamed(element: &Element) -> bool {
    attr(element, "id")
        .is_some_and(|id| id.strip_prefix("S:").is_some_and(|n| n.bytes().all(|b| b.is_ascii_hexdigit())))
}

/// Returns whether tag or role mark the element as boilerplate.
pub(crate) fn is_boilerplate(element: &Element) -> bool {
    matches!(&*element.name.local, "nav" | "aside" | "footer" | "form" | "menu")
        || attr(element, "role").is_some_and(|role| {
            matches!(role, "navigation" | "complementary" | "contentinfo" | "banner" | "search" | "dialog")
        })
}

/// Returns whether a block announces other articles, comments or the author.
pub(crate) fn is_announcement(text: &str) -> bool {
    text.len() <= MAX_ANNOUNCEMENT && ANNOUNCEMENTS.matches(text)
}

/// Returns whether the element is a post embedded from a social network.
pub(crate) fn is_post(element: &Element) -> bool {
    has_word(
        element,
        &[
            "twitter-tweet",
            "twitter-video",
            "instagram-media",
            "bluesky-embed",
            "mastodon-embed",
            "tiktok-embed",
            "text-post-media",
        ],
    )
}

/// Returns whether a whole block is a notice, a label or a source line by its words.
pub(crate) fn is_notice(text: &str) -> bool {
    text.len() <= MAX_NOTICE && NOTICES.matches(text)
}

/// Returns whether the element is a caption by tag or class, also in tables and as a custom element (`<x-caption>`).
pub(crate) fn is_caption(element: &Element) -> bool {
    const NAMES: &[&str] = &[
        "caption",
        "caption-text",
        "wp-caption-text",
        "image-caption",
        "photo-caption",
        "figcaption",
        "media-caption",
    ];
    let name = &*element.name.local;
    name == "figcaption"
        || name.contains('-') && name.ends_with("caption")
        || matches!(name, "p" | "div" | "span" | "dd" | "td" | "li" | "small") && has_word(element, NAMES)
}

/// Returns whether the element inside a caption is its credit.
pub(crate) fn is_credit(element: &Element) -> bool {
    matches!(&*element.name.local, "span" | "cite" | "small" | "em" | "i" | "div" | "p" | "a")
        && attr(element, "class").is_some_and(|c| {
            c.split_ascii_whitespace().any(|w| {
                let w = w.to_ascii_lowercase();
                w.contains("credit")
                    || w.contains("copyright")
                    || w.ends_with("photographer")
                    || w.ends_with("attribution")
            })
        })
}

fn has_word(element: &Element, words: &[&str]) -> bool {
    attr(element, "class")
        .is_some_and(|c| c.split_ascii_whitespace().any(|w| words.contains(&w.to_ascii_lowercase().as_str())))
}

/// Returns whether a bold line of its own reads like a subheading: short, without a sentence's end.
pub(crate) fn is_heading_like(text: &str) -> bool {
    text.split(' ').count() <= 12 && !text.ends_with(['.', ',', ':', ';', '"', '”', '’', '…'])
}
