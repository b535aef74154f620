//! The metadata that page, entry and feed state, and the choice between them.

pub(crate) mod agency;
pub(crate) mod authorship;
pub(crate) mod byline;
pub(crate) mod canonical;
pub(crate) mod class_hints;
pub(crate) mod date_words;
pub(crate) mod dateline;
pub(crate) mod fields;
pub(crate) mod headline;
pub(crate) mod jsonld;
pub(crate) mod language;
pub(crate) mod media;
pub(crate) mod meta;
pub(crate) mod opening;
pub(crate) mod references;
pub(crate) mod scan;
pub(crate) mod script;
pub(crate) mod section;
pub(crate) mod site;
pub(crate) mod sources;
pub(crate) mod times;
pub(crate) mod variants;
pub(crate) mod visible_metadata;
pub(crate) mod when;
