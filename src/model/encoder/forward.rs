//! The encoder itself: six transformer layers over windows of word pieces, and a score for each label of each word.

use pulp::NullaryFnOnce;

use super::attention::{HEAD, attend};
use super::math::{dot, gelu, normalise, to_bytes};
use super::product::{Bytes, Linear};
use super::simd::Simd;
use super::weights::Tensors;
use super::window::{OTHERS, SHAPES, WINDOW, Window};
use super::{LABELS, Scores};

pub(super) const WIDTH: usize = 384;
const LAYERS: usize = 6;
const INNER: usize = 4 * WIDTH;

struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

struct Layer {
    qkv: Linear,
    out: Linear,
    norm1: Norm,
    up: Linear,
    down: Linear,
    norm2: Norm,
}

/// The network.
pub(super) struct Network {
    words: &'static [u8],
    word_scales: Vec<f32>,
    positions: Vec<f32>,
    shapes: Vec<f32>,
    others: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    head: Vec<f32>,
    head_bias: Vec<f32>,
    simd: Option<Simd>,
}

impl Norm {
    fn new(tensors: &Tensors, name: &str) -> Self {
        let read = |part: &str| tensors.floats(&format!("{name}.{part}"), WIDTH);
        Self { weight: read("weight"), bias: read("bias") }
    }

    #[inline(always)]
    fn apply(&self, x: &mut [f32]) {
        normalise(x, &self.weight, &self.bias);
    }
}

impl Network {
    pub(super) fn new(tensors: &Tensors, vocabulary: usize) -> Self {
        let layer = |i: usize| {
            let name = |part: &str| format!("layers.{i}.{part}");
            Layer {
                qkv: Linear::new(tensors, &name("qkv"), WIDTH, 3 * WIDTH),
                out: Linear::new(tensors, &name("out"), WIDTH, WIDTH),
                norm1: Norm::new(tensors, &name("norm1")),
                up: Linear::new(tensors, &name("up"), WIDTH, INNER),
                down: Linear::new(tensors, &name("down"), INNER, WIDTH),
                norm2: Norm::new(tensors, &name("norm2")),
            }
        };
        Self {
            words: tensors.bytes("words", vocabulary * WIDTH),
            word_scales: tensors.floats("words.scale", vocabulary),
            positions: tensors.floats("positions", WINDOW * WIDTH),
            shapes: tensors.floats("shapes", SHAPES * WIDTH),
            others: tensors.floats("others", OTHERS * WIDTH),
            norm: Norm::new(tensors, "norm"),
            layers: (0..LAYERS).map(layer).collect(),
            head: tensors.floats("head", LABELS * WIDTH),
            head_bias: tensors.floats("head.bias", LABELS),
            simd: Simd::try_new(),
        }
    }

    /// The scores of the words of the windows, in their order.
    pub(super) fn scores(&self, windows: &[Window]) -> Vec<Scores> {
        match self.simd {
            Some(simd) => simd.vectorize(Run { network: self, windows, simd: Some(simd) }),
            None => self.run(windows, None),
        }
    }

    /// The same without the machine's vector instructions.
    #[cfg(test)]
    pub(super) fn scores_without_simd(&self, windows: &[Window]) -> Vec<Scores> {
        self.run(windows, None)
    }

    #[inline(always)]
    fn run(&self, windows: &[Window], simd: Option<Simd>) -> Vec<Scores> {
        let rows: usize = windows.iter().map(|window| window.pieces.len()).sum();
        let mut x = Vec::with_capacity(rows * WIDTH);
        for window in windows {
            self.embed(window, &mut x);
        }
        self.norm.apply(&mut x);
        let mut bytes = Bytes::default();
        let mut wide = vec![0.0; rows * INNER];
        let mut narrow = vec![0.0; rows * WIDTH];
        for (number, layer) in self.layers.iter().enumerate() {
            to_bytes(&x, WIDTH, &mut bytes);
            let qkv = &mut wide[..rows * 3 * WIDTH];
            layer.qkv.apply(simd, &bytes, qkv);
            let (mut from, mut to) = (&*qkv, &mut narrow[..]);
            for window in windows {
                let size = window.pieces.len();
                let (mixed, rest) = to.split_at_mut(size * WIDTH);
                attend(&from[..size * 3 * WIDTH], mixed);
                (from, to) = (&from[size * 3 * WIDTH..], rest);
            }
            if number + 1 == LAYERS {
                // From here on a piece is alone: the others are not asked for any more.
                keep_words(windows, &mut x);
                keep_words(windows, &mut narrow);
                wide.truncate(x.len() / WIDTH * INNER);
            }
            to_bytes(&narrow, WIDTH, &mut bytes);
            layer.out.apply(simd, &bytes, &mut narrow);
            add(&mut x, &narrow);
            layer.norm1.apply(&mut x);
            to_bytes(&x, WIDTH, &mut bytes);
            layer.up.apply(simd, &bytes, &mut wide);
            gelu(&mut wide);
            to_bytes(&wide, INNER, &mut bytes);
            layer.down.apply(simd, &bytes, &mut narrow);
            add(&mut x, &narrow);
            layer.norm2.apply(&mut x);
        }
        x.chunks_exact(WIDTH).map(|row| self.label(row)).collect()
    }

    #[inline(always)]
    fn embed<'t>(&'t self, window: &Window, x: &mut Vec<f32>) {
        for (at, piece) in window.pieces.iter().enumerate() {
            let row = |table: &'t [f32], number: usize| &table[number * WIDTH..][..WIDTH];
            let id = usize::from(piece.part.id);
            let word = &self.words[id * WIDTH..][..WIDTH];
            let (scale, position) = (self.word_scales[id], row(&self.positions, at));
            let (shape, other) = (row(&self.shapes, piece.part.shape.into()), row(&self.others, piece.other.into()));
            x.extend((0..WIDTH).map(|i| f32::from(word[i].cast_signed()) * scale + position[i] + shape[i] + other[i]));
        }
    }

    #[inline(always)]
    fn label(&self, x: &[f32]) -> Scores {
        std::array::from_fn(|label| self.head_bias[label] + dot(x, &self.head[label * WIDTH..][..WIDTH]))
    }
}

/// Keeps the rows of the words' first pieces.
fn keep_words(windows: &[Window], rows: &mut Vec<f32>) {
    let (mut first, mut kept) = (0, 0);
    for window in windows {
        for (at, _) in &window.words {
            let from = (first + at) * WIDTH;
            rows.copy_within(from..from + WIDTH, kept);
            kept += WIDTH;
        }
        first += window.pieces.len();
    }
    rows.truncate(kept);
}

#[inline(always)]
fn add(x: &mut [f32], y: &[f32]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x += y;
    }
}

const _: () = assert!(WIDTH.is_multiple_of(HEAD));

/// The run, compiled for AVX2 as a whole.
struct Run<'a> {
    network: &'a Network,
    windows: &'a [Window],
    simd: Option<Simd>,
}

impl NullaryFnOnce for Run<'_> {
    type Output = Vec<Scores>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        self.network.run(self.windows, self.simd)
    }
}
