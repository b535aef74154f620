//! The weights carried in the program: a safetensors file.

use std::ops::Range;

use serde_json::Value;

/// Named tensors over the bytes of a file.
pub(super) struct Tensors {
    header: Value,
    data: &'static [u8],
}

impl Tensors {
    /// Reads the header. The file is part of the program: a fault in it is one of the build, which the tests show.
    pub(super) fn new(file: &'static [u8]) -> Self {
        let (length, rest) = file.split_first_chunk::<8>().expect("a length");
        let (header, data) = rest.split_at(usize::try_from(u64::from_le_bytes(*length)).expect("a length"));
        Self { header: serde_json::from_slice(header).expect("a JSON header"), data }
    }

    /// The bytes of a tensor of so many bytes.
    pub(super) fn bytes(&self, name: &str, length: usize) -> &'static [u8] {
        let bytes = self.range(name).and_then(|range| self.data.get(range));
        bytes.filter(|bytes| bytes.len() == length).unwrap_or_else(|| panic!("the weights lack {name}"))
    }

    /// The values of a tensor of so many 32-bit floats.
    pub(super) fn floats(&self, name: &str, length: usize) -> Vec<f32> {
        self.bytes(name, 4 * length).as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect()
    }

    /// A tensor that holds text.
    pub(super) fn text(&self, name: &str) -> &'static str {
        let bytes = self.range(name).and_then(|range| self.data.get(range)).unwrap_or_default();
        std::str::from_utf8(bytes).expect("text")
    }

    fn range(&self, name: &str) -> Option<Range<usize>> {
        let place = |i: usize| self.header.get(name)?.get("data_offsets")?.get(i)?.as_u64();
        Some(usize::try_from(place(0)?).ok()?..usize::try_from(place(1)?).ok()?)
    }
}
