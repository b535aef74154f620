//! Taggers: one trait, its implementations.

mod encoder;
mod lexicon;
pub mod linear;
pub mod names;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use dateline_text::Document;

pub use encoder::speech::{Part, Speech};
pub use encoder::states;
pub use lexicon::{Gender, Lexicon, lexicon};

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

/// What a tagger reads in a text.
#[derive(Default)]
pub struct Reading {
    /// Names: in order, not overlapping.
    pub names: Vec<Name>,
    /// What speaks for quotations, from a tagger that looks for it.
    pub speech: Option<Speech>,
}

/// Finds names, and what speaks for quotations.
pub trait Tagger: Send + Sync {
    /// Reads a text.
    fn read(&self, document: &Document) -> Reading;
}

/// The models that [`named`] knows, the usual one first.
pub const NAMES: [&str; 2] = ["fast", "accurate"];

/// The weights of the fast tagger, read once.
static FAST: LazyLock<linear::Linear> = LazyLock::new(|| {
    let bytes = include_bytes!("../weights/names-fast.bin");
    linear::Linear::read(bytes).expect("the weights within the binary are whole")
});

/// The fast tagger.
pub fn fast() -> Arc<dyn Tagger> {
    Arc::new(names::Fast::new(&FAST))
}

/// The tagger that finds names and speech by the models of these names, each one of [`NAMES`].
pub fn named(entities: &str, quotes: &str) -> Option<Arc<dyn Tagger>> {
    let accurate = |name: &str| (NAMES.contains(&name)).then_some(name == "accurate");
    match (accurate(entities)?, accurate(quotes)?) {
        (false, false) => Some(fast()),
        (names, speech) => Some(Arc::new(encoder::Encoder::new(names, speech))),
    }
}
