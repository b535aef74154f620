//! Sentences, tokens and offsets of texts.
//!
//! A [`Document`] is a text whose blocks are split into sentences and tokens. Public offsets count Unicode code points;
//! ranges are half-open. All functions take time linear in the length of the text.

#![warn(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss
)]

#[cfg(test)]
mod cases;
pub mod diff;
mod identify;
mod language;
mod languages;
mod latin;
mod reading;
mod sentence;
mod token;
mod words;

pub use identify::{Identified, identify};
pub use language::language;
pub use languages::{Language, List};
pub use reading::{Reading, reading};
pub use token::Token;

use std::ops::Range;

/// A text with its tokens and sentences.
#[derive(Debug, Clone)]
pub struct Document {
    text: String,
    language: Language,
    /// Byte offset of each code point, and of the end.
    bytes: Vec<u32>,
    tokens: Vec<Token>,
    /// Token ranges, in order.
    sentences: Vec<Range<usize>>,
    /// Token ranges of the spans, in order; empty where a span holds no token.
    blocks: Vec<Range<usize>>,
}

impl Document {
    /// Cuts an English text as [`Document::in_language`] does.
    pub fn new(text: &str, spans: &[(usize, usize)]) -> Self {
        Self::in_language(text, spans, Language::ENGLISH)
    }

    /// Cuts the spans (code points, in order, not overlapping; others are skipped) into sentences and tokens. No sentence
    /// crosses a span's end.
    #[allow(clippy::cast_possible_truncation, reason = "texts are far shorter than 4 GiB")]
    pub fn in_language(text: &str, spans: &[(usize, usize)], language: Language) -> Self {
        let rules = language.rules();
        let bytes: Vec<u32> = text.char_indices().map(|(at, _)| at as u32).chain([text.len() as u32]).collect();
        let mut document = Self {
            text: text.to_owned(),
            language,
            bytes,
            tokens: Vec::new(),
            sentences: Vec::new(),
            blocks: Vec::new(),
        };
        let chars: Vec<char> = text.chars().collect();
        let mut last = 0;
        for &(start, end) in spans {
            let first = document.tokens.len();
            if start >= last && start <= end && end <= chars.len() {
                token::cut(&chars, start..end, rules, &mut document.tokens);
                last = end;
            }
            document.blocks.push(first..document.tokens.len());
            sentence::cut(&chars, &document.tokens, first, rules, &mut document.sentences);
        }
        document
    }

    /// Returns the whole text.
    #[inline]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the language by whose rules the text is cut.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Returns all tokens.
    #[inline]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Returns sentences as ranges of tokens.
    #[inline]
    pub fn sentences(&self) -> &[Range<usize>] {
        &self.sentences
    }

    /// Returns blocks as ranges of tokens, one for each span.
    #[inline]
    pub fn blocks(&self) -> &[Range<usize>] {
        &self.blocks
    }

    /// Returns the words between two code points.
    #[inline]
    pub fn slice(&self, start: usize, end: usize) -> &str {
        let last = self.bytes.len() - 1;
        let (start, end) = (start.min(last), end.min(last));
        if start >= end { "" } else { &self.text[self.bytes[start] as usize..self.bytes[end] as usize] }
    }

    /// Returns a token's words.
    #[inline]
    pub fn word(&self, token: usize) -> &str {
        self.tokens.get(token).map_or("", |token| self.slice(token.start, token.end))
    }

    /// Returns the words of a range of tokens.
    #[inline]
    pub fn words(&self, tokens: &Range<usize>) -> &str {
        if tokens.is_empty() {
            return "";
        }
        self.slice(self.tokens[tokens.start].start, self.tokens[tokens.end - 1].end)
    }

    /// Returns the first token that ends after the code point.
    #[inline]
    pub fn token_at(&self, offset: usize) -> usize {
        self.tokens.partition_point(|token| token.end <= offset)
    }
}

/// Returns the paragraphs of a bare text: its lines that are not blank, trimmed.
pub fn paragraphs(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for (at, c) in text.chars().enumerate() {
        if matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}') {
            spans.extend(open.take());
        } else if !c.is_whitespace() {
            let start = open.map_or(at, |(start, _)| start);
            open = Some((start, at + 1));
        }
    }
    spans.extend(open);
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Document {
        Document::new(text, &paragraphs(text))
    }

    fn words(text: &str) -> Vec<String> {
        let document = cut(text);
        (0..document.tokens().len()).map(|i| document.word(i).to_owned()).collect()
    }

    fn sentences(text: &str) -> Vec<String> {
        let document = cut(text);
        document.sentences().iter().map(|sentence| document.words(sentence).to_owned()).collect()
    }

    #[test]
    fn tokens_of_news_prose() {
        for (text, want) in [
            ("Trump's envoy, Mr. Witkoff.", "Trump|'s|envoy|,|Mr.|Witkoff|."),
            ("It isn\u{2019}t 3.5 percent (12,000).", "It|isn\u{2019}t|3.5|percent|(|12,000|)|."),
            ("the U.S. and J.K. Rowling at 10:30 p.m.", "the|U.S.|and|J.K.|Rowling|at|10:30|p.m."),
            ("\u{201c}Yes,\u{201d} she said \u{2014} twice...", "\u{201c}|Yes|,|\u{201d}|she|said|\u{2014}|twice|..."),
            ("AT&T and Jean-Claude's co-op", "AT&T|and|Jean-Claude|'s|co-op"),
            ("see https://example.org/a?b=1, or www.x.org.", "see|https://example.org/a?b=1|,|or|www.x.org|."),
            ("the ministers' plan", "the|ministers|'|plan"),
            ("LONDON (Reuters) - It\u{2019}s L.A.-based.", "LONDON|(|Reuters|)|-|It|\u{2019}s|L.A.|-|based|."),
            ("Sana\u{2019}a, O'Neill's and d'Ivoire", "Sana\u{2019}a|,|O'Neill|'s|and|d'Ivoire"),
            ("Gens. Doe and Roe of Ft. Worth", "Gens.|Doe|and|Roe|of|Ft.|Worth"),
            ("Franken\u{ad}stein won 2-1 (1998\u{2013}99)", "Franken\u{ad}stein|won|2-1|(|1998|\u{2013}|99|)"),
            (
                "\u{ab}Non\u{bb}, \u{201e}Nein\u{201c}, \u{2018}no\u{2019}.",
                "\u{ab}|Non|\u{bb}|,|\u{201e}|Nein|\u{201c}|,|\u{2018}|no|\u{2019}|.",
            ),
        ] {
            assert_eq!(words(text).join("|"), want);
        }
    }

    #[test]
    fn sentences_of_news_prose() {
        for (text, count) in [
            ("Mr. Smith went to Washington. He stayed.", 2),
            ("The U.S. Senate met. Sen. J. Doe spoke at 5 p.m. on Jan. 5.", 2),
            ("\"Stop!\" he said. \"I will not.\" She left.", 3),
            ("He works for Acme Inc. The firm is small.", 2),
            ("It rose 3.5 percent. Profit fell.", 2),
            ("Who knows? Nobody...", 2),
            ("One line\nanother line", 2),
            ("It hit phones. eBay, iRobot and YouTube said they were safe.", 2),
            ("The round closed. a16z said it would stay.", 2),
            ("He left early. de Blasio said no. von der Leyen agreed.", 3),
            ("Troops left. al-Assad stayed.", 2),
            ("Sales fell again. adidas said demand would return.", 2),
            ("Why now? eBay would not tell.", 2),
            ("Mr. de Blasio met Anthonie C. van Ekris.", 1),
            ("It is sold by Acme Inc. and others at approx. five dollars.", 1),
            ("We waited ... iPhone owners did not.", 1),
            ("He sang in Mamma Mia! which was a hit.", 1),
        ] {
            assert_eq!(sentences(text).len(), count, "{:?}", sentences(text));
        }
    }

    #[test]
    fn offsets_are_code_points() {
        let document = cut("\u{201c}\u{c9}t\u{e9} \u{1f600} ici\u{201d}");
        let token = document.tokens()[document.token_at(7)];
        assert_eq!((token.start, token.end, document.slice(token.start, token.end)), (7, 10, "ici"));
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for unit in ["\"", "(", "A", "a.", "'", "A.", "http://", "\u{201c}x ", "-", "é"] {
            let text = unit.repeat(1_000_000 / unit.len());
            let started = std::time::Instant::now();
            cut(&text);
            assert!(started.elapsed() < std::time::Duration::from_secs(5), "{unit:?}");
        }
    }
}
