//! Which entry is which, and whether it changed: the keys under which entries are remembered.
//!
//! A feed's guids name its entries until they prove to be no names (repeated, given to other stories, changed at every
//! reading); then its links do, and where those are shared too, the words. What a feed is trusted with is remembered with it.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

pub use super::marks::Marks;
use super::marks::{content_key, form, hash};
use crate::article::canonical_url;
use crate::feed::Entry;

/// Guids that name nothing are excused in so many entries of a reading; more, if they are a [`SHARE`] of it, are a habit.
const EXCUSED: usize = 1;
const SHARE: usize = 4;

/// What names a feed's entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Their guids.
    #[default]
    Guid,
    /// Their links.
    Link,
    /// Their words.
    Content,
}

/// What is remembered of a feed's entries.
pub trait Memory {
    /// The marks of the entry with this key.
    fn marks(&self, key: u128) -> Option<Marks>;
    /// The key of the entry that last had this link.
    fn by_link(&self, link: u64) -> Option<u128>;
}

/// An entry with its identity within its feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Identified {
    /// The entry.
    pub entry: Entry,
    /// What it is remembered by.
    pub key: u128,
    /// Hash of the form in which the feed shows it.
    pub form: u64,
    /// What else it is known by.
    pub marks: Marks,
    /// Whether other entries have the same link, so that the link names none of them.
    pub shares_link: bool,
}

/// A reading's entries with their keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// In the reading's order.
    pub entries: Vec<Identified>,
    /// What names them.
    pub basis: Basis,
    /// Why the feed is trusted with less than before.
    pub lost: Option<String>,
}

/// Gives each entry its key. An entry that stands twice in the same form is one entry; two that share guid or link are two.
pub fn identify(entries: Vec<Entry>, basis: Basis, memory: &dyn Memory) -> Identity {
    let reading = Reading::new(entries);
    let mut naming = reading.name(basis, memory);
    let (mut basis, mut lost) = (basis, None);
    if basis == Basis::Guid && naming.is_habit(reading.kept.len()) {
        let shared = reading.kept.iter().filter(|&&i| reading.shares_link(i)).count();
        basis = if shared * 2 > reading.kept.len() { Basis::Content } else { Basis::Link };
        lost = Some(format!(
            "its guids name nothing ({} repeated, {} given to another story, {} changed of {})",
            naming.repeated,
            naming.reused,
            naming.changed,
            reading.kept.len()
        ));
        naming = reading.name(basis, memory);
    }
    Identity { entries: reading.finish(&naming), basis, lost }
}

/// The entries of one reading, and what is counted of them.
struct Reading {
    entries: Vec<Entry>,
    links: Vec<Option<String>>,
    guids: Vec<Option<String>>,
    forms: Vec<u64>,
    marks: Vec<Marks>,
    /// Those that stand for themselves.
    kept: Vec<usize>,
    guid_count: HashMap<String, usize>,
    link_count: HashMap<String, usize>,
    pair_count: HashMap<(Option<String>, Option<String>), usize>,
}

/// The keys of a reading.
#[derive(Default)]
struct Naming {
    keys: HashMap<usize, u128>,
    /// Entries whose link names another, earlier one.
    taken_link: HashSet<usize>,
    repeated: usize,
    reused: usize,
    changed: usize,
}

impl Naming {
    fn is_habit(&self, shown: usize) -> bool {
        let odd = self.repeated + self.reused + self.changed;
        odd > EXCUSED && odd * SHARE >= shown
    }
}

impl Reading {
    fn new(entries: Vec<Entry>) -> Self {
        let links: Vec<Option<String>> = entries.iter().map(|e| e.link.as_deref().and_then(canonical_url)).collect();
        let link_count = count(links.iter().flatten().cloned());
        // A guid that is the link with another fragment at each edition is the link.
        let guids: Vec<Option<String>> = entries
            .iter()
            .zip(&links)
            .map(|(entry, link)| {
                let guid = entry.guid.as_ref()?;
                let is_link =
                    link.as_ref().filter(|link| link_count[*link] == 1 && canonical_url(guid).as_ref() == Some(*link));
                Some(is_link.unwrap_or(guid).clone())
            })
            .collect();
        let forms: Vec<u64> = entries.iter().map(form).collect();
        let marks = entries.iter().zip(&links).map(|(entry, link)| Marks::of(entry, link.as_deref())).collect();
        let mut seen = HashSet::new();
        let kept: Vec<usize> =
            (0..entries.len()).filter(|&i| seen.insert((guids[i].clone(), links[i].clone(), forms[i]))).collect();
        let guid_count = count(kept.iter().filter_map(|&i| guids[i].clone()));
        let link_count = count(kept.iter().filter_map(|&i| links[i].clone()));
        let pair_count = count(kept.iter().map(|&i| (guids[i].clone(), links[i].clone())));
        Self { entries, links, guids, forms, marks, kept, guid_count, link_count, pair_count }
    }

    fn shares_link(&self, i: usize) -> bool {
        self.links[i].as_ref().is_some_and(|link| self.link_count[link] > 1)
    }

    fn name(&self, basis: Basis, memory: &dyn Memory) -> Naming {
        let mut naming = Naming::default();
        let shown: HashSet<u128> = self.guids.iter().flatten().map(|guid| hash(&["guid", guid])).collect();
        for &i in &self.kept {
            let key = match basis {
                Basis::Guid => self.by_guid(i, memory, &shown, &mut naming),
                Basis::Link => self.by_link(i, memory),
                Basis::Content => content_key(&self.entries[i]),
            };
            naming.keys.insert(i, key);
        }
        naming
    }

    fn by_guid(&self, i: usize, memory: &dyn Memory, shown: &HashSet<u128>, naming: &mut Naming) -> u128 {
        let Some(guid) = self.guids[i].as_deref() else { return self.by_link(i, memory) };
        let of_pair = || match self.links[i].as_deref() {
            Some(link) if self.pair_count[&(self.guids[i].clone(), self.links[i].clone())] == 1 => {
                hash(&["both", guid, link])
            }
            _ => content_key(&self.entries[i]),
        };
        if self.guid_count[guid] > 1 {
            naming.repeated += 1;
            return of_pair();
        }
        let (key, marks) = (hash(&["guid", guid]), self.marks[i]);
        match memory.marks(key) {
            Some(known) if known.is_another(&marks) => {
                naming.reused += 1;
                return of_pair();
            }
            Some(_) => return key,
            None => {}
        }
        // An unknown guid, perhaps of a known entry: one whose link is the same and whose own guid is shown no more.
        let link = marks.link.filter(|_| !self.shares_link(i));
        let Some(other) = link.and_then(|link| memory.by_link(link)).filter(|other| !shown.contains(other)) else {
            return key;
        };
        match memory.marks(other) {
            Some(known) if known.is_same(&marks) => {
                naming.changed += 1;
                other
            }
            Some(_) => {
                naming.taken_link.insert(i);
                key
            }
            None => key,
        }
    }

    fn by_link(&self, i: usize, memory: &dyn Memory) -> u128 {
        match self.links[i].as_deref() {
            Some(link) if self.link_count[link] == 1 => {
                let known = self.marks[i].link.and_then(|link| memory.by_link(link));
                known.unwrap_or_else(|| hash(&["link", link]))
            }
            _ => content_key(&self.entries[i]),
        }
    }

    fn finish(self, naming: &Naming) -> Vec<Identified> {
        let shares: Vec<bool> =
            (0..self.entries.len()).map(|i| self.shares_link(i) || naming.taken_link.contains(&i)).collect();
        let mut keys = HashSet::new();
        let entries = self.entries.into_iter().enumerate();
        let identified = entries.filter_map(|(i, entry)| {
            let key = *naming.keys.get(&i)?;
            let (form, marks, shares_link) = (self.forms[i], self.marks[i], shares[i]);
            keys.insert(key).then_some(Identified { entry, key, form, marks, shares_link })
        });
        identified.collect()
    }
}

fn count<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts
}

/// The keys that an entry with this guid may have.
pub fn guid_keys(guid: &str) -> Vec<u128> {
    let canonical = canonical_url(guid).filter(|url| url != guid);
    std::iter::once(guid).chain(canonical.as_deref()).map(|guid| hash(&["guid", guid])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Notes {
        marks: HashMap<u128, Marks>,
        links: HashMap<u64, u128>,
    }

    impl Memory for Notes {
        fn marks(&self, key: u128) -> Option<Marks> {
            self.marks.get(&key).copied()
        }
        fn by_link(&self, link: u64) -> Option<u128> {
            self.links.get(&link).copied()
        }
    }

    impl Notes {
        /// Reads the entries as a poll does, and says which are new.
        fn read(&mut self, basis: Basis, entries: Vec<Entry>) -> (Identity, Vec<bool>) {
            let identity = identify(entries, basis, self);
            let new = identity.entries.iter().map(|e| !self.marks.contains_key(&e.key)).collect();
            for entry in &identity.entries {
                self.marks.insert(entry.key, entry.marks);
                self.links.extend(entry.marks.link.map(|link| (link, entry.key)));
            }
            (identity, new)
        }
    }

    fn entry(guid: Option<&str>, link: Option<&str>, title: &str) -> Entry {
        Entry {
            guid: guid.map(Into::into),
            link: link.map(|path| format!("https://example.org/{path}")),
            title: Some(title.into()),
            published: chrono::DateTime::from_timestamp(i64::try_from(title.len()).unwrap(), 0),
            ..Entry::default()
        }
    }

    fn once(entries: Vec<Entry>) -> Vec<Identified> {
        Notes::default().read(Basis::Guid, entries).0.entries
    }

    #[test]
    fn a_guid_stands_for_its_entry_whatever_else_changes() {
        let mut notes = Notes::default();
        let (before, _) = notes.read(Basis::Guid, vec![entry(Some("g"), Some("a"), "Old")]);
        let now = vec![entry(Some("g"), Some("b"), "New"), entry(Some("h"), Some("c"), "Other")];
        let (after, new) = notes.read(Basis::Guid, now);
        assert_eq!((new, after.basis), (vec![false, true], Basis::Guid));
        assert_ne!(before.entries[0].form, after.entries[0].form);
    }

    #[test]
    fn entries_that_share_guid_or_link_are_all_kept() {
        for shared in [
            vec![entry(Some("g"), Some("a"), "A"), entry(Some("g"), Some("b"), "B")],
            vec![entry(Some("g"), Some("a"), "A"), entry(Some("h"), Some("a"), "B")],
            vec![entry(Some("g"), Some("a"), "A"), entry(Some("g"), Some("a"), "B")],
            vec![entry(None, None, "A"), entry(None, None, "B")],
            vec![entry(None, Some("a"), "A"), entry(None, Some("a"), "B")],
        ] {
            let found = once(shared.clone());
            assert!(found.len() == 2 && found[0].key != found[1].key, "{shared:?}");
            assert_eq!(found[0].shares_link, shared[0].link.is_some() && shared[0].link == shared[1].link);
        }
    }

    #[test]
    fn entries_that_share_a_guid_or_a_link_one_after_the_other_are_kept() {
        let mut notes = Notes::default();
        notes.read(Basis::Guid, vec![entry(Some("latest"), Some("a"), "First")]);
        let (_, new) = notes.read(Basis::Guid, vec![entry(Some("latest"), Some("b"), "Second one")]);
        assert_eq!(new, [true], "a guid that is given to another story");
        let mut notes = Notes::default();
        notes.read(Basis::Guid, vec![entry(Some("1"), Some("today"), "Monday")]);
        let (identity, new) = notes.read(Basis::Guid, vec![entry(Some("2"), Some("today"), "Wednesday")]);
        assert!(new[0] && identity.entries[0].shares_link, "a link that is given to another story");
    }

    #[test]
    fn a_feed_that_changes_its_guids_is_named_by_links_and_repeats_nothing() {
        let edition = |n: u32| -> Vec<Entry> {
            (0..4)
                .map(|i| entry(Some(&format!("{i}-{n}")), Some(&i.to_string()), &format!("Title {}", "x".repeat(i))))
                .collect()
        };
        let mut notes = Notes::default();
        let (first, new) = notes.read(Basis::Guid, edition(1));
        assert!(first.basis == Basis::Guid && new == [true; 4]);
        let (second, new) = notes.read(first.basis, edition(2));
        assert!(second.basis == Basis::Link && second.lost.is_some() && new == [false; 4]);
        let (third, new) = notes.read(second.basis, edition(3));
        assert!(third.basis == Basis::Link && third.lost.is_none() && new == [false; 4]);
        // One that changed alone is forgiven.
        let mut one = edition(3);
        one[0].guid = Some("other".into());
        let mut notes = Notes::default();
        notes.read(Basis::Guid, edition(3));
        let (identity, new) = notes.read(Basis::Guid, one);
        assert!(identity.basis == Basis::Guid && new == [false; 4]);
    }

    #[test]
    fn a_feed_with_one_guid_for_all_is_named_by_links_or_words() {
        let all = |link: fn(usize) -> String| -> Vec<Entry> {
            (0..4).map(|i| entry(Some("site"), Some(&link(i)), &"x".repeat(i + 1))).collect()
        };
        assert_eq!(Notes::default().read(Basis::Guid, all(|i| i.to_string())).0.basis, Basis::Link);
        let (identity, _) = Notes::default().read(Basis::Guid, all(|_| "home".into()));
        assert_eq!((identity.basis, identity.entries.len()), (Basis::Content, 4));
    }

    #[test]
    fn a_guid_that_is_the_link_with_a_counter_is_the_link() {
        let mut notes = Notes::default();
        notes.read(Basis::Guid, vec![entry(Some("https://example.org/a#0"), Some("a"), "Before")]);
        let (_, new) = notes.read(Basis::Guid, vec![entry(Some("https://example.org/a#1"), Some("a"), "After all")]);
        assert_eq!(new, [false]);
    }

    #[test]
    fn the_same_entry_twice_is_one() {
        let twice = once(vec![entry(Some("g"), Some("a"), "A"), entry(Some("g"), Some("a"), "A")]);
        assert!(twice.len() == 1 && !twice[0].shares_link);
    }

    #[test]
    fn tracking_parameters_change_nothing() {
        let plain = once(vec![entry(None, Some("a"), "A")]);
        let tracked = once(vec![entry(None, Some("a?utm_source=rss"), "A")]);
        assert_eq!((plain[0].key, plain[0].form), (tracked[0].key, tracked[0].form));
    }
}
