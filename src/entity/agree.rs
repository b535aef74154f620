//! What the document tells of a name that its sentence alone does not.
//!
//! The tagger reads sentence by sentence. What is mostly one kind of thing in a text is that everywhere in it; a surname of
//! somebody whom the text names in full is a person's wherever it stands alone, and the seat of a government that does or says
//! something is the government.

use std::collections::{HashMap, HashSet};

use crate::model::{Kind, Name};
use crate::text::Document;

/// Seats of governments that stand for them.
const SEATS: [&str; 6] = ["Kremlin", "White House", "Pentagon", "Elysee", "\u{c9}lys\u{e9}e", "Downing Street"];
/// Words after which a seat is a place.
const WITHIN: [&str; 12] =
    ["in", "at", "to", "near", "outside", "inside", "into", "around", "from", "toward", "towards", "leaving"];
/// The shortest surname that is looked for, in characters: shorter ones are too often something else.
const LEAST: usize = 3;

/// Joins names that end in the middle, adds the surnames that the tagger passed over, and sets right what seats of governments are.
pub(super) fn complete(document: &Document, names: &mut Vec<Name>) {
    close(document, names);
    add_surnames(document, names);
    agree(document, names);
    name_seats(document, names);
}

/// No name ends with "of": what follows "University of" belongs to it.
fn close(document: &Document, names: &mut Vec<Name>) {
    let open = |name: &Name| name.kind == Kind::Organisation && document.word(name.tokens.end - 1) == "of";
    names.dedup_by(|next, name| {
        let joined = open(name) && next.tokens.start == name.tokens.end;
        if joined {
            name.tokens.end = next.tokens.end;
        }
        joined
    });
    for name in names.iter_mut().filter(|name| open(name) && name.tokens.len() > 1) {
        name.tokens.end -= 1;
    }
}

fn add_surnames(document: &Document, names: &mut Vec<Name>) {
    let mut surnames: HashSet<&str> = HashSet::new();
    for name in names.iter().filter(|name| name.kind == Kind::Person && name.tokens.len() > 1) {
        let last = document.word(name.tokens.end - 1);
        if capital(last) && last.chars().count() >= LEAST && last.chars().all(|c| c.is_alphabetic() || c == '-') {
            surnames.insert(last);
        }
    }
    if surnames.is_empty() {
        return;
    }
    let mut taken = vec![false; document.tokens().len()];
    for name in names.iter() {
        taken[name.tokens.clone()].fill(true);
    }
    let mut fresh: Vec<Name> = Vec::new();
    for sentence in document.sentences() {
        let free = |token: usize| sentence.contains(&token) && !taken[token];
        for token in sentence.clone().filter(|&token| free(token) && surnames.contains(document.word(token))) {
            // "the Witkoff Group", "Fort Witkoff" are other names, which the tagger knows better
            let alone = |token: usize| !sentence.contains(&token) || !capital(document.word(token));
            let after_first = token == sentence.start || alone(token - 1) || token - 1 == sentence.start;
            if after_first && alone(token + 1) {
                fresh.push(Name { tokens: token..token + 1, kind: Kind::Person });
            }
        }
    }
    if !fresh.is_empty() {
        names.append(&mut fresh);
        names.sort_by_key(|name| name.tokens.start);
    }
}

/// One word or phrase means one kind of thing within a text: the kind that more than two in three of its
/// mentions have.
fn agree(document: &Document, names: &mut [Name]) {
    let mut kinds: HashMap<&str, Vec<(Kind, usize)>> = HashMap::new();
    for name in names.iter() {
        let counts = kinds.entry(document.words(&name.tokens)).or_default();
        match counts.iter_mut().find(|(kind, _)| *kind == name.kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((name.kind, 1)),
        }
    }
    for name in names.iter_mut() {
        let counts = &kinds[document.words(&name.tokens)];
        let all: usize = counts.iter().map(|(_, count)| count).sum();
        if let Some(&(kind, _)) = counts.iter().find(|(_, count)| *count * 3 > all * 2) {
            name.kind = kind;
        }
    }
}

fn capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

fn name_seats(document: &Document, names: &mut [Name]) {
    for seat in SEATS {
        let is = |name: &Name| {
            let words = document.words(&name.tokens);
            matches!(name.kind, Kind::Place | Kind::Organisation) && words == seat
        };
        let acts = |name: &Name| {
            let sentence = document.sentences().partition_point(|sentence| sentence.end <= name.tokens.start);
            let first = document.sentences().get(sentence).map_or(0, |sentence| sentence.start);
            let mut before = (first..name.tokens.start).rev().map(|token| document.word(token));
            let word = before.find(|word| !word.eq_ignore_ascii_case("the")).unwrap_or_default();
            !WITHIN.iter().any(|within| within.eq_ignore_ascii_case(word))
        };
        let kind = if names.iter().any(|name| is(name) && acts(name)) { Kind::Organisation } else { continue };
        names.iter_mut().filter(|name| is(name)).for_each(|name| name.kind = kind);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::paragraphs;

    /// The names after the tagger found `given`: "words=letter of the kind".
    fn completed(text: &str, given: &[(&str, Kind)]) -> Vec<(String, Kind)> {
        let document = Document::new(text, &paragraphs(text));
        let mut names: Vec<Name> = given
            .iter()
            .map(|&(words, kind)| {
                let start = document.token_at(text.find(words).unwrap());
                Name { tokens: start..start + words.split(' ').count(), kind }
            })
            .collect();
        complete(&document, &mut names);
        names.iter().map(|name| (document.words(&name.tokens).to_owned(), name.kind)).collect()
    }

    #[test]
    fn the_document_tells_what_the_sentence_does_not() {
        use Kind::{Organisation, Person, Place};
        for (text, given, want) in [
            (
                "Ann Weller sang. Weller left.",
                &[("Ann Weller", Person)][..],
                &[("Ann Weller", Person), ("Weller", Person)][..],
            ),
            ("Ann Weller sang. The Weller Group left.", &[("Ann Weller", Person)], &[("Ann Weller", Person)]),
            ("Ann Weller sang. Fort Old Weller fell.", &[("Ann Weller", Person)], &[("Ann Weller", Person)]),
            ("Ann de Vries sang; vries is a verb.", &[("Ann de Vries", Person)], &[("Ann de Vries", Person)]),
            ("The Kremlin denied it.", &[("Kremlin", Place)], &[("Kremlin", Organisation)]),
            ("They met in the Kremlin.", &[("Kremlin", Place)], &[("Kremlin", Place)]),
            (
                "She went to the University of Lagos.",
                &[("University of", Organisation), ("Lagos", Place)],
                &[("University of Lagos", Organisation)],
            ),
            ("the Bank of later years", &[("Bank of", Organisation)], &[("Bank", Organisation)]),
        ] {
            let want: Vec<(String, Kind)> = want.iter().map(|&(words, kind)| (words.to_owned(), kind)).collect();
            assert_eq!(completed(text, given), want, "{text}");
        }
    }

    #[test]
    fn most_mentions_decide_what_a_name_is() {
        let document = Document::new("Oslo won. Oslo lost. Oslo drew. Oslo fell.", &[(0, 42)]);
        let kinds = [Kind::Place, Kind::Organisation, Kind::Place, Kind::Place];
        let at = |nth: usize| (0..document.tokens().len()).filter(|&at| document.word(at) == "Oslo").nth(nth).unwrap();
        let mut names: Vec<Name> =
            kinds.iter().enumerate().map(|(nth, &kind)| Name { tokens: at(nth)..at(nth) + 1, kind }).collect();
        let two = names[..2].to_vec();
        complete(&document, &mut names);
        assert!(names.iter().all(|name| name.kind == Kind::Place), "{names:?}");
        let mut undecided = two.clone();
        complete(&document, &mut undecided);
        assert_eq!(undecided, two);
    }
}
