//! Who speaks: the words beside the cue, and the entity they mean.

use std::collections::HashMap;
use std::ops::Range;

use crate::model::{Gender, lexicon};
use crate::record::{Entity, EntityType, MentionKind, Speaker};
use crate::text::Document;

/// Names and their place, for looking up who is meant.
pub(super) struct Cast<'a> {
    document: &'a Document,
    entities: &'a [Entity],
    /// Start, end (code points), entity, sorted by start.
    names: Vec<(usize, usize, usize)>,
    /// First code point of a pronoun, and the entity that it means.
    pronouns: HashMap<usize, usize>,
    /// Persons named right behind a role: their place and entity, by the role.
    bearers: HashMap<&'static str, Vec<(usize, usize)>>,
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
        let mut bearers: HashMap<&'static str, Vec<(usize, usize)>> = HashMap::new();
        for &(start, _, entity) in names.iter().filter(|name| entities[name.2].r#type == EntityType::Person) {
            let before = document.token_at(start).checked_sub(1).map(|token| document.word(token).to_lowercase());
            if let Some(stem) = before.and_then(|word| role_stem(&word)) {
                bearers.entry(stem).or_default().push((start, entity));
            }
        }
        Self { document, entities, names, pronouns, bearers }
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
        // "A senior official, who spoke on condition of anonymity": the clause names nobody.
        let word = |at: usize| self.document.word(at);
        let clause =
            (range.start + 1..range.end).find(|&at| word(at) == "," && matches!(word(at + 1), "who" | "which"));
        let range = &(range.start..clause.unwrap_or(range.end));
        let words = self.document.words(range);
        let head = self.document.word(range.end - 1);
        let lower = words.to_lowercase();
        let tokens = self.document.tokens();
        let (start, end) = (tokens[range.start].start, tokens[range.end - 1].end);
        let names = self.names_within(range);
        let kind = |entity: usize| self.entities[entity].r#type;
        if let Some((from, to, entity)) = self.person(range, &names) {
            let role = self.document.slice(start, from).trim().trim_end_matches(',').trim();
            return self.named(entity, (from, to), role, 0.95);
        }
        if let Some(&(.., entity)) = names.iter().find(|&&(_, to, _)| to == end)
            && matches!(kind(entity), EntityType::Organisation | EntityType::Place)
        {
            return self.named(entity, (start, end), "", 0.9);
        }
        if matches!(&*lower, "who" | "which" | "that") {
            // A relative clause: whoever was named right before it.
            let before = self.names.partition_point(|&(at, ..)| at < start).checked_sub(1).map(|at| self.names[at]);
            let near = before.filter(|&(_, to, _)| range.start - self.document.token_at(to).min(range.start) < 12);
            return match near {
                Some((.., entity)) => self.named(entity, (start, end), "", 0.75),
                None => self.unnamed(start, end, "", 0.5),
            };
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
        // "KELLER:" in a transcript.
        if !words.chars().any(char::is_lowercase)
            && let Some(entity) = self.surnamed(head)
        {
            return self.named(entity, (start, end), "", 0.95);
        }
        // A role: the one whom the text names with it.
        if let Some(entity) = self.bearer(head, start) {
            return self.named(entity, (start, end), words, 0.75);
        }
        self.unnamed(start, end, words, 0.7)
    }

    /// The one person of that surname, in whatever letters.
    fn surnamed(&self, surname: &str) -> Option<usize> {
        let is = |entity: &Entity| {
            let last = entity.name.split_whitespace().next_back();
            entity.r#type == EntityType::Person
                && last.is_some_and(|last| last.to_lowercase() == surname.to_lowercase())
        };
        let mut all = (0..self.entities.len()).filter(|&entity| is(&self.entities[entity]));
        all.next().filter(|_| all.next().is_none())
    }

    /// Who does what a verb further on says ("Keller left early and posted: …"): the person named last before it who owns nothing.
    pub fn subject_of(&self, before: Range<usize>) -> Option<Found> {
        if before.is_empty() {
            return None;
        }
        let owns =
            |to: usize| matches!(self.document.word(self.document.token_at(to)), "'s" | "'" | "\u{2019}" | "\u{2019}s");
        let person =
            |name: &&(usize, usize, usize)| self.entities[name.2].r#type == EntityType::Person && !owns(name.1);
        let names = self.names_within(&before);
        names.iter().rev().find(person).map(|&(from, to, entity)| self.named(entity, (from, to), "", 0.7))
    }

    /// The person whom a phrase names: the last one of its head, or of an apposition ("its director, Jane Doe"); nobody who only
    /// owns ("Trump's lawyer") or is spoken for ("a spokesman for Jane Doe").
    fn person(&self, range: &Range<usize>, names: &[(usize, usize, usize)]) -> Option<(usize, usize, usize)> {
        let mut best = None;
        let mut spoken_for = false;
        let mut at = range.start;
        for &(from, to, entity) in names.iter().filter(|name| self.entities[name.2].r#type == EntityType::Person) {
            let first = self.document.token_at(from);
            for place in at..first {
                match self.document.word(place) {
                    "," | "and" | "who" if best.is_some() => return best,
                    "," => spoken_for = false,
                    "for" | "of" | "to" | "with" | "at" | "from" | "in" | "by" | "who" => spoken_for = true,
                    _ => {}
                }
            }
            at = self.document.token_at(to);
            let owns = at < range.end && matches!(self.document.word(at), "'s" | "'" | "\u{2019}" | "\u{2019}s");
            if !owns && !spoken_for {
                best = Some((from, to, entity));
            }
        }
        best
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
        let bearers = self.bearers.get(role_stem(&head.to_lowercase())?)?;
        let next = bearers.partition_point(|&(start, _)| start < at);
        let near = bearers[next.saturating_sub(1)..].iter().take(2);
        near.min_by_key(|(start, _)| start.abs_diff(at)).map(|&(_, entity)| entity)
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
        "he" | "his" | "him" | "himself" => Some(Gender::Male),
        "she" | "her" | "hers" | "herself" => Some(Gender::Female),
        _ => None,
    }
}
