//! Compares an article with its last published revision.

pub(crate) mod changes;
pub(crate) mod likeness;
pub(crate) mod reread;
