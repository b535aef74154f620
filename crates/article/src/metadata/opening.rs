//! The words at the start of a byline: "By", "Von", "Par", "Автор:", "作者：".

use std::collections::HashMap;
use std::sync::LazyLock;

use super::date_words;
use crate::phrases::lines;

/// The maximum number of words before the date of a byline: "Posted on", "Last updated on".
const MAX_LABEL: usize = 3;
/// More words after the opening are a sentence, and more than the fewer where they end in a full stop or follow a noun.
const MAX_WORDS: usize = 40;
const FEW_WORDS: usize = 8;
/// Characters that may surround an opening.
const EDGES: [char; 8] = [' ', '|', '–', '-', '(', '[', '•', '·'];
const BEHIND: [char; 9] = [' ', ':', '/', '|', '\n', '\u{a0}', '：', '／', '丨'];

/// The evidence that an opening gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// A byline.
    Full,
    /// A byline if a colon follows, or little more than a name.
    Noun,
    /// Nothing.
    None,
}

/// The openings by their first letter, the longest first: hardly any line begins with one.
static OPENINGS: LazyLock<HashMap<char, Vec<(&str, Proof)>>> = LazyLock::new(|| {
    let opening = |line: &'static str| match (line.strip_suffix(':'), line.strip_suffix('?')) {
        (Some(noun), _) => (noun, Proof::Noun),
        (_, Some(word)) => (word, Proof::None),
        _ => (line, Proof::Full),
    };
    let mut all: HashMap<char, Vec<_>> = HashMap::new();
    for (word, proof) in lines(include_str!("../data/byline-words.txt")).map(opening) {
        all.entry(word.chars().next().unwrap_or_default()).or_default().push((word, proof));
    }
    for same in all.values_mut() {
        same.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    }
    all
});

/// Returns the openings that a text may begin with.
fn openings(text: &str) -> impl Iterator<Item = (&'static str, Proof)> {
    let first = text.chars().next().unwrap_or_default();
    let lower = first.to_lowercase().next().filter(|lower| *lower != first);
    [Some(first), lower].into_iter().flatten().filter_map(|letter| OPENINGS.get(&letter)).flatten().copied()
}

/// Returns a line that opens with "By" in any language, without it; a date may stand before it ("Posted on 3 March 2024 by").
pub(crate) fn after_by(line: &str) -> Option<&str> {
    let (rest, is_byline) = without_by(from_by(line));
    is_byline.then_some(rest)
}

/// Returns whether a whole text is an opening: "Written by".
pub(crate) fn is_opening(text: &str) -> bool {
    let text = text.trim_matches([' ', ':', '：']);
    openings(text).any(|(word, _)| end_of_prefix(text, word) == Some(text.len()))
}

/// Returns whether a line marked as a byline names nobody: an opening alone, a date, an address.
pub(crate) fn names_nobody(line: &str) -> bool {
    let has_letters = |part: &&str| part.contains(char::is_alphabetic);
    is_opening(line) || line.contains("://") || !date_words::outside(line).iter().any(has_letters)
}

/// Returns a line from the "By" on that stands after a date, else all of it.
pub(crate) fn from_by(line: &str) -> &str {
    let behind = date_words::runs(line).first().and_then(|run| {
        let is_label = line[..run.start].split_whitespace().count() <= MAX_LABEL;
        let behind = line[run.end..].trim_start_matches([',', ' ', '|', '/', '-', '–', '•', '·']);
        (is_label && without_by(behind).1).then_some(behind)
    });
    behind.unwrap_or(line)
}

/// Returns a field without the "By" it opens with, and whether that is proof of a byline.
pub(crate) fn without_by(field: &str) -> (&str, bool) {
    let (mut rest, mut proof) = (field.trim_start_matches(EDGES), false);
    for _ in 0..2 {
        let Some((behind, proves)) = openings(rest).find_map(|(word, kind)| without_opening(rest, word, kind)) else {
            break;
        };
        rest = behind;
        proof |= proves;
    }
    (rest, proof && !is_prose(rest))
}

fn without_opening<'a>(text: &'a str, word: &str, kind: Proof) -> Option<(&'a str, bool)> {
    let end = end_of_prefix(text, word)?;
    let after = &text[end..];
    // "Por" is a word of many sentences: a name or a colon stands after the opening of a byline.
    let behind = after.trim_start_matches(BEHIND);
    // "Per-Erik" and "Di'Angelo" are names.
    if after.is_empty()
        || after.starts_with(|c: char| c.is_alphanumeric() || "-'’".contains(c))
        || behind.starts_with(char::is_lowercase)
    {
        return None;
    }
    let is_set_off = after.trim_start_matches([' ', '\u{a0}']).starts_with([':', '：', '\n', '/', '／', '|', '丨']);
    let is_short = behind.split_whitespace().count() <= FEW_WORDS && !behind.ends_with(['.', '!', '?', '。']);
    match kind {
        Proof::Full => Some((behind, true)),
        Proof::Noun if is_set_off => Some((behind, true)),
        // "Text Ada Reyes", but not "Texto Sagrado" nor "文化".
        Proof::Noun => (is_short && behind.starts_with(char::is_uppercase)).then_some((behind, true)),
        Proof::None => Some((behind, false)),
    }
}

/// Returns whether more follows an opening than names and what is printed with them.
fn is_prose(rest: &str) -> bool {
    let words = rest.split_whitespace().count();
    let ends = rest.ends_with(['.', '!', '?', '…', '。', '।']);
    words > MAX_WORDS || words > FEW_WORDS && ends && date_words::runs(rest).is_empty()
}

/// Returns where `prefix`, given in lower case, ends at the start of a text in any case.
fn end_of_prefix(text: &str, prefix: &str) -> Option<usize> {
    let mut end = 0;
    let mut letters = text.chars();
    for expected in prefix.chars() {
        let letter = letters.next()?;
        if letter != expected && letter.to_lowercase().next() != Some(expected) {
            return None;
        }
        end += letter.len_utf8();
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byline_opens_with_by_in_any_language() {
        for (line, rest) in [
            ("By Ada Reyes", Some("Ada Reyes")),
            ("by\nAda Reyes", Some("Ada Reyes")),
            ("Von Ada Reyes publiziert am 30. Juli 2018", Some("Ada Reyes publiziert am 30. Juli 2018")),
            ("Eine Analyse von Ada Reyes", Some("Ada Reyes")),
            ("Propos recueillis par Ada Reyes", Some("Ada Reyes")),
            ("A cura di Ada Reyes", Some("Ada Reyes")),
            ("Posted on March 12, 2019 by Ada Reyes", Some("Ada Reyes")),
            (
                "By Ada Reyes, Jo Lind on Tuesday, March 12th, 2019 at 11:08 a.m.",
                Some("Ada Reyes, Jo Lind on Tuesday, March 12th, 2019 at 11:08 a.m."),
            ),
            ("12.03.2019 von Ada Reyes", Some("Ada Reyes")),
            ("Текст: Ада Рейес", Some("Ада Рейес")),
            ("Tekst: Ada Reyes", Some("Ada Reyes")),
            ("Author Ada Reyes", Some("Ada Reyes")),
            ("Yazar: Ada Reyes", Some("Ada Reyes")),
            ("Írta: Reyes Ada", Some("Reyes Ada")),
            ("Γράφει η Ada Reyes", Some("Ada Reyes")),
            ("بقلم: آدا رييس", Some("آدا رييس")),
            ("מאת אדה רייס", Some("אדה רייס")),
            ("作者：林美玉", Some("林美玉")),
            ("文／林美玉", Some("林美玉")),
            ("글 정덕현", None),
            ("글: 정덕현", Some("정덕현")),
            ("文化と経済", None),
            ("Author Ada Reyes, from Kessington, said she had read romances since she was a child.", None),
            ("Texto de la ley", None),
            ("By the sea", None),
            ("On Monday 12 March 2019 the by-law was read by Ada Reyes", None),
            ("12 March 2019: a day by the sea", None),
            ("Bystander killed", None),
            ("Por qué no", None),
            ("Von Ada Reyes ist bekannt, dass sie seit zehn Jahren am Hafen wohnt.", None),
            ("Di Maio meets", None),
            ("By", None),
        ] {
            assert_eq!(after_by(line), rest, "{line}");
        }
    }

    #[test]
    fn some_bylines_name_nobody() {
        for line in ["By", "Auteur :", "Écrit par", "17 April 2012 • 2:54pm", "https://wire.example/author/ada", "|"]
        {
            assert!(names_nobody(line), "{line}");
        }
        for line in ["By Ada Reyes", "Ada Reyes", "World Wire", "17 April 2012, Ada Reyes"] {
            assert!(!names_nobody(line), "{line}");
        }
    }

    #[test]
    fn openings_are_lower_case_and_listed_once_each() {
        for (word, kind) in OPENINGS.values().flatten() {
            assert_eq!(*word, word.to_lowercase(), "{kind:?}");
        }
    }
}
