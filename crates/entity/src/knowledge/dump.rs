//! Reads Wikidata dumps, which have one item a line.
//!
//! The format is that of `latest-all.json` (Wikidata:Database download, "JSON dumps"): an array with one entity a line.
//! An empty map is written as an empty list.

#![allow(clippy::cast_possible_truncation, reason = "an item has few pages")]

use dateline_record::EntityType;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use std::collections::HashMap;

use super::KnowledgeEntry;

/// Aliases kept of one item in one language.
const MAX_ALIASES: usize = 24;
/// Names kept of one item.
const MAX_NAMES: usize = 128;
/// The longest name, in characters; longer ones are sentences.
const MAX_NAME: usize = 100;

#[derive(Deserialize)]
struct Item {
    id: String,
    #[serde(default, deserialize_with = "map_or_list")]
    labels: HashMap<String, Value>,
    #[serde(default, deserialize_with = "map_or_list")]
    aliases: HashMap<String, Vec<Value>>,
    #[serde(default, deserialize_with = "map_or_list")]
    descriptions: HashMap<String, Value>,
    #[serde(default, deserialize_with = "map_or_list")]
    claims: HashMap<String, Claims>,
    #[serde(default, deserialize_with = "map_or_list")]
    sitelinks: HashMap<String, DumpPage>,
}

/// A page of an encyclopedia about the item.
#[derive(Deserialize)]
struct DumpPage {
    title: String,
}

#[derive(Deserialize)]
struct Value {
    value: String,
}

/// The statements of one property: only "instance of" is looked into.
#[derive(Deserialize)]
struct Claims(Vec<Claim>);

#[derive(Deserialize)]
struct Claim {
    mainsnak: Snak,
    #[serde(default)]
    rank: String,
}

#[derive(Deserialize)]
struct Snak {
    #[serde(default)]
    datavalue: Option<serde_json::Value>,
}

/// PHP writes an empty map as `[]`.
fn map_or_list<'de, D, T>(source: D) -> Result<HashMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Map(HashMap<String, T>),
        List([IgnoredAny; 0]),
    }
    Ok(match Either::deserialize(source)? {
        Either::Map(map) => map,
        Either::List([]) => HashMap::new(),
    })
}

/// Returns the entry of a line of a dump; `None` for the array's brackets, for what is not an item or nothing that articles name, for an item
/// without a name in one of the languages (codes of Wikidata's, "en") or with fewer pages than `least`. The usual name is in the first
/// language that has one.
pub fn entry_of(line: &str, languages: &[String], least: u32) -> Result<Option<KnowledgeEntry>, serde_json::Error> {
    let line = line.trim().trim_end_matches(',');
    if line.is_empty() || line == "[" || line == "]" {
        return Ok(None);
    }
    let item: Item = serde_json::from_str(line)?;
    let prior = item.sitelinks.values().filter(|page| !page.title.is_empty()).count() as u32;
    let labels = languages.iter().filter_map(|language| item.labels.get(language)).map(|label| &label.value);
    let mut names: Vec<String> = Vec::new();
    add(&mut names, labels, MAX_NAMES);
    if names.is_empty() || !item.id.starts_with('Q') || prior < least {
        return Ok(None);
    }
    let Some(kind) = kind(&item) else { return Ok(None) };
    for aliases in languages.iter().filter_map(|language| item.aliases.get(language)) {
        add(&mut names, aliases.iter().map(|alias| &alias.value), MAX_ALIASES);
    }
    let others = names.split_off(1);
    let texts = languages.iter().filter_map(|language| item.descriptions.get(language));
    let context = texts.map(|text| text.value.as_str()).collect::<Vec<_>>().join(" ");
    Ok(Some(KnowledgeEntry { id: item.id, r#type: kind, prior, name: names.swap_remove(0), others, context }))
}

/// Adds names that fit and are not there yet, `most` of them.
fn add<'a>(names: &mut Vec<String>, more: impl Iterator<Item = &'a String>, most: usize) {
    let full = (names.len() + most).min(MAX_NAMES);
    for name in more.filter(|name| fits(name)) {
        if names.len() < full && !names.contains(name) {
            names.push(name.clone());
        }
    }
}

fn fits(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.chars().count())
}

/// Returns what the item is, by its classes, else by what else is said of it.
fn kind(item: &Item) -> Option<EntityType> {
    let class = |claim: &Claim| -> Option<String> {
        let value = claim.mainsnak.datavalue.as_ref()?.get("value")?.get("id")?.as_str()?;
        (claim.rank != "deprecated").then(|| value.to_owned())
    };
    let classes: Vec<String> =
        item.claims.get("P31").into_iter().flat_map(|claims| &claims.0).filter_map(class).collect();
    let is = |known: &[&str]| classes.iter().any(|class| known.contains(&class.as_str()));
    let says = |property: &str| item.claims.contains_key(property);
    if is(&["Q5"]) {
        Some(EntityType::Person)
    } else if is(NO_NAMES) {
        None
    } else if is(ORGANISATIONS) {
        Some(EntityType::Organisation)
    } else if is(EVENTS) {
        Some(EntityType::Event)
    } else if is(OTHERS) {
        Some(EntityType::Other)
    } else if says("P159") || says("P112") || says("P169") {
        // headquarters, founder, chief executive
        Some(EntityType::Organisation)
    } else if says("P625") {
        // coordinates
        Some(EntityType::Place)
    } else {
        None
    }
}

/// Pages of the encyclopedia itself, and words: disambiguation, category, template, list, family name, given names.
const NO_NAMES: &[&str] =
    &["Q4167410", "Q4167836", "Q11266439", "Q13406463", "Q101352", "Q202444", "Q12308941", "Q11879590", "Q3409032"];

/// Organization, business, company, public company, enterprise, corporation, universities, party, international and
/// intergovernmental organization, government agency, newspaper, daily, news agency, football club, ministry, non-profit,
/// non-governmental organization, bank, association, union, sports club, television station and channel, periodical,
/// military unit, armed forces, terrorist organization.
const ORGANISATIONS: &[&str] = &[
    "Q43229",
    "Q4830453",
    "Q783794",
    "Q891723",
    "Q6881511",
    "Q167037",
    "Q3918",
    "Q875538",
    "Q902104",
    "Q15936437",
    "Q7278",
    "Q484652",
    "Q245065",
    "Q327333",
    "Q11032",
    "Q1110794",
    "Q192283",
    "Q476028",
    "Q192350",
    "Q163740",
    "Q79913",
    "Q22687",
    "Q48204",
    "Q178790",
    "Q847017",
    "Q1616075",
    "Q1002697",
    "Q176799",
    "Q772547",
    "Q17127659",
];

/// War, battle, elections, disasters, earthquake, event, tournament season, recurring event.
const EVENTS: &[&str] = &[
    "Q198",
    "Q178561",
    "Q40231",
    "Q3839081",
    "Q8065",
    "Q7944",
    "Q1656682",
    "Q1190554",
    "Q27020041",
    "Q18608583",
    "Q15275719",
];

/// Ethnic group, language, religion, film, book, law, award.
const OTHERS: &[&str] = &["Q41710", "Q34770", "Q9174", "Q11424", "Q571", "Q7725634", "Q820655", "Q618779"];

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, label: &str, claims: &str, pages: usize) -> String {
        let pages: Vec<String> = (0..pages).map(|n| format!("\"w{n}\":{{\"title\":\"x\",\"badges\":[]}}")).collect();
        let label = format!("{{\"en\":{{\"language\":\"en\",\"value\":\"{label}\"}}}}");
        let names =
            "{\"en\":[{\"language\":\"en\",\"value\":\"Other Name\"},{\"language\":\"en\",\"value\":\"Other Name\"}]}";
        format!(
            "{{\"type\":\"item\",\"id\":\"{id}\",\"labels\":{label},\"descriptions\":[],\"aliases\":{names},\"claims\":{claims},\"sitelinks\":{{{}}}}},",
            pages.join(",")
        )
    }

    fn class(id: &str) -> String {
        format!(
            "{{\"P31\":[{{\"mainsnak\":{{\"datavalue\":{{\"value\":{{\"id\":\"{id}\"}}}}}},\"rank\":\"normal\"}}]}}"
        )
    }

    #[test]
    fn items_become_entries() {
        let coordinates = "{\"P625\":[{\"mainsnak\":{\"datavalue\":{\"value\":{\"latitude\":1}}}}]}";
        for (line, want) in [
            (line("Q1", "Jane Doe", &class("Q5"), 3), Some("Q1\tperson\t3\tJane Doe\tOther Name\t")),
            (line("Q2", "Acme", &class("Q4830453"), 3), Some("Q2\torganisation\t3\tAcme\tOther Name\t")),
            (line("Q3", "Springfield", coordinates, 3), Some("Q3\tplace\t3\tSpringfield\tOther Name\t")),
            (line("Q4", "Big War", &class("Q198"), 3), Some("Q4\tevent\t3\tBig War\tOther Name\t")),
            (line("Q5", "Springfield", &class("Q4167410"), 3), None),
            (line("Q6", "Little Known", &class("Q5"), 1), None),
            (line("Q7", "Nothing", "[]", 9), None),
            (line("P31", "instance of", &class("Q5"), 9), None),
            ("[".to_owned(), None),
            ("]".to_owned(), None),
            (String::new(), None),
        ] {
            let entry = entry_of(&line, &["en".to_owned()], 2).unwrap();
            assert_eq!(entry.map(|entry| entry.line()).as_deref(), want, "{line}");
        }
    }

    #[test]
    fn a_broken_line_is_an_error() {
        assert!(entry_of("{\"id\":\"Q1\",", &[], 0).is_err());
        assert!(entry_of("{\"id\":7}", &[], 0).is_err());
    }

    #[test]
    fn the_names_of_several_languages_are_one_entry() {
        let value = |text: &str| format!("{{\"value\":\"{text}\"}}");
        let (wien, vienna, vindobona) = (value("Wien"), value("Vienna"), value("Vindobona"));
        let line = format!(
            "{{\"id\":\"Q1741\",\"labels\":{{\"de\":{wien},\"en\":{vienna},\"sv\":{wien}}},\
             \"aliases\":{{\"de\":[{vindobona},{vienna}],\"it\":[{}]}},\
             \"descriptions\":{{\"de\":{},\"en\":{}}},\"claims\":{{\"P625\":[]}}}}",
            value("Beč"),
            value("Hauptstadt"),
            value("capital"),
        );
        for (languages, want) in [
            ("en de sv", Some("Q1741\tplace\t0\tVienna\tWien|Vindobona\tcapital Hauptstadt")),
            ("fr de", Some("Q1741\tplace\t0\tWien\tVindobona|Vienna\tHauptstadt")),
            ("fr it", None),
        ] {
            let languages: Vec<String> = languages.split(' ').map(str::to_owned).collect();
            let entry = entry_of(&line, &languages, 0).unwrap();
            assert_eq!(entry.map(|entry| entry.line()).as_deref(), want, "{languages:?}");
        }
    }
}
