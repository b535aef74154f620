//! Who wrote the story.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::site::Site;
use super::{clean, date_words};
use crate::feed::{is_month, is_weekday};
use crate::record::Author;

/// The longest name believed, in code points, and the most words of it.
const MAX_NAME: usize = 60;
const MAX_WORDS: usize = 6;
/// The most words before the date of a byline: "Posted on", "Last updated on".
const MAX_LABEL: usize = 3;
/// The longest field looked at, in bytes, and the most authors of a story.
const MAX_FIELD: usize = 1000;
const MAX_AUTHORS: usize = 20;

/// Words that make a name no person's.
static NO_PERSON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| lines(include_str!("data/no-person.txt")).flat_map(str::split_whitespace).collect());
/// Whole phrases that look like a name and are none.
static NO_NAME: LazyLock<HashSet<&str>> = LazyLock::new(|| lines(include_str!("data/no-name.txt")).collect());

/// Words that open a byline, in lower case, and whether the word alone is proof of one.
const BY: &[(&str, bool)] = &[
    ("additional reporting by", true),
    ("written by", true),
    ("posted by", true),
    ("reported by", true),
    ("reporting by", true),
    ("report by", true),
    ("story by", true),
    ("words by", true),
    ("text by", true),
    ("review by", true),
    ("by", true),
    ("автор текста", true),
    ("автор статьи", true),
    ("автор", true),
    ("авторы", true),
    ("текст", true),
    ("autor", true),
    ("autora", true),
    ("autore", true),
    ("auteur", true),
    ("yazan", true),
    ("author", true),
    ("écrit par", true),
    ("escrito por", true),
    ("scritto da", true),
    ("geschrieben von", true),
    ("von", true),
    ("por", true),
    ("par", true),
    ("oleh", true),
    ("door", true),
    ("sobre", false),
    ("about", false),
    ("über", false),
    ("от", false),
    ("di", false),
    ("av", false),
    ("af", false),
    ("text", false),
    ("tekst", false),
];

/// Small words inside names.
const PARTICLES: &[&str] = &[
    "de", "da", "do", "dos", "das", "del", "della", "di", "du", "des", "la", "le", "las", "los", "van", "von", "der",
    "den", "ter", "ten", "zu", "zur", "af", "av", "bin", "bint", "ibn", "al", "el", "ben", "abu", "y", "e", "i", "san",
    "st.", "'t", "und",
];

/// Words that a date opens with.
const LABELS: &[&str] = &["published", "updated", "posted"];

fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'))
}

/// People named by bylines or author fields: "By " and roles cut off, lists split; no agencies, desks, sites, URLs or addresses.
pub fn people<'a>(fields: impl IntoIterator<Item = &'a str>, site: &Site) -> Vec<Author> {
    gather(fields, site, false)
}

/// Like [`people`], of fields that say to name a person each: one name is enough.
pub fn persons<'a>(fields: impl IntoIterator<Item = &'a str>, site: &Site) -> Vec<Author> {
    gather(fields, site, true)
}

fn gather<'a>(fields: impl IntoIterator<Item = &'a str>, site: &Site, one_name: bool) -> Vec<Author> {
    let mut authors: Vec<Author> = Vec::new();
    for field in fields {
        let field = &field[..field.floor_char_boundary(MAX_FIELD)];
        for part in field.split('\n').map(clean::text) {
            let before = authors.len();
            for part in date_words::outside(&part) {
                let (names, is_byline) = without_by(part);
                // What is printed behind the date of a signed line is no author.
                if authors.len() > before && !is_byline {
                    break;
                }
                for name in split_names(names) {
                    let name = site.cut_end(tidy(name));
                    let known = |a: &Author| a.name.to_lowercase() == name.to_lowercase();
                    if is_person(name, one_name) && !site.begins(name) && !authors.iter().any(known) {
                        authors.push(Author { name: name.to_owned() });
                    }
                    if authors.len() == MAX_AUTHORS {
                        return authors;
                    }
                }
            }
        }
    }
    authors
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
    static EDITORS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)[;)\]]|,? (?:editing|writing|compiled|edited) by\b").expect("a fixed pattern")
    });
    let line = line.trim_start_matches(['(', '[']);
    let rest = line.strip_prefix("Reporting by ").or_else(|| line.strip_prefix("reporting by "))?;
    EDITORS.split(rest).next()
}

/// A line that opens with "By" in any language, without it; a date may stand before it ("Posted on 3 March 2024 by").
pub fn after_by(line: &str) -> Option<&str> {
    let (rest, is_byline) = without_by(from_by(line));
    is_byline.then_some(rest)
}

/// A line from the "By" on that stands behind a date, else all of it.
pub fn from_by(line: &str) -> &str {
    let behind = date_words::runs(line).first().and_then(|run| {
        let is_label = line[..run.start].split_whitespace().count() <= MAX_LABEL;
        let behind = line[run.end..].trim_start_matches([',', ' ', '|', '/', '-', '–', '•', '·']);
        (is_label && without_by(behind).1).then_some(behind)
    });
    behind.unwrap_or(line)
}

/// Whether a line is a date and the name of who signs: "26.08.2024, 10:05 Uhr, Ada Reyes".
pub fn is_dated_name(line: &str) -> bool {
    let parts = date_words::outside(line);
    let mut parts = parts.iter().map(|part| part.trim_matches([' ', ',', '|', '/', '-', '–', '•', '·']));
    let opens = parts.next().is_some_and(str::is_empty);
    let names: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let is_name = |name: &str| {
        let words: Vec<&str> = name.split(' ').collect();
        let capital = |word: &&str| word.starts_with(char::is_uppercase) || PARTICLES.contains(word);
        (2..=4).contains(&words.len()) && words.iter().all(capital) && !name.contains([',', '|', '/', ':', ';'])
    };
    opens && matches!(names[..], [name] if is_name(name))
}

/// A field without the "By" it opens with, and whether that is proof of a byline.
fn without_by(field: &str) -> (&str, bool) {
    let (mut rest, mut proof) = (field.trim_start_matches([' ', '|', '–', '-', '(', '[', '•', '·']), false);
    for _ in 0..2 {
        let cut = BY.iter().find_map(|&(by, proves)| {
            let end = end_of_prefix(rest, by)?;
            // "Por" is a word of many sentences: a name or a colon stands behind the opening of a byline.
            let behind = rest[end..].trim_start_matches([' ', ':', '/', '|', '\n', '\u{a0}']);
            let set_off = !rest[end..].starts_with(char::is_alphanumeric) && end < rest.len();
            (set_off && !behind.starts_with(char::is_lowercase)).then_some((behind, proves))
        });
        let Some((behind, proves)) = cut else { break };
        rest = behind;
        proof |= proves;
    }
    (rest, proof)
}

/// Where `prefix`, given in lower case, ends at the start of a text in any case.
fn end_of_prefix(text: &str, prefix: &str) -> Option<usize> {
    let mut end = 0;
    let mut letters = text.chars();
    for expected in prefix.chars() {
        let letter = letters.next()?;
        if letter.to_lowercase().next() != Some(expected) {
            return None;
        }
        end += letter.len_utf8();
    }
    Some(end)
}

fn split_names(field: &str) -> Vec<&str> {
    static MARKS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r" (?i:and|with) |[;|/•·,、，&—–]| - ").expect("a fixed pattern"));
    static ANDS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r" (?:und|et|y|e|и|та|en|og|och|ve|dan) ").expect("a fixed pattern"));
    let mut names = Vec::new();
    for part in MARKS.split(field) {
        // "Ortega y Gasset" is one name: other languages' "and" stands between two whole ones.
        let parts: Vec<&str> = ANDS.split(part).map(str::trim).collect();
        if parts.iter().all(|p| p.contains(' ')) { names.extend(parts) } else { names.push(part) }
    }
    names
}

/// A name without what is printed behind it: a date, a handle, brackets, the rest of a sentence.
fn tidy(name: &str) -> &str {
    const EDGES: [char; 12] = [',', '.', '|', '-', '–', ':', '"', '“', '”', '•', '*', '\''];
    let name = without_by(name.trim()).0.trim();
    let mut end = 0;
    let mut words = 0;
    for word in name.split(' ') {
        let start = word.as_ptr() as usize - name.as_ptr() as usize;
        let lower = word.to_lowercase();
        let lower = lower.trim_matches(EDGES);
        let is_small = word.starts_with(char::is_lowercase) && word.chars().all(|c| c.is_lowercase() || c == '.');
        if word.chars().any(|c| c.is_ascii_digit() || matches!(c, '@' | '(' | '['))
            || words >= 2 && LABELS.contains(&lower)
            || words > 0 && lower == "in"
            || is_small && !PARTICLES.contains(&lower)
        {
            // "World Wire staff" ends in no name.
            if NO_PERSON.contains(lower) {
                return "";
            }
            break;
        }
        end = start + word.len();
        words += 1;
        // "Ada Reyes. World Wire": a full stop behind a long word ends the name.
        if words >= 2 && word.ends_with('.') && word.chars().count() > 4 {
            break;
        }
    }
    // "Jr." and an initial keep their stop.
    let name = name[..end].trim_matches(|c| EDGES.contains(&c) && c != '.').trim().trim_start_matches('.');
    if name.rsplit(' ').next().is_some_and(|last| last.chars().count() > 4) { name.trim_end_matches('.') } else { name }
}

fn is_person(name: &str, one_name: bool) -> bool {
    let words: Vec<&str> = name.split(' ').collect();
    let lower = name.to_lowercase();
    let caseless =
        |w: &str| w.chars().any(char::is_alphabetic) && !w.chars().any(|c| c.is_lowercase() || c.is_uppercase());
    let is_name = |w: &str| w.chars().skip(1).all(char::is_lowercase) && w.chars().count() > 2;
    let starts_small = name.starts_with(char::is_lowercase);
    name.chars().count() <= MAX_NAME
        && name.chars().filter(|c| c.is_alphabetic()).count() >= 2
        && !name.contains(['@', '/', ':', '<', '>', '(', '{', '_', '=', '?', '!', '#'])
        && words.len() <= MAX_WORDS
        && !lower.starts_with("the ")
        && !NO_NAME.contains(lower.as_str())
        && !lower.split([' ', '\'', '’']).any(|w| NO_PERSON.contains(w) || NO_PERSON.contains(w.trim_matches('.')))
        && !(words.iter().all(|w| is_weekday(w) || is_month(w)) && words.iter().any(|w| is_weekday(w) && !is_month(w)))
        && (words.len() > 1 || caseless(name) || one_name && is_name(name))
        && (!starts_small || words.len() > 1 && PARTICLES.contains(&words[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_lines_are_byline_data() {
        assert!(is_credit_line("(Reporting by Ada Reyes in Moscow; Editing by Jo Lind)"));
        assert!(is_credit_line("Jo Lind contributed to this report."));
        assert!(!is_credit_line("Her reporting by night made her known."));
        for line in ["(Reporting by Ada Reyes; Editing by Jo Lind)", "Reporting by Ada Reyes, editing by Jo Lind"] {
            assert_eq!(reporters(line), Some("Ada Reyes"), "{line}");
        }
    }

    fn names(field: &str, one_name: bool) -> Vec<String> {
        let site = Site::new(["The World Wire"], Some("www.worldwire.example"));
        let found = if one_name { persons([field], &site) } else { people([field], &site) };
        found.into_iter().map(|a| a.name).collect()
    }

    #[test]
    fn authors_are_people() {
        for (field, expected) in [
            ("By Ada Reyes and Jo Lind", &["Ada Reyes", "Jo Lind"][..]),
            ("By ADA REYES and JO LIND\nAssociated Press", &["ADA REYES", "JO LIND"]),
            ("By\nAda Reyes\n,\nJo Lind\nand\nMo Adeyemi", &["Ada Reyes", "Jo Lind", "Mo Adeyemi"]),
            ("BY ADA REYES, Staff Writer", &["ADA REYES"]),
            ("By Al Root", &["Al Root"]),
            ("Posted by Ada Reyes", &["Ada Reyes"]),
            ("BY: Ada Reyes, MS, RDN", &["Ada Reyes"]),
            ("Ada Reyes in Moscow; Jo Lind in Kyiv", &["Ada Reyes", "Jo Lind"]),
            ("Ada Reyes | Special to the Courier", &["Ada Reyes"]),
            ("Ada Reyes, New York", &["Ada Reyes"]),
            ("Ada Reyes. World Wire", &["Ada Reyes"]),
            ("Ada Reyes, World Wire", &["Ada Reyes"]),
            ("Ada Reyes World Wire", &["Ada Reyes"]),
            ("Ada Reyes Monday, November 18, 2019, 04:05 pm", &["Ada Reyes"]),
            ("Ada Reyes 18 Nov 2019", &["Ada Reyes"]),
            ("Monday August 26, 2024 10:05 am PDT by Julia Clove", &["Julia Clove"]),
            ("2024-08-26 10:05 by Mark Dunn", &["Mark Dunn"]),
            ("26.08.2024, 10:05 Uhr, Martin Hahn", &["Martin Hahn"]),
            ("Posted on August 26, 2024 at 10:05 am by Martin Hale", &["Martin Hale"]),
            ("By May Chen and April Jones, June 3, 2024", &["May Chen", "April Jones"]),
            ("3 March by Theresa May", &["Theresa May"]),
            ("Theresa May, 3 March", &["Theresa May"]),
            ("By August Berg | Tuesday 10:05", &["August Berg"]),
            ("Plácido Domingo 26.08.2024", &["Plácido Domingo"]),
            ("Monday August 26", &[]),
            ("Am 13. November 2019 Von Jo Lind In Aktuell", &["Jo Lind"]),
            ("mardi 6 août 2024 à 10h20 par Julie Avril", &["Julie Avril"]),
            ("Science Wire staff", &[]),
            ("Ada Reyes is a reporter for the Courier", &["Ada Reyes"]),
            ("Ada Reyes@adareyes", &[]),
            ("Ada Reyes\n@adareyes", &["Ada Reyes"]),
            ("Ada B. Reyes Jr.", &["Ada B. Reyes Jr."]),
            ("Mary-Jane O'Hara van der Berg", &["Mary-Jane O'Hara van der Berg"]),
            ("de la Cruz Ana", &["de la Cruz Ana"]),
            ("Von Ada Reyes und Jo Lind", &["Ada Reyes", "Jo Lind"]),
            ("Par Ada Reyes et Jo Lind", &["Ada Reyes", "Jo Lind"]),
            ("Por José Ortega y Gasset", &["José Ortega y Gasset"]),
            ("Por Ada Reyes y Jo Lind", &["Ada Reyes", "Jo Lind"]),
            ("Текст: Ада Рейес", &["Ада Рейес"]),
            ("Автор: Ада Рейес", &["Ада Рейес"]),
            ("Sobre Ada Reyes", &["Ada Reyes"]),
            ("Łukasz Żak", &["Łukasz Żak"]),
            ("정덕현", &["정덕현"]),
            ("Reuters", &[]),
            ("The Associated Press", &[]),
            ("World Wire Sport", &[]),
            ("The World Wire", &[]),
            ("The Syrian and the Russian ministries", &[]),
            ("Гость", &[]),
            ("Von der Redaktion", &[]),
            ("https://example.org/people/ada", &[]),
            ("ada@example.org", &[]),
            ("kei_eno", &[]),
            ("jdadmin", &[]),
            ("Staff", &[]),
            ("Regan", &[]),
            ("View More Articles", &[]),
        ] {
            assert_eq!(names(field, false), expected, "{field}");
        }
        for (field, expected) in [
            ("Regan", &["Regan"][..]),
            ("WorldWire", &[]),
            ("admin", &[]),
            ("AS", &[]),
            ("kevin-r", &[]),
            ("Staff", &[]),
        ] {
            assert_eq!(names(field, true), expected, "{field}");
        }
    }

    #[test]
    fn a_byline_opens_with_by_in_any_language() {
        for (line, rest) in [
            ("By Ada Reyes", Some("Ada Reyes")),
            ("by\nAda Reyes", Some("Ada Reyes")),
            ("Von Ada Reyes publiziert am 30. Juli 2018", Some("Ada Reyes publiziert am 30. Juli 2018")),
            ("By the sea", None),
            ("Posted on March 12, 2019 by Ada Reyes", Some("Ada Reyes")),
            ("12.03.2019 von Ada Reyes", Some("Ada Reyes")),
            ("On Monday 12 March 2019 the by-law was read by Ada Reyes", None),
            ("12 March 2019: a day by the sea", None),
            ("Bystander killed", None),
            ("Por qué no", None),
            ("Текст: Ада Рейес", Some("Ада Рейес")),
            ("Di Maio meets", None),
            ("By", None),
        ] {
            assert_eq!(after_by(line), rest, "{line}");
        }
    }
}
