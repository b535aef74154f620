//! The entries of one poll, and which of their fields distinguish them.

use std::collections::{HashMap, HashSet};

use super::Trust;
use super::fingerprint::{
    EntryFingerprint, canonical_link, content_hash, content_key, guid_keys, hash, hash_of, variants, without_scheme,
};
use crate::article::canonical_url;
use crate::feed::Entry;

/// An entry with everything by which it may be recognised.
pub(crate) struct ShownEntry {
    pub entry: Entry,
    pub guid: Option<String>,
    pub link: Option<String>,
    pub marks: EntryFingerprint,
    /// Hashes of the link in all its variants.
    pub links: Vec<u64>,
    /// The keys under which earlier versions may have remembered it.
    pub guid_keys: Vec<u128>,
    pub content_key: u128,
}

impl ShownEntry {
    fn new(entry: Entry, guid: Option<String>, link: Option<String>) -> Self {
        let marks = EntryFingerprint::of(&entry, guid.as_deref(), link.as_deref());
        let links = link.as_deref().map(variants).unwrap_or_default().iter().map(|link| hash_of(link)).collect();
        // The guid as the feed has it, and in the link's form if it equals the link.
        let guids = [entry.guid.as_deref(), guid.as_deref()];
        let mut guid_keys: Vec<u128> = guids.into_iter().flatten().flat_map(guid_keys).collect();
        guid_keys.sort_unstable();
        guid_keys.dedup();
        let content_key = content_key(&entry);
        Self { entry, guid, link, marks, links, guid_keys, content_key }
    }

    /// Returns the key of an entry that guid and link identify together.
    pub(super) fn both_key(&self) -> Option<u128> {
        Some(hash(&["both", self.guid.as_deref()?, self.link.as_deref()?]))
    }

    /// Returns the link without scheme and `www.`.
    pub(super) fn bare_link(&self) -> Option<&str> {
        self.link.as_deref().map(without_scheme)
    }

    /// Returns the form under which the entry is remembered: the given one if it is still the same.
    pub(super) fn form(&self, remembered: Option<u64>, trust: Trust) -> u64 {
        let with_link = content_hash(&self.entry, self.link.as_deref());
        if remembered == Some(with_link) {
            return with_link;
        }
        let without_link = content_hash(&self.entry, None);
        let variants = || self.link.as_deref().map(variants).unwrap_or_default();
        let has = |known: u64| variants().iter().any(|link| content_hash(&self.entry, Some(link)) == known);
        match remembered {
            Some(known) if known == without_link || has(known) => known,
            _ if trust.unstable_links => without_link,
            _ => with_link,
        }
    }
}

/// The entries of one poll.
pub(crate) struct EntrySet {
    pub shown: Vec<ShownEntry>,
}

impl EntrySet {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let links: Vec<Option<String>> = entries.iter().map(canonical_link).collect();
        let link_count = count(links.iter().flatten().map(String::as_str));
        // A guid that is the link with another fragment at each epoch counts as the link.
        let guids: Vec<Option<String>> = entries
            .iter()
            .zip(&links)
            .map(|(entry, link)| {
                let guid = entry.guid.as_ref()?;
                let is_link = link
                    .as_ref()
                    .filter(|link| link_count[link.as_str()] == 1 && canonical_url(guid).as_ref() == Some(*link));
                Some(is_link.unwrap_or(guid).clone())
            })
            .collect();
        drop(link_count);
        let parts = entries.into_iter().zip(guids).zip(links);
        Self { shown: parts.map(|((entry, guid), link)| ShownEntry::new(entry, guid, link)).collect() }
    }

    /// Returns the entries that are not repetitions: of those that agree in every identifying field, the first.
    pub(super) fn kept(&self, trust: Trust) -> Vec<usize> {
        let mut seen = HashSet::new();
        (0..self.shown.len()).filter(|&i| seen.insert(self.identifying(i, trust))).collect()
    }

    /// Returns the fields that identify an entry; all of them if the trusted ones are missing.
    pub(super) fn identifying(&self, i: usize, trust: Trust) -> EntryFingerprint {
        let ShownEntry { marks, .. } = &self.shown[i];
        let link = self.shown[i].bare_link().map(hash_of);
        if (marks.title, marks.text, marks.published) == (None, None, None) {
            return EntryFingerprint { link, ..*marks };
        }
        EntryFingerprint { guid: marks.guid.filter(|_| trust.guids()), link: link.filter(|_| trust.links()), ..*marks }
    }
}

pub(crate) fn count<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts
}
