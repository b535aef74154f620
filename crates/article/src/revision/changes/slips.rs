//! Typing errors.

/// Returns whether one is the other with a slip of the pen. In doubt it is another word.
pub(super) fn is_misspelling(a: &str, b: &str) -> bool {
    /// Words a slip apart that are both words.
    const PAIRS: [[&str; 2]; 8] = [
        ["trial", "trail"],
        ["united", "untied"],
        ["martial", "marital"],
        ["casual", "causal"],
        ["county", "country"],
        ["desert", "dessert"],
        ["thorough", "through"],
        ["quiet", "quite"],
    ];
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if long.len() > 40 || short.first() != long.first() || !long.iter().all(|c| c.is_alphabetic()) {
        return false;
    }
    let is_pair = |pair: &[&str; 2]| {
        let same = |word: &[char], other: &str| word.iter().copied().eq(other.chars());
        same(&a, pair[0]) && same(&b, pair[1]) || same(&a, pair[1]) && same(&b, pair[0])
    };
    // "minister" and "ministers", "plan" and "planned" are other forms of the word.
    let is_ending = long.starts_with(short.as_slice());
    if PAIRS.iter().any(is_pair) || is_ending {
        return false;
    }
    let substitutes = a.len() == b.len();
    match (distance(&a, &b), a.len().max(b.len())) {
        (1, length) if substitutes && !is_swap(&a, &b) => length >= 7,
        (1, length) => length >= 3,
        (2, length) => length >= 8,
        _ => false,
    }
}

/// Returns whether two neighbouring letters changed places.
fn is_swap(a: &[char], b: &[char]) -> bool {
    let differ: Vec<usize> = (0..a.len()).filter(|&i| a[i] != b[i]).collect();
    matches!(differ[..], [i, j] if j == i + 1 && a[i] == b[j] && a[j] == b[i])
}

/// Letters put in, left out, exchanged or swapped (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = [vec![0; b.len() + 1], (0..=b.len()).collect::<Vec<_>>(), vec![0; b.len() + 1]];
    for i in 1..=a.len() {
        rows[2][0] = i;
        for j in 1..=b.len() {
            let change = rows[1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            rows[2][j] = change.min(rows[1][j] + 1).min(rows[2][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                rows[2][j] = rows[2][j].min(rows[0][j - 2] + 1);
            }
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_put_in_left_out_exchanged_and_swapped() {
        for (a, b, want) in [
            ("government", "goverment", true),
            ("receive", "recieve", true),
            ("the", "teh", true),
            ("reporters", "reproters", true),
            ("accommodation", "acomodation", true),
            ("definitely", "definately", true),
            ("minister", "ministers", false),
            ("planned", "planed", true),
            ("legal", "illegal", false),
            ("fired", "fined", false),
            ("country", "county", false),
            ("now", "not", false),
            ("same", "same", false),
            ("über", "ueber", false),
        ] {
            assert_eq!((is_misspelling(a, b), is_misspelling(b, a)), (want, want), "{a} {b}");
        }
    }
}
