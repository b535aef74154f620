//! Texts that many feeds have, kept once.

use std::collections::HashSet;
use std::sync::Arc;

/// The most texts that are searched for an equal one.
const MAX_TEXTS: usize = 4_096;

/// Shared texts.
#[derive(Debug, Default)]
pub(super) struct Texts(HashSet<Arc<str>>);

impl Texts {
    /// Returns the text, shared with those that are equal.
    pub(super) fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        if self.0.len() >= MAX_TEXTS {
            // Who has one keeps it; equal texts that come later share another copy.
            self.0.clear();
        }
        let text: Arc<str> = text.into();
        self.0.insert(Arc::clone(&text));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_kept_once_and_their_number_is_limited() {
        let mut texts = Texts::default();
        let first = texts.shared("every hour");
        assert!(Arc::ptr_eq(&first, &texts.shared("every hour")));
        for n in 0..3 * MAX_TEXTS {
            texts.shared(&n.to_string());
        }
        assert!(texts.0.len() <= MAX_TEXTS);
        assert_eq!(*first, *texts.shared("every hour"));
    }
}
