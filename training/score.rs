//! Compares quotations with a corpus: segments without marks at their ends, matched one to one by half their code points.

use std::collections::{BTreeMap, HashSet};

use dateline_record::Quotation;
use serde_json::Value;

/// The counts of one type of quotation, or of all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub gold: usize,
    pub overlap: usize,
    pub joint: usize,
}

/// What is wrong in a story.
pub struct Faults {
    /// The gold without a partner.
    pub missed: Vec<usize>,
    /// What was found and has no partner.
    pub wrong: Vec<usize>,
    /// The gold whose partner has another speaker, with the partner.
    pub misattributed: Vec<(usize, usize)>,
}

/// The counts over some stories.
#[derive(Debug, Clone, Default)]
pub struct Score {
    pub all: Counts,
    pub exact: usize,
    pub predicted: usize,
    /// By the type of the gold, and by its label.
    pub kinds: BTreeMap<String, Counts>,
}

impl Score {
    /// Adds a story: its text as characters, its gold and what was found. Returns what is wrong.
    pub fn add(&mut self, text: &[char], gold: &[Value], found: &[Quotation]) -> Faults {
        let golds: Vec<Vec<(usize, usize)>> = gold.iter().map(|quote| trimmed(text, &segments(quote))).collect();
        let founds: Vec<Vec<(usize, usize)>> = found
            .iter()
            .map(|quote| trimmed(text, &quote.segments.iter().map(|span| (span.start, span.end)).collect::<Vec<_>>()))
            .collect();
        let set = |spans: &[(usize, usize)]| -> HashSet<usize> {
            spans.iter().flat_map(|&(start, end)| start..end).collect()
        };
        let gold_sets: Vec<HashSet<usize>> = golds.iter().map(|spans| set(spans)).collect();
        let found_sets: Vec<HashSet<usize>> = founds.iter().map(|spans| set(spans)).collect();
        let mut pairs = Vec::new();
        for (i, g) in gold_sets.iter().enumerate() {
            for (j, f) in found_sets.iter().enumerate() {
                let both = g.intersection(f).count();
                let share = both as f64 / (g.len() + f.len() - both).max(1) as f64;
                if share >= 0.5 {
                    pairs.push((share, i, j));
                }
            }
        }
        pairs.sort_by(|a, b| b.partial_cmp(a).expect("shares are numbers"));
        let mut partner: Vec<Option<usize>> = vec![None; golds.len()];
        let mut used = vec![false; founds.len()];
        for (_, i, j) in pairs {
            if partner[i].is_none() && !used[j] {
                (partner[i], used[j]) = (Some(j), true);
            }
        }
        self.predicted += founds.iter().filter(|spans| !spans.is_empty()).count();
        let mut misattributed = Vec::new();
        for (i, quote) in gold.iter().enumerate() {
            let right = partner[i].is_some_and(|j| speaker_is_right(quote, &found[j]));
            misattributed.extend(partner[i].filter(|_| !right).map(|j| (i, j)));
            self.exact += usize::from(partner[i].is_some_and(|j| founds[j] == golds[i]));
            for name in [quote["type"].as_str(), quote["label"].as_str(), None] {
                let counts = match name {
                    Some(name) => self.kinds.entry(name.to_owned()).or_default(),
                    None => &mut self.all,
                };
                counts.gold += 1;
                counts.overlap += usize::from(partner[i].is_some());
                counts.joint += usize::from(right);
            }
        }
        let missed = (0..golds.len()).filter(|&i| partner[i].is_none()).collect();
        Faults { missed, wrong: (0..founds.len()).filter(|&j| !used[j]).collect(), misattributed }
    }

    /// Prints the figures.
    pub fn print(&self, name: &str) {
        let f = |right: usize| {
            let (p, r) = (right as f64 / self.predicted.max(1) as f64, right as f64 / self.all.gold.max(1) as f64);
            format!("{:.3} (P {p:.3} R {r:.3})", 2.0 * p * r / (p + r).max(1e-9))
        };
        println!(
            "{name}: overlap {} joint {} exact {}; gold {}, found {}",
            f(self.all.overlap),
            f(self.all.joint),
            f(self.exact),
            self.all.gold,
            self.predicted
        );
        for (kind, counts) in &self.kinds {
            let share = |count: usize| count as f64 / counts.gold as f64;
            println!(
                "  {kind:22} recall {:.3} joint {:.3} of {}",
                share(counts.overlap),
                share(counts.joint),
                counts.gold
            );
        }
    }
}

fn segments(quote: &Value) -> Vec<(usize, usize)> {
    let number = |value: &Value| value.as_u64().unwrap_or(0) as usize;
    let spans = quote["segments"].as_array().into_iter().flatten();
    spans
        .map(|span| {
            if span.is_array() {
                (number(&span[0]), number(&span[1]))
            } else {
                (number(&span["start"]), number(&span["end"]))
            }
        })
        .collect()
}

/// Returns whether a character is cut from the ends of segments: spaces and punctuation.
fn is_outer(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_punctuation() && !"$+<=>^|~".contains(c) || "\u{ab}\u{bb}\u{2018}\u{2019}\u{201a}\u{201b}\u{201c}\u{201d}\u{201e}\u{201f}\u{2039}\u{203a}\u{2013}\u{2014}\u{2015}\u{2010}\u{2011}\u{2026}\u{a7}\u{b6}\u{b7}\u{a1}\u{bf}\u{b4}".contains(c)
}

fn trimmed(text: &[char], spans: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = spans
        .iter()
        .filter_map(|&(mut start, mut end)| {
            while start < end && is_outer(text[start]) {
                start += 1;
            }
            while end > start && is_outer(text[end - 1]) {
                end -= 1;
            }
            (start < end).then_some((start, end))
        })
        .collect();
    spans.sort_unstable();
    spans.dedup_by(|next, span| {
        let joins = span.1 <= next.0 && text[span.1..next.0].iter().all(|&c| is_outer(c));
        if joins {
            span.1 = next.1;
        }
        joins
    });
    spans
}

fn speaker_is_right(gold: &Value, found: &Quotation) -> bool {
    let wanted = &gold["speaker"];
    if wanted.is_null() {
        return true;
    }
    let Some(speaker) = &found.speaker else { return false };
    let place = |name: &str| wanted[name].as_u64().unwrap_or(0) as usize;
    let at_place = match (speaker.start, speaker.end) {
        (Some(start), Some(end)) => place("end").min(end) > place("start").max(start),
        _ => false,
    };
    let last = |text: &str| {
        let words: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
        words.split_whitespace().last().unwrap_or_default().to_lowercase()
    };
    let name = speaker.name.as_deref().unwrap_or_default();
    at_place || !name.is_empty() && last(name) == last(wanted["text"].as_str().unwrap_or_default())
}
