//! Finds the text in quotation marks as languages other than English write them: « », „ “, » «, ‚ ‘, “ ”, " ".

use std::ops::Range;

use dateline_text::Document;

use crate::quotation_marks::QuotedSpan;

/// The words of one quoted span at most; a mark that is never closed must not swallow the article.
const MAX_TOKENS: usize = 600;

/// How a text uses its marks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// Angles point inwards: »ja«.
    inward: bool,
    /// Quotations open low: „ja“.
    low: bool,
    /// Single marks enclose quotations: the text has no double ones.
    single: bool,
}

impl Style {
    /// Returns how a text uses its marks.
    pub(crate) fn of(document: &Document, marks: &[Option<char>]) -> Self {
        let mut style = Self::default();
        let (mut outward, mut inward, mut double, mut singles) = (0, 0, 0, 0);
        for (at, mark) in marks.iter().enumerate().filter_map(|(at, mark)| mark.map(|mark| (at, mark))) {
            let opens = is_free(document, at) && clings(document, at);
            match mark {
                '\u{bb}' if opens => inward += 1,
                '\u{ab}' if opens || is_free(document, at) => outward += 1,
                '\u{201e}' => style.low = true,
                '\'' | '\u{2018}' | '\u{201a}' if opens => singles += 1,
                _ => {}
            }
            double += usize::from(matches!(mark, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}'));
        }
        style.inward = inward > outward;
        style.single = double == 0 && singles > 0;
        style
    }
}

/// Returns whether nothing clings to a token from the left but an opening mark or an elided word.
fn is_free(document: &Document, at: usize) -> bool {
    document.tokens()[at].spaced
        || at == 0
        || matches!(
            document.word(at - 1),
            "(" | "[" | "\u{2014}" | "-" | "--" | "\u{2013}" | "\"" | "\u{201c}" | "\u{ab}" | "\u{201e}"
        )
        || document.tokens()[at - 1].is_word && document.word(at - 1).ends_with(['\'', '\u{2019}'])
}

/// Returns whether the next token clings to this one.
fn clings(document: &Document, at: usize) -> bool {
    document.tokens().get(at + 1).is_some_and(|next| !next.spaced)
}

/// Finds the quoted spans of a block, in order, outermost only. `marks` are those of the document's tokens.
pub(crate) fn find(
    document: &Document,
    marks: &[Option<char>],
    block: &Range<usize>,
    style: Style,
    found: &mut Vec<QuotedSpan>,
) {
    let mut open: Option<(usize, char)> = None;
    let mut within = 0;
    for at in block.clone() {
        let Some(mark) = marks[at] else { continue };
        let Some((start, by)) = open else {
            if opens(document, at, mark, style) {
                (open, within) = (Some((at, mark)), 0);
            }
            continue;
        };
        if at - start > MAX_TOKENS {
            open = None;
        } else if mark == by && by != '"' && by != '\'' && opens(document, at, mark, style) {
            if start == block.start && !closes_later(document, marks, at..block.end, by, style) {
                // The one before was never closed: a paragraph that continued, or a slip.
                open = Some((at, mark));
            } else {
                within += 1;
            }
        } else if closes(document, at, mark, by, style) {
            if within > 0 {
                within -= 1;
                continue;
            }
            if at > start + 1 {
                found.push(QuotedSpan { inside: start + 1..at, outside: start..at + 1, goes_on: false });
            }
            open = None;
        }
    }
    // A paragraph that opens and does not close continues in the next.
    if let Some((start, by)) = open
        && by != '\''
        && block.end - start > 3
        && block.end - start <= MAX_TOKENS
    {
        found.push(QuotedSpan { inside: start + 1..block.end, outside: start..block.end, goes_on: true });
    }
}

/// Returns whether two more marks close what a mark opened.
fn closes_later(document: &Document, marks: &[Option<char>], rest: Range<usize>, by: char, style: Style) -> bool {
    let closing = |&at: &usize| marks[at].is_some_and(|mark| closes(document, at, mark, by, style));
    rest.take(MAX_TOKENS).filter(closing).take(2).count() == 2
}

fn opens(document: &Document, at: usize, mark: char, style: Style) -> bool {
    let free = is_free(document, at);
    match mark {
        '\u{201e}' | '\u{201f}' | '\u{201a}' => true,
        '\u{ab}' => !style.inward,
        '\u{bb}' => style.inward,
        '\u{201c}' => !style.low || free && clings(document, at),
        '\u{201d}' => free && clings(document, at),
        '"' => free,
        '\'' | '\u{2018}' => style.single && free && clings(document, at),
        _ => false,
    }
}

fn closes(document: &Document, at: usize, mark: char, by: char, style: Style) -> bool {
    let ends = document.tokens().get(at + 1).is_none_or(|next| next.spaced || !next.is_word);
    match by {
        '\u{201e}' | '\u{201f}' => matches!(mark, '\u{201c}' | '\u{201d}' | '"'),
        '\u{ab}' => mark == '\u{bb}',
        '\u{bb}' => mark == '\u{ab}' && style.inward,
        '\u{201c}' | '\u{201d}' => match mark {
            '\u{201d}' | '"' => true,
            '\u{201c}' => !document.tokens()[at].spaced && ends,
            _ => false,
        },
        '"' => mark == '"' || mark == '\u{201d}',
        '\u{201a}' => matches!(mark, '\u{2018}' | '\u{2019}' | '\''),
        '\'' | '\u{2018}' => matches!(mark, '\'' | '\u{2019}') && !document.tokens()[at].spaced && ends,
        _ => false,
    }
}
