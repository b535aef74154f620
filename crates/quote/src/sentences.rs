//! Sentences as quotations need them: a sentence boundary inside a pair of quotation marks is ignored.

use std::ops::Range;

use dateline_text::Document;

use super::quotation_marks::QuotedSpan;

/// Returns the sentences of a block, with those joined that a quoted span spans, and with the short attribution that follows a
/// quotation ending in `?` or `!` joined to it.
pub(super) fn join(document: &Document, block: &Range<usize>, marked: &[QuotedSpan]) -> Vec<Range<usize>> {
    let first = document.sentences().partition_point(|sentence| sentence.end <= block.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    for sentence in document.sentences()[first..].iter().take_while(|sentence| sentence.start < block.end) {
        while marked.get(at).is_some_and(|m| m.outside.end <= sentence.start) {
            at += 1;
        }
        let inside = marked.get(at).is_some_and(|m| m.inside.start < sentence.start && sentence.start < m.outside.end);
        let attribution = at > 0
            && marked[at - 1].outside.end == sentence.start
            && matches!(document.word(marked[at - 1].inside.end - 1), "?" | "!" | "..." | "\u{2014}" | "\u{2026}");
        match joined.last_mut() {
            Some(last) if inside || attribution => last.end = sentence.end,
            _ => joined.push(sentence.clone()),
        }
    }
    joined
}
