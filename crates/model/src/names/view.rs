//! The data of a document that the features use: the form of each token, the listed phrases, and how each word is
//! written elsewhere.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use dateline_text::{Document, Language};

use super::form::{Case, Form, REACH};
use super::forms::Forms;
use super::lists::{self, Lists, WordLists};
use super::occurrences::WordOccurrences;
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

/// A token within a listed phrase: whether it is the first or last of it, and the lists.
pub(super) type InPhrase = (u8, Lists);

pub(super) struct View<'a> {
    pub(super) document: &'a Document,
    pub(super) forms: &'a Forms,
    /// The form of each token.
    pub(super) of: Vec<u32>,
    pub(super) styles: Vec<Style>,
    pub(super) phrases: Vec<InPhrase>,
}

impl<'a> View<'a> {
    pub(super) fn new(document: &'a Document, known: &WordLists, forms: &'a mut Forms) -> Self {
        let mut styles: Vec<Style> = document.sentences().iter().map(|sentence| style(document, sentence)).collect();
        let recased = recased(document, &styles, known);
        let mut of = vec![0; document.tokens().len()];
        let language = document.language();
        for (sentence, style) in document.sentences().iter().zip(&styles) {
            for token in sentence.clone() {
                let word = recased.get(&token).map_or_else(|| document.word(token), String::as_str);
                of[token] = forms.number(word, *style == Style::Shouted, language, known);
            }
        }
        note_writing(document, &styles, &of, forms);
        // A headline without its capitals reads like any sentence.
        for (sentence, style) in document.sentences().iter().zip(&mut styles) {
            if sentence.clone().any(|token| recased.contains_key(&token)) {
                *style = Style::Plain;
            }
        }
        let phrases = vec![(0, 0); of.len()];
        let mut view = Self { document, forms, of, styles, phrases };
        view.mark_phrases(known);
        view
    }

    pub(super) fn form(&self, token: usize) -> &Form {
        self.forms.form(self.of[token])
    }

    pub(super) fn seen(&self, token: usize) -> &WordOccurrences {
        self.forms.seen(self.of[token])
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
}

/// Notes how each word is written, and where it has a capital.
fn note_writing(document: &Document, styles: &[Style], of: &[u32], forms: &mut Forms) {
    for (sentence, _) in document.sentences().iter().zip(styles).filter(|(_, style)| **style == Style::Plain) {
        for token in sentence.clone().filter(|&token| document.tokens()[token].is_word) {
            let case = forms.form(of[token]).case;
            let seen = forms.seen_mut(of[token]);
            match case {
                Case::None => {}
                Case::Lower => seen.lower += 1,
                Case::Capital | Case::Upper | Case::Mixed => {
                    seen.inside += u32::from(!opens(document, token, sentence.start));
                    seen.add(token);
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
