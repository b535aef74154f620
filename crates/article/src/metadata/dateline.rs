//! The dateline of a wire article: "MOSCOW, April 25 (Reuters) — ".

use std::sync::LazyLock;

use dateline_record::Dateline;
use regex::Regex;

static AGENCY_FORM: LazyLock<Regex> = LazyLock::new(|| {
    // A place, perhaps a date, an agency in brackets, a dash (or nothing where the brackets say enough).
    Regex::new(concat!(
        r"^(?P<place>\p{Lu}[\p{L}\p{M}.'’\-]*(?:[ ,/]+[\p{L}\p{M}.'’\-]+){0,6}?)",
        r"(?:,? +(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]*\.? +\d{1,2}|\d{1,2} +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]*\.?)(?:,? +\d{4})?)?",
        r",? *[(\[](?P<agency>\p{Lu}[\p{L}.&/ ]{1,40})[)\]] *(?P<dash>[—–―:-]{1,2})? +"
    ))
    .expect("a fixed pattern")
});
static BARE_FORM: LazyLock<Regex> = LazyLock::new(|| {
    // Capitals and a dash: "PARIS — ", "WASHINGTON, D.C. – ", "NEW DELHI, May 3 — ", "SEOUL, South Korea — ".
    Regex::new(concat!(
        r"^(?P<place>\p{Lu}{2}[\p{Lu}.'’\-]*(?:[ /]+\p{Lu}[\p{Lu}.'’\-]+){0,3}(?:, +\p{Lu}[\p{L}.'’]*(?: +\p{Lu}[\p{L}.'’]*){0,2})?)",
        r"(?:,? +(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]*\.? +\d{1,2}|\d{1,2} +(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]*\.?)(?:,? +\d{4})?)?",
        r" *(?:[—–―]| --?) +"
    ))
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
];

/// Returns the dateline at the start of an article's first paragraph, and the paragraph without it.
pub(crate) fn split(paragraph: &str) -> Option<(Dateline, &str)> {
    // A dateline is short; nothing further in is looked at.
    let head = &paragraph[..paragraph.floor_char_boundary(160)];
    // Hardly any paragraph has the marks of a form near its start.
    let may_be = |form: &'static Regex, marks: &[char]| head.contains(marks).then(|| form.captures(head)).flatten();
    let found = may_be(&AGENCY_FORM, &['(', '['])
        // In mixed case the agency alone is not proof ("Apple (NASDAQ) - "): capitals or a dash are asked for.
        .filter(|f| f.name("dash").is_some() || is_capitals(&f["place"]))
        .filter(|f| f.name("dash").is_some_and(|d| d.as_str() != ":") || is_capitals(&f["place"]))
        .or_else(|| may_be(&BARE_FORM, &['—', '–', '―', '-']).filter(|f| !NO_PLACE.contains(&&f["place"])))?;
    let rest = &paragraph[found.get(0).expect("group 0 is the match").end()..];
    if rest.chars().next().is_none_or(char::is_lowercase) {
        return None;
    }
    let place = found["place"].trim_end_matches(',').to_owned();
    Some((Dateline { place: Some(place), agency: found.name("agency").map(|a| a.as_str().trim().to_owned()) }, rest))
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
            ("WASHINGTON — Two men met.", "WASHINGTON", None, "Two men met."),
            ("WASHINGTON, D.C. – Two men met.", "WASHINGTON, D.C.", None, "Two men met."),
            ("ST. LOUIS -- Two men met.", "ST. LOUIS", None, "Two men met."),
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
            "",
        ] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
