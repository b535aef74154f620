//! Google News sitemaps: `<urlset>` of `<url>` with `news:` and `image:` children, and sitemap indexes.

use super::context::{Context, Dated};
use super::links::absolute;
use super::plain::collapse;
use super::xml::{Node, Ns};
use super::{Document, Entry, Feed, Link, MAX_ENTRIES, Source, categories};

/// Reads a sitemap. The children of an index become entries that link to the sitemaps.
pub(super) fn read(root: Node, context: &Context) -> Document {
    let format = if root.local() == "urlset" { "sitemap" } else { "sitemap index" };
    let listed = root.children().filter(|node| matches!(node.local(), "url" | "sitemap"));
    Document {
        feed: Feed { format: format.into(), ..Feed::default() },
        entries: listed.filter_map(|node| entry(node, context)).take(MAX_ENTRIES).collect(),
        ..Document::default()
    }
}

fn entry(node: Node, context: &Context) -> Option<Entry> {
    let mut entry = Entry::default();
    let (mut published, mut updated) = (Dated::default(), Dated::default());
    for field in node.descendants() {
        let Some(value) = field.word().or_else(|| field.filled("href").map(str::to_owned)) else { continue };
        match (field.ns(), field.local()) {
            (Ns::Plain, "loc") => {
                entry.link = entry.link.or_else(|| absolute(&value, context.base(field)));
            }
            (Ns::Plain, "lastmod") => updated.offer(0, Some(value), context),
            (Ns::News, "title") => entry.title = entry.title.or(Some(collapse(&value))),
            (Ns::News, "publication_date") => published.offer(0, Some(value), context),
            (Ns::News, "name") => {
                entry.source = entry.source.or(Some(Source { title: Some(collapse(&value)), url: None }));
            }
            (Ns::News, "language") => entry.language = entry.language.or(Some(value)),
            (Ns::News, "keywords") => categories::read(&mut entry.categories, field),
            (Ns::Image, "loc") => entry.image = entry.image.or_else(|| absolute(&value, context.base(field))),
            _ => {}
        }
    }
    let href = entry.link.clone()?;
    entry.links.push(Link { href, rel: Some("alternate".into()), ..Link::default() });
    (entry.published, entry.published_raw) = published.into_parts();
    (entry.updated, entry.updated_raw) = updated.into_parts();
    Some(entry)
}
