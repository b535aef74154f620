//! What the address of a link says about its page: an article, or a list, a person, a service.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;
use std::sync::LazyLock;

use dateline_feed::is_month;
use percent_encoding::percent_decode_str;
use url::Url;

use super::words::words;
use crate::metadata::canonical::canonical_url;
use crate::phrases::entries;

/// Parts of paths that do not lead to an article.
static NO_STORY: LazyLock<HashSet<&str>> =
    LazyLock::new(|| entries(include_str!("../data/listing-paths.txt")).collect());

/// Parts of addresses that lead to what is watched, heard or leafed through.
static MEDIA: LazyLock<HashSet<&str>> = LazyLock::new(|| entries(include_str!("../data/listing-media.txt")).collect());

/// Parameters that choose a part of a list.
const PAGING: [&str; 24] = [
    "page", "pag", "paged", "pg", "seite", "strona", "sida", "side", "pagina", "start", "offset", "from", "limit",
    "sort", "order", "view", "cat", "category", "section", "lang", "tag", "q", "s", "year",
];
/// Parameters that choose the kind of page, where one script shows all of them.
const KINDS: [&str; 12] =
    ["option", "view", "task", "action", "act", "do", "op", "mode", "mod", "module", "type", "controller"];
/// Suffixes of what is not a page.
const FILES: [&str; 26] = [
    "pdf", "doc", "docx", "odt", "rtf", "txt", "xls", "xlsx", "ods", "csv", "ppt", "pptx", "odp", "zip", "epub", "ics",
    "jpg", "jpeg", "png", "gif", "svg", "webp", "mp3", "m4a", "mp4", "mov",
];
/// Starts of the names of a page's part that has the comments.
const COMMENTS: [&str; 7] = ["comment", "komment", "koment", "coment", "disqus", "respond", "yorum"];
/// The longest number that is not an id.
const SHORT_NUMBER: usize = 2;
/// The maximum number of parameters examined of one address.
const MAX_PARAMETERS: usize = 20;
/// How many addresses above one are examined.
const MAX_ABOVE: usize = 12;
/// The fewest digits of an id beside other words.
const ID_DIGITS: usize = 5;

/// What an address says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct AddressShape {
    /// Evidence for an article; below zero, for something else.
    pub score: i32,
    /// Whether it has a date.
    pub is_dated: bool,
    /// Whether it has a number or code of its own.
    pub has_id: bool,
    /// The words of its longest part.
    pub slug_words: usize,
    /// Whether it names a list, a person or a service.
    pub is_filed: bool,
}

impl AddressShape {
    /// Returns whether the address is surely that of one page among many.
    pub(super) fn is_specific(self) -> bool {
        self.is_dated || self.has_id || self.slug_words > 3
    }

    /// Reads the shape of an address.
    pub(super) fn of(url: &Url) -> Self {
        let decoded: Vec<String> = url
            .path_segments()
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .map(|part| percent_decode_str(part).decode_utf8_lossy().to_lowercase())
            .collect();
        let mut parts: Vec<&str> = decoded.iter().map(String::as_str).collect();
        let is_index = |part: &&str| stem(part) == "index" || stem(part) == "default";
        if parts.last().is_some_and(is_index) {
            parts.pop();
        }
        let date = date_end(&parts);
        let after_date = date.is_some_and(|end| end < parts.len());
        let from_last = parts.len().saturating_sub(2);
        let has_id = parts[from_last..].iter().any(|part| has_code(part))
            || parts.last().is_some_and(|part| is_number(stem(part)))
            || has_id_in_query(url);
        let slug_words = parts.iter().map(|part| slug_words(stem(part))).max().unwrap_or(0);
        let is_filed = parts.iter().any(|part| NO_STORY.contains(stem(part)))
            || date.is_some() && !after_date && !has_id
            || is_filed_in_query(url);
        let mut shape = Self { score: 0, is_dated: after_date, has_id, slug_words, is_filed };
        shape.score = 3 * i32::from(after_date) + 2 * i32::from(has_id) - 5 * i32::from(is_filed);
        shape.score += match slug_words {
            0..=2 => 0,
            3 => 1,
            4 => 2,
            _ => 3,
        };
        if parts.len() < 2 && slug_words < 3 && !has_id && !after_date {
            shape.score -= 2;
        }
        shape
    }

    /// Returns what the addresses of a site's articles have in common.
    pub(super) fn kind(self, url: &Url) -> (bool, bool, bool, String) {
        let last = url.path().rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        let suffix = last.rsplit_once('.').map(|(_, suffix)| suffix).filter(|suffix| suffix.len() < 6);
        let host = url.host_str().unwrap_or_default().trim_start_matches("www.");
        (self.is_dated, self.has_id, self.slug_words > 2, format!("{host} {}", suffix.unwrap_or_default()))
    }
}

/// Returns what two links to the same page have in common: the canonical URL without scheme, `www.` and final slash.
pub(super) fn key(url: &Url) -> Option<String> {
    let canonical = canonical_url(url.as_str())?;
    let bare = canonical.split_once("://").map_or(&*canonical, |(_, rest)| rest);
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    Some(bare.trim_end_matches('/').to_owned())
}

/// Returns whether a link differs from its page only in the part of the list that it chooses.
pub(super) fn is_paging(url: &Url, page: &Url) -> bool {
    url.path().trim_end_matches('/') == page.path().trim_end_matches('/')
        && url
            .query()
            .is_none_or(|query| query.split('&').all(|pair| is_paging_name(&name_of(pair)) || is_same(pair, page)))
}

fn is_same(pair: &str, page: &Url) -> bool {
    page.query().is_some_and(|query| query.split('&').any(|own| own == pair))
}

fn name_of(pair: &str) -> String {
    pair.split('=').next().unwrap_or_default().to_ascii_lowercase()
}

fn is_paging_name(name: &str) -> bool {
    PAGING.contains(&name)
}

/// Returns a part of a path without the suffix of a file.
fn stem(part: &str) -> &str {
    match part.rsplit_once('.') {
        Some((stem, suffix))
            if !stem.is_empty() && suffix.len() < 6 && suffix.bytes().any(|b| b.is_ascii_alphabetic()) =>
        {
            stem
        }
        _ => part,
    }
}

fn slug_words(part: &str) -> usize {
    let spaced = part.replace(['-', '_', '+', ',', '.', '~', ':'], " ");
    let named = spaced.split(' ').filter(|word| word.chars().any(char::is_alphabetic) && !is_code(word));
    named.map(words).sum()
}

/// Returns the number of the part behind a date.
fn date_end(parts: &[&str]) -> Option<usize> {
    for (at, part) in parts.iter().enumerate() {
        let part = stem(part);
        if is_year(part)
            && let Some(next) = parts.get(at + 1)
            && is_month_part(next)
        {
            let day = parts
                .get(at + 2)
                .is_some_and(|day| day.len() < 3 && day.parse().is_ok_and(|day: u32| (1..=31).contains(&day)));
            // The slug may follow in the same part: `2026/05/12-ferry`.
            let joined = parts
                .get(at + 2)
                .is_some_and(|day| day.len() > 3 && day[..day.floor_char_boundary(2)].parse::<u32>().is_ok());
            return Some(if day && !joined { at + 3 } else { at + 2 });
        }
        if let Some(len) = written_date(part) {
            return Some(if part.len() > len + 1 { at } else { at + 1 });
        }
    }
    None
}

fn is_year(part: &str) -> bool {
    part.len() == 4 && part.parse().is_ok_and(|year: u32| (1990..=2100).contains(&year))
}

fn is_month_part(part: &str) -> bool {
    let number = part.split('-').next().unwrap_or_default();
    number.len() < 3 && number.parse().is_ok_and(|month: u32| (1..=12).contains(&month)) || is_month(part)
}

/// Returns the length of a date within a part: `20260512`, `2026-05-12`, `2026_05_12`, `2026-05`.
fn written_date(part: &str) -> Option<usize> {
    let bytes = part.as_bytes();
    (0..bytes.len().saturating_sub(6)).find_map(|at| {
        if at > 0 && bytes[at - 1].is_ascii_digit() {
            return None;
        }
        let number = |from: usize, len: usize| part.get(from..from + len)?.parse::<u32>().ok();
        let is_day = |month: Option<u32>, day: Option<u32>| {
            month.is_some_and(|m| (1..=12).contains(&m)) && day.is_some_and(|d| (1..=31).contains(&d))
        };
        let ends = |end: usize| bytes.get(end).is_none_or(|b| !b.is_ascii_digit());
        if !number(at, 4).is_some_and(|year| (1990..=2100).contains(&year)) {
            return None;
        }
        let separator = *bytes.get(at + 4)?;
        if separator.is_ascii_digit() {
            return (is_day(number(at + 4, 2), number(at + 6, 2)) && ends(at + 8)).then_some(8);
        }
        if !matches!(separator, b'-' | b'_' | b'.') {
            return None;
        }
        if bytes.get(at + 7) == Some(&separator) && is_day(number(at + 5, 2), number(at + 8, 2)) && ends(at + 10) {
            return Some(10);
        }
        (at == 0 && bytes.len() == 7 && is_day(number(5, 2), Some(1))).then_some(7)
    })
}

/// Returns whether a part has a number or a code that one page alone has.
fn has_code(part: &str) -> bool {
    let part = stem(part);
    if written_date(part).is_some_and(|len| len == part.len()) {
        return false;
    }
    part.split(['-', '_', '.', '~', ',', ':', '+']).any(is_code)
}

fn is_code(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    let is_plain = digits + letters == word.len();
    let is_date = word.len() == 8 && written_date(word).is_some();
    is_plain && !is_date && (digits >= ID_DIGITS || digits > 1 && letters > 0 && word.len() > ID_DIGITS)
}

/// Returns whether a part is a number, but neither that of a page of a list nor a year.
fn is_number(part: &str) -> bool {
    part.len() > SHORT_NUMBER && part.bytes().all(|b| b.is_ascii_digit()) && !is_year(part)
}

fn has_id_in_query(url: &Url) -> bool {
    url.query_pairs().any(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let is_named = name.ends_with("id")
            || name.starts_with("art")
            || matches!(&*name, "p" | "n" | "a" | "nota" | "news" | "story" | "item" | "doc" | "no" | "nr" | "num");
        // A name may follow the number: `id=912:ferry-strike`.
        let id = value.split(':').next().unwrap_or_default();
        let digits = id.bytes().filter(u8::is_ascii_digit).count();
        is_named && !name.starts_with("cat") && digits > 1 && id.len() < 40
    })
}

/// Returns whether the parameters say that the page is a list, a person or a service: `view=category`, `option=com_contact`.
fn is_filed_in_query(url: &Url) -> bool {
    url.query_pairs().any(|(name, value)| {
        let value = value.to_ascii_lowercase();
        KINDS.contains(&&*name.to_ascii_lowercase()) && NO_STORY.contains(value.trim_start_matches("com_"))
    })
}

/// Returns whether an address names a film, a gallery or a broadcast.
pub(super) fn is_media(url: &Url) -> bool {
    let place = url.host_str().and_then(|host| host.split('.').next());
    let parts = url.path_segments().into_iter().flatten().map(stem);
    parts.chain(place).any(|part| MEDIA.contains(&*part.to_lowercase()))
}

/// Returns whether an address is that of a file, not of a page.
pub(super) fn is_file(url: &Url) -> bool {
    url.path().rsplit_once('.').is_some_and(|(_, suffix)| FILES.contains(&&*suffix.to_ascii_lowercase()))
}

/// Returns whether a link leads to one part of a page: the comments, one of them, an entry of a live report.
pub(super) fn is_part(href: &str) -> bool {
    let Some((_, part)) = href.split_once('#') else { return false };
    let part = part.to_ascii_lowercase();
    let digits = part.bytes().rev().take_while(u8::is_ascii_digit).count();
    let is_plain = part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    is_plain && digits > 1 || COMMENTS.iter().any(|start| part.starts_with(start))
}

/// The parameters of an address, with their values.
type Parameters<'a> = HashMap<Cow<'a, str>, Cow<'a, str>>;

/// Returns the parameters that name the place of a link on the page: those with which one page is linked twice, or with and
/// without, where the path alone names it. A site marks its teasers with them ("ref=top", "autoplay=true").
pub(super) fn placement_markers(links: &[Url]) -> HashSet<String> {
    fn path(url: &Url) -> (&str, &str) {
        (url.host_str().unwrap_or_default(), url.path())
    }
    let bare: HashSet<(&str, &str)> = links.iter().filter(|url| url.query().is_none()).map(path).collect();
    let mut values: HashMap<(&str, &str), Parameters> = HashMap::new();
    let mut markers = HashSet::new();
    for url in links.iter().filter(|url| url.query().is_some()) {
        let known = values.entry(path(url)).or_default();
        for (name, value) in url.query_pairs().take(MAX_PARAMETERS) {
            if bare.contains(&path(url)) || known.get(&name).is_some_and(|other| *other != value) {
                markers.insert((url, name.into_owned()));
            } else {
                known.insert(name, value);
            }
        }
    }
    let is_named_by_path = |url: &Url| {
        let mut bare = url.clone();
        bare.set_query(None);
        AddressShape::of(&bare).is_specific()
    };
    markers.into_iter().filter(|(url, _)| is_named_by_path(url)).map(|(_, name)| name).collect()
}

/// Removes these parameters from an address whose path alone names the page.
pub(super) fn drop_parameters(url: &mut Url, names: &HashSet<String>) {
    let Some(query) = url.query().filter(|_| !names.is_empty()) else { return };
    let kept: Vec<&str> =
        query.split('&').filter(|pair| !names.contains(pair.split('=').next().unwrap_or_default())).collect();
    let kept = kept.join("&");
    let mut bare = url.clone();
    bare.set_query(Some(&*kept).filter(|kept| !kept.is_empty()));
    if AddressShape::of(&bare).is_specific() {
        *url = bare;
    }
}

/// Returns whether an address is one of a page below another one.
pub(super) fn is_below(url: &Url, page: &Url) -> bool {
    let above = page.path().trim_end_matches('/');
    !above.is_empty() && url.path().strip_prefix(above).is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
}

/// The addresses of a page's links, in order.
pub(super) struct Relations<'a>(BTreeMap<&'a str, AddressShape>);

impl<'a> Relations<'a> {
    /// Takes the keys of the links with their shapes.
    pub(super) fn of(links: impl Iterator<Item = (&'a str, AddressShape)>) -> Self {
        Self(links.map(|(key, shape)| (path_of(key), shape)).collect())
    }

    /// Returns what the other addresses say about this one: several below it make it a section, and one below an article is
    /// about that article (comments, pictures).
    pub(super) fn score(&self, key: &str, shape: AddressShape) -> i32 {
        let path = path_of(key);
        let below = format!("{path}/");
        let sections = || {
            self.0
                .range::<str, _>((Bound::Included(below.as_str()), Bound::Unbounded))
                .take(2)
                .filter(|(other, _)| other.starts_with(&below))
        };
        let mut above = path.rmatch_indices('/').take(MAX_ABOVE).map(|(at, _)| &path[..at]);
        let of_article = above.any(|above| self.0.get(above).is_some_and(|shape| shape.is_specific()));
        if of_article || !shape.is_specific() && sections().count() > 1 { -4 } else { 0 }
    }
}

fn path_of(key: &str) -> &str {
    key.split('?').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_distinguished_from_lists_by_their_addresses() {
        for (path, is_story) in [
            ("/isles/2026/05/12/ferry-strike-enters-third-week", true),
            ("/2026/may/12/ferry", true),
            ("/2026-05-12/ferry.html", true),
            ("/news/20260512/k10015120031000.html", true),
            ("/a/t20260512_881204.htm", true),
            ("/depesza/881204", true),
            ("/article.php?id=4518", true),
            ("/?p=4518", true),
            ("/index.php?option=com_content&view=article&id=912:the-ferry-strike-enters-its-third-week", true),
            ("/index.php?option=com_content&view=category&id=21:isles&Itemid=118", false),
            ("/index.php?option=com_contact&id=30", false),
            ("/amp/isles/a-long-title-of-an-article", true),
            ("/om/send-a-tip-to-the-newsroom", false),
            ("/society/a-long-title-of-an-article", true),
            ("/world/a-title-9F3A21BC", true),
            ("/story/c9x8d7e6f5o", true),
            (
                "/%E6%96%87/%E5%8C%97%E6%B5%9C%E6%B8%AF%E3%81%AE%E6%96%B0%E3%81%97%E3%81%84%E9%98%B2%E6%B3%A2%E5%A0%A4",
                true,
            ),
            ("/topics/world/2026/05/12/ferry-strike-enters-third-week", true),
            ("/politics", false),
            ("/", false),
            ("/news/world/europe", false),
            ("/topic/war-in-the-outer-skerries-2026", false),
            ("/authors/ines-okafor-12345", false),
            ("/2026/05/", false),
            ("/2026/05/12/", false),
            ("/page/12", false),
            ("/littoral/2/", false),
            ("/subscribe", false),
            ("/archive/2026", false),
            ("/index.php", false),
        ] {
            let shape = AddressShape::of(&Url::parse("https://isles.example").unwrap().join(path).unwrap());
            assert_eq!(shape.score > 0, is_story, "{path}: {shape:?}");
        }
    }

    #[test]
    fn links_to_one_page_have_one_key() {
        let key = |url: &str| key(&Url::parse(url).unwrap()).unwrap();
        for url in ["http://isles.example/a/?utm_source=x", "https://www.isles.example/a#comments"] {
            assert_eq!(key(url), "isles.example/a", "{url}");
        }
        assert_ne!(key("https://isles.example/a?id=1"), key("https://isles.example/a?id=2"));
    }

    #[test]
    fn parameters_that_mark_the_place_of_a_link_are_dropped() {
        let links = ["/a-ferry-is-late-again?ref=top", "/a-ferry-is-late-again?ref=more&id=1", "/x?id=1", "/x?id=2"];
        let mut links = links.map(|link| Url::parse("https://isles.example").unwrap().join(link).unwrap());
        let markers = placement_markers(&links);
        assert_eq!(markers.iter().collect::<Vec<_>>(), ["ref"]);
        for link in &mut links {
            drop_parameters(link, &markers);
        }
        let paths = links.each_ref().map(|link| &link[url::Position::BeforePath..]);
        assert_eq!(paths, ["/a-ferry-is-late-again", "/a-ferry-is-late-again?id=1", "/x?id=1", "/x?id=2"]);
        let links = ["/a-ferry-is-late-again", "/a-ferry-is-late-again?autoplay=1", "/x", "/x?id=1"];
        let links = links.map(|link| Url::parse("https://isles.example").unwrap().join(link).unwrap());
        assert_eq!(placement_markers(&links).into_iter().collect::<Vec<_>>(), ["autoplay"]);
    }

    #[test]
    fn parts_of_pages_are_distinguished_from_pages() {
        for (href, is) in [
            ("/news?id=7#c9012", true),
            ("/a#comments", true),
            ("/a#kommentare", true),
            ("/live#post-88213", true),
            ("/a", false),
            ("/a#top", false),
            ("/a#xtor=RSS-11", false),
            ("/#/story/4518", false),
        ] {
            assert_eq!(is_part(href), is, "{href}");
        }
    }

    #[test]
    fn pages_of_the_list_are_not_articles() {
        let page = Url::parse("https://isles.example/notizie.asp?cat=1").unwrap();
        for (link, is) in [
            ("?cat=1&pag=2", true),
            ("?cat=2", true),
            ("/notizie.asp", true),
            ("?id=7", false),
            ("/articolo.asp?id=7", false),
        ] {
            assert_eq!(is_paging(&page.join(link).unwrap(), &page), is, "{link}");
        }
    }
}
