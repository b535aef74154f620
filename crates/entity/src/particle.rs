//! Small words within names.

use dateline_text::Language;

use crate::local::local;

/// The particles that English texts write.
const ENGLISH: [&str; 16] =
    ["de", "la", "van", "von", "der", "den", "bin", "ibn", "al", "el", "del", "di", "da", "du", "dos", "ter"];

/// Returns whether a word, in lower case, stands between a first name and a last name.
pub(crate) fn is_particle(word: &str, language: Language) -> bool {
    if let Some(local) = local(language) {
        return local.particles.contains(word);
    }
    ENGLISH.contains(&word)
}
