//! Arithmetic of the encoder. Sums have a fixed order and no operation is fused, so results are equal on every machine
//! and vector width.

use super::product::Bytes;

/// Values summed side by side.
const LANES: usize = 8;

/// Adding it leaves the nearest whole number in the low bits of the sum.
const ROUND: f32 = 12_582_912.0;

/// Combines all values, [`LANES`] of them in parallel.
#[inline(always)]
fn fold(values: &[f32], start: f32, join: impl Fn(f32, f32) -> f32 + Copy) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [start; LANES];
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = join(*lane, value);
        }
    }
    let rest = rest.iter().fold(start, |all, &value| join(all, value));
    lanes.iter().fold(rest, |all, &lane| join(all, lane))
}

/// Returns the sum of the products of two rows.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (a, b) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.0.iter().zip(b.0) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let rest = a.1.iter().zip(b.1).fold(0.0, |all, (a, b)| all + a * b);
    lanes.iter().fold(rest, |all, lane| all + lane)
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The rows as bytes, each row with the scale that its own values need.
#[inline(always)]
pub(super) fn to_bytes(values: &[f32], width: usize, out: &mut Bytes) {
    out.bytes.clear();
    out.rows.clear();
    for row in values.chunks_exact(width) {
        let (low, high) = (fold(row, 0.0, smaller), fold(row, 0.0, larger));
        let scale = larger((high - low) / 255.0, 1e-9);
        let inverse = 1.0 / scale;
        let zero = (-low * inverse + ROUND).to_bits() & 0xff;
        let offset = zero as f32;
        out.rows.push((zero.cast_signed(), scale));
        out.bytes.extend(row.as_chunks::<4>().0.iter().map(|four| {
            four.map(|value| (smaller(larger(value * inverse + offset, 0.0), 255.0) + ROUND).to_bits() as u8)
        }));
    }
}

/// Each row of `x` normalised, in place.
#[inline(always)]
pub(super) fn normalise(x: &mut [f32], weight: &[f32], bias: &[f32]) {
    let width = weight.len();
    for row in x.chunks_exact_mut(width) {
        let mean = fold(row, 0.0, |all, value| all + value) / width as f32;
        for value in row.iter_mut() {
            *value -= mean;
        }
        let variance = dot(row, row) / width as f32;
        let scale = 1.0 / (variance + 1e-12).sqrt();
        for ((value, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
            *value = *value * scale * weight + bias;
        }
    }
}

/// e to the power of `x`, within 3e-7 of it, for x from -87 to 87 (others are taken as the nearest of these).
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = smaller(larger(x, -87.0), 87.0);
    let whole = x * std::f32::consts::LOG2_E + ROUND;
    let power = (whole.to_bits() << 23).wrapping_add(127 << 23);
    let n = whole - ROUND;
    // ln 2 in two parts, so the remainder keeps its digits.
    let r = x - n * 0.693_359_4 - n * -2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    (p * r * r + r + 1.0) * f32::from_bits(power)
}

/// GELU by its usual approximation with tanh, in place.
#[inline(always)]
pub(super) fn gelu(x: &mut [f32]) {
    for value in x {
        let v = *value;
        let u = v * (1.595_769 + 0.071_354_814 * v * v);
        *value = v / (1.0 + exp(-u));
    }
}

/// Turns scores into shares of one, in place.
#[inline(always)]
pub(super) fn softmax(x: &mut [f32]) {
    let most = fold(x, f32::MIN, larger);
    for value in x.iter_mut() {
        *value = exp(*value - most);
    }
    let scale = 1.0 / fold(x, 0.0, |all, value| all + value);
    for value in x.iter_mut() {
        *value *= scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_close_to_the_true_ones() {
        for i in -4000..4000 {
            let x = i as f32 * 0.02;
            assert!((f64::from(exp(x)) / f64::from(x).exp() - 1.0).abs() < 3e-7, "{x}");
            let mut y = [x];
            gelu(&mut y);
            let u = 0.797_884_560_8 * (f64::from(x) + 0.044_715 * f64::from(x).powi(3));
            assert!((f64::from(y[0]) - 0.5 * f64::from(x) * (1.0 + u.tanh())).abs() < 2e-6, "{x} {}", y[0]);
        }
        let mut shares: Vec<f32> = (0..21).map(|i| i as f32 - 40.0).collect();
        softmax(&mut shares);
        assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-6 && shares.is_sorted());
    }

    #[test]
    fn bytes_keep_their_values() {
        let rows: Vec<f32> = (0..16).map(|i| (i as f32 - 3.0) * 0.37).chain((0..16).map(|_| 0.0)).collect();
        let mut out = Bytes::default();
        to_bytes(&rows, 16, &mut out);
        for (at, &value) in rows.iter().enumerate() {
            let (zero, scale) = out.rows[at / 16];
            let byte = i32::from(out.bytes[at / 4][at % 4]);
            assert!(((byte - zero) as f32 * scale - value).abs() <= scale, "{at} {value}");
        }
    }

    #[test]
    fn rows_are_normalised() {
        let mut x: Vec<f32> = (0..42).map(|i| ((i * 37) % 21) as f32 + 5.0).collect();
        normalise(&mut x, &[2.0; 21], &[1.0; 21]);
        for row in x.chunks_exact(21) {
            let mean = row.iter().sum::<f32>() / 21.0;
            let variance = row.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / 21.0;
            assert!((mean - 1.0).abs() < 1e-5 && (variance - 4.0).abs() < 1e-4, "{mean} {variance}");
        }
    }
}
