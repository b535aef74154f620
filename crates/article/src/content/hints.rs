//! Hints from an element's tag, role, class and id about its text.

use super::marks::Marks;
use super::{boilerplate, class_words};
use crate::html::dom::{Element, attr};
use crate::metadata::class_hints::ClassHints;

/// Reads an element's marks.
pub(crate) fn of(element: &Element) -> Marks {
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
    // Whatever the whole page, the article or a paragraph is called, it is not boilerplate.
    let unnamed = match &*element.name.local {
        "html" | "body" | "main" | "article" => Marks::BOILERPLATE.and(Marks::LEAD).and(Marks::WALL),
        "p" | "h1" => Marks::BOILERPLATE,
        _ => Marks::default(),
    };
    add(unnamed == Marks::default() && boilerplate::is_boilerplate(element), Marks::BOILERPLATE);
    add(boilerplate::is_caption(element), Marks::CAPTION);
    add(attr(element, "aria-hidden").is_some_and(|hidden| hidden == "true"), Marks::HIDDEN);
    add(attr(element, "style").is_some_and(|style| style.contains("hidden")), Marks::HIDDEN);
    let names = [attr(element, "class"), attr(element, "id")];
    if names.iter().any(Option::is_some) {
        let named = names.into_iter().flatten().map(class_words::marks).fold(Marks::default(), Marks::and);
        add(true, named.without(unnamed));
        let is_hidden =
            |name: &str| matches!(name, "hidden" | "hide" | "d-none" | "is-hidden" | "u-hidden" | "invisible");
        add(names[0].is_some_and(|class| class.split_ascii_whitespace().any(is_hidden)), Marks::HIDDEN);
        let class_hints = names
            .into_iter()
            .flatten()
            .fold(ClassHints::default(), |class_hints, name| class_hints.and(ClassHints::read(name)));
        add(class_hints.has(ClassHints::FOREIGN), Marks::FOREIGN);
        let byline = [ClassHints::AUTHOR, ClassHints::BYLINE, ClassHints::TIME, ClassHints::SECTION, ClassHints::META];
        add(byline.iter().any(|&sign| class_hints.has(sign)), Marks::BYLINE);
        add(class_hints.has(ClassHints::ASIDE), Marks::ASIDE);
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
