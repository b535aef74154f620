//! TOML feed lists: `[[feed]]` tables.

use toml_edit::Item;

use super::listed::Listed;
use crate::address::Credentials;
use crate::config::error::{ConfigErrors, Place, Source};
use crate::config::feed::FeedConfig;
use crate::config::section::Pages;
use crate::config::tree;

/// Reads the feeds of a TOML list.
pub(super) fn read(source: &Source, errors: &mut ConfigErrors) -> Vec<Listed> {
    let document = match toml_edit::Document::parse(source.text) {
        Ok(document) => document,
        Err(error) => {
            let place = error.span().map_or(Place::File(source.path.to_owned(), None), |span| source.at(span.start));
            errors.add(place, format!("not valid TOML: {}", error.message()));
            return Vec::new();
        }
    };
    let known = serde_json::to_value(sample()).expect("a feed is plain data");
    let mut listed = Vec::new();
    for (key, item) in document.as_table() {
        let place = || document.as_table().key(key).and_then(toml_edit::Key::span).map_or(0, |span| span.start);
        let Some(tables) = item.as_array_of_tables().filter(|_| key == "feed") else {
            errors.add(source.at(place()), format!("unknown key `{key}`; a feed list holds `[[feed]]` tables"));
            continue;
        };
        for table in tables {
            let at = source.at(table.span().unwrap_or_default().start);
            if !table.get("url").is_some_and(Item::is_str) {
                errors.add(at, "a feed without `url`; write `url = \"https://example.org/feed.xml\"`");
                continue;
            }
            let base = serde_json::json!({ "url": "" });
            let settings = tree::settings(table, source, errors);
            let (feed, _) = tree::apply::<FeedConfig>(base, &known, settings, errors);
            listed.extend(feed.map(|feed| Listed { feed, place: at, from_opml: false }));
        }
    }
    listed
}

/// Returns a feed with every key set, to collect the names of the keys.
fn sample() -> FeedConfig {
    FeedConfig {
        id: String::new(),
        url: String::new(),
        credentials: Credentials::default(),
        former_id: None,
        title: Some(String::new()),
        publisher: Some(String::new()),
        language: Some(String::new()),
        folder: Some(String::new()),
        interval: Some(std::time::Duration::ZERO),
        pages: Some(Pages::Auto),
        paused: false,
        full_fetch: false,
        private: false,
    }
}
