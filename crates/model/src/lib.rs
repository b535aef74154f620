//! Taggers of names and quotations, with their weights: the trait, and its implementations.

#![warn(unreachable_pub, clippy::print_stdout, clippy::print_stderr)]

mod encoder;
mod lexicon;
pub mod linear;
pub mod names;
pub mod weights;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use dateline_text::{Document, Language};

pub use encoder::quotations::{AttributionPart, QuotationNetwork, QuotationScores};
pub use encoder::states;
pub use lexicon::{Gender, Lexicon, lexicon};

/// The kind of thing that a name refers to.
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
    /// The tokens of the name.
    pub tokens: Range<usize>,
    /// The kind of thing that it refers to.
    pub kind: Kind,
}

/// What a tagger finds in a text.
#[derive(Default)]
pub struct TaggerOutput {
    /// The names, in order and without overlaps.
    pub names: Vec<Name>,
    /// The scores for quotations, if a network for them was given.
    pub quotations: Option<QuotationScores>,
}

/// Finds the names of a text.
pub trait Tagger: Send + Sync {
    /// Returns the names of a text; with the network for quotations in its language also that one's scores, computed in the same pass.
    fn read(&self, document: &Document, quotations: Option<&Arc<QuotationNetwork>>) -> TaggerOutput;

    /// Returns the name of the model that reads texts in a language, as `dateline models` lists it.
    fn name(&self, language: Language) -> &'static str;
}

/// The names of the models for names and for quotations, the default first.
pub const NAMES: [&str; 2] = ["fast", "accurate"];

/// The weights of the fast tagger of names for English, read once.
static FAST: LazyLock<linear::Linear> = LazyLock::new(|| {
    linear::Linear::read(weights::NAMES_FAST).expect("the embedded weights are valid; a test reads them")
});
/// The same for all other languages.
static EUROPEAN: LazyLock<linear::Linear> = LazyLock::new(|| {
    linear::Linear::read(weights::NAMES_EUROPEAN).expect("the embedded weights are valid; a test reads them")
});

/// Returns the fast tagger of names.
pub fn fast() -> Arc<dyn Tagger> {
    Arc::new(encoder::NameTagger::new(false))
}

/// Returns the tagger of names that a model name, one of [`NAMES`], selects.
pub fn named(model: &str) -> Option<Arc<dyn Tagger>> {
    let is_accurate = NAMES.contains(&model).then_some(model == "accurate")?;
    Some(Arc::new(encoder::NameTagger::new(is_accurate)))
}
