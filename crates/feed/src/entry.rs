//! Reads an entry of an XML feed. Feeds mix the vocabularies of all formats freely, so one parser reads all of them.

use url::Url;

use super::construct::{self, Construct};
use super::context::{Context, Ranked};
use super::dated::Dates;
use super::kind::Kind;
use super::links::{Links, absolute, is_page};
use super::media::{self, Media};
use super::plain::guess;
use super::xml::{Node, Ns};
use super::{Entry, Link, MediaLink, Person, Source, categories, people};

/// The state of reading an entry: the values that compete for its fields.
#[derive(Default)]
struct EntryParser {
    title: Ranked<String>,
    guid: Ranked<String>,
    permalink: Option<bool>,
    dates: Dates,
    authors: Vec<Person>,
    artist: Option<Person>,
    contributors: Vec<Person>,
    categories: Vec<String>,
    summary: Ranked<Construct>,
    described: bool,
    content: Ranked<Construct>,
    language: Ranked<String>,
    media: Media,
    links: Links,
    comments: Option<String>,
    source: Option<Source>,
    /// Authors of the feed it was taken from, who count where it names none (RFC 4287, 4.2.1).
    source_authors: Vec<Person>,
    /// A substitute for a missing link.
    spare_link: Option<String>,
    rights: Ranked<String>,
}

/// Reads an `<item>` or `<entry>`.
pub(super) fn read(node: Node, context: &Context) -> (Entry, Dates) {
    let mut parser = EntryParser::default();
    for child in node.children() {
        match child.ns() {
            Ns::Plain | Ns::Atom => parser.core(child, context),
            Ns::Media => parser.media(child, context),
            ns => parser.module(ns, child, context),
        }
    }
    parser.cdf(node, context);
    parser.guid.offer(1, node.filled("rdf:about").map(str::to_owned));
    parser.language.offer(9, node.language().map(str::to_owned));
    parser.finish(node, context)
}

impl EntryParser {
    fn core(&mut self, node: Node, context: &Context) {
        match node.local() {
            "title" => {
                self.title.offer(0, construct::text(node, context.unsaid(node, Kind::Unsaid)));
                self.language.offer(2, node.language().map(str::to_owned));
            }
            "link" | "a" => self.links.read(node, context),
            "guid" => {
                // RSS 2.0: true unless said otherwise.
                let said = node.filled("isPermaLink").map(str::to_ascii_lowercase);
                self.permalink = Some(!matches!(said.as_deref(), Some("false" | "no" | "0")));
                self.guid.offer(0, node.word());
            }
            "id" => self.guid.offer(0, node.word().map(|id| stated_id(id, node))),
            "url" => {
                self.spare_link = self.spare_link.take().or_else(|| absolute(&node.word()?, context.base(node)));
            }
            "pubdate" | "published" | "issued" => self.dates.published.offer(0, node.word()),
            "created" => self.dates.published.offer(2, node.word()),
            "updated" | "modified" | "lastbuilddate" => self.dates.updated.offer(0, node.word()),
            "date" => self.date(node),
            "author" | "managingeditor" => people::add(&mut self.authors, people::read(node, context.site.as_ref())),
            "contributor" => people::add(&mut self.contributors, people::read(node, context.site.as_ref())),
            "category" | "keywords" | "tags" => categories::read(&mut self.categories, node),
            "description" | "summary" | "abstract" => self.summary(0, node, context),
            "content" => self.content(node, context),
            "encoded" | "body" | "fullitem" => self.offer_content(1, node, construct::read(node, Kind::Html)),
            "enclosure" => self.media.enclosure(node, context),
            "comments" => {
                let page = node.word().filter(|words| !words.bytes().all(|byte| byte.is_ascii_digit()));
                self.comments = self.comments.take().or_else(|| absolute(&page?, context.base(node)));
            }
            "source" => {
                self.source = self.source.take().or_else(|| source(node, context));
                for author in node.children().filter(|child| child.is_core("author")) {
                    people::add(&mut self.source_authors, people::read(author, context.site.as_ref()));
                }
            }
            "rights" | "copyright" => self.rights.offer(0, construct::text(node, context.unsaid(node, Kind::Unsaid))),
            "image" | "thumbnail" | "logo" | "icon" => self.media.image.offer(1, media::image(node, context)),
            "language" => self.language.offer(0, node.word()),
            _ => {}
        }
    }

    fn module(&mut self, ns: Ns, node: Node, context: &Context) {
        match (ns, node.local()) {
            (Ns::Dc | Ns::DcTerms, "title") => self.title.offer(1, construct::text(node, Kind::Unsaid)),
            (Ns::Dc | Ns::DcTerms, "creator" | "author") => {
                people::add(&mut self.authors, people::read(node, context.site.as_ref()));
            }
            (Ns::Dc | Ns::DcTerms, "contributor") => {
                people::add(&mut self.contributors, people::read(node, context.site.as_ref()));
            }
            (Ns::Dc | Ns::DcTerms, "date") => self.date(node),
            (Ns::DcTerms, "issued") => self.dates.published.offer(1, node.word()),
            (Ns::DcTerms, "created" | "available") => self.dates.published.offer(2, node.word()),
            (Ns::DcTerms, "modified") => self.dates.updated.offer(1, node.word()),
            (Ns::Dc | Ns::DcTerms, "description" | "abstract") => self.summary(1, node, context),
            (Ns::Dc | Ns::DcTerms, "rights") => self.rights.offer(1, construct::text(node, Kind::Unsaid)),
            (Ns::Dc | Ns::DcTerms, "language") => self.language.offer(0, node.word()),
            (Ns::Dc | Ns::DcTerms, "identifier") => self.guid.offer(2, node.word()),
            (Ns::Dc | Ns::DcTerms, "source") => self.source = self.source.take().or_else(|| source(node, context)),
            (Ns::Content, "encoded") => self.offer_content(0, node, construct::read(node, Kind::Html)),
            // Yandex' names for the whole text.
            (Ns::Content, "content") | (Ns::Other, "full-text" | "fulltext") => {
                self.offer_content(2, node, construct::read(node, Kind::Html));
            }
            (Ns::Xhtml, "body" | "div") => self.offer_content(1, node, construct::read(node, Kind::Xhtml)),
            (Ns::Itunes, "author") => {
                self.artist = self.artist.take().or_else(|| people::read(node, context.site.as_ref()));
            }
            (Ns::Itunes, "image") => self.media.image.offer(1, media::image(node, context)),
            (Ns::Itunes, "title") => self.title.offer(3, construct::text(node, Kind::Unsaid)),
            (Ns::Itunes, "summary" | "description") => self.summary(2, node, context),
            (Ns::Itunes, "subtitle") => self.summary(3, node, context),
            (Ns::Dc | Ns::DcTerms, "subject") | (Ns::Itunes, "keywords" | "category") => {
                categories::read(&mut self.categories, node);
            }
            (Ns::Feedburner, "origlink") => {
                let href = node.word().and_then(|href| absolute(&href, context.base(node)));
                if let Some(href) = href {
                    self.links.add(Link { href, rel: Some("canonical".into()), ..Link::default() });
                }
            }
            _ => {}
        }
    }

    fn media(&mut self, node: Node, context: &Context) {
        let inside = std::iter::once(node).chain(node.descendants()).filter(|inner| inner.ns() == Ns::Media);
        let mut picture_to = 0;
        for inner in inside {
            if inner.local() == "content" && media::is_picture(inner) {
                picture_to = inner.end();
            }
            // Title and description of the media stand in for the entry's own; a picture's are its caption.
            match inner.local() {
                "title" | "description" if inner.index() < picture_to => {}
                "title" => self.title.offer(2, construct::text(inner, Kind::Unsaid)),
                "description" => self.summary(4, inner, context),
                "keywords" | "category" => categories::read(&mut self.categories, inner),
                "copyright" => self.rights.offer(2, construct::text(inner, Kind::Unsaid)),
                _ => {}
            }
        }
        self.media.read(node, context);
    }

    /// A date of no stated role is both.
    fn date(&mut self, node: Node) {
        self.dates.published.offer(3, node.word());
        self.dates.updated.offer(3, node.word());
    }

    fn summary(&mut self, rank: u8, node: Node, context: &Context) {
        let read = construct::read(node, context.unsaid(node, Kind::Html));
        let description = node.is_core("description") && read.is_some();
        if description && std::mem::replace(&mut self.described, true) {
            // A second description is the longer text.
            self.offer_content(3, node, read);
        } else {
            self.summary.offer(rank, read);
        }
    }

    fn content(&mut self, node: Node, context: &Context) {
        if let Some(source) = node.filled("src").and_then(|source| absolute(source, context.base(node))) {
            let kind = node.filled("type").map(str::to_owned);
            if kind.as_deref().is_none_or(|kind| kind.contains("html")) {
                self.links.add(Link { href: source, rel: Some("content".into()), r#type: kind, title: None });
            } else {
                self.media.add(MediaLink { url: source, r#type: kind, ..MediaLink::default() });
            }
            return;
        }
        if node.filled("type").is_some_and(|kind| kind.starts_with("multipart/")) {
            // Atom 0.3: the same in several forms.
            for part in node.children().filter(|part| part.is_core("content")) {
                let read = construct::read(part, Kind::Text);
                let rank = u8::from(read.as_ref().is_some_and(|read| read.kind == Kind::Text)) + 1;
                self.offer_content(rank, part, read);
            }
            return;
        }
        self.offer_content(1, node, construct::read(node, context.unsaid(node, Kind::Html)));
    }

    fn offer_content(&mut self, rank: u8, node: Node, read: Option<Construct>) {
        if read.is_some() {
            self.language.offer(1, node.language().map(str::to_owned));
        }
        self.content.offer(rank, read);
    }

    /// Reads the attributes of CDF.
    fn cdf(&mut self, node: Node, context: &Context) {
        let href = node.filled("href").filter(|_| self.links.page().is_none());
        if let Some(href) = href.and_then(|href| absolute(href, context.base(node))) {
            self.links.add(Link { href, ..Link::default() });
        }
        self.dates.updated.offer(2, node.filled("lastmod").map(str::to_owned));
    }

    fn finish(self, node: Node, context: &Context) -> (Entry, Dates) {
        let base = context.base(node);
        let guid = self.guid.into_best();
        let permalink = self.permalink.filter(|_| guid.is_some());
        let by_guid = || {
            let guid = guid.as_deref().filter(|_| permalink != Some(false))?;
            let is_path = base.is_some() && guid.starts_with(['/', '?']) && !guid.contains(' ');
            if is_page(guid) || permalink == Some(true) && is_path { absolute(guid, base) } else { None }
        };
        let link = self.links.page().or_else(by_guid).or(self.spare_link);
        let mut found = self.media;
        for link in self.links.with_relation("enclosure") {
            found.add(MediaLink {
                url: link.href.clone(),
                r#type: link.r#type.clone(),
                title: link.title.clone(),
                ..MediaLink::default()
            });
        }
        lengths(&mut found, node, context);
        let (body, summary) = (self.content.into_best(), self.summary.into_best());
        let inside = || {
            let page = link.as_deref().and_then(|link| Url::parse(link).ok());
            let texts = [body.as_ref(), summary.as_ref()].into_iter().flatten();
            texts
                .filter(|text| text.kind != Kind::Text)
                .find_map(|text| media::first_image(&text.value, text.base.as_ref().or(page.as_ref()).or(base)))
        };
        let image = found.image.best().cloned().or_else(inside);
        let mut authors = self.authors;
        if authors.is_empty() {
            authors.extend(self.artist);
        }
        if authors.is_empty() {
            authors = self.source_authors;
        }
        let text_base = body.as_ref().or(summary.as_ref()).map_or(node.stated_base(), |text| text.base.as_ref());
        let entry = Entry {
            base: text_base.map(ToString::to_string),
            title: self.title.into_best(),
            link,
            authors,
            contributors: self.contributors,
            categories: self.categories,
            content_type: body.as_ref().map(|body| body.kind.media_type().to_owned()),
            summary: summary.map(|summary| summary.value),
            content: body.map(|body| body.value),
            language: self.language.into_best().map(|tag| tag.replace('_', "-")),
            media: found.finish(),
            image,
            comments: self.comments.or_else(|| self.links.replies()),
            source: self.source,
            rights: self.rights.into_best(),
            guid,
            guid_is_permalink: permalink,
            links: self.links.into_vec(),
            ..Entry::default()
        };
        (entry, self.dates)
    }
}

/// Returns an id as given; a relative one is completed where the document states the base.
fn stated_id(id: String, node: Node) -> String {
    let base = node.stated_base().filter(|_| Url::parse(&id).is_err());
    base.and_then(|base| base.join(&id).ok()).map_or(id, String::from)
}

/// Lengths of Atom's enclosures, which [`Link`] does not keep.
fn lengths(media: &mut Media, node: Node, context: &Context) {
    for link in node.children().filter(|child| child.is_core("link")) {
        let enclosure = link.filled("rel").is_some_and(|rel| rel.to_ascii_lowercase().ends_with("enclosure"));
        let length = link.filled("length").and_then(|length| length.parse().ok());
        if let Some(url) = link.filled("href").filter(|_| enclosure && length.is_some())
            && let Some(url) = absolute(url, context.base(link))
        {
            media.add(MediaLink { url, length, ..MediaLink::default() });
        }
    }
}

/// `<source>`: RSS' words with a URL, Atom's feed in small.
fn source(node: Node, context: &Context) -> Option<Source> {
    let mut links = Links::default();
    let (mut title, mut id) = (None, None);
    for child in node.children() {
        match child.local() {
            "title" => title = title.or_else(|| construct::text(child, context.unsaid(child, Kind::Unsaid))),
            "link" => links.read(child, context),
            "id" => id = id.or_else(|| child.word()),
            _ => {}
        }
    }
    if !node.has_elements() {
        title = Some(guess(&node.text())).filter(|title| !title.is_empty());
    }
    let url = node.filled("url").or_else(|| node.filled("href")).and_then(|url| absolute(url, context.base(node)));
    if url.is_none() && title.as_deref().is_some_and(|words| words.starts_with("http") && !words.contains(' ')) {
        return Some(Source { title: None, url: title });
    }
    let url = url.or_else(|| links.page()).or_else(|| links.by_relation("self")).or(id);
    (title.is_some() || url.is_some()).then_some(Source { title, url })
}
