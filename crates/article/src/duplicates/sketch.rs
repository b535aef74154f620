//! Sketches of texts for comparison: the smallest hashes of their word sequences (Broder 1997; bottom-k, Thorup 2013).
//!
//! Shortened copies are common for wire copy, so the measure is containment, not resemblance: both sketches are
//! compared up to the hash that both reach, where each is a fair sample of its text, whatever the lengths.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "shares of counts; of hashes 32 bits are kept"
)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use dateline_record::{Article, BlockKind};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::xxh3_64;

/// Words of a sequence: long enough that two texts share one by copying, short enough that an edited word spoils few.
const SEQUENCE: usize = 4;
/// The maximum number of hashes of a text.
pub const HASHES: usize = 96;
/// Texts with fewer different sequences are not compared: short notices resemble each other.
const LEAST: usize = 40;
/// Words read of a text; what comes after them is not compared.
const MOST_WORDS: usize = 50_000;

/// A sample of a text's word sequences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    /// The number of distinct sequences of the text.
    sequences: u32,
    /// The smallest of their hashes, ascending.
    hashes: Box<[u32]>,
}

/// The overlap of two sketches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// The number of common hashes.
    pub shared: usize,
    /// The share of this text's sequences that stand in the other, estimated.
    pub of_this: f64,
    /// The share of the other text's sequences that stand in this one, estimated.
    pub of_other: f64,
}

impl Sketch {
    /// Returns the sketch of an article's body: without headline, subheadings and captions, which each site writes for itself. `None` where
    /// it is too short to be compared.
    pub fn of(article: &Article) -> Option<Self> {
        let body = article.parts().into_iter().filter(|(block, _)| {
            matches!(block.kind, BlockKind::Paragraph | BlockKind::ListItem | BlockKind::Blockquote)
        });
        Self::of_texts(body.map(|(_, text)| text))
    }

    /// Returns the sketch of a text that comes in pieces.
    pub fn of_texts<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut words = Vec::new();
        for text in texts {
            hash_words(text, &mut words);
        }
        words.truncate(MOST_WORDS);
        let mut hashes: Vec<u32> = words.windows(SEQUENCE).map(hash_sequence).collect();
        hashes.sort_unstable();
        hashes.dedup();
        if hashes.len() < LEAST {
            return None;
        }
        let sequences = u32::try_from(hashes.len()).unwrap_or(u32::MAX);
        hashes.truncate(HASHES);
        Some(Self { sequences, hashes: hashes.into() })
    }

    /// Returns the number of sequences and the hashes, little-endian, four bytes each.
    pub fn to_bytes(&self) -> Vec<u8> {
        let numbers = std::iter::once(&self.sequences).chain(&self.hashes);
        numbers.flat_map(|number| number.to_le_bytes()).collect()
    }

    /// Reads what [`Sketch::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<4>();
        let mut numbers = numbers.iter().map(|bytes| u32::from_le_bytes(*bytes));
        let sequences = numbers.next()?;
        let hashes: Box<[u32]> = numbers.collect();
        let sound = rest.is_empty()
            && hashes.len() == HASHES.min(sequences as usize)
            && hashes.len() >= LEAST
            && hashes.windows(2).all(|pair| pair[0] < pair[1]);
        sound.then_some(Self { sequences, hashes })
    }

    /// The number of distinct sequences of the text.
    pub fn sequences(&self) -> u32 {
        self.sequences
    }

    /// Returns the smallest hashes, ascending.
    pub fn hashes(&self) -> &[u32] {
        &self.hashes
    }

    /// Returns the largest hash up to which the sample is complete.
    fn reach(&self) -> u32 {
        if self.hashes.len() < self.sequences as usize { self.hashes[self.hashes.len() - 1] } else { u32::MAX }
    }

    /// Compares two texts.
    pub fn overlap(&self, other: &Self) -> Overlap {
        let reach = self.reach().min(other.reach());
        let within = |hashes: &[u32]| hashes.partition_point(|hash| *hash <= reach);
        let (this, those) = (&self.hashes[..within(&self.hashes)], &other.hashes[..within(&other.hashes)]);
        let (mut i, mut j, mut shared) = (0, 0, 0);
        while let (Some(a), Some(b)) = (this.get(i), those.get(j)) {
            shared += usize::from(a == b);
            i += usize::from(a <= b);
            j += usize::from(b <= a);
        }
        let share = |of: usize| if of == 0 { 0.0 } else { shared as f64 / of as f64 };
        Overlap { shared, of_this: share(this.len()), of_other: share(those.len()) }
    }
}

/// Appends a hash for each word: letters and digits in lower case, so quotation marks, dashes and white space do not
/// count. In scripts that are written without spaces each character is a word.
fn hash_words(text: &str, words: &mut Vec<u32>) {
    let mut word = String::new();
    let mut end = |word: &mut String| {
        if !word.is_empty() {
            words.push(xxh3_64(word.as_bytes()) as u32);
            word.clear();
        }
    };
    for c in text.chars() {
        if !c.is_alphanumeric() {
            end(&mut word);
            continue;
        }
        if is_unspaced(c) {
            end(&mut word);
        }
        word.extend(c.to_lowercase());
        if is_unspaced(c) {
            end(&mut word);
        }
    }
    end(&mut word);
}

/// Returns whether a character is of a script without spaces between words: Thai to Burmese, Khmer, kana and Han.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x2e80..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

fn hash_sequence(words: &[u32]) -> u32 {
    let mixed = words.iter().fold(0x9e37_79b9_7f4a_7c15_u64, |hash, word| {
        (hash ^ u64::from(*word)).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(29)
    });
    (mixed.wrapping_mul(0xc4ce_b9fe_1a85_ec53) >> 32) as u32
}

/// As text: the number of sequences and the hashes, little-endian, in Base64.
impl Serialize for Sketch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD_NO_PAD.encode(self.to_bytes()))
    }
}

impl<'de> Deserialize<'de> for Sketch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let bytes = STANDARD_NO_PAD.decode(text.as_bytes()).map_err(D::Error::custom)?;
        Self::from_bytes(&bytes).ok_or_else(|| D::Error::custom("no sketch of a text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: std::ops::Range<usize>) -> String {
        words.map(|i| format!("word{i}")).collect::<Vec<_>>().join(" ")
    }

    fn sketch(text: &str) -> Sketch {
        Sketch::of_texts(std::iter::once(text)).unwrap()
    }

    #[test]
    fn marks_case_and_spaces_do_not_count() {
        let plain = "“We won’t pay,” he said — and left the room at 3 o’clock with all of his notes. ".to_owned()
            + &text(0..60);
        let other = plain.to_uppercase().replace(['“', '”'], "\"").replace('’', "'").replace(' ', "\n\n  ");
        assert_eq!(sketch(&plain), sketch(&other));
    }

    #[test]
    fn a_cut_copy_stands_in_its_original_whatever_its_length() {
        let whole = sketch(&text(0..2_000));
        for part in [0..1_000, 0..660, 1_400..2_000, 500..900] {
            let overlap = sketch(&text(part.clone())).overlap(&whole);
            let share = part.len() as f64 / 2_000.0;
            assert!(overlap.of_this > 0.999, "{part:?}");
            assert!((overlap.of_other - share).abs() < 0.12, "{part:?}: {overlap:?}");
        }
        assert_eq!(sketch(&text(2_000..3_000)).overlap(&whole).shared, 0);
    }

    #[test]
    fn scripts_without_spaces_are_compared_by_character() {
        let line: String = (0..80).map(|i| char::from_u32(0x4e00 + i * 7).unwrap()).collect();
        assert_eq!(sketch(&line).sequences(), 77);
    }

    #[test]
    fn short_texts_are_not_compared() {
        assert_eq!(Sketch::of_texts(std::iter::once(text(0..42).as_str())), None);
        assert_eq!(Sketch::of_texts(std::iter::once("no ".repeat(1_000).as_str())), None);
        assert!(Sketch::of_texts(std::iter::once(text(0..43).as_str())).is_some());
    }

    #[test]
    fn a_file_is_written_and_read_back_and_invalid_data_is_rejected() {
        for length in [60, 2_000] {
            let sketch = sketch(&text(0..length));
            let json = serde_json::to_string(&sketch).unwrap();
            assert_eq!(serde_json::from_str::<Sketch>(&json).unwrap(), sketch);
        }
        for nonsense in ["\"\"", "\"AAAA\"", "\"!\"", "7"] {
            assert!(serde_json::from_str::<Sketch>(nonsense).is_err(), "{nonsense}");
        }
    }
}
