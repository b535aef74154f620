//! The sizes of the network.

use crate::names;

/// Values of a piece between layers.
pub(super) const WIDTH: usize = 384;
/// Values of a piece within a layer.
pub(super) const INNER: usize = 4 * WIDTH;
/// Labels of a word.
pub(super) const LABELS: usize = names::LABELS.len();

/// The labels' scores of a word, as logarithms up to a constant.
pub(super) type Scores = [f32; LABELS];
