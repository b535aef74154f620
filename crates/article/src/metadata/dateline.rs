//! The dateline of a wire article: "MOSCOW, April 25 (Reuters) — ", "Madrid, 3 jun (EFE).- ", "(ANSA) - ROMA, 3 GIU - ".

use std::sync::LazyLock;

use dateline_feed::is_month;
use dateline_record::Dateline;
use regex::{Captures, Regex};

/// A day with a word that may be a month: "April 25", "3. Juni", "1er juin", "3 de junio de 2026".
macro_rules! date {
    () => {
        concat!(
            r"(?P<date>(?:\p{L}{3,12}\.? +\d{1,2}|\d{1,2}(?:\.|er|º|°|st|nd|rd|th)? +(?:de +)?\p{L}{3,12}\.?)",
            r"(?:,? +(?:de +)?\d{4})?)"
        )
    };
}
macro_rules! agency {
    () => {
        // Few agencies sign in lower case.
        r"[(\[](?P<agency>\p{Lu}[\p{L}.&/ -]{1,40}|(?:afp|apa|dpa|epd|kna|sda|sid)\b[\p{L}.&/ -]{0,40})[)\]]"
    };
}
macro_rules! capitals {
    () => {
        r"(?P<place>\p{Lu}{2}[\p{Lu}.'’\-]*(?:[ /]+\p{Lu}[\p{Lu}.'’\-]+){0,3}(?:, +\p{Lu}[\p{L}.'’]*(?: +\p{Lu}[\p{L}.'’]*){0,2})?)"
    };
}

static AGENCY_FORM: LazyLock<Regex> = LazyLock::new(|| {
    // A place, perhaps a date, an agency in brackets, a dash (or nothing where the brackets say enough).
    Regex::new(concat!(
        r"^(?P<place>\p{Lu}[\p{L}\p{M}.'’\-]*(?:[ ,/]+[\p{L}\p{M}.'’\-]+){0,6}?)",
        r"(?:,? +",
        date!(),
        r")?,? *",
        agency!(),
        r" *(?:\.? ?(?P<dash>[—–―:-]{1,2}))? +"
    ))
    .expect("a fixed pattern")
});
static AGENCY_FIRST_FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!("^", agency!(), r" *[—–―-] *", capitals!(), r",? +", date!(), r"\.? *(?P<dash>[—–―-]{1,2}) +"))
        .expect("a fixed pattern")
});
static BARE_FORM: LazyLock<Regex> = LazyLock::new(|| {
    // Capitals and a dash: "PARIS — ", "WASHINGTON, D.C. – ", "NEW DELHI, May 3 — ", "SEOUL, South Korea — ".
    Regex::new(concat!("^", capitals!(), r"(?:,? +", date!(), r")? *(?:\.?[—–―]|(?:\.| )--?) +"))
        .expect("a fixed pattern")
});

/// Bare capitals that open a paragraph before a dash and are not a place.
const NO_PLACE: &[&str] = &[
    "BREAKING",
    "UPDATE",
    "UPDATED",
    "LIVE",
    "WATCH",
    "VIDEO",
    "EXCLUSIVE",
    "ANALYSIS",
    "OPINION",
    "NEW",
    "READ",
    "NOTE",
    "CORRECTION",
    "WARNING",
    "ALERT",
    "SPOILER",
    "QUESTION",
    "ANSWER",
    "FILE",
    "PHOTOS",
    "PICTURES",
    "DEVELOPING",
    "JUST IN",
    "NATO",
    "EILMELDUNG",
    "EXKLUSIV",
    "KOMMENTAR",
    "ANALYSE",
    "INTERVIEW",
    "LIVEBLOG",
    "DIRECT",
    "EN DIRECT",
    "VIDÉO",
    "REPORTAGE",
    "ENTRETIEN",
    "URGENTE",
    "ÚLTIMA HORA",
    "VÍDEO",
    "ENTREVISTA",
    "DIRETTA",
    "ESCLUSIVA",
    "INTERVISTA",
];

/// Returns the dateline at the start of an article's first paragraph, and the paragraph without it.
pub(crate) fn split(paragraph: &str) -> Option<(Dateline, &str)> {
    // A dateline is short; nothing further in is looked at.
    let head = &paragraph[..paragraph.floor_char_boundary(160)];
    // Hardly any paragraph has the marks of a form near its start.
    let may_be = |form: &'static Regex, marks: &[char]| {
        let found = head.contains(marks).then(|| form.captures(head)).flatten();
        found.filter(has_month)
    };
    let found = may_be(&AGENCY_FORM, &['(', '['])
        // In mixed case the agency alone is not proof ("Apple (NASDAQ) "): capitals or a dash are asked for.
        .filter(|f| f.name("dash").is_some_and(|dash| dash.as_str() != ":") || is_capitals(&f["place"]))
        .or_else(|| may_be(&AGENCY_FIRST_FORM, &['(', '[']))
        .or_else(|| may_be(&BARE_FORM, &['—', '–', '―', '-']).filter(|f| !NO_PLACE.contains(&&f["place"])))?;
    let rest = &paragraph[found.get(0).expect("group 0 is the match").end()..];
    if rest.chars().next().is_none_or(char::is_lowercase) {
        return None;
    }
    let place = found["place"].trim_end_matches(',').to_owned();
    Some((Dateline { place: Some(place), agency: found.name("agency").map(|a| a.as_str().trim().to_owned()) }, rest))
}

/// Returns whether the date, where there is one, names a month in some language.
fn has_month(found: &Captures) -> bool {
    let is_named = |date: &str| date.split(|c: char| !c.is_alphabetic()).any(|word| word.len() > 2 && is_month(word));
    found.name("date").is_none_or(|date| is_named(date.as_str()))
}

fn is_capitals(place: &str) -> bool {
    place.split([' ', ',']).next().is_some_and(|w| w.chars().count() > 1 && !w.chars().any(char::is_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datelines_are_cut_off_first_paragraphs() {
        for (text, place, agency, rest) in [
            ("MOSCOW, April 25 (Reuters) — Two men met.", "MOSCOW", Some("Reuters"), "Two men met."),
            ("LONDON (AP) - Two men met.", "LONDON", Some("AP"), "Two men met."),
            ("SEOUL, South Korea (AP) — “Two men met.”", "SEOUL, South Korea", Some("AP"), "“Two men met.”"),
            ("New York (CNN) — Two men met.", "New York", Some("CNN"), "Two men met."),
            ("NEW DELHI, 3 May (Reuters) - Two men met.", "NEW DELHI", Some("Reuters"), "Two men met."),
            ("WASHINGTON, Sept. 3 (Reuters) - Two men met.", "WASHINGTON", Some("Reuters"), "Two men met."),
            ("WASHINGTON — Two men met.", "WASHINGTON", None, "Two men met."),
            ("WASHINGTON, D.C. – Two men met.", "WASHINGTON, D.C.", None, "Two men met."),
            ("ST. LOUIS -- Two men met.", "ST. LOUIS", None, "Two men met."),
            ("PARIS, 3 juin (AFP) - Deux hommes.", "PARIS", Some("AFP"), "Deux hommes."),
            ("PARIS, 1er août 2026 (AFP) – Deux hommes.", "PARIS", Some("AFP"), "Deux hommes."),
            ("Madrid, 3 jun (EFE).- Dos hombres.", "Madrid", Some("EFE"), "Dos hombres."),
            ("Buenos Aires, 3 de junio (EFE) .- Dos hombres.", "Buenos Aires", Some("EFE"), "Dos hombres."),
            ("BERLIN, 3. Juni (dpa) – Zwei Männer.", "BERLIN", Some("dpa"), "Zwei Männer."),
            ("Frankfurt/Main (dpa/lhe) - Zwei Männer.", "Frankfurt/Main", Some("dpa/lhe"), "Zwei Männer."),
            ("ROMA, 3 GIU (ANSA) - Due uomini.", "ROMA", Some("ANSA"), "Due uomini."),
            ("(ANSA) - ROMA, 03 GIU - Due uomini.", "ROMA", Some("ANSA"), "Due uomini."),
            ("Lisboa, 3 de março de 2026 (Lusa) – Dois homens.", "Lisboa", Some("Lusa"), "Dois homens."),
            ("DEN HAAG, 3 mei (ANP) - Twee mannen.", "DEN HAAG", Some("ANP"), "Twee mannen."),
            ("HELSINKI, 3. kesäkuuta (STT) – Kaksi miestä.", "HELSINKI", Some("STT"), "Kaksi miestä."),
            ("WIEN, 3. März – Zwei Männer.", "WIEN", None, "Zwei Männer."),
        ] {
            let (dateline, left) = split(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (dateline.place.as_deref(), dateline.agency.as_deref(), left),
                (Some(place), agency, rest),
                "{text}"
            );
        }
        for text in [
            "Two men met — one of them late.",
            "NATO — the alliance of the north — met.",
            "BREAKING — Two men met.",
            "The firm (NASDAQ) said it met.",
            "UN chief Ada Reyes (left) — who resigned — met.",
            "Berlin, 3. Juni (gus) – Zwei Männer.",
            "Halle, 3 Tore (FCM) – Zwei Männer.",
            "PLATZ, 3 Tore – Zwei Männer.",
            "EILMELDUNG – Zwei Männer.",
            "URGENTE — Dos hombres.",
            "(ANSA) - Due uomini, 3 giugno - Due uomini.",
            "Madrid, 3 jun (EFE).- y dos hombres.",
            "Le 3 juin (AFP) a dit non.",
            "",
        ] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
