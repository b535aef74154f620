//! Enclosures, Media RSS and the image of an entry.

use url::Url;

use super::MediaLink;
use super::construct;
use super::context::{Context, Ranked};
use super::kind::Kind;
use super::links::absolute;
use super::xml::{Node, Ns};

/// Media kept of one entry.
const MAX_MEDIA: usize = 200;

/// The media met in an entry or feed.
#[derive(Debug, Default)]
pub(super) struct Media {
    links: Vec<MediaLink>,
    /// Thumbnails before artwork before images among the media.
    pub image: Ranked<String>,
    title: Option<String>,
    description: Option<String>,
    credit: Option<String>,
}

impl Media {
    /// Reads an element of Media RSS; whether its text is a summary or title is for the caller.
    pub(crate) fn read(&mut self, node: Node, context: &Context) {
        match node.local() {
            "group" => {
                let mut group = Self::default();
                for child in node.children().filter(|child| child.ns() == Ns::Media) {
                    group.read(child, context);
                }
                self.image.offer(0, group.image.best().cloned());
                for link in group.finish() {
                    self.add(link);
                }
            }
            "content" => self.content(node, context),
            "thumbnail" => self.image.offer(0, thumbnail(node, context)),
            "title" => self.title = self.title.take().or_else(|| construct::text(node, Kind::Unsaid)),
            "description" => {
                self.description = self.description.take().or_else(|| construct::text(node, Kind::Html));
            }
            "credit" => self.credit = self.credit.take().or_else(|| construct::text(node, Kind::Unsaid)),
            _ => {}
        }
    }

    fn content(&mut self, node: Node, context: &Context) {
        let mut inner = Self::default();
        let mut player = None;
        for child in node.children().filter(|child| child.ns() == Ns::Media) {
            if child.local() == "player" {
                player = child.filled("url");
            } else if child.local() != "content" {
                inner.read(child, context);
            }
        }
        let url = node.filled("url").or(player).and_then(|url| absolute(url, context.base(node)));
        let link = url.map(|url| MediaLink {
            url,
            r#type: node.filled("type").map(str::to_owned),
            length: node.filled("filesize").and_then(|size| size.parse().ok()),
            title: inner.title,
            credit: inner.credit,
        });
        self.image.offer(0, inner.image.into_best());
        if let Some(mut link) = link {
            if is_picture(node) {
                self.image.offer(2, Some(link.url.clone()));
                link.title = link.title.or(inner.description);
            }
            self.add(link);
        }
    }

    /// Reads RSS' `<enclosure>`.
    pub(crate) fn enclosure(&mut self, node: Node, context: &Context) {
        let href = ["url", "href", "uri", "rdf:resource", "enc:url"].iter().find_map(|name| node.filled(name));
        let text = node.text();
        let href = href.or_else(|| Some(text.trim()).filter(|text| text.starts_with("http")));
        let Some(url) = href.and_then(|href| absolute(href, context.base(node))) else { return };
        self.add(MediaLink {
            url,
            r#type: ["type", "enc:type"].iter().find_map(|name| node.filled(name)).map(str::to_owned),
            length: ["length", "enc:length"].iter().find_map(|name| node.filled(name)).and_then(|n| n.parse().ok()),
            title: node.filled("title").map(str::to_owned),
            credit: None,
        });
    }

    /// Adds a medium; one at a URL already known gains what is new.
    pub(crate) fn add(&mut self, link: MediaLink) {
        if link.r#type.as_deref().is_some_and(|kind| kind.starts_with("image")) {
            self.image.offer(3, Some(link.url.clone()));
        } else if link.r#type.is_none() && has_image_name(&link.url) {
            self.image.offer(4, Some(link.url.clone()));
        }
        if let Some(known) = self.links.iter_mut().find(|known| known.url == link.url) {
            known.r#type = known.r#type.take().or(link.r#type);
            known.length = known.length.or(link.length);
            known.title = known.title.take().or(link.title);
            known.credit = known.credit.take().or(link.credit);
        } else if self.links.len() < MAX_MEDIA {
            self.links.push(link);
        }
    }

    /// Returns the media; a title or credit that stood beside them goes to those without one.
    pub(crate) fn finish(self) -> Vec<MediaLink> {
        let mut links = self.links;
        for link in &mut links {
            link.title = link.title.take().or_else(|| self.title.clone());
            link.credit = link.credit.take().or_else(|| self.credit.clone());
        }
        links
    }
}

/// Returns whether a `media:content` says that it is a picture.
pub(super) fn is_picture(node: Node) -> bool {
    node.filled("medium").is_some_and(|medium| medium.eq_ignore_ascii_case("image"))
        || node.filled("type").is_some_and(|kind| kind.starts_with("image"))
}

/// Returns whether a URL ends as pictures do.
fn has_image_name(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| matches!(ending.as_str(), "jpg" | "jpeg" | "png" | "gif" | "webp" | "avif"))
}

fn thumbnail(node: Node, context: &Context) -> Option<String> {
    let text = node.text();
    absolute(node.filled("url").or_else(|| node.filled("href")).unwrap_or(&text), context.base(node))
}

/// Returns an `<image>`, `<logo>` or `<itunes:image>`: a child `url`, an attribute or words.
pub(super) fn image(node: Node, context: &Context) -> Option<String> {
    let child = node.children().find(|child| child.ns().is_core() && matches!(child.local(), "url" | "href"));
    let named = ["href", "url", "rdf:resource"].iter().find_map(|name| node.filled(name));
    let text = match (child, named) {
        (Some(child), _) => child.word().or_else(|| child.filled("href").map(str::to_owned)),
        (None, Some(named)) => Some(named.to_owned()),
        (None, None) if !node.has_elements() => node.word(),
        (None, None) => None,
    };
    absolute(&text?, context.base(node))
}

/// Returns the first image of an HTML text that is not a counting pixel.
pub(super) fn first_image(html: &str, base: Option<&Url>) -> Option<String> {
    let mut rest = html;
    for _ in 0..20 {
        let at = rest.bytes().zip(1..).find_map(|(byte, next)| {
            (byte == b'<' && rest.get(next..next + 4).is_some_and(|name| name.eq_ignore_ascii_case("img ")))
                .then_some(next)
        })?;
        rest = &rest[at + 3..];
        let tag = &rest[..tag_end(rest)?];
        let names = tag.to_ascii_lowercase();
        let named = |name| attribute(tag, &names, name);
        if ["width", "height"].iter().any(|name| matches!(named(*name), Some("0" | "1"))) {
            continue;
        }
        // One that is loaded late has its address elsewhere, and a placeholder as its source.
        let sources = ["src", "data-src"].into_iter().filter_map(named);
        let mut sources = sources.filter_map(|source| absolute(&html_escape::decode_html_entities(source), base));
        if let Some(source) = sources.find(|source| source.starts_with("http")) {
            return Some(source);
        }
    }
    None
}

/// Returns where a tag ends, a `>` in quotes being none; one whose quotes do not close ends at the first.
fn tag_end(tag: &str) -> Option<usize> {
    let first = tag.find('>')?;
    let mut quote = None;
    let end = tag.bytes().take(4_096).position(|byte| match quote {
        Some(open) => {
            if byte == open {
                quote = None;
            }
            false
        }
        None => {
            quote = Some(byte).filter(|byte| matches!(byte, b'"' | b'\''));
            byte == b'>'
        }
    });
    Some(end.unwrap_or(first))
}

/// Returns the value of an attribute in a tag's text; `names` is the same in lower case.
fn attribute<'a>(tag: &'a str, names: &str, name: &str) -> Option<&'a str> {
    let value = names.match_indices(name).find_map(|(at, _)| {
        let before = at == 0 || tag.as_bytes()[at - 1].is_ascii_whitespace();
        before.then(|| tag[at + name.len()..].trim_start().strip_prefix('=')).flatten()
    })?;
    let value = value.trim_start();
    match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next(),
        _ => value.split(char::is_whitespace).next(),
    }
}
