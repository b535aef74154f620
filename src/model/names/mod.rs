//! The fast tagger of names: a linear model over words, their forms, their neighbours, lists, groups of like words, and how the
//! same word is written elsewhere in the text.

mod events;
mod form;
mod lists;
mod templates;
mod view;

use super::linear::{Features, Linear};
use super::{Kind, Name, Tagger};
use crate::text::Document;
use form::{PLACES, REACH};
use view::View;

/// The labels that the weights are for.
pub const LABELS: [&str; 9] = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC"];

/// The features of each sentence of a document, for training.
pub fn features(document: &Document) -> Vec<Features> {
    let view = View::new(document, lists::known());
    let all = 0..document.sentences().len();
    all.map(|sentence| {
        let mut features = Features::default();
        templates::describe(&view, sentence, &mut features, true);
        features
    })
    .collect()
}

/// The fast tagger.
pub struct Fast<'a> {
    weights: &'a Linear,
}

impl<'a> Fast<'a> {
    /// A tagger with these weights, whose labels must be [`LABELS`].
    pub fn new(weights: &'a Linear) -> Self {
        Self { weights }
    }
}

impl Fast<'_> {
    /// The sum of weights of each label ([`LABELS`]) for each token of the document, a row a token.
    pub(super) fn scores(&self, document: &Document) -> Vec<i32> {
        let view = View::new(document, lists::known());
        let width = self.weights.labels().len();
        // What each word weighs by itself, seen from each place.
        let mut own = vec![0i32; view.forms.len() * PLACES * width];
        let rows = view.forms.iter().flat_map(|form| (0..PLACES).map(move |place| form.seen_from(place)));
        let mut seen_from = Vec::new();
        for (sums, seen) in own.chunks_exact_mut(width).zip(rows) {
            seen_from.clear();
            seen_from.extend(seen);
            self.weights.add(&seen_from, sums);
        }
        let mut scores = vec![0i32; document.tokens().len() * width];
        let mut features = Features::default();
        for (number, sentence) in document.sentences().iter().enumerate() {
            features.clear();
            templates::describe(&view, number, &mut features, false);
            let rows = &mut scores[sentence.start * width..sentence.end * width];
            for (at, sums) in rows.chunks_exact_mut(width).enumerate() {
                for place in 0..PLACES {
                    let Some(token) = (sentence.start + at + place).checked_sub(REACH) else { continue };
                    if sentence.contains(&token) {
                        let start = (view.of[token] as usize * PLACES + place) * width;
                        sums.iter_mut()
                            .zip(&own[start..start + width])
                            .for_each(|(sum, weight)| *sum = sum.wrapping_add(*weight));
                    }
                }
                self.weights.add(features.of(at), sums);
            }
        }
        scores
    }

    /// The names that given sums of weights mark, a row of sums a token.
    pub(super) fn names(&self, document: &Document, scores: &[i32]) -> Vec<Name> {
        let width = self.weights.labels().len();
        let mut names = Vec::new();
        for sentence in document.sentences() {
            let labels = self.weights.best(&scores[sentence.start * width..sentence.end * width]);
            collect(&labels, sentence.start, &mut names);
        }
        for name in names.iter_mut().filter(|name| name.kind == Kind::Other) {
            if events::is_event(document.words(&name.tokens)) {
                name.kind = Kind::Event;
            }
        }
        names
    }
}

impl Tagger for Fast<'_> {
    fn tag(&self, document: &Document) -> Vec<Name> {
        self.names(document, &self.scores(document))
    }
}

/// The names that the labels of a sentence mark.
fn collect(labels: &[u8], start: usize, names: &mut Vec<Name>) {
    for (at, &label) in labels.iter().enumerate() {
        let label = LABELS.get(usize::from(label)).copied().unwrap_or("O");
        let token = start + at;
        if let Some(kind) = label.strip_prefix("B-") {
            let kind = match kind {
                "PER" => Kind::Person,
                "ORG" => Kind::Organisation,
                "LOC" => Kind::Place,
                _ => Kind::Other,
            };
            names.push(Name { tokens: token..token + 1, kind });
        } else if label != "O"
            && let Some(last) = names.last_mut()
        {
            last.tokens.end = token + 1;
        }
    }
}
