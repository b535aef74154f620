//! Corrects names by the whole document.
//!
//! The tagger reads one sentence at a time. A name that is mostly of one kind in a text is of that kind everywhere; the
//! surname of a person whom the text names in full is a person wherever it stands alone; and the seat of a government
//! that acts or speaks is the government.

use std::collections::{HashMap, HashSet};

use dateline_model::{Kind, Name, lexicon};
use dateline_text::{Document, Language};

use super::occupation::is_person_noun;
use super::resolve::bare;
use super::{firm, nickname, shape};

/// Seats of governments that stand for them.
const SEATS: [&str; 6] = ["Kremlin", "White House", "Pentagon", "Elysee", "\u{c9}lys\u{e9}e", "Downing Street"];
/// Words after which a seat is a place.
const WITHIN: [&str; 12] =
    ["in", "at", "to", "near", "outside", "inside", "into", "around", "from", "toward", "towards", "leaving"];
/// The maximum number of words of an apposition before its noun.
const APPOSITION: usize = 4;
/// Tokens of a table's line that are examined.
const MAX_LINE: usize = 60;
/// The shortest surname that is looked for, in characters: shorter ones are too often something else.
const LEAST: usize = 3;

/// Joins names that end in the middle, adds the surnames that the tagger skipped, and sets right what seats of governments are.
pub(super) fn complete(document: &Document, names: &mut Vec<Name>) {
    if document.language() != Language::ENGLISH {
        // The other rules know English words.
        add_surnames(document, names);
        agree(document, names, &HashMap::new());
        return;
    }
    close(document, names);
    nickname::join(document, names);
    let mut sure: HashMap<String, Kind> = HashMap::new();
    sure.extend(firm::join(document, names).into_iter().map(|firm| (firm, Kind::Organisation)));
    shape::add(document, names);
    add_surnames(document, names);
    sure.extend(called_persons(document, names).into_iter().map(|person| (person, Kind::Person)));
    agree(document, names, &sure);
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

/// Returns the names of somebody with a first name and an office: "Ruth Ames, mayor of Brackwater".
fn called_persons(document: &Document, names: &[Name]) -> Vec<String> {
    let is_person = |name: &&Name| {
        let from = name.tokens.end + 1;
        let office = |at: usize| document.word(at).starts_with(char::is_lowercase) && is_person_noun(document.word(at));
        let apposed = document.word(name.tokens.end) == ","
            && (from..from + APPOSITION)
                .take_while(|&at| document.tokens().get(at).is_some_and(|token| token.is_word))
                .any(office);
        apposed
            && (2..=4).contains(&name.tokens.len())
            && lexicon().first_names.contains_key(document.word(name.tokens.start))
    };
    names.iter().filter(is_person).map(|name| document.words(&name.tokens).to_owned()).collect()
}

/// Which of two kinds wins that a name has equally often.
const FIRST: [Kind; 5] = [Kind::Place, Kind::Organisation, Kind::Person, Kind::Event, Kind::Other];

/// A name is of one kind within a text: what the text says outright, else of the kind that most of its mentions have. Tables
/// of results are left out: there, a town and its club stand side by side.
fn agree(document: &Document, names: &mut [Name], sure: &HashMap<String, Kind>) {
    let key = |name: &Name| bare(document.words(&name.tokens));
    let in_table: Vec<bool> = names.iter().map(|name| in_table(document, name)).collect();
    let mut kinds: HashMap<String, [usize; FIRST.len()]> = HashMap::new();
    let place = |kind: Kind| FIRST.iter().position(|first| *first == kind).unwrap_or(0);
    for (name, _) in names.iter().zip(&in_table).filter(|(_, in_table)| !**in_table) {
        kinds.entry(key(name)).or_default()[place(name.kind)] += 1;
    }
    for (name, in_table) in names.iter_mut().zip(in_table) {
        if let Some(&kind) = sure.get(document.words(&name.tokens)) {
            name.kind = kind;
            continue;
        }
        let Some(counts) = kinds.get(&key(name)) else { continue };
        let most = (0..FIRST.len()).rev().max_by_key(|&at| counts[at]).map_or(name.kind, |at| FIRST[at]);
        let club = |kind: Kind| matches!(kind, Kind::Place | Kind::Organisation);
        if !(in_table && club(most) && club(name.kind)) {
            name.kind = most;
        }
    }
}

/// Returns whether a name stands in a line of a table: no word in lower case, but figures, or capitals alone.
fn in_table(document: &Document, name: &Name) -> bool {
    let headline = document.blocks().iter().find(|block| !block.is_empty()).map_or(0, |block| block.end);
    let sentence = document.sentences().partition_point(|sentence| sentence.end <= name.tokens.start);
    let Some(sentence) = document.sentences().get(sentence).filter(|sentence| sentence.start >= headline) else {
        return false;
    };
    let words = || sentence.clone().map(|token| document.word(token)).take(MAX_LINE);
    let figures = words().any(|word| word.starts_with(char::is_numeric));
    let shouted = !words().any(|word| word.contains(char::is_lowercase));
    !words().any(|word| word.starts_with(char::is_lowercase)) && (figures || shouted)
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
    use dateline_text::paragraphs;

    /// Returns the names after the tagger found `given`: "words=letter of the kind".
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
        let mut undecided = names[..2].to_vec();
        complete(&document, &mut names);
        assert!(names.iter().all(|name| name.kind == Kind::Place), "{names:?}");
        complete(&document, &mut undecided);
        assert!(undecided.iter().all(|name| name.kind == Kind::Place), "{undecided:?}");
    }
}
