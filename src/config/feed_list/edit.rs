//! Edits a TOML feed list as plain text: everything that is not edited stays the same, to the byte.

use std::borrow::Cow;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, Value};
use url::Url;

use super::FeedKeys;
use super::id::slug;
use super::parts::parts;
use crate::address::Credentials;
use crate::config::feed::FeedConfig;
use crate::config::labels::Labels;
use crate::config::page_feed::PageSelectors;
use crate::config::rules::{self, RuleTable, WrittenRules, set_written};
use crate::config::section::Pages;
use crate::config::toml_text::{self, cut, line_end};
use crate::options::duration;

/// Appends feeds, each as a separate `[[feed]]` table.
pub(super) fn add<'a>(text: &str, feeds: impl IntoIterator<Item = &'a FeedConfig>) -> String {
    let mut out = text.trim_end().to_owned();
    for feed in feeds {
        out.push_str(if out.is_empty() { "" } else { "\n\n" });
        out.push_str(&table(feed));
    }
    out.push('\n');
    out
}

/// Returns a feed's table, without keys that are not set.
fn table(feed: &FeedConfig) -> String {
    let mut lines = vec![format!("id = {}", quoted(&feed.id)), format!("url = {}", quoted(feed.written_url()))];
    let mut set = |key: &str, value: Option<String>| lines.extend(value.map(|value| format!("{key} = {value}")));
    set("kind", feed.is_page().then(|| quoted("page")));
    set("select", feed.select.as_deref().map(selectors));
    set("title", feed.title.as_deref().map(quoted));
    set("publisher", feed.publisher.as_deref().map(quoted));
    set("language", feed.language.as_deref().map(quoted));
    set("folder", feed.folder.as_deref().map(quoted));
    set("labels", Some(&feed.labels).filter(|labels| !labels.is_empty()).map(list));
    set("interval", feed.interval.map(|interval| quoted(duration::format(interval))));
    let pages = feed.pages.map(|pages| match pages {
        Pages::Auto => "auto",
        Pages::Always => "always",
        Pages::Never => "never",
    });
    set("pages", pages.map(quoted));
    set("paused", feed.paused.then(|| "true".to_owned()));
    set("full_fetch", feed.full_fetch.then(|| "true".to_owned()));
    set("private", feed.private.then(|| "true".to_owned()));
    format!("[[feed]]\n{}", lines.join("\n"))
}

/// Returns the selectors as an inline table.
fn selectors(select: &PageSelectors) -> String {
    let keys: Vec<String> = select.named().map(|(key, selector)| format!("{key} = {}", quoted(selector))).collect();
    format!("{{ {} }}", keys.join(", "))
}

/// Removes a feed of `feeds`. If another feed has a numbered id because of it, writes that id into the list to keep it
/// stable. `None` if the list has no such feed.
pub(super) fn remove_keeping_ids<'a>(
    text: &str,
    feed: &FeedConfig,
    feeds: impl IntoIterator<Item = &'a FeedConfig>,
) -> Option<String> {
    let mut text = remove(text, feed)?;
    for namesake in feeds.into_iter().filter(|other| other.id != feed.id && slug(&other.url) == feed.id) {
        text = pin(&text, namesake).unwrap_or(text);
    }
    Some(text)
}

/// Removes the feed, together with the comment right above it. `None` if the list has no such feed.
fn remove(text: &str, feed: &FeedConfig) -> Option<String> {
    Some(cut(text, find(text, feed)?.range))
}

/// Sets a rule of the feed's own, or removes it. `None` if the list has no such feed, or not the rules that are known of
/// it.
pub(super) fn set_rule(text: &str, feed: &FeedConfig, id: &str, rule: Option<&RuleTable>) -> Option<String> {
    let Found { range, rules, .. } = find(text, feed)?;
    let known = feed.rules.as_deref().unwrap_or_default();
    if known.len() != rules.len() {
        return None;
    }
    let written: WrittenRules = known.iter().map(|rule| rule.id.clone()).zip(rules).collect();
    set_written(text, &written, range.end, "[[feed.rule]]", id, rule)
}

/// Sets whether a feed is paused. `None` if the list has no such feed.
pub(super) fn pause(text: &str, feed: &FeedConfig, paused: bool) -> Option<String> {
    let Found { own_end, values, .. } = find(text, feed)?;
    let written = values.into_iter().find(|(name, _)| name == "paused").map(|(_, place)| place.value);
    let Some(written) = written else {
        let end = line_end(text, own_end);
        let (head, rest) = text.split_at(end);
        let gap = if head.ends_with('\n') { "" } else { "\n" };
        return Some(if paused { format!("{head}{gap}paused = true\n{rest}") } else { text.to_owned() });
    };
    let line = text[..written.start].rfind('\n').map_or(0, |end| end + 1)..line_end(text, written.end);
    if !paused && text[line.clone()].trim() == "paused = true" {
        return Some(format!("{}{}", &text[..line.start], &text[line.end..]));
    }
    Some(format!("{}{paused}{}", &text[..written.start], &text[written.end..]))
}

/// Sets keys of the feed's table; a key without a value is removed, and a comment behind it stays. `None` if the list
/// has no such feed.
pub(super) fn set(text: &str, feed: &FeedConfig, keys: &FeedKeys) -> Option<String> {
    // A feed without an id would get another one with another URL, of which `private` hides a part.
    let is_moved = keys.iter().any(|(key, _)| matches!(*key, "url" | "private"));
    let pinned = if is_moved { pin(text, feed) } else { None };
    let mut text = pinned.unwrap_or_else(|| text.to_owned());
    let mut feed = Cow::Borrowed(feed);
    // The URL comes last: the table is found by it.
    let mut keys: Vec<_> = keys.iter().collect();
    keys.sort_by_key(|(key, _)| *key == "url");
    for (key, value) in keys {
        text = set_key(&text, &feed, key, value.as_ref())?;
        if *key == "private" {
            let written = Url::parse(&feed.written_url()).ok()?;
            let feed = feed.to_mut();
            feed.private = value.as_ref().and_then(Value::as_bool).unwrap_or_default();
            feed.set_url(written);
        }
    }
    Some(text)
}

fn set_key(text: &str, feed: &FeedConfig, key: &str, value: Option<&Value>) -> Option<String> {
    let Found { own_end, values, tables, .. } = find(text, feed)?;
    // What is written as a table gives way to one line.
    if let Some((_, lines)) = tables.into_iter().find(|(name, _)| name == key) {
        let text = lines.into_iter().rev().fold(text.to_owned(), |text, lines| without_lines(&text, lines));
        return set_key(&text, feed, key, value);
    }
    let written = values.into_iter().find(|(name, _)| name == key).map(|(_, place)| place);
    let value = value.map(|value| value.to_string().trim().to_owned());
    Some(match (written, value) {
        (Some(Place { value: old, .. }), Some(value)) => format!("{}{value}{}", &text[..old.start], &text[old.end..]),
        (Some(Place { key, value }), None) => {
            let start = text[..key].rfind('\n').map_or(0, |end| end + 1);
            let end = line_end(text, value.end);
            let comment = text[value.end..end].trim_start();
            format!("{}{comment}{}", &text[..start], &text[end..])
        }
        (None, Some(value)) => {
            let (head, rest) = text.split_at(line_end(text, own_end));
            let gap = if head.ends_with('\n') { "" } else { "\n" };
            format!("{head}{gap}{key} = {value}\n{rest}")
        }
        (None, None) => text.to_owned(),
    })
}

/// Removes the lines of a range, and the empty ones above them.
fn without_lines(text: &str, range: Range<usize>) -> String {
    let kept = text[..range.start].rfind('\n').map_or(0, |end| line_end(text, text[..end].trim_end().len()));
    format!("{}{}", &text[..kept], &text[line_end(text, range.end)..])
}

/// Writes the id of the feed into the list, so it stays the same when other feeds are removed. `None` if the list has
/// no such feed, or has its id already.
fn pin(text: &str, feed: &FeedConfig) -> Option<String> {
    let Found { range, has_id: false, .. } = find(text, feed)? else { return None };
    let at = line_end(text, range.start);
    let (head, rest) = text.split_at(at);
    let gap = if head.ends_with('\n') { "" } else { "\n" };
    Some(format!("{head}{gap}id = {}\n{rest}", quoted(&feed.id)))
}

/// Replaces the file atomically: a reader sees the old list or the new one, even after a crash.
pub(super) fn write(path: &Path, text: &str) -> std::io::Result<()> {
    // Follows a symbolic link, so the link itself is kept.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = (|| {
        let mut file = std::fs::File::create(&new)?;
        if let Ok(old) = std::fs::metadata(&path) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, &path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).map(PathBuf::from);
        std::fs::File::open(folder.unwrap_or_else(|| PathBuf::from(".")))?.sync_all()
    })();
    if written.is_err() {
        // The old list stays; the new file may be incomplete.
        let _ = std::fs::remove_file(&new);
    }
    written
}

fn list(labels: &Labels) -> String {
    labels.iter().collect::<toml_edit::Array>().to_string()
}

fn quoted(text: impl Into<String>) -> String {
    toml_edit::Value::from(text.into()).to_string()
}

/// A feed's table in the text.
struct Found {
    /// The range from its header to the end of its last value, that of its inner tables included.
    range: Range<usize>,
    /// The end of the last value before its inner tables.
    own_end: usize,
    has_id: bool,
    /// Where its rules are.
    rules: Vec<Range<usize>>,
    /// Its keys, and where they are.
    values: Vec<(String, Place)>,
    /// The keys that are inner tables, and the ranges of their lines in order.
    tables: Vec<(String, Vec<Range<usize>>)>,
}

/// Where a key is.
struct Place {
    /// The start of the key.
    key: usize,
    /// The range of the value.
    value: Range<usize>,
}

/// Finds the table with the feed's URL and id, else the first one with its URL and no id.
fn find(text: &str, feed: &FeedConfig) -> Option<Found> {
    let mut unnamed = None;
    for (start, part) in parts(text) {
        match find_in_part(start, part, feed)? {
            (Some(found), _) => return Some(found),
            (None, found) => unnamed = unnamed.or(found),
        }
    }
    unnamed
}

/// Returns the table with the feed's URL and id, and the first one with its URL and no id. `None` if the part is not
/// valid TOML.
fn find_in_part(start: usize, part: &str, feed: &FeedConfig) -> Option<(Option<Found>, Option<Found>)> {
    let document = Document::parse(part).ok()?;
    let same = |written: &str| {
        let split = Url::parse(written.trim()).map(|url| Credentials::split(url, feed.private));
        split.is_ok_and(|(url, credentials)| url.as_str() == feed.url && credentials == feed.credentials)
    };
    let Some(tables) = document.as_table().get("feed").and_then(Item::as_array_of_tables) else {
        return Some((None, None));
    };
    let of_url = || tables.iter().filter(|table| table.get("url").and_then(Item::as_str).is_some_and(same));
    let listed_id = feed.former_id.as_deref().unwrap_or(&feed.id);
    let by_id = of_url().find(|table| table.get("id").and_then(Item::as_str) == Some(listed_id));
    let unnamed = of_url().find(|table| !table.contains_key("id"));
    let found = |table: &toml_edit::Table| {
        let header = table.span()?;
        let in_text = |span: Range<usize>| start + span.start..start + span.end;
        let place = |(key, item): (&str, &Item)| {
            let name = table.key(key).and_then(toml_edit::Key::span)?;
            Some((key.to_owned(), Place { key: start + name.start, value: in_text(item.as_value()?.span()?) }))
        };
        let values = table.iter().filter_map(place).collect();
        let lines = |(key, item): (&str, &Item)| {
            Some((key.to_owned(), inner_lines(item.as_table()?).into_iter().map(in_text).collect()))
        };
        let tables = table.iter().filter_map(lines).collect();
        let range = in_text(toml_text::range(table)?);
        let own_end = start + toml_text::end(table, false).unwrap_or(header.end);
        let rules = table.get(rules::KEY).and_then(Item::as_array_of_tables).into_iter().flatten();
        let rules = rules.filter_map(toml_text::range).map(in_text).collect();
        Some(Found { range, own_end, has_id: table.contains_key("id"), rules, values, tables })
    };
    Some((by_id.and_then(found), unnamed.and_then(found)))
}

/// Returns where an inner table is written: below its header, or as dotted keys of the outer one.
fn inner_lines(table: &toml_edit::Table) -> Vec<Range<usize>> {
    if table.is_dotted() {
        let line = |(key, item): (&str, &Item)| Some(table.key(key)?.span()?.start..item.span()?.end);
        return table.iter().filter_map(line).collect();
    }
    toml_text::range(table).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "# Our feeds.\n\n# The local ones.\n# Read often.\n[[feed]]\nurl = \"https://a.example/rss\" # daily\n\
                        # interval = \"5m\"\n\n# --- Abroad ---\n\n# B, the best.\n[[feed]]\nid = \"b\"\n\
                        url   = 'https://b.example/'\n";

    fn feed(id: &str, url: &str) -> FeedConfig {
        FeedConfig { id: id.into(), url: url.into(), ..FeedConfig::default() }
    }

    #[test]
    fn a_feed_is_removed_with_its_comments_and_nothing_else_changes() {
        let without_a =
            "# Our feeds.\n\n# --- Abroad ---\n\n# B, the best.\n[[feed]]\nid = \"b\"\nurl   = 'https://b.example/'\n";
        assert_eq!(remove(LIST, &feed("a", "https://a.example/rss")).unwrap(), without_a);
        let without_b = LIST.split("\n\n# B, the best").next().unwrap().to_owned() + "\n";
        assert_eq!(remove(LIST, &feed("b", "https://b.example/")).unwrap(), without_b);
        assert_eq!(remove(&without_b, &feed("b", "https://b.example/")), None);
        assert_eq!(
            remove("[[feed]]\nurl = \"https://a.example/rss\"", &feed("", "https://a.example/rss")).unwrap(),
            ""
        );
    }

    #[test]
    fn a_comment_of_the_next_feed_stays_with_it() {
        let list = "[[feed]]\nurl = \"https://a.example/\"\n# Next.\n[[feed]]\nurl = \"https://b.example/\"\n";
        let rest = "# Next.\n[[feed]]\nurl = \"https://b.example/\"\n";
        assert_eq!(remove(list, &feed("", "https://a.example/")).unwrap(), rest);
    }

    #[test]
    fn a_feed_is_added_at_the_end_and_the_rest_stays() {
        let mut new = feed("c", "https://c.example/?a=\"b\"");
        new.interval = Some(std::time::Duration::from_secs(300));
        new.title = Some("C \\ \"quoted\"".into());
        new.labels = Labels::new(["politics", "\"de\""]).unwrap();
        let text = add(LIST, &[new]);
        assert!(text.starts_with(LIST), "{text}");
        let parsed: toml_edit::DocumentMut = text.parse().unwrap();
        let last = parsed["feed"].as_array_of_tables().unwrap().iter().last().unwrap();
        assert_eq!(last["title"].as_str(), Some("C \\ \"quoted\""));
        assert_eq!(last["interval"].as_str(), Some("5m"));
        assert!(text.contains("labels = [\"politics\", '\"de\"']\n"), "{text}");
        assert_eq!(add("", &[feed("a", "https://a.example/")]), "[[feed]]\nid = \"a\"\nurl = \"https://a.example/\"\n");
    }

    #[test]
    fn of_two_feeds_with_one_url_the_named_one_is_removed() {
        let list = "[[feed]]\nid = \"one\"\nurl = \"https://a.example/\"\n\n[[feed]]\nid = \"two\"\nurl = \"https://a.example/\"\n";
        assert_eq!(
            remove(list, &feed("two", "https://a.example/")).unwrap(),
            list.split_inclusive("\n\n").next().unwrap().trim_end().to_owned() + "\n"
        );
        assert_eq!(remove(list, &feed("three", "https://a.example/")), None);
    }

    #[test]
    fn a_feed_is_paused_and_resumed() {
        let (a, b) = (feed("a", "https://a.example/rss"), feed("b", "https://b.example/"));
        let paused = pause(LIST, &a, true).unwrap();
        assert!(paused.contains("url = \"https://a.example/rss\" # daily\npaused = true\n# interval"), "{paused}");
        assert_eq!(pause(&paused, &a, false).unwrap(), LIST);
        assert_eq!(pause(&pause(LIST, &b, true).unwrap(), &b, false).unwrap(), LIST);
        let said = LIST.replace("id = \"b\"", "paused = true # till May\nid = \"b\"");
        assert!(pause(&said, &b, false).unwrap().contains("paused = false # till May\n"));
        assert_eq!(pause(LIST, &feed("c", "https://c.example/"), true), None);
    }

    #[test]
    fn a_feed_with_an_inner_table_is_changed_as_a_whole() {
        let first = "[[feed]]\nurl = \"https://a.example/\"\n\n[feed.requests]\nbearer = { file = \"token\" }\n\n\
                     [feed.requests.headers]\nX-Key = \"k\" # mine\n";
        let rest = "[[feed]]\nurl = \"https://b.example/\"\nrequests.timeout = \"30s\"\n";
        let (list, a) = (format!("{first}\n{rest}"), feed("", "https://a.example/"));
        assert_eq!(remove(&list, &a).unwrap(), rest);
        let paused = pause(&list, &a, true).unwrap();
        assert!(
            paused.starts_with("[[feed]]\nurl = \"https://a.example/\"\npaused = true\n\n[feed.requests]"),
            "{paused}"
        );
        assert_eq!(pause(&paused, &a, false).unwrap(), list);
        let b = feed("", "https://b.example/");
        assert_eq!(pause(&list, &b, true).unwrap(), format!("{list}paused = true\n"));
        assert_eq!(remove(&list, &b).unwrap(), first);
        let titled = set(&list, &a, &vec![("title", Some("A".into()))]).unwrap();
        assert!(
            titled.starts_with("[[feed]]\nurl = \"https://a.example/\"\ntitle = \"A\"\n\n[feed.requests]"),
            "{titled}"
        );
    }

    #[test]
    fn keys_are_set_changed_and_removed_where_they_are() {
        let (a, b) = (feed("a.example-rss", "https://a.example/rss"), feed("b", "https://b.example/"));
        let labels = |labels: &[&str]| Some(labels.iter().copied().collect::<toml_edit::Array>().into());
        let text = set(LIST, &a, &vec![("labels", labels(&["x", "y"])), ("title", Some("A".into()))]).unwrap();
        assert!(text.contains("rss\" # daily\nlabels = [\"x\", \"y\"]\ntitle = \"A\"\n# interval"), "{text}");
        assert_eq!(set(&text, &a, &vec![("labels", None), ("title", None)]).unwrap(), LIST);
        let spread = LIST.replace("id = \"b\"", "labels = [ # all\n  \"x\",\n] # two\nid = \"b\"");
        let set_b = |keys| set(&spread, &b, &keys).unwrap();
        assert!(set_b(vec![("labels", labels(&["z"]))]).contains("labels = [\"z\"] # two\nid = \"b\""));
        assert!(set_b(vec![("labels", None)]).contains("[[feed]]\n# two\nid = \"b\""));
        assert_eq!(set_b(vec![("folder", None)]), spread);
        let moved =
            set(LIST, &a, &vec![("url", Some("https://new.example/".into())), ("title", Some("N".into()))]).unwrap();
        let table = "[[feed]]\nid = \"a.example-rss\"\nurl = \"https://new.example/\" # daily\ntitle = \"N\"\n";
        assert!(moved.contains(table), "{moved}");
        assert_eq!(set(LIST, &feed("c", "https://c.example/"), &vec![("title", None)]), None);
    }

    #[test]
    fn a_feed_is_made_private_and_moved_in_one_change() {
        let list = "[[feed]]\nurl = \"https://a.example/rss?key=1\"\n";
        let public = feed("a.example-rss-key-1", "https://a.example/rss?key=1");
        let keys = vec![("url", Some("https://a.example/new?key=2".into())), ("private", Some(true.into()))];
        let private = "[[feed]]\nid = \"a.example-rss-key-1\"\nurl = \"https://a.example/new?key=2\"\nprivate = true\n";
        assert_eq!(set(list, &public, &keys).unwrap(), private);
        let mut moved = FeedConfig { private: true, ..feed("a.example-rss-key-1", "") };
        moved.set_url(Url::parse("https://a.example/new?key=2").unwrap());
        let back = vec![("url", Some("https://a.example/rss?key=1".into())), ("private", None)];
        let named = list.replace("[[feed]]\n", "[[feed]]\nid = \"a.example-rss-key-1\"\n");
        assert_eq!(set(private, &moved, &back).unwrap(), named);
    }

    #[test]
    fn the_rules_of_a_feed_are_a_part_of_it() {
        let rules = "\n[[feed.rule]]\naction = \"block\"\ntitle = \"x\"\n[feed.rule.not]\nauthor = \"y\"\n";
        let list = LIST.replace("# daily\n", &format!("# daily\n{rules}"));
        let a = feed("a", "https://a.example/rss");
        let paused = pause(&list, &a, true).unwrap();
        assert!(paused.contains("# daily\npaused = true\n\n[[feed.rule]]"), "{paused}");
        assert_eq!(pause(&paused, &a, false).unwrap(), list);
        let rest = remove(&list, &a).unwrap();
        assert!(!rest.contains("feed.rule") && rest.contains("[[feed]]\nid = \"b\""), "{rest}");
    }

    #[test]
    fn an_id_is_written_below_the_header() {
        let text = pin(LIST, &feed("a.example-rss", "https://a.example/rss")).unwrap();
        assert_eq!(pin(LIST, &feed("other", "https://b.example/")), None, "it has one");
        assert!(text.contains("[[feed]]\nid = \"a.example-rss\"\nurl = \"https://a.example/rss\" # daily\n"), "{text}");
    }

    #[test]
    fn only_the_list_has_the_credentials() {
        let mut new = FeedConfig { private: true, ..feed("c", "") };
        new.set_url(Url::parse("https://me:pw@c.example/?token=abcdef").unwrap());
        let text = add(LIST, &[new.clone()]);
        assert!(text.ends_with("url = \"https://me:pw@c.example/?token=abcdef\"\nprivate = true\n"), "{text}");
        assert_eq!(remove(&text, &new).unwrap(), LIST);
        let other = FeedConfig { credentials: Credentials::default(), ..new };
        assert_eq!(remove(&text, &other), None, "it is listed with other credentials");
    }

    #[test]
    fn a_feed_whose_selectors_are_a_table_is_paused_and_removed() {
        let first = "[[feed]]\nurl = \"https://a.example/\"\nkind = \"page\"\n\n[feed.select]\nlinks = \"h3 a\"\n";
        let rest = "[[feed]]\nurl = \"https://b.example/\"\nkind = \"page\"\nselect.links = \"h3 a\"\n";
        let (list, a) = (format!("{first}\n{rest}"), feed("", "https://a.example/"));
        let paused = pause(&list, &a, true).unwrap();
        assert_eq!(paused, list.replacen("\"page\"\n", "\"page\"\npaused = true\n", 1));
        assert_eq!(pause(&paused, &a, false).unwrap(), list);
        assert_eq!(remove(&list, &a).unwrap(), rest);
        let b = feed("", "https://b.example/");
        assert_eq!(pause(&list, &b, true).unwrap(), format!("{list}paused = true\n"));
        assert_eq!(remove(&list, &b).unwrap(), first);
    }

    #[test]
    fn selectors_that_are_a_table_are_replaced_by_one_line() {
        let first = "[[feed]]\nurl = \"https://a.example/\"\nkind = \"page\"\n";
        let rest = "\n[[feed]]\nurl = \"https://b.example/\"\n";
        let a = feed("", "https://a.example/");
        let select = |links: &str| Some([("links", links)].into_iter().collect::<toml_edit::InlineTable>().into());
        for written in [
            "\n[feed.select]\nlinks = \"h3 a\"\ndate = \"time\"\n",
            "select.links = \"h3 a\"\nselect.date = \"time\" # when\n",
            "select = { links = \"h3 a\", date = \"time\" }\n",
            "",
        ] {
            let list = format!("{first}{written}{rest}");
            let replaced = set(&list, &a, &vec![("select", select("h2 a"))]).unwrap();
            assert_eq!(replaced, format!("{first}select = {{ links = \"h2 a\" }}\n{rest}"), "{written}");
            let removed = set(&list, &a, &vec![("select", None)]).unwrap();
            assert_eq!(removed, format!("{first}{rest}"), "{written}");
        }
        // What follows the table stays.
        let more = "\n[feed.requests]\ntimeout = \"30s\"\n";
        let list = format!("{first}\n[feed.select]\nlinks = \"h3 a\"\n{more}{rest}");
        assert_eq!(set(&list, &a, &vec![("select", None)]).unwrap(), format!("{first}{more}{rest}"));
    }

    #[test]
    fn the_file_is_replaced_in_one_step_and_keeps_its_mode() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("feeds.toml");
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        write(&path, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
