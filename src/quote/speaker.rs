//! Who speaks: the words beside the cue, and the entity they mean.

use std::collections::HashMap;
use std::ops::Range;

use crate::model::{Gender, lexicon};
use crate::record::{Entity, EntityType, MentionKind, Speaker};
use crate::text::Document;

/// Words of a subject at most.
const MAX_WORDS: usize = 30;

/// Names and their place, for looking up who is meant.
pub(super) struct Cast<'a> {
    document: &'a Document,
    entities: &'a [Entity],
    /// Start, end (code points), entity, sorted by start.
    names: Vec<(usize, usize, usize)>,
    /// First code point of a pronoun, and the entity that it means.
    pronouns: HashMap<usize, usize>,
}

/// The speaker that words name, before it becomes a record.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub speaker: Speaker,
    /// The entity, by its place in the list.
    pub entity: Option<usize>,
}

impl<'a> Cast<'a> {
    pub fn new(document: &'a Document, entities: &'a [Entity]) -> Self {
        let mut names: Vec<(usize, usize, usize)> = entities
            .iter()
            .enumerate()
            .flat_map(|(index, entity)| {
                entity.mentions.iter().filter(|m| m.kind == MentionKind::Name).map(move |m| (m.start, m.end, index))
            })
            .collect();
        names.sort_unstable();
        let pronouns = |(index, entity): (usize, &'a Entity)| {
            let pronouns = entity.mentions.iter().filter(|mention| mention.kind == MentionKind::Pronoun);
            pronouns.map(move |mention| (mention.start, index))
        };
        let pronouns = entities.iter().enumerate().flat_map(pronouns).collect();
        Self { document, entities, names, pronouns }
    }

    /// The subject that ends before the token `verb`: the nearest noun phrase to the left, past an apposition
    /// ("Jane Doe, the minister, said"). Never before `from`.
    pub fn left(&self, verb: usize, from: usize) -> Option<Range<usize>> {
        let word = |at: usize| self.document.word(at);
        let mut end = verb;
        let mut name_end = None;
        while end > from && super::cue::is_between(word(end - 1)) {
            end -= 1;
        }
        if end > from && matches!(word(end - 1), "who" | "which") {
            end -= 1;
        }
        if end > from && word(end - 1) == "," {
            // An apposition: the phrase before the comma that opens it.
            let opening = (from..end - 1).rev().take(MAX_WORDS).find(|&at| word(at) == ",");
            end = match opening {
                // "the minister, Jane Doe, said": the apposition is the name.
                Some(opening)
                    if self.names_at(self.document.tokens()[opening + 1].start).is_some() && word(end - 2) != "," =>
                {
                    name_end = Some(end - 1);
                    opening
                }
                Some(opening) if opening > from => opening,
                _ => end - 1,
            };
        }
        let mut start = end;
        while start > from && end - start < MAX_WORDS {
            let before = word(start - 1);
            let token = self.document.tokens()[start - 1];
            let mark = !token.is_word && !matches!(before, "." | "-" | "&" | "'" | "\u{2019}" | "(" | ")");
            // A name holds words that would end a phrase otherwise.
            let named = self.names_at(token.start).is_some();
            if mark
                || !named
                    && (ends_phrase(before)
                        || super::cue::verb(before).is_some_and(|_| before.ends_with("ed") || before == "said"))
            {
                break;
            }
            start -= 1;
        }
        let phrase = self.phrase(start..end)?;
        let has_person = |range: &Range<usize>| {
            self.names_within(range).iter().any(|&(.., entity)| self.entities[entity].r#type == EntityType::Person)
        };
        Some(match name_end {
            Some(name_end) if !has_person(&phrase) => phrase.start..name_end,
            _ => phrase,
        })
    }

    /// The subject that follows the cue: "said Jane Doe, the minister".
    pub fn right(&self, from: usize, end: usize) -> Option<Range<usize>> {
        let mut at = from;
        while at < end && at - from < MAX_WORDS {
            let word = self.document.word(at);
            let token = self.document.tokens()[at];
            let named = self.names_at(token.start).is_some();
            if !token.is_word && !matches!(word, "-" | "&" | "'" | "\u{2019}") || !named && ends_right(word) {
                break;
            }
            at += 1;
        }
        let phrase = self.phrase(from..at)?;
        // "said its director, Jane Doe, in a statement"
        if self.document.word(at) == "," && at + 1 < end && self.names_within(&phrase).is_empty() {
            let next = self.document.tokens()[at + 1].start;
            let person = |entity: &usize| self.entities[*entity].r#type == EntityType::Person;
            let mentions = self.names_at(next).filter(person).map(|entity| &self.entities[entity].mentions);
            if let Some(mention) = mentions.and_then(|mentions| mentions.iter().find(|mention| mention.start == next)) {
                return Some(phrase.start..self.document.token_at(mention.end - 1) + 1);
            }
        }
        Some(phrase)
    }

    /// Trims a phrase; `None` when nothing of it can speak.
    fn phrase(&self, mut range: Range<usize>) -> Option<Range<usize>> {
        while !range.is_empty() && LEADING.contains(&self.document.word(range.start).to_lowercase().as_str()) {
            range.start += 1;
        }
        while !range.is_empty() && !self.document.tokens()[range.end - 1].is_word {
            range.end -= 1;
        }
        if range.is_empty() {
            return None;
        }
        let last = self.document.word(range.end - 1).to_lowercase();
        (!NOBODY.contains(&last.as_str()) && last.chars().any(char::is_alphabetic)).then_some(range)
    }

    fn names_at(&self, offset: usize) -> Option<usize> {
        let next = self.names.partition_point(|&(start, ..)| start <= offset);
        let &(_, end, entity) = self.names.get(next.checked_sub(1)?)?;
        (offset < end).then_some(entity)
    }

    /// The names within a range of tokens: start, end, entity.
    fn names_within(&self, range: &Range<usize>) -> Vec<(usize, usize, usize)> {
        let tokens = self.document.tokens();
        let (start, end) = (tokens[range.start].start, tokens[range.end - 1].end);
        let first = self.names.partition_point(|&(at, ..)| at < start);
        self.names[first..].iter().take_while(|&&(at, ..)| at < end).filter(|&&(_, to, _)| to <= end).copied().collect()
    }

    /// Who is meant by these words. `last` is the last speaker's entity.
    pub fn resolve(&self, range: &Range<usize>, last: Option<usize>) -> Found {
        let words = self.document.words(range);
        let head = self.document.word(range.end - 1);
        let lower = words.to_lowercase();
        let tokens = self.document.tokens();
        let (start, end) = (tokens[range.start].start, tokens[range.end - 1].end);
        let names = self.names_within(range);
        let kind = |entity: usize| self.entities[entity].r#type;
        // A person, unless the phrase is somebody of theirs ("Trump's lawyer").
        let owned = |to: usize| {
            let next = self.document.token_at(to);
            matches!(self.document.word(next), "'s" | "'" | "\u{2019}" | "\u{2019}s") && next < range.end
        };
        let person = names.iter().find(|&&(_, to, entity)| kind(entity) == EntityType::Person && !owned(to));
        if let Some(&(from, to, entity)) = person {
            let role = self.document.slice(start, from).trim().trim_end_matches(',').trim();
            return self.named(entity, (start.max(from), to), role, 0.95);
        }
        if let Some(&(.., entity)) = names.iter().find(|&&(_, to, _)| to == end)
            && matches!(kind(entity), EntityType::Organisation | EntityType::Place)
        {
            return self.named(entity, (start, end), "", 0.9);
        }
        if let Some(gender) = pronoun(&lower) {
            let meant = self.pronouns.get(&start).copied().filter(|_| range.len() == 1);
            return match meant.or_else(|| self.antecedent(start, gender, last)) {
                Some(entity) => self.named(entity, (start, end), "", 0.75),
                None => self.unnamed(start, end, "", 0.5),
            };
        }
        // "the ministry", "the union": the one named with that word before.
        if range.len() <= 3 && LEADING_ARTICLES.contains(&self.document.word(range.start).to_lowercase().as_str()) {
            let end = self.names.partition_point(|&(at, ..)| at < start);
            let same = |entity: usize| {
                let record = &self.entities[entity];
                record.r#type == EntityType::Organisation
                    && record.name.split_whitespace().any(|word| word.eq_ignore_ascii_case(head))
            };
            let meant =
                self.names[..end].iter().rev().take(40).map(|&(.., entity)| entity).find(|&entity| same(entity));
            if let Some(entity) = meant {
                return self.named(entity, (start, end_of(range, tokens)), "", 0.75);
            }
        }
        // A role: the one whom the text names with it.
        if let Some(entity) = self.bearer(head, start) {
            return self.named(entity, (start, end), words, 0.75);
        }
        self.unnamed(start, end, words, 0.7)
    }

    fn named(&self, entity: usize, place: (usize, usize), role: &str, confidence: f64) -> Found {
        let record = &self.entities[entity];
        let role = role.trim_start_matches("the ").trim_start_matches("The ").trim_start_matches("a ");
        let speaker = Speaker {
            name: Some(record.name.clone()),
            entity_id: Some(record.id.clone()),
            start: Some(place.0),
            end: Some(place.1),
            text: Some(self.document.slice(place.0, place.1).to_owned()),
            role: (!role.is_empty()).then(|| role.to_owned()),
            confidence,
        };
        Found { speaker, entity: Some(entity) }
    }

    fn unnamed(&self, start: usize, end: usize, role: &str, confidence: f64) -> Found {
        let role = role
            .trim_start_matches("the ")
            .trim_start_matches("The ")
            .trim_start_matches("a ")
            .trim_start_matches("A ");
        let speaker = Speaker {
            name: None,
            entity_id: None,
            start: Some(start),
            end: Some(end),
            text: Some(self.document.slice(start, end).to_owned()),
            role: (!role.is_empty()).then(|| role.to_owned()),
            confidence,
        };
        Found { speaker, entity: None }
    }

    /// The same speaker for words that name none.
    pub fn carried(found: &Found) -> Found {
        let speaker = Speaker { start: None, end: None, text: None, confidence: 0.7, ..found.speaker.clone() };
        Found { speaker, entity: found.entity }
    }

    /// Whom a pronoun means: the last speaker if the gender fits, else the person named last before it.
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

    /// The person whom the text names right after the same role: "spokesperson" for "spokesman Heorhii Tykhyi".
    fn bearer(&self, head: &str, at: usize) -> Option<usize> {
        let stem = role_stem(&head.to_lowercase())?;
        let near = |&&(start, _, entity): &&(usize, usize, usize)| {
            let token = self.document.token_at(start);
            self.entities[entity].r#type == EntityType::Person
                && token > 0
                && role_stem(&self.document.word(token - 1).to_lowercase()) == Some(stem)
        };
        let bearers: Vec<_> = self.names.iter().filter(near).collect();
        bearers.iter().min_by_key(|&&&(start, ..)| start.abs_diff(at)).map(|&&(.., entity)| entity)
    }
}

const LEADING_ARTICLES: [&str; 3] = ["the", "this", "that"];

fn end_of(range: &Range<usize>, tokens: &[crate::text::Token]) -> usize {
    tokens[range.end - 1].end
}

/// What roles of one kind share.
fn role_stem(word: &str) -> Option<&'static str> {
    const STEMS: [&str; 24] = [
        "spokes",
        "minister",
        "president",
        "chancellor",
        "premier",
        "governor",
        "senator",
        "mayor",
        "director",
        "chairman",
        "chairwoman",
        "secretary",
        "ambassador",
        "judge",
        "professor",
        "candidate",
        "lawyer",
        "attorney",
        "manager",
        "coach",
        "commissioner",
        "adviser",
        "envoy",
        "executive",
    ];
    STEMS.into_iter().find(|stem| word.starts_with(stem))
}

/// A pronoun's gender, if the words are one that speaks.
fn pronoun(words: &str) -> Option<Gender> {
    match words {
        "he" => Some(Gender::Male),
        "she" => Some(Gender::Female),
        _ => None,
    }
}

const LEADING: [&str; 24] = [
    "but",
    "and",
    "as",
    "while",
    "when",
    "after",
    "before",
    "because",
    "yet",
    "so",
    "or",
    "meanwhile",
    "however",
    "also",
    "where",
    "since",
    "though",
    "although",
    "then",
    "instead",
    "still",
    "later",
    "earlier",
    "that",
];
/// Last words of a phrase that cannot speak.
const NOBODY: [&str; 26] = [
    "it", "that", "this", "what", "which", "there", "be", "been", "being", "is", "was", "were", "are", "to", "of",
    "by", "with", "in", "i", "and", "or", "can", "could", "should", "may", "might",
];

fn ends_phrase(word: &str) -> bool {
    const WORDS: [&str; 28] = [
        "that", "but", "as", "while", "when", "after", "before", "because", "where", "if", "whether", "than", "is",
        "was", "were", "are", "be", "been", "to", "who", "which", "so", "since", "until", "although", "though", "what",
        "how",
    ];
    WORDS.contains(&word)
}

fn ends_right(word: &str) -> bool {
    const WORDS: [&str; 36] = [
        "in",
        "on",
        "at",
        "during",
        "to",
        "after",
        "before",
        "when",
        "while",
        "as",
        "who",
        "which",
        "that",
        "last",
        "this",
        "earlier",
        "late",
        "via",
        "by",
        "with",
        "about",
        "told",
        "said",
        "adding",
        "referring",
        "recently",
        "yesterday",
        "today",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "and",
    ];
    WORDS.contains(&word)
}
