//! What stands around a story on its page: navigation, sharing, related stories, sign-ups, notices.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::dom::{Element, attr};
use super::phrases::{Phrases, lines};
use super::walls;

/// Words of class names and ids: whole words, and starts of words.
pub struct ClassWords {
    words: HashSet<&'static str>,
    starts: Vec<&'static str>,
}

impl ClassWords {
    /// From a list: words, and starts of words with `*` behind.
    pub fn new(list: &'static str) -> Self {
        let (starts, words) = lines(list).partition::<Vec<&str>, _>(|w| w.ends_with('*'));
        let starts = starts.into_iter().map(|w| w.trim_end_matches('*')).collect();
        Self { words: words.into_iter().collect(), starts }
    }
}

/// Words that mark what stands around a story.
static FURNITURE: LazyLock<ClassWords> = LazyLock::new(|| ClassWords::new(include_str!("data/furniture-classes.txt")));

/// Words that mark what is never part of one.
pub static BOILERPLATE: LazyLock<ClassWords> =
    LazyLock::new(|| ClassWords::new(include_str!("data/boilerplate-classes.txt")));

/// Whole short blocks that are furniture by their words.
static NOTICES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(include_str!("data/furniture-texts.txt")));

/// Whole short blocks that announce what is not the story.
static ANNOUNCEMENTS: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(include_str!("data/announcements.txt")));

/// Blocks longer than this are no notices, in bytes.
const MAX_NOTICE: usize = 300;
/// Blocks longer than this announce nothing, in bytes.
const MAX_ANNOUNCEMENT: usize = 100;

/// Elements whose text readers do not see, or that are no text.
pub fn is_unseen(element: &Element) -> bool {
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
    ) || attr(element, "hidden").is_some()
        || attr(element, "style").is_some_and(|s| s.replace(' ', "").to_ascii_lowercase().contains("display:none"))
}

/// Whether tag, role, class or id mark the element as furniture. It is a suspicion: where most of the story stands inside, it is wrong.
pub fn is_furniture(element: &Element) -> bool {
    match &*element.name.local {
        "nav" | "aside" | "footer" | "form" | "menu" => return true,
        "html" | "body" | "main" | "article" | "p" | "h1" => return false,
        _ => {}
    }
    if attr(element, "role")
        .is_some_and(|r| matches!(r, "navigation" | "complementary" | "contentinfo" | "banner" | "search" | "dialog"))
    {
        return true;
    }
    has_mark(element, &FURNITURE) || walls::is_wall(element)
}

/// Whether the element's class or id has one of these words. What a story is filed under (`tag-cookies`) says nothing of the
/// element.
pub fn has_mark(element: &Element, marks: &ClassWords) -> bool {
    [attr(element, "class"), attr(element, "id")]
        .into_iter()
        .flatten()
        .filter(|names| names.len() < 500)
        .flat_map(str::split_ascii_whitespace)
        .filter(|name| !["tag-", "category-"].iter().any(|filed| name.starts_with(filed)))
        .any(|name| is_marked(name, marks))
}

/// Whether a name like `story-related_links` or `authorBio` has a marked word in it. Words are told apart by marks and capitals;
/// neighbours count as one word too, so that `read-more` and `readMore` are `readmore`.
fn is_marked(name: &str, marks: &ClassWords) -> bool {
    let mut lower = String::with_capacity(name.len());
    let mut starts = Vec::new();
    let mut before = ' ';
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            if !before.is_ascii_alphanumeric() || before.is_ascii_lowercase() && c.is_ascii_uppercase() {
                starts.push(lower.len());
            }
            lower.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    let end = |word: usize| starts.get(word).copied().unwrap_or(lower.len());
    (0..starts.len()).any(|first| {
        let rest = &lower[starts[first]..];
        (1..=3.min(starts.len() - first)).any(|most| marks.words.contains(&lower[starts[first]..end(first + most)]))
            || marks.starts.iter().any(|start| rest.starts_with(start))
    })
}

/// Whether class or id mark the element as a story's lead, printed between its headline and its first paragraph.
pub fn is_lead(element: &Element) -> bool {
    static LEAD: LazyLock<ClassWords> = LazyLock::new(|| ClassWords::new(include_str!("data/lead-classes.txt")));
    !matches!(&*element.name.local, "html" | "body" | "main" | "article") && has_mark(element, &LEAD)
}

/// Whether a block announces other stories, comments or the author.
pub fn is_announcement(text: &str) -> bool {
    text.len() <= MAX_ANNOUNCEMENT && ANNOUNCEMENTS.matches(text)
}

/// Whether the element is a post embedded from a social network.
pub fn is_post(element: &Element) -> bool {
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

/// Whether a whole block is a notice, a label or a source line by its words.
pub fn is_notice(text: &str) -> bool {
    text.len() <= MAX_NOTICE && NOTICES.matches(text)
}

/// Whether the element is a caption by tag or class.
pub fn is_caption(element: &Element) -> bool {
    &*element.name.local == "figcaption"
        || matches!(&*element.name.local, "p" | "div" | "span" | "dd")
            && has_word(
                element,
                &[
                    "caption",
                    "caption-text",
                    "wp-caption-text",
                    "image-caption",
                    "photo-caption",
                    "figcaption",
                    "media-caption",
                ],
            )
}

/// Whether the element inside a caption is its credit.
pub fn is_credit(element: &Element) -> bool {
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

/// Whether a bold line of its own reads like a subheading: short, without a sentence's end.
pub fn is_heading_like(text: &str) -> bool {
    text.split(' ').count() <= 12 && !text.ends_with(['.', ',', ':', ';', '"', '”', '’', '…'])
}
