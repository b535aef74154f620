//! Groups the names that refer to the same entity.
//!
//! Each name has a key; names of the same kind and key are one entity. The keys account for short forms: surnames,
//! acronyms, a company without its legal form, another name of a country. Case is ignored, so a headline in capitals
//! matches the text below it.

mod organisations;
pub(super) mod persons;

use std::collections::HashMap;

use dateline_model::{Kind, Name, lexicon};
use dateline_text::Document;

use crate::genitive::Genitives;
use crate::local::{Local, local};

/// The names of one entity.
pub(super) struct Group {
    /// The fullest form.
    pub name: String,
    pub kind: Kind,
    /// Places in the list of names, in order.
    pub names: Vec<usize>,
}

/// Groups the names, in the order of their first mention.
pub(super) fn groups(document: &Document, names: &[Name]) -> Vec<Group> {
    let genitives = Genitives::new(document, names);
    let local = local(document.language());
    let mut persons = persons::Persons::new(document, names, &genitives);
    let organisations = organisations::Organisations::new(document, names, local);
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<(Kind, String), usize> = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        let words = genitives.words(name);
        let demonyms = local.map_or(&lexicon().demonyms, |local| &local.demonyms);
        let key = match name.kind {
            Kind::Person => persons.key(document, name, &genitives),
            Kind::Organisation => organisations.key(words),
            Kind::Place => place(words, local).map_or_else(|| bare(words), str::to_lowercase),
            Kind::Event => bare(words),
            // "Russian" and "Russians" are one people.
            Kind::Other => demonyms.get(words).map_or_else(|| bare(words), |country| format!("={country}")),
        };
        let place = *places.entry((name.kind, key)).or_insert_with(|| {
            groups.push(Group { name: String::new(), kind: name.kind, names: Vec::new() });
            groups.len() - 1
        });
        groups[place].names.push(index);
    }
    for group in &mut groups {
        group.name = fullest(names, group, &genitives, local);
    }
    groups
}

/// Returns the words in lower case, without the article and other white space than one blank.
pub(super) fn bare(words: &str) -> String {
    let mut bare: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    if bare.len() > 1 && bare[0] == "the" {
        bare.remove(0);
    }
    bare.join(" ")
}

/// Returns the one name of a place that has several.
fn place(words: &str, local: Option<&Local>) -> Option<&'static str> {
    if let Some(local) = local {
        return local.countries.get(words).map(|country| country.usual);
    }
    let places = &lexicon().places;
    let known = |words: &str| places.get(words).copied().filter(|name| !name.is_empty());
    known(words)
        .or_else(|| known(words.trim_end_matches('.')))
        .or_else(|| words.strip_prefix("the ").or_else(|| words.strip_prefix("The ")).and_then(known))
        .or_else(|| shouted(words).then(|| known(&titled(words))).flatten())
}

/// Returns the form to show: the known name of a place; else the one of most words, rather not all in capitals, the longest and
/// first of those.
fn fullest(names: &[Name], group: &Group, genitives: &Genitives, local: Option<&Local>) -> String {
    let forms = || group.names.iter().map(|&name| genitives.words(&names[name]));
    match group.kind {
        Kind::Place => forms().find_map(|words| place(words, local)).map(str::to_owned),
        Kind::Other => forms().find(|form| !shouted(form)).map(str::to_owned),
        Kind::Person | Kind::Organisation | Kind::Event => None,
    }
    .unwrap_or_else(|| {
        let weight = |form: &str| (form.split_whitespace().count(), !shouted(form), form.chars().count());
        let best = forms().rev().max_by_key(|form| weight(form)).unwrap_or_default();
        best.split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

/// Returns whether the words are all in capitals.
fn shouted(words: &str) -> bool {
    words.chars().any(char::is_uppercase) && !words.chars().any(char::is_lowercase)
}

/// Returns each word with a capital only at its beginning.
fn titled(words: &str) -> String {
    let mut begins = true;
    let mut titled = String::with_capacity(words.len());
    for c in words.chars() {
        if begins {
            titled.extend(c.to_uppercase());
        } else {
            titled.extend(c.to_lowercase());
        }
        begins = !c.is_alphabetic();
    }
    titled
}
