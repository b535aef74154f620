//! Resolves names of persons: compatible full names are one person, and a surname refers to one of those who have it.

use std::collections::HashMap;

use dateline_model::{Gender, Kind, Name, lexicon};
use dateline_text::{Document, Language};

use crate::genitive::Genitives;
use crate::local::local;
use crate::nickname;
use crate::particle::is_particle;

/// The maximum number of full names that share a word; the others stand for themselves.
const SHARED: usize = 16;

/// A person under the fullest name so far.
struct Person {
    key: String,
    /// In lower case, without "Jr." and the like.
    words: Vec<String>,
    gender: Option<Gender>,
    /// The token at which the person was last named; `None` before the first time.
    last: Option<usize>,
}

pub(super) struct Persons {
    language: Language,
    all: Vec<Person>,
    by_last: HashMap<String, Vec<usize>>,
    by_first: HashMap<String, Vec<usize>>,
    /// The person that a full form means.
    forms: HashMap<Vec<String>, usize>,
}

impl Persons {
    pub(super) fn new(document: &Document, names: &[Name], genitives: &Genitives) -> Self {
        let mut persons = Self {
            language: document.language(),
            all: Vec::new(),
            by_last: HashMap::new(),
            by_first: HashMap::new(),
            forms: HashMap::new(),
        };
        for name in names.iter().filter(|name| name.kind == Kind::Person) {
            let words = words(document, name, genitives);
            if words.len() > 1 && !persons.forms.contains_key(&words) {
                let first = document.word(name.tokens.start);
                let gender = gender_before(document, name).or_else(|| lexicon().first_names.get(first).copied()?);
                persons.add(words.clone(), gender);
                persons.add_nickname(document, name, &words);
            }
        }
        persons
    }

    fn add(&mut self, words: Vec<String>, gender: Option<Gender>) {
        let (Some(first), Some(last)) = (words.first().cloned(), words.last().cloned()) else { return };
        let akin = self.by_last.get(&last).into_iter().flatten();
        let known = akin.copied().find(|&person| same(&self.all[person].words, &words, self.language));
        let person = known.unwrap_or(self.all.len());
        if known.is_none() {
            self.all.push(Person { key: words.join(" "), words: words.clone(), gender, last: None });
        } else if self.all[person].words.len() < words.len() {
            self.all[person].words.clone_from(&words);
        }
        for (map, word) in [(&mut self.by_last, last), (&mut self.by_first, first)] {
            let list = map.entry(word).or_default();
            if list.len() < SHARED && !list.contains(&person) {
                list.push(person);
            }
        }
        self.forms.insert(words, person);
    }

    /// Adds the nickname of a person as another first name: "Bob Hale" is Robert “Bob” Hale.
    fn add_nickname(&mut self, document: &Document, name: &Name, words: &[String]) {
        let (Some(marked), Some(&person)) = (nickname::within(document, &name.tokens), self.forms.get(words)) else {
            return;
        };
        let lower = |token: usize| document.word(token).to_lowercase();
        let mut form: Vec<String> = (marked.start + 1..marked.end - 1).map(lower).collect();
        if let [lone] = &form[..] {
            let list = self.by_first.entry(lone.clone()).or_default();
            if list.len() < SHARED && !list.contains(&person) {
                list.push(person);
            }
        }
        form.extend(words.last().cloned());
        self.forms.entry(form).or_insert(person);
    }

    /// Returns the key of the person that a name means. Names are asked for in the order of the text: of several persons of one surname,
    /// a lone surname refers to the one of matching gender who was named last.
    pub(super) fn key(&mut self, document: &Document, name: &Name, genitives: &Genitives) -> String {
        let words = words(document, name, genitives);
        let person = match &words[..] {
            [lone] => self.bearer(lone, gender_before(document, name)),
            words => self.forms.get(words).copied(),
        };
        match person {
            Some(person) => {
                self.all[person].last = Some(name.tokens.start);
                self.all[person].key.clone()
            }
            None => words.join(" "),
        }
    }

    fn bearer(&self, lone: &str, gender: Option<Gender>) -> Option<usize> {
        let bearers = self.by_last.get(lone).or_else(|| self.by_first.get(lone))?;
        let fits = |person: &usize| match (gender, self.all[*person].gender) {
            (Some(title), Some(known)) => title == known,
            _ => true,
        };
        // The first of those that were never named yet, else the last named.
        let best = |fit: bool| {
            bearers.iter().rev().filter(|&person| !fit || fits(person)).max_by_key(|&&person| self.all[person].last)
        };
        best(true).or_else(|| best(false)).copied()
    }
}

/// Returns the words of a name in lower case, without its nickname; what only tells generations apart is kept where it tells persons
/// apart.
fn words(document: &Document, name: &Name, genitives: &Genitives) -> Vec<String> {
    if document.language() != Language::ENGLISH {
        return genitives.words(name).split_whitespace().map(str::to_lowercase).collect();
    }
    let marked = nickname::within(document, &name.tokens).unwrap_or(name.tokens.end..name.tokens.end);
    let parts = [name.tokens.start..marked.start, marked.end..name.tokens.end];
    let parts = parts.iter().map(|part| document.words(part));
    let mut words: Vec<String> = parts.flat_map(str::split_whitespace).map(str::to_lowercase).collect();
    while words.len() > 2
        && matches!(words[words.len() - 1].trim_matches(['.', ',']), "jr" | "sr" | "ii" | "iii" | "iv")
    {
        words.pop();
    }
    if let Some(bare) = words.last().and_then(|last| last.strip_suffix(',')).map(str::to_owned) {
        words.pop();
        words.push(bare);
    }
    words
}

/// Returns whether two full names of one last word may be one person's: "J. Doe", "Jane Doe", "Jane M. Doe", "van Doe".
fn same(a: &[String], b: &[String], language: Language) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.ends_with(short) && short.first().is_some_and(|word| is_particle(word, language)) {
        return true;
    }
    if !agree(&short[0], &long[0]) {
        return false;
    }
    let (short, long) = (&short[1..short.len() - 1], &long[1..long.len() - 1]);
    // Middle names: the shorter list must be found in the longer, in order.
    let mut rest = long.iter();
    short.iter().all(|middle| rest.any(|other| agree(middle, other)))
}

/// Returns whether two names are equal, or one is the initial of the other.
fn agree(a: &str, b: &str) -> bool {
    let initial = |short: &str, long: &str| {
        let mut letters = short.trim_end_matches('.').chars();
        letters.next().is_some_and(|letter| letters.next().is_none() && long.starts_with(letter))
    };
    a == b || initial(a, b) || initial(b, a)
}

/// Returns the gender that "Mr" or "Ms" before a name gives.
fn gender_before(document: &Document, name: &Name) -> Option<Gender> {
    if let Some(local) = local(document.language()) {
        let before = document.word(name.tokens.start.checked_sub(1)?);
        return local.titles.get(before).copied().flatten();
    }
    match document.word(name.tokens.start.checked_sub(1)?).trim_end_matches('.') {
        "Mr" | "Sir" | "Lord" | "King" | "Prince" | "Father" => Some(Gender::Male),
        "Mrs" | "Ms" | "Miss" | "Lady" | "Dame" | "Queen" | "Princess" | "Madam" => Some(Gender::Female),
        _ => None,
    }
}
