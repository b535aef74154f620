//! The entries of a feed's last complete reading, in feed order: what is missing among them now was removed.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The entries of a reading, in feed order. Of each key 32 bits are kept, enough to tell the entries of one feed apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShownEntries(Box<[u32]>);

fn short(key: u128) -> u32 {
    key as u32
}

impl ShownEntries {
    /// Remembers these entries.
    pub fn new(keys: &[u128]) -> Self {
        Self(keys.iter().copied().map(short).collect())
    }

    /// Returns whether there was no reading yet, or an empty one.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns a set to look keys up in.
    pub fn set(&self) -> ShownSet {
        ShownSet(self.0.iter().copied().collect())
    }

    /// Returns how many entries are missing now although entries on both sides are still shown: they were removed, not
    /// pushed out. `None` if there was no reading yet.
    pub fn vanished(&self, now: &[u128]) -> Option<usize> {
        if self.is_empty() {
            return None;
        }
        let now: HashSet<u32> = now.iter().copied().map(short).collect();
        let first = self.0.iter().position(|key| now.contains(key)).unwrap_or(0);
        let last = self.0.iter().rposition(|key| now.contains(key)).unwrap_or(0);
        Some(self.0[first..last].iter().filter(|key| !now.contains(key)).count())
    }
}

/// The same entries, to look keys up in.
#[derive(Debug, Default)]
pub struct ShownSet(HashSet<u32>);

impl ShownSet {
    /// Returns whether the entry was shown.
    pub fn has(&self, key: u128) -> bool {
        self.0.contains(&short(key))
    }
}

/// As text: the keys, little-endian, four bytes each, in Base64.
impl Serialize for ShownEntries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|key| key.to_le_bytes()).collect();
        serializer.serialize_str(&STANDARD_NO_PAD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for ShownEntries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        let bytes = STANDARD_NO_PAD.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removal_from_the_middle_is_distinguished_from_the_end() {
        assert_eq!(ShownEntries::default().vanished(&[5, 3]), None);
        let shown = ShownEntries::new(&[5, 4, 3, 2, 1]);
        for (now, vanished) in [(&[6_u128, 5, 3, 2][..], 1), (&[7, 6, 5, 4, 3], 0), (&[9, 8], 0), (&[5, 1], 3)] {
            assert_eq!(shown.vanished(now), Some(vanished), "{now:?}");
        }
    }

    #[test]
    fn what_was_shown_is_written_as_text() {
        let shown = ShownEntries::new(&[1, u128::MAX, 7]);
        let text = serde_json::to_string(&shown).unwrap();
        assert_eq!(serde_json::from_str::<ShownEntries>(&text).unwrap(), shown);
        assert!(shown.set().has(7) && !shown.set().has(8) && shown.len() == 3);
    }
}
