//! Which names mean the same.

use std::collections::HashMap;

use crate::model::{Kind, Name, lexicon};
use crate::text::Document;

/// The names of one entity.
pub(super) struct Group {
    /// The fullest form.
    pub name: String,
    pub kind: Kind,
    /// Places in the list of names, in order.
    pub names: Vec<usize>,
}

/// Groups the names: equal ones; other names of a country; acronyms of an organisation; a surname and the full name.
pub(super) fn groups(document: &Document, names: &[Name]) -> Vec<Group> {
    let persons = Persons::new(document, names);
    let acronyms = acronyms(document, names);
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<(Kind, String), usize> = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        let words = document.words(&name.tokens);
        let full = match name.kind {
            Kind::Person => persons.full(document, name).unwrap_or_else(|| words.to_owned()),
            Kind::Place => place(words),
            Kind::Organisation => acronyms.get(words).cloned().unwrap_or_else(|| words.to_owned()),
            Kind::Event | Kind::Other => words.to_owned(),
        };
        let bare = full.strip_prefix("The ").or_else(|| full.strip_prefix("the ")).unwrap_or(&full).to_lowercase();
        let place = *places.entry((name.kind, bare)).or_insert_with(|| {
            groups.push(Group { name: full, kind: name.kind, names: Vec::new() });
            groups.len() - 1
        });
        groups[place].names.push(index);
    }
    groups
}

/// The one name of a place that has several.
fn place(words: &str) -> String {
    let known = lexicon().places.get(words).or_else(|| lexicon().places.get(words.trim_end_matches('.')));
    known.map_or_else(|| words.to_owned(), |name| (*name).to_owned())
}

/// Full names of persons by their words.
struct Persons {
    /// Last word to the full names that end in it, in order, with the place of their first mention.
    by_last: HashMap<String, Vec<(usize, String)>>,
    /// First word likewise.
    by_first: HashMap<String, Vec<(usize, String)>>,
}

/// Full names that share a word, at most; the others stand for themselves.
const SHARED: usize = 16;

impl Persons {
    fn new(document: &Document, names: &[Name]) -> Self {
        let mut persons = Self { by_last: HashMap::new(), by_first: HashMap::new() };
        for name in names.iter().filter(|name| name.kind == Kind::Person && name.tokens.len() > 1) {
            let full = document.words(&name.tokens).to_owned();
            let add = |map: &mut HashMap<String, Vec<(usize, String)>>, word: &str| {
                let list = map.entry(word.to_lowercase()).or_default();
                if list.len() < SHARED && list.iter().all(|(_, known)| *known != full) {
                    list.push((name.tokens.start, full.clone()));
                }
            };
            add(&mut persons.by_last, document.word(name.tokens.end - 1));
            add(&mut persons.by_first, document.word(name.tokens.start));
        }
        persons
    }

    /// The fullest form of the name; `None` when it is itself.
    fn full(&self, document: &Document, name: &Name) -> Option<String> {
        let first = document.word(name.tokens.start).to_lowercase();
        let last = document.word(name.tokens.end - 1).to_lowercase();
        if name.tokens.len() == 1 {
            // A lone name: the one who bears it; of several, the one last named before it, else the first.
            let bearers = self.by_last.get(&last).or_else(|| self.by_first.get(&first))?;
            let before = bearers.iter().filter(|(at, _)| *at < name.tokens.start).max_by_key(|(at, _)| *at);
            let (_, full) = before.or_else(|| bearers.first())?;
            return Some(self.longest(full));
        }
        Some(self.longest(document.words(&name.tokens)))
    }

    /// "J. Doe" and "Jane Doe" and "Jane M. Doe": the longest that agrees in first and last word.
    fn longest(&self, full: &str) -> String {
        let mut words = full.split_whitespace();
        let (Some(first), Some(last)) = (words.next(), full.split_whitespace().next_back()) else {
            return full.to_owned();
        };
        let same = |other: &str| {
            let begin = other.split_whitespace().next().unwrap_or_default();
            begin.eq_ignore_ascii_case(first)
                || first
                    .strip_suffix('.')
                    .is_some_and(|initial| initial.chars().count() == 1 && begin.starts_with(initial))
        };
        let all = self.by_last.get(&last.to_lowercase()).into_iter().flatten();
        let longest =
            all.map(|(_, name)| name.as_str()).filter(|name| same(name)).max_by_key(|name| name.chars().count());
        longest.filter(|name| name.chars().count() > full.chars().count()).unwrap_or(full).to_owned()
    }
}

/// Acronyms that the text explains ("International Monetary Fund (IMF)") or that fit a name of it, and that name.
fn acronyms(document: &Document, names: &[Name]) -> HashMap<String, String> {
    let mut full: HashMap<String, String> = HashMap::new();
    for name in names.iter().filter(|name| name.kind == Kind::Organisation && name.tokens.len() > 1) {
        let words = document.words(&name.tokens);
        let initials: String = words
            .split(|c: char| c.is_whitespace() || c == '-')
            .filter(|word| word.chars().next().is_some_and(char::is_uppercase) && *word != "The")
            .filter_map(|word| word.chars().next())
            .collect();
        if initials.chars().count() > 1 {
            full.entry(initials).or_insert_with(|| words.to_owned());
        }
    }
    let mut acronyms = HashMap::new();
    for name in names.iter().filter(|name| name.kind == Kind::Organisation && name.tokens.len() == 1) {
        let words = document.words(&name.tokens);
        let letters: String = words.chars().filter(|c| c.is_alphabetic()).collect();
        if letters.chars().all(char::is_uppercase)
            && let Some(name) = full.get(&letters)
        {
            acronyms.insert(words.to_owned(), name.clone());
        }
    }
    acronyms
}
