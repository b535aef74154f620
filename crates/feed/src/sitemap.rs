//! Sitemaps: `<urlset>` of `<url>` with `news:`, `image:` and `video:` children, and sitemap indexes.

use super::context::{Context, Ranked};
use super::dated::{Dates, Draft};
use super::links::absolute;
use super::plain::{collapse, guess};
use super::xml::{Node, Ns};
use super::{Entry, Feed, Link, MAX_ENTRIES, MediaLink, Source, categories};

/// Films kept of one page.
const MAX_FILMS: usize = 200;

/// Reads a sitemap. The children of an index become entries that link to the sitemaps.
pub(super) fn read(root: Node, context: &Context) -> Draft {
    let format = if root.local() == "urlset" { "sitemap" } else { "sitemap index" };
    let listed = root.children().filter(|node| matches!(node.local(), "url" | "sitemap"));
    Draft {
        feed: (Feed { format: format.into(), ..Feed::default() }, Dates::default()),
        entries: listed.filter_map(|node| entry(node, context)).take(MAX_ENTRIES).collect(),
        ..Draft::default()
    }
}

fn entry(node: Node, context: &Context) -> Option<(Entry, Dates)> {
    let mut entry = Entry::default();
    let mut dates = Dates::default();
    let (mut title, mut thumbnail) = (Ranked::default(), None);
    for field in node.descendants() {
        let Some(value) = field.word().or_else(|| field.filled("href").map(str::to_owned)) else { continue };
        match (field.ns(), field.local()) {
            (Ns::Plain, "loc") => {
                entry.link = entry.link.or_else(|| absolute(&value, context.base(field)));
            }
            (Ns::Plain, "lastmod") => dates.updated.offer(0, Some(value)),
            (Ns::News, "title") => title.offer(0, Some(guess(&value))),
            (Ns::News, "publication_date") => dates.published.offer(0, Some(value)),
            (Ns::News, "name") => {
                entry.source = entry.source.or(Some(Source { title: Some(collapse(&value)), url: None }));
            }
            (Ns::News, "language") => entry.language = entry.language.or_else(|| Some(value.replace('_', "-"))),
            (Ns::News, "keywords") => categories::read(&mut entry.categories, field),
            (Ns::Image, "loc") => entry.image = entry.image.or_else(|| absolute(&value, context.base(field))),
            // A page of a film: its words stand in for the page's own.
            (Ns::Video, "title") => title.offer(1, Some(guess(&value))),
            (Ns::Video, "description") => entry.summary = entry.summary.or(Some(value)),
            (Ns::Video, "publication_date") => dates.published.offer(1, Some(value)),
            (Ns::Video, "thumbnail_loc") => thumbnail = thumbnail.or_else(|| absolute(&value, context.base(field))),
            (Ns::Video, "content_loc") if entry.media.len() < MAX_FILMS => {
                let url = absolute(&value, context.base(field));
                entry.media.extend(url.map(|url| MediaLink { url, ..MediaLink::default() }));
            }
            _ => {}
        }
    }
    entry.title = title.into_best().filter(|title| !title.is_empty());
    entry.image = entry.image.or(thumbnail);
    let href = entry.link.clone()?;
    entry.links.push(Link { href, rel: Some("alternate".into()), ..Link::default() });
    Some((entry, dates))
}
