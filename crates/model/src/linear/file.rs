//! The file format of the weights.
//!
//! A file contains: `DLCRF2`; the number of labels; the labels (a length byte, then UTF-8); the transition weights
//! (16-bit); the number of distinct rows (32-bit); for each row a bit for each label with a weight, and those weights
//! (8-bit); the number of features (32-bit); for each feature, in ascending order, the distance to the previous one and
//! the index of its row. Numbers are little-endian; distances, bits and indices are written in groups of seven bits,
//! lowest first.

use std::cmp::Reverse;
use std::collections::HashMap;

/// The maximum number of labels.
const MAX_LABELS: usize = 32;

const MAGIC: &[u8; 6] = b"DLCRF2";

/// Weights, as written by training. All of them have the same unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    pub(super) labels: Vec<String>,
    pub(super) moves: Vec<i16>,
    /// The features, in ascending order.
    pub(super) features: Vec<u32>,
    /// The index of each feature's row.
    pub(super) which: Vec<u32>,
    /// The distinct rows, with one weight for each label; those of the most features come first.
    pub(super) rows: Vec<i8>,
}

/// The bytes are not valid weights.
#[derive(Debug, thiserror::Error)]
#[error("invalid weights of a linear tagger: {0}")]
pub struct WeightsError(&'static str);

impl Weights {
    /// Creates weights for labels: `moves` of a label (column) after another (row), `rows` of a feature (row) for a label (column).
    pub fn new(labels: Vec<String>, moves: Vec<i16>, features: &[u32], rows: &[i8]) -> Self {
        let mut told: Vec<(u32, &[i8])> = features.iter().copied().zip(rows.chunks_exact(labels.len())).collect();
        told.retain(|(_, row)| row.iter().any(|weight| *weight != 0));
        told.sort_unstable();
        told.dedup_by_key(|(feature, _)| *feature);
        let mut counts: HashMap<&[i8], u32> = HashMap::new();
        for (_, row) in &told {
            *counts.entry(row).or_default() += 1;
        }
        let mut rows: Vec<(&[i8], u32)> = counts.into_iter().collect();
        rows.sort_unstable_by_key(|&(row, count)| (Reverse(count), row));
        let numbers: HashMap<&[i8], u32> = rows.iter().zip(0..).map(|((row, _), number)| (*row, number)).collect();
        Self {
            features: told.iter().map(|(feature, _)| *feature).collect(),
            which: told.iter().map(|(_, row)| numbers[row]).collect(),
            rows: rows.iter().flat_map(|(row, _)| *row).copied().collect(),
            labels,
            moves,
        }
    }

    /// Returns the weight of each label (column) after another (row).
    pub fn moves(&self) -> &[i16] {
        &self.moves
    }

    /// Returns the contents of a file of weights.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        let width = self.labels.len();
        out.push(width as u8);
        for label in &self.labels {
            out.push(label.len() as u8);
            out.extend(label.as_bytes());
        }
        out.extend(self.moves.iter().flat_map(|weight| weight.to_le_bytes()));
        out.extend(((self.rows.len() / width) as u32).to_le_bytes());
        for row in self.rows.chunks_exact(width) {
            let bits = row.iter().enumerate().filter(|(_, weight)| **weight != 0).fold(0, |bits, (i, _)| bits | 1 << i);
            varint(bits, &mut out);
            out.extend(row.iter().filter(|weight| **weight != 0).map(|weight| weight.cast_unsigned()));
        }
        out.extend((self.features.len() as u32).to_le_bytes());
        let mut last = 0;
        for (&feature, &row) in self.features.iter().zip(&self.which) {
            varint(feature - last, &mut out);
            varint(row, &mut out);
            last = feature;
        }
        out
    }

    /// Reads the contents of a file of weights.
    pub fn read(bytes: &[u8]) -> Result<Self, WeightsError> {
        let mut rest = Rest(bytes);
        if rest.take(MAGIC.len())? != MAGIC {
            return Err(WeightsError("unknown format"));
        }
        let count = usize::from(rest.byte()?);
        if count == 0 || count > MAX_LABELS {
            return Err(WeightsError("no labels, or too many"));
        }
        let mut labels = Vec::with_capacity(count);
        for _ in 0..count {
            let length = usize::from(rest.byte()?);
            let label = std::str::from_utf8(rest.take(length)?).map_err(|_| WeightsError("a label is not UTF-8"))?;
            labels.push(label.to_owned());
        }
        let moves = rest.take(count * count * 2)?;
        let moves = moves.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        let mut rows = vec![0; rest.number()? * count];
        for row in rows.chunks_exact_mut(count) {
            let bits = rest.varint()?;
            for (_, weight) in row.iter_mut().enumerate().filter(|(label, _)| bits >> label & 1 == 1) {
                *weight = rest.byte()?.cast_signed();
            }
        }
        let number = rest.number()?;
        let (mut features, mut which) = (Vec::with_capacity(number), Vec::with_capacity(number));
        let mut last: Option<u32> = None;
        for _ in 0..number {
            let distance = rest.varint()?;
            let feature = match last {
                Some(_) if distance == 0 => return Err(WeightsError("a feature occurs twice")),
                last => last.unwrap_or(0).checked_add(distance).ok_or(WeightsError("a feature is too large"))?,
            };
            let row = rest.varint()?;
            if row as usize >= rows.len() / count {
                return Err(WeightsError("a row is missing"));
            }
            features.push(feature);
            which.push(row);
            last = Some(feature);
        }
        if !rest.0.is_empty() {
            return Err(WeightsError("too long"));
        }
        Ok(Self { labels, moves, features, which, rows })
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
    fn take(&mut self, length: usize) -> Result<&'a [u8], WeightsError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(WeightsError("truncated"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, WeightsError> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// Returns the number of rows or features that follow, each of which takes at least two bytes.
    fn number(&mut self) -> Result<usize, WeightsError> {
        let number = self.take(4)?.iter().rev().fold(0u32, |sum, &byte| sum << 8 | u32::from(byte)) as usize;
        if number > self.0.len() / 2 { Err(WeightsError("truncated")) } else { Ok(number) }
    }

    fn varint(&mut self) -> Result<u32, WeightsError> {
        let mut number = 0;
        for shift in (0..5).map(|group| group * 7) {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(WeightsError("a number is too long"))
    }
}
