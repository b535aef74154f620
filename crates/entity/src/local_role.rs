//! The roles that a text in another language gives to persons: "Bundeskanzler", "ministre de l'Intérieur".

use std::ops::Range;

use dateline_record::{Entity, EntityType};
use dateline_text::Document;

use super::local::Local;
use super::role::names;

/// Words of the longest role.
const MAX_WORDS: usize = 8;

/// Sets the role of each person to which the text gives one: before the name, or in commas after it; the first that stands.
pub(super) fn attach(document: &Document, entities: &mut [Entity], local: &Local) {
    for entity in entities.iter_mut().filter(|entity| entity.r#type == EntityType::Person) {
        let role = names(document, entity).find_map(|name| {
            let sentence = document.sentences().partition_point(|sentence| sentence.end <= name.start);
            let sentence = document.sentences().get(sentence)?;
            before(document, sentence, &name, local).or_else(|| behind(document, sentence, &name, local))
        });
        entity.role = role;
    }
}

/// Returns whether a word is an office: a title that does not only address somebody.
fn is_office(word: &str, local: &Local) -> bool {
    !local.address.contains(word) && local.titles.contains_key(word)
}

/// Returns whether a word may stand within an office: "de", "l'", "Intérieur".
fn is_part(word: &str, local: &Local) -> bool {
    word.starts_with(char::is_uppercase)
        || local.particles.contains(word)
        || matches!(word, "l'" | "l\u{2019}" | "la" | "les" | "los" | "das" | "für" | "van" | "dell'" | "all'" | "voor")
}

/// "Bundeskanzler" before "Olaf Scholz"; "ministre de l'Intérieur," before "Gérald Darmanin".
fn before(document: &Document, sentence: &Range<usize>, name: &Range<usize>, local: &Local) -> Option<String> {
    let comma = usize::from(name.start > sentence.start && document.word(name.start - 1) == ",");
    let end = name.start - comma;
    let first = sentence.start.max(end.saturating_sub(MAX_WORDS));
    for start in (first..end).rev() {
        let word = document.word(start);
        if is_office(word, local) {
            return Some(document.words(&(start..end)).to_owned());
        }
        if !is_part(word, local) {
            return None;
        }
    }
    None
}

/// "Präsidentin der Kommission" after "Ursula von der Leyen,".
fn behind(document: &Document, sentence: &Range<usize>, name: &Range<usize>, local: &Local) -> Option<String> {
    if document.word(name.end) != "," {
        return None;
    }
    let article = |word: &str| word.chars().count() <= 3 && word.chars().all(char::is_lowercase);
    let start = name.end + 1 + usize::from(article(document.word(name.end + 1)));
    if start >= sentence.end || !is_office(document.word(start), local) {
        return None;
    }
    let last = sentence.end.min(start + MAX_WORDS);
    let end = (start + 1..last).find(|&at| !is_part(document.word(at), local)).unwrap_or(last);
    let closes = end >= sentence.end || matches!(document.word(end), "," | "." | ";" | "\u{2013}" | "\u{2014}");
    closes.then(|| document.words(&(start..end)).to_owned())
}
