//! The accurate tagger: a small transformer, with 8-bit weights carried in the program.
//!
//! A text is cut into windows of whole sentences; each word's pieces go through the network with the words around them. The
//! network and the fast tagger err differently: the scores of both are added, and the best path of labels gives the names. Few
//! windows are held at a time, so that memory does not grow with the text but for a row of scores a word. `models/ner-accurate.md` tells what the model was trained on and what it reaches.

#![allow(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions of its caller"
)]

mod attention;
mod forward;
mod math;
mod pieces;
mod product;
mod simd;
mod weights;
mod window;
mod writing;

use std::sync::{Arc, LazyLock};

use self::forward::Network;
use self::pieces::Pieces;
use self::weights::Tensors;
use self::window::Window;
use super::names::{self, Fast};
use super::{FAST, Name, Tagger};
use crate::text::Document;

static WEIGHTS: &[u8] = include_bytes!("../../../models/ner-accurate.safetensors");

/// Pieces that go through the network together: as many as the processor's cache holds well.
const BATCH: usize = 384;

/// Labels of a word.
const LABELS: usize = names::LABELS.len();
/// The labels' scores of a word, as logarithms up to a constant.
type Scores = [f32; LABELS];

/// The fast tagger's sums count twentieths (`units` in `training/crf.rs`): so do the network's scores, and both weigh alike.
const UNITS: f32 = 20.0;

/// The tagger.
pub(super) struct Encoder {
    pieces: Pieces,
    network: Network,
    fast: Fast<'static>,
}

impl Encoder {
    /// The tagger on the weights that the program carries; read once.
    pub(super) fn carried() -> Arc<Self> {
        static CARRIED: LazyLock<Arc<Encoder>> = LazyLock::new(|| {
            let tensors = Tensors::new(WEIGHTS);
            let pieces = Pieces::new(tensors.text("vocabulary"));
            Arc::new(Encoder { network: Network::new(&tensors, pieces.len()), pieces, fast: Fast::new(&FAST) })
        });
        CARRIED.clone()
    }

    /// The labels' scores for each token; tokens outside sentences have none.
    fn scores(&self, document: &Document) -> Vec<Scores> {
        let mut scores = vec![[0.0; LABELS]; document.tokens().len()];
        let (mut batch, mut size) = (Vec::new(), 0);
        let mut run = |batch: &mut Vec<Window>| {
            let words = batch.iter().flat_map(|window| &window.words);
            for (&(_, token), row) in words.zip(self.network.scores(batch)) {
                scores[token] = row;
            }
            batch.clear();
        };
        window::windows(document, &self.pieces, |window| {
            size += window.pieces.len();
            batch.push(window);
            if size + window::WINDOW > BATCH {
                run(&mut batch);
                size = 0;
            }
        });
        run(&mut batch);
        scores
    }
}

impl Tagger for Encoder {
    fn tag(&self, document: &Document) -> Vec<Name> {
        let mut sums = self.fast.scores(document, true);
        for (sums, scores) in sums.chunks_exact_mut(LABELS).zip(self.scores(document)) {
            for (sum, score) in sums.iter_mut().zip(scores) {
                *sum = sum.saturating_add((score * UNITS).round() as i32);
            }
        }
        self.fast.names(document, &sums)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use crate::text::paragraphs;

    fn names(text: &str) -> Vec<(String, Kind)> {
        let document = Document::new(text, &paragraphs(text));
        let names = Encoder::carried().tag(&document);
        names.into_iter().map(|name| (document.words(&name.tokens).to_owned(), name.kind)).collect()
    }

    #[test]
    fn the_carried_model_finds_plain_names() {
        use Kind::{Organisation, Other, Person, Place};
        for (text, want) in [
            (
                "Maria Keller, the mayor of Springfield, met envoys of the United Nations in Geneva on Monday.",
                &[
                    ("Maria Keller", Person),
                    ("Springfield", Place),
                    ("United Nations", Organisation),
                    ("Geneva", Place),
                ][..],
            ),
            ("The Russian envoy left Rome for Oslo.", &[("Russian", Other), ("Rome", Place), ("Oslo", Place)]),
            ("Profits fell in the third quarter, the company said on Tuesday.", &[]),
            ("", &[]),
        ] {
            let want: Vec<_> = want.iter().map(|&(name, kind)| (name.to_owned(), kind)).collect();
            assert_eq!(names(text), want, "{text}");
        }
    }

    /// The vector instructions of a machine change nothing, and neither do the windows beside a window.
    #[test]
    fn scores_are_the_same_on_every_machine() {
        let text =
            "Peter Novak flew to Nairobi.\nHe works for Acme Widgets Inc. in Ohio, his Kenyan wife said.\n".repeat(9);
        let document = Document::new(&text, &paragraphs(&text));
        let encoder = Encoder::carried();
        let mut windows = Vec::new();
        window::windows(&document, &encoder.pieces, |window| windows.push(window));
        let all = encoder.network.scores(&windows);
        let plain: Vec<_> = windows.chunks(1).flat_map(|one| encoder.network.scores_without_simd(one)).collect();
        assert!(windows.len() > 1 && all == plain);
    }

    #[test]
    fn a_long_text_keeps_its_names() {
        let text = "Storm Ada reached Oslo and Rome, Maria Keller said".to_owned()
            + &" and then Maria Keller said".repeat(200);
        let found = names(&text);
        let keller = found.iter().filter(|(name, _)| name == "Maria Keller").count();
        assert!(keller > 195, "{keller}");
    }
}
