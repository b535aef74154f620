//! Resolves names of organisations: acronyms, omitted legal forms, first words alone.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use dateline_model::{Kind, Name, lexicon};
use dateline_text::Document;

use super::{bare, shouted};
use crate::local::Local;

/// The maximum number of names that begin with one word; the others stand for themselves.
const SHARED: usize = 16;

pub(super) struct Organisations {
    local: Option<&'static Local>,
    /// Acronyms (letters only) and the key of what they stand for.
    acronyms: HashMap<String, String>,
    /// Short forms and the key of the one longer name that begins with them.
    short: HashMap<String, String>,
}

impl Organisations {
    pub(super) fn new(document: &Document, names: &[Name], local: Option<&'static Local>) -> Self {
        let english = |words: &str| local.and_then(|local| local.english(words));
        let named: Vec<&Name> = names.iter().filter(|name| name.kind == Kind::Organisation).collect();
        let mut acronyms: HashMap<String, String> = HashMap::new();
        let mut by_first: HashMap<String, Vec<String>> = HashMap::new();
        for name in named.iter().filter(|name| name.tokens.len() > 1) {
            let words = document.words(&name.tokens);
            let key = plain(english(words).unwrap_or(words));
            // "UE" is the European Union, whatever else has these initials.
            for initials in initials(words, local).into_iter().filter(|initials| english(initials).is_none()) {
                acronyms.entry(initials).or_insert_with(|| key.clone());
            }
            // "Union of Fishers and Boatmen (UFB)": what stands in brackets after a name is its acronym.
            let behind = name.tokens.end;
            if document.word(behind) == "(" && document.word(behind + 2) == ")" {
                let letters = letters(document.word(behind + 1));
                let first = words.chars().find(|c| c.is_uppercase());
                if is_acronym(document.word(behind + 1)) && letters.chars().next() == first {
                    acronyms.insert(letters, key.clone());
                }
            }
            let key = plain(words);
            let Some(first) = key.split(' ').next() else { continue };
            let list = by_first.entry(first.to_owned()).or_default();
            if list.len() < SHARED && !list.contains(&key) {
                list.push(key);
            }
        }
        let mut short = HashMap::new();
        let forms: HashSet<&str> = named.iter().map(|name| document.words(&name.tokens)).collect();
        let may_be_short = |words: &&str| may_be_short(words, local) && english(words).is_none();
        for key in forms.into_iter().filter(may_be_short).map(plain) {
            let longer = key.split(' ').next().and_then(|first| by_first.get(first)).into_iter().flatten();
            let mut longer = longer.filter(|long| long.strip_prefix(&*key).is_some_and(|rest| rest.starts_with(' ')));
            if let (Some(one), None) = (longer.next(), longer.next()) {
                short.insert(key, plain(english(one).unwrap_or(one)));
            }
        }
        Self { local, acronyms, short }
    }

    pub(super) fn key(&self, words: &str) -> String {
        let key = plain(words);
        if is_acronym(words)
            && let Some(full) = self.acronyms.get(&letters(words))
        {
            return full.clone();
        }
        if let Some(long) = self.short.get(&key) {
            return long.clone();
        }
        // "ONU" and "Nations unies" are one, though neither is explained.
        if let Some(english) = self.local.and_then(|local| local.english(words)) {
            return plain(english);
        }
        // "U.N." and "UN" are one, though neither is explained.
        if is_acronym(words) { letters(words).to_lowercase() } else { key }
    }
}

/// Returns the bare words without the legal form of a company.
fn plain(words: &str) -> String {
    static FORMS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let lines = include_str!("../data/legal-forms.txt").lines().filter(|line| !line.starts_with('#'));
        lines.flat_map(str::split_whitespace).collect()
    });
    let key = bare(words);
    let mut rest = key.trim_end_matches(['.', ',']);
    while let Some((head, last)) = rest.rsplit_once(' ') {
        // "GmbH & Co. KG" has several.
        if last != "&" && !FORMS.contains(&*last.replace('.', "")) {
            break;
        }
        rest = head.trim_end_matches(['.', ',']);
    }
    rest.to_owned()
}

/// Returns whether the name can stand for a longer one that begins with it: not what names an organisation of its own, or a sort of them.
fn may_be_short(words: &str, local: Option<&Local>) -> bool {
    let sort = |word: &str| {
        lexicon().organisation_words.contains(word) || local.is_some_and(|local| local.is_sort_of_organisation(word))
    };
    !is_acronym(words) && !lexicon().organisations.contains(words) && !words.split_whitespace().all(sort)
}

fn is_acronym(words: &str) -> bool {
    (2..=10).contains(&words.chars().filter(|c| c.is_alphabetic()).count())
        && shouted(words)
        && words.chars().all(|c| c.is_alphabetic() || c == '.')
}

fn letters(words: &str) -> String {
    words.chars().filter(|c| c.is_alphabetic()).collect()
}

/// Returns the first letters of the words with a capital, those of all words, and those of all but the small ones: "Organisation des
/// Nations unies" is ONU.
fn initials(words: &str, local: Option<&Local>) -> Vec<String> {
    let marks = |c: char| c.is_whitespace() || c == '-' || local.is_some() && matches!(c, '\'' | '\u{2019}');
    let parts = || words.split(marks).filter(|part| *part != "The");
    let first = |part: &str| part.chars().next();
    let is_small = |part: &str| {
        local.is_some_and(|local| local.roles.is_small(part) || local.particles.contains(part) || part.len() == 1)
    };
    let capitals: String = parts().filter_map(first).filter(|c| c.is_uppercase()).collect();
    let all: String = parts().filter_map(first).flat_map(char::to_uppercase).collect();
    let large: String = parts().filter(|part| !is_small(part)).filter_map(first).flat_map(char::to_uppercase).collect();
    let mut initials = vec![capitals];
    for letters in [all, large] {
        if !initials.contains(&letters) {
            initials.push(letters);
        }
    }
    initials.retain(|initials| initials.chars().count() > 1);
    initials
}
