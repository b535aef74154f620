//! The state store: the committed state on disk, and over it the changes that are not committed yet.
//!
//! What a poll needs is read for that poll and stays in memory while it is used. Changes of the open group and of the
//! group in flight stay until they are committed, so the store may be ahead of the journal. Either a group is committed
//! unchanged, however many attempts that takes, or the whole state store is dropped and made again. Batches of
//! partitions that were reassigned meanwhile are left out of the group, and their feeds are forgotten here.

mod adopt;
mod adopted;
mod articles;
mod blocked;
mod cache;
mod disk;
mod feed;
mod handed_over;
mod known;
mod memory;
mod moved_away;
mod moves;
mod origins;
mod rows;
mod state_store;
#[cfg(test)]
mod tests;

pub use self::feed::FeedCell;
pub use self::known::KnownArticle;
pub use self::memory::FeedMemory;
pub use self::state_store::StateStore;
