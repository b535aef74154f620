//! Which entry is which, and whether it changed: the keys under which entries are remembered.

use std::collections::HashMap;

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::article::canonical_url;
use crate::feed::Entry;

/// An entry with its identity within its feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Identified {
    /// The entry.
    pub entry: Entry,
    /// What it is remembered by.
    pub key: u128,
    /// Hash of the form in which the feed shows it.
    pub form: u64,
    /// Whether other entries of the same reading have the same link, so that the link names none of them.
    pub shares_link: bool,
}

/// Gives each entry its key: the guid; where it is missing or shared, guid and link; where those are shared too or both
/// missing, the content. An entry that stands twice in the same form is one entry. Keeps the order.
pub fn identify(entries: Vec<Entry>) -> Vec<Identified> {
    let links: Vec<Option<String>> = entries.iter().map(|e| e.link.as_deref().and_then(canonical_url)).collect();
    let forms: Vec<u64> = entries.iter().map(form).collect();
    let mut seen = std::collections::HashSet::new();
    let kept: Vec<usize> =
        (0..entries.len()).filter(|&i| seen.insert((entries[i].guid.clone(), links[i].clone(), forms[i]))).collect();
    let guid_count = count(kept.iter().map(|&i| entries[i].guid.as_deref()));
    let pair_count = count(kept.iter().map(|&i| Some((entries[i].guid.as_deref(), links[i].as_deref()))));
    let link_count = count(kept.iter().map(|&i| links[i].as_deref()));
    let places: HashMap<usize, (u128, bool)> = kept
        .iter()
        .map(|&i| {
            let (guid, link) = (entries[i].guid.as_deref(), links[i].as_deref());
            let key = match (guid, link) {
                (Some(guid), _) if guid_count[&guid] == 1 => hash(&["guid", guid]),
                (None, Some(link)) if pair_count[&(None, Some(link))] == 1 => hash(&["link", link]),
                (Some(guid), Some(link)) if pair_count[&(Some(guid), Some(link))] == 1 => hash(&["both", guid, link]),
                _ => content_key(&entries[i]),
            };
            (i, (key, link.is_some_and(|link| link_count[&link] > 1)))
        })
        .collect();
    drop((guid_count, pair_count, link_count));
    let mut keys = std::collections::HashSet::new();
    entries
        .into_iter()
        .enumerate()
        .filter_map(|(i, entry)| {
            let (key, shares_link) = *places.get(&i)?;
            keys.insert(key).then_some(Identified { entry, key, form: forms[i], shares_link })
        })
        .collect()
}

fn count<T: std::hash::Hash + Eq>(values: impl Iterator<Item = Option<T>>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for value in values.flatten() {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts
}

fn hash(parts: &[&str]) -> u128 {
    xxh3_128(parts.join("\n").as_bytes())
}

fn content_key(entry: &Entry) -> u128 {
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    let date = entry.published.map(|date| date.to_rfc3339()).unwrap_or_default();
    hash(&["content", &part(&entry.title), &part(&entry.summary), &part(&entry.content), &date])
}

/// Hash of what a change of makes the entry worth reading again.
fn form(entry: &Entry) -> u64 {
    let mut hasher = Xxh3::new();
    let link = entry.link.as_deref().and_then(canonical_url);
    for part in [&entry.title, &link, &entry.summary, &entry.content, &entry.updated_raw] {
        hasher.update(part.as_deref().unwrap_or_default().as_bytes());
        hasher.update(&[0]);
    }
    for date in [entry.published, entry.updated] {
        hasher.update(&date.map_or(0, |date| date.timestamp_millis()).to_le_bytes());
    }
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(guid: Option<&str>, link: Option<&str>, title: &str) -> Entry {
        Entry {
            guid: guid.map(Into::into),
            link: link.map(|path| format!("https://example.org/{path}")),
            title: Some(title.into()),
            ..Entry::default()
        }
    }

    fn keys(entries: Vec<Entry>) -> Vec<u128> {
        identify(entries).into_iter().map(|e| e.key).collect()
    }

    #[test]
    fn a_guid_stands_for_its_entry_whatever_else_changes() {
        let before = identify(vec![entry(Some("g"), Some("a"), "Old")]);
        let after = identify(vec![entry(Some("g"), Some("b"), "New"), entry(Some("h"), Some("c"), "Other")]);
        assert_eq!(before[0].key, after[0].key);
        assert_ne!(before[0].form, after[0].form);
    }

    #[test]
    fn entries_that_share_guid_or_link_are_all_kept() {
        let same_guid = keys(vec![entry(Some("g"), Some("a"), "A"), entry(Some("g"), Some("b"), "B")]);
        assert!(same_guid.len() == 2 && same_guid[0] != same_guid[1]);
        let same_link = identify(vec![entry(Some("g"), Some("a"), "A"), entry(Some("h"), Some("a"), "B")]);
        assert!(same_link.len() == 2 && same_link.iter().all(|e| e.shares_link));
        assert_eq!(keys(vec![entry(Some("g"), Some("a"), "A"), entry(Some("g"), Some("a"), "B")]).len(), 2);
        assert_eq!(keys(vec![entry(None, None, "A"), entry(None, None, "B")]).len(), 2);
    }

    #[test]
    fn the_same_entry_twice_is_one() {
        let twice = identify(vec![entry(Some("g"), Some("a"), "A"), entry(Some("g"), Some("a"), "A")]);
        assert!(twice.len() == 1 && !twice[0].shares_link);
    }

    #[test]
    fn tracking_parameters_change_nothing() {
        let plain = identify(vec![entry(None, Some("a"), "A")]);
        let tracked = identify(vec![entry(None, Some("a?utm_source=rss"), "A")]);
        assert_eq!(plain[0].key, tracked[0].key);
        assert_eq!(plain[0].form, tracked[0].form);
    }
}
