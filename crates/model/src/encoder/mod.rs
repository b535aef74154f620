//! The accurate tagger: a small transformer with 8-bit weights.
//!
//! A text is split into windows of whole sentences, and the pieces of each word pass through the network with the words
//! around them. The network and the fast tagger make different errors: their scores are added, and the best sequence of
//! labels determines the names. For quotations two further layers lie on the lower layers ([`quotations`]), so one pass
//! serves both. Only a few windows are in memory at a time; apart from one row of scores a word, memory does not grow
//! with the text. `weights/ner-accurate.md` and `weights/quotes-accurate.md` describe the training data and the
//! accuracy.

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
pub(crate) mod quotations;
mod simd;
mod sizes;
mod tensors;

mod window;
mod writing;

use std::sync::{Arc, LazyLock};

use dateline_text::{Document, Language};

use self::forward::{EncoderOutput, EncoderRequest, Network};
use self::pieces::Pieces;
use self::quotations::{QuotationNetwork, QuotationScores};
use self::sizes::LABELS;
use self::tensors::Tensors;
use self::window::Window;
use super::names::Fast;
use super::{EUROPEAN, FAST, Tagger, TaggerOutput, weights};

/// Pieces that go through the network together: as many as the processor's cache holds well.
const BATCH: usize = 384;

/// The unit of the fast tagger's sums is a twentieth (`units` in `training/crf.rs`); the network's scores are converted to it, so both have the same weight.
const UNITS: f32 = 20.0;

/// The encoder with its embedded weights.
struct EmbeddedEncoder {
    pieces: Pieces,
    network: Network,
}

impl EmbeddedEncoder {
    /// Returns the encoder, whose weights are read once.
    fn get() -> Arc<Self> {
        static EMBEDDED: LazyLock<Arc<EmbeddedEncoder>> = LazyLock::new(|| {
            let tensors = Tensors::new(weights::NAMES_ACCURATE);
            let pieces = Pieces::new(tensors.text("vocabulary"));
            Arc::new(EmbeddedEncoder { network: Network::new(&tensors, pieces.len()), pieces })
        });
        EMBEDDED.clone()
    }

    /// Takes a document through the network, a few windows at a time.
    fn read(&self, document: &Document, request: EncoderRequest, mut give: impl FnMut(&[Window], EncoderOutput)) {
        let (mut batch, mut size) = (Vec::new(), 0);
        window::windows(document, &self.pieces, |window| {
            size += window.pieces.len();
            batch.push(window);
            if size + window::WINDOW > BATCH {
                give(&batch, self.network.read(&batch, request));
                batch.clear();
                size = 0;
            }
        });
        give(&batch, self.network.read(&batch, request));
    }
}

/// The fast taggers, which keep the words of earlier texts.
static ENGLISH_TAGGER: LazyLock<Fast<'static>> = LazyLock::new(|| Fast::new(&FAST));
static EUROPEAN_TAGGER: LazyLock<Fast<'static>> = LazyLock::new(|| Fast::new(&EUROPEAN));

/// The tagger of names: the fast tagger, alone or together with the network.
pub(super) struct NameTagger {
    /// The network, if it takes part in the choice of names. It reads English alone.
    network: Option<Arc<EmbeddedEncoder>>,
}

impl NameTagger {
    /// Creates a tagger that finds names by the fast tagger alone, or by the network too.
    pub(super) fn new(is_accurate: bool) -> Self {
        Self { network: is_accurate.then(EmbeddedEncoder::get) }
    }
}

impl Tagger for NameTagger {
    fn read(&self, document: &Document, quotations: Option<&Arc<QuotationNetwork>>) -> TaggerOutput {
        if document.language() != Language::ENGLISH {
            return TaggerOutput { names: EUROPEAN_TAGGER.find(document), quotations: None };
        }
        let fast = &*ENGLISH_TAGGER;
        let tokens = document.tokens().len();
        let is_accurate = self.network.is_some();
        let mut scores = vec![[0.0; LABELS]; if is_accurate { tokens } else { 0 }];
        let mut kept = quotations.map(|network| QuotationScores::new(Arc::clone(network), tokens));
        if is_accurate || quotations.is_some() {
            let encoder = self.network.clone().unwrap_or_else(EmbeddedEncoder::get);
            let request =
                EncoderRequest { names: is_accurate, quotations: quotations.map(AsRef::as_ref), states: false };
            encoder.read(document, request, |windows, output| {
                let words = || windows.iter().flat_map(|window| &window.words).map(|&(_, token)| token);
                for (token, row) in words().zip(output.names) {
                    scores[token] = row;
                }
                if let Some(kept) = &mut kept {
                    for (token, row) in words().zip(output.quotations.chunks_exact(quotations::KEPT)) {
                        kept.keep(token, row);
                    }
                }
            });
        }
        let mut sums = fast.scores(document, is_accurate);
        for (sums, scores) in sums.chunks_exact_mut(LABELS).zip(scores) {
            for (sum, score) in sums.iter_mut().zip(scores) {
                *sum = sum.saturating_add((score * UNITS).round() as i32);
            }
        }
        TaggerOutput { names: fast.names(document, &sums), quotations: kept }
    }

    fn name(&self, language: Language) -> &'static str {
        match (language == Language::ENGLISH, self.network.is_some()) {
            (false, _) => "names-european",
            (true, false) => "names-fast",
            (true, true) => "ner-accurate",
        }
    }
}

/// Passes the windows of a document to `give`, for training: the rows that the shared layers output for its pieces (384 values
/// a row), and the place of each word's first piece with the word's token.
pub fn states(document: &Document, mut give: impl FnMut(&[f32], &[(usize, usize)])) {
    let embedded = EmbeddedEncoder::get();
    window::windows(document, &embedded.pieces, |window| {
        let request = EncoderRequest { states: true, ..EncoderRequest::default() };
        let output = embedded.network.read(std::slice::from_ref(&window), request);
        give(&output.states, &window.words);
    });
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use dateline_text::paragraphs;

    fn names(text: &str) -> Vec<(String, Kind)> {
        let document = Document::new(text, &paragraphs(text));
        let names = NameTagger::new(true).read(&document, None).names;
        names.into_iter().map(|name| (document.words(&name.tokens).to_owned(), name.kind)).collect()
    }

    #[test]
    fn the_embedded_model_finds_plain_names() {
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

    /// Neither vector instructions nor the other windows of a batch change the results.
    #[test]
    fn scores_are_the_same_on_every_machine() {
        let text =
            "Peter Novak flew to Nairobi.\nHe works for Acme Widgets Inc. in Ohio, his Kenyan wife said.\n".repeat(9);
        let document = Document::new(&text, &paragraphs(&text));
        let (embedded, quotations) = (EmbeddedEncoder::get(), QuotationNetwork::load());
        let mut windows = Vec::new();
        window::windows(&document, &embedded.pieces, |window| windows.push(window));
        let request = EncoderRequest { names: true, quotations: Some(&quotations), states: true };
        let all = embedded.network.read(&windows, request);
        let mut plain = EncoderOutput::default();
        for one in windows.chunks(1) {
            let output = embedded.network.read_without_simd(one, request);
            plain.names.extend(output.names);
            plain.quotations.extend(output.quotations);
            plain.states.extend(output.states);
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
