//! The language as which a text is read: the declared one, unless the text is surely in another.

use super::identify::{Identified, identify};
use super::language;
use super::languages::Language;

/// Shorter texts do not correct a declared language without rules to another one without rules, in code points.
const LONG: usize = 400;
/// The greatest number of parts of a text none of which may be in the declared language where the text is said to be in another.
const MAX_PARTS: usize = 3;
/// The least length of a part, in bytes: the language of a shorter one is often mistaken.
const MIN_PART: usize = 120;

/// Groups of languages that pass for one another, or are one language with several codes. A declared one of them is believed.
const ALIKE: &[&[&str]] = &[
    &["no", "nb", "nn", "da", "fo"],
    &["es", "ca", "gl", "ast", "an", "oc"],
    &["pt", "gl"],
    &["fr", "oc", "wa"],
    &["it", "co", "fur", "lij", "lmo", "nap", "pms", "sc", "scn", "vec"],
    &["de", "als", "bar", "gsw", "lb", "nds"],
    &["nl", "af", "fy", "li", "nds"],
    &["en", "sco"],
    &["sr", "hr", "bs", "sh", "sl", "mk", "bg"],
    &["cs", "sk"],
    &["ru", "uk", "be"],
    &["id", "ms", "jv"],
    &["fil", "tl"],
    &["he", "iw"],
    &["zh", "ja"],
];

/// How a text is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The language as a BCP 47 tag: as declared, or as recognized; `und` if it is uncertain.
    pub tag: String,
    /// The language whose rules and models read the text: English also for a text that may be English; `None` if there are none.
    pub language: Option<Language>,
}

/// Returns how a text is read. A declared language decides unless the whole text is surely in another. Declaring the resulting tag gives the
/// same result.
pub fn reading(declared: Option<&str>, text: &str) -> Reading {
    let found = identify(text);
    match declared {
        Some(tag) if !overrules(&found, tag, text) => Reading { tag: tag.to_owned(), language: Language::of(tag) },
        _ => Reading { tag: found.code.to_owned(), language: found.language },
    }
}

/// Returns whether a text is in another language than the declared one.
fn overrules(found: &Identified, tag: &str, text: &str) -> bool {
    let declared = Language::of(tag);
    let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let code = match declared {
        Some(language) => language.code(),
        None => &primary,
    };
    if !found.is_sure || are_alike(code, found.code) {
        return false;
    }
    if declared.is_none() && found.language.is_none() {
        return found.code != "und" && language::knows(code) && text.chars().nth(LONG).is_some();
    }
    // A long quotation, or a teaser in another language, does not change the language of the rest.
    parts(text).all(|part| identify(part).code != code)
}

fn are_alike(one: &str, other: &str) -> bool {
    one == other || ALIKE.iter().any(|group| group.contains(&one) && group.contains(&other))
}

/// Returns the parts of a text, of about equal length.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let count = (text.len() / MIN_PART).clamp(1, MAX_PARTS);
    let bound = move |number: usize| text.floor_char_boundary(text.len() * number / count);
    (0..count).map(move |number| &text[bound(number)..bound(number + 1)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const GERMAN: &str = "Der Minister sagte am Montag, dass die Gespräche in der Hauptstadt in der nächsten Woche \
        fortgesetzt werden und die Regierung einen neuen Plan vorlegen wird.";
    const ENGLISH: &str = "The minister said on Monday that the talks in the capital would go on next week, and that the \
        government would present a new plan to the people who live there.";
    const POLISH: &str = "Rząd przedstawi nowy plan dla mieszkańców stolicy. Minister powiedział, że rozmowy będą \
        kontynuowane w przyszłym tygodniu.";
    const CATALAN: &str = "El govern presentarà un nou pla per als habitants de la capital. El ministre va dir que les \
        converses continuaran la setmana vinent, però no en va donar detalls als periodistes.";

    #[test]
    fn the_language_decides_which_models_read_a_text() {
        for (declared, text, tag, language) in [
            (Some("en-GB"), "The minister said no.", "en-GB", Some("en")),
            (Some("de-CH"), "Der Minister sagte nein.", "de-CH", Some("de")),
            (Some("no"), "Ministeren sa nei.", "no", Some("nb")),
            (Some("ja"), "Der Minister sagte nein.", "ja", None),
            // The text shows another language with models.
            (Some("en-US"), GERMAN, "de", Some("de")),
            (Some("ja"), GERMAN, "de", Some("de")),
            (Some("de"), ENGLISH, "en", Some("en")),
            // Nothing is declared.
            (None, GERMAN, "de", Some("de")),
            (None, "Der Bürgermeister eröffnete am Montag die Brücke.", "de", Some("de")),
            (None, "El alcalde inauguró el puente el lunes.", "es", Some("es")),
            (None, "The minister said no.", "en", Some("en")),
            (None, "1. Maria Keller 2:05.1\n2. Ana Ruiz 2:06", "und", Some("en")),
            (None, "", "und", Some("en")),
        ] {
            let found = reading(declared, text);
            assert_eq!((&*found.tag, found.language.map(Language::code)), (tag, language), "{declared:?} {text}");
        }
    }

    #[test]
    fn no_model_reads_a_text_in_a_language_without_one() {
        for (declared, text, tag) in [
            (Some("en-US"), POLISH, "pl"),
            (Some("de"), POLISH, "pl"),
            (None, POLISH, "pl"),
            (Some("en-US"), "Minister powiedział, że odwoła się w przyszłym tygodniu.", "pl"),
            (Some("en-US"), "Правительство представит новый план для жителей столицы.", "ru"),
            (Some("en-US"), "Министр нет.", "und"),
            (Some("en"), "首相は京都で市長と会談した。", "ja"),
            (Some("en"), "التقى رئيس الوزراء عمدة المدينة في القاهرة", "ar"),
            (
                Some("en-US"),
                "Hallitus esittää uuden suunnitelman pääkaupungin asukkaille. Ministeri sanoi, että neuvottelut jatkuvat \
                 ensi viikolla.",
                "fi",
            ),
            (Some("en-US"), CATALAN, "ca"),
            (
                Some("en-US"),
                "Pemerintah akan mengajukan rencana baru bagi warga ibu kota. Menteri mengatakan bahwa pembicaraan akan \
                 dilanjutkan pekan depan, tetapi tidak memberikan rincian untuk wartawan yang bertanya.",
                "id",
            ),
        ] {
            let found = reading(declared, text);
            assert_eq!((&*found.tag, found.language), (tag, None), "{declared:?} {text}");
        }
    }

    #[test]
    fn names_and_quotations_in_another_language_do_not_overrule_what_is_declared() {
        let quoted = "The mayor answered in Polish: „Minister powiedział, że rozmowy będą kontynuowane w przyszłym tygodniu.” \
            She did not want to say it in English, but her office did so for her on Monday.";
        let mixed = format!("{GERMAN}\n\n{GERMAN}\n\n{ENGLISH}");
        for (declared, text) in [
            ("en", "Lech Wałęsa met Jarosław Kaczyński and Radosław Sikorski in Łódź."),
            ("en", "Путин and Лавров met the press."),
            ("en", quoted),
            ("en", &mixed),
            ("de", &mixed),
            (
                "en",
                "PRESALE - Bay Co Bldg Auth, Mich. AMT: 1,200,000 DATE: 09/05/96 NYC Time: 1600 CUSIP: 072261 ISSUER: Bay Co Bldg",
            ),
            // Alike, or too short to say.
            ("es", CATALAN),
            (
                "gl",
                "O goberno presentará un novo plan para os habitantes da capital. O ministro dixo que as conversas continuarán.",
            ),
            (
                "nb",
                "Regeringen vil fremlægge en ny plan for hovedstadens indbyggere. Ministeren sagde, at samtalerne fortsætter.",
            ),
            (
                "nn",
                "Regjeringa vil leggje fram ein ny plan for innbyggjarane i hovudstaden. Ministeren sa at samtalane held fram.",
            ),
            ("zh", "总理在北京会见市长"),
            ("kk", "Правительство представит новый план для жителей столицы."),
        ] {
            assert_eq!(reading(Some(declared), text).tag, declared, "{text}");
        }
    }

    #[test]
    fn headlines_in_close_languages_are_distinguished() {
        for (code, text) in [
            ("es", "El Gobierno aprueba el nuevo plan de vivienda para los jóvenes"),
            ("pt", "Governo aprova novo plano de habitação para os jovens"),
            ("it", "Il governo approva il nuovo piano per la casa dei giovani"),
            ("nl", "Kabinet keurt nieuw plan voor woningen van jongeren goed"),
            ("de", "Kabinett billigt neuen Plan für Wohnungen junger Menschen"),
            ("sv", "Regeringen godkänner ny plan för ungas bostäder"),
            ("da", "Regeringen godkender ny plan for unges boliger"),
            ("nb", "Regjeringen godkjenner ny plan for unges boliger"),
            ("fi", "Hallitus hyväksyi uuden suunnitelman nuorten asunnoista"),
        ] {
            assert_eq!(reading(None, text).tag, code, "{text}");
        }
    }

    #[test]
    fn the_result_is_the_same_where_its_tag_is_declared() {
        for text in
            [GERMAN, ENGLISH, POLISH, CATALAN, "", "Министр нет.", "Maria Keller", "首相は京都で市長と会談した。"]
        {
            for declared in [None, Some("en-US"), Some("de"), Some("nb"), Some("ja"), Some("gl")] {
                let first = reading(declared, text);
                let again = reading(Some(first.tag.as_str()).filter(|tag| *tag != "und"), text);
                assert_eq!(again, first, "{declared:?} {text}");
            }
        }
    }
}
