//! The features of a sequence of tokens.

use xxhash_rust::xxh3::xxh3_64;

/// The features of each token of a sequence.
#[derive(Debug, Clone, Default)]
pub struct Features {
    ids: Vec<u32>,
    /// Where each token's features end.
    ends: Vec<usize>,
}

impl Features {
    /// Adds a feature to the token that is being described.
    #[inline]
    pub fn push(&mut self, feature: u32) {
        self.ids.push(feature);
    }

    /// Ends the description of a token.
    #[inline]
    pub fn close(&mut self) {
        self.ends.push(self.ids.len());
    }

    /// Removes all tokens, but keeps the allocated memory.
    pub fn clear(&mut self) {
        self.ids.clear();
        self.ends.clear();
    }

    /// Returns the number of tokens described.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether no token is described.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the features of a token.
    #[inline]
    pub fn of(&self, token: usize) -> &[u32] {
        let start = if token == 0 { 0 } else { self.ends[token - 1] };
        &self.ids[start..self.ends[token]]
    }
}

/// Returns the feature that a template makes of a value: a hash that is never 0.
#[inline]
pub fn feature(template: u32, value: u64) -> u32 {
    let mixed = (value ^ u64::from(template).wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    ((mixed >> 32) as u32).max(1)
}

/// Returns the value of a text for [`feature`].
#[inline]
pub fn hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}
