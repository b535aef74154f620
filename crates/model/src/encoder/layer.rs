//! One transformer layer.

use super::attention::attend;
use super::math::{gelu, normalise, to_bytes};
use super::product::{Bytes, LinearLayer};
use super::simd::Simd;
use super::sizes::{INNER, WIDTH};
use super::tensors::Tensors;
use super::window::Window;

/// A normalisation of rows.
pub(super) struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// One of the encoder's layers.
pub(super) struct Layer {
    qkv: LinearLayer,
    out: LinearLayer,
    norm1: Norm,
    up: LinearLayer,
    down: LinearLayer,
    norm2: Norm,
}

impl Norm {
    pub(super) fn new(tensors: &Tensors, name: &str) -> Self {
        let read = |part: &str| tensors.floats(&format!("{name}.{part}"), WIDTH);
        Self { weight: read("weight"), bias: read("bias") }
    }

    #[inline(always)]
    pub(super) fn apply(&self, x: &mut [f32]) {
        normalise(x, &self.weight, &self.bias);
    }
}

/// The scratch memory of a layer.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) bytes: Bytes,
    wide: Vec<f32>,
    narrow: Vec<f32>,
}

impl Layer {
    /// Reads all layers of a file.
    pub(super) fn all(tensors: &Tensors) -> Vec<Self> {
        let names = (0..).map(|i| format!("layers.{i}")).take_while(|name| tensors.contains(&format!("{name}.qkv")));
        names.map(|name| Self::new(tensors, &name)).collect()
    }

    fn new(tensors: &Tensors, name: &str) -> Self {
        let name = |part: &str| format!("{name}.{part}");
        Self {
            qkv: LinearLayer::new(tensors, &name("qkv"), WIDTH, 3 * WIDTH),
            out: LinearLayer::new(tensors, &name("out"), WIDTH, WIDTH),
            norm1: Norm::new(tensors, &name("norm1")),
            up: LinearLayer::new(tensors, &name("up"), WIDTH, INNER),
            down: LinearLayer::new(tensors, &name("down"), INNER, WIDTH),
            norm2: Norm::new(tensors, &name("norm2")),
        }
    }

    /// Takes the windows' rows through the layer; `words`: only words' first pieces are asked for after it.
    #[inline(always)]
    pub(super) fn apply(
        &self,
        simd: Option<Simd>,
        windows: &[Window],
        words: bool,
        x: &mut Vec<f32>,
        scratch: &mut Scratch,
    ) {
        let Scratch { bytes, wide, narrow } = scratch;
        let rows = x.len() / WIDTH;
        to_bytes(x, WIDTH, bytes);
        wide.resize(rows * INNER, 0.0);
        narrow.resize(rows * WIDTH, 0.0);
        let qkv = &mut wide[..rows * 3 * WIDTH];
        self.qkv.apply(simd, bytes, qkv);
        let (mut from, mut to) = (&*qkv, &mut narrow[..]);
        for window in windows {
            let size = window.pieces.len();
            let (mixed, rest) = to.split_at_mut(size * WIDTH);
            attend(&from[..size * 3 * WIDTH], mixed);
            (from, to) = (&from[size * 3 * WIDTH..], rest);
        }
        if words {
            // From here on a piece is alone.
            keep_words(windows, x);
            keep_words(windows, narrow);
            wide.truncate(x.len() / WIDTH * INNER);
        }
        to_bytes(narrow, WIDTH, bytes);
        self.out.apply(simd, bytes, narrow);
        add(x, narrow);
        self.norm1.apply(x);
        to_bytes(x, WIDTH, bytes);
        self.up.apply(simd, bytes, wide);
        gelu(wide);
        to_bytes(wide, INNER, bytes);
        self.down.apply(simd, bytes, narrow);
        add(x, narrow);
        self.norm2.apply(x);
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
