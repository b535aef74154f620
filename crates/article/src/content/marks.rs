//! Properties of an element, as a set.

/// A set of properties of an element.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks(u32);

impl Marks {
    /// Navigation, sharing, related articles, sign-ups.
    pub(crate) const BOILERPLATE: Self = Self(1);
    /// Consent notices and the like, never part of an article.
    pub(crate) const OVERLAY: Self = Self(1 << 1);
    /// The paragraph between headline and text.
    pub(crate) const LEAD: Self = Self(1 << 2);
    /// A caption.
    pub(crate) const CAPTION: Self = Self(1 << 3);
    /// Comments, other articles, menus.
    pub(crate) const FOREIGN: Self = Self(1 << 4);
    /// Author, byline, time, section, or a line of these.
    pub(crate) const BYLINE: Self = Self(1 << 5);
    /// Text beside an author that is not the name.
    pub(crate) const ASIDE: Self = Self(1 << 6);
    /// `<nav>` or its role.
    pub(crate) const NAV: Self = Self(1 << 7);
    /// `<aside>` or its role.
    pub(crate) const ASIDE_TAG: Self = Self(1 << 8);
    /// `<header>`.
    pub(crate) const HEADER: Self = Self(1 << 9);
    /// `<footer>` or its role.
    pub(crate) const FOOTER: Self = Self(1 << 10);
    /// `<form>`.
    pub(crate) const FORM: Self = Self(1 << 11);
    /// `<figure>`.
    pub(crate) const FIGURE: Self = Self(1 << 12);
    /// A list.
    pub(crate) const LIST: Self = Self(1 << 13);
    /// A table.
    pub(crate) const TABLE: Self = Self(1 << 14);
    /// `<article>`.
    pub(crate) const ARTICLE: Self = Self(1 << 15);
    /// `<main>` or its role.
    pub(crate) const MAIN: Self = Self(1 << 16);
    /// Microdata's `articleBody`.
    pub(crate) const ARTICLE_BODY: Self = Self(1 << 17);
    /// A class that names the article's text.
    pub(crate) const STORY: Self = Self(1 << 18);
    /// Topics and tags.
    pub(crate) const TOPICS: Self = Self(1 << 19);
    /// A quotation.
    pub(crate) const QUOTE: Self = Self(1 << 20);
    /// A box within the article: information, facts, a quotation set apart.
    pub(crate) const BOX: Self = Self(1 << 21);
    /// Hidden until a script shows it.
    pub(crate) const HIDDEN: Self = Self(1 << 22);
    /// A gallery or a player.
    pub(crate) const MEDIA: Self = Self(1 << 23);

    /// A box that asks to subscribe, log in or register.
    pub(crate) const WALL: Self = Self(1 << 24);

    /// The number of marks.
    pub(crate) const COUNT: usize = 25;

    /// Returns whether all of `other` are set.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the marks in either set.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns these marks without those of `other`.
    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns each mark as 0 or 1, in the order of the constants.
    pub(crate) fn bits(self) -> impl Iterator<Item = f32> {
        (0..Self::COUNT).map(move |bit| f32::from(u8::from(self.0 >> bit & 1 == 1)))
    }
}
