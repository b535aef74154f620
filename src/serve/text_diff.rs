//! The differences between two revisions, word by word, with a few words of context.

use crate::serve::plain;
use crate::text::diff;

/// A text with more edits than this is shown as rewritten: the old text, then the new one.
const MAX_EDITS: usize = 600;
/// Words of context around a change.
const AROUND: usize = 12;
/// Words compared of each text, and words shown of a rewritten one.
const MAX_WORDS: usize = 20_000;
const REWRITTEN: usize = 300;

/// What happened to a span of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    None,
    Removed,
    Added,
}

/// A span of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub text: String,
    pub change: Change,
}

/// Returns the places that changed, one line each.
pub(super) fn lines(old: &str, new: &str) -> Vec<Vec<Span>> {
    let words = |text: &str| text.split_whitespace().take(MAX_WORDS).map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (words(old), words(new));
    if old == new {
        return Vec::new();
    }
    let span = |words: &[String], change| Span { text: plain::text(&words.join(" "), 20_000) + " ", change };
    let Some(hunks) = diff::hunks(&old, &new, |a, b| a == b, MAX_EDITS) else {
        let first = |words: &[String], change| vec![span(&words[..words.len().min(REWRITTEN)], change)];
        return vec![first(&old, Change::Removed), first(&new, Change::Added)];
    };
    let mut lines: Vec<Vec<Span>> = Vec::new();
    let mut at = 0; // in the new text; everything before it is already in a line
    for (place, hunk) in hunks.iter().enumerate() {
        if place == 0 || hunk.new.0 - at > AROUND {
            let begin = hunk.new.0.saturating_sub(AROUND).max(at);
            let mut before = span(&new[begin..hunk.new.0], Change::None);
            if begin > 0 {
                before.text.insert_str(0, "\u{2026} ");
            }
            lines.push(vec![before]);
        } else if let Some(line) = lines.last_mut() {
            line.push(span(&new[at..hunk.new.0], Change::None));
        }
        let Some(line) = lines.last_mut() else { continue };
        let changed = [(&old[hunk.old.0..hunk.old.1], Change::Removed), (&new[hunk.new.0..hunk.new.1], Change::Added)];
        line.extend(
            changed.into_iter().filter(|(words, _)| !words.is_empty()).map(|(words, change)| span(words, change)),
        );
        let until = hunks.get(place + 1).map_or(new.len(), |next| next.new.0);
        at = hunk.new.1;
        // A few words of context end the line, unless the next change is near.
        if until - at > 2 * AROUND || place + 1 == hunks.len() {
            let end = (at + AROUND).min(until);
            let mut after = span(&new[at..end], Change::None);
            if end < new.len() {
                after.text.push('\u{2026}');
            }
            line.push(after);
            at = end;
        } else if until - at > AROUND {
            line.push(span(&new[at..until - AROUND], Change::None));
            at = until - AROUND;
        }
    }
    for line in &mut lines {
        line.retain(|span| !span.text.trim().is_empty());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> Vec<String> {
        let mark = |span: &Span| match span.change {
            Change::None => span.text.trim().to_owned(),
            Change::Removed => format!("-{}-", span.text.trim()),
            Change::Added => format!("+{}+", span.text.trim()),
        };
        lines(old, new).iter().map(|line| line.iter().map(mark).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn changes_are_shown_with_their_context() {
        assert_eq!(shown("a b c", "a  b\nc"), [""; 0]);
        assert_eq!(shown("All 214 passengers left.", "All 241 passengers left."), ["All -214- +241+ passengers left."]);
        let filler = |n: usize| (0..n).map(|i| format!("w{i}")).collect::<Vec<_>>().join(" ");
        let (old, new) = (format!("x {} y {} z", filler(40), filler(3)), format!("X {} Y {} Z", filler(40), filler(3)));
        let lines = shown(&old, &new);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("-x- +X+ w0") && lines[0].ends_with('\u{2026}'), "{lines:?}");
        assert!(lines[1].starts_with("\u{2026} w28") && lines[1].ends_with("-y- +Y+ w0 w1 w2 -z- +Z+"), "{lines:?}");
    }

    #[test]
    fn a_rewrite_is_shown_from_its_beginning() {
        let text = |word: &str| (0..5_000).map(|i| format!("{word}{i}")).collect::<Vec<_>>().join(" ");
        let lines = lines(&text("a"), &text("b"));
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line[0].text.split(' ').count() <= REWRITTEN + 1));
    }
}
