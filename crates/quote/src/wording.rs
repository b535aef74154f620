//! The text of a quotation that its cue interrupts.

use dateline_model::lexicon;
use dateline_record::Span;
use dateline_text::{Document, Language};

/// German words that open sentences and also have a capital elsewhere: they address somebody politely.
const POLITE: &[&str] = &["Sie", "Ihr", "Ihre"];

/// How one segment follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Join {
    /// The next segment continues the sentence.
    Continues,
    /// The next segment opens a sentence of its own.
    Ends,
}

/// Returns the segments joined by a space. The comma before the cue becomes a full stop where the next segment opens a sentence, and goes
/// where it continues the one before. `is_name` tells whether a name begins at a code point.
pub(super) fn text(document: &Document, segments: &[Span], is_name: impl Fn(usize) -> bool) -> String {
    let mut text = String::new();
    for (index, segment) in segments.iter().enumerate() {
        let words = document.slice(segment.start, segment.end);
        if index > 0 {
            let between = document.slice(segments[index - 1].end, segment.start);
            mend(&mut text, between, join(document.language(), between, words, is_name(segment.start)));
            text.push(' ');
        }
        text.push_str(words);
    }
    text
}

/// Returns the punctuation before the next segment decides first, then that segment's first letter.
fn join(language: Language, between: &str, next: &str, is_name: bool) -> Join {
    let opening = |c: char| c.is_whitespace() || is_mark(c) || matches!(c, '(' | '[' | '\u{2026}' | '.');
    let next = next.trim_start_matches(opening);
    let first = &next[..next.find(|c: char| !c.is_alphanumeric()).unwrap_or(next.len())];
    let capital = first.chars().any(char::is_uppercase);
    let number = first.starts_with(char::is_numeric);
    let ends = match between.trim_end_matches(|c: char| c.is_whitespace() || is_mark(c)).chars().next_back() {
        Some('.' | '!' | '?') => capital || number,
        // A comma after the cue continues; only the capital of a plain word shows that a sentence opens all the same.
        Some(',') => capital && !is_name && is_plain(language, first, &next[first.len()..]),
        _ => capital,
    };
    if ends { Join::Ends } else { Join::Continues }
}

/// Returns whether a word with a capital has it only because it opens a sentence. `after` follows the word.
fn is_plain(language: Language, word: &str, after: &str) -> bool {
    if language == Language::ENGLISH {
        let lower = word.to_lowercase();
        return lexicon().common.contains(&*lower) && !lexicon().times.contains(&*lower) && word != "I";
    }
    // German nouns have capitals, so only words that open sentences are plain: "L'" is one of them in French.
    let apostrophe = after.chars().next().filter(|c| matches!(c, '\'' | '\u{2019}'));
    let is_elided = || apostrophe.is_some_and(|mark| language.opens_sentences(&format!("{word}{mark}")));
    !POLITE.contains(&word) && (language.opens_sentences(word) || is_elided())
}

/// Sets the end of the text so far right for what follows.
fn mend(text: &mut String, between: &str, join: Join) {
    // Marks within the quotation that close after the comma: `"He told me \u{2018}go,\u{2019}" she said.`
    let closing = text.len() - text.trim_end_matches(is_mark).len();
    let marks = text.split_off(text.len() - closing);
    let comma = text.ends_with(',');
    if comma {
        text.pop();
    }
    // British style sets the comma after the mark.
    let outside = between.trim_start_matches(is_mark).starts_with(',');
    let open = text.ends_with(char::is_alphanumeric) || text.ends_with([')', '%']);
    if join == Join::Ends && (comma || open && (outside || !between.trim_matches(is_mark).trim().is_empty())) {
        text.push('.');
    }
    text.push_str(&marks);
}

fn is_mark(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '\u{201c}'
            | '\u{201d}'
            | '\u{201e}'
            | '\u{201f}'
            | '\u{2018}'
            | '\u{2019}'
            | '\u{ab}'
            | '\u{bb}'
            | '\u{ff02}'
    )
}

#[cfg(test)]
mod tests {
    use dateline_text::paragraphs;

    use super::*;

    /// Returns the text of the segments in brackets.
    fn joined(code: &str, marked: &str) -> String {
        let plain: String = marked.chars().filter(|c| !matches!(c, '[' | ']')).collect();
        let brackets = marked.chars().enumerate().filter(|(_, c)| matches!(c, '[' | ']'));
        let edges: Vec<usize> = brackets.enumerate().map(|(nth, (at, _))| at - nth).collect();
        let segments: Vec<Span> = edges.chunks(2).map(|edge| Span { start: edge[0], end: edge[1] }).collect();
        let document = Document::in_language(&plain, &paragraphs(&plain), Language::of(code).unwrap());
        text(&document, &segments, |_| false)
    }

    #[test]
    fn a_sentence_opens_behind_the_cue_as_each_language_shows_it() {
        for (code, marked, want) in [
            ("en", "\"[We will go],\" she said, \"[The plan is ready].\"", "We will go. The plan is ready"),
            ("en", "\"[We will go],\" she said, \"[Monday at the latest].\"", "We will go Monday at the latest"),
            // A noun, which is also an English word.
            ("de", "„[Wir gehen]“, sagte sie, „[Hand in Hand]“.", "Wir gehen Hand in Hand"),
            ("de", "„[Wir gehen]“, sagte sie, „[Das ist der Plan]“.", "Wir gehen. Das ist der Plan"),
            ("de", "„[Wir bitten]“, sagte sie, „[Sie alle um Hilfe]“.", "Wir bitten Sie alle um Hilfe"),
            ("fr", "«[Nous partons]», dit-elle, «[Il est temps]».", "Nous partons. Il est temps"),
            ("fr", "«[Nous partons]», dit-elle, «[L’accord est signé]».", "Nous partons. L’accord est signé"),
            ("es", "«[Nos vamos]», dijo, «[El plan está listo]».", "Nos vamos. El plan está listo"),
            ("nl", "‘[We gaan]’, zei ze, ‘[Het plan is klaar]’.", "We gaan. Het plan is klaar"),
        ] {
            assert_eq!(joined(code, marked), want, "{marked}");
        }
    }
}
