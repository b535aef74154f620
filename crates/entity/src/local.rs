//! The lists of a language beside English: countries and other known names, titles, particles.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use dateline_model::Gender;
use dateline_text::{Language, List};

use crate::role_words::RoleWords;

/// The lists of a language.
#[derive(Debug, Default)]
pub(crate) struct Local {
    /// The usual name of a country, by each of its names.
    pub countries: HashMap<&'static str, &'static str>,
    /// The published English name of a country, place or organisation, by its folded names; `None` if a name stands for more than one
    /// thing.
    english: HashMap<String, Option<&'static str>>,
    /// The English name of the country, by each word for its people.
    pub demonyms: HashMap<&'static str, &'static str>,
    /// Titles and offices, with the gender that they give.
    pub titles: HashMap<&'static str, Option<Gender>>,
    /// Forms of address, which name no office.
    pub address: HashSet<&'static str>,
    /// Small words within names, in lower case.
    pub particles: HashSet<&'static str>,
    /// Head words of organisations' names, in lower case.
    organisation_words: HashSet<String>,
    /// Words of roles.
    pub roles: RoleWords,
}

/// Returns the lists of a language, which are read once; `None` for English, whose lists are in the model's lexicon.
pub(crate) fn local(language: Language) -> Option<&'static Local> {
    static ALL: LazyLock<HashMap<Language, Local>> =
        LazyLock::new(|| Language::all().map(|language| (language, Local::read(language))).collect());
    if language == Language::ENGLISH { None } else { ALL.get(&language) }
}

impl Local {
    /// Returns whether a word names a sort of organisation by itself: "Universität".
    pub(crate) fn is_sort_of_organisation(&self, word: &str) -> bool {
        self.organisation_words.contains(&word.to_lowercase()) || self.roles.is_sort_of_organisation(word)
    }

    fn read(language: Language) -> Self {
        let mut local = Self::default();
        for line in language.lines(List::Known) {
            let mut names = line.split('|');
            let english = names.next().filter(|english| *english != "?");
            names.for_each(|name| local.add_english(name, english));
        }
        for line in language.lines(List::Countries) {
            let mut columns = line.split('|').map(|column| column.split(',').map(str::trim).filter(|n| !n.is_empty()));
            let english = columns.next().and_then(|mut names| names.next()).unwrap_or_default();
            let names: Vec<&'static str> = columns.next().into_iter().flatten().collect();
            for name in &names {
                local.countries.insert(name, names[0]);
                local.add_english(name, Some(english));
            }
            local.demonyms.extend(columns.next().into_iter().flatten().map(|word| (word, english)));
        }
        let mut gender = None;
        for word in language.lines(List::Titles).flat_map(str::split_whitespace) {
            match word {
                "m" => gender = Some(Gender::Male),
                "f" => gender = Some(Gender::Female),
                "-" => gender = None,
                _ => {
                    local.titles.insert(word, gender);
                }
            }
        }
        local.organisation_words =
            language.lines(List::OrganisationWords).flat_map(str::split_whitespace).map(str::to_lowercase).collect();
        local.address = language.lines(List::Address).flat_map(str::split_whitespace).collect();
        local.particles = language.lines(List::Particles).flat_map(str::split_whitespace).collect();
        local.roles = RoleWords::read(language, local.titles.keys().copied(), &local.address);
        local
    }

    /// Adds a name unless the lists before have it, since what stands in `known.txt` is more exact.
    fn add_english(&mut self, name: &str, english: Option<&'static str>) {
        let name = folded(name);
        self.english.entry(name.clone()).or_insert(english);
        // Headlines may be all in capitals.
        self.english.entry(name.to_uppercase()).or_insert(english);
    }

    /// Returns the published English name of a country, place or organisation.
    pub(crate) fn english(&self, name: &str) -> Option<&'static str> {
        self.english.get(&folded(name)).copied().flatten()
    }

    /// Returns whether the name stands for more than one thing, though the table of links has only one of them.
    pub(crate) fn is_ambiguous(&self, name: &str) -> bool {
        self.english.get(&folded(name)) == Some(&None)
    }
}

/// Returns the name as it is looked up: several words in lower case, as texts vary in their capitals; a single word as it is, as "Who" is
/// not "WHO".
fn folded(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let joined = words.join(" ").replace('\u{2019}', "'");
    if words.len() > 1 { joined.to_lowercase() } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge;

    #[test]
    fn known_names_are_in_the_table_of_links() {
        let base = knowledge::default();
        for language in Language::all() {
            let lines: Vec<&str> = language.lines(List::Known).collect();
            assert!(lines.is_sorted_by_key(|line| line.split('|').next()), "{language:?}: sort known.txt");
            let mut seen = HashSet::new();
            for line in lines {
                let (english, names) = line.split_once('|').unwrap_or_else(|| panic!("{language:?}: {line}"));
                let linked = english == "?" || base.named(english).count() == 1;
                assert!(linked, "{language:?}: {english} is not a single entry of the table");
                for name in names.split('|') {
                    assert_eq!(name, name.trim(), "{language:?}: {line}");
                    assert!(!name.is_empty() && name != english, "{language:?}: {line}");
                    assert!(seen.insert(folded(name)), "{language:?}: {name} stands twice");
                }
            }
        }
    }

    #[test]
    fn a_name_is_found_as_texts_write_it() {
        let of = |language: &str, name: &str| local(Language::of(language).unwrap()).unwrap().english(name);
        for (language, name, want) in [
            ("de", "Wien", Some("Vienna")),
            ("de", "WIEN", Some("Vienna")),
            ("de", "Frankreich", Some("France")),
            ("de", "Who", None),
            ("de", "Georgien", Some("Republic of Georgia")),
            ("fr", "Nations Unies", Some("United Nations")),
            ("fr", "NATIONS UNIES", Some("United Nations")),
            ("fr", "Conseil de l\u{2019}Europe", Some("Council of Europe")),
            ("fr", "Vienne", None),
            ("it", "Onu", Some("United Nations")),
            ("it", "Monaco", None),
        ] {
            assert_eq!(of(language, name), want, "{language}: {name}");
        }
        assert!(local(Language::of("it").unwrap()).unwrap().is_ambiguous("Monaco"));
    }
}
