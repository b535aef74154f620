//! Bytes of a page to a tree that is safe to walk, and its running text to normalized characters.

pub(crate) mod clean;
pub(crate) mod decode;
pub(crate) mod dom;
pub(crate) mod mojibake;
pub(crate) mod sanitize;
pub(crate) mod tags;
