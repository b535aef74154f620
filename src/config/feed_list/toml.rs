//! TOML feed lists: `[[feed]]` tables.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use toml_edit::{Item, Table};
use url::Url;

use super::listed::{ListPlace, Listed};
use super::parts::parts;
use crate::address::Credentials;
use crate::config::error::{ConfigErrors, Place, Source, place_of};
use crate::config::feed::FeedConfig;
use crate::config::labels::Labels;
use crate::config::page_feed::{FeedKind, PageSelectors, Selector};
use crate::config::rules;
use crate::config::section::Pages;
use crate::config::tree;
use crate::fetch::Requests;
use crate::options::InvalidOption;

/// Reads the feeds of a TOML list; `list` is its number.
pub(super) fn read(source: &Source, list: usize, errors: &mut ConfigErrors) -> Vec<Listed> {
    let mut known = serde_json::to_value(sample()).expect("a feed is plain data");
    known["requests"] = Requests::known();
    let mut listed = Vec::new();
    for (start, part) in parts(source.text) {
        let document = match toml_edit::Document::parse(part) {
            Ok(document) => document,
            Err(error) => {
                let at = |span: std::ops::Range<usize>| source.part(start).at(span.start);
                let place = error.span().map_or(Place::File(source.path.to_owned(), None), at);
                errors.add(place, format!("not valid TOML: {}", error.message()));
                return Vec::new();
            }
        };
        read_part(&document, &source.part(start), list, &known, errors, &mut listed);
    }
    listed
}

fn read_part(
    document: &toml_edit::Document<&str>,
    source: &Source,
    list: usize,
    known: &Value,
    errors: &mut ConfigErrors,
    listed: &mut Vec<Listed>,
) {
    for (key, item) in document.as_table() {
        let place = || document.as_table().key(key).and_then(toml_edit::Key::span).map_or(0, |span| span.start);
        let Some(tables) = item.as_array_of_tables().filter(|_| key == "feed") else {
            errors.add(source.at(place()), format!("unknown key `{key}`; a feed list holds `[[feed]]` tables"));
            continue;
        };
        for table in tables {
            let at = table.span().unwrap_or_default().start;
            if !table.get("url").is_some_and(Item::is_str) {
                errors.add(source.at(at), "a feed without `url`; write `url = \"https://example.org/feed.xml\"`");
                continue;
            }
            let mut feed = read_valid(table, known).or_else(|| {
                let base = serde_json::json!({ "url": "" });
                let settings = tree::settings(table, rules::KEY, source, errors);
                let (feed, places) = tree::apply::<FeedConfig>(base, known, settings, errors);
                feed.inspect(|feed| check_requests(feed, &places, &source.at(at), errors))
            });
            if let (Some(feed), Some(item)) = (&mut feed, table.get(rules::KEY)) {
                let own = rules::read(item, source, true, errors);
                feed.rules = Some(rules::unique(own, errors).into_iter().map(|placed| placed.rule).collect());
            }
            let at = ListPlace::new(list, source.position(at));
            listed.extend(feed.map(|feed| Listed { feed, at, from_opml: false }));
        }
    }
}

/// Reports what cannot work in the requests of a feed.
fn check_requests(feed: &FeedConfig, places: &BTreeMap<String, Place>, table: &Place, errors: &mut ConfigErrors) {
    let Some(requests) = &feed.requests else { return };
    for InvalidOption { key, message } in requests.check() {
        let key = format!("requests.{key}");
        errors.add(place_of(&key, places).unwrap_or(table).clone(), format!("`{key}` {message}"));
    }
    let url = Url::parse(feed.url.trim()).ok();
    if url.as_ref().is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
        errors.add(table.clone(), "`requests` is for http and https; remove it, or write another `url`");
    }
    let has_login = |url: &Url| !url.username().is_empty() || url.password().is_some();
    if requests.has_login() && url.as_ref().is_some_and(has_login) {
        errors.add(table.clone(), "`url` and `requests` both have a login; remove the one in the URL");
    }
}

/// Reads a table of plain values without errors; `None` if it is anything else, and each of its keys must be looked at.
fn read_valid(table: &Table, known: &Value) -> Option<FeedConfig> {
    let mut values = Map::new();
    for (key, item) in table.iter().filter(|(key, _)| *key != rules::KEY) {
        let value = item.as_value().filter(|value| !value.is_inline_table() && known.get(key).is_some())?;
        values.insert(key.to_owned(), tree::json(value));
    }
    serde_json::from_value(Value::Object(values)).ok()
}

/// Returns a feed with every key set, to collect the names of the keys.
fn sample() -> FeedConfig {
    FeedConfig {
        id: String::new(),
        url: String::new(),
        kind: FeedKind::Page,
        select: Some(Box::new(PageSelectors {
            links: Selector::default(),
            title: Some(Selector::default()),
            date: Some(Selector::default()),
            summary: Some(Selector::default()),
        })),
        credentials: Credentials::default(),
        former_id: None,
        title: Some(Box::default()),
        publisher: Some("".into()),
        language: Some("".into()),
        folder: Some("".into()),
        labels: Labels::default(),
        interval: Some(std::time::Duration::ZERO),
        pages: Some(Pages::Auto),
        paused: false,
        full_fetch: false,
        private: false,
        requests: None,
        rules: None,
    }
}
