//! The text in a feed entry.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use dateline_feed::Entry;
use dateline_record::BlockKind;
use regex::Regex;
use url::Url;

use super::blocks::{self, TextBlock};
use super::boilerplate;
use super::parts;
use super::pointer::Pointer;
use super::walk::{self, TextPiece};
use crate::fingerprint;
use crate::html::{clean, dom, sanitize};
use crate::metadata::media::Gallery;

/// An article of this many words is whole without other signs.
const WHOLE: usize = 120;

/// What an entry says, read once: the blocks of its text, its pictures, its summary, and whether the text is the whole article.
#[derive(Debug, Clone)]
pub struct EntryText {
    pub(crate) parts: Vec<TextBlock>,
    pub(crate) gallery: Gallery,
    pub(crate) summary: Option<String>,
    is_whole: bool,
}

impl EntryText {
    /// Reads an entry: its content, else its summary; pictures with a caption go to the gallery.
    pub fn read(entry: &Entry) -> Self {
        let (base, mut gallery) = (base(entry), Gallery::default());
        let mut read = |source: &Option<String>| {
            source.as_deref().map(|source| html_parts(source, base.as_ref(), &mut gallery)).unwrap_or_default()
        };
        let mut parts = read(&entry.content);
        let summary = summary(entry);
        let is_whole = entry.content.is_some() && is_whole(entry, &parts, summary.as_deref());
        if parts.is_empty() {
            parts = read(&entry.summary);
        }
        Self { parts, gallery, summary, is_whole }
    }

    /// Returns whether the entry contains the whole article, so its page need not be fetched: enough words, clearly more than the
    /// summary, and no sign of truncation.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Returns its words: the summary, and the blocks of its text.
    pub fn plain(&self) -> String {
        let parts = self.parts.iter().map(|part| part.text.as_str());
        self.summary.as_deref().into_iter().chain(parts).collect::<Vec<_>>().join("\n")
    }

    /// Returns the `word_count` of the article that is made of it.
    pub fn words(&self) -> u32 {
        let mut parts = self.parts.clone();
        parts::cut_dateline(&mut parts);
        blocks::body_words(&parts)
    }
}

/// Returns whether the entry contains the whole article ([`EntryText::is_whole`]).
pub fn has_full_text(entry: &Entry) -> bool {
    EntryText::read(entry).is_whole
}

fn is_whole(entry: &Entry, parts: &[TextBlock], summary: Option<&str>) -> bool {
    let body: Vec<&TextBlock> = parts.iter().filter(|p| p.kind != BlockKind::Caption).collect();
    let counts: Vec<usize> = body.iter().map(|p| fingerprint::word_count(&p.text)).collect();
    let words: usize = counts.iter().sum();
    let paragraphs = counts.iter().filter(|count| **count >= 12).count();
    let summary_words = summary.map_or(0, fingerprint::word_count);
    let enough = words >= WHOLE || paragraphs >= 3 && words >= WHOLE / 2;
    let more = entry.summary.as_deref() == entry.content.as_deref() || words * 10 >= summary_words * 15;
    enough && more && !is_cut(body.last().map(|p| p.text.as_str()).unwrap_or_default())
}

/// Returns whether a text ends with a sign of truncation.
fn is_cut(last: &str) -> bool {
    static CUT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)(?:…|\.\.\.|\[(?:…|\.\.\.)\]|\[\+?\d+ chars\]|(?:read|see) (?:more|on|the (?:full|rest|whole)[^.]{0,40})|read full (?:article|story)|continue(?:d)? (?:reading|on)[^.]{0,80}|the post .{1,200} appeared first on .{1,100}|view (?:full|entire) (?:article|post))\W*$")
            .expect("a fixed pattern")
    });
    // Each match has one of these. The pattern has many states that each text reaches in another order, so it is slow.
    static SIGNS: LazyLock<AhoCorasick> = LazyLock::new(|| {
        let signs = [
            "…",
            "...",
            "chars]",
            "read more",
            "read on",
            "read the",
            "read full",
            "see more",
            "see on",
            "see the",
            "continue",
            "appeared first on",
            "view full",
            "view entire",
        ];
        AhoCorasick::builder().ascii_case_insensitive(true).build(signs).expect("a few words")
    });
    let tail = &last[last.ceil_char_boundary(last.len().saturating_sub(400))..];
    // Beyond ASCII, the pattern also takes the long s for an s and the sign of Kelvin for a k.
    (SIGNS.is_match(tail) || tail.contains(['ſ', '\u{212a}'])) && CUT.is_match(tail)
}

/// Returns the parts of an entry's own text: its content, else its summary; pictures with a caption go to the gallery.
pub(crate) fn parts(entry: &Entry, gallery: &mut Gallery) -> Vec<TextBlock> {
    let base = base(entry);
    [&entry.content, &entry.summary]
        .into_iter()
        .flatten()
        .map(|source| html_parts(source, base.as_ref(), gallery))
        .find(|parts| !parts.is_empty())
        .unwrap_or_default()
}

/// Returns what relative links in the entry's HTML are relative to: what the feed states, else the article's page.
fn base(entry: &Entry) -> Option<Url> {
    let page = entry.link.as_deref().and_then(|link| Url::parse(link).ok());
    match (&entry.base, page) {
        (Some(base), Some(page)) => page.join(base).ok().or(Some(page)),
        (Some(base), None) => Url::parse(base).ok(),
        (None, page) => page,
    }
}

/// Returns the summary as text.
pub(crate) fn summary(entry: &Entry) -> Option<String> {
    let parts = html_parts(entry.summary.as_deref()?, None, &mut Gallery::default());
    clean::non_empty(&parts.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(" "))
}

/// HTML or plain text to parts, by the walker that pages use; plain text breaks at blank lines.
fn html_parts(source: &str, base: Option<&Url>, gallery: &mut Gallery) -> Vec<TextBlock> {
    let is_html = source.contains("</")
        || source.contains("<br")
        || source.contains("<p")
        || source.contains("/>")
        || source.contains("<img");
    if !is_html {
        let source = &source[..source.floor_char_boundary(sanitize::MAX_BYTES)];
        return source
            .replace("\r\n", "\n")
            .split("\n\n")
            .filter_map(|p| clean::non_empty(&html_escape::decode_html_entities(p)))
            .map(|text| TextBlock { kind: BlockKind::Paragraph, text, credit: None })
            .collect();
    }
    let pieces = walk::pieces(&dom::parse(&sanitize::sanitize(source)), None);
    let story: Vec<&TextPiece> = pieces.iter().filter(|piece| is_of_text(piece)).collect();
    parts::parts(&story, base, gallery)
}

/// Returns whether a piece of what is all text is not boilerplate of it.
pub(crate) fn is_of_text(piece: &TextPiece) -> bool {
    !piece.boilerplate && !boilerplate::is_notice(&piece.text) && piece.pointer != Some(Pointer::Known)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Returns an entry with a title.
    pub(crate) fn entry(summary: &str, content: &str) -> Entry {
        Entry {
            title: Some("Ministers meet".into()),
            summary: Some(summary.into()),
            content: Some(content.into()),
            ..Entry::default()
        }
    }

    #[test]
    fn every_sign_of_truncation_is_found_and_nothing_else() {
        for end in [
            "They said …",
            "They said...",
            "They [...]",
            "They [+120 chars]",
            "READ MORE",
            "See more »",
            "read on",
            "see on",
            "Read the full story of the fire",
            "see the rest here",
            "Read full article",
            "Continue reading the story",
            "continued on page 4",
            "The post Fire appeared first on Wire",
            "View full post",
            "view entire article.",
            "\u{17f}ee more",
        ] {
            assert!(is_cut(end), "{end}");
            assert!(is_cut(&format!("{}{end}", "Some words before that. ".repeat(40))), "{end}");
        }
        for end in ["They read it.", "The talks continue.", "They see the river.", "", "More… of it"] {
            assert!(!is_cut(end), "{end}");
        }
    }

    #[test]
    fn only_whole_articles_count_as_full_text() {
        let paragraph = format!("<p>{}end.</p>", "The ministers met again on Monday to talk. ".repeat(6));
        let whole = paragraph.repeat(4);
        assert!(has_full_text(&entry("The ministers met.", &whole)));
        assert!(!has_full_text(&entry("The ministers met.", "<p>The ministers met.</p>")));
        for end in [
            "<p>They said …</p>",
            "<p>They […]</p>",
            "<p><a href=/x>Continue reading Ministers meet</a></p>",
            "<p>Read more</p>",
        ] {
            // A link line that is boilerplate by itself is cut; the text before it shows no sign then.
            let cut = entry("The ministers met.", &format!("{whole}{end}"));
            assert!(!has_full_text(&cut) || end.contains("Read more"), "{end}");
        }
        assert!(!has_full_text(&entry(&whole, &format!("{whole}<p>And more.</p>"))));
        assert!(!has_full_text(&Entry::default()));
    }
}
