//! Feed lists: `[[feed]]` tables in TOML, or OPML.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use toml_edit::Item;
use url::Url;

use super::fault::{Faults, Place, Source, read_text};
use super::listed::Listed;
use super::opml;
use super::settings::FeedConfig;
use super::tree;
use crate::address::{Credentials, without_user_info};

/// The largest feed list, in bytes.
const MAX_LIST_BYTES: u64 = 64 << 20;
/// The most feeds in all lists.
const MAX_FEEDS: usize = 200_000;

/// Reads the lists in order; at the end every feed has an id. Warnings name what was interpreted differently from how it is
/// written.
pub(super) fn read(lists: &[PathBuf], faults: &mut Faults, warnings: &mut Faults) -> Vec<FeedConfig> {
    let mut listed = Vec::new();
    for path in lists {
        let text = read_text(path, MAX_LIST_BYTES);
        match text {
            Ok(text) if path.extension().is_some_and(|kind| kind == "toml") => {
                listed.extend(from_toml(&Source::new(path, &text), faults));
            }
            Ok(text) => listed.extend(opml::read(&Source::new(path, &text), faults)),
            Err(error) => faults.add(
                Place::File(path.clone(), None),
                format!("the feed list cannot be read: {error}; `feeds.files` in the config names it"),
            ),
        }
    }
    if let Some(over) = listed.get(MAX_FEEDS) {
        faults.add(over.place.clone(), format!("more than {MAX_FEEDS} feeds"));
        listed.truncate(MAX_FEEDS);
    }
    checked(listed, faults, warnings)
}

/// Returns the feeds of these lists, or their faults.
pub fn read_lists(lists: &[PathBuf]) -> Result<Vec<FeedConfig>, Faults> {
    let mut faults = Faults::default();
    let feeds = read(lists, &mut faults, &mut Faults::default());
    if faults.0.is_empty() { Ok(feeds) } else { Err(faults) }
}

fn from_toml(source: &Source, faults: &mut Faults) -> Vec<Listed> {
    let document = match toml_edit::Document::parse(source.text) {
        Ok(document) => document,
        Err(error) => {
            let place = error.span().map_or(Place::File(source.path.to_owned(), None), |span| source.at(span.start));
            faults.add(place, format!("this is no TOML: {}", error.message()));
            return Vec::new();
        }
    };
    let known = serde_json::to_value(sample()).expect("a feed is plain data");
    let mut listed = Vec::new();
    for (key, item) in document.as_table() {
        let place = || document.as_table().key(key).and_then(toml_edit::Key::span).map_or(0, |span| span.start);
        let Some(tables) = item.as_array_of_tables().filter(|_| key == "feed") else {
            faults.add(source.at(place()), format!("unknown key `{key}`; a feed list holds `[[feed]]` tables"));
            continue;
        };
        for table in tables {
            let at = source.at(table.span().unwrap_or_default().start);
            if !table.get("url").is_some_and(Item::is_str) {
                faults.add(at, "a feed without `url`; write `url = \"https://example.org/feed.xml\"`");
                continue;
            }
            let base = serde_json::json!({ "url": "" });
            let settings = tree::settings(table, source, faults);
            let (feed, _) = tree::lay::<FeedConfig>(base, &known, settings, faults);
            listed.extend(feed.map(|feed| Listed { feed, place: at, from_opml: false }));
        }
    }
    listed
}

/// Returns a feed with every key set, to collect the names of the keys.
fn sample() -> FeedConfig {
    FeedConfig {
        id: String::new(),
        url: String::new(),
        credentials: Credentials::default(),
        former_id: None,
        title: Some(String::new()),
        publisher: Some(String::new()),
        language: Some(String::new()),
        folder: Some(String::new()),
        interval: Some(std::time::Duration::ZERO),
        pages: Some(super::Pages::Auto),
        paused: false,
        full_fetch: false,
        private: false,
    }
}

/// Splits each feed's URL into the URL to fetch and the credentials, and drops the feeds that cannot be fetched.
fn fetchable(listed: Vec<Listed>, faults: &mut Faults) -> Vec<Listed> {
    let fetchable = |mut listed: Listed| match feed_url(&listed.feed.url, listed.feed.private) {
        Ok(url) => {
            listed.feed.set_url(url);
            Some(listed)
        }
        Err(message) => {
            faults.add(listed.place, message);
            None
        }
    };
    listed.into_iter().filter_map(fetchable).collect()
}

/// Merges feeds that OPML lists several times under one URL, and warns about it. A TOML list's entry takes precedence, else the
/// first outline; folder, title and language come from the first outline that has them.
fn united(listed: Vec<Listed>, warnings: &mut Faults) -> Vec<Listed> {
    let mut kept: Vec<Listed> = Vec::with_capacity(listed.len());
    let mut first: HashMap<String, usize> = HashMap::new();
    for mut next in listed {
        let url = next.feed.written_url();
        let known = first.get(&url).map(|at| &mut kept[*at]);
        let Some(known) = known.filter(|known| known.from_opml || next.from_opml) else {
            first.entry(url).or_insert(kept.len());
            kept.push(next);
            continue;
        };
        let (place, other) = (next.place.clone(), known.place.clone());
        if known.from_opml && !next.from_opml {
            std::mem::swap(known, &mut next);
        }
        let (feed, again) = (&mut known.feed, next.feed);
        feed.folder = feed.folder.take().or(again.folder);
        feed.title = feed.title.take().or(again.title);
        feed.language = feed.language.take().or(again.language);
        let folder = feed.folder.as_ref().map(|folder| format!(", in the folder `{folder}`")).unwrap_or_default();
        warnings.add(place, format!("the feed {} is listed already at {other}; it is read once{folder}", feed.url));
    }
    kept
}

/// Checks URLs and ids, and assigns ids to feeds without one.
fn checked(listed: Vec<Listed>, faults: &mut Faults, warnings: &mut Faults) -> Vec<FeedConfig> {
    let listed = united(fetchable(listed, faults), warnings);
    let mut urls: HashMap<String, Place> = HashMap::new();
    let mut ids: BTreeMap<String, Place> = BTreeMap::new();
    let mut feeds = Vec::with_capacity(listed.len());
    for Listed { mut feed, place, .. } in listed {
        if feed.credentials.is_in(&feed.id, &feed.url, slug) {
            feed.former_id = Some(std::mem::take(&mut feed.id));
        }
        let unnamed = feed.id.is_empty() && feed.former_id.is_none();
        if let Some(first) = urls.insert(feed.written_url(), place.clone()).filter(|_| unnamed) {
            let or = "remove one, or give this one an id of its own (they are fetched as one)";
            faults.add(place, format!("the feed {} is listed already at {first}; {or}", feed.url));
            continue;
        }
        if !feed.id.is_empty() {
            check_id(&feed.id, &place, &mut ids, faults);
        }
        feeds.push((feed, place));
    }
    // Feeds without credentials get their ids first: a feed with credentials, whose id comes from the public part of its
    // URL, must not take an id that another feed had before.
    for secret in [false, true] {
        for (feed, place) in feeds.iter_mut().filter(|(feed, _)| feed.id.is_empty()) {
            if feed.credentials.is_empty() != secret {
                feed.id = fresh_id(&feed.url, |id| ids.contains_key(id));
                ids.insert(feed.id.clone(), place.clone());
            }
        }
    }
    feeds.into_iter().map(|(feed, _)| feed).collect()
}

fn check_id(id: &str, place: &Place, ids: &mut BTreeMap<String, Place>, faults: &mut Faults) {
    if id.len() > 200 || id.chars().any(char::is_control) {
        faults.add(place.clone(), "an id must be at most 200 bytes without control characters".to_owned());
    }
    if id.starts_with("/replay/") {
        faults.add(place.clone(), "ids that begin with `/replay/` are taken by what is known of replays".to_owned());
    }
    if let Some(first) = ids.insert(id.to_owned(), place.clone()) {
        faults.add(place.clone(), format!("the id `{id}` is taken by the feed at {first}; give this one another"));
    }
}

/// Parses the URL of a feed as it is written in a list; an error says what to write instead.
pub fn feed_url(text: &str, private: bool) -> Result<Url, String> {
    let told = without_user_info(if private { text.split(['?', '#']).next().unwrap_or_default() } else { text });
    match Url::parse(text.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => Ok(url),
        // The config decides whether files are read.
        Ok(url) if url.scheme() == "file" && url.to_file_path().is_ok() => Ok(url),
        Ok(url) => Err(format!("`{told}` is not fetched; write a URL with http or https, not {}", url.scheme())),
        Err(error) => Err(format!("`{told}` is no URL ({error}); write one such as `https://example.org/feed.xml`")),
    }
}

/// The contents of an OPML file.
#[derive(Debug)]
pub struct Opml {
    /// The feeds that can be fetched, each URL once and without ids.
    pub feeds: Vec<FeedConfig>,
    /// The faults of the others.
    pub left_out: Faults,
    /// The outlines that repeat a feed.
    pub repeated: Faults,
}

/// Reads the feeds of an OPML file.
pub fn read_opml(path: &Path) -> Result<Opml, Faults> {
    match read_text(path, MAX_LIST_BYTES) {
        Ok(text) => parse_opml(path, &text),
        Err(error) => {
            let mut faults = Faults::default();
            faults.add(Place::File(path.to_owned(), None), error);
            Err(faults)
        }
    }
}

/// Reads the feeds of an OPML text; the path appears only in faults.
pub fn parse_opml(path: &Path, text: &str) -> Result<Opml, Faults> {
    let mut faults = Faults::default();
    let listed = opml::read(&Source::new(path, text), &mut faults);
    if !faults.0.is_empty() {
        return Err(faults);
    }
    let (mut left_out, mut repeated) = (Faults::default(), Faults::default());
    let feeds = united(fetchable(listed, &mut left_out), &mut repeated);
    Ok(Opml { feeds: feeds.into_iter().map(|listed| listed.feed).collect(), left_out, repeated })
}

/// Returns a short, readable id derived from the public part of a URL, and different from any that is taken.
pub fn fresh_id(url: &str, taken: impl Fn(&str) -> bool) -> String {
    let id = slug(url);
    let mut numbered = (2..).map(|n| format!("{id}-{n}"));
    if taken(&id) { numbered.find(|id| !taken(id)).unwrap_or(id) } else { id }
}

/// Returns host and path of a URL in letters, digits and hyphens.
pub fn slug(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let mut id = String::new();
    for c in rest.chars().take(80) {
        match c {
            c if c.is_ascii_alphanumeric() || c == '.' => id.push(c.to_ascii_lowercase()),
            _ if id.ends_with('-') => {}
            _ => id.push('-'),
        }
    }
    let id = id.trim_matches(['-', '.']).to_owned();
    [".xml", ".rss", ".atom", ".json"].iter().find_map(|end| id.strip_suffix(end)).unwrap_or(&id).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(files: &[(&str, &str)]) -> Result<Vec<FeedConfig>, String> {
        read_all(files).map(|(feeds, _)| feeds)
    }

    /// Returns the feeds and the warnings.
    fn read_all(files: &[(&str, &str)]) -> Result<(Vec<FeedConfig>, String), String> {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.path().join(name)).collect();
        for (path, (_, text)) in paths.iter().zip(files) {
            std::fs::write(path, text).unwrap();
        }
        let (mut faults, mut warnings) = (Faults::default(), Faults::default());
        let feeds = read(&paths, &mut faults, &mut warnings);
        let shown = folder.path().display().to_string() + "/";
        let words = |faults: &Faults| faults.to_string().replace(&shown, "");
        if faults.0.is_empty() { Ok((feeds, words(&warnings))) } else { Err(words(&faults)) }
    }

    #[test]
    fn toml_and_opml_lists_are_read_together() {
        let toml = "[[feed]]\nid = \"a\"\nurl = \"https://a.example/rss\"\ninterval = \"5m\"\npages = \"never\"\n\n\
                    [[feed]]\nurl = \"https://www.b.example/News/feed.xml?x=1\"\n";
        let opml = "<opml version=\"2.0\"><body><outline text=\"World\"><outline text=\"C &amp; co\" type=\"rss\" \
                    xmlUrl=\"https://c.example/atom\"/></outline></body></opml>";
        let feeds = lists(&[("f.toml", toml), ("f.opml", opml)]).unwrap();
        let ids: Vec<&str> = feeds.iter().map(|feed| feed.id.as_str()).collect();
        assert_eq!(ids, ["a", "b.example-news-feed.xml-x-1", "c.example-atom"]);
        assert_eq!(feeds[2].title.as_deref(), Some("C & co"));
    }

    #[test]
    fn every_fault_has_its_line_and_says_what_to_write() {
        let toml = "[[feed]]\nid = \"a\"\nurl = \"ftp://a.example/rss\"\n\n[[feed]]\nurl = \"nonsense\"\n\n[[feed]]\nid = \"x\"\n\n\
                    [[feed]]\nurl = \"https://b.example/\"\nintervall = \"5m\"\n\n[[feed]]\nurl = \"https://b.example/\"\n\n\
                    [[feeds]]\nurl = \"https://c.example/\"\n";
        let text = lists(&[("f.toml", toml)]).unwrap_err();
        for part in [
            "f.toml:1:1: `ftp://a.example/rss` is not fetched",
            "f.toml:5:1: `nonsense` is no URL",
            "f.toml:8:1: a feed without `url`",
            "f.toml:13:1: unknown key `intervall`; did you mean `interval`?",
            "f.toml:15:1: the feed https://b.example/ is listed already at f.toml:11:1",
            "f.toml:18:3: unknown key `feeds`; a feed list holds `[[feed]]` tables",
        ] {
            assert!(text.contains(part), "{part}\nis not in\n{text}");
        }
    }

    #[test]
    fn a_feed_that_opml_lists_again_is_one_feed_with_a_warning() {
        let outline = |url: &str| format!("<outline text=\"T\" xmlUrl=\"https://{url}\"/>\n");
        let opml = |outlines: &str| format!("<opml version=\"2.0\"><body>\n{outlines}</body></opml>");
        let (root, other) = (outline("a.example/rss"), outline("b.example/rss"));
        let music = format!("<outline text=\"music\">{}</outline>\n", root.trim_end());
        let art = music.replace("music", "art");
        let toml = "[[feed]]\nid = \"own\"\nurl = \"https://a.example/rss\"\ninterval = \"5m\"\n";
        let bare = "[[feed]]\nurl = \"https://a.example/rss\"\n";
        for (files, feeds, warning) in [
            (
                vec![("f.opml", opml(&format!("{root}{other}{music}")))],
                vec![("a.example-rss", Some("music")), ("b.example-rss", None)],
                "f.opml:4:23: the feed https://a.example/rss is listed already at f.opml:2:1; it is read once, in the folder `music`",
            ),
            (
                vec![("f.opml", opml(&format!("{music}{root}")))],
                vec![("a.example-rss", Some("music"))],
                "f.opml:3:1: the feed https://a.example/rss is listed already at f.opml:2:23",
            ),
            (
                vec![("f.opml", opml(&format!("{art}{music}{root}")))],
                vec![("a.example-rss", Some("art"))],
                "f.opml:4:1: the feed https://a.example/rss is listed already at f.opml:2:21",
            ),
            (
                vec![("f.opml", opml(&root)), ("g.opml", opml(&music))],
                vec![("a.example-rss", Some("music"))],
                "g.opml:2:23: the feed https://a.example/rss is listed already at f.opml:2:1",
            ),
            (
                vec![("f.toml", toml.to_owned()), ("g.opml", opml(&music))],
                vec![("own", Some("music"))],
                "g.opml:2:23: the feed https://a.example/rss is listed already at f.toml:1:1",
            ),
            (
                vec![("g.opml", opml(&format!("{music}{other}"))), ("f.toml", toml.to_owned())],
                vec![("own", Some("music")), ("b.example-rss", None)],
                "f.toml:1:1: the feed https://a.example/rss is listed already at g.opml:2:23",
            ),
            (
                vec![("g.opml", opml(&root)), ("f.toml", bare.to_owned())],
                vec![("a.example-rss", None)],
                "f.toml:1:1: the feed https://a.example/rss is listed already at g.opml:2:1; it is read once",
            ),
        ] {
            let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
            let (read, warnings) = read_all(&files).unwrap();
            let read: Vec<_> = read.iter().map(|feed| (feed.id.as_str(), feed.folder.as_deref())).collect();
            assert_eq!(read, feeds, "{files:?}");
            assert!(warnings.contains(warning), "{warnings}\n{warning}");
        }
        let twice = lists(&[("f.toml", bare), ("g.toml", bare)]).unwrap_err();
        assert!(
            twice.contains("g.toml:1:1: the feed https://a.example/rss is listed already at f.toml:1:1; remove one")
        );
    }

    #[test]
    fn half_an_opml_file_is_a_fault() {
        let text = lists(&[("f.opml", "<opml><body><outline xmlUrl=\"https://a.example/\"/>")]).unwrap_err();
        assert!(text.contains("breaks off"), "{text}");
    }

    #[test]
    fn ten_thousand_feeds_are_read_at_once() {
        let toml: String = (0..10_000).map(|i| format!("[[feed]]\nurl = \"https://a.example/{i}\"\n\n")).collect();
        let started = std::time::Instant::now();
        assert_eq!(lists(&[("f.toml", &toml)]).unwrap().len(), 10_000);
        assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
    }

    #[test]
    fn secrets_of_urls_stand_in_no_id_and_in_nothing_that_is_told() {
        let toml = "[[feed]]\nurl = \"https://mina:hunter2%2B@a.example/rss.xml\"\n\n\
                    [[feed]]\nurl = \"https://a.example/rss.xml\"\n\n\
                    [[feed]]\nurl = \"https://b.example/rss?token=s3cr3t-t0ken\"\nprivate = true\n\n\
                    [[feed]]\nid = \"mina-hunter2-2b-c.example-rss\"\nurl = \"https://mina:hunter2%2B@c.example/rss\"\n\n\
                    [[feed]]\nid = \"mina-an-older-one-d.example-rss-2\"\nurl = \"https://mina:hunter2%2B@d.example/rss\"\n\n\
                    [[feed]]\nid = \"hunter2+\"\nurl = \"https://mina:hunter2%2B@e.example/rss\"\n\n\
                    [[feed]]\nid = \"mine\"\nurl = \"https://mina:hunter2%2B@f.example/rss\"\n\n\
                    [[feed]]\nid = \"b.example-rss-token-s3cr3t-t0ken\"\nurl = \"https://b.example/rss?token=s3cr3t-t0ken&x=1\"\nprivate = true\n";
        let feeds = lists(&[("f.toml", toml)]).unwrap();
        let ids: Vec<&str> = feeds.iter().map(|feed| feed.id.as_str()).collect();
        let wanted = [
            "a.example-rss-2",
            "a.example-rss",
            "b.example-rss",
            "c.example-rss",
            "d.example-rss",
            "e.example-rss",
            "mine",
            "b.example-rss-2",
        ];
        assert_eq!(ids, wanted);
        for feed in &feeds {
            let told = format!("{feed:?}{}", serde_json::to_string(feed).unwrap());
            assert!(feed.former_id.is_some() || !(told.contains("hunter2") || told.contains("t0ken")), "{told}");
        }
        assert_eq!(feeds[0].written_url(), "https://mina:hunter2%2B@a.example/rss.xml");
        let faulty = "[[feed]]\nurl = \"ftp://mina:hunter2@a.example/\"\n\n[[feed]]\nprivate = true\nurl = \"x://a?token=t0ken\"\n\n\
                      [[feed]]\nurl = \"https://mina:hunter2@\"\n";
        let told = lists(&[("f.toml", faulty)]).unwrap_err();
        assert!(told.lines().count() == 3 && !told.contains("hunter2") && !told.contains("t0ken"), "{told}");
    }

    #[test]
    fn ids_are_stable_and_unique() {
        let toml =
            "[[feed]]\nurl = \"https://a.example/rss.xml\"\n\n[[feed]]\nurl = \"http://www.a.example/rss.xml\"\n";
        let ids: Vec<String> = lists(&[("f.toml", toml)]).unwrap().into_iter().map(|feed| feed.id).collect();
        assert_eq!(ids, ["a.example-rss", "a.example-rss-2"]);
    }
}
