//! The data of a document that the features use: the form of each token, the listed phrases, and how each word is
//! written elsewhere.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use dateline_text::{Document, Language};

use super::form::{Case, Form, REACH};
use super::lists::{self, Lists, WordLists};
use crate::linear::hash;

/// How a sentence is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    /// A headline in which nearly every word has a capital.
    Title,
    /// All in capitals.
    Shouted,
}

/// How a word (whatever its case) is written where its place does not decide it, and where.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct WordOccurrences {
    pub(super) lower: u32,
    pub(super) inside: u32,
    /// The first tokens that write it with a capital.
    places: [u32; PLACES],
    known: usize,
}

impl WordOccurrences {
    /// Returns the first tokens that write it with a capital.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.places[..self.known].iter().map(|&token| token as usize)
    }
}

/// Places of a word that are remembered.
const PLACES: usize = 4;

/// A token within a listed phrase: whether it is the first or last of it, and the lists.
pub(super) type InPhrase = (u8, Lists);

pub(super) struct View<'a> {
    pub(super) document: &'a Document,
    pub(super) forms: Vec<Form>,
    /// The form of each token.
    pub(super) of: Vec<u32>,
    pub(super) styles: Vec<Style>,
    pub(super) phrases: Vec<InPhrase>,
    /// The spelling of each form: forms that differ only in case have the same.
    spellings: Vec<u32>,
    /// By spelling.
    seen: Vec<WordOccurrences>,
}

impl<'a> View<'a> {
    pub(super) fn new(document: &'a Document, known: &WordLists) -> Self {
        let count = document.tokens().len();
        let mut view = Self {
            document,
            forms: Vec::new(),
            of: vec![0; count],
            styles: Vec::with_capacity(document.sentences().len()),
            phrases: vec![(0, 0); count],
            spellings: Vec::new(),
            seen: Vec::new(),
        };
        view.styles.extend(document.sentences().iter().map(|sentence| style(document, sentence)));
        let recased = recased(document, &view.styles, known);
        let has_compounds = matches!(document.language().code(), "de" | "nl" | "sv" | "da" | "nb");
        let mut numbers: HashMap<(&str, bool), u32> = HashMap::new();
        let mut spellings: HashMap<u64, u32> = HashMap::new();
        for (number, sentence) in document.sentences().iter().enumerate() {
            let style = view.styles[number];
            for token in sentence.clone() {
                let word = recased.get(&token).map_or_else(|| document.word(token), String::as_str);
                let shouted = style == Style::Shouted;
                view.of[token] = *numbers.entry((word, shouted)).or_insert_with(|| {
                    let form = Form::new(word, shouted, known, has_compounds);
                    let fresh = spellings.len() as u32;
                    view.spellings.push(*spellings.entry(form.lower).or_insert(fresh));
                    view.forms.push(form);
                    view.forms.len() as u32 - 1
                });
            }
        }
        view.seen = vec![WordOccurrences::default(); spellings.len()];
        view.mark_phrases(known);
        view.note_writing();
        // A headline without its capitals reads like any sentence.
        for (sentence, style) in document.sentences().iter().zip(&mut view.styles) {
            if sentence.clone().any(|token| recased.contains_key(&token)) {
                *style = Style::Plain;
            }
        }
        view
    }

    pub(super) fn form(&self, token: usize) -> &Form {
        &self.forms[self.of[token] as usize]
    }

    pub(super) fn seen(&self, token: usize) -> &WordOccurrences {
        &self.seen[self.spellings[self.of[token] as usize] as usize]
    }

    /// Marks the tokens of a sentence that may be of a name: names have capitals, or their neighbours do. Where nothing in the
    /// sentence has one, any word may.
    pub(super) fn mark_candidates(&self, sentence: &Range<usize>, marks: &mut Vec<bool>) {
        marks.clear();
        marks.resize(sentence.len(), false);
        let cased = |token: usize| !matches!(self.form(token).case, Case::None | Case::Lower);
        for at in (0..sentence.len()).filter(|at| cased(sentence.start + at)) {
            let near = at.saturating_sub(REACH)..(at + REACH + 1).min(sentence.len());
            marks[near].fill(true);
        }
        if !marks.contains(&true) {
            marks.fill(true);
        }
    }

    fn mark_phrases(&mut self, known: &WordLists) {
        for sentence in self.document.sentences() {
            let mut at = sentence.start;
            while at < sentence.end {
                let here = self.form(at).case;
                let found = (here != Case::None && here != Case::Lower)
                    .then(|| known.phrase((at..sentence.end).map(|token| self.form(token).lower)))
                    .flatten();
                let Some((length, lists)) = found else {
                    at += 1;
                    continue;
                };
                for token in at..at + length {
                    let place = u8::from(token == at) | u8::from(token + 1 == at + length) << 1;
                    self.phrases[token] = (place, lists);
                }
                at += length;
            }
        }
    }

    fn note_writing(&mut self) {
        for (sentence, style) in self.document.sentences().iter().zip(&self.styles) {
            if *style != Style::Plain {
                continue;
            }
            for token in sentence.clone().filter(|&token| self.document.tokens()[token].is_word) {
                let form = self.of[token] as usize;
                let seen = &mut self.seen[self.spellings[form] as usize];
                match self.forms[form].case {
                    Case::None => {}
                    Case::Lower => seen.lower += 1,
                    Case::Capital | Case::Upper | Case::Mixed => {
                        seen.inside += u32::from(!opens(self.document, token, sentence.start));
                        if seen.known < PLACES {
                            seen.places[seen.known] = token as u32;
                            seen.known += 1;
                        }
                    }
                }
            }
        }
    }
}

/// Returns whether the token opens a sentence or quotation, so any word would have a capital there.
pub(super) fn opens(document: &Document, token: usize, start: usize) -> bool {
    let european = |mark: &str| matches!(mark, "\u{201e}" | "\u{ab}" | "\u{bb}" | "\u{201a}" | "\u{bf}" | "\u{a1}");
    token == start
        || matches!(document.word(token - 1), "\"" | "\u{201c}" | "\u{2018}" | "'" | "``" | ":")
        || document.language() != Language::ENGLISH && european(document.word(token - 1))
        || token - start <= 3 && (start..token).all(|before| !document.tokens()[before].is_word)
}

/// Returns the words of headlines that any sentence would write in lower case, so their capitals do not hide the names among them.
fn recased(document: &Document, styles: &[Style], known: &WordLists) -> HashMap<usize, String> {
    let mut recased = HashMap::new();
    if !styles.contains(&Style::Title) {
        return recased;
    }
    let capital = |token: usize| document.word(token).starts_with(char::is_uppercase);
    let sentences = || document.sentences().iter().zip(styles);
    let named: HashSet<&str> = sentences()
        .filter(|(_, style)| **style == Style::Plain)
        .flat_map(|(sentence, _)| {
            sentence.clone().filter(|&token| capital(token) && !opens(document, token, sentence.start))
        })
        .map(|token| document.word(token))
        .collect();
    for (sentence, _) in sentences().filter(|(_, style)| **style == Style::Title) {
        let mut lowered = Vec::new();
        for token in sentence.clone().filter(|&token| capital(token) && !opens(document, token, sentence.start)) {
            let word = document.word(token);
            let lower = word.to_lowercase();
            let lists = known.word(hash(&lower));
            let before = known.word(hash(&document.word(token - 1).to_lowercase()));
            // "Walter Little", "Kalmar Networks"
            let part =
                lists & lists::LAST_NAME > 0 && before & lists::FIRST_NAME > 0 || lists & lists::ORGANISATION_WORD > 0;
            if known.is_lower(hash(&lower)) && !named.contains(word) && !part {
                lowered.push((token, lower));
            }
        }
        // A list of names is not a headline.
        let capitals = sentence.clone().filter(|&token| capital(token)).count();
        if lowered.len() >= 2 && lowered.len() * 3 >= capitals {
            recased.extend(lowered);
        }
    }
    recased
}

pub(super) fn style(document: &Document, sentence: &Range<usize>) -> Style {
    let (mut words, mut long, mut capitals, mut lower) = (0, 0, 0, false);
    for word in sentence.clone().filter(|&token| document.tokens()[token].is_word).map(|token| document.word(token)) {
        let mut letters = word.chars().filter(|c| c.is_alphabetic());
        let Some(first) = letters.next() else { continue };
        words += usize::from(word.len() > 1);
        lower |= word.chars().any(char::is_lowercase);
        if word.len() > 3 {
            long += 1;
            capitals += usize::from(first.is_uppercase());
        }
    }
    if !lower && words > 0 {
        Style::Shouted
    } else if long >= 4 && capitals * 10 >= long * 8 {
        Style::Title
    } else {
        Style::Plain
    }
}
