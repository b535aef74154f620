//! Quotations in languages other than English.
//!
//! Quotation marks, cues and the names found tell what is quoted and who said it ([`typography`]). Where taggers were trained for a
//! language, they come first, and find what is reported without marks too.

use self::lists::Lists;
use crate::learned::LearnedTaggers;
use crate::tagger::Attribution;
use crate::tagger::words::Words;

pub(crate) mod lists;
pub(crate) mod marks;
pub(crate) mod source;
pub(crate) mod speaker;
pub(crate) mod typography;

/// Returns the attributions of a text, in order; their contents never overlap.
pub(crate) fn attributions(words: &Words, lists: &Lists, learned: Option<&LearnedTaggers>) -> Vec<Attribution> {
    match learned {
        Some(learned) => learned.attributions(words, lists),
        None if lists.has_quotations() => typography::attributions(words, lists),
        None => Vec::new(),
    }
}
