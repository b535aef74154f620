//! Markup to plain text, for titles and other short fields.

/// Text without tags, its character references decoded once, its white space collapsed.
pub(super) fn plain(markup: &str) -> String {
    let mut kept = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(at) = rest.find('<') {
        kept.push_str(&rest[..at]);
        let tag = &rest[at + 1..];
        // `a < b` is no tag.
        let is_tag = tag.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        match tag.find('>').filter(|_| is_tag) {
            Some(end) => rest = &tag[end + 1..],
            None if is_tag => {
                // No tag is closed from here on: the rest is text.
                kept.push_str(&rest[at..]);
                rest = "";
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

/// Runs of white space to one space, none at the ends.
pub(super) fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_comparisons_stay() {
        assert_eq!(plain("<b>Bold</b> &amp;  1 < 2 <i"), "Bold & 1 < 2 <i");
        assert_eq!(plain("x &amp;lt; y"), "x &lt; y");
    }
}
