//! Resolves "she", "his" and "its".
//!
//! A pronoun refers to the entity with the best score. The score depends on how recently the entity was mentioned,
//! whether as a subject, how often, and whether its gender is known to match; the order follows centering theory
//! (Grosz, Joshi, Weinstein 1995), and the weights are fitted to half of `training/resolution`. "They", and "it"
//! without such a subject, are not resolved: they mostly refer to no entity.

mod gender;
mod grammar;
mod persons;
mod sentences;
mod things;

use std::ops::Range;

use dateline_record::{Entity, EntityType, Mention, MentionKind};
use dateline_text::Document;

/// Adds the pronouns to the mentions of the entities that they refer to.
pub(super) fn attach(document: &Document, entities: &mut [Entity]) {
    let mut found = persons::meant(document, entities);
    found.extend(things::meant(document, entities));
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
struct NamedEntity {
    tokens: Range<usize>,
    entity: usize,
}

fn names(document: &Document, entities: &[Entity], wanted: impl Fn(EntityType) -> bool) -> Vec<NamedEntity> {
    let mut names: Vec<NamedEntity> = Vec::new();
    for (entity, record) in entities.iter().enumerate().filter(|(_, record)| wanted(record.r#type)) {
        for mention in record.mentions.iter().filter(|mention| mention.kind == MentionKind::Name) {
            let tokens = document.token_at(mention.start)..document.token_at(mention.end.saturating_sub(1)) + 1;
            names.push(NamedEntity { tokens, entity });
        }
    }
    names.sort_by_key(|name| name.tokens.start);
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast_entities;
    use dateline_text::paragraphs;

    /// Returns the referents of a text's pronouns, in order: "she=Maria Keller".
    fn meant(text: &str) -> String {
        let document = Document::new(text, &paragraphs(text));
        let found = fast_entities(&document);
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
    fn pronouns_refer_to_the_person_that_a_reader_expects() {
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
            let time = |length: usize| {
                let text = unit.repeat(length / unit.len());
                let started = std::time::Instant::now();
                meant(&text);
                started.elapsed().max(std::time::Duration::from_millis(50))
            };
            // Quadratic work takes four times as long, at each try; other processes disturb some.
            assert!((0..3).any(|_| time(500_000) < 3 * time(250_000)), "{unit:?}: {:?}", time(500_000));
        }
    }
}
