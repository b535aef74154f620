//! Nicknames in quotation marks or brackets: "Dominic “Dom the Fish” Carrano" is one name, and no name ends inside the
//! marks.

use std::ops::Range;

use dateline_model::{Kind, Name, lexicon};
use dateline_text::Document;

use super::particle::is_particle;

/// The maximum number of words of a nickname.
const LONGEST: usize = 5;
/// The maximum number of words of a name before its nickname.
const BEFORE: usize = 3;

/// Joins the parts of a name that a nickname stands in, and cuts other names where a lone quotation mark stands.
pub(super) fn join(document: &Document, names: &mut Vec<Name>) {
    let found = whole(document, names);
    super::replace(names, found, Kind::Person);
    let parts = names.drain(..).flat_map(|name| {
        let parts = apart(document, &name.tokens);
        parts.into_iter().map(move |tokens| Name { tokens, kind: name.kind })
    });
    let parts: Vec<Name> = parts.collect();
    *names = parts;
}

/// Returns the tokens of a nickname with its marks, within a name.
pub(super) fn within(document: &Document, name: &Range<usize>) -> Option<Range<usize>> {
    name.clone().find_map(|open| marked(document, open).filter(|marked| marked.end < name.end))
}

/// Returns the names that hold a nickname, in order and apart.
fn whole(document: &Document, names: &[Name]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for sentence in document.sentences() {
        let mut at = sentence.start;
        while at < sentence.end {
            let Some(nickname) = marked(document, at).filter(|nickname| nickname.end < sentence.end) else {
                at += 1;
                continue;
            };
            let from = found.last().map_or(sentence.start, |last| last.end.max(sentence.start));
            if let Some(name) = around(document, names, from..sentence.end, &nickname) {
                at = name.end;
                found.push(name);
            } else {
                at += 1;
            }
        }
    }
    found
}

/// Returns a few words in marks that may be a nickname: "“Dom the Fish”", "(Bob)".
fn marked(document: &Document, open: usize) -> Option<Range<usize>> {
    let closing = closing(document.word(open))?;
    let tokens = document.tokens();
    let mark = tokens[open];
    let close = (open + 2..=open + 1 + LONGEST).find(|&at| closing.contains(&document.word(at)))?;
    let inside = open + 1..close;
    let clings = !tokens[open + 1].spaced && !tokens[close].spaced;
    let words = inside.clone().all(|at| tokens[at].is_word);
    let capital = capital(document.word(open + 1)) && capital(document.word(close - 1))
        || document.word(open + 1).eq_ignore_ascii_case("the") && capital(document.word(close - 1));
    let spaced = (open == 0 || mark.spaced) && tokens.get(close + 1).is_some_and(|next| next.spaced);
    (clings && words && capital && spaced).then_some(open..close + 1)
}

/// Returns the whole name around a nickname; `None` where the words around it are not a person's.
fn around(document: &Document, names: &[Name], within: Range<usize>, nickname: &Range<usize>) -> Option<Range<usize>> {
    let covering = |token: usize| {
        let at = names.partition_point(|name| name.tokens.end <= token);
        names.get(at).filter(|name| name.tokens.contains(&token))
    };
    let first_name = |token: usize| lexicon().first_names.contains_key(document.word(token));
    let may_name = |token: usize| {
        let word = document.word(token);
        let plain = lexicon().titles.contains(word) || lexicon().common.contains(word.to_lowercase().as_str());
        document.tokens()[token].is_word && capital(word) && (!plain || first_name(token))
    };
    let person = |token: usize| covering(token).is_some_and(|name| name.kind == Kind::Person);
    let other = |token: usize| covering(token).is_some_and(|name| name.kind != Kind::Person);

    let (before, next) = (nickname.start.checked_sub(1).filter(|before| within.contains(before)), nickname.end);
    // "van Dyke", "de la Cruz": particles stand before the surname.
    let last =
        (next..within.end.min(next + BEFORE)).find(|&token| !is_particle(document.word(token), document.language()))?;
    if !may_name(last) {
        return None;
    }
    let before = before.filter(|&token| may_name(token));
    // "Robert (Bob) Hale"; but "Oslo (Reuters) Robert Hale", and lists of "Hale (Jamaica) Marsh (Kenya)".
    let bracketed = || {
        let inside = nickname.start + 1;
        let word = document.word(inside);
        let alone = |token: usize| {
            covering(token).is_none_or(|name| {
                name.kind == Kind::Person && (name.tokens.len() == 1 || name.tokens.contains(&inside))
            })
        };
        nickname.len() == 3
            && word.chars().any(char::is_lowercase)
            && covering(inside).is_none_or(|name| name.kind == Kind::Person)
            && !lexicon().places.contains_key(word)
            && !lexicon().demonyms.contains_key(word)
            && before.is_some_and(|before| first_name(before) && alone(before) && alone(last) && !first_name(last))
    };
    let is_person = match before {
        Some(before) => {
            let first = first_name(before);
            (first || person(before) || person(last) && !other(before)) && (person(before) || !other(last))
        }
        // "“Magic” Johnson"
        None => {
            document.word(nickname.start) != "("
                && begins_name(document, within.start, nickname.start)
                && nickname.len() == 3
                && person(last)
                && may_name(nickname.start + 1)
                && covering(last).is_some_and(|name| name.tokens.start >= nickname.start)
        }
    };
    if !is_person || document.word(nickname.start) == "(" && !bracketed() {
        return None;
    }
    let start = before.map_or(nickname.start, |before| {
        let named = covering(before).filter(|name| name.kind == Kind::Person).map_or(before, |name| name.tokens.start);
        let initial = |token: usize| document.word(token).ends_with('.') && document.word(token).chars().count() == 2;
        let mut start = named.max(within.start);
        while start > within.start
            && before - start < BEFORE
            && may_name(start - 1)
            && (first_name(start - 1) || initial(start - 1))
        {
            start -= 1;
        }
        start
    });
    let named = covering(last).filter(|name| name.kind == Kind::Person).map_or(last + 1, |name| name.tokens.end);
    Some(start..named.min(within.end))
}

/// Returns whether a name may begin at a token: at the sentence's beginning, or after a comma, a preposition or a verb of saying.
fn begins_name(document: &Document, first: usize, token: usize) -> bool {
    token == first
        || matches!(
            document.word(token - 1),
            "," | "and" | "by" | "with" | "for" | "of" | "to" | "from" | "said" | "says" | "told" | "asked"
        )
}

/// Returns the parts of a name between quotation marks that have no partner within it.
fn apart(document: &Document, name: &Range<usize>) -> Vec<Range<usize>> {
    let is_mark = |token: usize| MARKS.contains(&document.word(token));
    let partner = |token: usize| {
        let closing = closing(document.word(token))?;
        let found = (token + 2..name.end.min(token + 3 + LONGEST)).find(|&end| closing.contains(&document.word(end)));
        // Marks around the whole name are not a part of it.
        found.filter(|&end| token > name.start || end + 1 < name.end)
    };
    // "King ’ s College", "Singles’ Day": an apostrophe, unless a mark before the name opens what it closes.
    let opened = name.start.checked_sub(1).is_some_and(|before| matches!(document.word(before), "'" | "\u{2018}"));
    let apostrophe = |token: usize| matches!(document.word(token), "'" | "\u{2019}") && !opened;
    let mut parts = Vec::new();
    let (mut start, mut at) = (name.start, name.start);
    while at < name.end {
        if !is_mark(at) {
            at += 1;
        } else if let Some(end) = partner(at) {
            at = end + 1;
        } else if apostrophe(at) && at > start && at + 1 < name.end {
            at += 1;
        } else {
            parts.push(start..at);
            at += 1;
            start = at;
        }
    }
    parts.push(start..name.end);
    parts.retain(|part| part.clone().any(|token| document.tokens()[token].is_word));
    parts
}

const MARKS: [&str; 11] =
    ["\"", "\u{201c}", "\u{201d}", "\u{201e}", "\u{201f}", "\u{ab}", "\u{bb}", "'", "\u{2018}", "\u{2019}", "\u{ff02}"];

/// Returns the marks that close what a mark opens.
fn closing(open: &str) -> Option<&'static [&'static str]> {
    Some(match open {
        "\"" => &["\""],
        "\u{201c}" | "\u{201f}" => &["\u{201d}", "\""],
        "\u{201e}" => &["\u{201c}", "\u{201d}"],
        "\u{ab}" => &["\u{bb}"],
        "\u{bb}" => &["\u{ab}"],
        "'" => &["'", "\u{2019}"],
        "\u{2018}" => &["\u{2019}", "'"],
        "\u{201d}" => &["\u{201d}"],
        "\u{ff02}" => &["\u{ff02}"],
        "(" => &[")"],
        _ => return None,
    })
}

fn capital(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}
