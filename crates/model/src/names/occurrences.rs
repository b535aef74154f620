//! How a word is written in a text.

/// How a word (whatever its case) is written where its place does not decide it, and where.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct WordOccurrences {
    pub(super) lower: u32,
    pub(super) inside: u32,
    /// The first tokens that write it with a capital.
    places: [u32; PLACES],
    known: usize,
}

impl WordOccurrences {
    /// Adds a token that writes it with a capital.
    pub(super) fn add(&mut self, token: usize) {
        if self.known < PLACES {
            self.places[self.known] = token as u32;
            self.known += 1;
        }
    }

    /// Returns the first tokens that write it with a capital.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.places[..self.known].iter().map(|&token| token as usize)
    }
}

/// Places of a word that are remembered.
const PLACES: usize = 4;
