//! Markup to plain text, for titles and other short fields.

/// HTML's elements that are met in titles; anything else between angle brackets is text there.
const INLINE: [&str; 38] = [
    "a",
    "abbr",
    "acronym",
    "b",
    "big",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "center",
    "cite",
    "code",
    "del",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "nobr",
    "p",
    "q",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "tt",
    "u",
];

/// Elements that separate the text before them from the text after them.
const BLOCKS: [&str; 10] = ["blockquote", "br", "center", "div", "h1", "h2", "h3", "h4", "li", "p"];

/// Text without tags, its character references decoded once, its white space collapsed.
pub(super) fn plain(markup: &str) -> String {
    strip(markup, |_| true)
}

/// Text that may or may not be markup, as RSS' titles are: what is surely a tag or a reference of HTML is taken for one.
pub(super) fn guess(text: &str) -> String {
    strip(text, |name| INLINE.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

fn strip(markup: &str, is_element: impl Fn(&str) -> bool) -> String {
    let mut kept = String::with_capacity(markup.len());
    // A section that was escaped along with its text.
    let sections = markup.contains("<![CDATA[");
    let bare = sections.then(|| markup.replace("<![CDATA[", "").replace("]]>", ""));
    let mut rest = bare.as_deref().unwrap_or(markup);
    while let Some(at) = rest.find('<') {
        kept.push_str(&rest[..at]);
        let tag = &rest[at + 1..];
        match end_of_tag(tag, &is_element) {
            Some(end) => {
                if BLOCKS.iter().any(|block| block.eq_ignore_ascii_case(name(tag))) {
                    kept.push(' ');
                }
                rest = &tag[end + 1..];
            }
            None => {
                kept.push('<');
                rest = tag;
            }
        }
    }
    kept.push_str(rest);
    collapse(&html_escape::decode_html_entities(&kept))
}

/// Returns where a tag ends that begins here; `a < b` is none.
fn end_of_tag(tag: &str, is_element: &impl Fn(&str) -> bool) -> Option<usize> {
    if let Some(comment) = tag.strip_prefix("!--") {
        return comment.find("-->").map(|end| end + 5);
    }
    let name = name(tag);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !is_element(name) {
        return None;
    }
    let end = tag.find(['>', '<'])?;
    tag[end..].starts_with('>').then_some(end)
}

/// Returns the name of a start or end tag.
fn name(tag: &str) -> &str {
    let name = tag.strip_prefix('/').unwrap_or(tag);
    &name[..name.bytes().take_while(u8::is_ascii_alphanumeric).count()]
}

/// Runs of white space to one space, none at the ends.
pub(super) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_comparisons_stay() {
        assert_eq!(plain("<b>Bold</b> &amp;  1 < 2 <i"), "Bold & 1 < 2 <i");
        assert_eq!(plain("x &amp;lt; y"), "x &lt; y");
        assert_eq!(guess("The <canvas> element <em>now</em>"), "The <canvas> element now");
    }
}
