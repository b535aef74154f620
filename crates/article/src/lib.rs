//! Makes articles of pages and feed entries. The result depends on the input alone: no clock, network or disk is used.
//! All input is treated as hostile.
//!
//! A page is sanitized (`sanitize`) and split into blocks of text (`walk`); the blocks of the article are chosen
//! (`body`), and other sources of the text are used if those blocks are missing or poor (`text_candidates`). The other
//! fields are filled from the page, the entry and the feed; a field that none of them states stays empty.
//! docs/articles.md describes the whole process.

#![warn(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss
)]

mod content;
pub mod duplicates;
mod entry;
mod explain;
mod fingerprint;
#[cfg(test)]
mod hostile;
mod html;
mod learned;
mod listing;
mod metadata;
mod outcome;
mod page;
mod phrases;
mod revision;
mod rights;
mod rules;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod story_cases;

pub use content::body::{Trees, TreesError};
pub use content::entry_text::{EntryText, has_full_text};
pub use entry::{from_entry, from_entry_text};
pub use explain::Explanation;
pub use fingerprint::content_hash;
pub use html::decode::decode_page;
pub use html::sanitize::MAX_BYTES as MAX_PAGE_BYTES;
pub use learned::{Learned, blocks};
pub use listing::{FORMAT as LISTING_FORMAT, ListingError, ListingSelectors, read_listing};
pub use metadata::canonical::canonical_url;
pub use metadata::language::declare_language;
pub use outcome::gave_text;
pub use page::{PageReading, SiteContext, from_page, read_page};
pub use revision::changes::{changes, extraction, is_withdrawal};
pub use revision::likeness::{is_another, is_same, resembles};
pub use revision::reread::{READING, ReadAs, Shown, is_reread};
pub use rights::{Reservations, withhold};
pub use rules::{Rules, SelectorError, SiteRules};
