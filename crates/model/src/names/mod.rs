//! The fast tagger of names: a linear model over words, their forms, their neighbours, lists of names, groups of
//! similar words, and how the same word is written elsewhere in the text.

mod events;
mod form;
mod forms;
mod lists;
mod occurrences;
mod templates;
mod view;

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::linear::{Features, Linear, hash};
use super::{Kind, Name};
use dateline_text::{Document, Language};
use form::{PLACES, REACH};
use forms::{Forms, OwnWeights};
use view::View;

/// The labels that the weights are for.
pub const LABELS: [&str; 9] = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC"];

/// The weight for "no name" of a token that cannot be a name: more than any sum of weights.
const NO_NAME: i32 = 1 << 20;

/// Returns whether a word is known as a first name.
pub fn is_first_name(word: &str) -> bool {
    lists::known().word(hash(&word.to_lowercase())) & lists::FIRST_NAME > 0
}

/// Returns whether a word is known as a surname.
pub fn is_surname(word: &str) -> bool {
    lists::known().word(hash(&word.to_lowercase())) & lists::LAST_NAME > 0
}

/// Returns whether news texts write a word in lower case, except at the start of a sentence or in a headline.
pub fn is_lower(word: &str) -> bool {
    lists::known().is_lower(hash(&word.to_lowercase()))
}

/// Returns whether a word is in none of the lists and in no group of known words: an invented name.
pub fn is_unknown(word: &str) -> bool {
    let (known, lower) = (lists::known(), hash(&word.to_lowercase()));
    known.word(lower) == 0 && known.groups(word, lower) == (0, 0) && !known.is_lower(lower)
}

/// Returns the fine and the coarse group of similar words that a word or its last part is in, in a language beside English; 0 for none.
pub fn groups(language: Language, word: &str, lower: &str) -> (u16, u16) {
    let known = lists::known_in(language);
    match known.groups(word, hash(lower)) {
        (0, 0) if lower.len() >= LONG => known.groups_of_compound(lower),
        groups => groups,
    }
}

/// The least bytes of a word that may be a compound.
const LONG: usize = 8;

/// Returns whether a sentence is a headline in which nearly every word has a capital.
pub fn is_headline(document: &Document, sentence: &Range<usize>) -> bool {
    view::style(document, sentence) == view::Style::Title
}

/// Returns the features of each sentence of a document, for training.
pub fn features(document: &Document) -> Vec<Features> {
    let mut forms = Forms::default();
    let view = View::new(document, lists::known_in(document.language()), &mut forms);
    let wanted = vec![true; document.tokens().len()];
    let all = 0..document.sentences().len();
    all.map(|sentence| {
        let mut features = Features::default();
        templates::describe(&view, sentence, &wanted, &mut features, true);
        features
    })
    .collect()
}

/// The fast tagger.
pub struct Fast<'a> {
    weights: &'a Linear,
    /// What is kept of earlier texts, one for each text that is read at the same time.
    kept: Mutex<Vec<Kept>>,
}

/// What is kept of the words of earlier texts.
#[derive(Default)]
struct Kept {
    forms: Forms,
    own: OwnWeights,
}

/// Forms that are kept; those of a text that exceeds them are dropped with all others. They take 3 MiB.
const MOST_KEPT: usize = 4000;

impl<'a> Fast<'a> {
    /// Returns a tagger with these weights, whose labels must be [`LABELS`].
    pub fn new(weights: &'a Linear) -> Self {
        Self { weights, kept: Mutex::default() }
    }
}

impl Fast<'_> {
    /// Returns the names of a document.
    pub fn find(&self, document: &Document) -> Vec<Name> {
        self.names(document, &self.scores(document, false))
    }

    /// Returns the sum of weights of each label ([`LABELS`]) for each token of the document, a row a token. Unless `all` are asked for, words
    /// that are far from any capital get none but one that no name outweighs.
    pub(super) fn scores(&self, document: &Document, all: bool) -> Vec<i32> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Kept { mut forms, mut own } = kept.unwrap_or_default();
        let view = View::new(document, lists::known_in(document.language()), &mut forms);
        let width = self.weights.labels().len();
        let mut scores = vec![0i32; document.tokens().len() * width];
        let mut features = Features::default();
        let mut wanted = Vec::new();
        for (number, sentence) in document.sentences().iter().enumerate() {
            if all {
                wanted.clear();
                wanted.resize(sentence.len(), true);
            } else {
                view.mark_candidates(sentence, &mut wanted);
            }
            features.clear();
            templates::describe(&view, number, &wanted, &mut features, false);
            let rows = &mut scores[sentence.start * width..sentence.end * width];
            for (at, sums) in rows.chunks_exact_mut(width).enumerate() {
                if !wanted[at] {
                    sums[0] = NO_NAME;
                    continue;
                }
                for place in 0..PLACES {
                    let Some(token) = (sentence.start + at + place).checked_sub(REACH) else { continue };
                    if sentence.contains(&token) {
                        own.add(self.weights, view.forms, view.of[token], place, sums);
                    }
                }
                self.weights.add(features.of(at), sums);
            }
        }
        if forms.len() <= MOST_KEPT {
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(Kept { forms, own });
        }
        scores
    }

    /// Returns the names that given sums of weights mark, a row of sums a token.
    pub(super) fn names(&self, document: &Document, scores: &[i32]) -> Vec<Name> {
        let width = self.weights.labels().len();
        let mut names = Vec::new();
        for sentence in document.sentences() {
            let labels = self.weights.best(&scores[sentence.start * width..sentence.end * width]);
            collect(&labels, sentence.start, &mut names);
        }
        for name in names.iter_mut().filter(|name| name.kind == Kind::Other) {
            if events::is_event(document.words(&name.tokens)) {
                name.kind = Kind::Event;
            }
        }
        names
    }
}

/// The names that the labels of a sentence mark.
fn collect(labels: &[u8], start: usize, names: &mut Vec<Name>) {
    for (at, &label) in labels.iter().enumerate() {
        let label = LABELS.get(usize::from(label)).copied().unwrap_or("O");
        let token = start + at;
        if let Some(kind) = label.strip_prefix("B-") {
            let kind = match kind {
                "PER" => Kind::Person,
                "ORG" => Kind::Organisation,
                "LOC" => Kind::Place,
                _ => Kind::Other,
            };
            names.push(Name { tokens: token..token + 1, kind });
        } else if label != "O"
            && let Some(last) = names.last_mut()
        {
            last.tokens.end = token + 1;
        }
    }
}
