//! The encoder: transformer layers over windows of word pieces, and a score for each label of each word.

use pulp::NullaryFnOnce;

use super::layer::{Layer, Norm, Scratch};
use super::math::dot;
use super::quotations;
use super::simd::Simd;
use super::sizes::{LABELS, Scores, WIDTH};
use super::tensors::Tensors;
use super::window::{OTHERS, SHAPES, WINDOW, Window};

/// The outputs that are requested from the network.
#[derive(Clone, Copy, Default)]
pub(super) struct EncoderRequest<'a> {
    pub(super) names: bool,
    pub(super) quotations: Option<&'a quotations::QuotationNetwork>,
    /// Below how many of the layers, from the top, the states are requested.
    pub(super) states: Option<usize>,
}

/// The outputs of the network.
#[derive(Default, PartialEq)]
pub(super) struct EncoderOutput {
    /// The labels' scores, a row a word.
    pub(super) names: Vec<Scores>,
    /// [`quotations::QuotationNetwork::kept`] values a word.
    pub(super) quotations: Vec<f32>,
    /// The output of the layers that names and quotations share, [`WIDTH`] values a piece.
    pub(super) states: Vec<f32>,
}

/// What is added for how a piece is written, and how its word is written elsewhere, if the pieces do not tell it.
struct Features {
    shapes: Vec<f32>,
    others: Vec<f32>,
}

/// The network.
pub(super) struct Network {
    words: &'static [u8],
    word_scales: Vec<f32>,
    positions: Vec<f32>,
    features: Option<Features>,
    norm: Norm,
    layers: Vec<Layer>,
    head: Vec<f32>,
    head_bias: Vec<f32>,
    simd: Option<Simd>,
}

impl Network {
    pub(super) fn new(tensors: &Tensors, vocabulary: usize) -> Self {
        let features = tensors.contains("shapes").then(|| Features {
            shapes: tensors.floats("shapes", SHAPES * WIDTH),
            others: tensors.floats("others", OTHERS * WIDTH),
        });
        Self {
            words: tensors.bytes("words", vocabulary * WIDTH),
            word_scales: tensors.floats("words.scale", vocabulary),
            positions: tensors.floats("positions", WINDOW * WIDTH),
            features,
            norm: Norm::new(tensors, "norm"),
            layers: Layer::all(tensors),
            head: tensors.floats("head", LABELS * WIDTH),
            head_bias: tensors.floats("head.bias", LABELS),
            simd: Simd::try_new(),
        }
    }

    /// Returns the requested outputs for the words of the windows, in order.
    pub(super) fn read(&self, windows: &[Window], request: EncoderRequest) -> EncoderOutput {
        match self.simd {
            Some(simd) => simd.vectorize(Run { network: self, windows, request, simd: Some(simd) }),
            None => self.run(windows, request, None),
        }
    }

    /// Returns the same without the machine's vector instructions.
    #[cfg(test)]
    pub(super) fn read_without_simd(&self, windows: &[Window], request: EncoderRequest) -> EncoderOutput {
        self.run(windows, request, None)
    }

    #[inline(always)]
    fn run(&self, windows: &[Window], request: EncoderRequest, simd: Option<Simd>) -> EncoderOutput {
        let mut x = Vec::new();
        for window in windows {
            self.embed(window, &mut x);
        }
        self.norm.apply(&mut x);
        let (mut scratch, mut output) = (Scratch::default(), EncoderOutput::default());
        for (number, layer) in self.layers.iter().enumerate() {
            let above = self.layers.len() - number;
            if request.states == Some(above) {
                output.states.clone_from(&x);
            }
            if let Some(quotations) = request.quotations.filter(|network| network.layers() == above) {
                output.quotations = quotations.run(simd, windows, x.clone(), &mut scratch);
            }
            let lowest = request.quotations.map(quotations::QuotationNetwork::layers).into_iter().chain(request.states);
            if !request.names && lowest.min().is_none_or(|lowest| above <= lowest) {
                return output;
            }
            // After the last layer each word is represented by its first piece alone.
            layer.apply(simd, windows, number + 1 == self.layers.len(), &mut x, &mut scratch);
        }
        output.names = x.chunks_exact(WIDTH).map(|row| self.label(row)).collect();
        output
    }

    #[inline(always)]
    fn embed<'t>(&'t self, window: &Window, x: &mut Vec<f32>) {
        let row = |table: &'t [f32], number: usize| &table[number * WIDTH..][..WIDTH];
        for (at, piece) in window.pieces.iter().enumerate() {
            let id = usize::from(piece.part.id);
            let word = &self.words[id * WIDTH..][..WIDTH];
            let (scale, position) = (self.word_scales[id], row(&self.positions, at));
            let values = (0..WIDTH).map(|i| f32::from(word[i].cast_signed()) * scale + position[i]);
            let Some(features) = &self.features else {
                x.extend(values);
                continue;
            };
            let shape = row(&features.shapes, piece.part.shape.into());
            let other = row(&features.others, piece.other.into());
            x.extend(values.zip(shape.iter().zip(other)).map(|(value, (shape, other))| value + shape + other));
        }
    }

    #[inline(always)]
    fn label(&self, x: &[f32]) -> Scores {
        std::array::from_fn(|label| self.head_bias[label] + dot(x, &self.head[label * WIDTH..][..WIDTH]))
    }
}

/// The run, compiled for AVX2 as a whole.
struct Run<'a> {
    network: &'a Network,
    windows: &'a [Window],
    request: EncoderRequest<'a>,
    simd: Option<Simd>,
}

impl NullaryFnOnce for Run<'_> {
    type Output = EncoderOutput;

    #[inline(always)]
    fn call(self) -> Self::Output {
        self.network.run(self.windows, self.request, self.simd)
    }
}
