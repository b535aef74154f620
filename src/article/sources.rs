//! Which of several statements is believed, and who made it.
//!
//! The order of trust is that of [`Source`]: JSON-LD, OpenGraph, other meta tags, the feed, what the page prints. The first that
//! says something plausible is believed. Contradictions:
//!
//! - A headline that was cut short ("…") gives way to a later one that goes on where it ends; site names are no headline.
//! - An author field that names no person (an agency, "Staff", an address) says nothing of the authors.
//! - A time of modification before the publication is no modification and is left out.
//! - A canonical URL of another site, or of the site's front page, is not believed.
//! - A language that the text surely is not in gives way to the one it is in.

use std::collections::BTreeMap;

use crate::record::Source;

/// Notes for each field who was believed.
#[derive(Debug, Default)]
pub struct Sources(BTreeMap<String, Source>);

impl Sources {
    /// The first value that is there.
    pub fn first<T>(&mut self, field: &str, told: impl IntoIterator<Item = (Source, Option<T>)>) -> Option<T> {
        let (source, value) = told.into_iter().find_map(|(source, value)| Some((source, value?)))?;
        self.note(field, source);
        Some(value)
    }

    /// Says who was believed of a field.
    pub fn note(&mut self, field: &str, source: Source) {
        self.0.insert(field.to_owned(), source);
    }

    /// Forgets a field that was not believed after all.
    pub fn forget(&mut self, field: &str) {
        self.0.remove(field);
    }

    /// The notes.
    pub fn into_map(self) -> BTreeMap<String, Source> {
        self.0
    }
}
