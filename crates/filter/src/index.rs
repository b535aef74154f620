//! The values of all conditions on one field, searched for at once.

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use crate::fold::{fold_into, is_whole};
use crate::pattern::{self, Pattern};

/// The fields that have conditions on texts, in the order of [`crate::Conditions::texts`].
pub(crate) const FIELDS: usize = 5;

/// The values of all conditions on one field. Equal values are one.
#[derive(Default)]
pub(crate) struct FieldIndex {
    values: Vec<Value>,
    numbers: HashMap<Pattern, u32>,
    /// What is searched for in folded texts: words, and what begins a match of an expression.
    needles: Vec<Needle>,
    by_text: HashMap<String, usize>,
    /// Built when the field is searched first.
    searcher: OnceLock<Option<AhoCorasick>>,
}

enum Value {
    Words,
    /// An expression, and whether it has needles: without one, the text is not searched for it.
    Regex {
        pattern: Box<str>,
        has_needles: bool,
        compiled: OnceLock<Option<Regex>>,
    },
}

#[derive(Default)]
struct Needle {
    words: Vec<u32>,
    expressions: Vec<u32>,
}

impl FieldIndex {
    /// Adds a value; returns its number.
    pub(crate) fn add(&mut self, pattern: &Pattern) -> u32 {
        if let Some(number) = self.numbers.get(pattern) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).expect("rules and their values are limited");
        match pattern {
            Pattern::Words(text) => {
                self.needle(pattern::words(text)).words.push(number);
                self.values.push(Value::Words);
            }
            Pattern::Regex(text) => {
                let seeds = pattern::seeds(text);
                let has_needles = seeds.is_some();
                for seed in seeds.into_iter().flatten() {
                    self.needle(seed).expressions.push(number);
                }
                self.values.push(Value::Regex { pattern: text.clone(), has_needles, compiled: OnceLock::new() });
            }
        }
        self.numbers.insert(pattern.clone(), number);
        number
    }

    fn needle(&mut self, text: String) -> &mut Needle {
        let at = *self.by_text.entry(text).or_insert_with(|| {
            self.needles.push(Needle::default());
            self.needles.len() - 1
        });
        &mut self.needles[at]
    }

    /// Returns what searches for all needles; `None` without any.
    fn searcher(&self) -> Option<&AhoCorasick> {
        let build = || {
            let mut texts = vec![""; self.needles.len()];
            self.by_text.iter().for_each(|(text, at)| texts[*at] = text);
            // Rules are limited in number and length, far below what does not fit.
            let built = AhoCorasick::builder().match_kind(MatchKind::Standard).build(texts);
            built.ok().filter(|_| !self.needles.is_empty())
        };
        self.searcher.get_or_init(build).as_ref()
    }
}

/// The search of one field of an entry.
pub(crate) struct FieldSearch<'a> {
    index: &'a FieldIndex,
    texts: OnceCell<Found<'a>>,
}

struct Found<'a> {
    texts: Vec<&'a str>,
    /// What is known of each value.
    values: Vec<Cell<Known>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// It does not match.
    No,
    /// It is an expression that may match.
    Perhaps,
    Yes,
}

impl<'a> FieldSearch<'a> {
    pub(crate) fn new(index: &'a FieldIndex) -> Self {
        Self { index, texts: OnceCell::new() }
    }

    /// Returns whether the value with this number matches one of the texts, which are asked for once.
    pub(crate) fn matches(&self, number: u32, texts: impl FnOnce() -> Vec<&'a str>) -> bool {
        let found = self.texts.get_or_init(|| self.search(texts()));
        let known = &found.values[number as usize];
        if known.get() == Known::Perhaps {
            let matches = match &self.index.values[number as usize] {
                Value::Regex { pattern, compiled, .. } => {
                    let compiled = compiled.get_or_init(|| pattern::compile(pattern).ok());
                    compiled.as_ref().is_some_and(|regex| found.texts.iter().any(|text| regex.is_match(text)))
                }
                Value::Words => false,
            };
            known.set(if matches { Known::Yes } else { Known::No });
        }
        known.get() == Known::Yes
    }

    fn search(&self, texts: Vec<&'a str>) -> Found<'a> {
        let of = |value: &Value| match value {
            Value::Regex { has_needles: false, .. } => Cell::new(Known::Perhaps),
            _ => Cell::new(Known::No),
        };
        let values: Vec<Cell<Known>> = self.index.values.iter().map(of).collect();
        if let Some(searcher) = self.index.searcher() {
            let mut folded = String::new();
            for text in &texts {
                fold_into(&mut folded, text);
                // No needle contains a line break.
                folded.push('\n');
            }
            for found in searcher.find_overlapping_iter(&folded) {
                let needle = &self.index.needles[found.pattern().as_usize()];
                for number in &needle.expressions {
                    values[*number as usize].set(Known::Perhaps);
                }
                if !needle.words.is_empty() && is_whole(&folded, found.start(), found.end()) {
                    needle.words.iter().for_each(|number| values[*number as usize].set(Known::Yes));
                }
            }
        }
        Found { texts, values }
    }
}
