//! The state that the journal keeps, committed together with the records: its values, the copy in memory, and how entries
//! are recognised.

pub mod article;
mod blocked;
pub mod entry;
pub mod feed;
pub mod identity;
pub mod listed_links;
mod moved_away;
pub mod packed;
pub mod page_texts;
pub mod placement;
pub mod published;
pub mod recent;
pub mod redact;
mod shown;
pub mod site;
pub mod store;

pub use self::article::{ArticleState, PlannedRevisit, RecentState};
pub use self::blocked::{BlockedEntry, HandedBlock};
pub use self::entry::{BlockedMark, EntryState, OriginState};
pub use self::feed::{FeedState, NotModifiedCheck, PendingMove, ThrottleBackoff};
pub use self::identity::{Basis, EntryFingerprint};
pub(crate) use self::listed_links::ListChange;
pub use self::listed_links::ListedLinks;
pub use self::moved_away::MovedAway;
pub use self::packed::Packed;
pub use self::page_texts::PageTexts;
pub use self::published::{DecidedEntry, Observer, Published};
pub use self::shown::ShownEntries;
pub use crate::journal::Key;
