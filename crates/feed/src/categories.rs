//! Categories, tags and keywords as text.

use super::plain::guess;
use super::xml::{Node, Ns};

/// Categories kept of one element.
const MAX_CATEGORIES: usize = 500;

/// Reads a category-like element of any vocabulary.
pub(super) fn read(categories: &mut Vec<String>, node: Node) {
    match (node.ns(), node.local()) {
        (_, "keywords" | "tags") => {
            for word in node.text().split(',') {
                add(categories, word);
            }
        }
        (Ns::Itunes, _) => {
            // Apple's stand inside each other.
            for node in std::iter::once(node).chain(node.descendants()) {
                if let Some(text) = node.filled("text") {
                    add(categories, text);
                }
            }
            if !node.has_elements() {
                add(categories, &node.text());
            }
        }
        _ => {
            let named = ["label", "term"].iter().find_map(|name| node.filled(name));
            match named {
                Some(named) => add(categories, named),
                None => add(categories, &node.text()),
            }
        }
    }
}

/// Adds a category that is not there yet.
pub(super) fn add(categories: &mut Vec<String>, words: &str) {
    let category = guess(words);
    if !category.is_empty() && categories.len() < MAX_CATEGORIES && !categories.contains(&category) {
        categories.push(category);
    }
}
