//! Resolves "its" and "it".

use dateline_record::{Entity, EntityType};
use dateline_text::Document;

use super::grammar::is_subject;
use super::{NamedEntity, names};

/// "its" and "itself", and the "it" of what an organisation or a country says: token and entity. The last one in the sentence
/// that is the subject of a verb.
pub(super) fn meant(document: &Document, entities: &[Entity]) -> Vec<(usize, usize)> {
    let names = names(document, entities, |kind| matches!(kind, EntityType::Organisation | EntityType::Place));
    let mut found = Vec::new();
    let mut next = 0;
    for sentence in document.sentences() {
        let mut subject: Option<&NamedEntity> = None;
        let mut said = false;
        for at in sentence.clone() {
            while next < names.len() && names[next].tokens.start <= at {
                let name = &names[next];
                next += 1;
                if name.tokens.start == at && is_subject(document, &name.tokens) && governs(document, name.tokens.end) {
                    (subject, said) = (Some(name), false);
                }
            }
            let Some(subject) = subject else { continue };
            let word = document.word(at);
            said |= announces(word);
            let meant = word.eq_ignore_ascii_case("its")
                || word == "itself"
                || word == "it" && said && acts(document.word(at + 1));
            if meant && at >= subject.tokens.end {
                found.push((at, subject.entity));
            }
        }
    }
    found
}

/// Returns whether a verb follows, possibly after an insertion between commas or brackets.
fn governs(document: &Document, at: usize) -> bool {
    let close = match document.word(at) {
        "," => ",",
        "(" => ")",
        _ => return is_verb(document.word(at)),
    };
    let end = (at + 1..at + 14).find(|&at| document.word(at) == close);
    end.is_some_and(|end| is_verb(document.word(end + 1)))
}

/// Returns whether a word has the form of a verb: "says", "is", "asked". Plurals match too, but the names before them are seldom subjects.
fn is_verb(word: &str) -> bool {
    word.len() > 1
        && word.starts_with(|c: char| c.is_lowercase())
        && (word.ends_with('s') || word.ends_with('d'))
        && word != "and"
}

/// Returns whether a word after "it" suggests that "it" refers to an entity: "it would", "it had"; "it is" is mostly impersonal.
fn acts(word: &str) -> bool {
    const ACTING: [&str; 16] = [
        "would", "will", "has", "had", "does", "did", "could", "can", "plans", "planned", "expects", "expected",
        "intends", "wants", "wanted", "remains",
    ];
    ACTING.contains(&word)
}

fn announces(word: &str) -> bool {
    const ANNOUNCING: [&str; 30] = [
        "said",
        "says",
        "announced",
        "argues",
        "argued",
        "warned",
        "warns",
        "reported",
        "reports",
        "added",
        "claims",
        "claimed",
        "expects",
        "insists",
        "denied",
        "denies",
        "promised",
        "plans",
        "hopes",
        "believes",
        "agreed",
        "acknowledged",
        "estimates",
        "noted",
        "found",
        "pledged",
        "vowed",
        "confirmed",
        "urged",
        "stated",
    ];
    ANNOUNCING.contains(&word)
}
