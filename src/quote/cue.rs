//! The words that announce speech.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What may follow a verb of saying as its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Any clause.
    Clause,
    /// A clause that begins with "that", or with a subject of its own.
    That,
    /// Only words in quotation marks.
    Marked,
}

/// A verb of saying.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verb {
    pub lemma: &'static str,
    pub takes: Takes,
}

/// The verb of this form, if it is one of saying.
pub(super) fn verb(form: &str) -> Option<Verb> {
    static VERBS: LazyLock<HashMap<&'static str, Verb>> = LazyLock::new(|| {
        let mut verbs = HashMap::new();
        for line in include_str!("cues.txt").lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let (Some(lemma), Some(takes)) = (words.next(), words.next()) else { continue };
            let takes = match takes {
                "free" => Takes::Clause,
                "that" => Takes::That,
                _ => Takes::Marked,
            };
            for form in words {
                verbs.entry(form).or_insert(Verb { lemma, takes });
            }
        }
        verbs
    });
    if form.len() > 16 {
        return None;
    }
    VERBS.get(form.to_lowercase().as_str()).copied()
}

/// Words between a subject and its verb: "has repeatedly said".
pub(super) fn is_between(word: &str) -> bool {
    const WORDS: [&str; 42] = [
        "has",
        "have",
        "had",
        "also",
        "repeatedly",
        "previously",
        "later",
        "then",
        "earlier",
        "recently",
        "reportedly",
        "once",
        "often",
        "again",
        "already",
        "just",
        "now",
        "still",
        "never",
        "did",
        "does",
        "do",
        "would",
        "will",
        "not",
        "even",
        "publicly",
        "simply",
        "explicitly",
        "clearly",
        "reportedly",
        "quickly",
        "merely",
        "actually",
        "long",
        "first",
        "always",
        "subsequently",
        "falsely",
        "flatly",
        "jokingly",
        "famously",
    ];
    WORDS.contains(&word)
}
