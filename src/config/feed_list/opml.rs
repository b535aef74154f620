//! OPML 1.0 and 2.0 feed lists: outlines with `xmlUrl`, at any depth. An outline without `xmlUrl` is a folder.
//!
//! Read with quick-xml, not with the `opml` crate: errors must name their line and column in the file.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};

use super::listed::{ListPlace, Listed};
use super::opml_quotes;
use crate::config::error::{ConfigErrors, Place, Source};
use crate::config::feed::{BETWEEN_FOLDERS, FeedConfig, MAX_FOLDERS};
use crate::config::labels::Labels;
use crate::config::page_feed::{FeedKind, PageSelectors, Selector};

/// Reads the feeds of an OPML file; `list` is its number. Accepts named HTML entities, stray ampersands and bare quotation marks; a
/// truncated file is an error. A label that cannot be one is left out with a warning.
pub(super) fn read(
    source: &Source,
    list: usize,
    errors: &mut ConfigErrors,
    warnings: &mut ConfigErrors,
) -> Vec<Listed> {
    let text = opml_quotes::escape(source.text);
    let source = &Source::new(source.path, &text);
    let text = source.text.trim_start_matches('\u{feff}');
    let skipped = source.text.len() - text.len();
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let mut listed = Vec::new();
    // The names of the open outlines; `None` for a feed or a nameless outline.
    let mut open: Vec<Option<String>> = Vec::new();
    let mut in_folder: Option<Arc<str>> = None;
    let mut opml = false;
    let mut closed = false;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or_default();
        let event = reader.read_event();
        let stays_open = matches!(event, Ok(Event::Start(_)));
        match event {
            Ok(Event::Start(tag) | Event::Empty(tag)) => match tag.local_name().as_ref() {
                name if name.eq_ignore_ascii_case("opml") => opml = true,
                name if name.eq_ignore_ascii_case("outline") => {
                    // The start of the tag: blank lines may precede it.
                    let start = skipped + at + text[at..].find('<').unwrap_or(0);
                    let mut found = outline(&tag);
                    let mut labels = Labels::default();
                    if found.url.is_some() {
                        for fault in labels.extend(categories(found.category.as_deref().unwrap_or_default())) {
                            warnings.add(source.at(start), format!("category: {fault}; the label is left out"));
                        }
                    }
                    let feed = found.url.take().map(|url| FeedConfig {
                        url,
                        title: found.name.take().map(String::into_boxed_str),
                        language: found.language.map(Into::into),
                        folder: in_folder.clone(),
                        labels,
                        private: found.private,
                        kind: found.kind,
                        select: found.select.map(Box::new),
                        ..FeedConfig::default()
                    });
                    let at = ListPlace::new(list, source.position(start));
                    listed.extend(feed.map(|feed| Listed { feed, at, from_opml: true }));
                    if stays_open {
                        let is_folder = found.name.is_some();
                        open.push(found.name);
                        if is_folder {
                            in_folder = folder(&open);
                        }
                    }
                }
                _ => {}
            },
            Ok(Event::End(tag)) => match tag.local_name().as_ref() {
                name if name.eq_ignore_ascii_case("opml") => closed = true,
                name if name.eq_ignore_ascii_case("outline") => {
                    let closed = open.pop().flatten();
                    in_folder = if closed.is_some() { folder(&open) } else { in_folder };
                }
                _ => {}
            },
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => {
                errors.add(source.at(skipped + at), format!("not valid OPML from here: {error}"));
                return listed;
            }
        }
    }
    if opml && !closed {
        // Reading half a list would remove the feeds of the other half.
        errors.add(source.at(source.text.len()), "the OPML is truncated: </opml> is missing");
    }
    if !opml {
        let place = Place::File(source.path.to_owned(), None);
        errors.add(
            place,
            "not an OPML file; the name of a TOML list ends in `.toml`, and an OPML list has an <opml> element",
        );
    }
    listed
}

/// Returns the path of the open folders.
fn folder(open: &[Option<String>]) -> Option<Arc<str>> {
    let names: Vec<&str> = open.iter().flatten().map(String::as_str).take(MAX_FOLDERS).collect();
    (!names.is_empty()).then(|| names.join(BETWEEN_FOLDERS).into())
}

/// Returns the labels of an outline. OPML separates them by commas; a slash begins a path.
fn categories(attribute: &str) -> impl Iterator<Item = &str> {
    attribute.split(',').map(str::trim).map(|label| label.strip_prefix('/').unwrap_or(label))
}

struct Outline {
    url: Option<String>,
    name: Option<String>,
    language: Option<String>,
    category: Option<String>,
    private: bool,
    kind: FeedKind,
    select: Option<PageSelectors>,
}

fn outline(tag: &BytesStart) -> Outline {
    const NAMES: [&str; 11] = [
        "xmlurl",
        "title",
        "text",
        "language",
        "category",
        "private",
        "kind",
        "selectlinks",
        "selecttitle",
        "selectdate",
        "selectsummary",
    ];
    let mut values: [Option<String>; NAMES.len()] = Default::default();
    for attribute in tag.html_attributes().with_checks(false).flatten() {
        let at = NAMES.iter().position(|name| attribute.key.as_ref().eq_ignore_ascii_case(name));
        if let Some(value) = at.and_then(|at| values.get_mut(at)) {
            let written = || html_escape::decode_html_entities(&attribute.value).trim().to_owned();
            value.get_or_insert_with(written);
        }
    }
    let [url, title, text, language, category, private, kind, links, of_title, of_date, of_summary] =
        values.map(|value| value.filter(|value| !value.is_empty()));
    Outline {
        url,
        name: title.or(text),
        language: language.filter(|language| language != "unknown"),
        category,
        private: private.is_some_and(|private| private.eq_ignore_ascii_case("true")),
        kind: if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("page")) { FeedKind::Page } else { FeedKind::Feed },
        select: selector(links).map(|links| PageSelectors {
            links,
            title: selector(of_title),
            date: selector(of_date),
            summary: selector(of_summary),
        }),
    }
}

/// Returns a selector of another program's list, if it is one.
fn selector(written: Option<String>) -> Option<Selector> {
    Selector::new(&written?).ok()
}

/// Returns an OPML 2.0 document of these feeds, nested by their folders; the same feeds give the same text. Users share lists,
/// so credentials and the queries of private feeds are left out.
pub fn write<'a>(feeds: impl IntoIterator<Item = &'a FeedConfig>) -> String {
    let mut root = Folder::default();
    for feed in feeds {
        let mut at = &mut root;
        for name in feed.folders() {
            at = at.folders.entry(name.to_owned()).or_default();
        }
        at.feeds.push(feed);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n");
    out.push_str("  <head><title>Feeds</title></head>\n  <body>\n");
    root.write(&mut out, 2);
    out.push_str("  </body>\n</opml>\n");
    out
}

#[derive(Default)]
struct Folder<'a> {
    feeds: Vec<&'a FeedConfig>,
    folders: BTreeMap<String, Folder<'a>>,
}

impl Folder<'_> {
    /// Writes the folder's contents. [`MAX_FOLDERS`] bounds the depth.
    fn write(&self, out: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        for feed in &self.feeds {
            let title = escape(feed.title.as_deref().unwrap_or(&feed.id));
            let url = escape(feed.url.as_str());
            // Writing to a string cannot fail.
            let _ = write!(out, "{indent}<outline type=\"rss\" text=\"{title}\" title=\"{title}\" xmlUrl=\"{url}\"");
            if let Some(language) = &feed.language {
                let _ = write!(out, " language=\"{}\"", escape(&**language));
            }
            if !feed.labels.is_empty() {
                let path = |label: &str| if label.contains('/') { format!("/{label}") } else { label.to_owned() };
                let labels: Vec<String> = feed.labels.iter().map(path).collect();
                let _ = write!(out, " category=\"{}\"", escape(labels.join(",").as_str()));
            }
            if feed.private {
                out.push_str(" private=\"true\"");
            }
            if feed.is_page() {
                out.push_str(" kind=\"page\"");
            }
            for (key, selector) in feed.select.iter().flat_map(|select| select.named()) {
                let name = match key {
                    "links" => "selectLinks",
                    "title" => "selectTitle",
                    "date" => "selectDate",
                    _ => "selectSummary",
                };
                let _ = write!(out, " {name}=\"{}\"", escape(selector));
            }
            out.push_str("/>\n");
        }
        for (name, folder) in &self.folders {
            let name = escape(name.as_str());
            let _ = writeln!(out, "{indent}<outline text=\"{name}\" title=\"{name}\">");
            folder.write(out, depth + 1);
            let _ = writeln!(out, "{indent}</outline>");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Vec<FeedConfig> {
        let (mut errors, mut warnings) = (ConfigErrors::default(), ConfigErrors::default());
        let source = Source::new(std::path::Path::new("f.opml"), text);
        let listed = read(&source, 0, &mut errors, &mut warnings);
        assert!(errors.0.is_empty() && warnings.0.is_empty(), "{errors}\n{warnings}");
        listed.into_iter().map(|listed| listed.feed).collect()
    }

    #[test]
    fn folders_are_kept_on_the_way_in_and_out() {
        let text = "<opml version='1.0'><body><outline text='World'><outline title='Europe &amp; more'>\
                    <outline text='A' xmlUrl='https://a.example/?x=1&y=2' language='de'></outline></outline>\
                    <outline text='B' xmlurl='https://b.example/'/></outline><outline xmlUrl='https://c.example/'/></body></opml>";
        let feeds = read_text(text);
        let folders: Vec<_> = feeds.iter().map(|feed| feed.folder.as_deref()).collect();
        assert_eq!(folders, [Some("World / Europe & more"), Some("World"), None]);
        let mut again = read_text(&write(&feeds));
        let mut wanted = feeds.clone();
        wanted[2].title = Some("".into());
        for list in [&mut again, &mut wanted] {
            for feed in list.iter_mut() {
                feed.title = feed.title.take().filter(|title| !title.is_empty());
            }
            list.sort_by(|a, b| a.url.cmp(&b.url));
        }
        assert_eq!(again, wanted);
    }

    #[test]
    fn categories_are_labels_on_the_way_in_and_out() {
        let text = "<opml version='2.0'><body><outline xmlUrl='https://a.example/' \
                    category='politics, /Boston/Weather,de,DE,&quot;x&quot;,'/></body></opml>";
        let feeds = read_text(text);
        assert_eq!(feeds[0].labels, Labels::new(["politics", "Boston/Weather", "de", "\"x\""]).unwrap());
        let written = write(&feeds);
        assert!(written.contains("category=\"politics,/Boston/Weather,de,&quot;x&quot;\""), "{written}");
        assert_eq!(read_text(&written)[0].labels, feeds[0].labels);
        let long = format!(
            "<opml><body>\n<outline xmlUrl='https://a.example/' category='de,{}'/></body></opml>",
            "x".repeat(101)
        );
        let (mut errors, mut warnings) = (ConfigErrors::default(), ConfigErrors::default());
        let listed = read(&Source::new(std::path::Path::new("f.opml"), &long), 0, &mut errors, &mut warnings);
        assert_eq!(listed[0].feed.all_labels(), ["de"]);
        assert!(warnings.to_string().starts_with("f.opml:2:1: category: the label `xxx"), "{warnings}");
    }

    #[test]
    fn bare_quotation_marks_are_part_of_the_name() {
        for (attributes, title) in [
            (r#"text="fubar "baz"" title="fubar "baz"" xmlUrl="https://a.example/""#, "fubar \"baz\""),
            (r#"text="6" pipes" xmlUrl="https://a.example/""#, "6\" pipes"),
            (r#"xmlUrl="https://a.example/" text=""All" the news""#, "\"All\" the news"),
            (r"xmlUrl='https://a.example/' text='it's news'", "it's news"),
            (r#"xmlUrl="https://a.example/" text="The "Daily" &amp; more""#, "The \"Daily\" & more"),
        ] {
            let fine = "<outline text=\"fine\" xmlUrl=\"https://b.example/\"/>";
            let feeds = read_text(&format!("<opml><body>\n<outline {attributes}/>\n{fine}</body></opml>"));
            let found: Vec<_> = feeds.iter().map(|feed| (feed.url.as_str(), feed.title.as_deref())).collect();
            assert_eq!(
                found,
                [("https://a.example/", Some(title)), ("https://b.example/", Some("fine"))],
                "{attributes}"
            );
        }
    }

    #[test]
    fn pages_stay_pages() {
        let select = PageSelectors {
            links: Selector::new("li > a[href*=\"/2026/\"]").unwrap(),
            date: Some(Selector::new("time").unwrap()),
            ..PageSelectors::default()
        };
        let page = FeedConfig {
            url: "https://a.example/news".into(),
            kind: FeedKind::Page,
            select: Some(Box::new(select)),
            ..FeedConfig::default()
        };
        let read = read_text(&write(std::slice::from_ref(&page)));
        assert_eq!((read[0].kind, &read[0].select), (page.kind, &page.select));
    }

    #[test]
    fn hostile_names_stay_text() {
        let feed = FeedConfig {
            id: "x".into(),
            url: "https://a.example/?a=<b>&c=\"d\"".into(),
            title: Some("\"/><script>&amp;".into()),
            folder: Some("a / b\"".into()),
            ..FeedConfig::default()
        };
        let read = read_text(&write(std::slice::from_ref(&feed)));
        assert_eq!((&read[0].url, &read[0].title), (&feed.url, &feed.title));
        assert_eq!(read[0].folder.as_deref(), Some("a / b\""));
    }
}
