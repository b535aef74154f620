//! Reads a section page as a feed: the links to articles, with their titles, dates and summaries.
//!
//! The links are found by themselves, or by the user's selectors. `scan` collects the links that stand in the page's own
//! part (`zones`) and what their addresses say (`address`); `blocks` finds the card, row or paragraph of each, and
//! `teaser` reads it; `choice` decides which links are the list. What the page states in JSON-LD is added (`item_list`).
//! docs/pages-as-feeds.md describes the whole for users.

mod address;
mod blocks;
mod choice;
mod dates;
mod days;
mod item_list;
mod scan;
mod selectors;
mod teaser;
#[cfg(test)]
mod tests;
mod words;
mod zones;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use dateline_feed::{DateCustoms, DateReading, Document, Entry, Feed, Hints, Link};
use dateline_record::Source;
use dom_query::NodeId;
use url::Url;

use self::blocks::{Block, Blocks};
use self::choice::Candidate;
use self::dates::Stamp;
use self::item_list::Item;
use self::scan::{Anchor, Place, Scan, Target};
pub use self::selectors::ListingSelectors;
use self::teaser::Teaser;
use self::words::headline_score;
use self::zones::Zone;
use crate::html::{decode, dom, sanitize};
use crate::metadata::meta::{Statements, decoded};

/// The name of the format.
pub const FORMAT: &str = "page";
/// The maximum number of links read from one page; the first ones are kept.
const MAX_ENTRIES: usize = 1_000;
/// The longest title and summary, in bytes.
const MAX_TITLE: usize = 600;
const MAX_SUMMARY: usize = 2_000;
/// The score of an address that is surely that of a list or a service.
const LIST: i32 = -3;

/// Returns the publisher that a feed names: its title, but the title of a section page is that of the section.
pub(crate) fn publisher(feed: &Feed) -> Option<String> {
    feed.title.clone().filter(|_| feed.format != FORMAT)
}

/// Records that what comes from this feed was read off a section page.
pub(crate) fn mark(sources: &mut BTreeMap<String, Source>, feed: Option<&Feed>) {
    if feed.is_some_and(|feed| feed.format == FORMAT) {
        sources.values_mut().filter(|source| **source == Source::Feed).for_each(|source| *source = Source::SectionPage);
    }
}

/// Why a page cannot be read as a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListingError {
    /// The document contains only white space.
    #[error("the page is empty")]
    Empty,
    /// No list of links was found.
    #[error(
        "no list of links to articles was found on this page; name the links with `select = {{ links = \"CSS\" }}`"
    )]
    NoLinks,
    /// The selector matches no link.
    #[error("the selector in `links` matches no link on this page")]
    NotSelected,
}

/// Reads a section page as a feed document whose entries are the articles that the page links to, in the page's order.
pub fn read_listing(body: &[u8], hints: &Hints, select: Option<&ListingSelectors>) -> Result<Document, ListingError> {
    let (html, encoding) = decode::decode(body, hints.content_type);
    if html.trim().is_empty() {
        return Err(ListingError::Empty);
    }
    let page = dom::parse(&sanitize::sanitize(&html));
    let url = hints.url.and_then(|url| Url::parse(url).ok());
    let said = Statements::read(&page, url.as_ref());
    let base = said.base.as_deref().and_then(|base| match &url {
        Some(url) => url.join(base).ok(),
        None => Url::parse(base).ok(),
    });
    let place = Place { page: url.as_ref(), base: base.as_ref() };
    let listing = Listing::read(&page, &place, select);
    if listing.rows.is_empty() {
        return Err(if select.is_some() { ListingError::NotSelected } else { ListingError::NoLinks });
    }
    let mut feed = Feed {
        format: FORMAT.to_owned(),
        encoding: encoding.name().to_ascii_lowercase(),
        title: said.meta(&["og:title"]).and_then(decoded).or_else(|| said.title.clone()),
        description: said.meta(&["description", "og:description"]).and_then(decoded),
        link: url.as_ref().map(Url::to_string),
        language: said.language.as_deref().and_then(crate::metadata::language::tag),
        ..Feed::default()
    };
    let next = listing.next.map(|next| Link { href: next.into(), rel: Some("next".into()), ..Link::default() });
    feed.links.extend(next);
    let customs = customs(&feed, url.as_ref(), &listing.rows, hints.now);
    let mut rows = listing.rows;
    if rows.len() > MAX_ENTRIES {
        rows.truncate(MAX_ENTRIES);
        feed.repairs.push(format!("links after the first {MAX_ENTRIES} left out"));
    }
    let entries = rows.into_iter().map(|row| row.entry(&customs, hints.now)).collect();
    Ok(Document { feed, entries, deleted: Vec::new() })
}

/// An article of the list.
struct Row {
    url: Url,
    title: Option<String>,
    summary: Option<String>,
    stamp: Option<Stamp>,
    /// The date of the heading above it.
    day: Option<String>,
}

impl Row {
    fn reading(&self) -> Option<DateReading> {
        match (&self.stamp, &self.day) {
            (Some(Stamp::Read(reading)), _) => Some(reading.clone()),
            (Some(Stamp::Clock(time)), Some(day)) => dates::of_day(day, Some(time)),
            (None, Some(day)) => dates::of_day(day, None),
            _ => None,
        }
    }

    fn entry(self, customs: &DateCustoms, now: Option<DateTime<Utc>>) -> Entry {
        let is_plausible = |at: &DateTime<Utc>| {
            (1971..=2100).contains(&at.year()) && now.is_none_or(|now| *at <= now + TimeDelta::days(1))
        };
        let published = self.reading().and_then(|reading| reading.settle(customs)).filter(is_plausible);
        let raw = match &self.stamp {
            Some(Stamp::Clock(words) | Stamp::Open(words)) if published.is_none() => Some(words.clone()),
            _ => None,
        };
        let cut = |text: String, most: usize| text[..text.floor_char_boundary(most)].trim_end().to_owned();
        let link = crate::canonical_url(self.url.as_str()).unwrap_or_else(|| self.url.to_string());
        Entry {
            guid: Some(link.clone()),
            guid_is_permalink: Some(true),
            title: self.title.map(|title| cut(title, MAX_TITLE)),
            links: vec![Link { href: link.clone(), rel: Some("alternate".into()), ..Link::default() }],
            link: Some(link),
            published,
            published_raw: raw,
            summary: self.summary.map(|summary| cut(summary, MAX_SUMMARY)),
            ..Entry::default()
        }
    }
}

/// Returns the date conventions of the page.
fn customs(feed: &Feed, url: Option<&Url>, rows: &[Row], now: Option<DateTime<Utc>>) -> DateCustoms {
    let mut customs = DateCustoms::new(feed.language.as_deref(), url.and_then(Url::host_str));
    let readings: Vec<Option<DateReading>> = rows.iter().map(Row::reading).collect();
    let rows: Vec<Vec<Option<&DateReading>>> = readings.iter().map(|reading| vec![reading.as_ref()]).collect();
    customs.learn(&rows, now);
    customs
}

/// The list of a page.
struct Listing {
    rows: Vec<Row>,
    next: Option<Url>,
}

impl Listing {
    fn read(page: &dom_query::Document, place: &Place, select: Option<&ListingSelectors>) -> Self {
        let mut scan = Scan::new(page, place, select.is_some());
        let next = scan.next.take();
        let rows = match select {
            Some(select) => selected(page, &scan, select),
            None => found(page, place, &scan),
        };
        Self { rows, next }
    }
}

/// The links of a page's articles with their blocks.
struct Teasers<'a> {
    anchors: Vec<&'a Anchor>,
    blocks: Vec<Block>,
    teasers: Vec<Teaser>,
    days: Vec<Option<String>>,
}

impl<'a> Teasers<'a> {
    /// Reads the blocks of these targets' links; `is_article` says of each link whether it leads to an article, and by its
    /// words.
    fn read(
        page: &dom_query::Document,
        scan: &'a Scan,
        targets: &[usize],
        is_article: impl Fn(&Anchor) -> Option<bool>,
    ) -> Self {
        let blocks = Blocks::new(page, scan, &is_article);
        // A link within the block of another article ("Print") leads to none of its own.
        let leads = |anchor: &Anchor| is_article(anchor).filter(|_| blocks.leads(anchor.id));
        let anchors: Vec<&Anchor> =
            targets.iter().filter_map(|&target| best(scan, &scan.targets[target], leads)).collect();
        let of: HashMap<NodeId, usize> = scan.anchors.iter().map(|anchor| (anchor.id, anchor.target)).collect();
        let parts = blocks.of(page, &anchors);
        let read = |(anchor, block): (&&Anchor, &Block)| {
            Teaser::read(page, block, anchor, |id| of.get(&id) == Some(&anchor.target))
        };
        let teasers = anchors.iter().zip(&parts).map(read).collect();
        let days = days::above(page, scan, &parts);
        Self { anchors, blocks: parts, teasers, days }
    }
}

/// Returns the link that shows most of its article: in the page's own column, in a heading, with the most words.
fn best<'a>(scan: &'a Scan, target: &Target, is_article: impl Fn(&Anchor) -> Option<bool>) -> Option<&'a Anchor> {
    let anchors = target.anchors.iter().map(|&at| &scan.anchors[at]).filter(|anchor| is_article(anchor).is_some());
    let rank = |anchor: &&Anchor| {
        (anchor.zone == Zone::Main, anchor.is_title && anchor.is_heading, anchor.is_title, anchor.text.len())
    };
    // Of equal ones, the first.
    anchors.reduce(|best, next| if rank(&next) > rank(&best) { next } else { best })
}

/// Returns the articles that the selectors choose, in the page's order.
fn selected(page: &dom_query::Document, scan: &Scan, select: &ListingSelectors) -> Vec<Row> {
    let chosen: HashSet<NodeId> = select.links(page).into_iter().collect();
    let mut seen = HashSet::new();
    let in_order = scan.anchors.iter().filter(|anchor| chosen.contains(&anchor.id)).map(|anchor| anchor.target);
    let targets: Vec<usize> = in_order.filter(|target| seen.insert(*target)).collect();
    let is_chosen = |anchor: &Anchor| chosen.contains(&anchor.id).then_some(true);
    let read = Teasers::read(page, scan, &targets, is_chosen);
    let Teasers { anchors, blocks, teasers, days } = read;
    let rows = anchors.into_iter().zip(blocks).zip(teasers).zip(days).map(|(((anchor, block), teaser), day)| {
        let date = select.date(page, &block);
        let stamp = date.and_then(|(value, text)| {
            value.as_deref().and_then(dates::of_attribute).or_else(|| dates::of_line(&text, true))
        });
        Row {
            url: scan.targets[anchor.target].url.clone(),
            title: select.title(page, &block).or(teaser.title),
            summary: select.summary(page, &block).or(teaser.summary),
            stamp: stamp.or(teaser.stamp),
            day,
        }
    });
    rows.collect()
}

/// Returns the places of repeated blocks whose links mostly lead to what may be articles.
fn places(scan: &Scan, may_be: &[bool]) -> HashSet<u64> {
    let mut targets: HashMap<u64, HashSet<usize>> = HashMap::new();
    for anchor in scan.anchors.iter().filter(|anchor| anchor.is_title) {
        targets.entry(anchor.group).or_default().insert(anchor.target);
    }
    let is_list = |targets: &HashSet<usize>| {
        let articles = targets.iter().filter(|&&target| may_be[target]).count();
        articles >= choice::MIN_GROUP && articles * 3 >= targets.len() * 2
    };
    targets.into_iter().filter(|(_, targets)| is_list(targets)).map(|(group, _)| group).collect()
}

/// Returns the articles that are found by themselves, in the page's order.
fn found(page: &dom_query::Document, place: &Place, scan: &Scan) -> Vec<Row> {
    let items = item_list::read(page, place);
    let stated: HashMap<&str, &Item> = items.iter().map(|item| (item.key.as_str(), item)).collect();
    let relations = address::Relations::of(scan.targets.iter().map(|target| (target.key.as_str(), target.shape)));
    let score: Vec<i32> =
        scan.targets.iter().map(|target| target.shape.score + relations.score(&target.key, target.shape)).collect();
    let words = |target: &Target| {
        let titles = target.anchors.iter().map(|&at| &scan.anchors[at]).filter(|anchor| anchor.is_title);
        titles.map(|anchor| headline_score(&anchor.text)).max()
    };
    let may_be: Vec<bool> = scan
        .targets
        .iter()
        .zip(&score)
        .map(|(target, score)| {
            let is_stated = stated.contains_key(target.key.as_str());
            let is_specific = *score > 0 && target.shape.is_specific();
            is_stated
                || is_specific
                || *score > LIST && score + words(target).unwrap_or_default() >= 2
                || *score > LIST
                    && target.anchors.iter().any(|&at| scan.anchors[at].is_title && scan.anchors[at].is_heading)
        })
        .collect();
    // A link of few words stands among those of many.
    let places = places(scan, &may_be);
    let is_among = |target: &Target| {
        !target.shape.is_filed
            && target
                .anchors
                .iter()
                .map(|&at| &scan.anchors[at])
                .any(|link| link.is_title && places.contains(&link.group))
    };
    let may_be: Vec<bool> = scan
        .targets
        .iter()
        .enumerate()
        .map(|(at, target)| may_be[at] || score[at] > LIST && is_among(target))
        .collect();
    let targets: Vec<usize> = (0..scan.targets.len()).filter(|&target| may_be[target]).collect();
    let is_article = |anchor: &Anchor| may_be[anchor.target].then_some(anchor.is_title);
    let read = Teasers::read(page, scan, &targets, is_article);
    let candidates: Vec<Candidate> = read
        .anchors
        .iter()
        .zip(&read.teasers)
        .zip(&read.days)
        .map(|((anchor, teaser), day)| {
            let target = &scan.targets[anchor.target];
            let title = teaser.title.as_deref().map_or(-1, headline_score);
            let is_below = place.page.is_some_and(|page| address::is_below(&target.url, page));
            let points = [
                (3, teaser.has_heading),
                (2, teaser.has_time || day.is_some()),
                (1, teaser.summary.is_some()),
                (1, teaser.has_picture),
                (1, is_below),
                (4, stated.contains_key(target.key.as_str())),
            ];
            let points: i32 = points.iter().map(|(points, is)| points * i32::from(*is)).sum();
            Candidate {
                target: anchor.target,
                score: score[anchor.target] + title + points,
                title,
                group: anchor.group,
                zone: anchor.zone,
                kind: target.shape.kind(&target.url),
                is_media: address::is_media(&target.url),
                rank: teaser.rank,
            }
        })
        .collect();
    let chosen = choice::choose(&candidates);
    let mut known: HashSet<&str> = HashSet::new();
    let Teasers { anchors, teasers, days, .. } = read;
    let mut rows = Vec::new();
    for ((anchor, teaser), day) in anchors.into_iter().zip(teasers).zip(days) {
        let target = &scan.targets[anchor.target];
        if !chosen.contains(&anchor.target) {
            continue;
        }
        known.insert(&target.key);
        let item = stated.get(target.key.as_str());
        rows.push(Row {
            url: target.url.clone(),
            title: teaser.title.or_else(|| item.and_then(|item| item.title.clone())),
            summary: teaser.summary.or_else(|| item.and_then(|item| item.summary.clone())),
            stamp: item.and_then(|item| item.stamp.clone()).or(teaser.stamp),
            day,
        });
    }
    // What a script would show when the reader scrolls.
    let hidden = items.iter().filter(|item| known.insert(&item.key));
    rows.extend(hidden.map(|item| Row {
        url: item.url.clone(),
        title: item.title.clone(),
        summary: item.summary.clone(),
        stamp: item.stamp.clone(),
        day: None,
    }));
    rows
}
