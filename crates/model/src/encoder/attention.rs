//! Attention between the pieces of a window.

use super::math::softmax;
use super::sizes::WIDTH;
use super::window::WINDOW;

/// Width of an attention head.
const HEAD: usize = 32;
const _: () = assert!(WIDTH.is_multiple_of(HEAD));

/// Keys worked on side by side.
const KEYS: usize = 16;

/// `qkv`: rows of queries, keys and values of all heads; `out`: what each piece takes from the values.
#[inline(always)]
pub(super) fn attend(qkv: &[f32], out: &mut [f32]) {
    let size = out.len() / WIDTH;
    // One head's keys, turned, so many of them are met at once; columns past the last key stay out of the shares.
    let mut keys = [[0.0; WINDOW]; HEAD];
    let mut values = [[0.0; HEAD]; WINDOW];
    let mut scores = [0.0; WINDOW];
    let scale = 1.0 / (HEAD as f32).sqrt();
    for head in (0..WIDTH).step_by(HEAD) {
        for (at, row) in qkv.chunks_exact(3 * WIDTH).enumerate().take(size) {
            for i in 0..HEAD {
                keys[i][at] = row[WIDTH + head + i];
            }
            values[at].copy_from_slice(&row[2 * WIDTH + head..][..HEAD]);
        }
        for (row, out) in qkv.chunks_exact(3 * WIDTH).zip(out.chunks_exact_mut(WIDTH)) {
            let query: [f32; HEAD] = std::array::from_fn(|i| row[head + i] * scale);
            for first in (0..size).step_by(KEYS) {
                let mut sums = [0.0; KEYS];
                for (q, keys) in query.iter().zip(&keys) {
                    let keys = &keys[first..][..KEYS];
                    for i in 0..KEYS {
                        sums[i] += q * keys[i];
                    }
                }
                scores[first..first + KEYS].copy_from_slice(&sums);
            }
            softmax(&mut scores[..size]);
            let mut mixed = [0.0; HEAD];
            for (share, value) in scores[..size].iter().zip(&values) {
                for i in 0..HEAD {
                    mixed[i] += share * value[i];
                }
            }
            out[head..head + HEAD].copy_from_slice(&mixed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_give_the_mean_of_the_values() {
        let size = 5;
        let mut qkv = vec![0.5; size * 3 * WIDTH];
        for (at, row) in qkv.chunks_exact_mut(3 * WIDTH).enumerate() {
            row[2 * WIDTH..].fill(at as f32);
        }
        let mut out = vec![0.0; size * WIDTH];
        attend(&qkv, &mut out);
        assert!(out.iter().all(|value| (value - 2.0).abs() < 1e-5));
    }

    #[test]
    fn a_key_like_the_query_draws_its_value() {
        let size = 3;
        let mut qkv = vec![0.0; size * 3 * WIDTH];
        for (at, row) in qkv.chunks_exact_mut(3 * WIDTH).enumerate() {
            row[at] = 30.0;
            row[WIDTH + at] = 30.0;
            row[2 * WIDTH..].fill(at as f32);
        }
        let mut out = vec![0.0; size * WIDTH];
        attend(&qkv, &mut out);
        assert!((0..size).all(|at| (out[at * WIDTH] - at as f32).abs() < 1e-4));
    }
}
