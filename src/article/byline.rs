//! Who wrote the story.

use std::sync::LazyLock;

use regex::Regex;

use super::clean;
use crate::record::Author;

/// The longest name believed, in code points.
const MAX_NAME: usize = 60;

/// Words that make a name no person's.
const NO_PERSON: &[&str] = &[
    "staff",
    "reuters",
    "ap",
    "afp",
    "agencies",
    "agency",
    "press",
    "editor",
    "editors",
    "editorial",
    "team",
    "desk",
    "news",
    "admin",
    "administrator",
    "correspondent",
    "correspondents",
    "reporter",
    "reporters",
    "newsroom",
    "wire",
    "wires",
    "online",
    "webdesk",
    "bureau",
    "contributor",
    "contributors",
    "guest",
    "associated",
    "bloomberg",
    "bbc",
    "cnn",
    "media",
    "magazine",
    "network",
    "service",
    "times",
    "post",
    "guardian",
    "tribune",
    "herald",
    "journal",
    "gazette",
    "daily",
    "unknown",
    "author",
    "user",
    "root",
    "tass",
    "xinhua",
    "newspaper",
    "tv",
    "radio",
    "channel",
    "inc",
    "ltd",
    "llc",
    "com",
    "www",
];

/// People named by a byline or an author field: "By " and roles cut off, lists split; no agencies, staff, URLs or addresses.
pub fn people<'a>(fields: impl IntoIterator<Item = &'a str>) -> Vec<Author> {
    let mut authors: Vec<Author> = Vec::new();
    for field in fields {
        let field = clean::text(field);
        for name in split_names(without_by(&field)) {
            let name = name.trim().trim_matches([',', '.', '|', '-', '–', ':']).trim();
            if is_person(name) && !authors.iter().any(|a| a.name == name) && authors.len() < 20 {
                authors.push(Author { name: name.to_owned() });
            }
        }
    }
    authors
}

/// Agencies as they sign, and their names.
const AGENCIES: &[(&str, &str)] = &[
    ("Reuters", "Reuters"),
    ("REUTERS", "Reuters"),
    ("Associated Press", "AP"),
    ("ASSOCIATED PRESS", "AP"),
    ("AP", "AP"),
    ("AFP", "AFP"),
    ("Agence France-Presse", "AFP"),
    ("dpa", "dpa"),
    ("DPA", "dpa"),
    ("PA Media", "PA"),
    ("Press Association", "PA"),
    ("Bloomberg News", "Bloomberg"),
    ("Canadian Press", "The Canadian Press"),
    ("Australian Associated Press", "AAP"),
    ("AAP", "AAP"),
    ("ANSA", "ANSA"),
    ("EFE", "EFE"),
    ("Kyodo", "Kyodo"),
    ("Xinhua", "Xinhua"),
    ("TASS", "TASS"),
    ("Press Trust of India", "PTI"),
    ("PTI", "PTI"),
    ("IANS", "IANS"),
    ("Anadolu", "Anadolu"),
    ("Yonhap", "Yonhap"),
    ("Ukrinform", "Ukrinform"),
    ("UPI", "UPI"),
];

/// The news agency that a byline or an author field names.
pub fn agency(field: &str) -> Option<String> {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    AGENCIES
        .iter()
        .filter_map(|&(sign, name)| {
            let (at, _) = field.match_indices(sign).find(|&(at, _)| {
                is_edge(field[..at].chars().next_back()) && is_edge(field[at + sign.len()..].chars().next())
            })?;
            // The longest sign at the earliest place: "Australian Associated Press" is not AP.
            Some((at, std::cmp::Reverse(sign.len()), name))
        })
        .min()
        .map(|(_, _, name)| name.to_owned())
}

/// Whether a short line tells who reported, wrote or edited the story.
pub fn is_credit_line(text: &str) -> bool {
    static LINE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^[(\[]?(?:(?:Additional |With |Further )?[Rr]eporting|Editing|Writing|Compiled|Edited) by .+|\bcontributed (?:reporting|to this (?:report|story|article|piece))\b",
        )
        .expect("a fixed pattern")
    });
    text.len() <= 300 && LINE.is_match(text)
}

/// The people of "Reporting by …; editing by …" who reported.
pub fn reporters(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(['(', '[']);
    let rest = line.strip_prefix("Reporting by ").or_else(|| line.strip_prefix("reporting by "))?;
    rest.split([';', ')', ']']).next()
}

fn without_by(field: &str) -> &str {
    ["by ", "written by ", "posted by ", "by: "]
        .iter()
        .find_map(|by| {
            field.get(..by.len()).filter(|start| start.eq_ignore_ascii_case(by)).map(|_| field[by.len()..].trim_start())
        })
        .unwrap_or(field)
}

fn split_names(field: &str) -> impl Iterator<Item = &str> {
    field
        .split([';', '|', '/', '•', '·', '\n'])
        .flat_map(|part| part.split(" and "))
        .flat_map(|part| part.split(" & "))
        .flat_map(|part| part.split(" with "))
        .flat_map(|part| part.split(','))
        .flat_map(|part| part.split(" in ").take(1))
        .flat_map(|part| part.split(" for ").take(1))
}

fn is_person(name: &str) -> bool {
    name.chars().count() <= MAX_NAME
        && name.chars().filter(|c| c.is_alphabetic()).count() >= 2
        && !name.contains(['@', '/', ':', '<', '>', '(', '{', '_'])
        && !name.chars().any(|c| c.is_ascii_digit())
        && name.split(' ').count() <= 6
        && !name.split([' ', '.', '\'', '’']).any(|w| NO_PERSON.contains(&w.to_lowercase().as_str()))
        && (name.contains(' ') || !name.is_ascii())
        && name.chars().next().is_some_and(|c| !c.is_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agencies_and_credit_lines_are_byline_data() {
        for (field, name) in [
            ("By ADA REYES, Associated Press", Some("AP")),
            ("Australian Associated Press", Some("AAP")),
            ("Reporting by Ada Reyes; Editing by Jo Lind for Reuters", Some("Reuters")),
            ("Ada Reyes, Approach Desk", None),
        ] {
            assert_eq!(agency(field).as_deref(), name, "{field}");
        }
        assert!(is_credit_line("(Reporting by Ada Reyes in Moscow; Editing by Jo Lind)"));
        assert!(is_credit_line("Jo Lind contributed to this report."));
        assert!(!is_credit_line("Her reporting by night made her known."));
        assert_eq!(reporters("(Reporting by Ada Reyes; Editing by Jo Lind)"), Some("Ada Reyes"));
    }

    #[test]
    fn authors_are_people() {
        for (field, names) in [
            ("By Ada Reyes and Jo Lind", vec!["Ada Reyes", "Jo Lind"]),
            ("BY ADA REYES, Staff Writer", vec!["ADA REYES"]),
            ("Ada Reyes in Moscow; Jo Lind in Kyiv", vec!["Ada Reyes", "Jo Lind"]),
            ("Reuters", vec![]),
            ("The Associated Press", vec![]),
            ("https://example.org/people/ada", vec![]),
            ("ada@example.org", vec![]),
            ("Staff", vec![]),
            ("Łukasz Żak", vec!["Łukasz Żak"]),
        ] {
            assert_eq!(people([field]).iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), names, "{field}");
        }
    }
}
