//! Hand-written lists of well-known names: countries, places, organisations, first names, titles.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The gender of the people with a first name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Gender {
    Female,
    Male,
}

/// The lists of names.
pub struct Lexicon {
    /// The names of places, as written, with the name under which each is published.
    pub places: HashMap<&'static str, &'static str>,
    /// The published name of each country.
    pub countries: HashSet<&'static str>,
    /// Words for the people and things of a country, with the country.
    pub demonyms: HashMap<&'static str, &'static str>,
    /// Names of organisations.
    pub organisations: HashSet<&'static str>,
    /// First names, with their gender; `None` if both women and men have the name.
    pub first_names: HashMap<&'static str, Option<Gender>>,
    /// Titles and roles that precede a name.
    pub titles: HashSet<&'static str>,
    /// The head words of organisations' names.
    pub organisation_words: HashSet<&'static str>,
    /// Last words of places' names.
    pub place_words: HashSet<&'static str>,
    /// Lower-case words that are never names, however they are written.
    pub common: HashSet<&'static str>,
    /// Months and weekdays, in lower case, in full or abbreviated.
    pub times: HashSet<&'static str>,
    /// The number of words of the longest name of a place, demonym or organisation.
    pub longest: usize,
}

const TIMES: &str = "january february march april may june july august september october november december jan. feb. mar. apr. \
    jun. jul. aug. sept. sep. oct. nov. dec. monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun";

/// Returns the lists, which are read once.
pub fn lexicon() -> &'static Lexicon {
    static LEXICON: LazyLock<Lexicon> = LazyLock::new(read);
    &LEXICON
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn words(text: &'static str) -> HashSet<&'static str> {
    lines(text).flat_map(str::split_whitespace).collect()
}

fn names(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}

fn read() -> Lexicon {
    let mut places = HashMap::new();
    let mut demonyms = HashMap::new();
    let mut countries = HashSet::new();
    for name in lines(include_str!("data/places.txt")).flat_map(names) {
        places.insert(name, name);
    }
    for line in lines(include_str!("data/countries.txt")) {
        let mut columns = line.split('|');
        let name = columns.next().unwrap_or_default();
        countries.insert(name);
        for other in [name].into_iter().chain(columns.next().into_iter().flat_map(names)) {
            places.insert(other, name);
        }
        demonyms.extend(columns.next().into_iter().flat_map(names).map(|word| (word, name)));
        for capital in columns.next().into_iter().flat_map(names) {
            places.entry(capital).or_insert(capital);
        }
    }
    places.insert("Kiev", "Kyiv");
    let mut first_names: HashMap<&str, Option<Gender>> = HashMap::new();
    for line in lines(include_str!("data/first-names.txt")) {
        let mut row = line.split_whitespace();
        let gender = if row.next() == Some("f") { Gender::Female } else { Gender::Male };
        for name in row {
            let known = first_names.entry(name).or_insert(Some(gender));
            if *known != Some(gender) {
                *known = None;
            }
        }
    }
    let organisations: HashSet<&str> = lines(include_str!("data/organisations.txt")).flat_map(names).collect();
    let all = places.keys().chain(demonyms.keys()).chain(&organisations);
    let longest = all.map(|name| name.split(' ').count()).max().unwrap_or(1) + 1; // "Standard & Poor's" has one more token
    Lexicon {
        longest,
        places,
        countries,
        demonyms,
        organisations,
        first_names,
        titles: words(include_str!("data/titles.txt")),
        organisation_words: words(include_str!("data/organisation-words.txt")),
        place_words: words(include_str!("data/place-words.txt")),
        common: words(include_str!("data/common-words.txt")),
        times: words(TIMES),
    }
}
