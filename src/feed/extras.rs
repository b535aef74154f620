//! A second, light look at an RSS or Atom document for what feed-rs does not hand on: the very words of ids and dates,
//! the caching hints, the sources.

use std::collections::HashSet;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Bytes kept of one field here; all of them are short in any real feed.
const MAX_FIELD: usize = 8 << 10;

/// What the feed element carries.
#[derive(Debug, Default)]
pub(super) struct Extras {
    pub format: String,
    pub skip_hours: Vec<u8>,
    pub skip_days: Vec<String>,
    pub update_period: Option<String>,
    pub update_frequency: Option<u64>,
    pub ttl: Option<u32>,
    pub entries: Vec<EntryExtras>,
}

/// What an entry carries.
#[derive(Debug, Default)]
pub(super) struct EntryExtras {
    pub guid: Option<String>,
    pub permalink: Option<bool>,
    pub published: Option<String>,
    pub updated: Option<String>,
    pub source_title: Option<String>,
    pub source_url: Option<String>,
}

/// Reads `xml`, which is well formed. Elements are told by their usual prefixes.
pub(super) fn read(xml: &str, root: &str) -> Extras {
    let mut extras = Extras::default();
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    // Names of the open elements, without the prefixes of Atom and RSS themselves.
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut entry: Option<(usize, EntryExtras)> = None;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                let name = name(&tag);
                if path.is_empty() {
                    extras.format = format(root, &tag);
                }
                if entry.is_none() && (name == "item" || name == "entry") {
                    entry = Some((path.len(), EntryExtras::default()));
                } else if let Some((depth, found)) = &mut entry
                    && path.len() == *depth + 1
                {
                    attributes(found, &name, &tag);
                }
                path.push(name);
                text.clear();
            }
            Ok(Event::Text(words)) => keep(&mut text, &words),
            Ok(Event::CData(words)) => keep(&mut text, &words),
            Ok(Event::GeneralRef(reference)) => {
                if let Ok(Some(c)) = reference.resolve_char_ref() {
                    text.push(c);
                } else if let Some(words) = quick_xml::escape::resolve_predefined_entity(&reference) {
                    keep(&mut text, words);
                }
            }
            Ok(Event::End(_)) => {
                let Some(name) = path.pop() else { break };
                let value = text.trim();
                match &mut entry {
                    Some((depth, _)) if path.len() == *depth => {
                        extras.entries.extend(entry.take().map(|(_, found)| found));
                    }
                    Some((depth, found)) => field(found, &path[*depth + 1..], &name, value),
                    None => channel(&mut extras, &name, value),
                }
                text.clear();
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    extras
}

fn name(tag: &BytesStart) -> String {
    let name = tag.name();
    let name: &str = name.as_ref();
    name.strip_prefix("atom:").or_else(|| name.strip_prefix("rss:")).unwrap_or(name).to_owned()
}

fn keep(text: &mut String, words: &str) {
    if text.len() + words.len() <= MAX_FIELD {
        text.push_str(words);
    }
}

fn attribute(tag: &BytesStart, wanted: &str) -> Option<String> {
    let found = tag.try_get_attribute(wanted).ok()??;
    Some(html_escape::decode_html_entities(found.value.as_ref()).into_owned())
}

fn format(root: &str, tag: &BytesStart) -> String {
    let namespace = attribute(tag, "xmlns").unwrap_or_default();
    match root {
        "rss" => format!("rss {}", attribute(tag, "version").filter(|v| !v.is_empty()).unwrap_or_else(|| "2.0".into())),
        "RDF" if namespace.contains("/0.9") || namespace.contains("simple/0.9") => "rss 0.90".into(),
        "RDF" => "rss 1.0".into(),
        _ if namespace.contains("purl.org/atom") => "atom 0.3".into(),
        _ => "atom 1.0".into(),
    }
}

fn attributes(entry: &mut EntryExtras, name: &str, tag: &BytesStart) {
    match name {
        "guid" => {
            // RSS 2.0: true unless said otherwise.
            entry.permalink =
                Some(attribute(tag, "isPermaLink").is_none_or(|v| !v.trim().eq_ignore_ascii_case("false")));
        }
        "source" => entry.source_url = attribute(tag, "url"),
        _ => {}
    }
}

fn field(entry: &mut EntryExtras, parents: &[String], name: &str, value: &str) {
    let value = || (!value.is_empty()).then(|| value.to_owned());
    match (parents, name) {
        ([], "guid" | "id") => entry.guid = value().or(entry.guid.take()),
        ([], "pubDate" | "published" | "issued" | "dcterms:created" | "dcterms:issued") => entry.published = value(),
        ([], "dc:date") => entry.published = entry.published.take().or_else(value),
        ([], "updated" | "modified" | "dcterms:modified") => entry.updated = value(),
        ([], "source") => entry.source_title = entry.source_title.take().or_else(value),
        ([source], "title") if source == "source" => entry.source_title = value(),
        ([source], "id") if source == "source" => entry.source_url = entry.source_url.take().or_else(value),
        _ => {}
    }
}

fn channel(extras: &mut Extras, name: &str, value: &str) {
    match name {
        "hour" => {
            // Some count from 1 to 24; 24 is midnight.
            if let Some(hour) = value.parse::<u8>().ok().filter(|hour| *hour <= 24).map(|hour| hour % 24)
                && !extras.skip_hours.contains(&hour)
            {
                extras.skip_hours.push(hour);
            }
        }
        "day" => {
            let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
            let known: HashSet<&str> = extras.skip_days.iter().map(String::as_str).collect();
            if let Some(day) = days.into_iter().find(|day| day.eq_ignore_ascii_case(value) && !known.contains(day)) {
                extras.skip_days.push(day.to_owned());
            }
        }
        "ttl" => extras.ttl = value.parse().ok(),
        "sy:updatePeriod" => extras.update_period = Some(value.to_ascii_lowercase()),
        "sy:updateFrequency" => extras.update_frequency = value.parse().ok(),
        _ => {}
    }
}

impl Extras {
    /// `sy:updatePeriod` over `sy:updateFrequency` in seconds (RSS 1.0 syndication module; daily and once by default).
    pub fn update_seconds(&self) -> Option<u64> {
        if self.update_period.is_none() && self.update_frequency.is_none() {
            return None;
        }
        let period = match self.update_period.as_deref() {
            Some("hourly") => 3_600,
            Some("weekly") => 604_800,
            Some("monthly") => 2_592_000,
            Some("yearly") => 31_536_000,
            _ => 86_400,
        };
        Some((period / self.update_frequency.unwrap_or(1).max(1)).max(1))
    }
}
