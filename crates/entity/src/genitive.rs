//! The genitive of names: "Merkels", "Scholz'", "Rutte's", "EUs" are Merkel, Scholz, Rutte, EU.

use std::collections::HashSet;

use dateline_model::names::{is_first_name, is_surname};
use dateline_model::{Kind, Name};
use dateline_text::{Document, Language};

use crate::local::local;

/// The shortest name that a genitive "s" may follow, in characters.
const LEAST: usize = 4;

/// The last words of a text's names, which tell whether an "s" belongs to a name.
pub(crate) struct Genitives<'a> {
    document: &'a Document,
    /// Empty in languages without such a genitive.
    lasts: HashSet<&'a str>,
}

impl<'a> Genitives<'a> {
    pub(crate) fn new(document: &'a Document, names: &[Name]) -> Self {
        let has_genitive = document.language().has_genitive_s();
        let lasts = names.iter().filter(|_| has_genitive).map(|name| document.word(name.tokens.end - 1)).collect();
        Self { document, lasts }
    }

    /// Returns the words of a name in the nominative.
    pub(crate) fn words(&self, name: &Name) -> &'a str {
        let words = self.document.words(&name.tokens);
        if self.document.language() == Language::ENGLISH || self.lasts.is_empty() {
            return words;
        }
        let last = self.document.word(name.tokens.end - 1);
        if let Some(bare) = words.strip_suffix("'s").or_else(|| words.strip_suffix("\u{2019}s")) {
            return bare;
        }
        if let Some(bare) = words.strip_suffix(['\'', '\u{2019}']) {
            return bare;
        }
        let is_known = |name: &str| local(self.document.language()).is_some_and(|local| local.english(name).is_some());
        if matches!(name.kind, Kind::Place | Kind::Organisation)
            && let Some(bare) = words.strip_suffix('s').filter(|bare| is_known(bare) && !is_known(words))
        {
            return bare;
        }
        let Some(stem) = last.strip_suffix('s').filter(|stem| stem.chars().count() >= LEAST) else {
            return words;
        };
        let known = |word: &str| {
            local(self.document.language()).is_some_and(|local| local.countries.contains_key(word))
                || is_surname(word)
                || is_first_name(word)
        };
        let plain = stem.chars().all(|c| c.is_alphabetic() || c == '-') && stem.ends_with(char::is_lowercase);
        if plain && (self.lasts.contains(stem) || !known(last) && known(stem)) {
            &words[..words.len() - 1]
        } else {
            words
        }
    }
}
