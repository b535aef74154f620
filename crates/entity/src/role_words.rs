//! The words of roles in a language beside English: offices, and the words that stand with them.

use std::collections::{HashMap, HashSet};

use dateline_text::{Language, List};

/// The fewest letters before the last part of a compound: "Außenminister".
const LEAST: usize = 3;
/// The endings of other cases and of plurals, in all languages that have them.
const ENDINGS: [&str; 4] = ["s", "es", "n", "en"];

/// What a word is within a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// "président", which opens the role.
    Office,
    /// "américain" in "président américain".
    Adjective,
    /// "de" in "ministre de la Justice".
    Link,
    /// "la" in "ministre de la Justice".
    Article,
    /// "y" in "ministra de Educación y Cultura".
    And,
    /// A word with a capital.
    Proper,
    /// A word in lower case that no list has.
    Plain,
    /// What stands in no role: marks, numbers, verbs that help others, months.
    Outside,
}

/// The classes of words in `entity-words.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    Office,
    Suffix,
    Prefix,
    Qualifier,
    Adjective,
    Field,
    Relation,
    Link,
    Article,
    And,
    Aim,
    Marker,
    Organisation,
    /// The words of `address.txt`.
    Address,
}

/// Returns the class of a line.
fn class(name: &str) -> Option<Class> {
    Some(match name {
        "office" => Class::Office,
        "suffix" => Class::Suffix,
        "prefix" => Class::Prefix,
        "qualifier" => Class::Qualifier,
        "adjective" => Class::Adjective,
        "field" => Class::Field,
        "relation" => Class::Relation,
        "link" => Class::Link,
        "article" => Class::Article,
        "and" => Class::And,
        "aim" => Class::Aim,
        "marker" => Class::Marker,
        "organisation" => Class::Organisation,
        _ => return None,
    })
}

/// The words of a language, in lower case.
#[derive(Debug, Default)]
pub(crate) struct RoleWords {
    classes: HashMap<Class, HashSet<String>>,
    /// Offices that are also verbs.
    weak: HashSet<&'static str>,
    /// Words that stand outside roles, unless another class has them.
    outside: HashSet<&'static str>,
    determiners: HashSet<&'static str>,
    has_genitive_s: bool,
}

impl RoleWords {
    /// Reads the lists; `titles` are words before names, of which those of `address` name no office.
    pub(crate) fn read<'a>(
        language: Language,
        titles: impl Iterator<Item = &'a str>,
        address: &HashSet<&'static str>,
    ) -> Self {
        let mut words = Self { has_genitive_s: language.has_genitive_s(), ..Self::default() };
        let address: HashSet<String> = address.iter().map(|word| lower(word)).collect();
        let titles = titles.map(lower).filter(|title| !address.contains(title));
        words.classes.insert(Class::Office, titles.collect());
        words.classes.insert(Class::Address, address);
        for line in language.lines(List::EntityWords) {
            let mut entries = line.split_whitespace();
            let Some(class) = entries.next().and_then(class) else { continue };
            for entry in entries {
                let word = entry.trim_end_matches('?');
                if word.len() < entry.len() {
                    words.weak.insert(word);
                }
                words.classes.entry(class).or_default().insert(lower(word));
                // "Minister" is one as "Außenminister" is.
                if class == Class::Suffix {
                    words.classes.entry(Class::Office).or_default().insert(lower(word));
                }
            }
        }
        for line in language.lines(List::WordClasses) {
            let mut entries = line.split_whitespace();
            if entries.next() == Some("determiner") {
                words.determiners.extend(entries.clone());
            }
            words.outside.extend(entries);
        }
        words.outside.extend(language.lines(List::Times).flat_map(str::split_whitespace));
        words
    }

    fn has(&self, class: Class, word: &str) -> bool {
        self.classes.get(&class).is_some_and(|words| words.contains(word))
    }

    /// Returns whether a word is an office: "Minister", "Außenminister", "CDU-Chef", "expresidente".
    pub(crate) fn is_office(&self, word: &str) -> bool {
        let word = lower(word);
        let last = word.rsplit_once('-').map_or(&*word, |(_, last)| last);
        !self.has(Class::Qualifier, &word)
            && (self.has(Class::Office, &word) || self.has(Class::Office, last) || self.is_joined(last))
    }

    /// Returns whether a word is an office with what its language joins to it.
    fn is_joined(&self, word: &str) -> bool {
        let list = |class: Class| self.classes.get(&class).into_iter().flatten();
        let first = |suffix: &String| word.strip_suffix(&**suffix);
        let long = |first: &str| first.chars().count() >= LEAST && first.chars().all(char::is_alphabetic);
        list(Class::Suffix).any(|suffix| first(suffix).is_some_and(long))
            || list(Class::Prefix)
                .any(|prefix| word.strip_prefix(&**prefix).is_some_and(|rest| self.has(Class::Office, rest)))
    }

    /// Returns an office that stands in another case or number, in the nominative: "Präsident" for "Präsidenten", "ministro" for
    /// "ministros".
    pub(crate) fn nominative<'a>(&self, word: &'a str) -> Option<&'a str> {
        if self.is_office(word) {
            return None;
        }
        ENDINGS.iter().filter_map(|ending| word.strip_suffix(ending)).find(|stem| self.is_office(stem))
    }

    /// Returns whether a word is an office only where nothing speaks for a verb: "leder", which is "leads" too.
    pub(crate) fn is_weak(&self, word: &str) -> bool {
        self.weak.contains(&*lower(word))
    }

    /// Returns whether the word before one shows that it is an office: "daglig leder", "landets leder", "sier leder".
    pub(crate) fn shows_office(&self, word: &str) -> bool {
        self.has(Class::Marker, &lower(word)) || self.is_qualifier(word) || self.has_genitive_s && word.ends_with('s')
    }

    /// Returns whether a word belongs to the office after it: "ancien", "stellvertretender".
    pub(crate) fn is_qualifier(&self, word: &str) -> bool {
        self.has(Class::Qualifier, &lower(word))
    }

    /// Returns whether a word is an office and an adjective, as "général" is.
    pub(crate) fn is_adjective(&self, word: &str) -> bool {
        self.has(Class::Adjective, &lower(word))
    }

    /// Returns whether a noun in lower case is a field, not a person: "justice".
    pub(crate) fn is_field(&self, word: &str) -> bool {
        self.has(Class::Field, word)
    }

    /// Returns whether a word says who somebody is by another person: "esposa".
    pub(crate) fn is_relation(&self, word: &str) -> bool {
        self.has(Class::Relation, &lower(word))
    }

    /// Returns whether a word only addresses somebody: "Dr.".
    pub(crate) fn is_address(&self, word: &str) -> bool {
        self.has(Class::Address, &lower(word))
    }

    /// Returns whether an office after this word is one that somebody does not hold yet: "candidato a presidente".
    pub(crate) fn is_aim(&self, word: &str) -> bool {
        self.has(Class::Aim, word)
    }

    /// Returns whether a word may stand before a role as its article.
    pub(crate) fn is_determiner(&self, word: &str) -> bool {
        let word = lower(word);
        self.has(Class::Article, &word) || self.determiners.contains(&*word)
    }

    /// Returns whether a word may be the genitive of a name: "Norges" before "statsminister".
    pub(crate) fn is_genitive(&self, word: &str) -> bool {
        self.has_genitive_s && word.starts_with(char::is_uppercase) && word.ends_with('s') && !self.is_office(word)
    }

    /// Returns whether a word joins others: "and".
    pub(crate) fn is_and(&self, word: &str) -> bool {
        self.has(Class::And, word)
    }

    /// Returns whether a word names a sort of organisation by itself.
    pub(crate) fn is_sort_of_organisation(&self, word: &str) -> bool {
        self.has(Class::Organisation, &lower(word))
    }

    /// Returns whether a word is small: acronyms leave it out.
    pub(crate) fn is_small(&self, word: &str) -> bool {
        let word = &*lower(word);
        [Class::Link, Class::Article, Class::And].iter().any(|&class| self.has(class, word))
            || self.outside.contains(word)
    }

    /// Returns what a word is after the office of a role, and after a link or not.
    pub(crate) fn part(&self, word: &str, after_link: bool) -> Part {
        let letters = word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '\'' | '\u{2019}' | '&'));
        let word = &*word.replace('\u{2019}', "'");
        if !letters || !word.starts_with(char::is_alphabetic) {
            return Part::Outside;
        }
        match word {
            _ if after_link && self.has(Class::Article, word) => Part::Article,
            _ if self.has(Class::Link, word) => Part::Link,
            _ if self.has(Class::And, word) => Part::And,
            _ if self.has(Class::Adjective, word) => Part::Adjective,
            _ if after_link && self.has(Class::Field, word) => Part::Plain,
            _ if self.outside.contains(word) => Part::Outside,
            _ if word.starts_with(char::is_uppercase) => Part::Proper,
            _ => Part::Plain,
        }
    }
}

fn lower(word: &str) -> String {
    word.to_lowercase().replace('\u{2019}', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_the_lists_is_known() {
        for language in Language::all() {
            for line in language.lines(List::EntityWords) {
                let name = line.split_whitespace().next().unwrap();
                assert!(class(name).is_some(), "{language:?}: {name}");
            }
        }
    }

    #[test]
    fn compounds_and_other_cases_are_known() {
        for (language, word, office, nominative) in [
            ("de", "Außenminister", true, None),
            ("de", "US-Präsident", true, None),
            ("de", "Präsidenten", false, Some("Präsident")),
            ("de", "Ministerium", false, None),
            ("de", "Dr.", false, None),
            ("es", "exministro", true, None),
            ("es", "administra", false, None),
            ("fr", "vice-présidente", true, None),
            ("fr", "primaire", false, None),
            ("nl", "Oud-minister", true, None),
            ("sv", "statsministern", true, None),
            ("nb", "utenriksminister", true, None),
            ("nb", "avleder", false, None),
        ] {
            let words = &crate::local::local(Language::of(language).unwrap()).unwrap().roles;
            assert_eq!((words.is_office(word), words.nominative(word)), (office, nominative), "{language}: {word}");
        }
    }
}
