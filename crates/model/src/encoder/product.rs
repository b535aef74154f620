//! Products of 8-bit matrices: bytes times signed bytes, summed exactly in 32 bits, so the results are equal on every
//! machine. docs/models.md compares it with inference libraries.

use super::simd::Simd;
use super::tensors::Tensors;

/// Columns of a panel.
const COLUMNS: usize = 16;
/// Rows worked on together: with their sums, a step of the panel and what is between, the 16 registers are full.
const ROWS: usize = 5;

/// Four steps of depth for each column of a panel.
type Slice = [[i8; 4]; COLUMNS];

/// A linear layer: `y = x W + b`, `W` in signed bytes with a scale for each output.
///
/// Weights keep to ±63, so two products of them with bytes fit 16 bits: AVX2 sums them so, and must not saturate.
pub(super) struct LinearLayer {
    inputs: usize,
    /// Panel by panel, each the whole depth of its columns.
    panels: Vec<Slice>,
    /// The factors that convert a panel's sums to values.
    columns: Vec<Columns>,
}

/// The columns of a panel: the sum of each one's weights, its scale, its bias.
struct Columns {
    totals: [i32; COLUMNS],
    scales: [f32; COLUMNS],
    bias: [f32; COLUMNS],
}

/// Rows in bytes: value = (byte - zero) × scale.
#[derive(Default)]
pub(super) struct Bytes {
    pub(super) bytes: Vec<[u8; 4]>,
    pub(super) rows: Vec<(i32, f32)>,
}

impl LinearLayer {
    /// Reads the layer: NAME (outputs × inputs), NAME.scale, NAME.bias.
    pub(super) fn new(tensors: &Tensors, name: &str, inputs: usize, outputs: usize) -> Self {
        let weights = tensors.bytes(name, inputs * outputs);
        let mut panels = Vec::with_capacity(weights.len() / (4 * COLUMNS));
        for panel in 0..outputs / COLUMNS {
            for step in 0..inputs / 4 {
                panels.push(std::array::from_fn(|column| {
                    let at = (panel * COLUMNS + column) * inputs + step * 4;
                    std::array::from_fn(|i| weights[at + i].cast_signed())
                }));
            }
        }
        let total = |row: &[u8]| row.iter().map(|&w| i32::from(w.cast_signed())).sum();
        let totals: Vec<i32> = weights.chunks_exact(inputs).map(total).collect();
        let scales = tensors.floats(&format!("{name}.scale"), outputs);
        let bias = tensors.floats(&format!("{name}.bias"), outputs);
        let columns = totals.as_chunks().0.iter().zip(scales.as_chunks().0.iter().zip(bias.as_chunks().0));
        let columns = columns.map(|(&totals, (&scales, &bias))| Columns { totals, scales, bias }).collect();
        Self { inputs, panels, columns }
    }

    /// `out` = the layer's answer to the rows; `simd` where the machine has AVX2.
    #[inline(always)]
    pub(super) fn apply(&self, simd: Option<Simd>, rows: &Bytes, out: &mut [f32]) {
        let (depth, outputs) = (self.inputs / 4, self.columns.len() * COLUMNS);
        for (number, (panel, columns)) in self.panels.chunks_exact(depth).zip(&self.columns).enumerate() {
            let first = number * COLUMNS;
            let mut row = 0;
            while row < rows.rows.len() {
                let here = &rows.bytes[row * depth..];
                if row + ROWS <= rows.rows.len() {
                    let mut tile = [&here[..depth]; ROWS];
                    for i in 0..ROWS {
                        tile[i] = &here[i * depth..][..depth];
                    }
                    let sums = sums::<ROWS>(simd, tile, panel);
                    for i in 0..ROWS {
                        columns.finish(&sums[i], rows.rows[row + i], &mut out[(row + i) * outputs + first..]);
                    }
                    row += ROWS;
                } else {
                    let sums = sums::<1>(simd, [&here[..depth]], panel);
                    columns.finish(&sums[0], rows.rows[row], &mut out[row * outputs + first..]);
                    row += 1;
                }
            }
        }
    }
}

impl Columns {
    /// Writes what the sums of the columns mean for a row of bytes with this zero and scale.
    #[inline(always)]
    fn finish(&self, sums: &[i32; COLUMNS], (zero, scale): (i32, f32), out: &mut [f32]) {
        let Some(out) = out.first_chunk_mut::<COLUMNS>() else { return };
        *out = std::array::from_fn(|i| {
            let sum = sums[i].wrapping_sub(zero.wrapping_mul(self.totals[i]));
            sum as f32 * (scale * self.scales[i]) + self.bias[i]
        });
    }
}

/// Returns the sums of a few rows with a panel.
#[inline(always)]
fn sums<const R: usize>(simd: Option<Simd>, rows: [&[[u8; 4]]; R], panel: &[Slice]) -> [[i32; COLUMNS]; R] {
    match simd {
        #[cfg(target_arch = "x86_64")]
        Some(simd) => sums_avx2(simd, rows, panel),
        _ => sums_plain(rows, panel),
    }
}

#[inline(always)]
fn sums_plain<const R: usize>(rows: [&[[u8; 4]]; R], panel: &[Slice]) -> [[i32; COLUMNS]; R] {
    let mut out = [[0; COLUMNS]; R];
    for (sums, row) in out.iter_mut().zip(rows) {
        for (bytes, slice) in row.iter().zip(panel) {
            for (sum, weights) in sums.iter_mut().zip(slice) {
                let product = |i: usize| i32::from(bytes[i]).wrapping_mul(i32::from(weights[i]));
                *sum = (0..4).fold(*sum, |sum: i32, i| sum.wrapping_add(product(i)));
            }
        }
    }
    out
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn sums_avx2<const R: usize>(simd: Simd, rows: [&[[u8; 4]]; R], panel: &[Slice]) -> [[i32; COLUMNS]; R] {
    let ones = simd.avx._mm256_set1_epi16(1);
    let zero = simd.avx._mm256_setzero_si256();
    let mut sums = [[zero; 2]; R];
    for (step, slice) in panel.iter().enumerate() {
        let halves: [std::arch::x86_64::__m256i; 2] = pulp::cast(*slice);
        for (sums, row) in sums.iter_mut().zip(rows) {
            let bytes = simd.avx._mm256_set1_epi32(i32::from_le_bytes(row[step]));
            for (sum, half) in sums.iter_mut().zip(halves) {
                let pairs = simd.avx2._mm256_maddubs_epi16(bytes, half);
                *sum = simd.avx2._mm256_add_epi32(*sum, simd.avx2._mm256_madd_epi16(pairs, ones));
            }
        }
    }
    sums.map(pulp::cast)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest values there are: nothing may saturate.
    #[test]
    fn fast_and_plain_sums_are_the_same() {
        let depth = 96;
        let mut seed = 7_u32;
        let mut draw = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        for extreme in [false, true] {
            let rows: Vec<Vec<[u8; 4]>> = (0..ROWS)
                .map(|_| (0..depth).map(|_| std::array::from_fn(|_| if extreme { 255 } else { draw() })).collect())
                .collect();
            let mut weight = || if extreme { -63 } else { (draw() % 127).cast_signed() - 63 };
            let panel: Vec<Slice> =
                (0..depth).map(|_| std::array::from_fn(|_| std::array::from_fn(|_| weight()))).collect();
            let rows: [&[[u8; 4]]; ROWS] = std::array::from_fn(|i| &rows[i][..]);
            let plain = sums_plain(rows, &panel);
            assert_eq!(sums(Simd::try_new(), rows, &panel), plain);
            if extreme {
                assert_eq!(plain[ROWS - 1][15], 255 * -63 * 4 * 96);
            }
        }
    }
}
