//! The feed's own fields: RSS' channel, Atom's feed, CDF's channel.

use url::Url;

use super::construct::{self, Construct};
use super::context::{Context, Ranked};
use super::dated::Dates;
use super::kind::Kind;
use super::links::{Links, absolute};
use super::media::{self, Media};
use super::plain::collapse;
use super::update_hints::{self, Syndication};
use super::xml::{Node, Ns};
use super::{Feed, Image, Link, Person, categories, people};

#[derive(Default)]
struct ChannelParser {
    title: Ranked<String>,
    description: Ranked<String>,
    dates: Dates,
    authors: Vec<Person>,
    /// The person who is used if no author is named.
    substitute: Ranked<Person>,
    language: Ranked<String>,
    copyright: Ranked<String>,
    generator: Ranked<String>,
    image: Ranked<String>,
    media: Media,
    links: Links,
    syndication: Syndication,
}

/// Reads the feed's own fields from `parts`: the channel and, where it differs, the root around it.
pub(super) fn read(parts: &[Node], context: &Context) -> (Feed, Dates) {
    let mut feed = Feed::default();
    let mut parser = ChannelParser::default();
    for (place, part) in parts.iter().enumerate() {
        for child in part.children().filter(|child| !matches!(child.local(), "item" | "entry" | "channel")) {
            match child.ns() {
                Ns::Plain | Ns::Atom => parser.core(child, &mut feed, context),
                ns => parser.module(ns, child, &mut feed, context),
            }
        }
        if place == 0 {
            parser.dates.updated.offer(2, part.filled("lastmod").map(str::to_owned));
            if let Some(href) = part.filled("href").and_then(|href| absolute(href, context.base(*part))) {
                parser.links.add(Link { href, ..Link::default() });
            }
        }
        parser.language.offer(2, part.language().map(str::to_owned));
    }
    parser.finish(feed)
}

/// Returns the site that a feed names, for links that nothing else makes absolute.
pub(super) fn site(channel: Node) -> Option<Url> {
    let stated = channel.filled("base").map(str::to_owned);
    let link = channel.children().filter(|child| child.is_core("link")).find_map(|link| {
        let page = link.filled("rel").is_none_or(|rel| rel == "alternate");
        page.then(|| link.filled("href").map(str::to_owned).or_else(|| link.word())).flatten()
    });
    stated.or(link).and_then(|link| Url::parse(link.trim()).ok())
}

impl ChannelParser {
    fn core(&mut self, node: Node, feed: &mut Feed, context: &Context) {
        let text = |rss| construct::text(node, context.unsaid(node, rss));
        match node.local() {
            "title" => self.title.offer(0, text(Kind::Unsaid)),
            "description" | "subtitle" | "tagline" | "abstract" => {
                let read = construct::read(node, context.unsaid(node, Kind::Html));
                let image = read.as_ref().filter(|read| read.kind != Kind::Text);
                self.image.offer(4, image.and_then(|read| media::first_image(&read.value, context.base(node))));
                self.description.offer(0, read.and_then(Construct::into_text));
            }
            "info" => self.description.offer(4, text(Kind::Html)),
            "link" | "a" => self.links.read(node, context),
            "language" => self.language.offer(0, node.word()),
            "copyright" | "rights" => self.copyright.offer(0, text(Kind::Unsaid)),
            "generator" => {
                self.generator.offer(0, text(Kind::Unsaid));
                let named = ["uri", "url"].iter().find_map(|name| node.filled(name));
                self.generator.offer(2, named.map(str::to_owned));
            }
            "author" | "managingeditor" => people::add(&mut self.authors, people::read(node, context.site.as_ref())),
            "webmaster" => self.substitute.offer(1, people::read(node, context.site.as_ref())),
            "contributor" => people::add(&mut feed.contributors, people::read(node, context.site.as_ref())),
            "pubdate" | "published" | "issued" => self.dates.published.offer(0, node.word()),
            "created" => self.dates.published.offer(2, node.word()),
            "lastbuilddate" | "updated" | "modified" => self.dates.updated.offer(0, node.word()),
            "date" => self.dates.updated.offer(3, node.word()),
            "category" | "keywords" | "tags" => categories::read(&mut feed.categories, node),
            "image" | "logo" => self.image.offer(0, media::image(node, context)),
            "icon" => self.image.offer(1, media::image(node, context)),
            "ttl" | "skiphours" | "skipdays" => update_hints::read(node, feed),
            _ => {}
        }
    }

    fn module(&mut self, ns: Ns, node: Node, feed: &mut Feed, context: &Context) {
        let text = || construct::text(node, Kind::Unsaid);
        match (ns, node.local()) {
            (Ns::Dc | Ns::DcTerms, "title") => self.title.offer(1, text()),
            (Ns::Dc | Ns::DcTerms, "description") => self.description.offer(1, text()),
            (Ns::Dc | Ns::DcTerms, "creator" | "author") => {
                people::add(&mut self.authors, people::read(node, context.site.as_ref()));
            }
            (Ns::Dc | Ns::DcTerms, "contributor") => {
                people::add(&mut feed.contributors, people::read(node, context.site.as_ref()));
            }
            (Ns::Dc | Ns::DcTerms, "publisher") => {
                self.substitute.offer(2, people::read(node, context.site.as_ref()));
            }
            (Ns::Dc | Ns::DcTerms, "date") => self.dates.updated.offer(3, node.word()),
            (Ns::DcTerms, "issued") => self.dates.published.offer(1, node.word()),
            (Ns::DcTerms, "created" | "available") => self.dates.published.offer(2, node.word()),
            (Ns::DcTerms, "modified") => self.dates.updated.offer(1, node.word()),
            (Ns::Dc | Ns::DcTerms, "rights") | (Ns::Media, "copyright") => self.copyright.offer(1, text()),
            (Ns::Dc | Ns::DcTerms, "language") => self.language.offer(1, node.word()),
            (Ns::Dc | Ns::DcTerms, "subject") | (Ns::Itunes | Ns::Media, "category" | "keywords") => {
                categories::read(&mut feed.categories, node);
            }
            (Ns::Itunes, "title") => self.title.offer(3, text()),
            (Ns::Itunes, "summary" | "description") => self.description.offer(2, text()),
            (Ns::Itunes, "subtitle") => self.description.offer(3, text()),
            (Ns::Itunes, "author") => self.substitute.offer(0, people::read(node, context.site.as_ref())),
            (Ns::Itunes, "owner") => self.substitute.offer(3, people::read(node, context.site.as_ref())),
            (Ns::Itunes, "image") => self.image.offer(2, media::image(node, context)),
            (Ns::Webfeeds, "logo" | "icon") => self.image.offer(5, media::image(node, context)),
            (Ns::Webfeeds, "cover") => {
                let cover = node.filled("image").and_then(|image| absolute(image, context.base(node)));
                self.image.offer(6, cover);
            }
            (Ns::Media, _) => self.media.read(node, context),
            (Ns::Admin, "generatoragent") => {
                self.generator.offer(1, node.filled("rdf:resource").map(str::to_owned).or_else(|| node.word()));
            }
            (Ns::Syndication, _) => self.syndication.read(node),
            (Ns::History, "complete") => feed.complete = true,
            (Ns::History, "archive") => feed.archive = true,
            _ => {}
        }
    }

    fn finish(self, mut feed: Feed) -> (Feed, Dates) {
        feed.title = self.title.into_best();
        feed.description = self.description.into_best();
        feed.link = self.links.page();
        feed.self_link = self.links.by_relation("self");
        feed.hub = self.links.by_relation("hub");
        feed.links = self.links.into_vec();
        feed.language = self.language.into_best().map(|tag| collapse(&tag).replace('_', "-"));
        feed.authors = self.authors;
        if feed.authors.is_empty() {
            feed.authors.extend(self.substitute.into_best());
        }
        let mut image = self.image;
        image.offer(3, self.media.image.into_best());
        feed.image = image.into_best().map(|url| Image { url });
        feed.copyright = self.copyright.into_best();
        feed.generator = self.generator.into_best();
        self.syndication.finish(&mut feed);
        (feed, self.dates)
    }
}
