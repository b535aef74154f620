//! The network for quotations: two layers on the lower layers of the encoder. For each token it scores whether the
//! token is the head of a cue, and whether it belongs to the content or the source of a given cue.

use std::sync::{Arc, LazyLock};

use super::layer::{Layer, Scratch};
use super::math::{dot, gelu, to_bytes};
use super::product::LinearLayer;
use super::simd::Simd;
use super::sizes::WIDTH;
use super::tensors::Tensors;
use super::window::Window;
use crate::weights;

/// Layers above the shared ones.
const LAYERS: usize = 2;
/// Values that stand for a token as a part, and as a cue.
const HIDDEN: usize = 128;
/// Distances in tokens between a cue and a part that the model distinguishes.
const FAR: usize = 40;
/// The number of positions of a token relative to quotation marks.
const MARKS: usize = 4;
/// Labels of a token: those of `dateline_quote::tagger::chain`.
const LABELS: usize = 5;
/// Values kept of a token: the odds of a cue, and its values for both parts, as a part and as a cue.
pub(super) const KEPT: usize = 1 + 4 * HIDDEN;
/// The maximum number of tokens of a text with scores (32 MiB). Later tokens are left to the fast taggers.
const MAX_TOKENS: usize = 16_384;

/// A part of an attribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributionPart {
    /// The content.
    Content,
    /// The source: the words that name the speaker.
    Source,
}

struct Labels {
    ways: Vec<f32>,
    marks: Vec<f32>,
    labels: Vec<f32>,
    bias: Vec<f32>,
}

impl Labels {
    fn new(tensors: &Tensors, name: &str) -> Self {
        let read = |part: &str, length: usize| tensors.floats(&format!("{name}.{part}"), length);
        Self {
            ways: read("way", (2 * FAR + 1) * HIDDEN),
            marks: read("mark", MARKS * HIDDEN),
            labels: read("label", LABELS * HIDDEN),
            bias: read("label.bias", LABELS),
        }
    }
}

/// The network for quotations: layers and heads on the lower layers of the encoder.
pub struct QuotationNetwork {
    layers: Vec<Layer>,
    is_cue: Vec<f32>,
    is_cue_bias: f32,
    /// The tokens' values: content and source as a part, both as a cue.
    values: LinearLayer,
    content: Labels,
    source: Labels,
}

impl QuotationNetwork {
    /// Returns the network with the embedded weights, which are read once.
    pub fn load() -> Arc<Self> {
        static EMBEDDED: LazyLock<Arc<QuotationNetwork>> = LazyLock::new(|| {
            let tensors = Tensors::new(weights::QUOTES_ACCURATE);
            Arc::new(QuotationNetwork {
                layers: (0..LAYERS).map(|i| Layer::new(&tensors, &format!("layers.{i}"))).collect(),
                is_cue: tensors.floats("is_cue", WIDTH),
                is_cue_bias: tensors.floats("is_cue.bias", 1)[0],
                values: LinearLayer::new(&tensors, "values", WIDTH, 4 * HIDDEN),
                content: Labels::new(&tensors, "content"),
                source: Labels::new(&tensors, "source"),
            })
        });
        EMBEDDED.clone()
    }

    /// [`KEPT`] values for each word of the windows, from the rows that the shared layers gave.
    #[inline(always)]
    pub(super) fn run(
        &self,
        simd: Option<Simd>,
        windows: &[Window],
        mut x: Vec<f32>,
        scratch: &mut Scratch,
    ) -> Vec<f32> {
        for (number, layer) in self.layers.iter().enumerate() {
            layer.apply(simd, windows, number + 1 == LAYERS, &mut x, scratch);
        }
        let words = x.len() / WIDTH;
        let mut values = vec![0.0; words * 4 * HIDDEN];
        to_bytes(&x, WIDTH, &mut scratch.bytes);
        self.values.apply(simd, &scratch.bytes, &mut values);
        let mut kept = Vec::with_capacity(words * KEPT);
        for (x, values) in x.chunks_exact(WIDTH).zip(values.chunks_exact(4 * HIDDEN)) {
            kept.push(dot(x, &self.is_cue) + self.is_cue_bias);
            kept.extend_from_slice(values);
        }
        kept
    }
}

/// The scores of the network for a text.
pub struct QuotationScores {
    network: Arc<QuotationNetwork>,
    /// The row of each token, one more; 0 where there is none.
    places: Vec<u32>,
    rows: Vec<f32>,
}

impl QuotationScores {
    pub(super) fn new(network: Arc<QuotationNetwork>, tokens: usize) -> Self {
        Self { network, places: vec![0; tokens.min(MAX_TOKENS)], rows: Vec::new() }
    }

    /// Keeps what was found for a token.
    pub(super) fn keep(&mut self, token: usize, row: &[f32]) {
        if let Some(place) = self.places.get_mut(token) {
            self.rows.extend_from_slice(row);
            *place = (self.rows.len() / KEPT) as u32;
        }
    }

    fn row(&self, token: usize) -> Option<&[f32]> {
        let place = *self.places.get(token)? as usize;
        self.rows.chunks_exact(KEPT).nth(place.checked_sub(1)?)
    }

    /// Returns the logarithm of the odds that a token is the head of a cue; 0 if the token has no scores.
    pub fn is_cue(&self, token: usize) -> f32 {
        self.row(token).map_or(0.0, |row| row[0])
    }

    /// Returns the score of each label for a token, as a part of what a cue introduces: logarithms up to a constant, all 0 if the token has no
    /// scores. `mark` is the position of the token relative to quotation marks (`Mark` of `dateline_quote::tagger::words`, as a number).
    pub fn labels(&self, part: AttributionPart, cue: usize, token: usize, mark: usize) -> [f32; LABELS] {
        let (Some(own), Some(said)) = (self.row(token), self.row(cue)) else { return [0.0; LABELS] };
        let (labels, first) = match part {
            AttributionPart::Content => (&self.network.content, 0),
            AttributionPart::Source => (&self.network.source, 1),
        };
        let values = |row: &[f32], part: usize| -> [f32; HIDDEN] {
            let start = 1 + part * HIDDEN;
            std::array::from_fn(|i| row[start + i])
        };
        let way = (token + FAR).saturating_sub(cue).min(2 * FAR);
        let (way, mark) = (&labels.ways[way * HIDDEN..], &labels.marks[mark.min(MARKS - 1) * HIDDEN..]);
        let (own, said) = (values(own, first), values(said, 2 + first));
        let mut hidden: [f32; HIDDEN] = std::array::from_fn(|i| own[i] + said[i] + way[i] + mark[i]);
        gelu(&mut hidden);
        std::array::from_fn(|label| labels.bias[label] + dot(&hidden, &labels.labels[label * HIDDEN..][..HIDDEN]))
    }
}
