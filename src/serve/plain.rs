//! Makes text from feeds safe to show: shortens it, and replaces control characters and bidirectional controls.
//!
//! The templates escape; this module handles plain text, not HTML.

use url::Url;

use crate::address::without_user_info;

/// The maximum length of an address that becomes a link.
const MAX_LINK: usize = 2_000;

/// Returns a character as it is shown. One character stays one character, so offsets remain valid.
pub(super) fn character(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'), // the symbol for it
        '\u{7f}' => '\u{2421}',
        // Unclosed embeddings, overrides and isolates would change the direction of the following text.
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    }
}

/// Returns the text, shortened to `most` characters.
pub(super) fn text(raw: &str, most: usize) -> String {
    let mut chars = raw.chars();
    let mut shown: String = chars.by_ref().take(most).map(character).collect();
    if chars.next().is_some() {
        shown.push('\u{2026}');
    }
    shown
}

/// Returns an address if it may become a link: `http` or `https`, and not too long.
pub(super) fn link(raw: Option<&str>) -> Option<String> {
    let url = Url::parse(raw?.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    (url.as_str().len() <= MAX_LINK).then(|| without_user_info(url.as_str()).into_owned())
}

/// Returns an address as it is shown. Records of earlier versions may contain user information.
pub(super) fn address(raw: &str) -> String {
    text(&without_user_info(raw), MAX_LINK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_hides_text_is_shown_as_a_sign() {
        assert_eq!(
            text("a\u{202e}b\u{0}c\u{1b}[1m\u{85}d\u{2066}", 99),
            "a\u{fffd}b\u{2400}c\u{241b}[1m\u{fffd}d\u{fffd}"
        );
        assert_eq!(text("\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{200f}", 99), "\u{5e9}\u{5dc}\u{5d5}\u{5dd}\u{200f}");
        assert_eq!(text(&"x".repeat(1_000_000), 3), "xxx\u{2026}");
    }

    #[test]
    fn only_web_addresses_are_links() {
        for bad in
            ["javascript:alert(1)", " JAVASCRIPT:alert(1)", "data:text/html,x", "/relative", "file:///etc/passwd", ""]
        {
            assert_eq!(link(Some(bad)), None, "{bad}");
        }
        assert_eq!(link(Some("https://example.org/a?b")).as_deref(), Some("https://example.org/a?b"));
        assert_eq!(link(Some(&format!("https://example.org/{}", "x".repeat(3_000)))), None);
    }

    #[test]
    fn passwords_in_addresses_are_not_shown() {
        assert_eq!(address("https://me:s3cret@example.org/feed"), "https://example.org/feed");
        assert_eq!(link(Some("https://me:s3cret@example.org/")).as_deref(), Some("https://example.org/"));
    }
}
