//! Compares the parser with feed-rs: for every entry both must agree, or differ for a known reason.
//!
//! The repaired tree of each entry is written out as a well-formed document in its own dialect, so feed-rs rejects
//! nothing for its syntax. If a single element determines a field and feed-rs reads that element too, both values must
//! be equal; otherwise the difference must have one of the reasons in [`Reason`]. docs/feeds.md explains why feed-rs is
//! not the parser itself.

mod oracle;
mod reasons;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use feed_rs::model;
use serde_json::Value;
use url::Url;

use super::context::Context;
use super::plain::plain;
use super::repairs::Repairs;
use super::{Entry, Person, decode, document, inflate, json, json_mend, xml};
use reasons::Reason;

/// The fields compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Id,
    Title,
    Link,
    Published,
    Updated,
    Authors,
    Categories,
    Summary,
    Content,
    Media,
}

const FIELDS: [Field; 10] = [
    Field::Id,
    Field::Title,
    Field::Link,
    Field::Published,
    Field::Updated,
    Field::Authors,
    Field::Categories,
    Field::Summary,
    Field::Content,
    Field::Media,
];

/// The results of the comparison, by field: how often the values were equal, and the reasons if they were not.
#[derive(Debug, Default)]
struct Report {
    same: BTreeMap<Field, usize>,
    differ: BTreeMap<(Field, Reason), usize>,
    unexplained: Vec<String>,
}

/// Compares the two readings of a document of a table.
pub(super) fn check(body: &[u8], url: &str) {
    let mut report = Report::default();
    report.add(body, Some(url));
    assert!(report.unexplained.is_empty(), "{}\n{}", report.unexplained.concat(), String::from_utf8_lossy(body));
}

impl Report {
    fn add(&mut self, body: &[u8], url: Option<&str>) {
        let Ok(body) = inflate::inflate(body, &mut Repairs::default()) else { return };
        let text = decode::decode(&body, None).text;
        let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
        let url = url.and_then(|url| Url::parse(url).ok());
        let add = if text.starts_with(['{', '[']) { Self::add_json } else { Self::add_xml };
        add(self, text, url.as_ref());
    }

    fn add_xml(&mut self, text: &str, url: Option<&Url>) -> Option<()> {
        let mut repairs = Repairs::default();
        let tree = xml::build(text, url.cloned(), &mut repairs).ok()?;
        let ours = document::read(text, url, &mut repairs).ok()?.settle(url, None);
        let root = tree.root();
        if matches!(root.local(), "urlset" | "sitemapindex") {
            return None;
        }
        let context = Context { atom: matches!(root.local(), "feed" | "entry"), ..Context::default() };
        for (node, ours) in document::entries(root).zip(&ours.entries) {
            let read = oracle::entry(node, &context, url);
            self.compare(ours, &read, |field, theirs| reasons::of_entry(field, node, &context, ours, theirs));
        }
        Some(())
    }

    fn add_json(&mut self, text: &str, url: Option<&Url>) -> Option<()> {
        let mut repairs = Repairs::default();
        let ours = json::read(text, url, &mut repairs).ok()?.settle(url, None);
        let mut mended = || json_mend::mend(text, json_mend::Keep::Entries, &mut repairs).map(|(mended, _)| mended);
        let document = serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&mended()?).ok());
        let document: Value = document?;
        let items = document.get("items")?.as_array()?.iter().filter_map(Value::as_object);
        for (item, ours) in items.zip(&ours.entries) {
            self.compare(ours, &oracle::item(item), |field, theirs| reasons::of_item(field, item, theirs));
        }
        Some(())
    }

    fn compare(
        &mut self,
        entry: &Entry,
        read: &Result<model::Entry, Reason>,
        reason: impl Fn(Field, &BTreeSet<String>) -> Option<Reason>,
    ) {
        for field in FIELDS {
            let mine = ours(field, entry);
            let result = read.as_ref().map(|read| theirs(field, read));
            if result.as_ref().is_ok_and(|theirs| *theirs == mine) {
                *self.same.entry(field).or_default() += usize::from(!mine.is_empty());
                continue;
            }
            match result.as_ref().map_or_else(|refused| Some(**refused), |theirs| reason(field, theirs)) {
                Some(reason) => *self.differ.entry((field, reason)).or_default() += 1,
                None => self.unexplained.push(format!("{field:?}: ours {mine:?}, feed-rs {result:?}\n")),
            }
        }
    }

    /// One line a field: how often both had the same value, how often they differed and why.
    fn table(&self) -> String {
        let mut out = String::new();
        for field in FIELDS {
            let _ = write!(out, "{:10} same {:6}", format!("{field:?}"), self.same.get(&field).unwrap_or(&0));
            for ((_, reason), count) in self.differ.iter().filter(|((of, _), _)| *of == field) {
                let _ = write!(out, "  {reason:?} {count}");
            }
            out.push('\n');
        }
        out
    }
}

/// Our value, in the form that is compared.
fn ours(field: Field, entry: &Entry) -> BTreeSet<String> {
    let text = |text: &Option<String>| text.iter().map(|text| letters(text)).collect();
    let values: Vec<String> = match field {
        Field::Id => text(&entry.guid),
        Field::Title => text(&entry.title),
        Field::Link => entry.link.iter().map(|link| address(link)).collect(),
        Field::Published => entry.published.iter().map(DateTime::to_rfc3339).collect(),
        Field::Updated => entry.updated.iter().map(DateTime::to_rfc3339).collect(),
        Field::Authors => entry.authors.iter().map(person).collect(),
        Field::Categories => entry.categories.iter().map(|category| letters(category)).collect(),
        Field::Summary => text(&entry.summary),
        Field::Content => text(&entry.content),
        Field::Media => entry.media.iter().map(|one| address(&one.url)).collect(),
    };
    values.into_iter().filter(|value| !value.is_empty()).collect()
}

/// Returns the value of feed-rs, in the form that is compared.
fn theirs(field: Field, entry: &model::Entry) -> BTreeSet<String> {
    let text = |text: Option<&String>| text.into_iter().map(|text| letters(text)).collect();
    let with =
        |rel: &'static str| entry.links.iter().filter(move |link| link.rel.as_deref().unwrap_or("alternate") == rel);
    let values: Vec<String> = match field {
        Field::Id => text(Some(&entry.id)),
        Field::Title => text(entry.title.as_ref().map(|title| &title.content)),
        Field::Link => {
            with("alternate").filter(|link| link.target.is_none()).take(1).map(|link| address(&link.href)).collect()
        }
        Field::Published => entry.published.iter().map(DateTime::to_rfc3339).collect(),
        Field::Updated => entry.updated.iter().map(DateTime::to_rfc3339).collect(),
        Field::Authors => {
            let as_ours =
                |one: &model::Person| Person { name: one.name.clone(), email: one.email.clone(), url: one.uri.clone() };
            entry.authors.iter().map(|one| person(&as_ours(one))).collect()
        }
        Field::Categories => {
            entry.categories.iter().map(|one| letters(one.label.as_deref().unwrap_or(&one.term))).collect()
        }
        Field::Summary => text(entry.summary.as_ref().map(|summary| &summary.content)),
        Field::Content => text(entry.content.as_ref().and_then(|content| content.body.as_ref())),
        Field::Media => {
            let media =
                entry.media.iter().flat_map(|object| &object.content).filter_map(|content| content.url.as_ref());
            media.map(|url| address(url.as_str())).chain(with("enclosure").map(|link| address(&link.href))).collect()
        }
    };
    values.into_iter().filter(|value| !value.is_empty()).collect()
}

/// Text without markup, references and blanks, however often they were escaped.
fn letters(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..8 {
        text = plain(&text);
    }
    text.split_whitespace().collect()
}

/// Returns an address as URLs are written, without what only a URL's writer sees.
fn address(href: &str) -> String {
    let href = letters(href);
    Url::parse(&href).map_or(href, String::from)
}

/// Name and mail address; brackets and quotation marks around a name do not count.
fn person(person: &Person) -> String {
    let parts = [person.name.as_deref(), person.email.as_deref()].into_iter().flatten().map(letters);
    parts.collect::<String>().chars().filter(|c| c.is_alphanumeric()).collect()
}

#[test]
#[allow(clippy::print_stdout, reason = "prints a table of the differences")]
fn real_feeds_differ_for_known_reasons() {
    let mut files = Vec::new();
    files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/feeds"), &mut files);
    let mut report = Report::default();
    for file in &files {
        report.add(&std::fs::read(file).unwrap_or_default(), Some("https://isles.example/feeds/news.xml"));
    }
    println!("{} files\n{}", files.len(), report.table());
    assert!(
        report.unexplained.is_empty(),
        "{} unexplained:\n{}",
        report.unexplained.len(),
        report.unexplained.concat()
    );
}

#[test]
#[allow(clippy::print_stdout, reason = "prints a table of the differences")]
fn scrambled_feeds_differ_for_known_reasons() {
    let mut report = Report::default();
    for body in super::cases::scrambled(0x2024_0606).take(20_000) {
        report.add(&body, Some("https://isles.example/feed"));
    }
    println!("{}", report.table());
    assert!(
        report.unexplained.is_empty(),
        "{} unexplained:\n{}",
        report.unexplained.len(),
        report.unexplained.concat()
    );
    assert!(report.same[&Field::Title] > 2_000, "most are still read");
}

fn files_below(path: &Path, files: &mut Vec<PathBuf>) {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| files_below(&entry.path(), files)),
        Err(_) => files.extend(path.is_file().then(|| path.to_owned())),
    }
}
