//! The language as which a text is read.

use dateline_text::{Language, are_akin, identify};

/// How a text is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The language as a BCP 47 tag: as declared, or as recognized.
    pub tag: String,
    /// The language whose models read the text; `None` if there are none.
    pub language: Option<Language>,
}

/// Returns how a text is read. A declared language decides unless the text is surely in another one that has models.
pub fn reading(declared: Option<&str>, text: &str) -> Reading {
    let found = identify(text);
    let Some(tag) = declared else { return Reading { tag: found.code.to_owned(), language: found.language } };
    match (Language::of(tag), found.language) {
        (Some(language), Some(other)) if found.is_sure && !are_akin(language.code(), other.code()) => {
            Reading { tag: other.code().to_owned(), language: Some(other) }
        }
        (language, _) => Reading { tag: tag.to_owned(), language },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GERMAN: &str = "Der Minister sagte am Montag, dass die Gespr\u{e4}che in der Hauptstadt in der n\u{e4}chsten Woche \
        fortgesetzt werden und die Regierung einen neuen Plan vorlegen wird.";

    #[test]
    fn the_language_decides_which_models_read_a_text() {
        for (declared, text, tag, language) in [
            (Some("en-GB"), "The minister said no.", "en-GB", Some("en")),
            (Some("de-CH"), "Der Minister sagte nein.", "de-CH", Some("de")),
            (Some("ja"), "Der Minister sagte nein.", "ja", None),
            (Some("en-US"), GERMAN, "de", Some("de")),
            (None, GERMAN, "de", Some("de")),
            (None, "The minister said no.", "en", Some("en")),
            (None, "1. Maria Keller 2:05.1\n2. Ana Ruiz 2:06", "en", Some("en")),
            (
                None,
                "El ministro dijo que la reuni\u{f3}n en Madrid no fue una sorpresa para los espa\u{f1}oles.",
                "es",
                Some("es"),
            ),
        ] {
            let found = reading(declared, text);
            assert_eq!((&*found.tag, found.language.map(Language::code)), (tag, language), "{text}");
        }
    }
}
