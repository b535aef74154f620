//! Compares what is found with what the annotated texts expect, as the scorer of German quotations does: a match is an overlap of half
//! the characters (intersection over union), one to one, the best first.

use std::collections::HashSet;

use dateline_record::{Quotation, QuotationType, Span, Speaker};

use super::reading::{Annotated, Expected, ExpectedSpeaker};

/// How many are right.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Figures {
    pub expected: usize,
    pub found: usize,
    pub matched: usize,
    /// Matches whose text names a speaker, and those with the right one.
    pub spoken: usize,
    pub speaker_right: usize,
    /// Matches whose speaker has a name in the text, and those with that name.
    pub named: usize,
    pub name_right: usize,
}

impl Figures {
    pub(super) fn precision(&self) -> f64 {
        share(self.matched, self.found)
    }

    pub(super) fn recall(&self) -> f64 {
        share(self.matched, self.expected)
    }

    pub(super) fn f1(&self) -> f64 {
        share(2 * self.matched, self.found + self.expected)
    }

    pub(super) fn speaker(&self) -> f64 {
        share(self.speaker_right, self.spoken)
    }

    pub(super) fn name(&self) -> f64 {
        share(self.name_right, self.named)
    }

    pub(super) fn add(&mut self, other: Self) {
        self.expected += other.expected;
        self.found += other.found;
        self.matched += other.matched;
        self.spoken += other.spoken;
        self.speaker_right += other.speaker_right;
        self.named += other.named;
        self.name_right += other.name_right;
    }
}

#[allow(clippy::cast_precision_loss, reason = "small counts")]
pub(super) fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// What became of one found quotation.
pub(super) struct Verdict<'a> {
    pub found: &'a Quotation,
    pub expected: Option<&'a Expected>,
    /// Whether it counts at all.
    pub counts: bool,
    pub speaker_right: bool,
}

/// Whether a type is scored: direct and mixed together, indirect apart.
pub(super) fn is_quoted(kind: QuotationType) -> bool {
    kind != QuotationType::Indirect
}

/// Returns the figures of one text for quotations that are `quoted` (direct and mixed) or not, what became of each found one, and the
/// expected ones that are missed.
pub(super) fn compare<'a>(
    text: &'a Annotated,
    found: &'a [Quotation],
    quoted: bool,
) -> (Figures, Vec<Verdict<'a>>, Vec<&'a Expected>) {
    let letters: Vec<char> = text.text.chars().collect();
    let wanted: Vec<&Expected> =
        text.quotations.iter().filter(|gold| gold.kind.is_none_or(|kind| is_quoted(kind) == quoted)).collect();
    // The texts annotate no words within a clause, so those are not compared.
    let is_compared = |quotation: &&Quotation| quotation.within.is_none() && is_quoted(quotation.r#type) == quoted;
    let got: Vec<&Quotation> = found.iter().filter(is_compared).collect();
    let wanted_characters: Vec<_> = wanted.iter().map(|gold| characters(&letters, &gold.segments)).collect();
    let got_characters: Vec<_> = got.iter().map(|quotation| characters(&letters, &quotation.segments)).collect();
    let mut pairs = Vec::new();
    for (i, a) in wanted_characters.iter().enumerate() {
        for (j, b) in got_characters.iter().enumerate() {
            let likeness = share(a.intersection(b).count(), a.union(b).count());
            if likeness >= 0.5 {
                pairs.push((likeness, i, j));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut to, mut of) = (vec![None; wanted.len()], vec![None; got.len()]);
    for (_, i, j) in pairs {
        if to[i].is_none() && of[j].is_none() {
            (to[i], of[j]) = (Some(j), Some(i));
        }
    }
    let mut figures = Figures::default();
    let mut verdicts = Vec::new();
    for (j, quotation) in got.iter().enumerate() {
        let expected = of[j].map(|i: usize| wanted[i]);
        let touches = |i: usize| wanted[i].kind.is_none() && !wanted_characters[i].is_disjoint(&got_characters[j]);
        let counts =
            expected.is_some_and(|gold| gold.kind.is_some()) || expected.is_none() && !(0..wanted.len()).any(touches);
        let expected = expected.filter(|gold| gold.kind.is_some());
        let speaker = quotation.speaker.as_ref();
        let speaker_right =
            expected.is_some_and(|gold| gold.speaker.as_ref().is_none_or(|gold| is_right(gold, speaker)));
        if counts {
            figures.found += 1;
            figures.matched += usize::from(expected.is_some());
        }
        if let Some(gold) = expected.and_then(|gold| gold.speaker.as_ref()) {
            figures.spoken += 1;
            figures.speaker_right += usize::from(speaker_right);
            if let Some(name) = gold.full_name() {
                figures.named += 1;
                let right = speaker.and_then(|speaker| speaker.name.as_deref());
                figures.name_right += usize::from(right.is_some_and(|right| last_word(right) == last_word(name)));
            }
        }
        verdicts.push(Verdict { found: quotation, expected, counts, speaker_right });
    }
    let real = |gold: &&Expected| gold.kind.is_some();
    figures.expected = wanted.iter().copied().filter(|gold| real(gold)).count();
    let missed = (0..wanted.len()).filter(|&i| to[i].is_none()).map(|i| wanted[i]).filter(real).collect();
    (figures, verdicts, missed)
}

impl ExpectedSpeaker {
    /// Returns the name of the speaker: as given, or the words themselves if they end in a capital.
    fn full_name(&self) -> Option<&str> {
        let ends_in_name = |text: &&str| text.split(' ').next_back().is_some_and(|w| w.starts_with(char::is_uppercase));
        self.name.as_deref().or_else(|| Some(self.text.as_str()).filter(ends_in_name))
    }
}

/// Whether a speaker's mention touches the expected words, or the name ends in the same word.
fn is_right(gold: &ExpectedSpeaker, found: Option<&Speaker>) -> bool {
    let Some(found) = found else { return false };
    let touches = found.start.zip(found.end).is_some_and(|(start, end)| start < gold.span.end && gold.span.start < end);
    let name = gold.name.as_deref().unwrap_or(&gold.text);
    touches || found.name.as_deref().is_some_and(|found| last_word(found) == last_word(name))
}

fn last_word(text: &str) -> String {
    let mut words = text.rsplit(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.next().unwrap_or_default().to_lowercase()
}

/// Returns the places of the characters of some segments, without marks and spaces at their ends.
fn characters(text: &[char], segments: &[Span]) -> HashSet<usize> {
    let mut places = HashSet::new();
    for span in segments {
        let inner = |at: &usize| text[*at].is_alphanumeric();
        let (first, last) = ((span.start..span.end).find(inner), (span.start..span.end).rfind(inner));
        if let (Some(first), Some(last)) = (first, last) {
            places.extend(first..=last);
        }
    }
    places
}
