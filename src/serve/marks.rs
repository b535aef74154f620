//! A story's text in pieces: names marked by their type, quotations by a line under them, and beside each block what is said in it.

use crate::record::{Article, Block, BlockKind, EntitySet, EntityType, MentionKind, Quotation, QuotationType};

use super::plain;

/// A block of the text.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub kind: BlockKind,
    pub pieces: Vec<Piece>,
    pub credit: Option<String>,
    /// What begins to be said here.
    pub quotes: Vec<Said>,
}

impl Part {
    /// The class of its paragraph.
    pub fn class(&self) -> &'static str {
        match self.kind {
            BlockKind::Headline | BlockKind::Paragraph => "paragraph",
            BlockKind::Subheading => "subheading",
            BlockKind::ListItem => "list_item",
            BlockKind::Blockquote => "blockquote",
            BlockKind::Caption => "caption",
        }
    }
}

/// A stretch of text that is marked alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub text: String,
    /// The class of its mark; empty where it has none.
    pub class: &'static str,
}

/// A quotation as it is shown.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub text: String,
    pub speaker: Option<String>,
    /// The same for the address of a link.
    pub speaker_query: String,
    pub role: Option<String>,
    pub cue: Option<String>,
    pub kind: &'static str,
}

/// What is shown of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Characters, of whole blocks where they are not longer by themselves.
    pub chars: usize,
    /// Blocks.
    pub blocks: usize,
    /// Quotations.
    pub quotes: usize,
    /// Characters of one quotation.
    pub quote_chars: usize,
}

/// The parts of a text, and whether anything was left out.
pub(super) fn parts(
    article: &Article,
    entities: &EntitySet,
    quotes: &[Quotation],
    limits: Limits,
) -> (Vec<Part>, bool) {
    let chars: Vec<char> = article.text.chars().take(limits.chars).collect();
    let whole = article.text.chars().nth(limits.chars).is_none();
    let marks = Marks::new(chars.len(), entities, quotes);
    let mut parts: Vec<Part> = Vec::new();
    let mut cut = !whole;
    let mut left = limits.quotes;
    let mut headline_quotes: Vec<&Quotation> = Vec::new();
    for (index, block) in article.blocks.iter().enumerate() {
        let begin_here = quotes.iter().filter(|quote| quote.block == index);
        if block.kind == BlockKind::Headline {
            headline_quotes.extend(begin_here); // told beside the first block
            continue;
        }
        if parts.len() == limits.blocks || block.start >= chars.len() {
            cut = true;
            break;
        }
        let mut said: Vec<Said> = Vec::new();
        for quote in std::mem::take(&mut headline_quotes).into_iter().chain(begin_here) {
            if left == 0 {
                cut = true;
                break;
            }
            left -= 1;
            said.push(Said::new(quote, limits.quote_chars));
        }
        let credit = block.credit.as_deref().map(|credit| plain::text(credit, 200));
        parts.push(Part { kind: block.kind, pieces: marks.pieces(&chars, block), credit, quotes: said });
    }
    (parts, cut)
}

impl Said {
    pub(super) fn new(quote: &Quotation, most: usize) -> Self {
        let speaker = quote.speaker.as_ref();
        let name = speaker.and_then(|speaker| speaker.name.as_deref().or(speaker.text.as_deref()));
        let name = name.map(|name| plain::text(name, 120));
        // "the study", study: said once.
        let is_told =
            |role: &&str| name.as_deref().is_none_or(|name| !name.to_lowercase().contains(&role.to_lowercase()));
        let role = speaker.and_then(|speaker| speaker.role.as_deref()).filter(is_told);
        let role = role.map(|role| plain::text(role, 120));
        Self {
            text: plain::text(&quote.text, most),
            speaker_query: url::form_urlencoded::byte_serialize(name.as_deref().unwrap_or("").as_bytes()).collect(),
            speaker: name,
            role,
            cue: quote.cue.as_ref().map(|cue| plain::text(&cue.text, 60)),
            kind: kind(quote.r#type),
        }
    }
}

/// The word for a way to quote.
pub(super) fn kind(kind: QuotationType) -> &'static str {
    match kind {
        QuotationType::Direct => "direct",
        QuotationType::Mixed => "mixed",
        QuotationType::Indirect => "indirect",
    }
}

/// The class of a type of entities.
pub(super) fn class(kind: EntityType) -> &'static str {
    match kind {
        EntityType::Person => "person",
        EntityType::Organisation => "organisation",
        EntityType::Place => "place",
        EntityType::Event => "event",
        EntityType::Other => "other",
    }
}

/// The same within a quotation.
fn quoted(kind: EntityType) -> &'static str {
    match kind {
        EntityType::Person => "said person",
        EntityType::Organisation => "said organisation",
        EntityType::Place => "said place",
        EntityType::Event => "said event",
        EntityType::Other => "said other",
    }
}

/// For each character the mention that it belongs to, and whether it is said.
struct Marks(Vec<(Option<(u32, EntityType)>, bool)>);

impl Marks {
    fn new(length: usize, entities: &EntitySet, quotes: &[Quotation]) -> Self {
        let mut marks = vec![(None, false); length];
        let mut number = 0;
        for entity in &entities.entities {
            for mention in entity.mentions.iter().filter(|mention| mention.kind == MentionKind::Name) {
                number += 1;
                let place = marks.get_mut(mention.start..mention.end.min(length)).unwrap_or_default();
                // Two that overlap: the first one stands.
                if place.iter().all(|(name, _)| name.is_none()) {
                    for mark in place {
                        mark.0 = Some((number, entity.r#type));
                    }
                }
            }
        }
        for segment in quotes.iter().flat_map(|quote| &quote.segments) {
            let place = marks.get_mut(segment.start..segment.end.min(length)).unwrap_or_default();
            for mark in place {
                mark.1 = true;
            }
        }
        Self(marks)
    }

    fn pieces(&self, chars: &[char], block: &Block) -> Vec<Piece> {
        let (start, end) = (block.start.min(chars.len()), block.end.min(chars.len()));
        let mut pieces: Vec<Piece> = Vec::new();
        let mut last = None;
        for (mark, character) in self.0.iter().zip(chars).take(end).skip(start) {
            let mark = *mark;
            if last != Some(mark) {
                let class = match mark {
                    (None, false) => "",
                    (None, true) => "said",
                    (Some((_, kind)), false) => class(kind),
                    (Some((_, kind)), true) => quoted(kind),
                };
                pieces.push(Piece { text: String::new(), class });
                last = Some(mark);
            }
            if let Some(piece) = pieces.last_mut() {
                piece.text.push(plain::character(*character));
            }
        }
        pieces
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
            // The last two lie where nothing is.
            entity(EntityType::Person, vec![mention(24, 27), mention(26, 999), mention(5_000, 5_001)]),
        ];
        let set = EntitySet { article_id: article.id, revision: 1, entities };
        let mut quote: Quotation = serde_json::from_value(serde_json::json!({
            "id": "q", "type": "direct", "segments": [{ "start": 5, "end": 17 }], "text": "Go to Paris,", "quoted": [],
            "speaker": null, "cue": null, "block": 1, "confidence": 1.0
        }))
        .unwrap();
        let limits = Limits { chars: 1_000, blocks: 9, quotes: 9, quote_chars: 5 };
        let (parts, cut) = super::parts(&article, &set, std::slice::from_ref(&quote), limits);
        let pieces: Vec<(&str, &str)> = parts[0].pieces.iter().map(|p| (p.text.as_str(), p.class)).collect();
        let want = [
            ("\u{201c}", ""),
            ("Go to ", "said"),
            ("Paris", "said place"),
            (",", "said"),
            ("\u{201d} said ", ""),
            ("Ann", "person"),
            (".", ""),
        ];
        assert_eq!(pieces, want);
        assert_eq!((parts.len(), parts[0].quotes[0].text.as_str(), cut), (1, "Go to\u{2026}", false));
        // Said in the headline: beside the first block.
        quote.block = 0;
        let (parts, cut) = super::parts(&article, &set, &[quote], Limits { chars: 8, ..limits });
        assert_eq!((parts[0].quotes.len(), parts[0].pieces.len(), cut), (1, 2, true));
    }
}
