//! Differences between two sequences, by the fewest edits (Myers 1986) up to a maximum number of edits. The `similar`
//! crate limits the time instead, so its result would depend on the speed of the machine.

/// A place where the sequences differ: from and to, in the old one and in the new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hunk {
    /// From and to in the old sequence.
    pub old: (usize, usize),
    /// From and to in the new sequence.
    pub new: (usize, usize),
}

/// Returns the places where the sequences differ; `None` where that takes more than `most` edits. Time is in their length and the
/// square of `most`, memory in the square of `most`.
pub fn hunks<T>(old: &[T], new: &[T], same: impl Fn(&T, &T) -> bool, most: usize) -> Option<Vec<Hunk>> {
    // A diagonal is numbered by its place in the old sequence less that in the new one, plus `most` + 1.
    let middle = most + 1;
    let mut furthest: Vec<Option<usize>> = vec![None; 2 * middle + 1];
    let mut history = Vec::new();
    for edits in 0..=most {
        history.push(furthest.clone());
        for diagonal in (middle - edits..=middle + edits).step_by(2) {
            let start = if edits == 0 { Some((0, 0)) } else { step(&furthest, diagonal, middle).map(|(_, to)| to) };
            let Some((mut at_old, mut at_new)) = start.filter(|(o, n)| *o <= old.len() && *n <= new.len()) else {
                continue;
            };
            while let (Some(a), Some(b)) = (old.get(at_old), new.get(at_new))
                && same(a, b)
            {
                at_old += 1;
                at_new += 1;
            }
            furthest[diagonal] = Some(at_old);
            if at_old == old.len() && at_new == new.len() {
                return Some(trace(&history, (at_old, at_new), middle));
            }
        }
    }
    None
}

type At = (usize, usize);

/// Returns the edit that leads furthest on a diagonal: from where, and to where.
fn step(furthest: &[Option<usize>], diagonal: usize, middle: usize) -> Option<(At, At)> {
    let new_of = |old: usize, diagonal: usize| (old + middle).checked_sub(diagonal);
    let at = |diagonal: usize| {
        let old = (*furthest.get(diagonal)?)?;
        Some((old, new_of(old, diagonal)?))
    };
    let left_out = at(diagonal - 1).map(|from| (from, (from.0 + 1, from.1)));
    let put_in = at(diagonal + 1).map(|from| (from, (from.0, from.1 + 1)));
    match (left_out, put_in) {
        (Some(a), Some(b)) => Some(if a.1.0 > b.1.0 { a } else { b }),
        (a, b) => a.or(b),
    }
}

/// Walks back from the end, edit by edit; neighbouring edits are one place.
fn trace(history: &[Vec<Option<usize>>], end: At, middle: usize) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    let mut at = end;
    for furthest in history.iter().skip(1).rev() {
        let Some((from, to)) = step(furthest, at.0 + middle - at.1, middle) else { break };
        match hunks.last_mut() {
            Some(last) if (last.old.0, last.new.0) == to => (last.old.0, last.new.0) = from,
            _ => hunks.push(Hunk { old: (from.0, to.0), new: (from.1, to.1) }),
        }
        at = from;
    }
    hunks.reverse();
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(old: &str, new: &str, most: usize) -> Option<Vec<(String, String)>> {
        let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
        let hunks = hunks(&old, &new, |a, b| a == b, most)?;
        let text = |chars: &[char], (from, to): (usize, usize)| chars[from..to].iter().collect::<String>();
        Some(hunks.iter().map(|hunk| (text(&old, hunk.old), text(&new, hunk.new))).collect())
    }

    #[test]
    fn differences_are_found_where_they_are() {
        for (old, new, want) in [
            ("", "", &[][..]),
            ("abc", "abc", &[]),
            ("abc", "abXc", &[("", "X")]),
            ("abc", "ac", &[("b", "")]),
            ("abc", "aXc", &[("b", "X")]),
            ("", "ab", &[("", "ab")]),
            ("ab", "", &[("ab", "")]),
            ("abcdefgh", "XbcdYZgh", &[("a", "X"), ("ef", "YZ")]),
            ("aaaa", "aa", &[("aa", "")]),
        ] {
            let found = between(old, new, 10).unwrap();
            let want: Vec<_> = want.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            assert_eq!(found, want, "{old} → {new}");
        }
        assert_eq!(between("abcd", "wxyz", 7), None);
        assert!(between("abcd", "wxyz", 8).is_some());
    }
}
