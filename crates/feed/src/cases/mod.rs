//! Odd feeds, one short case each, grouped by topic. A row contains a document (or the inside of an item or entry), the
//! path of a value in the result, and the value in JSON.

mod bases;
mod broken;
mod channel;
mod customs;
mod dates;
mod encodings;
mod escaped;
mod formats;
mod items;
mod json;
mod mangled;
mod more;
mod mutilated;
mod sitemaps;
mod wild;

pub(super) use mutilated::scrambled;
use serde_json::{Value, json};

use super::differential;
use super::{FeedError, Hints, parse};

/// Where all documents of the cases are got from.
const URL: &str = "https://isles.example/feeds/news.xml";

fn read_bytes(body: &[u8], content_type: Option<&str>) -> Result<Value, FeedError> {
    let read = parse(body, &Hints { url: Some(URL), content_type, now: None })?;
    Ok(json!({ "feed": read.feed, "entries": read.entries, "count": read.entries.len() }))
}

fn read(document: &str) -> Value {
    differential::check(document.as_bytes(), URL);
    read_bytes(document.as_bytes(), None).unwrap_or_else(|error| panic!("{error}: {document}"))
}

/// Rows of document, place and value.
fn documents(rows: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (document, place, value) in rows {
        let got = read(document);
        let wanted: Value = serde_json::from_str(value).unwrap_or_else(|error| panic!("{value}: {error}"));
        let found = got.pointer(place).cloned().unwrap_or(Value::Null);
        if found != wanted {
            wrong.push(format!("{document}\n  {place}: {found}, not {wanted}\n"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.concat());
}

/// Rows of what stands in an RSS item.
fn rss_items(rows: &[(&str, &str, &str)]) {
    let wrapped = rows.iter().map(|(inside, place, value)| {
        let head = "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:dcterms='http://purl.org/dc/terms/' \
            xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:media='http://search.yahoo.com/mrss/' \
            xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' xmlns:atom='http://www.w3.org/2005/Atom'>";
        (format!("{head}<channel><title>T</title><item>{inside}</item></channel></rss>"), format!("/entries/0{place}"), value)
    });
    let wrapped: Vec<_> = wrapped.collect();
    let rows: Vec<_> =
        wrapped.iter().map(|(document, place, value)| (document.as_str(), place.as_str(), **value)).collect();
    documents(&rows);
}

/// Rows of what stands in an Atom 1.0 entry.
fn atom_entries(rows: &[(&str, &str, &str)]) {
    let wrapped = rows.iter().map(|(inside, place, value)| {
        let document = format!("<feed xmlns='http://www.w3.org/2005/Atom'><entry>{inside}</entry></feed>");
        (document, format!("/entries/0{place}"), value)
    });
    let wrapped: Vec<_> = wrapped.collect();
    let rows: Vec<_> =
        wrapped.iter().map(|(document, place, value)| (document.as_str(), place.as_str(), **value)).collect();
    documents(&rows);
}
