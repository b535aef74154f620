//! What an element's class names say that it holds: author, time, section, or things of other stories.

/// The longest list of class names that is looked at, in bytes.
const MAX_CLASS: usize = 500;

/// What class names say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signs(u16);

impl Signs {
    /// The author's name.
    pub const AUTHOR: Self = Self(1);
    /// A line that names the author.
    pub const BYLINE: Self = Self(2);
    /// A time.
    pub const TIME: Self = Self(4);
    /// A time of modification.
    pub const MODIFIED: Self = Self(8);
    /// The section's name.
    pub const SECTION: Self = Self(16);
    /// A trail of breadcrumbs.
    pub const TRAIL: Self = Self(32);
    /// Comments, other stories, navigation.
    pub const FOREIGN: Self = Self(64);
    /// A line of date, author and the like.
    pub const META: Self = Self(256);
    /// What stands with an author and is not the name.
    pub const ASIDE: Self = Self(128);

    /// Whether all of `other` is said.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is said by either.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Reads class names.
    pub fn read(class: &str) -> Self {
        let bytes = class.as_bytes();
        if bytes.len() > MAX_CLASS {
            return Self::default();
        }
        let mut signs = Self::default();
        for at in 0..bytes.len() {
            for &(word, whole, sign) in words(bytes[at]) {
                let end = at + word.len();
                if bytes.get(at..end).is_some_and(|w| w.eq_ignore_ascii_case(word.as_bytes()))
                    && (!whole || starts_word(bytes, at) && ends_word(bytes, end))
                {
                    signs = signs.and(sign);
                }
            }
        }
        signs
    }
}

/// The marked words that begin with a letter: the word, whether it must stand by itself, and what it says.
const fn words(first: u8) -> &'static [(&'static str, bool, Signs)] {
    match first.to_ascii_lowercase() {
        b'a' => &[("author", false, Signs::AUTHOR), ("avatar", false, Signs::ASIDE)],
        b'b' => &[("byline", false, Signs::BYLINE), ("bio", true, Signs::ASIDE)],
        b'c' => {
            &[("categor", false, Signs::SECTION), ("comment", false, Signs::FOREIGN), ("crumb", false, Signs::TRAIL)]
        }
        b'd' => &[("date", false, Signs::TIME), ("data", true, Signs::TIME), ("datum", true, Signs::TIME)],
        b'e' => &[("eyebrow", false, Signs::SECTION), ("email", false, Signs::ASIDE)],
        b'f' => &[("follow", false, Signs::ASIDE), ("fecha", true, Signs::TIME)],
        b'k' => &[("kicker", false, Signs::SECTION)],
        b'm' => &[("meta", true, Signs::META), ("menu", true, Signs::FOREIGN), ("modified", false, Signs::MODIFIED)],
        b'n' => &[("nav", true, Signs::FOREIGN), ("navbar", true, Signs::FOREIGN)],
        b'p' => &[("publish", false, Signs::TIME), ("posted", false, Signs::TIME), ("popular", false, Signs::FOREIGN)],
        b'r' => &[
            ("rubri", false, Signs::SECTION),
            ("related", false, Signs::FOREIGN),
            ("recommend", false, Signs::FOREIGN),
            ("role", true, Signs::ASIDE),
        ],
        b's' => &[("sidebar", false, Signs::FOREIGN), ("social", false, Signs::ASIDE)],
        b't' => &[
            ("timestamp", false, Signs::TIME),
            ("topic", false, Signs::SECTION),
            ("trending", false, Signs::FOREIGN),
            ("twitter", false, Signs::ASIDE),
        ],
        b'u' => &[("updated", false, Signs::MODIFIED)],
        _ => &[],
    }
}

/// Marks and capitals separate words.
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
        for (class, signs) in [
            ("c-byline__author-name", Signs::AUTHOR.and(Signs::BYLINE)),
            ("ArticlePage-authorBio", Signs::AUTHOR),
            ("author-bio", Signs::AUTHOR.and(Signs::ASIDE)),
            ("entry-date published", Signs::TIME),
            ("entry-updated", Signs::TIME.and(Signs::MODIFIED)),
            ("post-category", Signs::SECTION),
            ("nav-item date", Signs::FOREIGN.and(Signs::TIME)),
            ("navigate", Signs::default()),
            ("database", Signs::default()),
            ("comment-author", Signs::AUTHOR.and(Signs::FOREIGN)),
            ("metadata", Signs::default()),
            ("", Signs::default()),
        ] {
            let read = Signs::read(class);
            assert!(read.has(signs) && (signs != Signs::default() || read == signs), "{class}: {read:?}");
        }
    }
}
