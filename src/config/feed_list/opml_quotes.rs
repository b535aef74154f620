//! Escapes bare quotation marks in the attributes of an outline, which some readers export: `text="The "Daily" News"`.

use std::borrow::Cow;

/// Escapes quotation marks inside attribute values of outlines, to make the XML readable. A mark ends its value only if
/// the tag ends or another attribute begins after it. Line breaks stay as they are.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    let mut repaired = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('<') {
        at += found + 1;
        let is_outline = text.get(at..at + 7).is_some_and(|name| name.eq_ignore_ascii_case("outline"));
        if let Some(skipped) = skip(&text[at..]) {
            at += skipped;
            continue;
        }
        if !is_outline {
            continue;
        }
        at += 7;
        // From one value to the next, up to the end of the tag.
        while let Some(quote) = next_value(&text[at..]) {
            let mark = text.as_bytes()[at + quote];
            at += quote + 1;
            let Some(end) = value_end(text, at, mark) else { return finish(text, repaired, copied) };
            for (bare, _) in text[at..end].match_indices(char::from(mark)) {
                repaired.push_str(&text[copied..at + bare]);
                repaired.push_str(if mark == b'"' { "&quot;" } else { "&apos;" });
                copied = at + bare + 1;
            }
            at = end + 1;
        }
    }
    finish(text, repaired, copied)
}

fn finish(text: &str, mut repaired: String, copied: usize) -> Cow<'_, str> {
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    repaired.push_str(&text[copied..]);
    Cow::Owned(repaired)
}

/// Returns the length of a comment or CDATA section whose `<` precedes the text.
fn skip(text: &str) -> Option<usize> {
    let (_, end) = [("!--", "-->"), ("![CDATA[", "]]>")].into_iter().find(|(start, _)| text.starts_with(start))?;
    Some(text.find(end).map_or(text.len(), |at| at + end.len()))
}

/// Returns the position of the quotation mark that opens the next value of a tag; `None` if the tag ends.
fn next_value(text: &str) -> Option<usize> {
    let at = text.find(['"', '\'', '>', '<'])?;
    matches!(text.as_bytes()[at], b'"' | b'\'').then_some(at)
}

/// Returns the end of the value that begins at `at`.
fn value_end(text: &str, at: usize, mark: u8) -> Option<usize> {
    let marks = text[at..].match_indices(char::from(mark)).map(|(found, _)| at + found);
    marks.into_iter().find(|&end| ends_value(&text[end + 1..]))
}

/// Returns whether the text after a quotation mark is the end of the tag or another attribute with its value.
fn ends_value(rest: &str) -> bool {
    let rest = rest.trim_start();
    if rest.starts_with('>') || rest.starts_with("/>") {
        return true;
    }
    let name = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_-:.".contains(c))).unwrap_or(rest.len());
    let value = rest[name..].trim_start().strip_prefix('=').map(str::trim_start);
    name > 0 && value.is_some_and(|value| value.starts_with(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_mark_ends_a_value_only_before_another_attribute_or_the_end() {
        for (text, repaired) in [
            (
                r#"<outline text="fubar "baz"" title="fubar "baz"" xmlUrl="u"/>"#,
                r#"<outline text="fubar &quot;baz&quot;" title="fubar &quot;baz&quot;" xmlUrl="u"/>"#,
            ),
            (
                r#"<outline text="6" pipes" xmlUrl="u"></outline>"#,
                r#"<outline text="6&quot; pipes" xmlUrl="u"></outline>"#,
            ),
            (
                r#"<outline text="say "hi" now" xmlUrl="u" />"#,
                r#"<outline text="say &quot;hi&quot; now" xmlUrl="u" />"#,
            ),
            (r#"<outline text=""quoted"" xmlUrl="u">"#, r#"<outline text="&quot;quoted&quot;" xmlUrl="u">"#),
            (r"<OUTLINE xmlUrl='u' text='it's'/>", r"<OUTLINE xmlUrl='u' text='it&apos;s'/>"),
            (
                "<outline text=\"a \"b\"\n  xmlUrl = \"u\"\n/><outline text=\"c\"/>",
                "<outline text=\"a &quot;b\"\n  xmlUrl = \"u\"\n/><outline text=\"c\"/>",
            ),
        ] {
            assert_eq!(escape(text), repaired);
        }
    }

    #[test]
    fn what_is_well_formed_stays_as_it_is() {
        for text in [
            r#"<opml><body><outline text="a" xmlUrl='u?x="y"'/><outline text="b"/></body></opml>"#,
            r#"<outline text="a"title="b" xmlUrl="u"/>"#,
            r#"<!-- <outline text="a "b" c"/> --><outline text="a &gt; b" xmlUrl="u"/>"#,
            r#"<outline text="a > b" xmlUrl="u"/>"#,
            r#"<outline text="never closed"#,
            "<outline",
            "<",
            "",
        ] {
            assert!(matches!(escape(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn many_marks_take_linear_time() {
        let text = format!("<outline text=\"{}", "\" x".repeat(500_000));
        let started = std::time::Instant::now();
        assert!(matches!(escape(&text), Cow::Borrowed(_)));
        let spaces = format!("<outline text=\"{}", format!("\"{}", " ".repeat(1_000)).repeat(1_000));
        escape(&spaces);
        assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?}", started.elapsed());
    }
}
