//! The language of a text among those that the whatlang crate knows.

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

/// Returns whether whatlang knows the language of a code.
pub(crate) fn knows(code: &str) -> bool {
    whatlang::Lang::all().iter().any(|lang| two_letters(*lang) == code)
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
    fn every_language_has_a_code_of_two_letters() {
        for lang in whatlang::Lang::all() {
            assert_eq!(two_letters(*lang).len(), 2, "{lang}");
        }
        assert_eq!(two_letters(whatlang::Lang::Ori), "or");
        assert_eq!(two_letters(whatlang::Lang::Nob), "nb");
    }
}
