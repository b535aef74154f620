//! feed-rs' model to ours.

use feed_rs::model;
use url::Url;

use super::extras::{EntryExtras, Extras};
use super::plain::{collapse, plain};
use super::{Document, Entry, Feed, Image, Link, MediaLink, Person, Source};

pub(super) fn document(parsed: model::Feed, extras: Option<Extras>, base: Option<&Url>) -> Document {
    let json = extras.is_none();
    let extras = extras.unwrap_or_default();
    // The two readings are joined by position, which means something only if they saw the same entries.
    let aligned = extras.entries.len() == parsed.entries.len();
    let links: Vec<Link> = parsed.links.iter().filter_map(|link| link_of(link, base)).collect();
    let by_rel = |rel: &str| links.iter().find(|link| link.rel.as_deref() == Some(rel)).map(|link| link.href.clone());
    let feed = Feed {
        title: parsed.title.as_ref().and_then(text),
        description: parsed.description.as_ref().and_then(text),
        link: main_link(&links),
        self_link: by_rel("self"),
        hub: by_rel("hub"),
        language: parsed.language.and_then(word),
        published: parsed.published,
        updated: parsed.updated,
        authors: people(if parsed.authors.is_empty() { parsed.contributors } else { parsed.authors }),
        categories: categories(parsed.categories),
        image: parsed.logo.or(parsed.icon).and_then(|image| absolute(&image.uri, base)).map(|url| Image { url }),
        copyright: parsed.rights.as_ref().and_then(text),
        generator: parsed.generator.and_then(|generator| word(generator.content)),
        ttl: parsed.ttl.or(extras.ttl),
        update_period: extras.update_seconds(),
        format: extras.format,
        skip_hours: extras.skip_hours,
        skip_days: extras.skip_days,
        ..Feed::default()
    };
    let mut seen = extras.entries.into_iter();
    let entries = parsed.entries.into_iter().map(|found| {
        let more = seen.next().filter(|_| aligned);
        entry(found, more, json, base)
    });
    Document { feed, entries: entries.collect() }
}

fn entry(found: model::Entry, extras: Option<EntryExtras>, json: bool, base: Option<&Url>) -> Entry {
    let links: Vec<Link> = found
        .links
        .iter()
        .filter(|link| !matches!(link.target, Some(model::LinkTarget::Comments | model::LinkTarget::CommentsFeed)))
        .filter_map(|link| link_of(link, base))
        .collect();
    let comments = found.links.iter().find(|link| link.target == Some(model::LinkTarget::Comments));
    let media = media(&found.media, &links, base);
    let image = found.media.iter().flat_map(|object| &object.thumbnails).find_map(|t| absolute(&t.image.uri, base));
    let image = image.or_else(|| {
        media.iter().find(|m| m.r#type.as_deref().is_some_and(|t| t.starts_with("image/"))).map(|m| m.url.clone())
    });
    // feed-rs copies one date to the other; the second reading tells which were there.
    let extras_known = extras.is_some();
    let extras = extras.unwrap_or_default();
    let has = |raw: &Option<String>| json || !extras_known || raw.is_some();
    let published = found.published.filter(|_| has(&extras.published));
    let updated = found.updated.filter(|_| has(&extras.updated));
    let guid = extras.guid.or_else(|| Some(found.id).filter(|id| !id.is_empty()));
    let permalink = extras.permalink.filter(|_| guid.is_some());
    let mut link = main_link(&links);
    if link.is_none() && permalink == Some(true) {
        link = guid.as_deref().filter(|guid| guid.starts_with("http")).and_then(|guid| absolute(guid, base));
    }
    let (content, content_type) = match found.content {
        Some(model::Content { body: Some(body), content_type, .. }) if !body.trim().is_empty() => {
            (Some(body), Some(content_type.to_string()))
        }
        _ => (None, None),
    };
    Entry {
        title: found.title.as_ref().and_then(text),
        link,
        published,
        published_raw: extras.published.filter(|_| published.is_none()),
        updated,
        updated_raw: extras.updated.filter(|_| updated.is_none()),
        authors: people(found.authors),
        categories: categories(found.categories),
        summary: found.summary.map(|summary| summary.content).and_then(filled),
        content,
        content_type,
        language: found.language.and_then(word),
        media,
        image,
        comments: comments.and_then(|link| absolute(&link.href, base)),
        source: (extras.source_title.is_some() || extras.source_url.is_some()).then(|| Source {
            title: extras.source_title.as_deref().map(plain),
            url: extras.source_url.as_deref().and_then(|url| absolute(url, base)),
        }),
        rights: found.rights.as_ref().and_then(text),
        guid,
        guid_is_permalink: permalink,
        links,
    }
}

/// The page an entry or feed stands for: `alternate` or no relation, HTML before other types.
fn main_link(links: &[Link]) -> Option<String> {
    let pages = || links.iter().filter(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    let html = |link: &&Link| link.r#type.as_deref().is_none_or(|kind| kind.contains("html"));
    pages().find(html).or_else(|| pages().next()).map(|link| link.href.clone())
}

fn media(objects: &[model::MediaObject], links: &[Link], base: Option<&Url>) -> Vec<MediaLink> {
    let mut media: Vec<MediaLink> = Vec::new();
    for object in objects {
        for content in &object.content {
            let Some(url) = content.url.as_ref().and_then(|url| absolute(url.as_str(), base)) else { continue };
            media.push(MediaLink {
                url,
                r#type: content.content_type.as_ref().map(ToString::to_string),
                length: content.size,
                title: object.title.as_ref().and_then(text),
                credit: object.credits.first().and_then(|credit| word(credit.entity.clone())),
            });
        }
    }
    for link in links.iter().filter(|link| link.rel.as_deref() == Some("enclosure")) {
        media.push(MediaLink { url: link.href.clone(), r#type: link.r#type.clone(), ..MediaLink::default() });
    }
    let mut seen = std::collections::HashSet::new();
    media.retain(|one| seen.insert(one.url.clone()));
    media
}

fn link_of(link: &model::Link, base: Option<&Url>) -> Option<Link> {
    Some(Link {
        href: absolute(&link.href, base)?,
        rel: link.rel.clone(),
        r#type: link.media_type.clone(),
        title: link.title.as_deref().map(plain),
    })
}

/// An absolute URL; a relative one without a base stays as it is.
fn absolute(href: &str, base: Option<&Url>) -> Option<String> {
    let href = href.trim();
    if href.is_empty() {
        return None;
    }
    Some(match (Url::parse(href), base) {
        (Ok(_), _) | (_, None) => href.to_owned(),
        (_, Some(base)) => base.join(href).map_or_else(|_| href.to_owned(), String::from),
    })
}

fn people(people: Vec<model::Person>) -> Vec<Person> {
    let mut kept: Vec<Person> = Vec::new();
    for person in people.into_iter().take(100) {
        let person = Person {
            name: person.name.as_deref().map(plain).and_then(word),
            email: person.email.and_then(word),
            url: person.uri.and_then(word),
        };
        if person != Person::default() && !kept.contains(&person) {
            kept.push(person);
        }
    }
    kept
}

fn categories(categories: Vec<model::Category>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    categories
        .into_iter()
        .filter_map(|category| {
            word(plain(category.label.as_deref().filter(|l| !l.is_empty()).unwrap_or(&category.term)))
        })
        .filter(|category| seen.insert(category.clone()))
        .collect()
}

fn text(text: &model::Text) -> Option<String> {
    word(plain(&text.content))
}

#[allow(clippy::needless_pass_by_value)] // it is handed on by `Option::and_then`
fn word(text: String) -> Option<String> {
    filled(collapse(&text))
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.trim().is_empty())
}
