//! The accurate tagger: a small transformer, with 8-bit weights carried in the program.
//!
//! A text is cut into windows of whole sentences; each word's pieces go through the network with the words around them. The
//! network and the fast tagger err differently: the scores of both are added, and the best path of labels gives the names. For
//! quotations two layers of their own stand on the lower ones ([`speech`]), so that one pass serves both. Few windows are held at a
//! time, so that memory does not grow with the text but for a row of scores a word. `weights/ner-accurate.md` and
//! `weights/quotes-accurate.md` tell what the models were trained on and what they reach.

#![allow(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the vector instructions of its caller"
)]

mod attention;
mod forward;
mod layer;
mod math;
mod pieces;
mod product;
mod simd;
mod sizes;
pub mod speech;
mod weights;
mod window;
mod writing;

use std::sync::{Arc, LazyLock};

use dateline_text::Document;

use self::forward::{Answer, Asked, Network};
use self::pieces::Pieces;
use self::sizes::LABELS;
use self::speech::Speech;
use self::weights::Tensors;
use self::window::Window;
use super::names::Fast;
use super::{FAST, Reading, Tagger};

static WEIGHTS: &[u8] = include_bytes!("../../weights/ner-accurate.safetensors");

/// Pieces that go through the network together: as many as the processor's cache holds well.
const BATCH: usize = 384;

/// The fast tagger's sums count twentieths (`units` in `training/crf.rs`): so do the network's scores, and both weigh alike.
const UNITS: f32 = 20.0;

/// What the program carries.
struct Carried {
    pieces: Pieces,
    network: Network,
}

impl Carried {
    /// Read once.
    fn get() -> Arc<Self> {
        static CARRIED: LazyLock<Arc<Carried>> = LazyLock::new(|| {
            let tensors = Tensors::new(WEIGHTS);
            let pieces = Pieces::new(tensors.text("vocabulary"));
            Arc::new(Carried { network: Network::new(&tensors, pieces.len()), pieces })
        });
        CARRIED.clone()
    }

    /// Takes a document through the network, a few windows at a time.
    fn read(&self, document: &Document, asked: Asked, mut give: impl FnMut(&[Window], Answer)) {
        let (mut batch, mut size) = (Vec::new(), 0);
        window::windows(document, &self.pieces, |window| {
            size += window.pieces.len();
            batch.push(window);
            if size + window::WINDOW > BATCH {
                give(&batch, self.network.read(&batch, asked));
                batch.clear();
                size = 0;
            }
        });
        give(&batch, self.network.read(&batch, asked));
    }
}

/// The tagger of names, of speech, or of both.
pub(super) struct Encoder {
    carried: Arc<Carried>,
    fast: Fast<'static>,
    names: bool,
    speech: Option<Arc<speech::Network>>,
}

impl Encoder {
    /// A tagger that finds names by the network, else by the fast tagger alone; and, if asked for, what speaks for quotations.
    pub(super) fn new(names: bool, speech: bool) -> Self {
        Self { carried: Carried::get(), fast: Fast::new(&FAST), names, speech: speech.then(speech::Network::carried) }
    }
}

impl Tagger for Encoder {
    fn read(&self, document: &Document) -> Reading {
        let tokens = document.tokens().len();
        let mut scores = vec![[0.0; LABELS]; if self.names { tokens } else { 0 }];
        let mut speech = self.speech.as_ref().map(|network| Speech::new(network.clone(), tokens));
        let asked = Asked { names: self.names, speech: self.speech.as_deref(), states: false };
        self.carried.read(document, asked, |windows, answer| {
            let words = || windows.iter().flat_map(|window| &window.words).map(|&(_, token)| token);
            for (token, row) in words().zip(answer.names) {
                scores[token] = row;
            }
            if let Some(speech) = &mut speech {
                for (token, row) in words().zip(answer.speech.chunks_exact(speech::KEPT)) {
                    speech.keep(token, row);
                }
            }
        });
        let mut sums = self.fast.scores(document, self.names);
        for (sums, scores) in sums.chunks_exact_mut(LABELS).zip(scores) {
            for (sum, score) in sums.iter_mut().zip(scores) {
                *sum = sum.saturating_add((score * UNITS).round() as i32);
            }
        }
        Reading { names: self.fast.names(document, &sums), speech }
    }
}

/// For training: the windows of a document in turn, each with the rows that the shared layers give for its pieces (384 values
/// a row), and the place of each word's first piece with the word's token.
pub fn states(document: &Document, mut give: impl FnMut(&[f32], &[(usize, usize)])) {
    let carried = Carried::get();
    window::windows(document, &carried.pieces, |window| {
        let asked = Asked { states: true, ..Asked::default() };
        let answer = carried.network.read(std::slice::from_ref(&window), asked);
        give(&answer.states, &window.words);
    });
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use dateline_text::paragraphs;

    fn names(text: &str) -> Vec<(String, Kind)> {
        let document = Document::new(text, &paragraphs(text));
        let names = Encoder::new(true, false).read(&document).names;
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
        let (carried, speech) = (Carried::get(), speech::Network::carried());
        let mut windows = Vec::new();
        window::windows(&document, &carried.pieces, |window| windows.push(window));
        let asked = Asked { names: true, speech: Some(&speech), states: true };
        let all = carried.network.read(&windows, asked);
        let mut plain = Answer::default();
        for one in windows.chunks(1) {
            let answer = carried.network.read_without_simd(one, asked);
            plain.names.extend(answer.names);
            plain.speech.extend(answer.speech);
            plain.states.extend(answer.states);
        }
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
