//! Names of months and weekdays in the languages of CLDR, as `training/dates.py` writes them.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The shortest start of a name that stands for it, in code points.
const SHORTEST: usize = 3;
/// The maximum number of words of a name.
const MAX_WORDS: usize = 4;
/// Words between the parts of a date and its time that CLDR's patterns do not hold.
const WORDS_BETWEEN: &str =
    "of at on the am um le la el às las alle ore klo os om t st nd rd th er dne and y i godz saat lúc";

/// A set of languages, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Languages([u64; 6]);

impl Languages {
    fn add(&mut self, index: usize) {
        if let Some(bits) = self.0.get_mut(index / 64) {
            *bits |= 1 << (index % 64);
        }
    }

    /// Returns the languages in both sets.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }

    /// Returns the languages in either set.
    pub(crate) fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    fn without(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] & !other.0[i]))
    }

    /// Returns whether the set has no language.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == [0; 6]
    }

    /// Returns whether the sets have a language in common.
    pub(crate) fn meets(self, other: Self) -> bool {
        !self.and(other).is_empty()
    }
}

/// The meaning of a word: a month counted from 1, or a weekday counted from Monday as 1, in some languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    pub number: u8,
    pub languages: Languages,
    /// Whether the word is listed as a name, not only the start of one, in a language that CLDR knows well.
    pub usual: bool,
}

/// A name in some languages.
struct Name {
    text: Cow<'static, str>,
    number: u8,
    languages: Languages,
}

/// A list of names, sorted.
struct Names(Vec<Name>);

struct Tables {
    index: HashMap<&'static str, usize>,
    months: Names,
    weekdays: Names,
    /// Languages that CLDR knows well: only theirs are read without a sign of the language.
    complete: Languages,
    /// Their names of months and of weekdays, accents and all.
    usual_months: HashSet<&'static str>,
    usual_weekdays: HashSet<&'static str>,
    between: HashSet<&'static str>,
    zeros: BTreeSet<char>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut index = HashMap::new();
    let months = Names::read(include_str!("months.txt"), &mut index);
    let weekdays = Names::read(include_str!("weekdays.txt"), &mut index);
    let mut complete = Languages::default();
    custom("complete").filter_map(|language| index.get(language)).for_each(|at| complete.add(*at));
    let between = custom("words").chain(WORDS_BETWEEN.split(' ')).collect();
    let zeros = custom("zeros").filter_map(|zero| zero.chars().next()).collect();
    let (usual_months, usual_weekdays) = (months.usual(complete), weekdays.usual(complete));
    Tables { index, months, weekdays, complete, usual_months, usual_weekdays, between, zeros }
});

/// Returns the lines of a generated list.
fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().filter(|line| !line.starts_with('#'))
}

/// Returns the words of one line of `customs.txt`.
pub(super) fn custom(key: &str) -> impl Iterator<Item = &'static str> {
    let line = lines(include_str!("customs.txt")).find_map(|line| line.strip_prefix(key)?.strip_prefix('\t'));
    line.unwrap_or_default().split(' ')
}

/// Returns a name without its accents, as it is often typed.
fn bare(name: &str) -> Option<String> {
    let accent = |c: &char| matches!(c, '\u{300}'..='\u{36f}' | '\u{653}'..='\u{655}');
    (!name.is_ascii()).then(|| name.nfd().filter(|c| !accent(c)).nfc().collect()).filter(|bare| bare != name)
}

impl Names {
    fn read(list: &'static str, index: &mut HashMap<&'static str, usize>) -> Self {
        let mut names = Vec::new();
        for line in lines(list) {
            let mut fields = line.split('\t');
            let (Some(name), Some(Ok(number)), Some(tags)) =
                (fields.next(), fields.next().map(str::parse), fields.next())
            else {
                continue;
            };
            let mut languages = Languages::default();
            for tag in tags.split(' ') {
                let next = index.len();
                languages.add(*index.entry(tag).or_insert(next));
            }
            names.extend(bare(name).map(|bare| Name { text: Cow::Owned(bare), number, languages }));
            names.push(Name { text: Cow::Borrowed(name), number, languages });
        }
        names.sort_by(|a: &Name, b: &Name| a.text.cmp(&b.text));
        Self(names)
    }

    /// Returns the names that begin with `word`.
    fn from<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a Name> {
        let start = self.0.partition_point(|name| name.text.as_ref() < word);
        self.0[start..].iter().take_while(move |name| name.text.starts_with(word))
    }

    /// Returns the names as they are listed in some of these languages.
    fn usual(&self, languages: Languages) -> HashSet<&'static str> {
        let names = self.0.iter().filter(|name| name.languages.meets(languages));
        let listed = |name: &Name| if let Cow::Borrowed(text) = name.text { Some(text) } else { None };
        names.filter_map(listed).collect()
    }

    /// Returns what a name means as it is listed, else without its accents.
    fn listed(&self, word: &str) -> Vec<Meaning> {
        let found = self.exactly(word);
        if found.is_empty() { bare(word).map(|bare| self.exactly(&bare)).unwrap_or_default() } else { found }
    }

    fn exactly(&self, word: &str) -> Vec<Meaning> {
        let mut found = Vec::new();
        for name in self.from(word).take_while(|name| name.text == word) {
            add(&mut found, name.number, name.languages);
        }
        for meaning in &mut found {
            meaning.usual = meaning.languages.meets(TABLES.complete);
        }
        found
    }
}

fn add(found: &mut Vec<Meaning>, number: u8, languages: Languages) {
    match found.iter_mut().find(|known| known.number == number) {
        Some(known) => known.languages = known.languages.or(languages),
        None => found.push(Meaning { number, languages, usual: false }),
    }
}

/// Returns the weekdays that a word in lower case names.
pub(super) fn weekdays(word: &str) -> Vec<Meaning> {
    TABLES.weekdays.listed(word)
}

/// Returns the months that a word in lower case names.
pub(super) fn months(word: &str) -> Vec<Meaning> {
    TABLES.months.listed(word)
}

/// Returns the months that a word in lower case names or begins to name, as `lok` does October in Finnish.
pub(super) fn months_cut(word: &str) -> Vec<Meaning> {
    let mut found = months(word);
    if word.chars().count() < SHORTEST {
        return found;
    }
    let mut started: Vec<Meaning> = Vec::new();
    for name in TABLES.months.from(word) {
        add(&mut started, name.number, name.languages.and(TABLES.complete));
    }
    // `čer` begins two months.
    let twice = |of: &Meaning| {
        let others = started.iter().filter(|other| other.number != of.number);
        others.fold(Languages::default(), |all, other| all.or(other.languages))
    };
    for start in &started {
        let languages = start.languages.without(twice(start));
        if !languages.is_empty() {
            add(&mut found, start.number, languages);
        }
    }
    found
}

/// Returns how many bytes at the start of `text`, which starts with a word, are the longest name that is listed, and that name as it is
/// listed; the first word where there is none.
pub(super) fn longest(text: &str) -> (usize, String) {
    let mut end = word_end(text);
    let mut name = lower(&text[..end]);
    let (mut best, mut best_name) = (end, name.clone());
    for _ in 1..MAX_WORDS {
        let more = format!("{name} ");
        if ![&TABLES.months, &TABLES.weekdays].iter().any(|names| names.from(&more).next().is_some()) {
            break;
        }
        let rest = text[end..].trim_start_matches([' ', '.', '-', '\'', '’', '\u{a0}']);
        let next = word_end(rest);
        if next == 0 {
            break;
        }
        end = text.len() - rest.len() + next;
        name = more + &lower(&rest[..next]);
        if !months(&name).is_empty() || !weekdays(&name).is_empty() {
            (best, best_name) = (end, name.clone());
        }
    }
    (best, best_name)
}

/// Lower case in normal form C, İ as i.
pub(super) fn lower(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.to_lowercase().nfc().filter(|c| *c != '\u{307}').collect()
}

/// Returns where the word ends that `text` starts with.
fn word_end(text: &str) -> usize {
    text.find(|c: char| !is_letter(c)).unwrap_or(text.len())
}

/// Returns whether a character is part of a word: letters and their marks.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphabetic() || !c.is_ascii() && (is_combining_mark(c) || matches!(c, '\u{200c}' | '\u{200d}'))
}

/// Returns whether a word in lower case stands between the parts of a date and its time in some language.
pub fn is_between(word: &str) -> bool {
    TABLES.between.contains(word)
}

/// Decimal digits of any script as ASCII ones.
pub(super) fn western_digit(c: char) -> char {
    if c.is_ascii() || !c.is_numeric() {
        return c;
    }
    let zero = TABLES.zeros.range(..=c).next_back();
    let digit = zero.and_then(|zero| char::from_digit(u32::from(c).checked_sub(u32::from(*zero))?, 10));
    digit.unwrap_or(c)
}

/// Returns the set of one language, given as a primary tag in lower case; empty where CLDR has no names in it.
pub(super) fn language(tag: &str) -> Languages {
    let mut one = Languages::default();
    // Tags of old, and the one of both Norwegian languages.
    let tag = match tag {
        "iw" => "he",
        "in" => "id",
        "ji" => "yi",
        "tl" => "fil",
        "sh" => "sr",
        "mo" => "ro",
        tag => tag,
    };
    TABLES.index.get(tag).into_iter().for_each(|at| one.add(*at));
    one
}

/// Returns a text with decimal digits of any script as ASCII ones.
pub fn western_digits(text: &str) -> Cow<'_, str> {
    if text.contains(|c: char| western_digit(c) != c) {
        Cow::Owned(text.chars().map(western_digit).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Returns whether a word in capitals is the name of a zone.
pub fn is_zone(word: &str) -> bool {
    word.len() > 1
        && word.bytes().all(|byte| byte.is_ascii_uppercase())
        && super::zones::named(&word.to_ascii_lowercase()).is_some()
}

/// Returns whether a word is the name of a weekday, accents and all, in a language that CLDR knows well.
pub fn is_weekday(word: &str) -> bool {
    TABLES.usual_weekdays.contains(lower(word).as_str())
}

/// Returns whether a word is the name of a month, accents and all, in a language that CLDR knows well: Marco is not a March.
pub fn is_month(word: &str) -> bool {
    TABLES.usual_months.contains(lower(word).as_str())
}
