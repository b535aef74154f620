//! The language of a text.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::latin;

/// The length of the examined text, in bytes; a longer sample does not improve the identification.
const SAMPLE: usize = 2000;

/// Returns the language of a text as an ISO 639-1 code, or as an ISO 639-3 code if there is no shorter one; `None` if it is uncertain.
pub fn language(text: &str) -> Option<&'static str> {
    let sample = &text[..text.floor_char_boundary(SAMPLE)];
    let found = if latin::is_mostly_latin(sample) {
        latin::language(sample)
    } else {
        whatlang::detect(sample).filter(whatlang::Info::is_reliable).map(|info| info.lang())
    };
    found.map(two_letters)
}

/// Words that hold English sentences together.
const ENGLISH: &str = "the of to and is was for that with by from as it are he has said at his but they have this will been who \
    their which would were she not you";

/// The same of the other languages that are written with Latin letters.
const OTHER: &str = "de la el los las un una del que y en por con le les des du et pour est dans une il di che e da per non sono \
    della der die das und den von mit ist auf nicht het een van zijn voor niet o os uma n\u{e3}o para och som att det p\u{e5} er til \
    av og ja ei w z na si\u{119} nie je se \u{17e}e bir ve bu i\u{e7}in dan yang dengan untuk az egy \u{e9}s din \u{219}i cu nu";

/// The words of both lists; whether one is English.
static SMALL: LazyLock<HashMap<&str, bool>> = LazyLock::new(|| {
    let of = |words: &'static str, english| words.split_whitespace().map(move |word| (word, english));
    of(OTHER, false).chain(of(ENGLISH, true)).collect()
});

/// Returns the language of a text that is certainly not English, `und` if the language is uncertain. Lists of names and figures have no language.
pub(crate) fn foreign(text: &str) -> Option<&'static str> {
    let (mut english, mut other, mut strange, mut letters) = (0, 0, 0, 0);
    let sample = &text[..text.floor_char_boundary(SAMPLE)];
    for word in sample.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()) {
        let length = word.chars().filter(|c| c.is_alphabetic()).count();
        letters += length;
        // Letters beyond Latin: Cyrillic, Arabic, Chinese, …
        strange += word
            .chars()
            .filter(|&c| c.is_alphabetic() && c > '\u{24f}' && !('\u{1e00}'..='\u{1eff}').contains(&c))
            .count();
        match SMALL.get(word) {
            Some(true) => english += 1,
            Some(false) => other += 1,
            None => {}
        }
    }
    let plainly = strange * 2 > letters || other >= 3 && other > english * 2;
    plainly.then(|| language(text).filter(|&found| found != "en").unwrap_or("und"))
}

/// Returns the ISO 639-1 code of a language that whatlang names by ISO 639-3.
fn two_letters(lang: whatlang::Lang) -> &'static str {
    match lang {
        // These have a code only as part of a macrolanguage: Chinese, Persian.
        whatlang::Lang::Cmn => "zh",
        whatlang::Lang::Pes => "fa",
        lang => isolang::Language::from_639_3(lang.code()).and_then(|lang| lang.to_639_1()).unwrap_or(lang.code()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_certainly_not_english() {
        for (text, want) in [
            ("The minister said that the talks in Paris would go on.", None),
            ("Real Madrid 3 Real Sociedad 1\nLa Coruna 0 Las Palmas 0", None),
            ("Leaders of the Partido de la Revolucion Democratica met in Los Angeles.", None),
            ("", None),
            (
                "Der Minister sagte, dass die Gespr\u{e4}che in Paris und in Rom nicht von Dauer sind und der Rat das wei\u{df}.",
                Some("de"),
            ),
            (
                "El presidente dijo que la reuni\u{f3}n de los ministros en Madrid no fue una sorpresa para el pa\u{ed}s.",
                Some("es"),
            ),
            // Too short to tell which.
            ("\u{41c}\u{438}\u{43d}\u{438}\u{441}\u{442}\u{440} \u{43d}\u{435}\u{442}.", Some("und")),
        ] {
            assert_eq!(foreign(text), want, "{text}");
        }
    }

    #[test]
    fn every_language_has_a_code_of_two_letters() {
        for lang in whatlang::Lang::all() {
            assert_eq!(two_letters(*lang).len(), 2, "{lang}");
        }
        assert_eq!(two_letters(whatlang::Lang::Ori), "or");
        assert_eq!(two_letters(whatlang::Lang::Nob), "nb");
    }
}
