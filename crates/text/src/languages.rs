//! The languages whose texts are cut by rules of their own. A language is a folder in `languages/`, and a line of [`ALL`].

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::LazyLock;

/// A language with rules of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Language(u8);

/// The files of a language's folder.
struct Files {
    /// The ISO 639-1 code, which is the folder's name.
    code: &'static str,
    abbreviations: &'static str,
    starters: &'static str,
    elisions: &'static str,
    traits: &'static str,
    lists: [&'static str; LISTS],
}

/// A list of words that the finders of names and quotations use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Titles and offices before a person's name, each line after what it says of the gender: `f`, `m` or `-`.
    Titles,
    /// Head words of organisations' names.
    OrganisationWords,
    /// Months and days of the week.
    Times,
    /// Countries: the published English name, the names in the language, and words for the people, between `|`.
    Countries,
    /// Places and organisations of the table of links: the published English name, then names in the language, between `|`. `?`: names
    /// that stand for more than one thing.
    Known,
    /// Small words within the names of persons.
    Particles,
    /// The titles that only address somebody.
    Address,
    /// Small words by their class: a line has the class, then its words.
    WordClasses,
    /// Words that introduce speech: a line has the lemma, then its forms.
    Cues,
    /// Pronouns for a speaker, after the gender: `f` or `m`; with `+` those that stand behind a preposition alone. `n`: subjects that name
    /// no speaker.
    Pronouns,
    /// Phrases before the source of what is reported ("according to"), one a line; `?` marks those that also mean something else.
    According,
    /// Words by which names become entities, by class: a line has the class, then its words.
    EntityWords,
}

/// The number of lists.
const LISTS: usize = 12;

macro_rules! files {
    ($code:literal) => {
        Files {
            code: $code,
            abbreviations: include_str!(concat!("../languages/", $code, "/abbreviations.txt")),
            starters: include_str!(concat!("../languages/", $code, "/starters.txt")),
            elisions: include_str!(concat!("../languages/", $code, "/elisions.txt")),
            traits: include_str!(concat!("../languages/", $code, "/traits.txt")),
            lists: [
                include_str!(concat!("../languages/", $code, "/titles.txt")),
                include_str!(concat!("../languages/", $code, "/organisation-words.txt")),
                include_str!(concat!("../languages/", $code, "/times.txt")),
                include_str!(concat!("../languages/", $code, "/countries.txt")),
                include_str!(concat!("../languages/", $code, "/known.txt")),
                include_str!(concat!("../languages/", $code, "/particles.txt")),
                include_str!(concat!("../languages/", $code, "/address.txt")),
                include_str!(concat!("../languages/", $code, "/word-classes.txt")),
                include_str!(concat!("../languages/", $code, "/cues.txt")),
                include_str!(concat!("../languages/", $code, "/pronouns.txt")),
                include_str!(concat!("../languages/", $code, "/according.txt")),
                include_str!(concat!("../languages/", $code, "/entity-words.txt")),
            ],
        }
    };
}

/// All languages; English is the first.
static ALL: &[Files] = &[
    files!("en"),
    files!("de"),
    files!("fr"),
    files!("es"),
    files!("it"),
    files!("nl"),
    files!("pt"),
    files!("sv"),
    files!("da"),
    files!("nb"),
];

impl Language {
    /// English.
    pub const ENGLISH: Self = Self(0);

    /// Returns all languages, English first.
    #[allow(clippy::cast_possible_truncation, reason = "there are far fewer than 256 languages")]
    pub fn all() -> impl Iterator<Item = Self> {
        (0..ALL.len()).map(|index| Self(index as u8))
    }

    /// Returns the language of a BCP 47 tag (`de-CH`); `None` if it has no rules.
    pub fn of(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        // Norwegian has two written forms; most texts that do not say which are in Bokmål.
        let primary = if primary.eq_ignore_ascii_case("no") { "nb" } else { primary };
        Self::all().find(|language| language.code().eq_ignore_ascii_case(primary))
    }

    /// Returns the ISO 639-1 code.
    pub fn code(self) -> &'static str {
        ALL[usize::from(self.0)].code
    }

    /// Returns the lines of a list. English has these lists in the crates that use them.
    pub fn lines(self, list: List) -> impl Iterator<Item = &'static str> {
        let text = ALL[usize::from(self.0)].lists[list as usize];
        text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
    }

    /// Returns whether a verb may have no subject: "Afirmó que no."
    pub fn drops_subjects(self) -> bool {
        self.rules().drops_subjects
    }

    /// Returns whether an "s" makes a name's genitive: "Merkels Rede".
    pub fn has_genitive_s(self) -> bool {
        self.rules().has_genitive_s
    }

    /// Returns whether all nouns have a capital, not only names: "der Anwalt".
    pub fn has_capital_nouns(self) -> bool {
        self.rules().has_capital_nouns
    }

    /// Returns whether a word with a capital may have it because it opens a sentence: "Die", "L'".
    pub fn opens_sentences(self, word: &str) -> bool {
        self.rules().starters.contains(word)
    }

    /// Returns the rules by which texts are cut.
    pub(crate) fn rules(self) -> &'static Rules {
        static RULES: LazyLock<Vec<Rules>> = LazyLock::new(|| ALL.iter().map(Rules::read).collect());
        &RULES[usize::from(self.0)]
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Where a word keeps its full stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Always,
    /// Where the word has a capital.
    Capital,
    /// Where the word has a capital, and a capital or digit follows.
    BeforeName,
    /// Where the word has a capital, and a digit follows.
    BeforeNumber,
}

/// The rules of a language.
#[allow(clippy::struct_excessive_bools, reason = "each is a trait of its own")]
#[derive(Debug)]
pub(crate) struct Rules {
    /// By the word in lower case.
    pub(crate) abbreviations: HashMap<String, Stop>,
    /// Words that begin a sentence after an abbreviation.
    pub(crate) starters: HashSet<&'static str>,
    /// What an apostrophe cuts off from the word after it, in lower case: "l", "dell".
    pub(crate) elisions: HashSet<&'static str>,
    /// Small words that begin with an apostrophe, without it: "s" and "t" in Dutch.
    pub(crate) clitics: HashSet<&'static str>,
    /// A number with a full stop is an ordinal: "1. Mai".
    pub(crate) has_ordinals: bool,
    /// "'s" after a word is a token of its own.
    pub(crate) has_possessive: bool,
    /// Marks have a space between them and what they enclose: « oui ».
    pub(crate) has_spaced_marks: bool,
    /// Marks open low and close high: „ja“; or they point inwards: »ja«.
    pub(crate) has_low_marks: bool,
    /// Full stops join capitals: "EE.UU.".
    pub(crate) joins_capitals: bool,
    /// Sentences may open in lower case: "von der Leyen agreed".
    pub(crate) opens_in_lower_case: bool,
    /// A verb may have no subject: "Afirmó que no."
    pub(crate) drops_subjects: bool,
    /// An "s" makes the genitive of a name: "Merkels Rede".
    pub(crate) has_genitive_s: bool,
    /// All nouns have a capital: "der Anwalt".
    pub(crate) has_capital_nouns: bool,
}

/// Returns the words of a list; a line that begins with `#` is a comment.
fn words(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

impl Rules {
    fn read(files: &Files) -> Self {
        let abbreviation = |entry: &str| {
            let (word, stop) = if let Some(word) = entry.strip_suffix('+') {
                (word, Stop::BeforeName)
            } else if let Some(word) = entry.strip_suffix('#') {
                (word, Stop::BeforeNumber)
            } else if entry.starts_with(char::is_uppercase) {
                (entry, Stop::Capital)
            } else {
                (entry, Stop::Always)
            };
            (word.to_lowercase(), stop)
        };
        let has = |wanted: &str| words(files.traits).any(|word| word == wanted);
        Self {
            abbreviations: words(files.abbreviations).map(abbreviation).collect(),
            starters: words(files.starters).collect(),
            elisions: words(files.elisions).filter(|word| !word.starts_with('\'')).collect(),
            clitics: words(files.elisions).filter_map(|word| word.strip_prefix('\'')).collect(),
            has_ordinals: has("ordinals"),
            has_possessive: has("possessive"),
            has_spaced_marks: has("spaced-marks"),
            has_low_marks: has("low-marks"),
            joins_capitals: has("joined-capitals"),
            opens_in_lower_case: has("lower-case-openers"),
            drops_subjects: has("dropped-subjects"),
            has_genitive_s: has("genitive-s"),
            has_capital_nouns: has("capital-nouns"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_finds_its_language() {
        for (tag, want) in [
            ("en-GB", Some("en")),
            ("de_CH", Some("de")),
            ("PT-br", Some("pt")),
            ("no", Some("nb")),
            ("ja", None),
            ("", None),
        ] {
            assert_eq!(Language::of(tag).map(Language::code), want, "{tag}");
        }
        assert_eq!(Language::all().next(), Some(Language::ENGLISH));
    }

    #[test]
    fn the_lists_are_sound() {
        for language in Language::all() {
            let rules = language.rules();
            let known = [
                "ordinals",
                "possessive",
                "spaced-marks",
                "low-marks",
                "joined-capitals",
                "lower-case-openers",
                "dropped-subjects",
                "genitive-s",
                "capital-nouns",
            ];
            assert!(words(ALL[usize::from(language.0)].traits).all(|word| known.contains(&word)), "{language:?}");
            assert!(!rules.starters.is_empty() && !rules.abbreviations.is_empty(), "{language:?}");
            let capital = |word: &&&str| word.starts_with(char::is_uppercase);
            assert_eq!(rules.starters.iter().filter(capital).count(), rules.starters.len(), "{language:?}");
        }
    }
}
