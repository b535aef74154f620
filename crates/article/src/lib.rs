//! Page or entry to article.
//!
//! A plain function of its input: no clock, network or disk, and every input is hostile. A page is first made safe to
//! parse (`tidy`) and walked into blocks of text (`walk`); the blocks that are the story are chosen (`body`), and other readings of
//! the page stand in where they are missing (`readings`). What page, entry and feed state of the story fills the other fields; a
//! value that nobody states stays empty. docs/articles.md has the whole way.

mod content;
pub mod duplicates;
mod entry;
mod explain;
mod fingerprint;
#[cfg(test)]
mod hostile;
mod html;
mod learned;
mod metadata;
mod outcome;
mod page;
mod phrases;
mod revision;
mod rules;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod story_cases;

pub use content::body::{Trees, TreesError};
pub use content::entry_text::has_full_text;
pub use entry::from_entry;
pub use explain::Explanation;
pub use fingerprint::content_hash;
pub use html::decode::decode_page;
pub use html::sanitize::MAX_BYTES as MAX_PAGE_BYTES;
pub use learned::{Learned, blocks};
pub use metadata::canonical::canonical_url;
pub use outcome::gave_text;
pub use page::{PageReading, SiteContext, from_page, read_page};
pub use revision::changes::{changes, extraction, is_withdrawal};
pub use revision::likeness::{is_another, is_same, resembles};
pub use revision::reread::{READING, ReadAs, Shown, is_reread};
pub use rules::{Rules, SelectorError, SiteRules};
