//! Which blocks of a page are the story.
//!
//! The page's blocks of text are described by numbers (`features`), mainly by where on the page the running text stands (`density`).
//! Boosted trees (`trees`), trained on labelled pages, say how probable each block is. The blocks chosen are those whose expected
//! F1 is best; then come the few rules that hold on every page (`choose`).

mod choose;
mod density;
mod features;
mod measure;
mod trees;

use std::sync::LazyLock;

pub use choose::Choice;
pub use features::Hints;
pub use trees::{Trees, TreesError};

use super::walk::Outline;
use density::Density;
use features::features;

/// The trees that are shipped.
static TREES: LazyLock<Trees> = LazyLock::new(|| {
    Trees::read(include_bytes!("../../../weights/article-blocks.bin")).expect("the trees within the binary are whole")
});

/// Chooses the story's blocks, by these trees or by those that are shipped.
pub fn story(outline: &Outline, hints: &Hints, trees: Option<&Trees>) -> Choice {
    let density = Density::of(outline);
    let trees = trees.unwrap_or_else(|| &TREES);
    let features = features(outline, &density, hints);
    let probabilities: Vec<f32> = features.iter().map(|features| trees.probability(features)).collect();
    Choice { features, ..choose::choose(outline, &density, hints, probabilities) }
}
