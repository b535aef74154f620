//! Feed documents: decode, repair, parse.
//!
//! A plain function of its input: no clock, network or disk.

mod types;

pub use types::{Entry, Feed, Image, Link, MediaLink, Person, Source};
