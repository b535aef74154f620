//! Bytes of a page to a tree that is safe to walk, and its running text to normalized characters.

pub mod clean;
pub mod decode;
pub mod dom;
pub mod mojibake;
pub mod sanitize;
pub mod tags;
