//! The data of each token that the features use.

#![allow(clippy::cast_possible_truncation, reason = "indices are below the number of tokens, which is far below 2^32")]

use std::ops::Range;

use dateline_model::QuotationScores;
use dateline_model::linear::hash;
use dateline_model::names;
use dateline_text::Document;

pub use crate::class::Class;
use crate::local::lists::{Lists, lists};
use crate::local::marks;
use crate::quotation_marks::{self, QuotedSpan};
use crate::sentences;

/// The position of a token relative to quotation marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Outside.
    None,
    /// The mark that opens.
    Open,
    /// The mark that closes.
    Close,
    /// Between the two.
    Inside,
}

/// A token.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// The word in lower case; all numbers are one.
    pub form: u64,
    /// Its last three letters.
    pub ending: u64,
    /// The word class.
    pub class: Class,
    /// 0 a mark, 1 a number, 2 all capitals, 3 a capital, 4 a hyphen within, 5 lower case.
    pub shape: u8,
    /// The position relative to quotation marks.
    pub mark: Mark,
    /// The quoted span that holds it, with its marks.
    pub quoted_span: Option<u32>,
    /// The index of its sentence.
    pub sentence: u32,
    /// The index of its block.
    pub block: u32,
    /// Whether it often introduces speech.
    pub says: bool,
    /// What only the taggers of other languages than English use.
    pub traits: Traits,
}

/// What is known of a word beside its form, in other languages than English.
#[derive(Debug, Clone, Copy, Default)]
pub struct Traits {
    /// The fine and the coarse group of similar words; 0 for none.
    pub groups: (u16, u16),
    /// Whether the verb is in the mood of reported speech.
    pub subjunctive: bool,
    /// The kind of name that the word belongs to: 0 none, else from 1, and [`NAME_BEGINS`] where the name begins.
    pub name: u8,
}

/// Added to the kind of a name where it begins.
pub const NAME_BEGINS: u8 = 8;

/// A text with the data that the taggers use.
pub struct Words<'a> {
    /// The text.
    pub document: &'a Document,
    /// Its tokens, one for one.
    pub words: Vec<Word>,
    /// The quoted spans, in order.
    pub(crate) marked: Vec<QuotedSpan>,
    /// Sentences that no pair of marks crosses.
    pub sentences: Vec<Range<usize>>,
    /// The names of possible speakers, as tokens in order.
    pub(crate) names: Vec<Range<usize>>,
    /// The scores of the network, if it is used.
    pub scores: Option<&'a QuotationScores>,
}

impl<'a> Words<'a> {
    /// Creates the data of a document.
    pub fn new(document: &'a Document) -> Self {
        Self::around(document, Vec::new())
    }

    /// Creates the data of a document in which the names of possible speakers are known; quotation marks within a name are not speech.
    pub fn around(document: &'a Document, names: Vec<Range<usize>>) -> Self {
        let mut marks = quotation_marks::read(document);
        names.iter().cloned().flatten().for_each(|at| marks[at] = None);
        let single = quotation_marks::uses_single(document, &marks);
        let (mut marked, mut sentences) = (Vec::new(), Vec::new());
        let lists = lists(document.language());
        let style = lists.map(|_| marks::Style::of(document, &marks));
        let mut lower = String::with_capacity(MAX_LETTERS * 2);
        let mut words: Vec<Word> =
            (0..document.tokens().len()).map(|at| word(document, at, lists, &mut lower)).collect();
        for (index, block) in document.blocks().iter().enumerate().filter(|(_, block)| !block.is_empty()) {
            let first = marked.len();
            match style {
                Some(style) => marks::find(document, &marks, block, style, &mut marked),
                None => quotation_marks::find(document, &marks, block, single, &mut marked),
            }
            for sentence in sentences::join(document, block, &marked[first..]) {
                for word in &mut words[sentence.clone()] {
                    (word.sentence, word.block) = (sentences.len() as u32, index as u32);
                }
                sentences.push(sentence);
            }
        }
        for (index, quoted_span) in marked.iter().enumerate() {
            for at in quoted_span.outside.clone() {
                words[at].quoted_span = Some(index as u32);
                words[at].mark = Mark::Inside;
            }
            words[quoted_span.outside.start].mark = Mark::Open;
            if !quoted_span.goes_on {
                words[quoted_span.outside.end - 1].mark = Mark::Close;
            }
        }
        Self { document, words, marked, sentences, names, scores: None }
    }

    /// Returns the same data with the kinds of names, each with its tokens.
    #[must_use]
    pub fn with_kinds(mut self, kinds: impl Iterator<Item = (Range<usize>, u8)>) -> Self {
        for (tokens, kind) in kinds {
            let start = tokens.start;
            for word in self.words.get_mut(tokens).into_iter().flatten() {
                word.traits.name = kind;
            }
            if let Some(word) = self.words.get_mut(start) {
                word.traits.name |= NAME_BEGINS;
            }
        }
        self
    }

    /// Returns the same data with the scores of the network.
    #[must_use]
    pub fn with(self, scores: Option<&'a QuotationScores>) -> Self {
        Self { scores, ..self }
    }

    /// Returns the number of quoted spans.
    pub fn spans(&self) -> usize {
        self.marked.len()
    }

    /// Returns the tokens within the marks of a quoted span.
    pub fn span(&self, index: usize) -> Range<usize> {
        self.marked[index].inside.clone()
    }

    /// Returns the sentence that holds the token.
    pub fn sentence(&self, at: usize) -> &Range<usize> {
        &self.sentences[self.words[at].sentence as usize]
    }

    /// Returns whether the token is a word or number.
    pub fn is_word(&self, at: usize) -> bool {
        self.document.tokens()[at].is_word
    }

    /// Returns whether each word of the range stands in marks.
    pub fn all_marked(&self, range: &Range<usize>) -> bool {
        range.clone().all(|at| self.words[at].quoted_span.is_some() || !self.is_word(at))
    }

    /// Returns whether no word of the range stands in marks.
    pub fn unmarked(&self, range: &Range<usize>) -> bool {
        range.clone().all(|at| self.words[at].quoted_span.is_none())
    }

    /// Returns whether a quoted span ends as speech does: a term or title has no comma or stop before its mark.
    pub(crate) fn ends_as_speech(&self, quoted_span: &QuotedSpan) -> bool {
        let stop = |at: usize| matches!(self.words[at].class, Class::Comma | Class::Stop | Class::Dash);
        quoted_span.goes_on
            || stop(quoted_span.inside.end - 1)
            || self.words.get(quoted_span.outside.end).is_some_and(|word| word.class == Class::Comma)
    }

    /// Returns whether a quoted span begins as a sentence does.
    pub(crate) fn begins_as_speech(&self, quoted_span: &QuotedSpan) -> bool {
        let first = self.document.word(quoted_span.inside.start);
        first.chars().next().is_some_and(char::is_uppercase)
    }

    /// Returns the quoted spans that a range of tokens touches.
    pub(crate) fn quoted_spans(&self, range: &Range<usize>) -> impl Iterator<Item = &QuotedSpan> {
        let first = self.marked.partition_point(|quoted_span| quoted_span.outside.end <= range.start);
        let end = range.end;
        self.marked[first..].iter().take_while(move |quoted_span| quoted_span.outside.start < end)
    }

    /// Returns whether a quoted span looks like a title or name: few words, all with a capital ("The Glass Tower").
    pub(crate) fn is_title(&self, quoted_span: &QuotedSpan) -> bool {
        let plain = |at: usize| self.words[at].shape > 3 && self.words[at].class != Class::Preposition;
        let small = |at: usize| matches!(self.document.word(at), "a" | "an" | "and" | "the" | "or");
        let mut inside = quoted_span.inside.clone().filter(|&at| self.is_word(at));
        quoted_span.inside.len() <= TITLE && inside.all(|at| !plain(at) || small(at))
    }

    /// Returns whether a quoted span may be speech: not a single word or a title.
    pub(crate) fn may_quote(&self, quoted_span: &QuotedSpan) -> bool {
        let words = quoted_span.inside.clone().filter(|&at| self.is_word(at)).take(2).count();
        words > 1 && !self.is_title(quoted_span)
    }

    /// Returns whether the token ends a sentence.
    pub fn ends_sentence(&self, at: usize) -> bool {
        self.words[at].class == Class::Stop
    }

    /// Returns the range without marks and spaces at its ends.
    pub fn trim(&self, range: &Range<usize>) -> Range<usize> {
        let mut range = range.clone();
        while !range.is_empty() && !self.is_word(range.start) {
            range.start += 1;
        }
        while !range.is_empty() && !self.is_word(range.end - 1) {
            range.end -= 1;
        }
        range
    }
}

/// The maximum number of words of a title.
const TITLE: usize = 8;
/// Letters of a word that are examined.
const MAX_LETTERS: usize = 24;

/// Returns a token; `lower` is where its letters are written in lower case.
fn word(document: &Document, at: usize, lists: Option<&Lists>, lower: &mut String) -> Word {
    let text = document.word(at);
    let is_word = document.tokens()[at].is_word;
    lower.clear();
    let (mut capitals, mut small) = (0, false);
    for c in text.chars().take(MAX_LETTERS) {
        capitals += usize::from(c.is_uppercase());
        small |= c.is_lowercase();
        match c {
            '\u{2019}' => lower.push('\''),
            c if c.is_ascii() => lower.push(c.to_ascii_lowercase()),
            c => lower.extend(c.to_lowercase()),
        }
    }
    let first = text.chars().next().unwrap_or(' ');
    let shape = match first {
        _ if !is_word => 0,
        c if c.is_numeric() => 1,
        _ if capitals > 1 && !small => 2,
        c if c.is_uppercase() => 3,
        _ if lower.contains('-') => 4,
        _ => 5,
    };
    let ending = lower.char_indices().rev().nth(2).map_or(0, |(place, _)| place);
    let listed = match lists {
        Some(lists) => lists.classes.get(lower.as_str()).copied().unwrap_or_else(|| mark_class(lower)),
        None => class(lower),
    };
    let class = match listed {
        Class::Other if matches!(shape, 2 | 3) => Class::Capital,
        Class::Other if shape == 1 => Class::Number,
        Class::Other if lists.is_some() => Class::Other,
        Class::Other if lower.ends_with("ed") => Class::Past,
        Class::Other if lower.ends_with("ing") => Class::Participle,
        Class::Other if lower.ends_with("ly") => Class::Manner,
        Class::Other if lower.ends_with('s') => Class::Plural,
        class => class,
    };
    Word {
        form: if shape == 1 { hash("#") } else { hash(lower) },
        ending: hash(&lower[ending..]),
        class,
        shape,
        mark: Mark::None,
        quoted_span: None,
        sentence: 0,
        block: 0,
        traits: lists.map_or_else(Traits::default, |lists| Traits {
            groups: names::groups(document.language(), text, lower),
            subjunctive: lists.subjunctives.contains(lower.as_str()),
            name: 0,
        }),
        says: match lists {
            Some(lists) => {
                let verb = lower.split('-').next().unwrap_or(lower);
                lists.cues.contains_key(lower.as_str()) || lists.cues.contains_key(verb)
            }
            None => crate::cue::known(lower).is_some(),
        },
    }
}

fn class(word: &str) -> Class {
    match word {
        "he" | "she" | "they" | "it" | "we" | "i" | "you" => Class::Pronoun,
        "the" | "a" | "an" | "this" | "these" | "those" | "his" | "her" | "their" | "its" | "my" | "our" | "your"
        | "some" | "many" | "any" | "no" => Class::Determiner,
        "in" | "on" | "at" | "during" | "to" | "after" | "before" | "with" | "by" | "of" | "for" | "from" | "about"
        | "into" | "over" | "through" | "under" | "among" | "against" => Class::Preposition,
        "is" | "are" | "was" | "were" | "be" | "been" | "has" | "have" | "had" | "will" | "would" | "can" | "could"
        | "should" | "may" | "might" | "must" | "do" | "does" | "did" => Class::Auxiliary,
        "and" | "or" | "but" => Class::Conjunction,
        "that" => Class::That,
        "who" | "which" | "what" | "how" | "why" | "when" | "where" | "whether" | "if" => Class::Question,
        "as" | "while" | "because" | "since" | "although" | "though" | "until" => Class::Subordinator,
        "not" | "n't" | "never" | "also" => Class::Adverb,
        "'s" => Class::Possessive,
        _ => mark_class(word),
    }
}

/// Returns the class of a mark.
fn mark_class(word: &str) -> Class {
    match word {
        "," => Class::Comma,
        "." | "!" | "?" | "\u{2026}" | "..." => Class::Stop,
        ":" => Class::Colon,
        ";" | "\u{2014}" | "--" | "-" | "\u{2013}" => Class::Dash,
        "(" | "[" => Class::Opening,
        ")" | "]" => Class::Closing,
        _ => Class::Other,
    }
}
