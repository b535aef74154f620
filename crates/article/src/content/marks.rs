//! Properties of an element, as a set.

/// A set of properties of an element.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks(u32);

impl Marks {
    /// Navigation, sharing, related articles, sign-ups.
    pub const BOILERPLATE: Self = Self(1);
    /// Consent notices and the like, never part of an article.
    pub const OVERLAY: Self = Self(1 << 1);
    /// The paragraph between headline and text.
    pub const LEAD: Self = Self(1 << 2);
    /// A caption.
    pub const CAPTION: Self = Self(1 << 3);
    /// Comments, other articles, menus.
    pub const FOREIGN: Self = Self(1 << 4);
    /// Author, byline, time, section, or a line of these.
    pub const BYLINE: Self = Self(1 << 5);
    /// Text beside an author that is not the name.
    pub const ASIDE: Self = Self(1 << 6);
    /// `<nav>` or its role.
    pub const NAV: Self = Self(1 << 7);
    /// `<aside>` or its role.
    pub const ASIDE_TAG: Self = Self(1 << 8);
    /// `<header>`.
    pub const HEADER: Self = Self(1 << 9);
    /// `<footer>` or its role.
    pub const FOOTER: Self = Self(1 << 10);
    /// `<form>`.
    pub const FORM: Self = Self(1 << 11);
    /// `<figure>`.
    pub const FIGURE: Self = Self(1 << 12);
    /// A list.
    pub const LIST: Self = Self(1 << 13);
    /// A table.
    pub const TABLE: Self = Self(1 << 14);
    /// `<article>`.
    pub const ARTICLE: Self = Self(1 << 15);
    /// `<main>` or its role.
    pub const MAIN: Self = Self(1 << 16);
    /// Microdata's `articleBody`.
    pub const ARTICLE_BODY: Self = Self(1 << 17);
    /// A class that names the article's text.
    pub const STORY: Self = Self(1 << 18);
    /// Topics and tags.
    pub const TOPICS: Self = Self(1 << 19);
    /// A quotation.
    pub const QUOTE: Self = Self(1 << 20);
    /// A box within the article: information, facts, a quotation set apart.
    pub const BOX: Self = Self(1 << 21);
    /// Hidden until a script shows it.
    pub const HIDDEN: Self = Self(1 << 22);
    /// A gallery or a player.
    pub const MEDIA: Self = Self(1 << 23);

    /// A box that asks to subscribe, log in or register.
    pub const WALL: Self = Self(1 << 24);

    /// The number of marks.
    pub const COUNT: usize = 25;

    /// Returns whether all of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the marks in either set.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns these marks without those of `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns each mark as 0 or 1, in the order of the constants.
    pub fn bits(self) -> impl Iterator<Item = f32> {
        (0..Self::COUNT).map(move |bit| f32::from(u8::from(self.0 >> bit & 1 == 1)))
    }
}
