//! Characters of running text, brought to one form.

use unicode_normalization::UnicodeNormalization;

/// Text in normal form C with white space collapsed to single spaces and invisible characters (soft hyphens, zero-width
/// spaces, byte order marks, controls) removed. Typographic quotation marks stay as they are; so do the joiners
/// that scripts such as Persian and Hindi need.
pub fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut space = false;
    for c in raw.nfc() {
        if c.is_whitespace() {
            space = true;
        } else if !is_invisible(c) {
            if space && !out.is_empty() {
                out.push(' ');
            }
            space = false;
            out.push(c);
        }
    }
    out
}

/// Like [`text`], but `None` when nothing is left.
pub fn non_empty(raw: &str) -> Option<String> {
    Some(text(raw)).filter(|t| !t.is_empty())
}

fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fffe}' | '\u{fff9}'
            ..='\u{fffb}'
    ) || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_composed_collapsed_and_visible() {
        assert_eq!(text("  Cafe\u{301}\u{a0}\n co\u{ad}op\u{200b}erates\0 “now” "), "Café cooperates “now”");
        assert_eq!(text("می\u{200c}خواهم"), "می\u{200c}خواهم");
        assert_eq!(non_empty(" \u{feff}\n"), None);
    }
}
