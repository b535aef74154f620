//! Resolves speakers: the words beside the cue, and the entity they refer to.

use std::collections::HashMap;
use std::ops::Range;

use dateline_record::{Entity, EntityType, MentionKind, Speaker};
use dateline_text::Document;

use super::pronoun::Pronoun;
use super::role;

/// Resolves the words of a source to a speaker.
pub(super) struct SpeakerResolver<'a> {
    pub(super) document: &'a Document,
    pub(super) entities: &'a [Entity],
    /// Start, end (code points), entity, sorted by start.
    pub(super) names: Vec<(usize, usize, usize)>,
    /// The entity that each pronoun refers to, by the pronoun's first code point.
    pub(super) pronouns: HashMap<usize, usize>,
    /// Persons named right after a role: their place and entity, by the role.
    titled_persons: HashMap<&'static str, Vec<(usize, usize)>>,
}

/// A speaker, before it becomes a record.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResolvedSpeaker {
    pub speaker: Speaker,
    /// The index of the entity.
    pub entity: Option<usize>,
}

impl ResolvedSpeaker {
    /// Returns the same speaker, referred to by other words.
    pub(super) fn at(mut self, document: &Document, start: usize, end: usize) -> Self {
        // A pronoun for a speaker who was only described takes the description as the name.
        self.speaker.name = self.speaker.name.or(self.speaker.text);
        self.speaker.text = Some(document.slice(start, end).to_owned());
        (self.speaker.start, self.speaker.end) = (Some(start), Some(end));
        self.speaker.confidence = self.speaker.confidence.min(0.75);
        self
    }
}

impl<'a> SpeakerResolver<'a> {
    pub(crate) fn new(document: &'a Document, entities: &'a [Entity]) -> Self {
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
        let mut titled_persons: HashMap<&'static str, Vec<(usize, usize)>> = HashMap::new();
        for &(start, _, entity) in names.iter().filter(|name| entities[name.2].r#type == EntityType::Person) {
            let before = document.token_at(start).checked_sub(1).map(|token| document.word(token).to_lowercase());
            if let Some(stem) = before.and_then(|word| role_stem(&word)) {
                titled_persons.entry(stem).or_default().push((start, entity));
            }
        }
        Self { document, entities, names, pronouns, titled_persons }
    }

    /// Returns the tokens of each name of a person or organisation, in order.
    pub(crate) fn names(&self) -> Vec<Range<usize>> {
        let tokens = |from: usize, to: usize| self.document.token_at(from)..self.document.token_at(to - 1) + 1;
        let names = self.names.iter().filter(|(from, to, entity)| {
            from < to && matches!(self.entities[*entity].r#type, EntityType::Person | EntityType::Organisation)
        });
        let names = names.map(|&(from, to, _)| tokens(from, to));
        names.filter(|name| name.end <= self.document.tokens().len()).collect()
    }

    /// Returns the tokens of each name with its kind: 1 a person, 2 an organisation, 3 a place, 4 another.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (Range<usize>, u8)> {
        let kind = |entity: usize| match self.entities[entity].r#type {
            EntityType::Person => 1,
            EntityType::Organisation => 2,
            EntityType::Place => 3,
            _ => 4,
        };
        let tokens = |from: usize, to: usize| self.document.token_at(from)..self.document.token_at(to - 1) + 1;
        self.names
            .iter()
            .filter(|(from, to, _)| from < to)
            .map(move |&(from, to, entity)| (tokens(from, to), kind(entity)))
    }

    /// Returns whether a name begins at a code point.
    pub(crate) fn is_name(&self, start: usize) -> bool {
        self.names.binary_search_by_key(&start, |&(from, ..)| from).is_ok()
    }

    /// Returns the names within a range of tokens: start, end, entity.
    pub(crate) fn names_within(&self, range: &Range<usize>) -> Vec<(usize, usize, usize)> {
        let tokens = self.document.tokens();
        let (start, end) = (tokens[range.start].start, tokens[range.end - 1].end);
        let first = self.names.partition_point(|&(at, ..)| at < start);
        self.names[first..].iter().take_while(|&&(at, ..)| at < end).filter(|&&(_, to, _)| to <= end).copied().collect()
    }

    /// Returns the speaker that these words refer to. `cue` may precede or follow them; `last` is the last speaker. `None` if a pronoun
    /// refers to nobody known.
    pub(crate) fn resolve(
        &self,
        range: &Range<usize>,
        cue: Option<usize>,
        last: Option<&ResolvedSpeaker>,
    ) -> Option<ResolvedSpeaker> {
        let range = self.whole(range, cue);
        if let Some(found) = self.named_by_clause(&range) {
            return Some(found);
        }
        let lower = self.document.words(&range).to_lowercase();
        let (start, end) = self.place(&range);
        if let Some(pronoun) = Pronoun::of(&lower) {
            let found = self.referent(pronoun, range.start, cue, last)?;
            return Some(found.at(self.document, start, end));
        }
        if matches!(&*lower, "the" | "a" | "an" | "this" | "these" | "those") {
            return None;
        }
        Some(self.phrase(&range))
    }

    /// Returns the code points of a range of tokens.
    pub(crate) fn place(&self, range: &Range<usize>) -> (usize, usize) {
        let tokens = self.document.tokens();
        (tokens[range.start].start, tokens[range.end - 1].end)
    }

    /// Returns the words of a source without a clause after it, and with all words up to the cue where the tagger stopped at an article.
    fn whole(&self, range: &Range<usize>, cue: Option<usize>) -> Range<usize> {
        // "A senior official, who spoke on condition of anonymity": the clause names nobody.
        let word = |at: usize| self.document.word(at);
        let clause =
            (range.start + 1..range.end).find(|&at| word(at) == "," && matches!(word(at + 1), "who" | "which"));
        let article = range.len() == 1 && matches!(&*word(range.start).to_lowercase(), "the" | "a" | "an");
        let range = match cue.filter(|&cue| article && cue > range.end && cue - range.end <= MAX_CUT) {
            Some(cue) if (range.end..cue).all(|at| self.document.tokens()[at].is_word) => range.start..cue,
            _ => range.start..clause.unwrap_or(range.end),
        };
        self.with_marks(self.with_whole_names(range))
    }

    /// Returns the words with the whole of the names in which they begin and end.
    fn with_whole_names(&self, mut range: Range<usize>) -> Range<usize> {
        let (start, end) = self.place(&range);
        let first = self.names.partition_point(|&(_, to, _)| to <= start);
        let crossing = self.names[first..].iter().take_while(|&&(from, ..)| from < end);
        for &(from, to, _) in crossing.filter(|&&(from, to, _)| from < start || to > end) {
            range.start = range.start.min(self.document.token_at(from));
            range.end = range.end.max(self.document.token_at(to - 1) + 1);
        }
        range
    }

    /// Returns the words with the closing quotation mark that belongs to them, and without marks that have no partner among them.
    fn with_marks(&self, mut range: Range<usize>) -> Range<usize> {
        let word = |at: usize| self.document.word(at);
        let opens = |at: usize| matches!(word(at), "\u{201c}" | "\u{2018}" | "\u{ab}" | "\"");
        let closes = |at: usize| matches!(word(at), "\u{201d}" | "\u{2019}" | "\u{bb}" | "\"");
        let marks = range.clone().filter(|&at| opens(at) || closes(at)).count();
        if marks % 2 == 1 {
            if range.clone().rev().find(|&at| opens(at) || closes(at)).is_some_and(opens) && closes(range.end) {
                range.end += 1;
            } else if word(range.end) == "," && closes(range.end + 1) && range.clone().any(opens) {
                // "the star of “Long Winter,” said"
                range.end += 2;
            } else if range.len() > 1 && (opens(range.start) || closes(range.start)) {
                range.start += 1;
            } else if range.len() > 1 && (opens(range.end - 1) || closes(range.end - 1)) {
                range.end -= 1;
            }
        }
        range
    }

    /// Returns the speaker that words other than a pronoun refer to.
    pub(super) fn phrase(&self, range: &Range<usize>) -> ResolvedSpeaker {
        let words = self.document.words(range);
        let head = self.document.word(range.end - 1);
        let (start, end) = self.place(range);
        let names = self.names_within(range);
        let kind = |entity: usize| self.entities[entity].r#type;
        let description = || role::of_description(self.document, range.clone());
        if let Some((from, to, entity)) = self.person(range, &names) {
            let role = role::before_name(self.document, range.start..self.document.token_at(from));
            return self.named(entity, (from, to), role, 0.95);
        }
        let thing = |name: &&(usize, usize, usize)| {
            let first = self.document.token_at(name.0) <= range.start + 1
                && self.document.word(self.document.token_at(name.1)) == ",";
            (first || name.1 == end) && matches!(kind(name.2), EntityType::Organisation | EntityType::Place)
        };
        if let Some(&(from, _, entity)) = names.iter().find(thing) {
            // "The mayor of Brackwater" is not Brackwater; but a spokesman speaks for a firm.
            match role::office(self.document, range, self.document.token_at(from)) {
                None => return self.named(entity, (start, end), None, 0.9),
                Some(office) if office.contains("spokes") && kind(entity) == EntityType::Organisation => {
                    return self.named(entity, (start, end), description(), 0.9);
                }
                Some(_) => {}
            }
        }
        // "the ministry", "the union": the one named with that word before.
        if range.len() <= 3 && LEADING_ARTICLES.contains(&self.document.word(range.start).to_lowercase().as_str()) {
            let before = self.names.partition_point(|&(at, ..)| at < start);
            let same = |entity: usize| {
                let record = &self.entities[entity];
                record.r#type == EntityType::Organisation
                    && record.name.split_whitespace().any(|word| word.eq_ignore_ascii_case(head))
            };
            let meant =
                self.names[..before].iter().rev().take(40).map(|&(.., entity)| entity).find(|&entity| same(entity));
            if let Some(entity) = meant {
                return self.named(entity, (start, end), None, 0.75);
            }
        }
        // "KELLER:" in a transcript.
        if !words.chars().any(char::is_lowercase)
            && let Some(entity) = self.surnamed(head)
        {
            return self.named(entity, (start, end), None, 0.95);
        }
        // A role: the one whom the text names with it.
        if let Some(entity) = self.titled_person(head, start) {
            return self.named(entity, (start, end), description(), 0.75);
        }
        // "Keller, the mayor, said" where the tagger took the apposition alone.
        let comma = range.start.checked_sub(1).filter(|&comma| self.document.word(comma) == ",");
        let apposed = comma.and_then(|comma| self.ending_at(comma));
        if let (Some((from, _, entity)), Some(role)) = (apposed, description())
            && kind(entity) == EntityType::Person
            && self.document.word(range.end) == ","
        {
            return self.named(entity, (from, end), Some(role), 0.85);
        }
        self.unnamed(start, end, description(), 0.7)
    }

    /// Returns the name that ends right before a token.
    pub(super) fn ending_at(&self, token: usize) -> Option<(usize, usize, usize)> {
        let to = self.document.tokens()[token.checked_sub(1)?].end;
        let before = self.names.partition_point(|&(start, ..)| start < to);
        self.names[..before].last().filter(|&&(_, end, _)| end == to).copied()
    }

    /// "A homeless man who goes by the name “Shorty”": the clause after the description names the speaker.
    fn named_by_clause(&self, range: &Range<usize>) -> Option<ResolvedSpeaker> {
        let word = |at: usize| self.document.word(at);
        let says = |at: usize, words: &[&str]| words.iter().enumerate().all(|(by, wanted)| word(at + by) == *wanted);
        let joins = |at: usize| matches!(word(at), "," | "who" | "and" | "is" | "was");
        let from = (range.start + 1..range.end + MAX_JOINS)
            .take_while(|&at| at <= range.end || joins(at - 1))
            .find_map(|at| NAMING.iter().find(|words| says(at, words)).map(|words| at + words.len()))?;
        let marked = usize::from(matches!(word(from), "\"" | "\u{201c}" | "'" | "\u{2018}" | "\u{ab}"));
        let first = self.document.tokens().get(from + marked)?;
        let (name, to, entity) = *self.names.get(self.names.partition_point(|&(at, ..)| at < first.start))?;
        if name != first.start || self.entities[entity].r#type != EntityType::Person {
            return None;
        }
        let last = self.document.token_at(to);
        let is_close = |at: &usize| matches!(word(*at), "\"" | "\u{201d}" | "'" | "\u{2019}" | "\u{bb}");
        let close = (last..last + 2).find(is_close).filter(|_| marked > 0);
        let end = close.map_or(to, |close| self.document.tokens()[close].end);
        let description = range.start..range.end.min(from - 1);
        let clause = description.clone().find(|&at| joins(at)).unwrap_or(description.end);
        let role = role::of_description(self.document, description.start..clause);
        Some(self.named(entity, (self.place(range).0, end), role, 0.85))
    }

    /// Returns the one person of that surname, in whatever letters.
    fn surnamed(&self, surname: &str) -> Option<usize> {
        let is = |entity: &Entity| {
            let last = entity.name.split_whitespace().next_back();
            entity.r#type == EntityType::Person
                && last.is_some_and(|last| last.to_lowercase() == surname.to_lowercase())
        };
        let mut all = (0..self.entities.len()).filter(|&entity| is(&self.entities[entity]));
        all.next().filter(|_| all.next().is_none())
    }

    /// Returns who does what a verb further on says ("Keller left early and posted: …"): the person named last before it who owns nothing.
    pub(crate) fn subject_of(&self, before: Range<usize>) -> Option<ResolvedSpeaker> {
        if before.is_empty() {
            return None;
        }
        let owns =
            |to: usize| matches!(self.document.word(self.document.token_at(to)), "'s" | "'" | "\u{2019}" | "\u{2019}s");
        let person =
            |name: &&(usize, usize, usize)| self.entities[name.2].r#type == EntityType::Person && !owns(name.1);
        let names = self.names_within(&before);
        names.iter().rev().find(person).map(|&(from, to, entity)| self.named(entity, (from, to), None, 0.7))
    }

    /// Returns the person whom a phrase names: the last one of its head, or of an apposition ("its director, Jane Doe"); nobody who only
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

    /// Returns a speaker whom the text names. Without a role beside the name, it is the one that the text gives elsewhere.
    pub(crate) fn named(
        &self,
        entity: usize,
        place: (usize, usize),
        role: Option<String>,
        confidence: f64,
    ) -> ResolvedSpeaker {
        let record = &self.entities[entity];
        let speaker = Speaker {
            name: Some(record.name.clone()),
            entity_id: Some(record.id.clone()),
            start: Some(place.0),
            end: Some(place.1),
            text: Some(self.document.slice(place.0, place.1).to_owned()),
            role: role.or_else(|| record.role.clone()),
            confidence,
        };
        ResolvedSpeaker { speaker, entity: Some(entity) }
    }

    pub(crate) fn unnamed(&self, start: usize, end: usize, role: Option<String>, confidence: f64) -> ResolvedSpeaker {
        let speaker = Speaker {
            name: None,
            entity_id: None,
            start: Some(start),
            end: Some(end),
            text: Some(self.document.slice(start, end).to_owned()),
            role,
            confidence,
        };
        ResolvedSpeaker { speaker, entity: None }
    }

    /// Returns the same speaker for words that name none.
    pub(crate) fn same_speaker(found: &ResolvedSpeaker) -> ResolvedSpeaker {
        let speaker = Speaker { start: None, end: None, text: None, confidence: 0.7, ..found.speaker.clone() };
        ResolvedSpeaker { speaker, entity: found.entity }
    }

    /// Returns the person whom the text names right after the same role: "spokesperson" for "spokesman Heorhii Tykhyi".
    fn titled_person(&self, head: &str, at: usize) -> Option<usize> {
        let titled_persons = self.titled_persons.get(role_stem(&head.to_lowercase())?)?;
        let next = titled_persons.partition_point(|&(start, _)| start < at);
        let near = titled_persons[next.saturating_sub(1)..].iter().take(2);
        near.min_by_key(|(start, _)| start.abs_diff(at)).map(|&(_, entity)| entity)
    }
}

/// The maximum number of words between an article and its cue.
const MAX_CUT: usize = 6;
/// The maximum number of words between a description and the clause that names somebody.
const MAX_JOINS: usize = 4;
/// Words after a description that introduce a name.
const NAMING: [&[&str]; 12] = [
    &["goes", "by", "the", "name", "of"],
    &["goes", "by", "the", "name"],
    &["goes", "by"],
    &["went", "by"],
    &["known", "as"],
    &["known", "only", "as"],
    &["identified", "as"],
    &["identified", "only", "as"],
    &["gave", "his", "name", "as"],
    &["gave", "her", "name", "as"],
    &["nicknamed"],
    &["named"],
];
const LEADING_ARTICLES: [&str; 3] = ["the", "this", "that"];

/// Returns what roles of one kind share.
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
