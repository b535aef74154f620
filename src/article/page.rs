//! A page to an article.

use url::Url;

use super::blocks::{self, Part};
use super::media::Gallery;
use super::meta::{Statements, decoded, instant};
use super::select::{self, Oracle};
use super::walk::{self, Piece};
use super::{byline, canonical, clean, credit, dateline, dom, entry as entries, headline, language, tidy};
use crate::feed;
use crate::record::{self, Article, BlockKind, ContentSource, Dateline, PubStatus};

/// The article of a page; what the page does not say is taken from the entry, then from the feed. Without a story on the page the
/// entry's own text stands in (and `content_source` says so). `revision` is 1, `feed` and `first_seen` are empty: whoever
/// knows them sets them. The id is of the canonical URL, else of the page's URL, else of the words.
pub fn from_page(html: &str, url: Option<&Url>, entry: Option<&feed::Entry>, feed: Option<&feed::Feed>) -> Article {
    let tidy = tidy::tidy(html);
    let page = dom::parse(&tidy);
    let said = Statements::read(&page);
    let base = base_url(said.base.as_deref(), url);

    let publisher = said
        .stated_text("publisher")
        .or_else(|| said.meta(&["og:site_name", "application-name"]).map(str::to_owned))
        .or_else(|| feed.and_then(|f| f.title.clone()));
    let headline = headline(&said, publisher.as_deref(), url, entry);
    let stated_body = said.stated.text("articleBody").map(body_text).filter(|b| b.len() > 400);
    let pieces = walk::pieces(&page);
    let keep = select::readable_text(page)
        .or_else(|| stated_body.clone())
        .map(|text| {
            select::story(
                &pieces,
                &Oracle::new(&text),
                stated_body.as_deref().map(Oracle::new).as_ref(),
                headline.as_deref(),
            )
        })
        .unwrap_or_default();
    let story: Vec<&Piece> = pieces.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(piece, _)| piece).collect();

    let mut gallery = Gallery::default();
    if let Some(image) = said.meta(&["og:image", "og:image:url", "twitter:image"]) {
        gallery.add(image, base.as_ref(), None, None);
    }
    let mut parts = parts(&story, base.as_ref(), &mut gallery);
    let mut content_source = ContentSource::Page;
    if !parts.iter().any(|p| p.kind != BlockKind::Caption)
        && let Some(entry) = entry
    {
        let own = entries::parts(entry);
        if !own.is_empty() {
            parts = own;
            content_source = ContentSource::Feed;
        }
    }
    let dateline = cut_dateline(&mut parts);
    if let Some(headline) = &headline {
        parts.insert(0, Part { kind: BlockKind::Headline, text: headline.clone(), credit: None });
    }
    if let Some(entry) = entry {
        gallery.add_entry(entry);
    }

    let claimed = [
        said.canonical.as_deref(),
        said.meta(&["og:url"]),
        said.stated.url("mainEntityOfPage"),
        said.stated.url("url"),
    ];
    let canonical = claimed
        .into_iter()
        .flatten()
        .find_map(|claim| canonical::believed(claim, url))
        .or_else(|| url.and_then(|u| canonical::canonical_url(u.as_str())))
        .or_else(|| entry.and_then(|e| e.link.as_deref()).and_then(canonical::canonical_url));
    let (byline, authors) = authorship(&said, entry, feed);
    let (first_published, modified) = times(&said, entry);

    let mut article = Article {
        id: uuid::Uuid::nil(),
        revision: 1,
        pubstatus: PubStatus::Usable,
        feed: None,
        publisher,
        guid: entry.and_then(|e| e.guid.clone()),
        link: entry.and_then(|e| e.link.clone()),
        summary: said
            .meta(&["og:description", "description", "twitter:description"])
            .and_then(decoded)
            .or_else(|| said.stated_text("description"))
            .or_else(|| entry.and_then(entries::summary)),
        byline,
        authors,
        section: section(&said, headline.as_deref()),
        keywords: keywords(&said, entry),
        headline,
        language: None,
        dateline,
        published: first_published,
        modified,
        first_seen: None,
        content_source,
        text: String::new(),
        blocks: Vec::new(),
        media: gallery.into_media(),
        word_count: 0,
        fingerprint: None,
        duplicate_of: None,
        url: canonical,
    };
    blocks::fill(&mut article, &parts);
    article.language = language::language(
        [
            said.language.as_deref(),
            said.stated.text("inLanguage"),
            said.meta(&["og:locale", "content-language", "language"]),
            entry.and_then(|e| e.language.as_deref()),
            feed.and_then(|f| f.language.as_deref()),
        ],
        &article.text,
    );
    article.id = article.url.as_deref().map_or_else(|| record::content_id("", &article.text), record::article_id);
    article
}

fn base_url(declared: Option<&str>, url: Option<&Url>) -> Option<Url> {
    match (declared, url) {
        (Some(href), Some(url)) => url.join(href).ok().or_else(|| Some(url.clone())),
        (Some(href), None) => Url::parse(href).ok(),
        (None, url) => url.cloned(),
    }
}

/// JSON-LD's `articleBody` as text with a block a line; some sites put HTML there.
fn body_text(body: &str) -> String {
    if !body.contains("</") && !body.contains("&lt;") {
        return html_escape::decode_html_entities(body).into_owned();
    }
    let decoded = html_escape::decode_html_entities(body);
    let page = dom::parse(&tidy::tidy(&decoded));
    walk::pieces(&page).into_iter().map(|p| p.text).collect::<Vec<_>>().join("\n")
}

fn headline(
    said: &Statements,
    publisher: Option<&str>,
    url: Option<&Url>,
    entry: Option<&feed::Entry>,
) -> Option<String> {
    let host = url.and_then(Url::host_str).unwrap_or_default();
    let site: Vec<&str> =
        [publisher, said.meta(&["og:site_name"]), Some(host), psl::domain_str(host)].into_iter().flatten().collect();
    let stated = said.stated_text("headline");
    let og = said.meta(&["og:title", "twitter:title"]).and_then(decoded);
    let only_h1 = (said.h1.len() == 1).then(|| said.h1[0].as_str());
    let title = said.title.as_deref().map(|t| headline::title_stem(t, &said.h1));
    headline::headline(
        [
            stated.as_deref(),
            og.as_deref(),
            only_h1,
            said.h1.first().map(String::as_str),
            title,
            entry.and_then(|e| e.title.as_deref()),
        ],
        &site,
    )
}

/// The story's pieces as parts; a figure's captions become one, its credit cut off.
fn parts(story: &[&Piece], base: Option<&Url>, gallery: &mut Gallery) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut at = 0;
    while at < story.len() {
        let piece = story[at];
        if piece.kind != BlockKind::Caption {
            parts.push(Part { kind: piece.kind, text: piece.text.clone(), credit: None });
            at += 1;
            continue;
        }
        let same = story[at..].iter().take_while(|p| p.kind == BlockKind::Caption && p.figure == piece.figure).count();
        let group = &story[at..at + same];
        at += same;
        let words = group.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(" ");
        let set_apart = group.iter().find_map(|p| p.credit.as_deref()).and_then(credit::unlabel);
        let (text, found) = credit::split(&words);
        let credit = set_apart.or(found);
        if let Some(src) = &piece.picture {
            gallery.add(src, base, Some(text.clone()).filter(|t| !t.is_empty()), credit.clone());
        }
        // The same picture shown twice is one caption.
        if !text.is_empty() && !parts.iter().any(|p| p.kind == BlockKind::Caption && p.text == text) {
            parts.push(Part { kind: BlockKind::Caption, text, credit });
        }
    }
    parts
}

/// Cuts the dateline off the first paragraph.
pub(super) fn cut_dateline(parts: &mut [Part]) -> Option<Dateline> {
    let first = parts.iter_mut().find(|p| p.kind == BlockKind::Paragraph)?;
    let (dateline, rest) = dateline::split(&first.text)?;
    let rest = rest.to_owned();
    first.text = rest;
    Some(dateline)
}

fn authorship(
    said: &Statements,
    entry: Option<&feed::Entry>,
    feed: Option<&feed::Feed>,
) -> (Option<String>, Vec<record::Author>) {
    let stated = said.stated.people("author");
    let meta: Vec<&str> = ["author", "article:author", "byl", "parsely-author", "dc.creator", "sailthru.author"]
        .iter()
        .flat_map(|n| said.all(n))
        .map(String::as_str)
        .collect();
    let from_entry: Vec<&str> = entry.into_iter().flat_map(|e| &e.authors).filter_map(|p| p.name.as_deref()).collect();
    let from_feed: Vec<&str> = feed.into_iter().flat_map(|f| &f.authors).filter_map(|p| p.name.as_deref()).collect();
    let mut authors = byline::people(stated.iter().map(String::as_str));
    for more in [
        meta,
        said.authors.iter().map(String::as_str).collect(),
        said.byline.as_deref().into_iter().collect(),
        from_entry.clone(),
        from_feed,
    ] {
        if authors.is_empty() {
            authors = byline::people(more);
        }
    }
    let printed = said
        .byline
        .clone()
        .or_else(|| said.meta(&["byl", "author"]).map(str::to_owned).filter(|b| !b.contains("://")))
        .or_else(|| (!stated.is_empty()).then(|| stated.join(", ")).and_then(|s| clean::non_empty(&s)))
        .or_else(|| (!from_entry.is_empty()).then(|| from_entry.join(", ")));
    (printed, authors)
}

fn times(
    said: &Statements,
    entry: Option<&feed::Entry>,
) -> (Option<chrono::DateTime<chrono::Utc>>, Option<chrono::DateTime<chrono::Utc>>) {
    let first = |texts: &[Option<&str>]| texts.iter().flatten().find_map(|t| instant(t));
    let published = first(&[
        said.stated.text("datePublished"),
        said.meta(&["article:published_time", "og:article:published_time"]),
        said.meta(&["datepublished", "pubdate", "parsely-pub-date", "sailthru.date", "dc.date.issued", "date"]),
    ])
    .or_else(|| entry.and_then(|e| e.published))
    .or_else(|| said.times.iter().find_map(|t| instant(t)));
    let modified = first(&[
        said.stated.text("dateModified"),
        said.meta(&["article:modified_time", "og:updated_time", "datemodified", "lastmod", "last-modified"]),
    ])
    .or_else(|| entry.and_then(|e| e.updated));
    (published, modified)
}

fn section(said: &Statements, headline: Option<&str>) -> Option<String> {
    said.stated_text("articleSection")
        .or_else(|| said.meta(&["article:section", "parsely-section", "section"]).and_then(decoded))
        .or_else(|| {
            let home = |c: &&String| !c.eq_ignore_ascii_case("home") && Some(c.as_str()) != headline;
            said.breadcrumbs.iter().rev().find(home).cloned()
        })
}

/// Keywords of page and entry, each once.
fn keywords(said: &Statements, entry: Option<&feed::Entry>) -> Vec<String> {
    const MOST: usize = 50;
    let mut all = said.stated.list("keywords");
    all.extend_from_slice(said.all("article:tag"));
    all.extend(said.meta(&["news_keywords", "keywords"]).into_iter().flat_map(|k| k.split(',')).map(str::to_owned));
    all.extend(entry.into_iter().flat_map(|e| e.categories.iter().cloned()));
    let mut seen = std::collections::HashSet::new();
    all.iter()
        .filter_map(|k| decoded(k))
        .filter(|k| k.len() <= 100 && seen.insert(k.to_lowercase()))
        .take(MOST)
        .collect()
}
