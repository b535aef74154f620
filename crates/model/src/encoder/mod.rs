//! The accurate tagger: small transformers with 8-bit weights, one for English and one for the other languages.
//!
//! A text is split into windows of whole sentences, and the pieces of each word pass through the network with the words
//! around them. The network and the fast tagger make different errors: their scores are added, and the best sequence of
//! labels determines the names. For quotations in English and German one or two further layers lie on the lower layers
//! ([`quotations`]), so one pass serves both. Only a few windows are in memory at a time; apart from one row of scores a word, memory does not grow
//! with the text. `weights/ner-accurate.md`, `weights/names-european-accurate.md`, `weights/quotes-accurate.md` and
//! `weights/quotes-de-accurate.md` describe the training data and the accuracy.

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
mod unigram;
mod vocabulary;
mod window;
mod writing;

use std::sync::{Arc, LazyLock};

use dateline_text::{Document, Language};

use self::forward::{EncoderOutput, EncoderRequest, Network};
use self::pieces::Pieces;
use self::quotations::{QuotationNetwork, QuotationScores};
use self::sizes::LABELS;
use self::tensors::Tensors;
use self::unigram::Unigram;
use self::vocabulary::Vocabulary;
use self::window::Window;
use super::names::Fast;
use super::{EUROPEAN, FAST, Tagger, TaggerOutput, weights};

/// Pieces that go through the network together: as many as the processor's cache holds well.
const BATCH: usize = 384;

/// The unit of the fast tagger's sums is a twentieth (`units` in `training/crf.rs`); the network's scores are converted to it, so both have the same weight.
const UNITS: f32 = 20.0;

/// An encoder with its embedded weights.
struct EmbeddedEncoder {
    vocabulary: Box<dyn Vocabulary>,
    network: Network,
}

/// The encoder of English, whose weights are read once.
static ENGLISH_ENCODER: LazyLock<EmbeddedEncoder> = LazyLock::new(|| {
    let tensors = Tensors::new(weights::NAMES_ACCURATE);
    EmbeddedEncoder::new(&tensors, Pieces::new(tensors.text("vocabulary")))
});
/// The encoder of the other languages, whose weights are read at the first text in one of them.
static EUROPEAN_ENCODER: LazyLock<EmbeddedEncoder> = LazyLock::new(|| {
    let tensors = Tensors::new(weights::NAMES_EUROPEAN_ACCURATE);
    let vocabulary = tensors.text("vocabulary");
    let scores = tensors.floats("scores", vocabulary.lines().count());
    EmbeddedEncoder::new(&tensors, Unigram::new(vocabulary, scores))
});

impl EmbeddedEncoder {
    fn new(tensors: &Tensors, vocabulary: impl Vocabulary + 'static) -> Self {
        Self { network: Network::new(tensors, vocabulary.len()), vocabulary: Box::new(vocabulary) }
    }

    /// Returns the encoder of texts in a language.
    fn of(language: Language) -> &'static Self {
        if language == Language::ENGLISH { &ENGLISH_ENCODER } else { &EUROPEAN_ENCODER }
    }

    /// Takes a document through the network, a few windows at a time.
    fn read(&self, document: &Document, request: EncoderRequest, mut give: impl FnMut(&[Window], EncoderOutput)) {
        let (mut batch, mut size) = (Vec::new(), 0);
        window::windows(document, &*self.vocabulary, |window| {
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

/// The tagger of names: the fast tagger, alone or together with a network.
pub(super) struct NameTagger {
    is_accurate: bool,
}

impl NameTagger {
    /// Creates a tagger that finds names by the fast tagger alone, or by a network too.
    pub(super) fn new(is_accurate: bool) -> Self {
        if is_accurate {
            LazyLock::force(&ENGLISH_ENCODER);
        }
        Self { is_accurate }
    }
}

impl Tagger for NameTagger {
    fn read(&self, document: &Document, quotations: Option<&Arc<QuotationNetwork>>) -> TaggerOutput {
        let is_english = document.language() == Language::ENGLISH;
        let fast = if is_english { &*ENGLISH_TAGGER } else { &*EUROPEAN_TAGGER };
        let tokens = document.tokens().len();
        let is_accurate = self.is_accurate;
        let mut scores = vec![[0.0; LABELS]; if is_accurate { tokens } else { 0 }];
        let mut kept = quotations.map(|network| QuotationScores::new(Arc::clone(network), tokens));
        if is_accurate || quotations.is_some() {
            let request =
                EncoderRequest { names: is_accurate, quotations: quotations.map(AsRef::as_ref), states: None };
            EmbeddedEncoder::of(document.language()).read(document, request, |windows, output| {
                let words = || windows.iter().flat_map(|window| &window.words).map(|&(_, token)| token);
                for (token, row) in words().zip(output.names) {
                    scores[token] = row;
                }
                if let (Some(kept), Some(network)) = (&mut kept, quotations) {
                    for (token, row) in words().zip(output.quotations.chunks_exact(network.kept())) {
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
        match (language == Language::ENGLISH, self.is_accurate) {
            (false, false) => "names-european",
            (false, true) => "names-european-accurate",
            (true, false) => "names-fast",
            (true, true) => "ner-accurate",
        }
    }
}

/// Passes the windows of a document to `give`, for training: the rows that the layers below the highest `own` output for its
/// pieces (384 values a row), and the place of each word's first piece with the word's token.
pub fn states(document: &Document, own: usize, mut give: impl FnMut(&[f32], &[(usize, usize)])) {
    let encoder = EmbeddedEncoder::of(document.language());
    window::windows(document, &*encoder.vocabulary, |window| {
        let request = EncoderRequest { states: Some(own), ..EncoderRequest::default() };
        let output = encoder.network.read(std::slice::from_ref(&window), request);
        give(&output.states, &window.words);
    });
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use dateline_text::paragraphs;

    fn names(text: &str) -> Vec<(String, Kind)> {
        names_in(Language::ENGLISH, text)
    }

    fn names_in(language: Language, text: &str) -> Vec<(String, Kind)> {
        let document = Document::in_language(text, &paragraphs(text), language);
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

    #[test]
    fn the_embedded_model_finds_plain_names_in_other_languages() {
        use Kind::{Organisation, Person, Place};
        for (code, text, want) in [
            (
                "de",
                "Die B\u{fc}rgermeisterin Maria Keller traf am Montag in Genf Gesandte der Vereinten Nationen.",
                &[("Maria Keller", Person), ("Genf", Place), ("Vereinten Nationen", Organisation)][..],
            ),
            (
                "fr",
                "Jean Dupont a quitt\u{e9} l\u{2019}Italie pour Oslo.",
                &[("Jean Dupont", Person), ("Italie", Place), ("Oslo", Place)],
            ),
            (
                "es",
                "La ministra Ana Ruiz viaj\u{f3} de Roma a Madrid.",
                &[("Ana Ruiz", Person), ("Roma", Place), ("Madrid", Place)],
            ),
            ("nl", "Jan de Vries woont sinds maandag in Oslo.", &[("Jan de Vries", Person), ("Oslo", Place)]),
            ("it", "Il ministro Mario Rossi \u{e8} arrivato a Oslo.", &[("Mario Rossi", Person), ("Oslo", Place)]),
            (
                "pt",
                "A ministra Ana Souza viajou de Roma para Lisboa.",
                &[("Ana Souza", Person), ("Roma", Place), ("Lisboa", Place)],
            ),
            ("de", "Der Umsatz sank im dritten Quartal, teilte das Unternehmen am Dienstag mit.", &[]),
            ("de", "", &[]),
        ] {
            let want: Vec<_> = want.iter().map(|&(name, kind)| (name.to_owned(), kind)).collect();
            assert_eq!(names_in(Language::of(code).unwrap(), text), want, "{text}");
        }
    }

    /// Neither vector instructions nor the other windows of a batch change the results.
    #[test]
    fn scores_are_the_same_on_every_machine() {
        let text =
            "Peter Novak flew to Nairobi.\nHe works for Acme Widgets Inc. in Ohio, his Kenyan wife said.\n".repeat(9);
        let document = Document::new(&text, &paragraphs(&text));
        let (embedded, quotations) = (&ENGLISH_ENCODER, QuotationNetwork::load());
        let mut windows = Vec::new();
        window::windows(&document, &*embedded.vocabulary, |window| windows.push(window));
        let request = EncoderRequest { names: true, quotations: Some(&quotations), states: Some(2) };
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
