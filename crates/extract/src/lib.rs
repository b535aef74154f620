//! Entities and quotations of news texts: a document in, entities and quotations out.
//!
//! An [`Extractor`] owns the models: a tagger of names, a knowledge base that links entities to Wikidata, and a tagger of quotations.

#![warn(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss
)]

use std::sync::Arc;

use dateline_entity::knowledge::{self, KnowledgeBase};
use dateline_model::{QuotationScores, Tagger};
use dateline_quote::QuotationTagger;
use dateline_record::{Block, Entity, ExtractorInfo, Quotation};
use dateline_text::{Document, Language};

/// A model name that is not one of [`dateline_model::NAMES`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown model `{0}`; known models are {known}", known = dateline_model::NAMES.join(", "))]
pub struct UnknownModelError(pub String);

/// Extracts the entities and quotations of texts.
#[derive(Clone)]
pub struct Extractor {
    names: Arc<dyn Tagger>,
    quotations: QuotationTagger,
    knowledge: Arc<KnowledgeBase>,
}

/// The entities of a text, and what the same pass of the network says of its quotations.
pub struct EntityOutput {
    /// The entities, in the order of their first mention.
    pub entities: Vec<Entity>,
    scores: Option<QuotationScores>,
}

/// The entities and quotations of a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extraction {
    /// The entities, in the order of their first mention.
    pub entities: Vec<Entity>,
    /// The model that found the entities.
    pub entities_by: Option<ExtractorInfo>,
    /// The quotations, in order.
    pub quotations: Vec<Quotation>,
}

impl Extractor {
    /// Creates an extractor from its parts.
    pub fn new(names: Arc<dyn Tagger>, quotations: QuotationTagger, knowledge: Arc<KnowledgeBase>) -> Self {
        Self { names, quotations, knowledge }
    }

    /// Creates an extractor whose models for entities and for quotations are selected by name.
    pub fn named(entities: &str, quotes: &str, knowledge: Arc<KnowledgeBase>) -> Result<Self, UnknownModelError> {
        let unknown = |model: &str| UnknownModelError(model.to_owned());
        let names = dateline_model::named(entities).ok_or_else(|| unknown(entities))?;
        let quotations = QuotationTagger::named(quotes).ok_or_else(|| unknown(quotes))?;
        Ok(Self::new(names, quotations, knowledge))
    }

    /// Creates the default extractor: the fast models and the embedded knowledge base.
    pub fn fast() -> Self {
        Self::new(dateline_model::fast(), QuotationTagger::fast(), knowledge::default())
    }

    /// Returns the model that finds the entities of texts in a language.
    pub fn names_by(&self, language: Language) -> ExtractorInfo {
        info(self.names.name(language), language)
    }

    /// Returns the entities of a text.
    pub fn entities(&self, document: &Document) -> EntityOutput {
        let network = self.quotations.network(document.language());
        let output = self.names.read(document, network.as_ref());
        let entities = dateline_entity::entities(document, output.names, &self.knowledge);
        EntityOutput { entities, scores: output.quotations }
    }

    /// Returns the quotations of a text, given its entities. `blocks` are those that the document was split by.
    pub fn quotations(&self, document: &Document, blocks: &[Block], found: &EntityOutput) -> Vec<Quotation> {
        let mut quotations = self.quotations.extract(document, blocks, &found.entities, found.scores.as_ref());
        let by = self.quotations.name(document.language()).map(|name| info(name, document.language()));
        for quotation in &mut quotations {
            quotation.extractor.clone_from(&by);
        }
        quotations
    }

    /// Returns the entities and quotations of a text. `blocks` are those that the document was split by.
    pub fn extract(&self, document: &Document, blocks: &[Block]) -> Extraction {
        let found = self.entities(document);
        let quotations = self.quotations(document, blocks, &found);
        let entities_by = Some(self.names_by(document.language()));
        Extraction { entities: found.entities, entities_by, quotations }
    }
}

fn info(name: &str, language: Language) -> ExtractorInfo {
    ExtractorInfo {
        name: name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        language: language.code().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use dateline_record::BlockKind;
    use dateline_text::paragraphs;

    use super::*;

    #[test]
    fn each_model_finds_the_speaker_of_a_quotation() {
        let text = "\u{201c}We must act now,\u{201d} said Maria Keller, the mayor of Springfield.";
        let spans = paragraphs(text);
        let document = Document::new(text, &spans);
        let block = |&(start, end): &(usize, usize)| Block { kind: BlockKind::Paragraph, start, end, credit: None };
        let blocks: Vec<Block> = spans.iter().map(block).collect();
        for (entities, quotes) in
            [("fast", "fast"), ("fast", "accurate"), ("accurate", "fast"), ("accurate", "accurate")]
        {
            let extractor = Extractor::named(entities, quotes, knowledge::default()).unwrap();
            let found = extractor.extract(&document, &blocks);
            let names: Vec<&str> = found.entities.iter().map(|entity| entity.name.as_str()).collect();
            assert_eq!(names, ["Maria Keller", "Springfield"], "{entities}, {quotes}");
            let speakers: Vec<_> =
                found.quotations.iter().filter_map(|q| q.speaker.as_ref()?.name.as_deref()).collect();
            assert_eq!(speakers, ["Maria Keller"], "{entities}, {quotes}");
        }
    }

    #[test]
    fn an_unknown_model_is_an_error() {
        for (entities, quotes) in [("slow", "fast"), ("fast", "slow")] {
            let error = Extractor::named(entities, quotes, knowledge::default()).err();
            assert_eq!(error, Some(UnknownModelError("slow".into())));
        }
    }
}
