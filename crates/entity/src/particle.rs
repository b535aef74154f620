//! Small words within names.

/// Returns whether a word, in lower case, stands between a first name and a last name.
pub(crate) fn is_particle(word: &str) -> bool {
    const WORDS: [&str; 16] =
        ["de", "la", "van", "von", "der", "den", "bin", "ibn", "al", "el", "del", "di", "da", "du", "dos", "ter"];
    WORDS.contains(&word)
}
