//! Reads feed lists, and checks URLs and ids across all of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hashbrown::HashTable;

use super::distinct::{Ids, has_url_of, url_hash};
use super::id::{self, feed_url, numbered_id, slug};
use super::listed::{ListPlace, Listed};
use super::{opml, toml};
use crate::config::error::{ConfigErrors, Place, Source, read_text};
use crate::config::feed::FeedConfig;
use crate::config::shared_feeds::SharedFeeds;

/// The largest feed list, in bytes.
const MAX_LIST_BYTES: u64 = 512 << 20;
/// The maximum number of feeds in all lists.
const MAX_FEEDS: usize = 2_000_000;

/// Reads the lists in order; at the end every feed has an id. Warnings name what was interpreted differently from how it is
/// written.
pub(in crate::config) fn read(
    lists: &[PathBuf],
    errors: &mut ConfigErrors,
    warnings: &mut ConfigErrors,
) -> SharedFeeds {
    let mut listed = Vec::new();
    for (list, path) in lists.iter().enumerate() {
        let text = read_text(path, MAX_LIST_BYTES);
        match text {
            Ok(text) if path.extension().is_some_and(|kind| kind == "toml") => {
                listed.extend(toml::read(&Source::new(path, &text), list, errors));
            }
            Ok(text) => listed.extend(opml::read(&Source::new(path, &text), list, errors, warnings)),
            Err(error) => errors.add(
                Place::File(path.clone(), None),
                format!("cannot read the feed list: {error}; correct `files` under [feeds], or create the file"),
            ),
        }
    }
    if let Some(over) = listed.get(MAX_FEEDS) {
        errors.add(over.at.in_lists(lists), format!("more than {MAX_FEEDS} feeds"));
        listed.truncate(MAX_FEEDS);
    }
    check(listed, lists, errors, warnings).into()
}

/// Reads the feeds of these lists.
pub fn read_lists(lists: &[PathBuf]) -> Result<SharedFeeds, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let feeds = read(lists, &mut errors, &mut ConfigErrors::default());
    if errors.0.is_empty() { Ok(feeds) } else { Err(errors) }
}

/// Splits each feed's URL into its public part and the credentials, and drops the feeds whose URL cannot be used.
fn fetchable(listed: Vec<Listed>, lists: &[PathBuf], errors: &mut ConfigErrors) -> Vec<Listed> {
    let fetchable = |mut listed: Listed| match feed_url(&listed.feed.url, listed.feed.private) {
        Ok(url) => {
            listed.feed.set_url(url);
            Some(listed)
        }
        Err(error) => {
            errors.add(listed.at.in_lists(lists), error.to_string());
            None
        }
    };
    listed.into_iter().filter_map(fetchable).collect()
}

/// Merges feeds that OPML lists several times under one URL, and warns about it. A table of a TOML list takes precedence, else
/// the first outline; folder, title and language come from the first outline that has them, labels and the names of
/// further folders from all.
fn merge(listed: Vec<Listed>, lists: &[PathBuf], warnings: &mut ConfigErrors) -> Vec<Listed> {
    let mut kept: Vec<Listed> = Vec::with_capacity(listed.len());
    let mut first = HashTable::new();
    for mut next in listed {
        let hash = url_hash(&next.feed);
        let known = first.find(hash, |at: &usize| has_url_of(&kept[*at].feed, &next.feed)).copied();
        let Some(known) = known.filter(|known| kept[*known].from_opml || next.from_opml) else {
            if known.is_none() {
                first.insert_unique(hash, kept.len(), |at| url_hash(&kept[*at].feed));
            }
            kept.push(next);
            continue;
        };
        let known = &mut kept[known];
        let (place, other) = (next.at, known.at);
        if known.from_opml && !next.from_opml {
            std::mem::swap(known, &mut next);
        }
        let (feed, again) = (&mut known.feed, next.feed);
        let place = place.in_lists(lists);
        let further = again
            .folders()
            .filter(|_| feed.folder.as_ref().is_some_and(|folder| again.folder.as_ref() != Some(folder)));
        for fault in feed.labels.extend(again.labels.iter().chain(further)) {
            warnings.add(place.clone(), format!("{fault}; the label is left out"));
        }
        feed.folder = feed.folder.take().or(again.folder);
        feed.title = feed.title.take().or(again.title);
        feed.language = feed.language.take().or(again.language);
        let folder = feed.folder.as_ref().map(|folder| format!(", in the folder `{folder}`")).unwrap_or_default();
        let other = other.in_lists(lists);
        let message = format!("the feed {} is listed already at {other}; it is read once{folder}", feed.url);
        warnings.add(place, message);
    }
    kept
}

/// Checks URLs and ids, and assigns ids to feeds without one.
fn check(
    listed: Vec<Listed>,
    lists: &[PathBuf],
    errors: &mut ConfigErrors,
    warnings: &mut ConfigErrors,
) -> Vec<FeedConfig> {
    let listed = merge(fetchable(listed, lists, errors), lists, warnings);
    // The last place of each URL, and a feed that has it.
    let mut urls: HashTable<(usize, ListPlace)> = HashTable::new();
    let mut ids = Ids::default();
    let mut feeds: Vec<Listed> = Vec::with_capacity(listed.len());
    for mut next in listed {
        let (feed, at) = (&mut next.feed, next.at);
        if feed.credentials.is_in(&feed.id, &feed.url, slug) {
            feed.former_id = Some(std::mem::take(&mut feed.id).into());
        }
        if let Some(fault) = feed.page_fault() {
            errors.add(at.in_lists(lists), fault);
        }
        let unnamed = feed.id.is_empty() && feed.former_id.is_none();
        let hash = url_hash(feed);
        let is_same = |(at, _): &(usize, ListPlace)| has_url_of(&feeds[*at].feed, feed);
        if let Some((_, place)) = urls.find_mut(hash, is_same) {
            let first = std::mem::replace(place, at);
            if unnamed {
                let advice = "remove one, or give this one its own id (both are then polled with one request)";
                let first = first.in_lists(lists);
                errors.add(at.in_lists(lists), format!("the feed {} is listed already at {first}; {advice}", feed.url));
                continue;
            }
        } else {
            urls.insert_unique(hash, (feeds.len(), at), |(at, _)| {
                url_hash(feeds.get(*at).map_or(&next.feed, |known| &known.feed))
            });
        }
        feeds.push(next);
        let feed = &feeds[feeds.len() - 1].feed;
        if !feed.id.is_empty() {
            if let Err(error) = id::check(&feed.id) {
                errors.add(at.in_lists(lists), error.to_string());
            }
            if let Some(first) = ids.take(&feeds, feeds.len() - 1) {
                let first = feeds[first].at.in_lists(lists);
                let message = format!("the id `{}` is taken by the feed at {first}; give this one another", feed.id);
                errors.add(at.in_lists(lists), message);
            }
        }
    }
    // Feeds without credentials get their ids first: a feed with credentials, whose id comes from the public part of its
    // URL, must not take an id that another feed had before.
    let mut numbers = HashMap::new();
    for secret in [false, true] {
        for at in 0..feeds.len() {
            let feed = &feeds[at].feed;
            if feed.id.is_empty() && feed.credentials.is_empty() != secret {
                feeds[at].feed.id = numbered_id(&feed.url, &mut numbers, |id| ids.has(&feeds, id));
                ids.take(&feeds, at);
            }
        }
    }
    feeds.into_iter().map(|listed| listed.feed).collect()
}

/// The contents of an OPML file.
#[derive(Debug)]
pub struct Opml {
    /// The feeds with a usable URL, each URL once and without ids.
    pub feeds: Vec<FeedConfig>,
    /// Why the others are left out.
    pub left_out: ConfigErrors,
    /// The outlines that repeat a feed, and labels that are left out.
    pub repeated: ConfigErrors,
}

/// Reads the feeds of an OPML file.
pub fn read_opml(path: &Path) -> Result<Opml, ConfigErrors> {
    match read_text(path, MAX_LIST_BYTES) {
        Ok(text) => parse_opml(path, &text),
        Err(error) => {
            let mut errors = ConfigErrors::default();
            errors.add(Place::File(path.to_owned(), None), error.to_string());
            Err(errors)
        }
    }
}

/// Reads the feeds of an OPML text; the path appears only in errors.
pub fn parse_opml(path: &Path, text: &str) -> Result<Opml, ConfigErrors> {
    let (mut errors, mut repeated) = (ConfigErrors::default(), ConfigErrors::default());
    let listed = opml::read(&Source::new(path, text), 0, &mut errors, &mut repeated);
    if !errors.0.is_empty() {
        return Err(errors);
    }
    let mut left_out = ConfigErrors::default();
    let lists = [path.to_owned()];
    let feeds = merge(fetchable(listed, &lists, &mut left_out), &lists, &mut repeated);
    Ok(Opml { feeds: feeds.into_iter().map(|listed| listed.feed).collect(), left_out, repeated })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(files: &[(&str, &str)]) -> Result<SharedFeeds, String> {
        read_all(files).map(|(feeds, _)| feeds)
    }

    /// Returns the feeds and the warnings.
    fn read_all(files: &[(&str, &str)]) -> Result<(SharedFeeds, String), String> {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.path().join(name)).collect();
        for (path, (_, text)) in paths.iter().zip(files) {
            std::fs::write(path, text).unwrap();
        }
        let (mut errors, mut warnings) = (ConfigErrors::default(), ConfigErrors::default());
        let feeds = read(&paths, &mut errors, &mut warnings);
        let shown = folder.path().display().to_string() + "/";
        let text = |errors: &ConfigErrors| errors.to_string().replace(&shown, "");
        if errors.0.is_empty() { Ok((feeds, text(&warnings))) } else { Err(text(&errors)) }
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
    fn every_error_has_its_line_and_says_what_to_write() {
        let toml = "[[feed]]\nid = \"a\"\nurl = \"ftp://a.example/rss\"\n\n[[feed]]\nurl = \"nonsense\"\n\n[[feed]]\nid = \"x\"\n\n\
                    [[feed]]\nurl = \"https://b.example/\"\nintervall = \"5m\"\n\n[[feed]]\nurl = \"https://b.example/\"\n\n\
                    [[feeds]]\nurl = \"https://c.example/\"\n";
        let text = lists(&[("f.toml", toml)]).unwrap_err();
        for part in [
            "f.toml:1:1: `ftp://a.example/rss` has a scheme that is not supported",
            "f.toml:5:1: `nonsense` is not a URL",
            "f.toml:8:1: a feed without `url`",
            "f.toml:13:1: unknown key `intervall`; did you mean `interval`?",
            "f.toml:15:1: the feed https://b.example/ is listed already at f.toml:11:1",
            "f.toml:18:3: unknown key `feeds`; a feed list holds `[[feed]]` tables",
        ] {
            assert!(text.contains(part), "{part}\nis not in\n{text}");
        }
    }

    #[test]
    fn a_page_is_a_feed_with_selectors_that_are_checked() {
        let toml = "[[feed]]\nurl = \"https://a.example/news\"\nkind = \"page\"\nselect = { links = \"h3 > a\", date = \".date\" }\n";
        let feeds = lists(&[("f.toml", toml)]).unwrap();
        let select = feeds[0].select.as_ref().unwrap();
        assert!(feeds[0].is_page());
        assert_eq!(select.named().collect::<Vec<_>>(), [("links", "h3 > a"), ("date", ".date")]);
        let table = toml.replace(
            "select = { links = \"h3 > a\", date = \".date\" }",
            "[feed.select]\ndate = \".date\"\nlinks = \"h3 > a\"",
        );
        assert_eq!(lists(&[("f.toml", &table)]).unwrap()[0].select, feeds[0].select);
        for (from, to, error) in [
            ("\"page\"", "\"html\"", "f.toml:3:1: `kind`: unknown variant `html`, expected `feed` or `page`"),
            (
                "\"h3 > a\"",
                "\"h3 >\"",
                "f.toml:4:12: `select.links`: `h3 >` is not a CSS selector; write it as in a style sheet",
            ),
            ("links", "link", "f.toml:4:12: unknown key `link` in [select]; did you mean `links`?"),
            (
                "links = \"h3 > a\", ",
                "",
                "f.toml:1:1: `select` needs `links`; write `select = { links = \"ul.news a\" }`",
            ),
            ("kind = \"page\"\n", "", "f.toml:1:1: `select` names the links of a page; add `kind = \"page\"`"),
        ] {
            let text = lists(&[("f.toml", &toml.replace(from, to))]).unwrap_err();
            assert!(text.contains(error), "{error}\nis not in\n{text}");
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
    fn half_an_opml_file_is_an_error() {
        let text = lists(&[("f.opml", "<opml><body><outline xmlUrl=\"https://a.example/\"/>")]).unwrap_err();
        assert!(text.contains("truncated"), "{text}");
    }

    #[test]
    fn ten_thousand_feeds_are_read_at_once() {
        let toml: String = (0..10_000).map(|i| format!("[[feed]]\nurl = \"https://a.example/{i}\"\n\n")).collect();
        let started = std::time::Instant::now();
        assert_eq!(lists(&[("f.toml", &toml)]).unwrap().len(), 10_000);
        assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
    }

    #[test]
    fn secrets_of_urls_are_in_no_id_and_in_no_output() {
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
            let output = format!("{feed:?}{}", serde_json::to_string(&feed.config).unwrap());
            assert!(feed.former_id.is_some() || !(output.contains("hunter2") || output.contains("t0ken")), "{output}");
        }
        assert_eq!(feeds[0].written_url(), "https://mina:hunter2%2B@a.example/rss.xml");
        let faulty = "[[feed]]\nurl = \"ftp://mina:hunter2@a.example/\"\n\n[[feed]]\nprivate = true\nurl = \"x://a?token=t0ken\"\n\n\
                      [[feed]]\nurl = \"https://mina:hunter2@\"\n";
        let errors = lists(&[("f.toml", faulty)]).unwrap_err();
        assert!(errors.lines().count() == 3 && !errors.contains("hunter2") && !errors.contains("t0ken"), "{errors}");
    }

    #[test]
    fn ids_are_stable_and_unique() {
        let toml =
            "[[feed]]\nurl = \"https://a.example/rss.xml\"\n\n[[feed]]\nurl = \"http://www.a.example/rss.xml\"\n";
        let ids: Vec<String> = lists(&[("f.toml", toml)]).unwrap().iter().map(|feed| feed.id.clone()).collect();
        assert_eq!(ids, ["a.example-rss", "a.example-rss-2"]);
    }

    /// With quadratic work each of these lists would take minutes.
    #[test]
    fn long_lists_of_any_shape_are_read_in_one_pass() {
        const FEEDS: usize = 100_000;
        let outline = |url: String| format!("<outline xmlUrl=\"https://{url}\"/>");
        let opml = |url: fn(usize) -> String| {
            let outlines: String = (0..FEEDS).map(|n| outline(url(n))).collect();
            format!("<opml version=\"2.0\"><body>{outlines}</body></opml>")
        };
        let one_line = opml(|n| format!("a.example/{n}"));
        let feeds = lists(&[("f.opml", &one_line)]).unwrap();
        assert_eq!(feeds.len(), FEEDS);
        // The ids are cut before the part that differs.
        let namesakes = opml(|n| format!("a.example/{}/{n}", "x".repeat(90)));
        let feeds = lists(&[("f.opml", &namesakes)]).unwrap();
        assert!(feeds[FEEDS - 1].id.ends_with(&format!("-{FEEDS}")), "{}", feeds[FEEDS - 1].id);
        let (feeds, warnings) = read_all(&[("f.opml", &opml(|n| format!("a.example/{}", n / 2)))]).unwrap();
        assert_eq!((feeds.len(), warnings.lines().count()), (FEEDS / 2, FEEDS / 2));
    }

    #[test]
    fn an_error_far_down_the_list_has_its_line() {
        let mut toml: String = (0..5_000).map(|n| format!("[[feed]]\nurl = \"https://a.example/{n}\"\n\n")).collect();
        toml.push_str("[[feed]]\nurl = \"https://b.example/\"\nintervall = \"5m\"\n");
        let text = lists(&[("f.toml", &toml)]).unwrap_err();
        assert_eq!(text, "f.toml:15003:1: unknown key `intervall`; did you mean `interval`?");
        toml.push_str("title = \n");
        let text = lists(&[("f.toml", &toml)]).unwrap_err();
        assert!(text.starts_with("f.toml:15004:9: not valid TOML"), "{text}");
    }
}
