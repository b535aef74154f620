//! Google News sitemaps: `<urlset>` of `<url>` with `news:` and `image:` children, and sitemap indexes.

use chrono::{DateTime, NaiveDate, Utc};
use quick_xml::Reader;
use quick_xml::events::Event;

use super::{Document, Entry, Feed, Link, Source};

/// Reads `xml`, which is well formed. The children of an index become entries that link to the sitemaps.
pub(super) fn read(xml: &str, root: &str) -> Document {
    let format = if root == "urlset" { "sitemap" } else { "sitemap index" };
    let mut document = Document { feed: Feed { format: format.into(), ..Feed::default() }, entries: Vec::new() };
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut entry = Entry::default();
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                path.push(AsRef::<str>::as_ref(&tag.name()).to_owned());
                text.clear();
            }
            Ok(Event::Text(words)) => text.push_str(&words),
            Ok(Event::CData(words)) => text.push_str(&words),
            Ok(Event::GeneralRef(reference)) => {
                if let Ok(Some(c)) = reference.resolve_char_ref() {
                    text.push(c);
                } else if let Some(words) = quick_xml::escape::resolve_predefined_entity(&reference) {
                    text.push_str(words);
                }
            }
            Ok(Event::End(_)) => {
                let Some(name) = path.pop() else { break };
                let value = text.trim().to_owned();
                text.clear();
                if path.len() == 1 && (name == "url" || name == "sitemap") {
                    let done = std::mem::take(&mut entry);
                    if done.link.is_some() {
                        document.entries.push(done);
                    }
                } else if !value.is_empty() {
                    field(&mut entry, &name, value);
                }
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    document
}

fn field(entry: &mut Entry, name: &str, value: String) {
    match name {
        "loc" => {
            entry.links.push(Link { href: value.clone(), rel: Some("alternate".into()), ..Link::default() });
            entry.link = Some(value);
        }
        "news:title" => entry.title = Some(value),
        "news:publication_date" => (entry.published, entry.published_raw) = date(value),
        "lastmod" => (entry.updated, entry.updated_raw) = date(value),
        "news:name" => entry.source = Some(Source { title: Some(value), url: None }),
        "news:language" => entry.language = Some(value),
        "news:keywords" => {
            entry.categories = value.split(',').map(|word| word.trim().to_owned()).filter(|w| !w.is_empty()).collect();
        }
        "image:loc" => entry.image = entry.image.take().or(Some(value)),
        _ => {}
    }
}

/// A W3C date-time, or a day alone, which is its first instant in UTC.
fn date(value: String) -> (Option<DateTime<Utc>>, Option<String>) {
    let instant = DateTime::parse_from_rfc3339(&value)
        .or_else(|_| DateTime::parse_from_str(&value, "%Y-%m-%dT%H:%M%:z"))
        .map(|at| at.with_timezone(&Utc))
        .ok()
        .or_else(|| Some(NaiveDate::parse_from_str(&value, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0)?.and_utc()));
    let raw = instant.is_none().then_some(value);
    (instant, raw)
}
