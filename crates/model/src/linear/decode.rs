//! The best sequence of labels.

/// Viterbi: the labels with the greatest sum of `scores` (a row for each token) and `moves` (a row for each label before).
/// Time and memory are linear in the tokens.
pub(super) fn viterbi(scores: &[i32], moves: &[i32], opens: &[bool]) -> Vec<u8> {
    let width = opens.len();
    let length = scores.len() / width;
    if length == 0 {
        return Vec::new();
    }
    let open = |label: usize| if opens[label] { scores[label] } else { super::FORBIDDEN };
    let mut best: Vec<i32> = (0..width).map(open).collect();
    let (mut next, mut froms) = (vec![0; width], vec![0u32; width]);
    let mut back = vec![0u8; length * width];
    for (row, from) in scores.chunks_exact(width).zip(back.chunks_exact_mut(width)).skip(1) {
        next.fill(i32::MIN);
        for (before, (&sum, moves)) in (0..).zip(best.iter().zip(moves.chunks_exact(width))) {
            // Without branches, so that several labels are compared at once. Neither part is below `FORBIDDEN`, so nothing overflows.
            for ((next, from), &weight) in next.iter_mut().zip(&mut froms).zip(moves) {
                let sum = sum.wrapping_add(weight);
                let is_better = sum > *next;
                *from = if is_better { before } else { *from };
                *next = if is_better { sum } else { *next };
            }
        }
        from.iter_mut().zip(&froms).for_each(|(from, before)| *from = *before as u8);
        // Sums are taken against the best one, so no length makes them overflow.
        let top = next.iter().zip(row).map(|(&sum, &score)| sum.saturating_add(score)).max().unwrap_or(0);
        for (label, sum) in next.iter().enumerate() {
            best[label] = sum.saturating_add(row[label]).saturating_sub(top).max(super::FORBIDDEN);
        }
    }
    let last = (0..width).rev().max_by_key(|&label| best[label]).unwrap_or(0);
    let mut labels = vec![last as u8; length];
    for token in (1..length).rev() {
        labels[token - 1] = back[token * width + usize::from(labels[token])];
    }
    labels
}
