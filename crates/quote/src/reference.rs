//! Resolves a pronoun that is a speaker: to a person named or described before it, or to nobody.

use std::ops::Range;

use dateline_entity::occupation::is_person_noun;
use dateline_model::{Gender, lexicon};
use dateline_record::{Entity, EntityType};

use super::pronoun::Pronoun;
use super::role;
use super::speaker::{ResolvedSpeaker, SpeakerResolver};

/// The maximum number of tokens between a pronoun and the name or description that it refers to.
const BACK: usize = 200;
/// Words that end a description.
const CLAUSE: [&str; 16] = [
    "is", "was", "are", "were", "be", "been", "has", "have", "had", "will", "would", "by", "said", "says", "that",
    "who",
];
/// Nouns for sources that are not persons.
const THINGS: [&str; 44] = [
    "company",
    "firm",
    "group",
    "agency",
    "ministry",
    "department",
    "government",
    "court",
    "report",
    "study",
    "paper",
    "newspaper",
    "magazine",
    "lawsuit",
    "complaint",
    "letter",
    "statement",
    "survey",
    "poll",
    "site",
    "website",
    "campaign",
    "party",
    "union",
    "bank",
    "committee",
    "commission",
    "council",
    "board",
    "panel",
    "network",
    "foundation",
    "institute",
    "organisation",
    "organization",
    "association",
    "charity",
    "club",
    "band",
    "team",
    "embassy",
    "administration",
    "office",
    "university",
];
/// Nouns for persons of one gender.
const FEMALE: [&str; 16] = [
    "woman",
    "girl",
    "wife",
    "mother",
    "daughter",
    "sister",
    "aunt",
    "niece",
    "widow",
    "girlfriend",
    "grandmother",
    "queen",
    "princess",
    "actress",
    "spokeswoman",
    "chairwoman",
];
const MALE: [&str; 18] = [
    "man",
    "boy",
    "husband",
    "father",
    "son",
    "brother",
    "uncle",
    "nephew",
    "widower",
    "boyfriend",
    "grandfather",
    "king",
    "prince",
    "actor",
    "spokesman",
    "chairman",
    "businessman",
    "fisherman",
];
/// The maximum number of tokens between a pronoun and the cue that it governs.
const GOVERNED: usize = 16;
/// The maximum number of words of a description before its relative clause.
const DESCRIPTION: usize = 10;

impl SpeakerResolver<'_> {
    /// Returns the speaker that a pronoun at a token refers to. `cue` is its cue, `last` the last speaker.
    pub(super) fn referent(
        &self,
        pronoun: Pronoun,
        at: usize,
        cue: Option<usize>,
        last: Option<&ResolvedSpeaker>,
    ) -> Option<ResolvedSpeaker> {
        let start = self.document.tokens()[at].start;
        let meant = self.pronouns.get(&start).copied();
        let known = || meant.map(|entity| self.named(entity, (start, start), None, 0.75));
        let last_if = |fits: &dyn Fn(&ResolvedSpeaker) -> bool| last.filter(|last| fits(last)).cloned();
        match pronoun {
            Pronoun::Person(gender) => {
                let entity = meant.or_else(|| self.antecedent(start, gender, last.and_then(|last| last.entity)));
                let other = if gender == Gender::Female { &MALE[..] } else { &FEMALE[..] };
                let fits = |noun: &str| is_person_noun(noun) && !is_plural(noun) && !other.contains(&noun);
                let described = |found: &ResolvedSpeaker| found.entity.is_none() && head(found).is_some_and(fits);
                entity
                    .map(|entity| self.named(entity, (start, start), None, 0.75))
                    .or_else(|| last_if(&described))
                    .or_else(|| self.described_before(at, fits))
            }
            Pronoun::Relative => self.described(at),
            Pronoun::It => known()
                .or_else(|| last_if(&|last| self.is_thing(last)))
                .or_else(|| self.organisation_before(at).filter(|_| self.speaks(at, cue)))
                .or_else(|| self.described_before(at, |noun| THINGS.contains(&noun)).filter(|_| self.speaks(at, cue))),
            Pronoun::They => known()
                .or_else(|| last_if(&|last| self.is_plural(last)))
                .or_else(|| self.described_before(at, |noun| is_plural(noun) && is_person_noun(noun)))
                .or_else(|| {
                    self.named_before(at, |record| record.r#type == EntityType::Other && is_plural(&record.name))
                })
                .or_else(|| self.organisation_before(at)),
        }
    }

    /// Returns whether a pronoun is the subject of its cue; otherwise "it" mostly refers to nobody.
    fn speaks(&self, at: usize, cue: Option<usize>) -> bool {
        cue.is_some_and(|cue| {
            (at + 1..at + GOVERNED).contains(&cue) && !self.document.word(cue).ends_with("n\u{2019}t")
        })
    }

    /// Returns the speaker that a relative clause describes: the name or the description right before it.
    fn described(&self, relative: usize) -> Option<ResolvedSpeaker> {
        // "Who lives in Oslo and who said": both clauses describe the same.
        let back = relative.saturating_sub(BACK)..relative.saturating_sub(1);
        let joined = relative > 0 && matches!(self.document.word(relative - 1), "and" | "but" | "or");
        let first = |at: &usize| Pronoun::of(self.document.word(*at)) == Some(Pronoun::Relative);
        let relative = if joined { back.rev().find(first)? } else { relative };
        self.antecedent_of(relative)
    }

    fn antecedent_of(&self, relative: usize) -> Option<ResolvedSpeaker> {
        let word = |at: usize| self.document.word(at);
        let sentence = self.document.sentences().partition_point(|sentence| sentence.end <= relative);
        let first = self.document.sentences().get(sentence)?.start;
        let parted = matches!(word(relative.checked_sub(1)?), "," | "-" | "--" | "\u{2013}" | "\u{2014}");
        let end = relative.checked_sub(usize::from(parted))?;
        if end <= first {
            return None;
        }
        let within = (first.max(end.saturating_sub(DESCRIPTION))..end).rev();
        let noun_phrase = |at: &usize| self.document.tokens()[*at].is_word && !CLAUSE.contains(&word(*at));
        let start = within.take_while(noun_phrase).find(|&at| opens(word(at)));
        match (start, self.ending_at(end)) {
            // "Keller, the mayor of Springfield, who said"
            (Some(start), _) if start > first + 1 && word(start - 1) == "," && self.ending_at(start - 1).is_some() => {
                let (from, to, entity) = self.ending_at(start - 1)?;
                Some(self.named(entity, (from, to), None, 0.75))
            }
            (Some(start), None) => Some(self.phrase(&(start..end))),
            // "The mayor of Springfield, who said"
            (Some(start), Some((from, ..)))
                if role::office(self.document, &(start..end), self.document.token_at(from)).is_some() =>
            {
                Some(self.phrase(&(start..end)))
            }
            (_, Some((from, to, entity))) => Some(self.named(entity, (from, to), None, 0.75)),
            (None, None) => {
                let noun = end - 1;
                let is_noun = !CLAUSE.contains(&word(noun)) && !word(noun).ends_with("ing") && word(noun).len() > 2;
                let counted = noun > first && word(noun - 1).starts_with(char::is_numeric);
                let plain = self.document.tokens()[noun].is_word && is_noun;
                plain.then(|| self.phrase(&(noun - usize::from(counted)..end))).or_else(|| self.person_near(relative))
            }
        }
    }

    /// Returns the person named a few words before a clause that a comma sets apart: "Bundy says to Santilli on camera, who responds".
    fn person_near(&self, relative: usize) -> Option<ResolvedSpeaker> {
        let before = self.names.partition_point(|&(start, ..)| start < self.document.tokens()[relative].start);
        let &(from, to, entity) = self.names[..before].last()?;
        let near = relative - self.document.token_at(to).min(relative) < DESCRIPTION;
        let person = self.entities[entity].r#type == EntityType::Person;
        (near && person && self.document.word(relative - 1) == ",").then(|| self.named(entity, (from, to), None, 0.6))
    }

    /// Returns whether "it" may refer to a speaker.
    fn is_thing(&self, found: &ResolvedSpeaker) -> bool {
        match found.entity {
            Some(entity) => matches!(self.entities[entity].r#type, EntityType::Organisation | EntityType::Place),
            None => head(found).is_some_and(|head| THINGS.contains(&head)),
        }
    }

    /// Returns whether "they" may refer to a speaker.
    fn is_plural(&self, found: &ResolvedSpeaker) -> bool {
        match found.entity {
            Some(entity) => self.entities[entity].r#type == EntityType::Organisation,
            None => head(found).is_some_and(is_plural),
        }
    }

    /// Returns the organisation named last before a token.
    fn organisation_before(&self, at: usize) -> Option<ResolvedSpeaker> {
        self.named_before(at, |record| record.r#type == EntityType::Organisation)
    }

    /// Returns the entity that fits and is named last before a token.
    fn named_before(&self, at: usize, fits: impl Fn(&Entity) -> bool) -> Option<ResolvedSpeaker> {
        let from = self.document.tokens()[at.saturating_sub(BACK)].start;
        let before = self.names.partition_point(|&(start, ..)| start < self.document.tokens()[at].start);
        let mut near = self.names[..before].iter().rev().take_while(|&&(start, ..)| start >= from);
        let &(start, end, entity) = near.find(|name| fits(&self.entities[name.2]))?;
        Some(self.named(entity, (start, end), None, 0.5))
    }

    /// Returns the speaker described last before a token by a noun that fits: "two of the residents", "the company".
    fn described_before(&self, at: usize, fits: impl Fn(&str) -> bool) -> Option<ResolvedSpeaker> {
        let word = |at: usize| self.document.word(at);
        let noun = (at.saturating_sub(BACK)..at).rev().find(|&at| fits(word(at)))?;
        let start = (noun.saturating_sub(3)..noun).rev().take_while(|&at| self.document.tokens()[at].is_word);
        let range: Range<usize> = start.into_iter().find(|&at| opens(word(at))).unwrap_or(noun)..noun + 1;
        let mut found = self.phrase(&range);
        found.speaker.confidence = 0.5;
        Some(found)
    }

    /// Returns the person that "he" or "she" refers to: the last speaker if the gender matches, else the person named last before it.
    fn antecedent(&self, before: usize, gender: Gender, last: Option<usize>) -> Option<usize> {
        let fits = |entity: usize| {
            let record = &self.entities[entity];
            record.r#type == EntityType::Person && self.gender(entity).is_none_or(|known| known == gender)
        };
        let end = self.names.partition_point(|&(start, ..)| start < before);
        // The subject of the sentence before is the likeliest; the person named first in it stands for the subject.
        let recent: Vec<usize> =
            self.names[..end].iter().rev().take(12).map(|&(.., entity)| entity).filter(|&e| fits(e)).collect();
        if let Some(last) = last.filter(|&last| fits(last) && recent.contains(&last)) {
            return Some(last);
        }
        recent.first().copied()
    }

    fn gender(&self, entity: usize) -> Option<Gender> {
        let first = self.entities[entity].name.split_whitespace().next()?;
        lexicon().first_names.get(first).copied().flatten()
    }
}

/// Returns the last word of a speaker's words.
fn head(found: &ResolvedSpeaker) -> Option<&str> {
    found.speaker.text.as_deref()?.split_whitespace().next_back()
}

/// Returns whether a word opens a description.
fn opens(word: &str) -> bool {
    const WORDS: [&str; 19] = [
        "the", "a", "an", "his", "her", "their", "its", "one", "some", "many", "those", "several", "two", "three",
        "four", "five", "both", "most", "local",
    ];
    WORDS.contains(&&*word.to_lowercase())
}

fn is_plural(word: &str) -> bool {
    word.ends_with('s') || word.ends_with("men") || matches!(word, "police" | "people" | "Police" | "People" | "both")
}
