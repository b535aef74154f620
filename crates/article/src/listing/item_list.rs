//! Lists of articles that a page states in JSON-LD: `ItemList`, also within `CollectionPage`, and the posts of a `Blog`.

use dom_query::Document;
use serde_json::Value;
use url::Url;

use super::address::{self, AddressShape};
use super::dates::{self, Stamp};
use super::scan::Place;
use crate::html::clean;
use crate::metadata::canonical::same_site;
use crate::metadata::jsonld::{nodes, types};
use crate::metadata::meta::decoded;
use crate::metadata::script;

/// The maximum number of scripts, and of items of all lists.
const MAX_SCRIPTS: usize = 32;
const MAX_ITEMS: usize = 1_000;
/// The fewest items of a list.
const MIN_ITEMS: usize = 3;

/// An article of a list.
#[derive(Debug)]
pub(super) struct Item {
    pub url: Url,
    pub key: String,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub stamp: Option<Stamp>,
}

/// Returns the articles that a page's lists state, in order.
pub(super) fn read(page: &Document, place: &Place) -> Vec<Item> {
    let scripts = page.select("script");
    let values: Vec<Value> =
        scripts.nodes().iter().take(MAX_SCRIPTS).flat_map(|node| script::values(&node.text())).collect();
    let mut items: Vec<Item> = Vec::new();
    for node in values.iter().flat_map(nodes) {
        let list = if types(node).any(|kind| kind == "ItemList") {
            node.get("itemListElement")
        } else if types(node).any(|kind| matches!(kind, "Blog" | "CollectionPage")) {
            node.get("blogPost").or_else(|| node.get("hasPart"))
        } else {
            None
        };
        let list = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let found: Vec<Item> = list.iter().take(MAX_ITEMS).filter_map(|element| item(element, place)).collect();
        // A list of sections or products is not one of articles.
        let stories = found.iter().filter(|item| AddressShape::of(&item.url).score > 0).count();
        if found.len() >= MIN_ITEMS && stories * 3 >= found.len() * 2 && items.len() < MAX_ITEMS {
            items.extend(found);
        }
    }
    items.truncate(MAX_ITEMS);
    items
}

fn item(element: &Value, place: &Place) -> Option<Item> {
    let inner = element.get("item").filter(|item| item.is_object()).unwrap_or(element);
    let both = |keys: &[&str]| {
        let found = [inner, element].into_iter().flat_map(|value| keys.iter().filter_map(|key| value.get(*key)));
        found.filter_map(Value::as_str).find(|text| !text.trim().is_empty())
    };
    let named = element.as_str().or_else(|| element.get("item").and_then(Value::as_str));
    let href = named.or_else(|| both(&["url", "@id", "mainEntityOfPage"]))?;
    let url = place.resolve(href)?;
    if place.page.is_some_and(|page| !same_site(&url, page)) {
        return None;
    }
    let text = |keys: &[&str]| both(keys).and_then(decoded).and_then(|text| clean::non_empty(&text));
    let key = address::key(&url)?;
    let stamp = both(&["datePublished", "dateCreated"]).and_then(dates::of_attribute);
    Some(Item { url, key, title: text(&["headline", "name"]), summary: text(&["description"]), stamp })
}
