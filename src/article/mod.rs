//! Page or entry to article.
//!
//! A plain function of its input: no clock, network or disk, and every input is hostile. A page is first made safe to
//! parse (`tidy`) and walked into blocks of text (`walk`); the blocks that are the story are chosen (`body`), and other readings of
//! the page stand in where they are missing (`readings`). What page, entry and feed state of the story fills the other fields; a
//! value that nobody states stays empty. docs/articles.md has the whole way.

mod agency;
mod authorship;
mod blocks;
mod body;
mod boilerplate;
mod byline;
mod canonical;
mod changes;
mod class_words;
mod clean;
mod credit;
mod date_words;
mod dateline;
mod decode;
mod dom;
pub mod duplicates;
mod embedded;
mod entry;
mod entry_text;
mod explain;
mod facts;
mod fingerprint;
mod furniture;
mod headline;
mod hints;
#[cfg(test)]
mod hostile;
mod jsonld;
mod language;
mod learned;
mod likeness;
mod live;
mod marks;
mod media;
mod meta;
mod mojibake;
mod opening;
mod outcome;
mod page;
mod parts;
mod phrases;
mod pointer;
mod printed;
mod readings;
mod references;
mod reread;
mod rules;
mod scan;
mod script;
mod section;
mod shingles;
mod signs;
mod site;
mod sources;
mod stated;
mod tags;
mod tidy;
mod times;
mod trim;
mod truncated;
mod variants;
mod walk;
mod walls;
mod when;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod story_cases;

pub use body::{Trees, TreesError};
pub use canonical::canonical_url;
pub use changes::{changes, extraction, is_withdrawal};
pub use decode::decode_page;
pub use entry::from_entry;
pub use entry_text::has_full_text;
pub use explain::Explanation;
pub use fingerprint::content_hash;
pub use learned::{Learned, blocks};
pub use likeness::{is_another, is_same, resembles};
pub use outcome::gave_text;
pub use page::{PageReading, SiteContext, from_page, read_page};
pub use reread::{READING, ReadAs, Shown, is_reread};
pub use rules::{Rules, SelectorError, SiteRules};
pub use tidy::MAX_BYTES as MAX_PAGE_BYTES;
