//! What the words of a text say of its language, whatever its groups of letters are.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The length of the examined text, in bytes.
const SAMPLE: usize = 2000;

/// Words that hold English sentences together.
const ENGLISH: &str = "the of to and is was for that with by from as it are he has said at his but they have this will been who \
    their which would were she not you";

/// The same of the other languages that are written with Latin letters.
const OTHER: &str = "de la el los las un una del que y en por con le les des du et pour est dans une il di che e da per non sono \
    della der die das und den von mit ist auf nicht het een van zijn voor niet o os uma n\u{e3}o para och som att det p\u{e5} er til \
    av og ja ei w z na si\u{119} nie je se \u{17e}e bir ve bu i\u{e7}in dan yang dengan untuk az egy \u{e9}s din \u{219}i cu nu akan itu ini \
    tidak pada dari bahwa mga ang ng kwa katika eta t\u{eb} n\u{eb} nj\u{eb} dhe kui oli";

/// The least number of words that show another language.
const ENOUGH: usize = 3;
/// The least number of letters that show another script.
const ENOUGH_LETTERS: usize = 4;

/// The words of both lists; whether one is English.
static SMALL: LazyLock<HashMap<&str, bool>> = LazyLock::new(|| {
    let of = |words: &'static str, english| words.split_whitespace().map(move |word| (word, english));
    of(OTHER, false).chain(of(ENGLISH, true)).collect()
});

/// How many words and letters of a text are of which kind.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WordCounts {
    /// Small words of English.
    english: usize,
    /// Small words of other languages in Latin letters.
    other: usize,
    /// Words in lower case with a Latin letter that no language with rules uses. Names are written with a capital, so an English text
    /// about Wałęsa has none.
    unusual: usize,
    letters: usize,
    /// Letters beyond Latin: Cyrillic, Arabic, Chinese, …
    not_latin: usize,
}

impl WordCounts {
    /// Counts the words at the start of a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut counts = Self::default();
        let sample = &text[..text.floor_char_boundary(SAMPLE)];
        for word in sample.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()) {
            let letters = || word.chars().filter(|c| c.is_alphabetic());
            counts.letters += letters().count();
            counts.not_latin += letters().filter(|&c| !is_latin(c)).count();
            match SMALL.get(word) {
                Some(true) => counts.english += 1,
                Some(false) => counts.other += 1,
                None => {}
            }
            counts.unusual += usize::from(word.starts_with(char::is_lowercase) && word.chars().any(is_unusual));
        }
        counts
    }

    /// Returns whether most letters are not Latin.
    pub(crate) fn are_in_another_script(&self) -> bool {
        self.not_latin * 2 > self.letters
    }

    /// Returns whether enough letters are not Latin to overrule a declared language.
    pub(crate) fn are_surely_in_another_script(&self) -> bool {
        self.are_in_another_script() && self.not_latin >= ENOUGH_LETTERS
    }

    /// Returns whether the letters are those of a language that is written in Latin letters and has no rules.
    pub(crate) fn have_unusual_letters(&self) -> bool {
        self.unusual >= ENOUGH && self.unusual > self.english * 2
    }

    /// Returns whether the text is certainly not English. Lists of names and figures have no language.
    pub(crate) fn are_foreign(&self) -> bool {
        let other = self.other.max(self.unusual);
        self.are_in_another_script() || other >= ENOUGH && other > self.english * 2
    }

    /// Returns whether no small word of English is there.
    pub(crate) fn lack_english(&self) -> bool {
        self.english == 0
    }

    /// Returns whether small words show English and no other language as much.
    pub(crate) fn are_english(&self) -> bool {
        self.english > self.other
    }
}

fn is_latin(c: char) -> bool {
    c <= '\u{24f}' || ('\u{1e00}'..='\u{1eff}').contains(&c)
}

/// Returns whether a letter is Latin and in no alphabet of a language with rules; French has œ, Dutch has ĳ.
fn is_unusual(c: char) -> bool {
    let is_beyond = ('\u{100}'..='\u{24f}').contains(&c) || ('\u{1e00}'..='\u{1eff}').contains(&c);
    is_beyond && !matches!(c, '\u{153}' | '\u{133}') || matches!(c, '\u{f0}' | '\u{fe}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_certainly_not_english() {
        for (text, want) in [
            ("The minister said that the talks in Paris would go on.", false),
            ("Real Madrid 3 Real Sociedad 1\nLa Coruna 0 Las Palmas 0", false),
            ("Leaders of the Partido de la Revolucion Democratica met in Los Angeles.", false),
            ("", false),
            (
                "Der Minister sagte, dass die Gespr\u{e4}che in Paris und in Rom nicht von Dauer sind und der Rat das wei\u{df}.",
                true,
            ),
            (
                "El presidente dijo que la reuni\u{f3}n de los ministros en Madrid no fue una sorpresa para el pa\u{ed}s.",
                true,
            ),
            ("\u{41c}\u{438}\u{43d}\u{438}\u{441}\u{442}\u{440} \u{43d}\u{435}\u{442}.", true),
        ] {
            assert_eq!(WordCounts::of(text).are_foreign(), want, "{text}");
        }
    }

    #[test]
    fn letters_of_names_say_nothing_of_the_language() {
        for (text, want) in [
            (
                "Rz\u{105}d przedstawi mieszka\u{144}com nowy plan, powiedzia\u{142}a rzeczniczka, ale odm\u{f3}wi\u{142}a szczeg\u{f3}\u{142}\u{f3}w.",
                true,
            ),
            (
                "Lech Wa\u{142}\u{119}sa met Jaros\u{142}aw Kaczy\u{144}ski and Rados\u{142}aw Sikorski in \u{141}\u{f3}d\u{17a}.",
                false,
            ),
            // Words of M\u{101}ori in an English text.
            ("The k\u{14d}rero of wh\u{101}nau and iwi at the p\u{14d}whiri is for the city and its people.", false),
            // A ligature of French.
            ("Le c\u{153}ur de ma s\u{153}ur et les \u{153}uvres des b\u{153}ufs", false),
        ] {
            assert_eq!(WordCounts::of(text).have_unusual_letters(), want, "{text}");
        }
    }
}
