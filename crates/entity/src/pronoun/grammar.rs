//! The grammatical tests that resolving pronouns needs.

use std::ops::Range;

use dateline_text::Document;

/// Tokens looked over for what stands between a name and a pronoun.
const BETWEEN: usize = 40;

/// Words after which a name is not a subject.
pub(super) const PREPOSITIONS: [&str; 28] = [
    "of",
    "to",
    "with",
    "by",
    "for",
    "from",
    "against",
    "on",
    "in",
    "about",
    "over",
    "between",
    "among",
    "at",
    "under",
    "like",
    "than",
    "behind",
    "including",
    "into",
    "toward",
    "towards",
    "near",
    "without",
    "as",
    "after",
    "before",
    "around",
];

/// Returns whether a name is a subject: neither governed by a preposition nor an owner.
pub(super) fn is_subject(document: &Document, tokens: &Range<usize>) -> bool {
    if matches!(document.word(tokens.end), "'s" | "\u{2019}s" | "'" | "\u{2019}") {
        return false;
    }
    let mut before = tokens.start;
    if before > 0 && document.word(before - 1).eq_ignore_ascii_case("the") {
        before -= 1;
    }
    before == 0 || !PREPOSITIONS.contains(&document.word(before - 1).to_lowercase().as_str())
}

/// Returns whether no word within the range starts another clause.
pub(super) fn one_clause(document: &Document, between: Range<usize>) -> bool {
    const BOUNDARIES: [&str; 16] = [
        "that", "who", "and", "but", "because", "when", "if", "while", "as", "after", "before", "said", "says", ",",
        ";", "whom",
    ];
    between.len() <= BETWEEN
        && between.map(|at| document.word(at)).all(|word| !BOUNDARIES.contains(&word) && !is_mark(word))
}

pub(super) fn is_mark(word: &str) -> bool {
    matches!(word, "\"" | "\u{201c}" | "\u{201d}")
}
