//! Finds the text in quotation marks.

use std::ops::Range;

use dateline_text::{Document, Language};

/// A quoted span inside quotation marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct QuotedSpan {
    /// Tokens inside, without the marks.
    pub inside: Range<usize>,
    /// Tokens with the marks that are there.
    pub outside: Range<usize>,
    /// The closing mark is missing: the next paragraph continues.
    pub goes_on: bool,
}

/// The words of one quoted span at most; a mark that is never closed must not swallow the article.
const MAX_TOKENS: usize = 600;

/// Returns the quotation mark that each token is, if any.
pub(super) fn read(document: &Document) -> Vec<Option<char>> {
    (0..document.tokens().len()).map(|at| mark(document, at)).collect()
}

/// The quoted spans of a block, in order, outermost only. `marks` are those of the document's tokens.
pub(super) fn find(
    document: &Document,
    marks: &[Option<char>],
    block: &Range<usize>,
    single: bool,
    found: &mut Vec<QuotedSpan>,
) {
    let mut open: Option<(usize, char)> = None;
    // Curly marks that are still to come: closing less opening ones. A mark that opens inside one of its kind is a quotation
    // within it where enough closing ones follow.
    let curly = |at: usize| match marks[at] {
        Some('\u{201d}') => 1,
        Some('\u{201c}') => -1,
        _ => 0,
    };
    let mut to_come: i32 = block.clone().map(curly).sum();
    let mut within = 0;
    for at in block.clone() {
        let Some(mark) = marks[at] else { continue };
        to_come -= curly(at);
        if let Some((_, '\u{201c}')) = open {
            if mark == '\u{201c}' && to_come >= 2 + within {
                within += 1;
                continue;
            }
            if mark == '\u{201d}' && within > 0 {
                within -= 1;
                continue;
            }
        }
        match open {
            None => {
                within = 0;
                if opens(document, at, block.end, mark, single) {
                    open = Some((at, mark));
                }
            }
            Some((start, by)) => {
                if at - start > MAX_TOKENS {
                    open = None;
                } else if closes(document, at, block.end, mark, by) {
                    if at > start + 1 && !is_called(document, start, at) {
                        found.push(QuotedSpan { inside: start + 1..at, outside: start..at + 1, goes_on: false });
                    }
                    open = None;
                } else if mark == by && start == block.start && opens(document, at, block.end, mark, single) {
                    // The one before was never closed: a paragraph that continued, or a slip.
                    open = Some((at, mark));
                }
            }
        }
    }
    // A paragraph that opens and does not close continues in the next.
    if let Some((start, _)) = open
        && block.end - start > 3
        && block.end - start <= MAX_TOKENS
    {
        found.push(QuotedSpan { inside: start + 1..block.end, outside: start..block.end, goes_on: true });
    }
}

/// The maximum number of words of what something is called.
const MAX_CALLED: usize = 6;

/// Returns whether the words before the marks say that what they hold is a name or term: "the so-called “experts”", "known as “the Fox”".
fn is_called(document: &Document, open: usize, close: usize) -> bool {
    const CALLED: [&str; 10] = [
        "so-called",
        "nicknamed",
        "aka",
        "a.k.a.",
        "codenamed",
        "code-named",
        "titled",
        "entitled",
        "nickname",
        "moniker",
    ];
    let word = |back: usize| open.checked_sub(back).map_or("", |at| document.word(at));
    let phrase = match word(1) {
        "as" => matches!(word(2), "known" | "only") || word(2) == "name",
        "name" | "by" => matches!(word(2), "the" | "goes" | "went"),
        "of" => word(2) == "name" && word(3) == "the",
        // "Whom he dubbed “a fraud”" is speech.
        "dubbed" | "named" => matches!(word(2), "was" | "were" | "is" | "are" | "been" | "," | "("),
        before => CALLED.contains(&&*before.to_lowercase()),
    };
    phrase && close - open <= MAX_CALLED
}

/// Returns whether the text uses single marks for its quotations: it has no double ones, and single ones that open and close.
pub(super) fn uses_single(document: &Document, marks: &[Option<char>]) -> bool {
    let mut opened = false;
    let mut pairs = 0;
    for (at, mark) in marks.iter().enumerate() {
        match mark {
            Some('"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}') => return false,
            Some(c @ ('\'' | '\u{2018}')) if opens(document, at, document.tokens().len(), *c, true) => opened = true,
            Some('\'' | '\u{2019}') if opened => {
                pairs += 1;
                opened = false;
            }
            _ => {}
        }
    }
    pairs > 0
}

fn mark(document: &Document, at: usize) -> Option<char> {
    if document.tokens()[at].is_word {
        return None;
    }
    let c = document.word(at).chars().next()?;
    match c {
        '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{ab}' | '\u{bb}' | '\'' | '\u{2018}'
        | '\u{2019}' => Some(c),
        '\u{201a}' if document.language() != Language::ENGLISH => Some(c),
        '\u{ff02}' => Some('"'),
        '`' if document.word(at).len() == 2 => Some('\u{201c}'),
        _ => None,
    }
}

fn opens(document: &Document, at: usize, end: usize, mark: char, single: bool) -> bool {
    let token = document.tokens()[at];
    let free = token.spaced
        || at == 0
        || matches!(document.word(at - 1), "(" | "[" | "\u{2014}" | "-" | "--" | "\u{2013}" | "\"" | "\u{201c}");
    let clings = at + 1 < end && !document.tokens()[at + 1].spaced;
    match mark {
        '\u{201c}' | '\u{201e}' | '\u{201f}' | '\u{ab}' => true,
        // A closing mark that opens is a slip of the keyboard.
        '"' | '\u{201d}' => free && clings,
        '\'' | '\u{2018}' | '\u{2019}' => single && free && clings && mark != '\u{2019}',
        _ => false,
    }
}

fn closes(document: &Document, at: usize, end: usize, mark: char, by: char) -> bool {
    let token = document.tokens()[at];
    let ends = at + 1 >= end || document.tokens()[at + 1].spaced || !document.tokens()[at + 1].is_word;
    match by {
        '\u{201c}' | '\u{201d}' | '"' | '\u{201f}' => match mark {
            '\u{201d}' => true,
            '"' => !token.spaced || ends,
            // A slip: an opening mark that clings to the word before it.
            '\u{201c}' => !token.spaced && ends,
            _ => false,
        },
        '\u{201e}' => matches!(mark, '\u{201c}' | '\u{201d}' | '"'),
        '\u{ab}' => mark == '\u{bb}',
        '\'' | '\u{2018}' => matches!(mark, '\'' | '\u{2019}') && !token.spaced && ends,
        _ => false,
    }
}
