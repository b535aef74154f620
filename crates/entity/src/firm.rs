//! Recognizes firms by the words around their names: "Johnson & Johnson", "Bell & Tedder LLC", "Marsh, Hale & Co", "the
//! retailer Keller".

use std::collections::HashSet;
use std::ops::Range;

use dateline_model::names::{is_first_name, is_surname};
use dateline_model::{Kind, Name, lexicon};
use dateline_text::Document;

/// Legal forms after a firm's name.
const FORMS: [&str; 19] = [
    "Inc", "Inc.", "LLC", "LLP", "L.L.C.", "L.L.P.", "LP", "Ltd", "Ltd.", "Limited", "PLC", "plc", "Corp", "Corp.",
    "Co", "Co.", "GmbH", "AG", "NV",
];
/// Words for further partners after an ampersand.
const PARTNERS: [&str; 10] =
    ["Co", "Co.", "Company", "Sons", "Bros", "Bros.", "Brothers", "Daughters", "Partners", "Associates"];
/// Nouns for a firm, as they stand beside its name.
const SORTS: [&str; 21] = [
    "company",
    "firm",
    "maker",
    "retailer",
    "bank",
    "startup",
    "start-up",
    "airline",
    "manufacturer",
    "insurer",
    "lender",
    "chipmaker",
    "carmaker",
    "drugmaker",
    "automaker",
    "supermarket",
    "conglomerate",
    "supplier",
    "subsidiary",
    "corporation",
    "chain",
];
/// The maximum number of words of an apposition before its noun.
const APPOSITION: usize = 6;
/// The maximum number of partners before an ampersand.
const MAX_PARTNERS: usize = 5;

/// Joins the names of firms that the tagger took apart. Returns the names that are firms' wherever the text has them.
pub(super) fn join(document: &Document, names: &mut Vec<Name>) -> HashSet<String> {
    let found = joined(document, names);
    super::replace(names, found, Kind::Organisation);
    let mut firms = HashSet::new();
    for name in names.iter_mut().filter(|name| matches!(name.kind, Kind::Person | Kind::Organisation)) {
        let form = document.word(name.tokens.end - 1);
        if FORMS.contains(&form) && name.tokens.len() > 1 {
            name.kind = Kind::Organisation;
            let comma = usize::from(document.word(name.tokens.end - 2) == ",");
            firms.insert(document.words(&(name.tokens.start..name.tokens.end - 1 - comma)).to_owned());
        } else if name.kind == Kind::Person && is_called_firm(document, &name.tokens) {
            firms.insert(document.words(&name.tokens).to_owned());
        }
    }
    firms
}

/// Returns the tokens of the firms around each ampersand, in order and apart.
fn joined(document: &Document, names: &[Name]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for sentence in document.sentences() {
        for at in sentence.start + 1..sentence.end.saturating_sub(1) {
            let taken = found.last().map_or(sentence.start, |last| last.end.max(sentence.start));
            if document.word(at) == "&" && at > taken {
                found.extend(around(document, names, taken..sentence.end, at));
            } else if FORMS.contains(&document.word(at)) && at > taken {
                found.extend(with_form(document, names, at));
            }
        }
    }
    found
}

/// Returns the name that covers a token.
fn covering(names: &[Name], token: usize) -> Option<&Name> {
    names.get(names.partition_point(|name| name.tokens.end <= token)).filter(|name| name.tokens.contains(&token))
}

/// Returns the firm around an ampersand.
fn around(document: &Document, names: &[Name], within: Range<usize>, ampersand: usize) -> Option<Range<usize>> {
    let (left, right) = (ampersand - 1, ampersand + 1);
    let capital = |token: usize| document.word(token).starts_with(char::is_uppercase);
    if !capital(left) || !capital(right) {
        return None;
    }
    let (before, behind) = (covering(names, left), covering(names, right));
    let mut start = before.map_or(left, |name| name.tokens.start).max(within.start);
    let mut end = behind.map_or(right + 1, |name| name.tokens.end).min(within.end);
    let is_form = |token: usize| token < within.end && FORMS.contains(&document.word(token));
    end += match document.word(end) {
        "," if is_form(end + 1) => 2,
        _ => usize::from(is_form(end)),
    };
    let sure = PARTNERS.contains(&document.word(right)) || FORMS.contains(&document.word(end - 1));
    let kind = |name: Option<&Name>| name.map(|name| name.kind);
    let full = |name: Option<&Name>| {
        name.is_some_and(|name| name.kind == Kind::Person && name.tokens.len() > 1 && !name.tokens.contains(&ampersand))
    };
    // "Harris & Walz" are two persons where the text names one of them in full.
    let surname = |token: usize| {
        let word = document.word(token);
        names.iter().any(|name| {
            name.kind == Kind::Person && name.tokens.len() > 1 && document.word(name.tokens.end - 1) == word
        })
    };
    // "Jay & Trish" are two persons by their first names; Johnson is a surname too.
    let both = |is: fn(&str) -> bool| is(document.word(left)) && is(document.word(right));
    let first_names = both(is_first_name) && !both(is_surname);
    let named = |name: Option<&Name>| matches!(kind(name), Some(Kind::Person | Kind::Organisation));
    let places = kind(before) == Some(Kind::Place) || kind(behind) == Some(Kind::Place);
    let other = kind(before) == Some(Kind::Other) || kind(behind) == Some(Kind::Other);
    let pair = (named(before) || named(behind))
        && !(full(before) || full(behind) || first_names || places || other || surname(left) || surname(right));
    if !sure && !pair {
        return None;
    }
    // "Marsh, Hale & Co"; but "Apple, Marsh & Co" where Apple is a firm of its own.
    for _ in 0..MAX_PARTNERS {
        let Some(partner) = start.checked_sub(2).filter(|&partner| sure && partner >= within.start) else { break };
        let own = covering(names, partner);
        let lone = own.is_none_or(|name| name.kind == Kind::Person && name.tokens.len() == 1);
        let plain = lexicon().common.contains(&*document.word(partner).to_lowercase());
        if document.word(start - 1) != ","
            || !capital(partner)
            || !lone
            || plain
            || document.word(partner).ends_with('.')
        {
            break;
        }
        start = partner;
    }
    Some(start..end)
}

/// Returns a person's name with a legal form after it: "Keller Okafor LLP".
fn with_form(document: &Document, names: &[Name], form: usize) -> Option<Range<usize>> {
    let last = form - 1 - usize::from(document.word(form - 1) == ",");
    let name = covering(names, last).filter(|name| name.tokens.end == last + 1 && name.kind == Kind::Person)?;
    Some(name.tokens.start..form + 1)
}

/// Returns whether the text calls the name a firm's: "Keller Okafor, a law firm", "the retailer Keller".
fn is_called_firm(document: &Document, name: &Range<usize>) -> bool {
    // "his banker's firm Jane Doe" is not a firm: a known first name is a person's.
    if name.len() > 1 && lexicon().first_names.contains_key(document.word(name.start)) {
        return false;
    }
    let is_sort = |token: usize| SORTS.contains(&document.word(token));
    if name.start > 1 && is_sort(name.start - 1) && document.tokens()[name.start - 1].is_word {
        return true;
    }
    let first = name.end + 1;
    if document.word(name.end) != "," || !matches!(document.word(first), "a" | "an" | "the") {
        return false;
    }
    let ends = |token: usize| !document.tokens().get(token).is_some_and(|next| next.is_word);
    let close = (first..first + APPOSITION).find(|&token| {
        ends(token) || matches!(document.word(token), "of" | "in" | "at" | "for" | "that" | "which" | "based")
    });
    close.is_some_and(|close| is_sort(close - 1))
}
