//! Resolves the words of a source to a speaker, in languages other than English.

use std::ops::Range;

use dateline_model::Gender;
use dateline_record::EntityType;

use super::lists::Lists;
use crate::speaker::{ResolvedSpeaker, SpeakerResolver};

/// Persons named before a pronoun that are considered.
const MAX_PERSONS: usize = 6;

/// Returns the speaker whom the words of a source name. `last` is the last speaker.
pub(crate) fn resolve(
    speakers: &SpeakerResolver,
    lists: &Lists,
    range: &Range<usize>,
    last: Option<&ResolvedSpeaker>,
) -> ResolvedSpeaker {
    let (start, end) = speakers.place(range);
    let names = speakers.names_within(range);
    let kind = |entity: usize| speakers.entities[entity].r#type;
    let is = |wanted: EntityType| names.iter().rev().find(move |name| kind(name.2) == wanted);
    if let Some(&(from, to, entity)) = is(EntityType::Person) {
        return speakers.named(entity, (from, to), None, 0.9);
    }
    if let Some(&(from, to, entity)) = is(EntityType::Organisation).or_else(|| is(EntityType::Place)) {
        // "der Sprecher der Polizei" is not the police.
        return if from == start || names.len() == range.len() {
            speakers.named(entity, (from, to), None, 0.85)
        } else {
            speakers.named(entity, (start, end), None, 0.6)
        };
    }
    let lower = speakers.document.words(range).to_lowercase();
    let pronoun = lower.rsplit('-').next().unwrap_or(&lower);
    if let Some(&gender) = lists.pronouns.get(pronoun) {
        let meant = antecedent(speakers, start, gender, last);
        if let Some(entity) = meant {
            return speakers.named(entity, (start, end), None, 0.65);
        }
    }
    speakers.unnamed(start, end, None, 0.65)
}

/// Returns the person whom a pronoun most likely means: the last speaker, if the gender may be right, else the person named last.
fn antecedent(speakers: &SpeakerResolver, at: usize, gender: Gender, last: Option<&ResolvedSpeaker>) -> Option<usize> {
    let is_person = |entity: usize| speakers.entities[entity].r#type == EntityType::Person;
    let fits = |entity: usize| {
        let first = speakers.entities[entity].name.split_whitespace().next().unwrap_or_default();
        let known = dateline_model::lexicon().first_names.get(first).copied().flatten();
        is_person(entity) && known.is_none_or(|known| known == gender)
    };
    let before = speakers.names.partition_point(|&(start, ..)| start < at);
    let named = || speakers.names[..before].iter().rev().map(|name| name.2).filter(|&entity| is_person(entity));
    let last = last.and_then(|last| last.entity).filter(|&entity| fits(entity));
    let nearest = named().take(MAX_PERSONS).find(|&entity| fits(entity));
    // A person named since the last speaker is meant rather than the speaker.
    last.filter(|last| nearest == Some(*last)).or(nearest).or(last)
}
