//! Compares an article with its last published revision.

pub mod changes;
pub mod likeness;
pub mod reread;
