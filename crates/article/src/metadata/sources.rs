//! Which of several statements is believed, and who made it.
//!
//! The order of trust is that of [`Source`]: JSON-LD, OpenGraph, other meta tags, the feed, what the page prints. The first that
//! says something plausible is believed. Contradictions:
//!
//! - Microdata (itemprop) counts as meta where it marks the headline, else as print. A headline that is marked so goes before
//!   OpenGraph's, which is often written for sharing.
//! - A headline that was cut short gives way to a later one that goes on where it ends; site names are no headline.
//! - An author field that names no person (an agency, "Staff", the site, an address) says nothing of the authors.
//! - Stated authors give way to a printed byline that names all of them and more, or that names others where none of the stated is
//!   printed at all: sites state who filed the story.
//! - A byline between headline and text goes before elements marked as an author's name that stand elsewhere.
//! - Times: see `when`. A time of modification before the publication is no modification and is left out.
//! - "Front Page", "All" and the like are no section. A folder of the page's address is one where the page links to it by a name.
//! - What is printed counts near the headline only, and not where it belongs to comments, other stories or navigation.
//! - The text: see `readings`.
//! - A canonical URL of another site, or of the site's front page, is not believed.
//! - A language that the text surely is not in gives way to the one it is in.

use std::collections::BTreeMap;

use dateline_record::Source;

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

    /// The notes.
    pub fn into_map(self) -> BTreeMap<String, Source> {
        self.0
    }
}
