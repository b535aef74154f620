//! A linear-chain tagger: each token has features, each feature has a weight for each label, and each pair of
//! neighbouring labels has a weight; the sequence of labels with the greatest sum is chosen.
//!
//! Features are 32-bit hashes, so no word list is stored. All sums are of integers, so a text has the same labels on
//! every machine; the ports of CRFsuite, which sum floats, do not guarantee that. `training/crf.rs` learns the weights.

mod decode;
mod features;
mod file;
mod table;

pub use features::{Features, feature, hash};
pub use file::{Weights, WeightsError};

use table::Table;

/// A tagger with its weights.
#[derive(Debug)]
pub struct Linear {
    labels: Vec<String>,
    /// The weight of a label (column) after another (row), row-major; [`FORBIDDEN`] if it cannot follow.
    moves: Vec<i32>,
    /// Whether a label may start a sequence.
    opens: Vec<bool>,
    table: Table,
}

/// Less than any sum of weights.
const FORBIDDEN: i32 = i32::MIN / 4;

impl Linear {
    /// Reads a file of weights.
    pub fn read(bytes: &[u8]) -> Result<Self, WeightsError> {
        Ok(Self::new(&Weights::read(bytes)?))
    }

    /// Creates a tagger with these weights.
    pub fn new(weights: &Weights) -> Self {
        let labels = weights.labels.clone();
        let mut moves: Vec<i32> = weights.moves.iter().map(|&weight| i32::from(weight)).collect();
        for (from, before) in labels.iter().enumerate() {
            for (to, label) in labels.iter().enumerate() {
                if !may_follow(label, Some(before)) {
                    moves[from * labels.len() + to] = FORBIDDEN;
                }
            }
        }
        let opens = labels.iter().map(|label| may_follow(label, None)).collect();
        Self { table: Table::new(weights), labels, moves, opens }
    }

    /// Returns the labels, in the order of their numbers.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Adds the weights of features to sums, one for each label. Features that did not occur in training have no weight.
    pub fn add(&self, features: &[u32], sums: &mut [i32]) {
        self.table.add(features, sums);
    }

    /// Returns the index of each token's label.
    pub fn tag(&self, features: &Features) -> Vec<u8> {
        let width = self.labels.len();
        let mut scores = vec![0; features.len() * width];
        for (token, sums) in scores.chunks_exact_mut(width).enumerate() {
            self.add(features.of(token), sums);
        }
        self.best(&scores)
    }

    /// Returns the best labels for given sums of weights: row-major, a row for each token, a column for each label.
    pub fn best(&self, scores: &[i32]) -> Vec<u8> {
        decode::viterbi(scores, &self.moves, &self.opens)
    }
}

/// Returns whether a label may follow another: `I-X` only continues `B-X` or `I-X`, every other label may follow any.
fn may_follow(label: &str, before: Option<&str>) -> bool {
    match label.strip_prefix("I-") {
        Some(kind) => before.is_some_and(|before| {
            before.strip_prefix("B-").or_else(|| before.strip_prefix("I-")).is_some_and(|open| open == kind)
        }),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `O`, `B-X`, `I-X`; the word `x` weighs for `I-X`, `b` for `B-X`.
    fn tagger() -> Linear {
        let labels = ["O", "B-X", "I-X"].map(String::from).to_vec();
        let weights = Weights::new(labels, vec![0; 9], &[word("b"), word("x")], &[0, 20, 0, 0, 1, 30]);
        Linear::read(&weights.bytes()).unwrap()
    }

    fn word(text: &str) -> u32 {
        feature(1, hash(text))
    }

    fn tags(text: &str) -> String {
        let mut features = Features::default();
        for token in text.split_whitespace() {
            features.push(word(token));
            features.close();
        }
        let tagger = tagger();
        let tags: Vec<&str> = tagger.tag(&features).iter().map(|&tag| &*tagger.labels()[usize::from(tag)]).collect();
        tags.join(" ")
    }

    #[test]
    fn the_best_sequence_that_may_be() {
        for (text, want) in [
            ("a b x a", "O B-X I-X O"),
            ("a b x x", "O B-X I-X I-X"),
            // Nothing may continue that has not begun.
            ("a", "O"),
            ("x", "B-X"),
            ("a x x", "B-X I-X I-X"),
            ("", ""),
        ] {
            assert_eq!(tags(text), want, "{text}");
        }
    }

    #[test]
    fn weights_survive_the_file() {
        let features: Vec<u32> = (0..20_000).map(|i| feature(7, i)).collect();
        let rows: Vec<i8> = (0..20_000).flat_map(|i| [(i % 7) as i8 - 3, 0, (i % 5) as i8, -128, 127]).collect();
        let labels: Vec<String> = ["O", "B-A", "I-A", "B-B", "I-B"].map(String::from).to_vec();
        let weights = Weights::new(labels, (0..25).map(|i| i * 1000 - 12_000).collect(), &features, &rows);
        let bytes = weights.bytes();
        let read = Weights::read(&bytes).unwrap();
        assert_eq!(read, weights);
        let tagger = Linear::new(&read);
        for (key, row) in features.iter().zip(rows.chunks(5)) {
            let mut sums = [0; 5];
            tagger.add(&[*key], &mut sums);
            assert_eq!(sums.to_vec(), row.iter().map(|&weight| i32::from(weight)).collect::<Vec<_>>());
        }
        // What is not held weighs nothing, but for a few that look like one that is.
        let strangers = (0..20_000).filter(|&i| {
            let mut sums = [0; 5];
            tagger.add(&[feature(8, i)], &mut sums);
            sums != [0; 5]
        });
        assert!(strangers.count() < 10);
    }

    #[test]
    fn a_broken_file_is_an_error() {
        let labels = vec!["O".into(), "B-X".into()];
        let bytes = Weights::new(labels, vec![1, 2, 3, 4], &[5, 900], &[1, -1, 0, 2]).bytes();
        for end in 0..bytes.len() {
            assert!(Weights::read(&bytes[..end]).is_err(), "cut at {end}");
        }
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 0xff;
            let _ = Weights::read(&broken).map(|weights| Linear::new(&weights));
        }
    }
}
