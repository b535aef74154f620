//! Who wrote the story.

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
