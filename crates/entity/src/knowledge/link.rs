//! Chooses among the entries with one name.

#![allow(clippy::cast_precision_loss, reason = "a score of few digits")]

use std::collections::HashSet;

use dateline_record::{Entity, EntityType, MentionKind};
use dateline_text::Document;

use crate::local::local;

use super::{KnowledgeBase, KnowledgeEntry};

/// How far the best candidate must be ahead of the next.
const AHEAD: f64 = 1.5;
/// Words of a context that count.
const MAX_CONTEXT: usize = 128;
/// Names of an entity that are looked up.
const MAX_NAMES: usize = 8;

/// Sets the Wikidata ids of the entities whose entry in the knowledge base is certain.
pub(crate) fn link(document: &Document, entities: &mut [Entity], base: &KnowledgeBase) {
    let mut words: Option<HashSet<String>> = None;
    for entity in entities {
        let mut names: Vec<&str> = vec![&entity.name];
        for mention in entity.mentions.iter().filter(|mention| mention.kind == MentionKind::Name) {
            if !names.contains(&mention.text.as_str()) && names.len() < MAX_NAMES {
                names.push(&mention.text);
            }
        }
        let local = local(document.language());
        names.retain(|name| local.is_none_or(|local| !local.is_ambiguous(name)));
        // A surname alone may be anybody's.
        if entity.r#type == EntityType::Person {
            names.retain(|name| name.split_whitespace().nth(1).is_some());
        }
        // The longest name in the knowledge base decides.
        let named = |name: &str| base.named(name).filter(|entry| entry.r#type == entity.r#type).collect::<Vec<_>>();
        let mut candidates =
            names.iter().map(|name| named(name)).find(|candidates| !candidates.is_empty()).unwrap_or_default();
        // The embedded table has English names, others may not: what either name means is a candidate.
        let english = local.and_then(|local| local.english(&entity.name)).into_iter().flat_map(named);
        let more: Vec<_> = english.filter(|entry| candidates.iter().all(|known| known.id != entry.id)).collect();
        candidates.extend(more);
        if candidates.is_empty() {
            continue;
        }
        let words = words.get_or_insert_with(|| words_of(document));
        entity.wikidata = choose(&candidates, entity, words).map(|entry| entry.id.clone());
    }
}

/// Returns the words of a text that carry meaning, in lower case.
fn words_of(document: &Document) -> HashSet<String> {
    let all = (0..document.tokens().len()).map(|token| document.word(token));
    all.filter(|word| word.chars().count() > 3).map(str::to_lowercase).collect()
}

fn choose<'a>(
    candidates: &[&'a KnowledgeEntry],
    entity: &Entity,
    words: &HashSet<String>,
) -> Option<&'a KnowledgeEntry> {
    let common = |entry: &KnowledgeEntry| {
        let context = entry.context.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3);
        let of_name = |word: &str| entity.name.split_whitespace().any(|part| part.eq_ignore_ascii_case(word));
        context.take(MAX_CONTEXT).filter(|word| words.contains(&word.to_lowercase()) && !of_name(word)).count()
    };
    let score = |entry: &KnowledgeEntry| f64::from(1 + entry.prior).ln() + (common(entry) as f64).sqrt() * 2.0;
    let mut scored: Vec<(f64, &KnowledgeEntry)> = candidates.iter().map(|entry| (score(entry), *entry)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (best, entry) = *scored.first()?;
    let ahead = scored.get(1).is_none_or(|(next, _)| best - next >= AHEAD);
    let told = entity.r#type != EntityType::Person || common(entry) > 0;
    (ahead && told).then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities;
    use dateline_model::{Kind, Name};
    use dateline_text::{Language, paragraphs};

    const BASE: &str = "\
Q1\tperson\t90\tMaria Keller\tM. Keller\tmayor of Springfield and politician
Q2\tperson\t80\tMaria Keller\t\tSwiss skier at the winter games
Q3\tplace\t200\tGeorgia\t\tcountry in the Caucasus
Q4\tplace\t190\tGeorgia\t\tstate of the southern United States
Q5\tplace\t100\tSpringfield\t\tcity
Q6\torganisation\t50\tSpringfield\t\tfootball club
Q7\tperson\t10\tPeter Novak\t\tchemist";

    fn linked(text: &str) -> String {
        let document = Document::new(text, &paragraphs(text));
        let names = dateline_model::fast().read(&document, None).names;
        let found = entities(&document, names, &KnowledgeBase::read(BASE).unwrap());
        let pairs = found.iter().filter_map(|entity| Some(format!("{}={}", entity.name, entity.wikidata.as_ref()?)));
        pairs.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_name_and_its_english_name_compete() {
        let base =
            "Q1\tplace\t250\tWien\t\t\nQ2\tplace\t5\tVienna\t\t\nQ3\tplace\t250\tPrag\t\t\nQ4\tplace\t240\tPrague\t\t";
        let document = Document::in_language("Wien Prag", &[(0, 9)], Language::of("de").unwrap());
        let names = [0..1, 1..2].map(|tokens| Name { tokens, kind: Kind::Place }).to_vec();
        let found = entities(&document, names, &KnowledgeBase::read(base).unwrap());
        let ids: Vec<_> = found.iter().map(|entity| entity.wikidata.as_deref()).collect();
        assert_eq!(ids, [Some("Q1"), None]);
    }

    #[test]
    fn only_what_is_sure_is_linked() {
        for (text, want) in [
            ("The mayor, Maria Keller, spoke.", "Maria Keller=Q1"),
            ("Maria Keller won the skier's gold at the winter games.", "Maria Keller=Q2"),
            ("Maria Keller bought a house.", ""),
            ("Ms. Keller, a politician, spoke.", ""),
            ("Police in Springfield arrested two men.", "Springfield=Q5"),
            ("Troops left Georgia in winter.", ""),
            ("Troops left Georgia for other parts of the Caucasus, a country of mountains.", "Georgia=Q3"),
            ("Peter Novak sold shoes.", ""),
        ] {
            assert_eq!(linked(text), want, "{text}");
        }
    }
}
