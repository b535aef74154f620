//! What became of a story since it was last published.

pub mod changes;
pub mod likeness;
pub mod reread;
