//! The networks for quotations: one or two layers on the lower layers of an encoder. For each token a network scores whether the
//! token is the head of a cue, and whether it belongs to the content or the source of a given cue. That for German also scores
//! which words in quotation marks are a quotation.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use super::layer::{Layer, Scratch};
use super::math::{dot, gelu, to_bytes};
use super::product::LinearLayer;
use super::simd::Simd;
use super::sizes::WIDTH;
use super::tensors::Tensors;
use super::window::Window;
use crate::weights;
use dateline_text::Language;

/// Values that stand for a token as a part, and as a cue.
const HIDDEN: usize = 128;
/// Distances in tokens between a cue and a part that the model distinguishes.
const FAR: usize = 40;
/// The number of positions of a token relative to quotation marks.
const MARKS: usize = 4;
/// Labels of a token: those of `dateline_quote::tagger::chain`.
const LABELS: usize = 5;
/// Values of a token as a pair's member: for both parts, as a part and as a cue.
const PAIRED: usize = 4 * HIDDEN;
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

/// Scores of a token by itself, or of several by their mean.
struct Head {
    /// A row of [`WIDTH`] weights an output.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Head {
    fn new(tensors: &Tensors, name: &str, outputs: usize) -> Self {
        Self { weights: tensors.floats(name, outputs * WIDTH), bias: tensors.floats(&format!("{name}.bias"), outputs) }
    }

    #[inline(always)]
    fn apply<'a>(&'a self, x: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        self.weights.chunks_exact(WIDTH).zip(&self.bias).map(|(weights, bias)| dot(x, weights) + bias)
    }
}

/// A network for quotations: layers and heads on the lower layers of an encoder.
pub struct QuotationNetwork {
    layers: Vec<Layer>,
    is_cue: Head,
    /// Whether words in quotation marks are a quotation.
    marked: Option<Head>,
    /// The tokens' values: content and source as a part, both as a cue.
    values: LinearLayer,
    content: Labels,
    source: Labels,
}

impl QuotationNetwork {
    /// Returns the network for English with the embedded weights, which are read once.
    pub fn load() -> Arc<Self> {
        static ENGLISH: LazyLock<Arc<QuotationNetwork>> =
            LazyLock::new(|| Arc::new(QuotationNetwork::read(weights::QUOTES_ACCURATE)));
        ENGLISH.clone()
    }

    /// Returns the network for a language, whose embedded weights are read at the first text in it; `None` if there is none.
    pub fn of(language: Language) -> Option<Arc<Self>> {
        static GERMAN: LazyLock<Arc<QuotationNetwork>> =
            LazyLock::new(|| Arc::new(QuotationNetwork::read(weights::QUOTES_DE_ACCURATE)));
        match language.code() {
            "en" => Some(Self::load()),
            "de" => Some(GERMAN.clone()),
            _ => None,
        }
    }

    /// Reads the weights of a network.
    ///
    /// # Panics
    ///
    /// Panics if they are not those of a network for quotations.
    pub fn read(weights: &'static [u8]) -> Self {
        let tensors = Tensors::new(weights);
        Self {
            layers: Layer::all(&tensors),
            is_cue: Head::new(&tensors, "is_cue", 1),
            marked: tensors.contains("marked").then(|| Head::new(&tensors, "marked", 1)),
            values: LinearLayer::new(&tensors, "values", WIDTH, PAIRED),
            content: Labels::new(&tensors, "content"),
            source: Labels::new(&tensors, "source"),
        }
    }

    /// Returns how many layers it has of its own, instead of as many of the encoder's.
    pub(super) fn layers(&self) -> usize {
        self.layers.len()
    }

    /// Returns how many values are kept of a token: the odds of a cue, [`PAIRED`], and the odds of a quotation.
    pub(super) fn kept(&self) -> usize {
        1 + PAIRED + usize::from(self.marked.is_some())
    }

    /// [`Self::kept`] values for each word of the windows, from the rows that the shared layers gave.
    #[inline(always)]
    pub(super) fn run(
        &self,
        simd: Option<Simd>,
        windows: &[Window],
        mut x: Vec<f32>,
        scratch: &mut Scratch,
    ) -> Vec<f32> {
        for (number, layer) in self.layers.iter().enumerate() {
            layer.apply(simd, windows, number + 1 == self.layers.len(), &mut x, scratch);
        }
        let words = x.len() / WIDTH;
        let mut values = vec![0.0; words * PAIRED];
        to_bytes(&x, WIDTH, &mut scratch.bytes);
        self.values.apply(simd, &scratch.bytes, &mut values);
        let mut kept = Vec::with_capacity(words * self.kept());
        for (x, values) in x.chunks_exact(WIDTH).zip(values.chunks_exact(PAIRED)) {
            kept.extend(self.is_cue.apply(x));
            kept.extend_from_slice(values);
            if let Some(marked) = &self.marked {
                kept.extend(marked.apply(x));
            }
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
            *place = (self.rows.len() / self.network.kept()) as u32;
        }
    }

    fn row(&self, token: usize) -> Option<&[f32]> {
        let place = (*self.places.get(token)? as usize).checked_sub(1)?;
        let kept = self.network.kept();
        self.rows.get(place * kept..)?.get(..kept)
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

    /// Returns the logarithm of the odds that words in quotation marks are a quotation; `None` if the network has none.
    pub fn is_quotation(&self, tokens: &Range<usize>) -> Option<f32> {
        self.network.marked.as_ref()?;
        let (mut sum, mut count) = (0.0, 0.0);
        for row in tokens.clone().filter_map(|token| self.row(token)) {
            sum += row[1 + PAIRED];
            count += 1.0;
        }
        (count > 0.0).then(|| sum / count)
    }
}
