//! Learns the blocks that repeat in the articles of a feed (sentences about the publisher, boxes, closing notes) and
//! removes them from the text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use dateline_record::{Article, BlockKind};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::xxh3_64;

use super::content::blocks::TextBlock;
use super::revision::reread::letters;

/// The maximum number of blocks stored for a feed, and added by one article.
const MOST_BLOCKS: usize = 256;
const MOST_OF_ARTICLE: usize = 64;
/// After this many articles all counts are halved, so blocks that no longer repeat are forgotten.
const ARTICLES: u8 = 64;
/// A block repeats if it occurred in at least this many articles, and in one of this many of the latest ones.
const FEWEST: u8 = 3;
const SHARE: u8 = 4;
/// Shorter blocks, in bytes of letters and digits, may well be the same in different articles.
const SHORT: usize = 24;
/// At most this fraction of a text is removed; more of it is not boilerplate.
const MOST_LEFT_OUT: usize = 3;

/// The blocks of a feed's latest articles, each with the number of articles that contain it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Learned {
    /// The number of articles observed; older ones count less.
    articles: u8,
    /// The blocks by their last occurrence, the oldest first.
    #[serde(serialize_with = "pack", deserialize_with = "unpack")]
    blocks: Vec<(u64, u8)>,
}

impl Learned {
    /// Adds the blocks of a new article.
    pub fn observe(&mut self, blocks: &[u64]) {
        self.articles = self.articles.saturating_add(1);
        let mut blocks: Vec<u64> = blocks.to_vec();
        blocks.sort_unstable();
        blocks.dedup();
        for block in blocks {
            let known = self.blocks.iter().position(|(known, _)| *known == block);
            let count = known.map_or(0, |at| self.blocks.remove(at).1);
            self.blocks.push((block, count.saturating_add(1)));
        }
        while self.blocks.len() > MOST_BLOCKS {
            // Of the rarest blocks, the one not seen for the longest time.
            let rarest = self.blocks.iter().enumerate().min_by_key(|(at, (_, count))| (*count, *at));
            let at = rarest.map_or(0, |(at, _)| at);
            self.blocks.remove(at);
        }
        if self.articles >= ARTICLES {
            self.articles /= 2;
            self.blocks.iter_mut().for_each(|(_, count)| *count /= 2);
            self.blocks.retain(|(_, count)| *count > 0);
        }
    }

    /// Returns whether a block repeats.
    fn repeats(&self, block: u64) -> bool {
        let count = self.blocks.iter().find(|(known, _)| *known == block).map_or(0, |(_, count)| *count);
        count >= FEWEST && count.saturating_mul(SHARE) >= self.articles
    }
}

/// Returns the blocks of an article that may repeat in others: the first and the last ones of a long one.
pub fn blocks(article: &Article) -> Vec<u64> {
    let parts = article.parts().into_iter();
    let mut blocks: Vec<u64> = parts.filter_map(|(block, text)| hash(block.kind, &letters(text))).collect();
    if blocks.len() > MOST_OF_ARTICLE {
        blocks.drain(MOST_OF_ARTICLE / 2..blocks.len() - MOST_OF_ARTICLE / 2);
    }
    blocks
}

/// Removes the blocks of an article that repeat in others of its feed, and returns their hashes. Nothing is removed if it would be a large part of
/// the text.
pub(super) fn drop_repeats(parts: &mut Vec<TextBlock>, learned: &Learned) -> Vec<u64> {
    if learned.articles < FEWEST {
        return Vec::new();
    }
    let (mut all, mut repeated) = (0, 0);
    let mut found: Vec<Option<u64>> = Vec::with_capacity(parts.len());
    for part in parts.iter() {
        let letters = letters(&part.text);
        let repeat = hash(part.kind, &letters).filter(|block| learned.repeats(*block));
        all += letters.len();
        repeated += repeat.map_or(0, |_| letters.len());
        found.push(repeat);
    }
    if repeated * MOST_LEFT_OUT > all {
        return Vec::new();
    }
    let mut is_repeated = found.iter().map(Option::is_some);
    parts.retain(|_| !is_repeated.next().unwrap_or(false));
    found.into_iter().flatten().take(MOST_OF_ARTICLE).collect()
}

/// Returns a number for a block by its words; `None` where it may be the same in different articles.
fn hash(kind: BlockKind, letters: &str) -> Option<u64> {
    let is_text = matches!(kind, BlockKind::Paragraph | BlockKind::ListItem | BlockKind::Blockquote);
    (is_text && letters.len() >= SHORT).then(|| xxh3_64(letters.as_bytes()))
}

/// Nine bytes a block, as text.
fn pack<S: Serializer>(blocks: &[(u64, u8)], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> =
        blocks.iter().flat_map(|(block, count)| block.to_le_bytes().into_iter().chain([*count])).collect();
    serializer.serialize_str(&STANDARD_NO_PAD.encode(bytes))
}

fn unpack<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(u64, u8)>, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    let bytes = STANDARD_NO_PAD.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
    let (blocks, _) = bytes.as_chunks::<9>();
    let of = |[a, b, c, d, e, f, g, h, count]: &[u8; 9]| (u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), *count);
    Ok(blocks.iter().take(MOST_BLOCKS).map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SiteContext, read_page};

    const BOX: &str =
        "Varholm News is run by its readers. If you would like to help, write to the editors of the isles.";
    const REFRAIN: &str = "And still the lamp upon the pier is burning, and still the lamp is burning for the ferry.";

    /// Returns an article about this number, ending with these paragraphs.
    fn page(n: usize, more: &[&str]) -> String {
        let own = ["captain", "owner", "engineer", "cook"].map(|who| {
            format!("<p>The {who} of ferry number {n} said on Tuesday that it stays in harbour until its engine is mended.</p>")
        });
        let more: String = more.iter().map(|text| format!("<p>{text}</p>")).collect();
        format!(
            "<html lang=en><head><title>Ferry {n} stays</title></head><body><h1>Ferry {n} stays</h1><article>{}{more}</article></body></html>",
            own.concat()
        )
    }

    /// Reads a page with the blocks learned so far, and learns from it. Returns whether the paragraph is in the text.
    fn read(learned: &mut Learned, html: &str, paragraph: &str) -> bool {
        let context = SiteContext { learned: Some(learned), ..SiteContext::default() };
        let reading = read_page(html, None, None, None, &context);
        let found = [blocks(&reading.article), reading.repeated].concat();
        learned.observe(&found);
        reading.article.text.contains(paragraph)
    }

    #[test]
    fn what_repeats_is_left_out_from_the_fourth_article_on() {
        let mut learned = Learned::default();
        let found: Vec<bool> = (0..200).map(|n| read(&mut learned, &page(n, &[BOX]), BOX)).collect();
        assert_eq!(found[..3], [true; 3]);
        assert!(found[3..].iter().all(|found| !found), "what is left out stays known");
        // A site that gives it up, and takes it up again years later.
        for n in 0..600 {
            read(&mut learned, &page(n, &[]), BOX);
        }
        assert!(read(&mut learned, &page(0, &[BOX]), BOX));
    }

    #[test]
    fn what_does_not_repeat_stays() {
        let long = BOX.repeat(8);
        for (name, more, paragraph) in [
            ("a refrain in one article", &[REFRAIN, "Then came the night.", REFRAIN, REFRAIN, REFRAIN][..], REFRAIN),
            ("a short line", &["We asked them."], "We asked them."),
            ("most of the text", &[long.as_str()], BOX),
        ] {
            let mut learned = Learned::default();
            let is_in_one = name.contains("one article");
            for n in 0..20 {
                let more = if is_in_one && n != 10 { &[][..] } else { more };
                let wanted = !is_in_one || n == 10;
                assert_eq!(read(&mut learned, &page(n, more), paragraph), wanted, "{name}, article {n}");
            }
        }
        // In one article of five.
        let mut learned = Learned::default();
        for n in 0..100 {
            let has_box = n % 5 == 4;
            assert_eq!(read(&mut learned, &page(n, if has_box { &[BOX] } else { &[] }), BOX), has_box, "article {n}");
        }
    }

    #[test]
    fn what_is_learned_is_bounded_and_the_same_each_time() {
        let learn = |restarts: bool| {
            let mut learned = Learned::default();
            for n in 0..300_u64 {
                let mut blocks: Vec<u64> = (0..60).map(|block| n * 1_000 + block).collect();
                blocks.extend(if n % 3 == 0 { [7, 8] } else { [7, 9] });
                learned.observe(&blocks);
                assert!(learned.blocks.len() <= MOST_BLOCKS && learned.articles < ARTICLES);
                if restarts {
                    learned = serde_json::from_str(&serde_json::to_string(&learned).unwrap()).unwrap();
                }
            }
            learned
        };
        let learned = learn(false);
        assert_eq!(learn(true), learned);
        assert_eq!([7, 8, 9, 299_001].map(|block| learned.repeats(block)), [true, true, true, false]);
        assert!(serde_json::to_string(&learned).unwrap().len() < 3_200);
    }

    #[test]
    fn state_from_elsewhere_is_read_as_far_as_it_goes() {
        assert_eq!(serde_json::from_str::<Learned>("{}").unwrap(), Learned::default());
        let long = STANDARD_NO_PAD.encode([1; 9 * 1_000 + 4]);
        let learned: Learned = serde_json::from_str(&format!("{{\"articles\":255,\"blocks\":\"{long}\"}}")).unwrap();
        assert_eq!(learned.blocks.len(), MOST_BLOCKS);
        let mut learned = learned;
        learned.observe(&[1]);
        assert!(learned.articles < u8::MAX);
        assert!(serde_json::from_str::<Learned>("{\"blocks\":\"?\"}").is_err());
    }
}
