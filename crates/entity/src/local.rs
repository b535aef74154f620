//! The lists of a language beside English: countries, titles, particles.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use dateline_model::Gender;
use dateline_text::{Language, List};

use crate::role_words::RoleWords;

/// A country in a language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Country {
    /// The published English name.
    pub english: &'static str,
    /// The usual name in the language.
    pub usual: &'static str,
}

/// The lists of a language.
#[derive(Debug, Default)]
pub(crate) struct Local {
    /// By each name in the language.
    pub countries: HashMap<&'static str, Country>,
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
        for line in language.lines(List::Countries) {
            let mut columns = line.split('|').map(|column| column.split(',').map(str::trim).filter(|n| !n.is_empty()));
            let english = columns.next().and_then(|mut names| names.next()).unwrap_or_default();
            let names: Vec<&'static str> = columns.next().into_iter().flatten().collect();
            for name in &names {
                local.countries.insert(name, Country { english, usual: names[0] });
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
}
