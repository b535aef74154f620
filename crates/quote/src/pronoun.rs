//! Pronouns that may stand for a speaker.

use dateline_model::Gender;

/// A pronoun that may stand for a speaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pronoun {
    Person(Gender),
    Relative,
    It,
    They,
}

impl Pronoun {
    /// Returns the pronoun that the words are, in lower case.
    pub(crate) fn of(words: &str) -> Option<Self> {
        Some(match words {
            "he" | "his" | "him" | "himself" => Self::Person(Gender::Male),
            "she" | "her" | "hers" | "herself" => Self::Person(Gender::Female),
            "who" | "which" | "that" | "whom" => Self::Relative,
            "it" | "its" | "itself" => Self::It,
            "they" | "their" | "them" | "themselves" => Self::They,
            _ => return None,
        })
    }
}
