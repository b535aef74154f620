//! From the scores of labels to names: the best of the label paths that make sense.

use std::ops::Range;

use super::super::{Kind, Name};

/// O, then B and I of each kind.
pub(super) const LABELS: usize = 9;
const KINDS: [Kind; 4] = [Kind::Person, Kind::Organisation, Kind::Place, Kind::Other];

/// The labels of a word: their scores.
pub(super) type Scores = [f32; LABELS];

/// Label 2k + 1 begins a name of kind k, label 2k + 2 goes on with it.
fn goes_on(label: usize) -> bool {
    label > 0 && label.is_multiple_of(2)
}

/// Whether a label may follow another: a name goes on only after its begin.
fn may_follow(before: usize, label: usize) -> bool {
    !goes_on(label) || before == label || before + 1 == label
}

/// Appends the names of one sentence, whose first token is `tokens.start`.
pub(super) fn names(scores: &[Scores], tokens: &Range<usize>, out: &mut Vec<Name>) {
    let mut start = None;
    for (token, label) in tokens.clone().zip(path(scores)) {
        if !goes_on(label) {
            close(start.take(), token, out);
            start = (label > 0).then(|| (token, KINDS[(label - 1) / 2]));
        }
    }
    close(start, tokens.end, out);
}

fn close(start: Option<(usize, Kind)>, end: usize, out: &mut Vec<Name>) {
    out.extend(start.map(|(start, kind)| Name { tokens: start..end, kind }));
}

/// The labels of the best path (Viterbi).
fn path(scores: &[Scores]) -> Vec<usize> {
    // As if the word before the sentence were O.
    let mut best = [f32::MIN / 2.0; LABELS];
    best[0] = 0.0;
    let mut steps: Vec<[u8; LABELS]> = Vec::with_capacity(scores.len());
    for word in scores {
        let before = best;
        let mut step = [0; LABELS];
        for label in 0..LABELS {
            let from = (0..LABELS).filter(|&from| may_follow(from, label));
            let from = from.max_by(|&a, &b| before[a].total_cmp(&before[b])).unwrap_or(0);
            best[label] = before[from] + word[label];
            step[label] = from as u8;
        }
        steps.push(step);
    }
    let mut label = (0..LABELS).max_by(|&a, &b| best[a].total_cmp(&best[b])).unwrap_or(0);
    let mut out = vec![0; scores.len()];
    for (out, step) in out.iter_mut().zip(steps).rev() {
        *out = label;
        label = step[label].into();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[&[(usize, f32)]]) -> Vec<(Range<usize>, Kind)> {
        let row = |word: &&[(usize, f32)]| {
            let mut scores = [-5.0; LABELS];
            word.iter().for_each(|&(label, score)| scores[label] = score);
            scores
        };
        let scores: Vec<Scores> = words.iter().map(row).collect();
        let mut out = Vec::new();
        names(&scores, &(10..10 + words.len()), &mut out);
        out.into_iter().map(|name| (name.tokens, name.kind)).collect()
    }

    #[test]
    fn the_best_path_that_makes_sense_is_taken() {
        for (words, want) in [
            (&[&[(0, 1.0)][..], &[(1, 1.0)], &[(2, 1.0)]][..], &[(11..13, Kind::Person)][..]),
            (&[&[(3, 1.0)], &[(3, 1.0)]], &[(10..11, Kind::Organisation), (11..12, Kind::Organisation)]),
            // What goes on must have begun, with the same kind.
            (&[&[(2, 1.0), (1, 0.5), (0, 0.0)]], &[(10..11, Kind::Person)]),
            (&[&[(1, 1.0), (5, 0.8)], &[(6, 2.0), (2, -1.0)]], &[(10..12, Kind::Place)]),
            (&[&[(7, 1.0)], &[(8, 1.0)], &[(0, 1.0)]], &[(10..12, Kind::Other)]),
            (&[], &[]),
        ] {
            assert_eq!(found(words), want);
        }
    }
}
