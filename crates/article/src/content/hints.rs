//! What an element's tag, role, class and id say about the text in it.

use super::marks::Marks;
use super::{class_words, furniture};
use crate::html::dom::{Element, attr};
use crate::metadata::signs::Signs;

/// Reads an element's marks.
pub fn of(element: &Element) -> Marks {
    let mut marks = of_tag(&element.name.local);
    let mut add = |is: bool, mark: Marks| {
        if is {
            marks = marks.and(mark);
        }
    };
    if let Some(role) = attr(element, "role") {
        add(role == "navigation", Marks::NAV);
        add(role == "complementary", Marks::ASIDE_TAG);
        add(role == "contentinfo", Marks::FOOTER);
        add(role == "main", Marks::MAIN);
    }
    if let Some(items) = attr(element, "itemprop") {
        add(items.split_ascii_whitespace().any(|i| i.eq_ignore_ascii_case("articleBody")), Marks::ARTICLE_BODY);
    }
    // Whatever the whole page, the story or a paragraph is called, it is no furniture.
    let unnamed = match &*element.name.local {
        "html" | "body" | "main" | "article" => Marks::FURNITURE.and(Marks::LEAD).and(Marks::WALL),
        "p" | "h1" => Marks::FURNITURE,
        _ => Marks::default(),
    };
    add(unnamed == Marks::default() && furniture::is_furniture(element), Marks::FURNITURE);
    add(furniture::is_caption(element), Marks::CAPTION);
    add(attr(element, "aria-hidden").is_some_and(|hidden| hidden == "true"), Marks::HIDDEN);
    add(attr(element, "style").is_some_and(|style| style.contains("hidden")), Marks::HIDDEN);
    let names = [attr(element, "class"), attr(element, "id")];
    if names.iter().any(Option::is_some) {
        let named = names.into_iter().flatten().map(class_words::marks).fold(Marks::default(), Marks::and);
        add(true, named.without(unnamed));
        let is_hidden =
            |name: &str| matches!(name, "hidden" | "hide" | "d-none" | "is-hidden" | "u-hidden" | "invisible");
        add(names[0].is_some_and(|class| class.split_ascii_whitespace().any(is_hidden)), Marks::HIDDEN);
        let signs = names.into_iter().flatten().fold(Signs::default(), |signs, name| signs.and(Signs::read(name)));
        add(signs.has(Signs::FOREIGN), Marks::FOREIGN);
        let byline = [Signs::AUTHOR, Signs::BYLINE, Signs::TIME, Signs::SECTION, Signs::META];
        add(byline.iter().any(|&sign| signs.has(sign)), Marks::BYLINE);
        add(signs.has(Signs::ASIDE), Marks::ASIDE);
    }
    marks
}

fn of_tag(name: &str) -> Marks {
    match name {
        "nav" => Marks::NAV,
        "aside" => Marks::ASIDE_TAG,
        "header" => Marks::HEADER,
        "footer" => Marks::FOOTER,
        "form" => Marks::FORM,
        "figure" => Marks::FIGURE,
        "ul" | "ol" | "dl" | "menu" => Marks::LIST,
        "table" => Marks::TABLE,
        "article" => Marks::ARTICLE,
        "main" => Marks::MAIN,
        "blockquote" => Marks::QUOTE,
        _ => Marks::default(),
    }
}
