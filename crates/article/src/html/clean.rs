//! Normalizes the characters of running text.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::mojibake;

/// Text in normal form C, set right where it was surely misread, with white space collapsed to single spaces and invisible characters (soft hyphens, zero-width
/// spaces, byte order marks, controls) removed. Typographic quotation marks stay as they are; so do the joiners
/// that scripts such as Persian and Hindi need.
pub(crate) fn text(raw: &str) -> String {
    let repaired = mojibake::repair(raw);
    let composed = composed(&repaired);
    let mut out = String::with_capacity(composed.len());
    let mut end = 0;
    for word in composed.split_whitespace() {
        let before = out.len();
        let at = word.as_ptr() as usize - composed.as_ptr() as usize;
        let gap = &composed[end..at];
        end = at + word.len();
        let is_wide = |c: Option<char>| c.is_some_and(is_wide);
        if before > 0 && !(gap.contains('\n') && is_wide(out.chars().next_back()) && is_wide(word.chars().next())) {
            out.push(' ');
        }
        let start = out.len();
        if word.bytes().all(|b| b.is_ascii_graphic()) {
            out.push_str(word);
        } else {
            out.extend(word.chars().filter(|&c| !is_invisible(c)));
        }
        if out.len() == start {
            out.truncate(before);
        }
    }
    out
}

/// Returns whether a character is of Chinese or Japanese script or its punctuation: where a line of the source is broken between two of
/// them, no space is meant (CSS Text 3, 4.1.3).
fn is_wide(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}')
}

/// Normal form C; text that already has it, as nearly all has, is not copied.
fn composed(raw: &str) -> Cow<'_, str> {
    if raw.is_ascii() || is_nfc_quick(raw.chars()) == IsNormalized::Yes {
        Cow::Borrowed(raw)
    } else {
        Cow::Owned(raw.nfc().collect())
    }
}

/// Returns the text like [`text`], but `None` if it is empty.
pub(crate) fn non_empty(raw: &str) -> Option<String> {
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
        assert_eq!(text("a \u{ad} b \u{200b}"), "a b");
        assert_eq!(text("\u{a0}Itâ€™s nai\u{308}ve\u{ad}ly Ã©\u{a0}"), "It’s naïvely é");
        assert_eq!(text("検事らへの\n弾劾\n 訴追案、\n「内乱」 と A\nB"), "検事らへの弾劾訴追案、「内乱」 と A B");
        assert_eq!(non_empty(" \u{feff}\n"), None);
    }
}
