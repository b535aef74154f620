//! The text of a quotation that its cue interrupts.

use dateline_model::lexicon;
use dateline_record::Span;
use dateline_text::Document;

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
            mend(&mut text, between, join(between, words, is_name(segment.start)));
            text.push(' ');
        }
        text.push_str(words);
    }
    text
}

/// Returns the punctuation before the next segment decides first, then that segment's first letter.
fn join(between: &str, next: &str, is_name: bool) -> Join {
    let opening = |c: char| c.is_whitespace() || is_mark(c) || matches!(c, '(' | '[' | '\u{2026}' | '.');
    let first: String = next.trim_start_matches(opening).chars().take_while(|c| c.is_alphanumeric()).collect();
    let capital = first.chars().any(char::is_uppercase);
    let number = first.starts_with(char::is_numeric);
    let ends = match between.trim_end_matches(|c: char| c.is_whitespace() || is_mark(c)).chars().next_back() {
        Some('.' | '!' | '?') => capital || number,
        // A comma after the cue continues; only the capital of a plain word shows that a sentence opens all the same.
        Some(',') => {
            let lower = first.to_lowercase();
            let plain = lexicon().common.contains(&*lower) && !lexicon().times.contains(&*lower) && first != "I";
            capital && !is_name && plain
        }
        _ => capital,
    };
    if ends { Join::Ends } else { Join::Continues }
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
