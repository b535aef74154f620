//! Hints from class names about the content of an element: author, time, section, or parts of other articles.

/// The longest list of class names that is examined, in bytes.
const MAX_CLASS: usize = 500;

/// A set of hints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ClassHints(u16);

impl ClassHints {
    /// The author's name.
    pub(crate) const AUTHOR: Self = Self(1);
    /// A line that names the author.
    pub(crate) const BYLINE: Self = Self(2);
    /// A time.
    pub(crate) const TIME: Self = Self(4);
    /// A time of modification.
    pub(crate) const MODIFIED: Self = Self(8);
    /// The section's name.
    pub(crate) const SECTION: Self = Self(16);
    /// A trail of breadcrumbs.
    pub(crate) const TRAIL: Self = Self(32);
    /// Comments, other articles, navigation.
    pub(crate) const FOREIGN: Self = Self(64);
    /// A line of date, author and the like.
    pub(crate) const META: Self = Self(256);
    /// Text beside an author that is not the name.
    pub(crate) const ASIDE: Self = Self(128);

    /// Returns whether the set contains all of `other`.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the hints in either set.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Reads the hints in class names.
    pub(crate) fn read(class: &str) -> Self {
        let bytes = class.as_bytes();
        if bytes.len() > MAX_CLASS {
            return Self::default();
        }
        let mut hints = Self::default();
        for at in 0..bytes.len() {
            for &(word, whole, hint) in words(bytes[at]) {
                let end = at + word.len();
                if bytes.get(at..end).is_some_and(|w| w.eq_ignore_ascii_case(word.as_bytes()))
                    && (!whole || starts_word(bytes, at) && ends_word(bytes, end))
                {
                    hints = hints.and(hint);
                }
            }
        }
        hints
    }
}

/// Returns the marked words that begin with a letter: the word, whether it must stand by itself, and what it says.
const fn words(first: u8) -> &'static [(&'static str, bool, ClassHints)] {
    match first.to_ascii_lowercase() {
        b'a' => &[("author", false, ClassHints::AUTHOR), ("avatar", false, ClassHints::ASIDE)],
        b'b' => &[("byline", false, ClassHints::BYLINE), ("bio", true, ClassHints::ASIDE)],
        b'c' => &[
            ("categor", false, ClassHints::SECTION),
            ("comment", false, ClassHints::FOREIGN),
            ("crumb", false, ClassHints::TRAIL),
        ],
        b'd' => {
            &[("date", false, ClassHints::TIME), ("data", true, ClassHints::TIME), ("datum", true, ClassHints::TIME)]
        }
        b'e' => &[("eyebrow", false, ClassHints::SECTION), ("email", false, ClassHints::ASIDE)],
        b'f' => &[("follow", false, ClassHints::ASIDE), ("fecha", true, ClassHints::TIME)],
        b'k' => &[("kicker", false, ClassHints::SECTION)],
        b'm' => &[
            ("meta", true, ClassHints::META),
            ("menu", true, ClassHints::FOREIGN),
            ("modified", false, ClassHints::MODIFIED),
        ],
        b'n' => &[("nav", true, ClassHints::FOREIGN), ("navbar", true, ClassHints::FOREIGN)],
        b'p' => &[
            ("publish", false, ClassHints::TIME),
            ("posted", false, ClassHints::TIME),
            ("popular", false, ClassHints::FOREIGN),
        ],
        b'r' => &[
            ("rubri", false, ClassHints::SECTION),
            ("related", false, ClassHints::FOREIGN),
            ("recommend", false, ClassHints::FOREIGN),
            ("role", true, ClassHints::ASIDE),
        ],
        b's' => &[("sidebar", false, ClassHints::FOREIGN), ("social", false, ClassHints::ASIDE)],
        b't' => &[
            ("timestamp", false, ClassHints::TIME),
            ("topic", false, ClassHints::SECTION),
            ("trending", false, ClassHints::FOREIGN),
            ("twitter", false, ClassHints::ASIDE),
        ],
        b'u' => &[("updated", false, ClassHints::MODIFIED)],
        _ => &[],
    }
}

/// Returns whether a word starts at this place: punctuation and capitals separate words.
fn starts_word(bytes: &[u8], at: usize) -> bool {
    at == 0
        || !bytes[at - 1].is_ascii_alphabetic()
        || bytes[at - 1].is_ascii_lowercase() && bytes[at].is_ascii_uppercase()
}

fn ends_word(bytes: &[u8], end: usize) -> bool {
    end >= bytes.len() || !bytes[end].is_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_say_what_an_element_holds() {
        for (class, hints) in [
            ("c-byline__author-name", ClassHints::AUTHOR.and(ClassHints::BYLINE)),
            ("ArticlePage-authorBio", ClassHints::AUTHOR),
            ("author-bio", ClassHints::AUTHOR.and(ClassHints::ASIDE)),
            ("entry-date published", ClassHints::TIME),
            ("entry-updated", ClassHints::TIME.and(ClassHints::MODIFIED)),
            ("post-category", ClassHints::SECTION),
            ("nav-item date", ClassHints::FOREIGN.and(ClassHints::TIME)),
            ("navigate", ClassHints::default()),
            ("database", ClassHints::default()),
            ("comment-author", ClassHints::AUTHOR.and(ClassHints::FOREIGN)),
            ("metadata", ClassHints::default()),
            ("", ClassHints::default()),
        ] {
            let read = ClassHints::read(class);
            assert!(read.has(hints) && (hints != ClassHints::default() || read == hints), "{class}: {read:?}");
        }
    }
}
