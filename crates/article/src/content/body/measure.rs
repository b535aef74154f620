//! Measures of a block's characters: length, punctuation, case.

/// Counts over a block of text.
#[allow(clippy::struct_excessive_bools)] // independent facts, not states
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measure {
    /// Words; in scripts without spaces two characters count as one.
    pub words: f32,
    /// Letters of words.
    pub letters: f32,
    /// Words that open with a capital.
    pub capitals: f32,
    /// Digits.
    pub digits: f32,
    /// Commas.
    pub commas: f32,
    /// Ends of sentences within the text or at its end.
    pub stops: f32,
    /// Signs that separate the items of a line: bars, bullets, arrows.
    pub parts: f32,
    /// Quotation marks.
    pub quotes: f32,
    /// Whether the text ends as a sentence does.
    pub is_sentence: bool,
    /// Whether it ends with a colon.
    pub is_opening: bool,
    /// Whether it ends with dots.
    pub breaks_off: bool,
    /// Whether its first letter is a small one.
    pub starts_small: bool,
}

impl Measure {
    /// Counts.
    pub(crate) fn of(text: &str) -> Self {
        let mut m = Self::default();
        let mut in_word = false;
        let mut seen_letter = false;
        let mut last = ' ';
        for c in text.chars() {
            let is_word = c.is_alphanumeric();
            if is_word {
                m.letters += 1.0;
                if c.is_ascii_digit() {
                    m.digits += 1.0;
                }
                if is_unspaced(c) {
                    m.words += 0.5;
                    in_word = false;
                    seen_letter = true;
                    last = c;
                    continue;
                }
                if !in_word {
                    m.words += 1.0;
                    if c.is_uppercase() {
                        m.capitals += 1.0;
                    }
                    if !seen_letter {
                        m.starts_small = c.is_lowercase();
                    }
                }
                seen_letter = true;
            } else {
                match c {
                    ',' | '،' | '、' | '，' | '；' | ';' => m.commas += 1.0,
                    '。' | '！' | '？' | '؟' | '।' | '۔' => m.stops += 1.0,
                    '|' | '•' | '·' | '›' | '→' | '▶' => m.parts += 1.0,
                    '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' => m.quotes += 1.0,
                    c if c.is_whitespace() && matches!(last, '.' | '!' | '?' | '…') => m.stops += 1.0,
                    _ => {}
                }
            }
            in_word = is_word && !is_unspaced(c) || in_word && matches!(c, '\'' | '’' | '-');
            if !c.is_whitespace() || !matches!(last, '.' | '!' | '?' | '…') {
                last = c;
            } else {
                last = ' ';
            }
        }
        let bare = text.trim_end_matches(['"', '”', '’', '\'', '»', '“', ')', '」', ' ', ']', '«']);
        m.is_sentence = bare.ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '।', '۔']);
        m.is_opening = bare.ends_with([':', '：']);
        m.breaks_off = bare.ends_with(['…']) || bare.ends_with("...");
        if m.is_sentence && matches!(last, '.' | '!' | '?' | '…' | '"' | '”' | '’' | ')' | '»' | '“') {
            m.stops += 1.0;
        }
        m
    }
}

/// Returns whether a character is of a script that sets no spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{0e00}'..='\u{0e7f}' | '\u{f900}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_sentences_are_counted_in_any_script() {
        for (text, words, stops, is_sentence) in [
            ("The ferry waits. It rains.", 5.0, 2.0, true),
            ("Home | News | Sport", 3.0, 0.0, false),
            ("“We wait,” she said. “Now.”", 5.0, 2.0, true),
            ("港の町は堤防を高くする。", 5.5, 1.0, true),
            ("Паром стоит, идёт дождь!", 4.0, 1.0, true),
            ("العبّارة تنتظر؟", 2.0, 1.0, true),
            ("", 0.0, 0.0, false),
        ] {
            let m = Measure::of(text);
            assert_eq!((m.words, m.stops, m.is_sentence), (words, stops, is_sentence), "{text}");
        }
    }
}
