//! The file of weights.
//!
//! `DLCRF1`, the number of labels, the labels (a length byte, then UTF-8), the weights of the moves (16-bit), the number of features
//! (32-bit); then the features in rising order: the distance to the one before, a bit for each label that it weighs for or
//! against, and those weights (8-bit). Numbers are little-endian; distances and bits are written in groups of seven bits, lowest first.

use super::MAX_LABELS;

const MAGIC: &[u8; 6] = b"DLCRF1";

/// Weights as training leaves them. One unit is the same for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    /// The labels.
    pub labels: Vec<String>,
    /// Row-major: the weight of a label (column) after another (row).
    pub moves: Vec<i16>,
    /// The features.
    pub features: Vec<u32>,
    /// Row-major: the weights of each feature, one a label.
    pub rows: Vec<i8>,
}

/// The bytes are no weights.
#[derive(Debug, thiserror::Error)]
#[error("these are no weights of a linear tagger: {0}")]
pub struct Unreadable(&'static str);

impl Weights {
    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(self.labels.len() as u8);
        for label in &self.labels {
            out.push(label.len() as u8);
            out.extend(label.as_bytes());
        }
        out.extend(self.moves.iter().flat_map(|weight| weight.to_le_bytes()));
        let mut features: Vec<(u32, &[i8])> =
            self.features.iter().copied().zip(self.rows.chunks_exact(self.labels.len())).collect();
        features.retain(|(_, row)| row.iter().any(|weight| *weight != 0));
        features.sort_unstable_by_key(|(key, _)| *key);
        out.extend((features.len() as u32).to_le_bytes());
        let mut last = 0;
        for (key, row) in features {
            varint(key - last, &mut out);
            last = key;
            let bits = row.iter().enumerate().filter(|(_, weight)| **weight != 0).fold(0, |bits, (i, _)| bits | 1 << i);
            varint(bits, &mut out);
            out.extend(row.iter().filter(|weight| **weight != 0).map(|weight| weight.cast_unsigned()));
        }
        out
    }

    /// Reads the file.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut rest = Rest(bytes);
        if rest.take(MAGIC.len())? != MAGIC {
            return Err(Unreadable("they begin otherwise"));
        }
        let count = usize::from(rest.byte()?);
        if count == 0 || count > MAX_LABELS {
            return Err(Unreadable("no or too many labels"));
        }
        let mut labels = Vec::with_capacity(count);
        for _ in 0..count {
            let length = usize::from(rest.byte()?);
            let label = std::str::from_utf8(rest.take(length)?).map_err(|_| Unreadable("a label is no UTF-8"))?;
            labels.push(label.to_owned());
        }
        let moves = rest.take(count * count * 2)?;
        let moves = moves.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        let number = rest.take(4)?.iter().rev().fold(0u32, |sum, &byte| sum << 8 | u32::from(byte)) as usize;
        // A feature takes three bytes at least.
        if number > rest.0.len() / 3 {
            return Err(Unreadable("cut off"));
        }
        let mut features = Vec::with_capacity(number);
        let mut rows = vec![0; number * count];
        let mut key = 0u32;
        for row in rows.chunks_exact_mut(count) {
            key = key.checked_add(rest.varint()?).ok_or(Unreadable("a feature is too great"))?;
            features.push(key);
            let bits = rest.varint()?;
            for (_, weight) in row.iter_mut().enumerate().filter(|(label, _)| bits >> label & 1 == 1) {
                *weight = rest.byte()?.cast_signed();
            }
        }
        if !rest.0.is_empty() {
            return Err(Unreadable("too long"));
        }
        Ok(Self { labels, moves, features, rows })
    }
}

fn varint(mut number: u32, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Unreadable("cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Unreadable> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn varint(&mut self) -> Result<u32, Unreadable> {
        let mut number = 0;
        for shift in (0..5).map(|group| group * 7) {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Unreadable("a number is too long"))
    }
}
