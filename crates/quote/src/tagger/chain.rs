//! Finds spans from the scores of tokens. The labels are: outside, beginning, inside, end, and single token.

#![allow(clippy::cast_possible_truncation, reason = "labels are numbered from 0 to 9")]

use std::ops::Range;

use dateline_model::linear::Weights;

/// The labels of tokens.
pub const LABELS: [&str; 5] = ["O", "B", "I", "E", "S"];
const WIDTH: usize = LABELS.len();
/// Units of the weights that make 1.0.
pub const UNITS: f32 = 20.0;
/// Less than any sum of weights.
const NEVER: f32 = -1e9;
const OUT: usize = 0;

/// A row of weights, one a label.
pub type Row = [f32; WIDTH];

/// Which label follows which.
const FOLLOWS: [&[usize]; WIDTH] = [&[OUT, 1, 4], &[2, 3], &[2, 3], &[OUT], &[OUT]];

/// The weights of neighbouring labels.
#[derive(Debug)]
pub struct Chain {
    moves: [Row; WIDTH],
}

impl Chain {
    /// Takes the moves of a file of weights.
    pub fn new(weights: &Weights) -> Self {
        let at = |from: usize, to: usize| weights.moves().get(from * WIDTH + to).map_or(0.0, |w| f32::from(*w) / UNITS);
        Self { moves: std::array::from_fn(|from| std::array::from_fn(|to| at(from, to))) }
    }

    /// Returns the logarithm of the sum over all sequences, and the weight of the one without any span.
    pub fn sums(&self, rows: &[Row]) -> (f32, f32) {
        let mut sums = [NEVER; WIDTH];
        for label in [OUT, 1, 4] {
            sums[label] = rows[0][label];
        }
        let mut none = rows[0][OUT];
        for row in &rows[1..] {
            let mut next = [NEVER; WIDTH];
            for (from, follows) in FOLLOWS.iter().enumerate() {
                for &to in *follows {
                    next[to] = plus(next[to], sums[from] + self.moves[from][to]);
                }
            }
            for (sum, weight) in next.iter_mut().zip(row) {
                *sum = (*sum + weight).max(NEVER);
            }
            sums = next;
            none += self.moves[OUT][OUT] + row[OUT];
        }
        ([OUT, 3, 4].iter().fold(NEVER, |sum, &label| plus(sum, sums[label])), none)
    }

    /// Returns the spans of the best sequence.
    pub fn spans(&self, rows: &[Row]) -> Vec<Range<usize>> {
        let found = self.best(rows);
        if self.weight(rows, &found) > self.weight(rows, &[]) { found } else { Vec::new() }
    }

    /// Returns the weight of a sequence with these spans.
    fn weight(&self, rows: &[Row], spans: &[Range<usize>]) -> f32 {
        let mut labels = vec![OUT; rows.len()];
        for span in spans {
            labels[span.clone()].fill(2);
            labels[span.start] = 1;
            labels[span.end - 1] = if span.len() == 1 { 4 } else { 3 };
        }
        let own: f32 = labels.iter().zip(rows).map(|(&label, row)| row[label]).sum();
        own + labels.windows(2).map(|pair| self.moves[pair[0]][pair[1]]).sum::<f32>()
    }

    /// Returns the best sequence that holds a span, as spans; none where there can be no span.
    pub fn best(&self, rows: &[Row]) -> Vec<Range<usize>> {
        // Twice the labels: before the first span, and from it on.
        let state = |label: usize, begun: bool| label + WIDTH * usize::from(begun);
        let mut best = [NEVER; WIDTH * 2];
        best[state(OUT, false)] = rows[0][OUT];
        for label in [1, 4] {
            best[state(label, true)] = rows[0][label];
        }
        let mut back = vec![[0u8; WIDTH * 2]; rows.len()];
        for (row, from) in rows.iter().zip(&mut back).skip(1) {
            let mut next = [NEVER; WIDTH * 2];
            for (before, so_far) in best.iter().enumerate() {
                let (label, begun) = (before % WIDTH, before >= WIDTH);
                for &to in FOLLOWS[label] {
                    let place = state(to, begun || to != OUT);
                    let sum = so_far + self.moves[label][to] + row[to];
                    if sum > next[place] {
                        next[place] = sum;
                        from[place] = before as u8;
                    }
                }
            }
            best = next;
        }
        let ends = [OUT, 3, 4].map(|label| state(label, true));
        let Some(mut place) = ends.into_iter().max_by(|a, b| best[*a].total_cmp(&best[*b])) else { return Vec::new() };
        if best[place] <= NEVER / 2.0 {
            return Vec::new();
        }
        let mut spans: Vec<Range<usize>> = Vec::new();
        let mut end = 0;
        for at in (0..rows.len()).rev() {
            match place % WIDTH {
                3 => end = at + 1,
                4 => spans.push(at..at + 1),
                1 => spans.push(at..end),
                _ => {}
            }
            place = usize::from(back[at][place]);
        }
        spans.reverse();
        spans
    }
}

/// ln(exp a + exp b)
fn plus(a: f32, b: f32) -> f32 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low <= NEVER / 2.0 { high } else { high + (low - high).exp().ln_1p() }
}
