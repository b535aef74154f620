//! JSON Feed 1.0 and 1.1, read leniently: ids may be numbers, and a single value may replace a list or a list a single
//! value.

use serde_json::{Map, Value};
use url::Url;

use super::dated::{Dates, Draft};
use super::links::{absolute, is_page};
use super::media::first_image;
use super::plain::guess;
use super::repairs::Repairs;
use super::{Entry, Feed, FeedError, Image, Link, MAX_ENTRIES, MediaLink, Person, categories, json_mend, people};

/// Reads a JSON document.
pub(super) fn read(text: &str, url: Option<&Url>, repairs: &mut Repairs) -> Result<Draft, FeedError> {
    let text = text.trim_end_matches(|c: char| c.is_whitespace() || c == '\0');
    let parsed = serde_json::from_str(text).or_else(|error| {
        let (mended, rest) =
            json_mend::mend(text, json_mend::Keep::Entries, repairs).ok_or(FeedError::Unreadable(error.to_string()))?;
        if !rest.trim().is_empty() {
            repairs.note("junk after the document");
        }
        serde_json::from_str(&mended).map_err(|_| FeedError::Unreadable(error.to_string()))
    })?;
    let Value::Object(top) = parsed else { return Err(FeedError::NotAFeed) };
    let version = text_of(&top, "version").unwrap_or_default();
    let items = top.get("items");
    if items.is_none() && !version.contains("jsonfeed.org") {
        return Err(FeedError::NotAFeed);
    }
    let site = link_of(&top, "home_page_url", url).and_then(|page| Url::parse(&page).ok());
    let base = url.or(site.as_ref());
    let mut document = Draft { feed: (feed(&top, &version, base), Dates::default()), ..Draft::default() };
    for item in list(items) {
        if document.entries.len() >= MAX_ENTRIES {
            repairs.note(&format!("entries after the first {MAX_ENTRIES} left out"));
            break;
        }
        if let Value::Object(item) = item {
            document.entries.push(entry(item, base));
        }
    }
    Ok(document)
}

fn feed(top: &Map<String, Value>, version: &str, base: Option<&Url>) -> Feed {
    let version = match version.rsplit('/').find(|part| !part.is_empty()) {
        Some("1") | None => "1.0",
        Some(version) if version.starts_with(|c: char| c.is_ascii_digit()) => version,
        Some(_) => "1.0",
    };
    let link = link_of(top, "home_page_url", base);
    let self_link = link_of(top, "feed_url", base);
    let mut links = Vec::new();
    for (rel, href) in [("alternate", &link), ("self", &self_link), ("next", &link_of(top, "next_url", base))] {
        links.extend(href.clone().map(|href| Link { href, rel: Some(rel.into()), ..Link::default() }));
    }
    let hubs = list(top.get("hubs")).filter_map(|hub| link_of(hub.as_object()?, "url", base));
    Feed {
        format: format!("json feed {version}"),
        title: line(top, "title"),
        description: line(top, "description"),
        link,
        self_link,
        hub: hubs.into_iter().next(),
        language: language(top),
        authors: authors(top, base),
        image: ["icon", "favicon"].iter().find_map(|name| image_of(top, name, base)).map(|url| Image { url }),
        links,
        ..Feed::default()
    }
}

fn entry(item: &Map<String, Value>, base: Option<&Url>) -> (Entry, Dates) {
    let mut dates = Dates::default();
    dates.published.offer(0, text_of(item, "date_published"));
    dates.updated.offer(0, text_of(item, "date_modified"));
    let link = link_of(item, "url", base);
    let outside = link_of(item, "external_url", base);
    let mut links = Vec::new();
    for (rel, href) in [("alternate", &link), ("related", &outside)] {
        links.extend(href.clone().map(|href| Link { href, rel: Some(rel.into()), ..Link::default() }));
    }
    let guid = text_of(item, "id");
    let by_id = || guid.clone().filter(|id| is_page(id));
    let page = link.clone().or(outside).or_else(by_id);
    let html = text_of(item, "content_html");
    let content_type = if html.is_some() { "text/html" } else { "text/plain" };
    let media: Vec<MediaLink> =
        list(item.get("attachments")).filter_map(|one| attachment(one.as_object()?, base)).collect();
    let image = ["image", "banner_image"].iter().find_map(|name| image_of(item, name, base));
    let pictured = |one: &&MediaLink| one.r#type.as_deref().is_some_and(|kind| kind.starts_with("image"));
    let image = image.or_else(|| media.iter().find(pictured).map(|one| one.url.clone()));
    let page_url = page.as_deref().and_then(|page| Url::parse(page).ok());
    let image = image.or_else(|| first_image(html.as_deref()?, page_url.as_ref().or(base)));
    let body = html.or_else(|| text_of(item, "content_text"));
    let mut tags = Vec::new();
    match item.get("tags") {
        // One string holds several, as HTML's keywords do.
        Some(Value::String(words)) => words.split(',').for_each(|tag| categories::add(&mut tags, tag)),
        several => list(several).filter_map(Value::as_str).for_each(|tag| categories::add(&mut tags, tag)),
    }
    let entry = Entry {
        guid,
        title: line(item, "title"),
        link: page,
        links,
        authors: authors(item, base),
        categories: tags,
        summary: text_of(item, "summary"),
        content_type: body.is_some().then(|| content_type.to_owned()),
        content: body,
        language: language(item),
        media,
        image,
        ..Entry::default()
    };
    (entry, dates)
}

fn attachment(one: &Map<String, Value>, base: Option<&Url>) -> Option<MediaLink> {
    let length = one.get("size_in_bytes").or_else(|| one.get("length"));
    Some(MediaLink {
        url: link_of(one, "url", base)?,
        r#type: text_of(one, "mime_type"),
        length: length.and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok())),
        title: line(one, "title"),
        credit: None,
    })
}

/// `authors`, else version 1.0's `author`; a name alone is one too.
fn authors(of: &Map<String, Value>, base: Option<&Url>) -> Vec<Person> {
    let mut found = Vec::new();
    for author in list(of.get("authors")).chain(list(of.get("author"))) {
        let person = match author {
            Value::String(words) => people::parse(words),
            Value::Object(author) => Person {
                name: line(author, "name"),
                email: text_of(author, "email"),
                url: link_of(author, "url", base),
            },
            _ => continue,
        };
        people::add(&mut found, Some(person).filter(|person| *person != Person::default()));
    }
    found
}

/// Returns the members of a list; anything else is a list of itself.
fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (many, one) = match value {
        Some(Value::Array(list)) => (list.as_slice(), None),
        Some(Value::Null) | None => (&[][..], None),
        one => (&[][..], one),
    };
    many.iter().chain(one)
}

/// Returns a string that is not blank; numbers as they are written.
fn text_of(of: &Map<String, Value>, name: &str) -> Option<String> {
    match of.get(name)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Text on one line; meant to be plain, but as often escaped or marked up as RSS' titles are.
fn line(of: &Map<String, Value>, name: &str) -> Option<String> {
    text_of(of, name).map(|text| guess(&text)).filter(|text| !text.is_empty())
}

fn language(of: &Map<String, Value>) -> Option<String> {
    text_of(of, "language").map(|tag| tag.replace('_', "-"))
}

/// Returns an image's URL, or an object that holds it.
fn image_of(of: &Map<String, Value>, name: &str, base: Option<&Url>) -> Option<String> {
    link_of(of, name, base).or_else(|| link_of(of.get(name)?.as_object()?, "url", base))
}

fn link_of(of: &Map<String, Value>, name: &str, base: Option<&Url>) -> Option<String> {
    absolute(&text_of(of, name)?, base)
}
