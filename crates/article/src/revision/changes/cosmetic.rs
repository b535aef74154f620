//! Text that changes at every visit without meaning: "3 minutes ago", "12 comments", "Advertisement".

use std::sync::LazyLock;

use regex::Regex;

/// Longer blocks are prose.
const MAX_BYTES: usize = 160;

const UNIT: &str = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|[smhdw])";
const DATE: &str = r"(?:\d{1,2}(?:st|nd|rd|th)?\.?|\d{4}|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}[:.h]\d{2}(?::\d{2})?|[ap]\.?m|january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?|today|yesterday|at|on|gmt|utc|[ecmpb]?[sd]t|ce?s?t|uhr)";
const LABEL: &str = r"(?:(?:last|first|originally)\s+)?(?:updated?|published|posted|modified|edited|aktualisiert|veröffentlicht|stand|mis à jour|publié|actualizado|publicado|aggiornato|pubblicato|atualizado|bijgewerkt)(?:\s+(?:on|at|am|um|le|à|el|il|em|op))?";

/// "3 minutes ago", "vor 3 Minuten", "il y a 2 heures".
fn relative() -> String {
    format!(
        r"(?:(?:about\s+)?(?:\d+|an?|one|a few)\s*{UNIT}\s+ago|just now|moments ago|vor\s+(?:\d+|einer?|einem)\s+\p{{L}}+|il y a\s+(?:\d+|une?)\s+\p{{L}}+|hace\s+(?:\d+|una?)\s+\p{{L}}+|há\s+\d+\s+\p{{L}}+|\d+\s+\p{{L}}+\s+(?:fa|geleden|atrás))"
    )
}

/// Returns whether a block says nothing but when it was put there, how often it was looked at, or that an advertisement follows.
pub(crate) fn is_cosmetic(text: &str) -> bool {
    static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
        let relative = relative();
        let counter = r"(?:no\s+|\d[\d.,]*\s*[km]?\s*)(?:comments?|shares?|views?|likes?|reactions?|repl(?:y|ies)|reposts?|reads?|people (?:are )?(?:reading|watching)(?: this)?|min(?:ute)?s?\s+read|kommentare?|commentaires?|comentarios?|commenti|reacties)";
        let advertisement = r"(?:advertisement|advert|sponsored(?:\s+content)?|(?:story|article)\s+continues\s+(?:below|after)(?:\s+(?:the\s+|this\s+)?ad(?:vert|vertisement)?)?|anzeige|werbung|publicité|publicidad|pubblicità)";
        Regex::new(&format!(
            r"(?i)^(?:[\s|•·,;:()\[\]–—.-]+|\b{LABEL}\b|\b{relative}\b|\b{counter}\b|\b{advertisement}\b|\b{DATE}\b)+(?:\bby\s+[^.]{{1,60}})?$"
        ))
        .expect("a fixed pattern")
    });
    text.len() <= MAX_BYTES && WHOLE.is_match(text)
}

/// Returns the text without a relative time set before or after it ("3 minutes ago — …", "… (updated 2 hours ago)").
pub(crate) fn without_edges(text: &str) -> &str {
    static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
        let relative = relative();
        Regex::new(&format!(r"(?i)^\W*(?:{LABEL}:?\s*)?{relative}\s*[|•·—–:.-]+\s*")).expect("a fixed pattern")
    });
    static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
        let relative = relative();
        Regex::new(&format!(r"(?i)\s*[|•·(\[—–-]\s*(?:{LABEL}:?\s*)?{relative}\W*$")).expect("a fixed pattern")
    });
    let text = BEFORE.find(text).map_or(text, |found| &text[found.end()..]);
    // The end alone is looked at: a pattern that ends with the text is tried at every place of it.
    let at = text.ceil_char_boundary(text.len().saturating_sub(MAX_BYTES));
    let tail = &text[at..];
    // Few texts have one of the marks that the pattern needs.
    if !tail.contains(['|', '•', '·', '(', '[', '—', '–', '-']) {
        return text;
    }
    BEHIND.find(tail).map_or(text, |found| &text[..at + found.start()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_by_itself_is_distinguished_from_prose() {
        for block in [
            "3 minutes ago",
            "Updated 2 hours ago",
            "Published 4 June 2025, 10:33 BST",
            "Last updated: June 4, 2025 at 3:05 p.m. EDT",
            "12 comments | 1.2K shares",
            "5 min read · 3,400 views",
            "Advertisement",
            "Story continues below advertisement",
            "Vor 3 Minuten",
            "Il y a 2 heures • 14 commentaires",
            "Posted 3 hours ago by Jo Doe",
        ] {
            assert!(is_cosmetic(block), "{block}");
        }
        for block in [
            "",
            "He sold 3 shares on Monday.",
            "The mayor left 3 hours ago and has not been seen since.",
            "4 dead",
            "Two people died 3 days ago.",
            "By Jo Doe",
            "May said no.",
        ] {
            assert!(!is_cosmetic(block), "{block}");
        }
        assert_eq!(without_edges("3 minutes ago — The council met."), "The council met.");
        assert_eq!(without_edges("The council met (updated 5 mins ago)"), "The council met");
        assert_eq!(without_edges("The council met 5 minutes ago."), "The council met 5 minutes ago.");
    }
}
