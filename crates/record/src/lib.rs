//! The published records and their ids, as plain serde types.
//!
//! Text offsets count Unicode code points of [`Article::text`]; ranges are half-open: `start` is inclusive, `end` is exclusive. Times are
//! in UTC, in the format of RFC 3339. Unknown values are `null` or omitted.

#![warn(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss
)]

mod article;
mod changes;
mod dead_letter;
mod entity;
mod event;
mod headers;
mod id;
mod label;
mod quotation;
mod rights;
pub mod schema;
mod topic;

pub use article::{
    Article, Author, Block, BlockKind, ContentSource, Dateline, Duplicate, FeedLabels, FeedRef, Genre, Media,
    PubStatus, Source,
};
pub use changes::{Changes, Grade, What};
pub use dead_letter::{DeadLetter, MAX_RAW_BYTES, Stage};
pub use entity::{Entity, EntitySet, EntityType, ExtractorInfo, Mention, MentionKind};
pub use event::{FeedEvent, FeedEventKind};
pub use headers::{CONTENT_TYPE_AVRO, CONTENT_TYPE_JSON, Header, cloud_event};
pub use id::{article_id, content_id, quotation_id};
pub use label::is_same_label;
pub use quotation::{Cue, Quotation, QuotationType, Span, Speaker};
pub use rights::{Rights, TdmReservation, TdmSource, Withheld, WithheldPart};
pub use topic::Topic;
