//! The published records and their ids: plain serde types, as consumers read them.
//!
//! Every text offset is a Unicode code point, half-open (`start` inclusive, `end` exclusive), into
//! [`Article::text`]. Every instant is UTC, written as RFC 3339. What is not known is `null` or left out.

mod article;
mod changes;
mod dead_letter;
mod entity;
mod event;
mod headers;
mod id;
mod quotation;
pub mod schema;
mod topic;

pub use article::{
    Article, Author, Block, BlockKind, ContentSource, Dateline, Duplicate, FeedRef, Genre, Media, PubStatus, Source,
};
pub use changes::{Changes, Grade, What};
pub use dead_letter::{DeadLetter, MAX_RAW_BYTES, Stage};
pub use entity::{Entity, EntitySet, EntityType, Mention, MentionKind};
pub use event::{FeedEvent, FeedEventKind};
pub use headers::{CONTENT_TYPE_AVRO, CONTENT_TYPE_JSON, Header, cloud_event};
pub use id::{article_id, content_id, quotation_id};
pub use quotation::{Cue, Quotation, QuotationType, Span, Speaker};
pub use topic::Topic;
