//! Decides which blocks of a page belong to the article.
//!
//! Each block is described by features (`features`), mainly by where on the page the running text is (`density`).
//! Boosted trees (`trees`), trained on labelled pages, give each block a probability. The chosen blocks maximize the
//! expected F1; then a few rules that hold on every page are applied (`choose`).

mod choose;
mod density;
mod features;
mod measure;
mod trees;

use std::sync::LazyLock;

pub(crate) use choose::Choice;
pub(crate) use features::Hints;
pub use trees::{Trees, TreesError};

use super::walk::Outline;
use density::Density;
use features::features;

/// The trees that are shipped.
static TREES: LazyLock<Trees> = LazyLock::new(|| {
    Trees::read(include_bytes!("../../../weights/article-blocks.bin"))
        .expect("the embedded trees are valid; a test reads them")
});

/// Chooses the article's blocks, by these trees or by those that are shipped.
pub(crate) fn story(outline: &Outline, hints: &Hints, trees: Option<&Trees>) -> Choice {
    let density = Density::of(outline);
    let trees = trees.unwrap_or_else(|| &TREES);
    let features = features(outline, &density, hints);
    let probabilities: Vec<f32> = features.iter().map(|features| trees.probability(features)).collect();
    Choice { features, ..choose::choose(outline, &density, hints, probabilities) }
}
