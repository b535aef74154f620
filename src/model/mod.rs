//! Taggers: one trait, its implementations.

mod encoder;
mod lexicon;
pub mod linear;
pub mod names;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

pub use lexicon::{Gender, Lexicon, lexicon};

use crate::text::Document;

/// What a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
pub enum Kind {
    Person,
    Organisation,
    Place,
    Event,
    /// A people, a language, a work: no person, organisation or place.
    Other,
}

/// A name in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Its tokens.
    pub tokens: Range<usize>,
    /// What it names.
    pub kind: Kind,
}

/// Finds names: in order, not overlapping.
pub trait Tagger: Send + Sync {
    /// The names of a text.
    fn tag(&self, document: &Document) -> Vec<Name>;
}

/// The taggers that [`named`] knows, the usual one first.
pub const NAMES: [&str; 2] = ["fast", "accurate"];

/// The weights of the fast tagger, read once.
static FAST: LazyLock<linear::Linear> = LazyLock::new(|| {
    let bytes = include_bytes!("../../models/names-fast.bin");
    linear::Linear::read(bytes).expect("the weights within the binary are whole")
});

/// The fast tagger.
pub fn fast() -> Arc<dyn Tagger> {
    Arc::new(names::Fast::new(&FAST))
}

/// The tagger of this name.
pub fn named(name: &str) -> Option<Arc<dyn Tagger>> {
    match name {
        "fast" => Some(fast()),
        "accurate" => Some(encoder::Encoder::carried()),
        _ => None,
    }
}
