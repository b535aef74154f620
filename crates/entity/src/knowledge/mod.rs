//! Links entities to Wikidata ids.
//!
//! A [`KnowledgeBase`] is a table of tab-separated lines, `id`, `type`, `prior`, `name`, `other names`, `context`: the
//! Wikidata id, the type of entity as in the records, how well known it is (the number of its encyclopedia pages), its
//! name, other names separated by `|`, and words that occur in texts about it (its description). [`default`] contains
//! well-known entries: countries, capitals, large organisations; `dateline knowledge` makes a knowledge base from a
//! Wikidata dump.
//!
//! No link is better than a wrong one: a person must be named in full and a word of the context must occur in the text,
//! and the best of several candidates must be far ahead of the next.

#![allow(clippy::cast_possible_truncation, reason = "a knowledge base has far fewer than 2^32 entries")]

mod dump;
mod link;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use dateline_record::EntityType;

pub use dump::entry_of;
pub(super) use link::link;

/// The maximum length of a line of a knowledge base, in bytes.
const MAX_LINE: usize = 64 << 10;
/// The maximum number of entries that share a name; the best known stay.
const MAX_SHARING: usize = 64;

/// An entry of a knowledge base.
#[derive(Debug, Clone, PartialEq)]
pub struct KnowledgeEntry {
    /// The Wikidata id: "Q649".
    pub id: String,
    /// The type of entity.
    pub r#type: EntityType,
    /// How well known the entity is: 0 or more.
    pub prior: u32,
    /// The usual name.
    pub name: String,
    /// Other names.
    pub others: Vec<String>,
    /// Words that occur in texts about it.
    pub context: String,
}

/// The reason why a line is not an entry.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// The line does not have six columns.
    #[error("line {0}: expected six columns separated by tabs: id, type, prior, name, other names, context")]
    Columns(usize),
    /// The id is not a Wikidata id.
    #[error("line {0}: `{1}` is not a Wikidata id; write a Q and a number, such as Q649")]
    Id(usize, String),
    /// The type is unknown.
    #[error("line {0}: `{1}` is not a type; write person, organisation, place, event or other")]
    Type(usize, String),
    /// The prior is not a number.
    #[error("line {0}: `{1}` is not a prior; write a whole number, 0 or more")]
    Prior(usize, String),
    /// The line is too long.
    #[error("line {0}: more than {MAX_LINE} bytes")]
    Long(usize),
}

/// A file that cannot be read as a knowledge base.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}", path = path.display())]
pub struct LoadError {
    path: PathBuf,
    reason: String,
}

impl KnowledgeEntry {
    /// Returns the entry as a line of a knowledge base, without the line break.
    pub fn line(&self) -> String {
        let clean = |text: &str| text.replace(['\t', '\n', '\r', '|'], " ");
        let others: Vec<String> = self.others.iter().map(|name| clean(name)).collect();
        let kind = type_name(self.r#type);
        let (name, context) = (clean(&self.name), clean(&self.context));
        format!("{}\t{kind}\t{}\t{name}\t{}\t{context}", self.id, self.prior, others.join("|"))
    }

    fn read(number: usize, line: &str) -> Result<Self, KnowledgeError> {
        if line.len() > MAX_LINE {
            return Err(KnowledgeError::Long(number));
        }
        let columns: Vec<&str> = line.split('\t').collect();
        let [id, kind, prior, name, others, context] = columns[..] else { return Err(KnowledgeError::Columns(number)) };
        if !id.strip_prefix('Q').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(KnowledgeError::Id(number, id.to_owned()));
        }
        let r#type = TYPES.iter().find(|(_, name)| *name == kind).map(|(kind, _)| *kind);
        Ok(Self {
            id: id.to_owned(),
            r#type: r#type.ok_or_else(|| KnowledgeError::Type(number, kind.to_owned()))?,
            prior: prior.parse().map_err(|_| KnowledgeError::Prior(number, prior.to_owned()))?,
            name: name.to_owned(),
            others: others.split('|').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            context: context.to_owned(),
        })
    }
}

const TYPES: [(EntityType, &str); 5] = [
    (EntityType::Person, "person"),
    (EntityType::Organisation, "organisation"),
    (EntityType::Place, "place"),
    (EntityType::Event, "event"),
    (EntityType::Other, "other"),
];

fn type_name(kind: EntityType) -> &'static str {
    TYPES.iter().find(|(known, _)| *known == kind).map_or("other", |(_, name)| name)
}

/// A table of entities, by their names.
#[derive(Debug, Default)]
pub struct KnowledgeBase {
    entries: Vec<KnowledgeEntry>,
    by_name: HashMap<String, Vec<u32>>,
}

impl KnowledgeBase {
    /// Reads a knowledge base from a file.
    pub fn load(path: &Path) -> Result<Arc<Self>, LoadError> {
        let about = |reason: String| LoadError { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| about(error.to_string()))?;
        Self::read(&text).map(Arc::new).map_err(|fault| about(fault.to_string()))
    }

    /// Reads a knowledge base; blank lines and lines that start with `#` are skipped.
    pub fn read(text: &str) -> Result<Self, KnowledgeError> {
        let mut base = Self::default();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            base.entries.push(KnowledgeEntry::read(number + 1, line)?);
        }
        for (index, entry) in base.entries.iter().enumerate() {
            for name in std::iter::once(&entry.name).chain(&entry.others) {
                let sharing = base.by_name.entry(key(name)).or_default();
                if sharing.last() != Some(&(index as u32)) {
                    sharing.push(index as u32);
                }
            }
        }
        for sharing in base.by_name.values_mut().filter(|sharing| sharing.len() > MAX_SHARING) {
            sharing.sort_by_key(|&index| std::cmp::Reverse(base.entries[index as usize].prior));
            sharing.truncate(MAX_SHARING);
        }
        Ok(base)
    }

    /// Returns the entries with a name.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &KnowledgeEntry> {
        self.by_name.get(&key(name)).into_iter().flatten().map(|&index| &self.entries[index as usize])
    }
}

/// Returns the lookup key of a name: without an article, with its case ("US" is not "us").
fn key(name: &str) -> String {
    let name = name.trim();
    name.strip_prefix("The ").or_else(|| name.strip_prefix("the ")).unwrap_or(name).replace('\u{2019}', "'")
}

/// Returns the embedded knowledge base.
pub fn default() -> Arc<KnowledgeBase> {
    static BASE: LazyLock<Arc<KnowledgeBase>> = LazyLock::new(|| {
        // An error here is an error of the build, which a test finds.
        Arc::new(KnowledgeBase::read(include_str!("default.tsv")).unwrap_or_default())
    });
    Arc::clone(&BASE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_base_is_sound() {
        let base = KnowledgeBase::read(include_str!("default.tsv")).unwrap();
        assert!(base.entries.len() > 250, "{}", base.entries.len());
        let mut ids: Vec<&str> = base.entries.iter().map(|entry| entry.id.as_str()).collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id stands twice");
        assert_eq!(base.named("Moscow").map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["Q649"]);
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let entry = KnowledgeEntry {
            id: "Q7".into(),
            r#type: EntityType::Event,
            prior: 3,
            name: "A|B".into(),
            others: vec!["C\tD".into(), "E".into()],
            context: "an\nevent".into(),
        };
        let read = KnowledgeEntry::read(1, &entry.line()).unwrap();
        assert_eq!((read.name.as_str(), read.others.join("+").as_str()), ("A B", "C D+E"));
        assert_eq!((read.context.as_str(), read.prior, read.r#type), ("an event", 3, EntityType::Event));
    }

    #[test]
    fn a_wrong_line_says_what_to_write() {
        for (line, want) in [
            ("Q1\tplace\t1\tX", "line 1: expected six columns"),
            ("P1\tplace\t1\tX\t\t", "line 1: `P1` is not a Wikidata id"),
            ("Q1\ttown\t1\tX\t\t", "line 1: `town` is not a type"),
            ("Q1\tplace\t-1\tX\t\t", "line 1: `-1` is not a prior"),
        ] {
            let fault = KnowledgeBase::read(line).unwrap_err().to_string();
            assert!(fault.starts_with(want), "{fault}");
        }
    }
}
