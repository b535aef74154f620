//! The attributions found so far, and the tokens that they cover.

use std::ops::Range;

use super::attribution::Attribution;

/// The attributions found so far. Each token belongs to at most one of them.
pub(crate) struct Coverage {
    /// The attributions, in the order in which they were found.
    pub found: Vec<Attribution>,
    /// Whether each token belongs to an attribution: to its content, its cue or its source.
    pub taken: Vec<bool>,
}

impl Coverage {
    /// Creates the coverage of a text with this many tokens, of which nothing is found yet.
    pub(crate) fn new(tokens: usize) -> Self {
        Self { found: Vec::new(), taken: vec![false; tokens] }
    }

    /// Returns whether no token of a range belongs to an attribution.
    pub(crate) fn is_free(&self, tokens: &Range<usize>) -> bool {
        !self.taken[tokens.clone()].contains(&true)
    }

    /// Adds an attribution whose tokens are those of its content, cue and source.
    pub(crate) fn add(&mut self, attribution: Attribution) {
        for span in attribution.content.iter().chain(&attribution.source) {
            self.taken[span.clone()].fill(true);
        }
        if let Some(cue) = attribution.cue {
            self.taken[cue] = true;
        }
        self.found.push(attribution);
    }
}
