//! JSON Schemas of the records, derived from their types.

use schemars::Schema;

use super::{Article, DeadLetter, EntitySet, FeedEvent, Quotation};

/// The names that [`json`] knows.
pub const NAMES: [&str; 5] = ["article", "entities", "quote", "dead-letter", "feed-event"];

/// The JSON Schema (2020-12) of a record, or `None` for an unknown name.
pub fn json(name: &str) -> Option<Schema> {
    Some(match name {
        "article" => schemars::schema_for!(Article),
        "entities" => schemars::schema_for!(EntitySet),
        "quote" => schemars::schema_for!(Quotation),
        "dead-letter" => schemars::schema_for!(DeadLetter),
        "feed-event" => schemars::schema_for!(FeedEvent),
        _ => return None,
    })
}
