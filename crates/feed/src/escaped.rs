//! Escaped markup inside unescaped markup: `<p>a &lt;b&gt;word&lt;/b&gt;</p>` in an HTML construct.

use std::sync::LazyLock;

use regex::Regex;

/// Elements whose escaped tags count as markup; other names between angle brackets are words.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "audio",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "iframe",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "nobr",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
];
/// Elements without content.
const VOID: &[&str] = &["br", "hr", "img", "source"];

/// A tag with well-formed attributes, or a comment.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"<(?P<end>/)?(?P<name>[A-Za-z][A-Za-z0-9]*)(?P<attributes>(?:\s+[A-Za-z_:][\w:.-]*(?:\s*=\s*(?:"[^"<]*"|'[^'<]*'|[^\s"'<>=]+))?)*)\s*/?>"#,
    )
    .expect("a fixed pattern")
});

struct Tag<'t> {
    name: &'t str,
    is_end: bool,
    has_values: bool,
    range: std::ops::Range<usize>,
}

/// Returns the tags of HTML's elements in a text. Bare words after a name (`<b and c>`) make no tag.
fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    TAG.captures_iter(text).filter_map(|found| {
        let (name, attributes) = (found.name("name")?.as_str(), found.name("attributes")?.as_str());
        let has_values = attributes.contains('=');
        let is_tag = ELEMENTS.iter().any(|known| known.eq_ignore_ascii_case(name))
            && (has_values || attributes.trim().is_empty());
        let range = found.get(0)?.range();
        is_tag.then_some(Tag { name, is_end: found.name("end").is_some(), has_values, range })
    })
}

/// Returns whether a text holds escaped markup: an element that is opened and closed, or one without content. A tag that is only
/// mentioned ("use <b> and </b>") has a blank after it.
pub(super) fn has_markup(text: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    tags(text).any(|tag| {
        let is_void = VOID.iter().any(|void| void.eq_ignore_ascii_case(tag.name));
        let is_open = |name: &&str| name.eq_ignore_ascii_case(tag.name);
        if tag.is_end {
            return open.iter().any(is_open);
        }
        let is_used = tag.has_values || !text[tag.range.end..].starts_with(char::is_whitespace);
        if is_used && !open.iter().any(is_open) {
            open.push(tag.name);
        }
        is_void && is_used
    })
}

/// Writes a text that holds escaped markup as HTML: its tags and character references as they are, other angle brackets escaped.
pub(super) fn write(out: &mut String, text: &str) {
    let mut from = 0;
    for tag in tags(text) {
        words(out, &text[from..tag.range.start]);
        out.push_str(&text[tag.range.clone()]);
        from = tag.range.end;
    }
    words(out, &text[from..]);
}

fn words(out: &mut String, text: &str) {
    for (at, part) in text.split('<').enumerate() {
        if at > 0 {
            out.push_str("&lt;");
        }
        out.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_markup_is_distinguished_from_words() {
        for (text, is_markup) in [
            (r#"the <a href="https://isles.example/">isles</a> now"#, true),
            ("one<br>two", true),
            (r#"<img src="a.png"/>"#, true),
            ("<P>All of it.</P>", true),
            ("a < b and b > c", false),
            ("if a <b and c> d", false),
            ("use <b> and </b> for bold", false),
            ("the <canvas> element</canvas>", false),
            ("an unclosed <em>word", false),
            ("Vec<u8>", false),
        ] {
            assert_eq!(has_markup(text), is_markup, "{text}");
        }
    }

    #[test]
    fn tags_and_references_stay_and_other_brackets_are_escaped() {
        let mut out = String::new();
        write(&mut out, "a < b, <em>c &amp; d</em>, &lt;p&gt;, Vec<u8>");
        assert_eq!(out, "a &lt; b, <em>c &amp; d</em>, &lt;p&gt;, Vec&lt;u8>");
    }
}
