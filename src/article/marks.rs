//! What an element's tag, role, class and id say about the text in it.

use super::dom::{Element, attr};
use super::signs::Signs;
use super::{class_words, furniture};

/// A set of marks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks(u32);

impl Marks {
    /// Navigation, sharing, related stories, sign-ups.
    pub const FURNITURE: Self = Self(1);
    /// Consent notices and the like, never part of a story.
    pub const BOILERPLATE: Self = Self(1 << 1);
    /// The paragraph between headline and text.
    pub const LEAD: Self = Self(1 << 2);
    /// A caption.
    pub const CAPTION: Self = Self(1 << 3);
    /// Comments, other stories, menus.
    pub const FOREIGN: Self = Self(1 << 4);
    /// Author, byline, time, section, or a line of these.
    pub const BYLINE: Self = Self(1 << 5);
    /// What stands with an author and is not the name.
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
    /// A class that names the story's text.
    pub const STORY: Self = Self(1 << 18);
    /// Topics and tags.
    pub const TOPICS: Self = Self(1 << 19);
    /// A quotation.
    pub const QUOTE: Self = Self(1 << 20);
    /// A box within the story: information, facts, a quotation set apart.
    pub const BOX: Self = Self(1 << 21);
    /// Readers do not see it before a script shows it.
    pub const HIDDEN: Self = Self(1 << 22);
    /// A gallery or a player.
    pub const MEDIA: Self = Self(1 << 23);

    /// A box that asks to subscribe, log in or register.
    pub const WALL: Self = Self(1 << 24);

    /// How many marks there are.
    pub const COUNT: usize = 25;

    /// Whether all of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The marks of either.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These marks but those of `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Each mark as 0 or 1, in the order of the constants.
    pub fn bits(self) -> impl Iterator<Item = f32> {
        (0..Self::COUNT).map(move |bit| f32::from(u8::from(self.0 >> bit & 1 == 1)))
    }

    /// Reads an element's marks.
    pub fn of(element: &Element) -> Self {
        let mut marks = Self::of_tag(&element.name.local);
        let mut add = |is: bool, mark: Self| {
            if is {
                marks = marks.and(mark);
            }
        };
        if let Some(role) = attr(element, "role") {
            add(role == "navigation", Self::NAV);
            add(role == "complementary", Self::ASIDE_TAG);
            add(role == "contentinfo", Self::FOOTER);
            add(role == "main", Self::MAIN);
        }
        if let Some(items) = attr(element, "itemprop") {
            add(items.split_ascii_whitespace().any(|i| i.eq_ignore_ascii_case("articleBody")), Self::ARTICLE_BODY);
        }
        // Whatever the whole page, the story or a paragraph is called, it is no furniture.
        let unnamed = match &*element.name.local {
            "html" | "body" | "main" | "article" => Self::FURNITURE.and(Self::LEAD).and(Self::WALL),
            "p" | "h1" => Self::FURNITURE,
            _ => Self::default(),
        };
        add(unnamed == Self::default() && furniture::is_furniture(element), Self::FURNITURE);
        add(furniture::is_caption(element), Self::CAPTION);
        add(attr(element, "aria-hidden").is_some_and(|hidden| hidden == "true"), Self::HIDDEN);
        add(attr(element, "style").is_some_and(|style| style.contains("hidden")), Self::HIDDEN);
        let names = [attr(element, "class"), attr(element, "id")];
        if names.iter().any(Option::is_some) {
            let named = names.into_iter().flatten().map(class_words::marks).fold(Self::default(), Self::and);
            add(true, named.without(unnamed));
            let is_hidden =
                |name: &str| matches!(name, "hidden" | "hide" | "d-none" | "is-hidden" | "u-hidden" | "invisible");
            add(names[0].is_some_and(|class| class.split_ascii_whitespace().any(is_hidden)), Self::HIDDEN);
            let signs = names.into_iter().flatten().fold(Signs::default(), |signs, name| signs.and(Signs::read(name)));
            add(signs.has(Signs::FOREIGN), Self::FOREIGN);
            let byline = [Signs::AUTHOR, Signs::BYLINE, Signs::TIME, Signs::SECTION, Signs::META];
            add(byline.iter().any(|&sign| signs.has(sign)), Self::BYLINE);
            add(signs.has(Signs::ASIDE), Self::ASIDE);
        }
        marks
    }

    fn of_tag(name: &str) -> Self {
        match name {
            "nav" => Self::NAV,
            "aside" => Self::ASIDE_TAG,
            "header" => Self::HEADER,
            "footer" => Self::FOOTER,
            "form" => Self::FORM,
            "figure" => Self::FIGURE,
            "ul" | "ol" | "dl" | "menu" => Self::LIST,
            "table" => Self::TABLE,
            "article" => Self::ARTICLE,
            "main" => Self::MAIN,
            "blockquote" => Self::QUOTE,
            _ => Self::default(),
        }
    }
}
