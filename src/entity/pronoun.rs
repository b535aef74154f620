//! Whom "she", "his" and "its" mean.
//!
//! Every pronoun goes to the entity that scores best by how lately it was meant, whether as a subject, how often before, and
//! whether its gender is known to fit: the order of salience of centring theory (Grosz, Joshi, Weinstein 1995), with weights
//! set on half of `training/resolution`. "They" and an "it" that no such subject governs are left alone: they are oftener
//! nobody's than somebody's.

use std::ops::Range;

use crate::model::{Gender, lexicon};
use crate::record::{Entity, EntityType, Mention, MentionKind};
use crate::text::Document;

/// Entities that a pronoun is compared with: those meant last.
const REMEMBERED: usize = 12;
/// Speakers of one block, at most.
const MAX_SPEAKERS: usize = 16;
/// Tokens looked over for what stands between a name and a pronoun.
const BETWEEN: usize = 40;

/// What tells for and against an entity.
mod weight {
    /// Each sentence back, six at most.
    pub const SENTENCE: f64 = 1.0;
    pub const OTHER_PARAGRAPH: f64 = 0.3;
    pub const SUBJECT: f64 = 0.8;
    /// The first person of its sentence.
    pub const FIRST: f64 = 1.5;
    pub const OFTEN: f64 = 0.5;
    pub const GENDER_KNOWN: f64 = 0.8;
    /// Last meant by a pronoun.
    pub const CHAIN: f64 = 0.4;
    /// One inside quotation marks, the other outside.
    pub const CROSSING: f64 = 0.6;
    /// Inside the quotation, who speaks is "I".
    pub const SPEAKER: f64 = 3.0;
    /// "Keller saw him": another than the subject.
    pub const SAME_CLAUSE: f64 = 2.0;
    /// Named only later in the sentence.
    pub const NAMED_LATER: f64 = 2.0;
    /// What an answer must have.
    pub const LEAST: f64 = -4.0;
}

/// Adds the pronouns to the mentions of the entities they mean.
pub(super) fn attach(document: &Document, entities: &mut [Entity]) {
    let mut found = persons(document, entities);
    found.extend(things(document, entities));
    for (token, entity) in found {
        let (start, end) = (document.tokens()[token].start, document.tokens()[token].end);
        entities[entity].mentions.push(Mention {
            start,
            end,
            text: document.slice(start, end).to_owned(),
            kind: MentionKind::Pronoun,
        });
    }
    for entity in entities {
        entity.mentions.sort_by_key(|mention| mention.start);
    }
}

/// A name in the text.
struct Named {
    tokens: Range<usize>,
    entity: usize,
}

fn names(document: &Document, entities: &[Entity], wanted: impl Fn(EntityType) -> bool) -> Vec<Named> {
    let mut names: Vec<Named> = Vec::new();
    for (entity, record) in entities.iter().enumerate().filter(|(_, record)| wanted(record.r#type)) {
        for mention in record.mentions.iter().filter(|mention| mention.kind == MentionKind::Name) {
            let tokens = document.token_at(mention.start)..document.token_at(mention.end.saturating_sub(1)) + 1;
            names.push(Named { tokens, entity });
        }
    }
    names.sort_by_key(|name| name.tokens.start);
    names
}

/// What is known of a person at some place of the text.
struct Known {
    entity: usize,
    /// Past the last token by which the person was meant.
    end: usize,
    sentence: usize,
    block: usize,
    quoted: bool,
    standing: Standing,
    by_pronoun: bool,
    times: u32,
}

/// How somebody stands in a sentence.
#[derive(Clone, Copy, Default)]
struct Standing {
    /// A subject.
    subject: bool,
    /// Before any other person.
    first: bool,
}

/// Pronouns of persons: token and entity.
fn persons(document: &Document, entities: &[Entity]) -> Vec<(usize, usize)> {
    let names = names(document, entities, |kind| kind == EntityType::Person);
    let mut genders: Vec<Option<Gender>> = entities.iter().map(|entity| gender(document, entity)).collect();
    let sentences = sentences(document);
    let speakers = speakers(document, &names, &sentences);
    let mut known: Vec<Known> = Vec::new(); // the one meant last stands last
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
                let standing = Standing { subject: is_subject(document, &name.tokens), first: !somebody };
                let place = Place { sentence, quoted, standing };
                remember(&mut known, name.entity, name.tokens.end, &place, false);
                somebody = true;
                at = name.tokens.end.max(at + 1);
                continue;
            }
            if let Some((gender, is_object)) = pronoun(document.word(at)) {
                let speaks =
                    |entity: usize| quoted && speakers.get(sentence.block).is_some_and(|all| all.contains(&entity));
                let score = |person: &Known| {
                    let bound = is_object
                        && person.sentence == sentence.number
                        && person.standing.subject
                        && one_clause(document, person.end..at);
                    let back = (sentence.number - person.sentence).min(6);
                    yes(person.standing.subject, weight::SUBJECT)
                        + yes(person.standing.first, weight::FIRST)
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
                    let standing = Standing { subject: !is_object, first: !somebody };
                    let place = Place { sentence, quoted, standing };
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

/// Where and how somebody is meant.
struct Place<'a> {
    sentence: &'a Sentence,
    quoted: bool,
    standing: Standing,
}

fn remember(known: &mut Vec<Known>, entity: usize, end: usize, place: &Place<'_>, by_pronoun: bool) {
    let before = known.iter().rposition(|person| person.entity == entity).map(|at| known.remove(at));
    let here = before.as_ref().is_some_and(|person| person.sentence == place.sentence.number);
    let (was, times) = before.map_or((Standing::default(), 0), |person| (person.standing, person.times));
    known.push(Known {
        entity,
        end,
        sentence: place.sentence.number,
        block: place.sentence.block,
        quoted: place.quoted,
        standing: Standing {
            subject: place.standing.subject || here && was.subject,
            first: place.standing.first || here && was.first,
        },
        by_pronoun,
        times: times + u32::from(!by_pronoun),
    });
    if known.len() > 4 * REMEMBERED {
        known.drain(..2 * REMEMBERED);
    }
}

/// A sentence with what its pronouns need.
struct Sentence {
    number: usize,
    block: usize,
    tokens: Range<usize>,
    /// For each token, whether it stands inside quotation marks.
    quoted: Vec<bool>,
}

fn sentences(document: &Document) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut block = 0;
    let mut inside = false;
    for (number, tokens) in document.sentences().iter().enumerate() {
        let before = block;
        while document.blocks().get(block).is_some_and(|range| range.end <= tokens.start) {
            block += 1;
        }
        inside &= block == before;
        let quoted = tokens.clone().map(|at| {
            match document.word(at) {
                "\u{201c}" => inside = true,
                "\u{201d}" => inside = false,
                "\"" => inside = !inside,
                _ => {}
            }
            inside
        });
        let quoted = quoted.collect();
        sentences.push(Sentence { number, block, tokens: tokens.clone(), quoted });
    }
    sentences
}

/// Who speaks in each block: named outside quotation marks beside a word of saying.
fn speakers(document: &Document, names: &[Named], sentences: &[Sentence]) -> Vec<Vec<usize>> {
    let mut speakers = vec![Vec::new(); document.blocks().len()];
    let mut next = 0;
    for sentence in sentences {
        while next < names.len() && names[next].tokens.start < sentence.tokens.end {
            let name = &names[next];
            next += 1;
            if name.tokens.start < sentence.tokens.start || sentence.quoted[name.tokens.start - sentence.tokens.start] {
                continue;
            }
            let after = name.tokens.end..sentence.tokens.end.min(name.tokens.end + 12);
            let before = sentence.tokens.start.max(name.tokens.start.saturating_sub(5))..name.tokens.start;
            let mut after = after.map(|at| document.word(at)).take_while(|word| !is_mark(word));
            let mut before = before
                .rev()
                .map(|at| document.word(at))
                .take_while(|word| !is_mark(word) && !PREPOSITIONS.contains(word));
            if (after.any(says) || before.any(says))
                && let Some(all) = speakers.get_mut(sentence.block)
                && all.len() < MAX_SPEAKERS
                && !all.contains(&name.entity)
            {
                all.push(name.entity);
            }
        }
    }
    speakers
}

fn is_mark(word: &str) -> bool {
    matches!(word, "\"" | "\u{201c}" | "\u{201d}")
}

fn says(word: &str) -> bool {
    const SAYING: [&str; 16] = [
        "said",
        "says",
        "told",
        "wrote",
        "added",
        "asked",
        "replied",
        "tweeted",
        "argued",
        "noted",
        "continued",
        "explained",
        "insisted",
        "warned",
        "concluded",
        "recalled",
    ];
    SAYING.contains(&word)
}

/// "its" and "itself", and the "it" of what an organisation or a country says: token and entity. The last one in the sentence
/// that is the subject of a verb.
fn things(document: &Document, entities: &[Entity]) -> Vec<(usize, usize)> {
    let names = names(document, entities, |kind| matches!(kind, EntityType::Organisation | EntityType::Place));
    let mut found = Vec::new();
    let mut next = 0;
    for sentence in document.sentences() {
        let mut subject: Option<&Named> = None;
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

/// A verb follows, an insertion between commas or brackets passed over.
fn governs(document: &Document, at: usize) -> bool {
    let close = match document.word(at) {
        "," => ",",
        "(" => ")",
        _ => return is_verb(document.word(at)),
    };
    let end = (at + 1..at + 14).find(|&at| document.word(at) == close);
    end.is_some_and(|end| is_verb(document.word(end + 1)))
}

/// By its form: "says", "is", "asked". Plurals pass too; the names before them are seldom subjects then.
fn is_verb(word: &str) -> bool {
    word.len() > 1
        && word.starts_with(|c: char| c.is_lowercase())
        && (word.ends_with('s') || word.ends_with('d'))
        && word != "and"
}

/// What comes after an "it" that is somebody: "it would", "it had"; "it is" is oftener the weather.
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

/// What makes the name after it no subject.
const PREPOSITIONS: [&str; 28] = [
    "of",
    "to",
    "with",
    "by",
    "for",
    "from",
    "against",
    "on",
    "in",
    "about",
    "over",
    "between",
    "among",
    "at",
    "under",
    "like",
    "than",
    "behind",
    "including",
    "into",
    "toward",
    "towards",
    "near",
    "without",
    "as",
    "after",
    "before",
    "around",
];

/// Neither governed by a preposition nor an owner.
fn is_subject(document: &Document, tokens: &Range<usize>) -> bool {
    if matches!(document.word(tokens.end), "'s" | "\u{2019}s" | "'" | "\u{2019}") {
        return false;
    }
    let mut before = tokens.start;
    if before > 0 && document.word(before - 1).eq_ignore_ascii_case("the") {
        before -= 1;
    }
    before == 0 || !PREPOSITIONS.contains(&document.word(before - 1).to_lowercase().as_str())
}

/// No word between begins another clause.
fn one_clause(document: &Document, between: Range<usize>) -> bool {
    const BOUNDARIES: [&str; 16] = [
        "that", "who", "and", "but", "because", "when", "if", "while", "as", "after", "before", "said", "says", ",",
        ";", "whom",
    ];
    between.len() <= BETWEEN
        && between.map(|at| document.word(at)).all(|word| !BOUNDARIES.contains(&word) && !is_mark(word))
}

/// A pronoun of a person: gender, and whether its form is that of an object alone.
fn pronoun(word: &str) -> Option<(Gender, bool)> {
    // "He" begins sentences, "HE" is a headline's
    let (gender, is_object) = match word.to_ascii_lowercase().as_str() {
        "he" | "his" | "himself" => (Gender::Male, false),
        "him" => (Gender::Male, true),
        "she" | "her" | "hers" | "herself" => (Gender::Female, false),
        _ => return None,
    };
    Some((gender, is_object))
}

/// The gender of a person, by a title or a role before the name, else by the first name; `None` where neither tells.
fn gender(document: &Document, entity: &Entity) -> Option<Gender> {
    const FEMALE: [&str; 24] = [
        "mrs",
        "mrs.",
        "ms",
        "ms.",
        "miss",
        "madam",
        "lady",
        "queen",
        "princess",
        "spokeswoman",
        "congresswoman",
        "chairwoman",
        "actress",
        "wife",
        "mother",
        "daughter",
        "sister",
        "businesswoman",
        "councilwoman",
        "baroness",
        "duchess",
        "widow",
        "girlfriend",
        "sen\u{f1}ora",
    ];
    const MALE: [&str; 24] = [
        "mr",
        "mr.",
        "sir",
        "lord",
        "king",
        "prince",
        "spokesman",
        "congressman",
        "chairman",
        "actor",
        "husband",
        "father",
        "son",
        "brother",
        "businessman",
        "councilman",
        "baron",
        "duke",
        "pope",
        "fr.",
        "boyfriend",
        "imam",
        "archbishop",
        "bishop",
    ];
    if entity.r#type != EntityType::Person {
        return None;
    }
    for mention in entity.mentions.iter().take(40) {
        let token = document.token_at(mention.start);
        if token > 0 {
            let before = document.word(token - 1).to_lowercase();
            if FEMALE.contains(&before.as_str()) {
                return Some(Gender::Female);
            }
            if MALE.contains(&before.as_str()) {
                return Some(Gender::Male);
            }
        }
    }
    let first = entity.name.split_whitespace().next()?;
    lexicon().first_names.get(first).copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::Finder;
    use crate::text::paragraphs;

    /// What the pronouns of a text mean, in order: "she=Maria Keller".
    fn meant(text: &str) -> String {
        let document = Document::new(text, &paragraphs(text));
        let found = Finder::fast().find(&document);
        let mut all: Vec<(usize, String)> = Vec::new();
        for entity in &found {
            for mention in entity.mentions.iter().filter(|mention| mention.kind == MentionKind::Pronoun) {
                assert_eq!(document.slice(mention.start, mention.end), mention.text);
                all.push((mention.start, format!("{}={}", mention.text, entity.name)));
            }
        }
        all.sort();
        all.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn pronouns_mean_whom_a_reader_takes_them_for() {
        for (text, want) in [
            ("Maria Keller won. She thanked her voters.", "She=Maria Keller her=Maria Keller"),
            ("Maria Keller met Peter Novak. She said he had agreed.", "She=Maria Keller he=Peter Novak"),
            ("Peter Novak spoke with James Okafor. He left early.", "He=Peter Novak"),
            ("\u{201c}He is wrong,\u{201d} Peter Novak said of James Okafor.", "He=James Okafor"),
            ("James Okafor resigned. \u{201c}He had to go,\u{201d} said Peter Novak.", "He=James Okafor"),
            ("As he left, Peter Novak waved.", "he=Peter Novak"),
            ("Peter Novak hurt himself.", "himself=Peter Novak"),
            ("James Okafor praised Peter Novak, and Novak thanked him.", "him=James Okafor"),
            ("Ms. Okafor resigned. Her deputy stays.", "Her=Okafor"),
            ("NATO said it would send its ships.", "it=NATO its=NATO"),
            ("Germany, a large country, raised its taxes.", "its=Germany"),
            ("Peter Novak said it was raining.", ""),
            ("It rained in Germany.", ""),
            ("They left. He was glad.", ""),
            ("Peter Novak left.\nShe stayed.", ""),
        ] {
            assert_eq!(meant(text), want, "{text}");
        }
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for unit in ["he ", "Maria Keller she ", "NATO its ", "Maria Keller met him \u{201c}", "Peter Novak said. He "]
        {
            let text = unit.repeat(500_000 / unit.len());
            let started = std::time::Instant::now();
            meant(&text);
            assert!(started.elapsed() < std::time::Duration::from_secs(10), "{unit:?} {:?}", started.elapsed());
        }
    }
}
