//! The state that the journal keeps: its values, the copy in memory, and how entries are recognised.

pub mod identity;
pub mod packed;
pub mod page_texts;
pub mod placement;
pub mod published;
pub mod recent;
pub mod redact;
pub mod store;
pub mod values;

pub use self::identity::{Basis, EntryFingerprint};
pub use self::packed::Packed;
pub use self::page_texts::PageTexts;
pub use self::published::{Observer, Published};
pub use self::values::{
    ArticleState, EntryState, FeedState, Key, NotModifiedCheck, PendingMove, PlannedRevisit, ThrottleBackoff,
};
