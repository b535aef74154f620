//! Resolves the names of a text to entities.
//!
//! A tagger finds the names. Names of the same person, organisation or place become one entity under its longest form;
//! the pronouns and descriptions that refer to it are added to its mentions. An entity also has the role that the text
//! gives a person, its salience, and its Wikidata id if the match is certain.

#![warn(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss
)]

mod agree;
#[cfg(test)]
mod cases;
mod firm;
mod genitive;
pub mod knowledge;
#[cfg(test)]
mod link_cases;
mod local;
mod local_role;
mod nickname;
pub mod occupation;
mod particle;
mod pronoun;
mod resolve;
mod role;
mod role_words;
mod salience;
mod shape;

use std::ops::Range;

use dateline_model::{Kind, Name};
use dateline_record::{Entity, EntityType, Mention, MentionKind};
use dateline_text::Document;
use knowledge::KnowledgeBase;

/// The maximum number of mentions of one article; what comes after them is not an article.
const MAX_MENTIONS: usize = 20_000;

/// Returns the entities of a text, given the names that a tagger found in it: names of the same person, organisation or place become one
/// entity, in English texts with the pronouns and descriptions that refer to it.
pub fn entities(document: &Document, mut names: Vec<Name>, knowledge: &KnowledgeBase) -> Vec<Entity> {
    agree::complete(document, &mut names);
    names.truncate(MAX_MENTIONS);
    let groups = resolve::groups(document, &names);
    let mut entities: Vec<Entity> = groups
        .into_iter()
        .map(|group| {
            let mention = |&name: &usize| {
                let tokens = &names[name].tokens;
                let (start, end) = (document.tokens()[tokens.start].start, document.tokens()[tokens.end - 1].end);
                Mention { start, end, text: document.slice(start, end).to_owned(), kind: MentionKind::Name }
            };
            Entity {
                id: String::new(),
                mentions: group.names.iter().map(mention).collect(),
                name: group.name,
                r#type: entity_type(group.kind),
                salience: 0.0,
                role: None,
                wikidata: None,
            }
        })
        .collect();
    entities.sort_by_key(|entity| entity.mentions.first().map_or(0, |mention| mention.start));
    if let Some(local) = local::local(document.language()) {
        local_role::attach(document, &mut entities, local);
    } else {
        role::attach(document, &mut entities);
        pronoun::attach(document, &mut entities);
    }
    salience::weigh(document, &mut entities);
    knowledge::link(document, &mut entities, knowledge);
    for (number, entity) in entities.iter_mut().enumerate() {
        entity.id = format!("e{}", number + 1);
    }
    entities
}

/// Returns the entities of a text as the fast tagger and the embedded knowledge base give them.
#[cfg(test)]
fn fast_entities(document: &Document) -> Vec<Entity> {
    entities(document, dateline_model::fast().read(document, None).names, &knowledge::default())
}

/// Puts whole names (tokens, in order and apart) in the place of the names that they overlap.
fn replace(names: &mut Vec<Name>, whole: Vec<Range<usize>>, kind: Kind) {
    if whole.is_empty() {
        return;
    }
    let mut at = 0;
    names.retain(|name| {
        while whole.get(at).is_some_and(|tokens| tokens.end <= name.tokens.start) {
            at += 1;
        }
        whole.get(at).is_none_or(|tokens| name.tokens.end <= tokens.start)
    });
    names.extend(whole.into_iter().map(|tokens| Name { tokens, kind }));
    names.sort_by_key(|name| name.tokens.start);
}

fn entity_type(kind: Kind) -> EntityType {
    match kind {
        Kind::Person => EntityType::Person,
        Kind::Organisation => EntityType::Organisation,
        Kind::Place => EntityType::Place,
        Kind::Event => EntityType::Event,
        Kind::Other => EntityType::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dateline_text::paragraphs;

    fn entities(text: &str) -> Vec<Entity> {
        let document = Document::new(text, &paragraphs(text));
        let found = fast_entities(&document);
        for mention in found.iter().flat_map(|entity| &entity.mentions) {
            assert_eq!(document.slice(mention.start, mention.end), mention.text);
        }
        found
    }

    #[track_caller]
    fn has(text: &str, kind: EntityType, name: &str, mentions: &[&str]) {
        let found = entities(text);
        let hit = found.iter().find(|entity| entity.name == name && entity.r#type == kind);
        let hit = hit.unwrap_or_else(|| panic!("no {kind:?} {name} in {text:?}: {found:#?}"));
        let texts: Vec<&str> = hit.mentions.iter().map(|mention| mention.text.as_str()).collect();
        assert_eq!(texts, mentions, "{text}");
    }

    #[test]
    fn names_are_found_and_resolved() {
        use EntityType::{Organisation, Other, Person, Place};
        for (text, kind, name, mentions) in [
            (
                "Steve Witkoff met Vladimir Putin. Witkoff left.",
                Person,
                "Steve Witkoff",
                &["Steve Witkoff", "Witkoff"][..],
            ),
            (
                "US officials and the United States agreed. The U.S. will pay.",
                Place,
                "United States",
                &["US", "United States", "U.S."],
            ),
            (
                "The International Monetary Fund (IMF) said so. The IMF is late.",
                Organisation,
                "International Monetary Fund",
                &["International Monetary Fund", "IMF", "IMF"],
            ),
            ("President Maria Keller spoke.", Person, "Maria Keller", &["Maria Keller"]),
            ("It was Mr. Okafor's idea, James Okafor said.", Person, "James Okafor", &["Okafor", "James Okafor"]),
            ("Kyiv's delegation arrived in London.", Place, "Kyiv", &["Kyiv"]),
            ("A Russian attack hit the town.", Other, "Russian", &["Russian"]),
            ("He works for Acme Widgets Inc. in Ohio.", Organisation, "Acme Widgets Inc.", &["Acme Widgets Inc."]),
            (
                "The Ministry of Foreign Affairs protested.",
                Organisation,
                "Ministry of Foreign Affairs",
                &["Ministry of Foreign Affairs"],
            ),
            ("She studied at the University of Lagos.", Organisation, "University of Lagos", &["University of Lagos"]),
            ("The fire near Lake Victoria spread.", Place, "Lake Victoria", &["Lake Victoria"]),
            ("Chelsea Clinton won.", Person, "Chelsea Clinton", &["Chelsea Clinton"]),
            ("They drove along the Hudson River to Albany County.", Place, "Hudson River", &["Hudson River"]),
            ("Foreign Ministry spokesman Heorhii Tykhyi said no.", Person, "Heorhii Tykhyi", &["Heorhii Tykhyi"]),
            ("The New York Times reported it.", Organisation, "New York Times", &["New York Times"]),
            (
                "Jean-Claude Juncker and Ursula von der Leyen met.",
                Person,
                "Ursula von der Leyen",
                &["Ursula von der Leyen"],
            ),
            ("North Korea fired a missile, Seoul said.", Place, "North Korea", &["North Korea"]),
            ("Police in Springfield arrested two men.", Place, "Springfield", &["Springfield"]),
            (
                "Sen. Anna Lindqvist asked; Lindqvist insisted.",
                Person,
                "Anna Lindqvist",
                &["Anna Lindqvist", "Lindqvist"],
            ),
            ("The Kremlin denied it.", Organisation, "Kremlin", &["Kremlin"]),
            ("NATO agreed.", Organisation, "NATO", &["NATO"]),
            (
                "The European Union (EU) and the EU Commission",
                Organisation,
                "European Union",
                &["European Union", "EU"],
            ),
        ] {
            has(text, kind, name, mentions);
        }
    }

    #[test]
    fn two_people_of_one_surname_are_two() {
        let found = entities("Bill Clinton and Hillary Clinton arrived. Mr. Clinton spoke first.");
        assert_eq!(found.iter().filter(|entity| entity.name.ends_with("Clinton")).count(), 2, "{found:#?}");
    }

    #[test]
    fn ordinary_words_are_not_names() {
        for text in
            ["But the talks failed.", "On Monday, officials met.", "\"We must act,\" the minister said.", "I think so."]
        {
            assert_eq!(entities(text), [], "{text}");
        }
    }

    #[test]
    fn salience_follows_place_and_frequency() {
        let found = entities("Maria Keller wins\nMaria Keller won in Ohio. Keller thanked voters.\nPeter Novak lost.");
        let of = |name: &str| found.iter().find(|entity| entity.name == name).unwrap().salience;
        assert!(of("Maria Keller") > of("Ohio") && of("Maria Keller") > of("Peter Novak"));
        assert!(found.iter().all(|entity| (0.0..=1.0).contains(&entity.salience)));
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        for unit in ["A ", "Aa Bb ", "of The ", "U.S. ", "Mr. ", "Bill Clinton and ", "Zz Yy of "] {
            let time = |length: usize| {
                let text = unit.repeat(length / unit.len());
                let started = std::time::Instant::now();
                entities(&text);
                started.elapsed().max(std::time::Duration::from_millis(50))
            };
            // Quadratic work takes four times as long, at each try; other processes disturb some.
            assert!((0..3).any(|_| time(500_000) < 3 * time(250_000)), "{unit:?}: {:?}", time(500_000));
        }
    }
}
