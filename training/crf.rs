//! Learns the weights of a linear-chain tagger: a conditional random field, by follow-the-regularised-leader (FTRL-Proximal,
//! McMahan 2013), which gives every feature a learning rate of its own and sets unneeded weights to zero. It uses one thread, so
//! the same seed gives the same file.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use dateline_model::linear::{Features, Weights};

/// A sequence to learn from.
#[derive(Clone)]
pub struct Example {
    pub features: Features,
    /// The number of each token's label.
    pub labels: Vec<u8>,
}

/// How to learn.
#[derive(Debug, Clone)]
pub struct Options {
    pub epochs: usize,
    /// A feature seen less often is left out.
    pub least: u32,
    /// How fast to learn.
    pub alpha: f32,
    /// What pulls weights to zero, and to be small.
    pub l1: f32,
    pub l2: f32,
    pub seed: u64,
    /// How many times to learn, with this seed and those after it; the weights are the mean.
    pub seeds: u64,
    /// The share of the features that are left out at random whenever an example is learned from, so that none is relied on alone.
    pub drop: f32,
    /// Units of the file's weights that make 1.0.
    pub units: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { epochs: 12, least: 2, alpha: 0.1, l1: 0.3, l2: 1e-4, seed: 1, seeds: 1, drop: 0.0, units: 20.0 }
    }
}

/// Learns the weights.
pub fn train(examples: Vec<Example>, labels: &[&str], options: &Options) -> Weights {
    let (keys, examples) = number(examples, options.least);
    let width = labels.len();
    let (mut rows, mut moves) = (vec![0.0; keys.len() * width], vec![0.0; width * width]);
    for seed in options.seed..options.seed + options.seeds {
        let learner = learn(&examples, &Options { seed, ..options.clone() }, width, keys.len());
        let add = |sum: &mut Vec<f32>, learned: &Rows, share: f32| {
            sum.iter_mut().zip(&learned.weight).for_each(|(sum, weight)| *sum += weight * share);
        };
        let share = 1.0 / options.seeds as f32;
        add(&mut rows, &learner.rows, share * (1.0 - options.drop));
        add(&mut moves, &learner.moves, share);
    }
    weights(labels, &keys, (&rows, &moves), options.units)
}

/// Learns once.
fn learn(examples: &[Numbered], options: &Options, width: usize, features: usize) -> Learner {
    let mut random = options.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut learner = Learner {
        width,
        rows: Rows::new(features * width),
        moves: Rows::new(width * width),
        options: options.clone(),
        buffers: Buffers::default(),
        random: random.rotate_left(32) | 1,
    };
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut losses = vec![f64::INFINITY; examples.len()];
    for epoch in 1..=options.epochs {
        for at in (1..order.len()).rev() {
            order.swap(at, (next(&mut random) % (at as u64 + 1)) as usize);
        }
        // What is known well is gone over every third time only.
        let known = |loss: f64| loss < KNOWN && epoch % 3 != 0 && epoch < options.epochs;
        for &example in &order {
            if !known(losses[example]) {
                losses[example] = learner.learn(&examples[example]);
            }
        }
        let loss: f64 = losses.iter().sum();
        let used = learner.rows.weight.chunks(width).filter(|row| row.iter().any(|w| *w != 0.0)).count();
        eprintln!("epoch {epoch}: loss {loss:.0}, {used} of {features} features in use");
    }
    learner
}

/// Returns the next random number (xorshift).
fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}

/// An example with features by number.
struct Numbered {
    features: Vec<u32>,
    ends: Vec<usize>,
    labels: Vec<u8>,
}

/// Numbers the features that are seen often enough, the most frequent first: they then lie close together in memory.
fn number(examples: Vec<Example>, least: u32) -> (Vec<u32>, Vec<Numbered>) {
    let mut counts: ByHash = HashMap::default();
    for example in &examples {
        for feature in (0..example.features.len()).flat_map(|token| example.features.of(token)) {
            *counts.entry(*feature).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count >= least);
    let mut ranks: Vec<(u32, u32)> = counts.into_iter().map(|(key, count)| (u32::MAX - count, key)).collect();
    ranks.sort_unstable();
    let keys: Vec<u32> = ranks.into_iter().map(|(_, key)| key).collect();
    let numbers: ByHash = keys.iter().enumerate().map(|(number, &key)| (key, number as u32)).collect();
    let numbered = examples.into_iter().map(|example| {
        let (mut features, mut ends) = (Vec::new(), Vec::new());
        for token in 0..example.features.len() {
            features.extend(example.features.of(token).iter().filter_map(|feature| numbers.get(feature)));
            ends.push(features.len());
        }
        features.shrink_to_fit();
        Numbered { features, ends, labels: example.labels }
    });
    let numbered = numbered.collect();
    (keys, numbered)
}

/// Features are hashes already.
type ByHash = HashMap<u32, u32, BuildHasherDefault<Itself>>;

#[derive(Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn write(&mut self, _: &[u8]) {}

    fn write_u32(&mut self, number: u32) {
        self.0 = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Weights with what FTRL keeps of their past.
struct Rows {
    weight: Vec<f32>,
    /// The sum of the gradients, corrected.
    sum: Vec<f32>,
    /// The square root of the sum of the gradients' squares.
    root: Vec<f32>,
}

impl Rows {
    fn new(size: usize) -> Self {
        Self { weight: vec![0.0; size], sum: vec![0.0; size], root: vec![0.0; size] }
    }

    fn step(&mut self, start: usize, gradients: &[f32], options: &Options) {
        let range = start..start + gradients.len();
        let (alpha, l1, l2) = (options.alpha, options.l1, options.l2);
        let weights = self.weight[range.clone()].iter_mut();
        let past = self.sum[range.clone()].iter_mut().zip(self.root[range].iter_mut());
        for ((weight, (sum, root)), &gradient) in weights.zip(past).zip(gradients) {
            let new = (*root * *root + gradient * gradient).sqrt();
            *sum += gradient - (new - *root) / alpha * *weight;
            *root = new;
            let beyond = (sum.abs() - l1).max(0.0);
            *weight = -beyond.copysign(*sum) / ((1.0 + new) / alpha + l2);
        }
    }
}

#[derive(Default)]
struct Buffers {
    /// The features of the example that are not left out, and where each token's end.
    features: Vec<u32>,
    ends: Vec<usize>,
    scores: Vec<f32>,
    forward: Vec<f32>,
    backward: Vec<f32>,
    scales: Vec<f32>,
    moves: Vec<f32>,
    gradient: Vec<f32>,
    move_gradient: Vec<f32>,
}

struct Learner {
    width: usize,
    rows: Rows,
    moves: Rows,
    options: Options,
    buffers: Buffers,
    random: u64,
}

/// A gradient below this teaches nothing.
const SETTLED: f32 = 1e-3;
/// The loss of an example that is known well.
const KNOWN: f64 = 0.02;

impl Learner {
    /// Learns from one example; its loss before that.
    fn learn(&mut self, example: &Numbered) -> f64 {
        let (width, length) = (self.width, example.labels.len());
        if length == 0 {
            return 0.0;
        }
        let Buffers { features, ends, scores, forward, backward, scales, moves, gradient, move_gradient } =
            &mut self.buffers;
        let dropped = (self.options.drop * 65536.0).floor();
        let (features, ends) = if dropped < 1.0 {
            (&example.features[..], &example.ends[..])
        } else {
            features.clear();
            ends.clear();
            let mut start = 0;
            for &end in &example.ends {
                let kept =
                    example.features[start..end].iter().filter(|_| (next(&mut self.random) >> 48) as f32 >= dropped);
                features.extend(kept);
                ends.push(features.len());
                start = end;
            }
            (&features[..], &ends[..])
        };
        let features = |token: usize| {
            let start = if token == 0 { 0 } else { ends[token - 1] };
            &features[start..ends[token]]
        };
        // What each token weighs for each label, as factors.
        let mut gold = 0.0f64;
        let mut log_sum = 0.0f64;
        scores.clear();
        scores.resize(length * width, 0.0);
        for (token, row) in scores.chunks_exact_mut(width).enumerate() {
            for &feature in features(token) {
                let start = feature as usize * width;
                for (sum, weight) in row.iter_mut().zip(&self.rows.weight[start..start + width]) {
                    *sum += weight;
                }
            }
            gold += f64::from(row[usize::from(example.labels[token])]);
            let top = row.iter().copied().fold(f32::MIN, f32::max);
            log_sum += f64::from(top);
            for score in row.iter_mut() {
                *score = (*score - top).exp();
            }
        }
        moves.clear();
        moves.extend(self.moves.weight.iter().map(|weight| weight.exp()));
        // Forward and backward sums, scaled to one at each token.
        forward.clear();
        forward.extend_from_slice(&scores[..width]);
        scales.clear();
        scales.push(scale(&mut forward[..width]));
        for token in 1..length {
            forward.resize((token + 1) * width, 0.0);
            let (past, now) = forward.split_at_mut(token * width);
            for (before, row) in past[(token - 1) * width..].iter().zip(moves.chunks_exact(width)) {
                now.iter_mut().zip(row).for_each(|(sum, factor)| *sum += before * factor);
            }
            now.iter_mut().zip(&scores[token * width..]).for_each(|(sum, score)| *sum *= score);
            scales.push(scale(now));
        }
        log_sum += scales.iter().map(|scale| f64::from(*scale).ln()).sum::<f64>();
        backward.clear();
        backward.resize(length * width, 1.0);
        move_gradient.clear();
        move_gradient.resize(width * width, 0.0);
        for token in (0..length - 1).rev() {
            let (before, after) = backward.split_at_mut((token + 1) * width);
            let next = &scores[(token + 1) * width..(token + 2) * width];
            for (label, sum) in before[token * width..].iter_mut().enumerate() {
                let row = &moves[label * width..(label + 1) * width];
                let past = forward[token * width + label] / scales[token + 1];
                *sum = 0.0;
                for to in 0..width {
                    let part = row[to] * next[to] * after[to];
                    *sum += part;
                    move_gradient[label * width + to] += past * part;
                }
                *sum /= scales[token + 1];
            }
        }
        for pair in example.labels.windows(2) {
            let at = usize::from(pair[0]) * width + usize::from(pair[1]);
            move_gradient[at] -= 1.0;
            gold += f64::from(self.moves.weight[at]);
        }
        for token in 0..length {
            let range = token * width..(token + 1) * width;
            gradient.clear();
            gradient.extend(forward[range.clone()].iter().zip(&backward[range]).map(|(a, b)| a * b));
            gradient[usize::from(example.labels[token])] -= 1.0;
            if gradient.iter().all(|part| part.abs() < SETTLED) {
                continue;
            }
            for &feature in features(token) {
                self.rows.step(feature as usize * width, gradient, &self.options);
            }
        }
        self.moves.step(0, move_gradient, &self.options);
        log_sum - gold
    }
}

/// Returns the weights in the units of the file.
fn weights(labels: &[&str], keys: &[u32], (rows, moves): (&[f32], &[f32]), units: f32) -> Weights {
    let rows: Vec<i8> = rows.iter().map(|weight| (weight * units).round().clamp(-127.0, 127.0) as i8).collect();
    let limit = f32::from(i16::MAX);
    let moves = moves.iter().map(|w| (w * units).round().clamp(-limit, limit) as i16).collect();
    Weights::new(labels.iter().map(|&label| label.to_owned()).collect(), moves, keys, &rows)
}

/// Scales the sums to one; the factor.
fn scale(sums: &mut [f32]) -> f32 {
    let sum = sums.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    for part in sums.iter_mut() {
        *part /= sum;
    }
    sum
}
