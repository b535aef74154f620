//! The small words and cues of a language beside English.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use dateline_model::Gender;
use dateline_text::{Language, List};

use crate::class::Class;

/// The lists of a language.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// The class of each small word.
    pub classes: HashMap<&'static str, Class>,
    /// The lemma of each form that introduces speech.
    pub cues: HashMap<&'static str, &'static str>,
    /// The forms of verbs in the mood of reported speech.
    pub subjunctives: HashSet<&'static str>,
    /// The gender of each pronoun for a speaker.
    pub pronouns: HashMap<&'static str, Gender>,
    /// The gender of each pronoun that stands for a source behind a preposition alone: "selon lui".
    pub oblique: HashMap<&'static str, Gender>,
    /// Pronouns that are subjects and name no speaker: "on", "nous".
    pub nominative: HashSet<&'static str>,
    /// Phrases before a source ("selon", "de acuerdo con"), by their first word.
    pub according: HashMap<&'static str, Vec<Phrase>>,
    /// Titles and offices before a name.
    pub titles: Vec<&'static str>,
    /// Months and days of the week.
    pub times: HashSet<&'static str>,
}

/// A phrase before the source of what is reported.
#[derive(Debug)]
pub(crate) struct Phrase {
    /// Its words, in lower case.
    pub words: Vec<&'static str>,
    /// Whether it has other meanings, so that only a name and a comma behind it show that it reports: "pour Hélène Garrigue,".
    pub weak: bool,
}

/// Returns the lists of a language, which are read once; `None` for English, whose lists are in the code.
pub(crate) fn lists(language: Language) -> Option<&'static Lists> {
    static ALL: LazyLock<HashMap<Language, Lists>> =
        LazyLock::new(|| Language::all().map(|language| (language, Lists::read(language))).collect());
    if language == Language::ENGLISH { None } else { ALL.get(&language) }
}

impl Lists {
    /// Returns whether quotations are found in the language.
    pub(crate) fn has_quotations(&self) -> bool {
        !self.cues.is_empty()
    }

    fn read(language: Language) -> Self {
        let mut lists = Self::default();
        for line in language.lines(List::WordClasses) {
            let mut words = line.split_whitespace();
            let Some(name) = words.next() else { continue };
            if name == SUBJUNCTIVE {
                lists.subjunctives.extend(words);
                continue;
            }
            let Some(class) = class(name) else { continue };
            for word in words {
                lists.classes.entry(word).or_insert(class);
            }
        }
        for line in language.lines(List::Cues) {
            let mut forms = line.split_whitespace();
            let Some(lemma) = forms.next() else { continue };
            for form in forms {
                lists.cues.entry(form).or_insert(lemma);
            }
        }
        for line in language.lines(List::Pronouns) {
            let (gender, words) = line.split_once(' ').unwrap_or_default();
            if gender == "n" {
                lists.nominative.extend(words.split_whitespace());
                continue;
            }
            let meaning = if gender.starts_with('f') { Gender::Female } else { Gender::Male };
            let list = if gender.ends_with('+') { &mut lists.oblique } else { &mut lists.pronouns };
            list.extend(words.split_whitespace().map(|word| (word, meaning)));
        }
        for line in language.lines(List::According) {
            let weak = line.starts_with("? ");
            let words: Vec<&str> = line.trim_start_matches("? ").split_whitespace().collect();
            let Some(&first) = words.first() else { continue };
            lists.according.entry(first).or_default().push(Phrase { words, weak });
        }
        lists.times = language.lines(List::Times).flat_map(str::split_whitespace).collect();
        lists.titles = language
            .lines(List::Titles)
            .flat_map(str::split_whitespace)
            .filter(|word| !matches!(*word, "m" | "f" | "-"))
            .collect();
        lists.titles.sort_unstable();
        lists
    }
}

/// The name of the line of verbs in the mood of reported speech, which may have a class too.
const SUBJUNCTIVE: &str = "subjunctive";

fn class(name: &str) -> Option<Class> {
    Some(match name {
        "pronoun" => Class::Pronoun,
        "determiner" => Class::Determiner,
        "preposition" => Class::Preposition,
        "auxiliary" => Class::Auxiliary,
        "conjunction" => Class::Conjunction,
        "that" => Class::That,
        "question" => Class::Question,
        "subordinator" => Class::Subordinator,
        "adverb" => Class::Adverb,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_the_lists_is_known() {
        for language in Language::all() {
            for line in language.lines(List::WordClasses) {
                let name = line.split_whitespace().next().unwrap();
                assert!(name == SUBJUNCTIVE || class(name).is_some(), "{language:?}: {name}");
            }
            assert!(
                lists(language).is_none_or(|lists| lists.has_quotations() != lists.pronouns.is_empty()),
                "{language:?}"
            );
        }
    }
}
