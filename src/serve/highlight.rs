//! An article's text in marked spans: names by type, quotations underlined, and beside each block the quotations that begin in
//! it.

use crate::record::{Article, Block, BlockKind, EntitySet, EntityType, MentionKind, Quotation, QuotationType};

use super::plain;

/// A block of the text.
#[derive(Debug, Clone)]
pub(super) struct TextBlock {
    pub kind: BlockKind,
    pub spans: Vec<Span>,
    pub credit: Option<String>,
    /// The quotations that begin in this block.
    pub quotes: Vec<QuoteView>,
}

impl TextBlock {
    /// The CSS class of its paragraph.
    pub(super) fn class(&self) -> &'static str {
        match self.kind {
            BlockKind::Headline | BlockKind::Paragraph => "paragraph",
            BlockKind::Subheading => "subheading",
            BlockKind::ListItem => "list_item",
            BlockKind::Blockquote => "blockquote",
            BlockKind::Caption => "caption",
        }
    }
}

/// A span of text with one highlight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub text: String,
    /// The CSS class of the highlight; empty for unmarked text.
    pub class: &'static str,
}

/// A quotation as the page shows it.
#[derive(Debug, Clone)]
pub(super) struct QuoteView {
    pub text: String,
    pub speaker: Option<String>,
    /// The speaker, encoded for the URL of a link.
    pub speaker_query: String,
    pub role: Option<String>,
    pub cue: Option<String>,
    pub kind: &'static str,
    /// The quotations within it: its words in quotation marks that are a direct quotation by themselves.
    pub literal: Vec<String>,
}

/// How much of a text is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Characters, counted in whole blocks; a single longer block is cut.
    pub chars: usize,
    /// Blocks.
    pub blocks: usize,
    /// Quotations.
    pub quotes: usize,
    /// Characters of one quotation.
    pub quote_chars: usize,
}

/// Returns the blocks of a text, and whether anything was left out.
pub(super) fn blocks(
    article: &Article,
    entities: &EntitySet,
    quotes: &[Quotation],
    limits: Limits,
) -> (Vec<TextBlock>, bool) {
    let chars: Vec<char> = article.text.chars().take(limits.chars).collect();
    let whole = article.text.chars().nth(limits.chars).is_none();
    let highlights = Highlights::new(chars.len(), entities, quotes);
    let mut blocks: Vec<TextBlock> = Vec::new();
    let mut cut = !whole;
    let mut left = limits.quotes;
    let mut headline_quotes: Vec<&Quotation> = Vec::new();
    for (index, block) in article.blocks.iter().enumerate() {
        // What is within another quotation is shown as a part of it.
        let begin_here = quotes.iter().filter(|quote| quote.block == index && quote.within.is_none());
        if block.kind == BlockKind::Headline {
            headline_quotes.extend(begin_here); // shown beside the first block
            continue;
        }
        if blocks.len() == limits.blocks || block.start >= chars.len() {
            cut = true;
            break;
        }
        let mut said: Vec<QuoteView> = Vec::new();
        for quote in std::mem::take(&mut headline_quotes).into_iter().chain(begin_here) {
            if left == 0 {
                cut = true;
                break;
            }
            left -= 1;
            let within = quotes.iter().filter(|other| other.within.as_ref() == Some(&quote.id));
            let literal = within.map(|inner| plain::text(&inner.text, limits.quote_chars)).collect();
            said.push(QuoteView { literal, ..QuoteView::new(quote, limits.quote_chars) });
        }
        let credit = block.credit.as_deref().map(|credit| plain::text(credit, 200));
        blocks.push(TextBlock { kind: block.kind, spans: highlights.spans(&chars, block), credit, quotes: said });
    }
    (blocks, cut)
}

impl QuoteView {
    pub(super) fn new(quote: &Quotation, most: usize) -> Self {
        let speaker = quote.speaker.as_ref();
        let name = speaker.and_then(|speaker| speaker.name.as_deref().or(speaker.text.as_deref()));
        let name = name.map(|name| plain::text(name, 120));
        // A role that the name contains ("study" in "the study") is not repeated.
        let is_new =
            |role: &&str| name.as_deref().is_none_or(|name| !name.to_lowercase().contains(&role.to_lowercase()));
        let role = speaker.and_then(|speaker| speaker.role.as_deref()).filter(is_new);
        let role = role.map(|role| plain::text(role, 120));
        Self {
            text: plain::text(&quote.text, most),
            speaker_query: url::form_urlencoded::byte_serialize(name.as_deref().unwrap_or("").as_bytes()).collect(),
            speaker: name,
            role,
            cue: quote.cue.as_ref().map(|cue| plain::text(&cue.text, 60)),
            kind: kind(quote.r#type),
            literal: Vec::new(),
        }
    }
}

/// Returns the word for a type of quotation.
pub(super) fn kind(kind: QuotationType) -> &'static str {
    match kind {
        QuotationType::Direct => "direct",
        QuotationType::Mixed => "mixed",
        QuotationType::Indirect => "indirect",
    }
}

/// Returns the CSS class of an entity type.
pub(super) fn class(kind: EntityType) -> &'static str {
    match kind {
        EntityType::Person => "person",
        EntityType::Organisation => "organisation",
        EntityType::Place => "place",
        EntityType::Event => "event",
        EntityType::Other => "other",
    }
}

/// Returns the CSS class of an entity type within a quotation.
fn quoted(kind: EntityType) -> &'static str {
    match kind {
        EntityType::Person => "said person",
        EntityType::Organisation => "said organisation",
        EntityType::Place => "said place",
        EntityType::Event => "said event",
        EntityType::Other => "said other",
    }
}

/// For each character: the mention that it belongs to, and whether it is quoted.
struct Highlights(Vec<(Option<(u32, EntityType)>, bool)>);

impl Highlights {
    fn new(length: usize, entities: &EntitySet, quotes: &[Quotation]) -> Self {
        let mut highlights = vec![(None, false); length];
        let mut number = 0;
        for entity in &entities.entities {
            for mention in entity.mentions.iter().filter(|mention| mention.kind == MentionKind::Name) {
                number += 1;
                let place = highlights.get_mut(mention.start..mention.end.min(length)).unwrap_or_default();
                // If two mentions overlap, the first one is marked.
                if place.iter().all(|(name, _)| name.is_none()) {
                    for highlight in place {
                        highlight.0 = Some((number, entity.r#type));
                    }
                }
            }
        }
        for segment in quotes.iter().flat_map(|quote| &quote.segments) {
            let place = highlights.get_mut(segment.start..segment.end.min(length)).unwrap_or_default();
            for highlight in place {
                highlight.1 = true;
            }
        }
        Self(highlights)
    }

    fn spans(&self, chars: &[char], block: &Block) -> Vec<Span> {
        let (start, end) = (block.start.min(chars.len()), block.end.min(chars.len()));
        let mut spans: Vec<Span> = Vec::new();
        let mut last = None;
        for (highlight, character) in self.0.iter().zip(chars).take(end).skip(start) {
            let highlight = *highlight;
            if last != Some(highlight) {
                let class = match highlight {
                    (None, false) => "",
                    (None, true) => "said",
                    (Some((_, kind)), false) => class(kind),
                    (Some((_, kind)), true) => quoted(kind),
                };
                spans.push(Span { text: String::new(), class });
                last = Some(highlight);
            }
            if let Some(span) = spans.last_mut() {
                span.text.push(plain::character(*character));
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Entity, Mention};

    fn article(text: &str) -> Article {
        let first = text.find("\n\n").map(|at| text[..at].chars().count()).unwrap();
        let json = serde_json::json!({
            "id": uuid::Uuid::nil(), "revision": 1, "pubstatus": "usable", "content_source": "page", "text": text, "word_count": 1,
            "blocks": [{ "kind": "headline", "start": 0, "end": first },
                       { "kind": "paragraph", "start": first + 2, "end": text.chars().count() }]
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn names_and_speech_are_marked_where_they_stand() {
        let article = article("H\u{e9}\n\n\u{201c}Go to Paris,\u{201d} said Ann.");
        let mention = |start, end| Mention { start, end, text: String::new(), kind: MentionKind::Name };
        let entity = |kind, mentions| Entity {
            id: "e1".into(),
            name: String::new(),
            r#type: kind,
            role: None,
            salience: 0.5,
            wikidata: None,
            mentions,
        };
        let entities = vec![
            entity(EntityType::Place, vec![mention(11, 16)]),
            // The last two lie outside the text.
            entity(EntityType::Person, vec![mention(24, 27), mention(26, 999), mention(5_000, 5_001)]),
        ];
        let set = EntitySet { article_id: article.id, revision: 1, entities, extractor: None, feed: None };
        let mut quote: Quotation = serde_json::from_value(serde_json::json!({
            "id": "q", "type": "direct", "segments": [{ "start": 5, "end": 17 }], "text": "Go to Paris,", "quoted": [],
            "speaker": null, "cue": null, "block": 1, "confidence": 1.0
        }))
        .unwrap();
        let limits = Limits { chars: 1_000, blocks: 9, quotes: 9, quote_chars: 5 };
        let (blocks, cut) = super::blocks(&article, &set, std::slice::from_ref(&quote), limits);
        let spans: Vec<(&str, &str)> = blocks[0].spans.iter().map(|p| (p.text.as_str(), p.class)).collect();
        let want = [
            ("\u{201c}", ""),
            ("Go to ", "said"),
            ("Paris", "said place"),
            (",", "said"),
            ("\u{201d} said ", ""),
            ("Ann", "person"),
            (".", ""),
        ];
        assert_eq!(spans, want);
        assert_eq!((blocks.len(), blocks[0].quotes[0].text.as_str(), cut), (1, "Go to\u{2026}", false));
        // One within it is shown as a part of it.
        let inner = Quotation { id: "i".into(), text: "Go".into(), within: Some("q".into()), ..quote.clone() };
        let (blocks, _) = super::blocks(&article, &set, &[quote.clone(), inner], limits);
        assert_eq!((blocks[0].quotes.len(), blocks[0].quotes[0].literal.as_slice()), (1, &["Go".to_owned()][..]));
        // A quotation in the headline is shown beside the first block.
        quote.block = 0;
        let (blocks, cut) = super::blocks(&article, &set, &[quote], Limits { chars: 8, ..limits });
        assert_eq!((blocks[0].quotes.len(), blocks[0].spans.len(), cut), (1, 2, true));
    }
}
