//! Quotations in languages other than English.
//!
//! Quotation marks, cues and the names found tell what is quoted and who said it ([`typography`]). Where taggers were trained for a
//! language, they come first, and find what is reported without marks too.

use std::ops::Range;

use self::lists::Lists;
use crate::tagger::words::Words;
use crate::tagger::{Attribution, LinearTaggers};

pub(crate) mod lists;
pub(crate) mod marks;
mod source;
pub(crate) mod speaker;
pub(crate) mod typography;

/// Returns the attributions of a text, in order; their contents never overlap.
pub(crate) fn attributions(words: &Words, lists: &Lists) -> Vec<Attribution> {
    if !lists.has_quotations() {
        return Vec::new();
    }
    let by_marks = typography::attributions(words, lists);
    let Some(taggers) = LinearTaggers::learned(words.document.language()) else { return by_marks };
    let mut found = taggers.attributions(words);
    let mut taken = vec![false; words.words.len()];
    let spans = found.iter().flat_map(|attribution| &attribution.content).cloned();
    spans.for_each(|span: Range<usize>| taken[span].fill(true));
    let is_free =
        |attribution: &Attribution| attribution.content.iter().all(|span| !taken[span.clone()].contains(&true));
    let rest: Vec<Attribution> = by_marks.into_iter().filter(is_free).collect();
    found.extend(rest);
    found.sort_by_key(|attribution| attribution.content[0].start);
    found
}
