//! Whether a page shows the whole story.

use std::sync::LazyLock;

use regex::Regex;

use super::blocks::Part;
use super::meta::Statements;
use crate::record::BlockKind;

/// A story that is not free to read and has fewer words than this is its beginning.
const TEASER: u32 = 250;

/// Whether the page says, or its text shows, that this is not the whole: the stated number of words is far from reached, it is
/// not free and short, or it breaks off.
pub fn is_truncated(said: &Statements, parts: &[Part], words: u32) -> bool {
    let stated = said.stated.number("wordCount").unwrap_or(0.0);
    // Sites count captions and more as words.
    if stated >= 100.0 && f64::from(words) < stated * 0.6 {
        return true;
    }
    let locked = said.stated.text("isAccessibleForFree").is_some_and(|free| free.eq_ignore_ascii_case("false"))
        || said.stated.flag("isAccessibleForFree") == Some(false)
        || said.meta(&["article:content_tier"]).is_some_and(|tier| tier.eq_ignore_ascii_case("locked"));
    if locked && words < TEASER {
        return true;
    }
    let last = parts.iter().rev().find(|p| !matches!(p.kind, BlockKind::Caption | BlockKind::Headline));
    last.is_some_and(|p| breaks_off(&p.text))
}

/// Whether a last paragraph breaks off, or asks to go on elsewhere.
fn breaks_off(text: &str) -> bool {
    static END: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)(?:\[(?:…|\.\.\.)\]|\w ?(?:…|\.\.\.)|(?:to (?:continue|keep) reading|to read (?:more|the (?:full|rest|whole)|this)|(?:read|view) the (?:full|whole) (?:story|article)|continue reading)\b.{0,80})\W*$",
        )
        .expect("a fixed pattern")
    });
    let tail = &text[text.ceil_char_boundary(text.len().saturating_sub(200))..];
    // A quotation may end with dots.
    END.is_match(tail) && !text.trim_end().ends_with(['"', '”', '’', '»'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_breaks_off_is_told() {
        for (text, broken) in [
            ("The ministers met and …", true),
            ("The ministers met [...]", true),
            ("Subscribe to continue reading.", true),
            ("“And then …”", false),
            ("The ministers met.", false),
        ] {
            assert_eq!(breaks_off(text), broken, "{text}");
        }
    }
}
