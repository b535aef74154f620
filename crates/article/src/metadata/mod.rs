//! The metadata that page, entry and feed state, and the choice between them.

pub mod agency;
pub mod authorship;
pub mod byline;
pub mod canonical;
pub mod class_hints;
pub mod date_words;
pub mod dateline;
pub mod fields;
pub mod headline;
pub mod jsonld;
pub mod language;
pub mod media;
pub mod meta;
pub mod opening;
pub mod references;
pub mod scan;
pub mod script;
pub mod section;
pub mod site;
pub mod sources;
pub mod times;
pub mod variants;
pub mod visible_metadata;
pub mod when;
