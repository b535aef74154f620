//! Resolves the words of a source to a speaker, in languages other than English.

use std::ops::Range;

use dateline_model::Gender;
use dateline_record::EntityType;

use super::lists::Lists;
use crate::speaker::{ResolvedSpeaker, SpeakerResolver};
use crate::tagger::Attribution;

/// Persons named before a pronoun that are considered.
const MAX_PERSONS: usize = 6;
/// Names before a speaker that are considered.
const MAX_NAMES: usize = 60;
/// Words of a description before its office.
const MAX_ARTICLES: usize = 3;

/// How sure a speaker is: named beside the cue, described, a pronoun whose person is known, or the one of another quotation. A test
/// fits these to the annotated texts.
const NAMED: f64 = 0.99;
const DESCRIBED: f64 = 0.96;
const OFFICE: f64 = 0.8;
const PRONOUN: f64 = 0.92;
const CARRIED: f64 = 0.88;
/// How often a text names no speaker where none is found.
pub(crate) const NOBODY: f64 = 0.3;

/// Returns the speaker of an attribution. `last` is the last speaker.
pub(crate) fn of(
    speakers: &SpeakerResolver,
    lists: &Lists,
    attribution: &Attribution,
    last: Option<&ResolvedSpeaker>,
) -> Option<ResolvedSpeaker> {
    match &attribution.source {
        Some(source) => Some(resolve(speakers, lists, source, last)),
        None => last.filter(|_| attribution.flows).map(same),
    }
}

/// Returns the same speaker for words that name none; a speaker without a name keeps the words that describe him.
fn same(last: &ResolvedSpeaker) -> ResolvedSpeaker {
    let mut found = match last.entity {
        Some(_) => SpeakerResolver::same_speaker(last),
        None => last.clone(),
    };
    found.speaker.confidence = CARRIED;
    found
}

/// Returns the speaker whom the words of a source name.
fn resolve(
    speakers: &SpeakerResolver,
    lists: &Lists,
    range: &Range<usize>,
    last: Option<&ResolvedSpeaker>,
) -> ResolvedSpeaker {
    let (start, end) = speakers.place(range);
    let names = speakers.names_within(range);
    let kind = |entity: usize| speakers.entities[entity].r#type;
    if let Some(&(from, to, entity)) = names.iter().rev().find(|name| kind(name.2) == EntityType::Person) {
        return speakers.named(entity, (from, to), None, NAMED);
    }
    // An organisation or place by itself, with an article at most: "der Sprecher der Polizei" is not the police.
    let bare = |name: &&(usize, usize, usize)| {
        let before = speakers.document.token_at(name.0) - range.start;
        before <= 1 && name.1 == end && matches!(kind(name.2), EntityType::Organisation | EntityType::Place)
    };
    if let Some(&(from, to, entity)) = names.iter().find(bare) {
        return speakers.named(entity, (from, to), None, NAMED);
    }
    let lower = speakers.document.words(range).to_lowercase();
    let pronoun = lower.rsplit('-').next().unwrap_or(&lower);
    if let Some(&gender) = lists.pronouns.get(pronoun).or_else(|| lists.oblique.get(pronoun)) {
        // Somebody described since the last person was named.
        let before = speakers.names.partition_point(|&(at, ..)| at < start);
        let mut near = speakers.names[..before].iter().rev().take(MAX_NAMES);
        let person = near.find(|name| kind(name.2) == EntityType::Person);
        let described = last.filter(|last| last.entity.is_none() && last.speaker.start > person.map(|name| name.0));
        if let Some(described) = described {
            return same(described).at(speakers.document, start, end);
        }
        return match antecedent(speakers, start, gender, last) {
            Some(entity) => speakers.named(entity, (start, end), None, PRONOUN),
            None => speakers.unnamed(start, end, None, PRONOUN),
        };
    }
    match holder(speakers, lists, range) {
        Some(entity) => speakers.named(entity, (start, end), None, OFFICE),
        None => speakers.unnamed(start, end, None, DESCRIBED),
    }
}

/// Returns the person named before with the office that a description begins with: "la ministra" for "la ministra Lucía Ferrándiz".
fn holder(speakers: &SpeakerResolver, lists: &Lists, range: &Range<usize>) -> Option<usize> {
    let word = |at: usize| speakers.document.word(at).to_lowercase();
    let is_office = |at: &usize| lists.titles.binary_search(&word(*at).as_str()).is_ok();
    let office = word(range.clone().take(MAX_ARTICLES).find(is_office)?);
    let has_office = |entity: usize| {
        let role = speakers.entities[entity].role.as_deref().unwrap_or_default().to_lowercase();
        role.split(' ').any(|word| word == office)
    };
    let start = speakers.place(range).0;
    let before = speakers.names.partition_point(|&(at, ..)| at < start);
    speakers.names[..before].iter().rev().take(MAX_NAMES).map(|name| name.2).find(|&entity| has_office(entity))
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
