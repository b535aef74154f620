//! Chooses between contradictory statements, and records their sources.
//!
//! The order of trust is that of [`Source`]: JSON-LD, OpenGraph, other meta tags, the feed, the visible page. The first
//! plausible statement wins, with these exceptions:
//!
//! - Microdata (itemprop) counts as meta if it marks the headline, otherwise as visible text. A headline that it marks
//!   precedes
//!   OpenGraph's, which is often written for sharing.
//! - A truncated headline is replaced by a later one that continues it. The name of the site is not a headline.
//! - An author field that names no person (an agency, "Staff", the site, an address) is ignored.
//! - Stated authors are replaced by a visible byline that names all of them and more, or that names others while the
//!   page shows none of
//!   the stated ones: sites state who filed the article.
//! - A byline between headline and text precedes elements elsewhere that are marked as an author's name.
//! - Times: see `when`. A time of modification before the time of publication is omitted.
//! - "Front Page", "All" and similar are not sections. A folder in the page's address is a section if the page links to
//!   it by a name.
//! - Visible metadata counts only near the headline, and not within comments, other articles or navigation.
//! - The text: see `text_candidates`.
//! - A canonical URL of another site, or of the site's front page, is ignored.
//! - A declared language is ignored if the text is certainly in another one.

use std::collections::BTreeMap;

use dateline_record::Source;

/// The source of each field.
#[derive(Debug, Default)]
pub(crate) struct Sources(BTreeMap<String, Source>);

impl Sources {
    /// Returns the first value that exists, and records its source.
    pub(crate) fn first<T>(&mut self, field: &str, told: impl IntoIterator<Item = (Source, Option<T>)>) -> Option<T> {
        let (source, value) = told.into_iter().find_map(|(source, value)| Some((source, value?)))?;
        self.note(field, source);
        Some(value)
    }

    /// Records the source of a field.
    pub(crate) fn note(&mut self, field: &str, source: Source) {
        self.0.insert(field.to_owned(), source);
    }

    /// Returns the sources.
    pub(crate) fn into_map(self) -> BTreeMap<String, Source> {
        self.0
    }
}
