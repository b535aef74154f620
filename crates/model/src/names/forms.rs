//! The forms of words, and what they weigh by themselves. They are kept from text to text, because most words of a text stand in
//! others too.

use dateline_text::Language;

use super::form::{Form, PLACES};
use super::lists::{ByHash, WordLists};
use super::occurrences::WordOccurrences;
use crate::linear::{Linear, hash};

/// The forms of the words of some texts.
#[derive(Default)]
pub(super) struct Forms {
    /// The number of each form, by a hash of the word, its language and whether its sentence is in capitals.
    numbers: ByHash<u32>,
    forms: Vec<Form>,
    /// The spelling of each form: forms that differ only in case have the same.
    spellings: Vec<u32>,
    /// The number of each spelling, by the hash of the word in lower case.
    spelled: ByHash<u32>,
    /// How the words of the present text are written in it, by spelling.
    seen: Vec<WordOccurrences>,
}

impl Forms {
    /// Returns the number of forms.
    pub(super) fn len(&self) -> usize {
        self.forms.len()
    }

    /// Returns the number of a word's form, which is added if it is new. In a new text nothing is seen of the word.
    pub(super) fn number(&mut self, word: &str, shouted: bool, language: Language, known: &WordLists) -> u32 {
        // The features of a word depend on the lists of its language.
        let key = hash(word) ^ hash(language.code()).rotate_left(1) ^ u64::from(shouted);
        let number = self.numbers.get(&key).copied().unwrap_or_else(|| {
            let number = self.forms.len() as u32;
            let has_compounds = matches!(language.code(), "de" | "nl" | "sv" | "da" | "nb");
            let form = Form::new(word, shouted, known, has_compounds);
            let fresh = self.spelled.len() as u32;
            self.spellings.push(*self.spelled.entry(form.lower).or_insert(fresh));
            self.seen.resize(self.spelled.len(), WordOccurrences::default());
            self.forms.push(form);
            self.numbers.insert(key, number);
            number
        });
        *self.seen_mut(number) = WordOccurrences::default();
        number
    }

    /// Returns the form of a number.
    pub(super) fn form(&self, number: u32) -> &Form {
        &self.forms[number as usize]
    }

    /// Returns how the word of a form, whatever its case, is written in the present text.
    pub(super) fn seen(&self, number: u32) -> &WordOccurrences {
        &self.seen[self.spellings[number as usize] as usize]
    }

    pub(super) fn seen_mut(&mut self, number: u32) -> &mut WordOccurrences {
        &mut self.seen[self.spellings[number as usize] as usize]
    }
}

/// The weights of each form without its context, for each relative position; computed on first use.
#[derive(Default)]
pub(super) struct OwnWeights {
    sums: Vec<i32>,
    known: Vec<bool>,
    features: Vec<u32>,
}

impl OwnWeights {
    /// Adds what a form weighs, seen from a place.
    pub(super) fn add(&mut self, weights: &Linear, forms: &Forms, form: u32, place: usize, sums: &mut [i32]) {
        let (row, width) = (form as usize * PLACES + place, sums.len());
        if self.known.len() <= row {
            self.known.resize(forms.len() * PLACES, false);
            self.sums.resize(forms.len() * PLACES * width, 0);
        }
        let own = &mut self.sums[row * width..(row + 1) * width];
        if !self.known[row] {
            self.known[row] = true;
            self.features.clear();
            self.features.extend(forms.form(form).seen_from(place));
            weights.add(&self.features, own);
        }
        sums.iter_mut().zip(own).for_each(|(sum, weight)| *sum = sum.wrapping_add(*weight));
    }
}
