//! Resolves "she", "his" and "him".

#![allow(clippy::cast_precision_loss, reason = "a score of few digits")]

use dateline_model::Gender;
use dateline_record::{Entity, EntityType};
use dateline_text::Document;

use super::gender::{gender, pronoun};
use super::grammar::{is_subject, one_clause};
use super::names;
use super::sentences::{Sentence, sentences, speakers};

/// Entities that a pronoun is compared with: those meant last.
const REMEMBERED: usize = 12;

/// The weights for and against an entity.
mod weight {
    /// Each sentence back, six at most.
    pub(crate) const SENTENCE: f64 = 1.0;
    pub(crate) const OTHER_PARAGRAPH: f64 = 0.3;
    pub(crate) const SUBJECT: f64 = 0.8;
    /// The first person of its sentence.
    pub(crate) const FIRST: f64 = 1.5;
    pub(crate) const OFTEN: f64 = 0.5;
    pub(crate) const GENDER_KNOWN: f64 = 0.8;
    /// Last meant by a pronoun.
    pub(crate) const CHAIN: f64 = 0.4;
    /// One inside quotation marks, the other outside.
    pub(crate) const CROSSING: f64 = 0.6;
    /// Inside the quotation, who speaks is "I".
    pub(crate) const SPEAKER: f64 = 3.0;
    /// "Keller saw him": another than the subject.
    pub(crate) const SAME_CLAUSE: f64 = 2.0;
    /// Named only later in the sentence.
    pub(crate) const NAMED_LATER: f64 = 2.0;
    /// The minimum score of an answer.
    pub(crate) const LEAST: f64 = -4.0;
}

/// The mentions of a person up to some place in the text.
struct KnownPerson {
    entity: usize,
    /// Past the last token by which the person was meant.
    end: usize,
    sentence: usize,
    block: usize,
    quoted: bool,
    role: SentenceRole,
    by_pronoun: bool,
    times: u32,
}

/// The role of a person in a sentence.
#[derive(Clone, Copy, Default)]
struct SentenceRole {
    /// A subject.
    subject: bool,
    /// Before any other person.
    first: bool,
}

/// Pronouns of persons: token and entity.
pub(super) fn meant(document: &Document, entities: &[Entity]) -> Vec<(usize, usize)> {
    let names = names(document, entities, |kind| kind == EntityType::Person);
    let mut genders: Vec<Option<Gender>> = entities.iter().map(|entity| gender(document, entity)).collect();
    let sentences = sentences(document);
    let speakers = speakers(document, &names, &sentences);
    let mut known: Vec<KnownPerson> = Vec::new(); // the one meant last stands last
    let mut found = Vec::new();
    let mut next = 0;
    for sentence in &sentences {
        let mut somebody = false;
        let mut at = sentence.tokens.start;
        while at < sentence.tokens.end {
            let quoted = sentence.quoted[at - sentence.tokens.start];
            while next < names.len() && names[next].tokens.start < at {
                next += 1;
            }
            if next < names.len() && names[next].tokens.start == at {
                let name = &names[next];
                let role = SentenceRole { subject: is_subject(document, &name.tokens), first: !somebody };
                let place = PersonContext { sentence, quoted, role };
                remember(&mut known, name.entity, name.tokens.end, &place, false);
                somebody = true;
                at = name.tokens.end.max(at + 1);
                continue;
            }
            if let Some((gender, is_object)) = pronoun(document.word(at)) {
                let speaks =
                    |entity: usize| quoted && speakers.get(sentence.block).is_some_and(|all| all.contains(&entity));
                let score = |person: &KnownPerson| {
                    let bound = is_object
                        && person.sentence == sentence.number
                        && person.role.subject
                        && one_clause(document, person.end..at);
                    let back = (sentence.number - person.sentence).min(6);
                    yes(person.role.subject, weight::SUBJECT)
                        + yes(person.role.first, weight::FIRST)
                        + weight::OFTEN * f64::from(1 + person.times).log2().min(3.0)
                        + yes(genders[person.entity] == Some(gender), weight::GENDER_KNOWN)
                        + yes(person.by_pronoun, weight::CHAIN)
                        - weight::SENTENCE * back as f64
                        - yes(person.block != sentence.block, weight::OTHER_PARAGRAPH)
                        - yes(person.quoted != quoted, weight::CROSSING)
                        - yes(speaks(person.entity), weight::SPEAKER)
                        - yes(bound, weight::SAME_CLAUSE)
                };
                let fits = |entity: usize| genders[entity].is_none_or(|known| known == gender);
                let before = known.iter().rev().take(REMEMBERED).filter(|person| fits(person.entity));
                let before = before.map(|person| (score(person), person.entity));
                let later = names[next..].iter().take_while(|name| name.tokens.start < sentence.tokens.end).take(4);
                let later =
                    later.filter(|name| fits(name.entity) && known.iter().all(|person| person.entity != name.entity));
                let later = later.map(|name| {
                    let score = yes(genders[name.entity] == Some(gender), weight::GENDER_KNOWN)
                        + yes(is_subject(document, &name.tokens), weight::SUBJECT)
                        - yes(speaks(name.entity), weight::SPEAKER)
                        - weight::NAMED_LATER;
                    (score, name.entity)
                });
                // of equals the first, which was meant later
                let best = before.chain(later).reduce(|best, other| if other.0 > best.0 { other } else { best });
                if let Some((_, entity)) = best.filter(|(score, _)| *score > weight::LEAST) {
                    genders[entity].get_or_insert(gender);
                    found.push((at, entity));
                    let role = SentenceRole { subject: !is_object, first: !somebody };
                    let place = PersonContext { sentence, quoted, role };
                    remember(&mut known, entity, at + 1, &place, true);
                    somebody = true;
                }
            }
            at += 1;
        }
    }
    found
}

fn yes(holds: bool, weight: f64) -> f64 {
    if holds { weight } else { 0.0 }
}

/// The place and the role of a mention.
struct PersonContext<'a> {
    sentence: &'a Sentence,
    quoted: bool,
    role: SentenceRole,
}

fn remember(known: &mut Vec<KnownPerson>, entity: usize, end: usize, place: &PersonContext<'_>, by_pronoun: bool) {
    let before = known.iter().rposition(|person| person.entity == entity).map(|at| known.remove(at));
    let here = before.as_ref().is_some_and(|person| person.sentence == place.sentence.number);
    let (was, times) = before.map_or((SentenceRole::default(), 0), |person| (person.role, person.times));
    known.push(KnownPerson {
        entity,
        end,
        sentence: place.sentence.number,
        block: place.sentence.block,
        quoted: place.quoted,
        role: SentenceRole {
            subject: place.role.subject || here && was.subject,
            first: place.role.first || here && was.first,
        },
        by_pronoun,
        times: times + u32::from(!by_pronoun),
    });
    if known.len() > 4 * REMEMBERED {
        known.drain(..2 * REMEMBERED);
    }
}
