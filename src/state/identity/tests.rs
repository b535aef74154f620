//! Tables of polls: which entries of two polls are the same.

use std::collections::HashMap;

use super::*;
use crate::state::EntryState;

#[derive(Default)]
struct Notes {
    entries: HashMap<u128, EntryState>,
    /// The words of each entry, which a rewritten one shares.
    words: HashMap<u128, String>,
    trust: Trust,
}

impl Memory for Notes {
    fn entry(&self, key: u128) -> Option<&EntryState> {
        self.entries.get(&key)
    }
    fn entries(&self) -> Box<dyn Iterator<Item = (u128, &EntryState)> + '_> {
        Box::new(self.entries.iter().map(|(key, entry)| (*key, entry)))
    }
    fn resembles(&self, remembered: &EntryState, entry: &Entry) -> Option<bool> {
        let (key, _) = self.entries.iter().find(|(_, known)| *known == remembered)?;
        crate::article::resembles(&self.words[key], &all_words(entry))
    }
}

fn all_words(entry: &Entry) -> String {
    [&entry.title, &entry.summary].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
}

impl Notes {
    /// Reads the entries as a poll does, and returns which are new.
    fn read(&mut self, entries: Vec<Entry>) -> (Identity, Vec<bool>) {
        let identity = identify(entries, self.trust, self);
        self.trust = identity.trust;
        let new = identity.entries.iter().map(|e| !self.entries.contains_key(&e.key)).collect();
        for Identified { entry, key, content_hash: form, fingerprint: marks, .. } in &identity.entries {
            self.words.insert(*key, all_words(entry));
            self.entries.insert(*key, EntryState { content_hash: *form, fingerprint: *marks, ..EntryState::default() });
        }
        (identity, new)
    }

    /// Returns how many entries a poll shows for the first time.
    fn new_ones(&mut self, entries: &[Entry]) -> usize {
        self.read(entries.to_vec()).1.into_iter().filter(|new| *new).count()
    }
}

fn entry(guid: Option<&str>, link: Option<&str>, title: &str) -> Entry {
    Entry {
        guid: guid.map(Into::into),
        link: link.map(|path| format!("https://example.org/{path}")),
        title: Some(title.into()),
        published: chrono::DateTime::from_timestamp(i64::try_from(title.len()).unwrap(), 0),
        ..Entry::default()
    }
}

/// Returns an entry from `guid|link|title|text|day`; an empty field is missing.
fn row(row: &str) -> Entry {
    let mut fields = row.split('|').map(|field| Some(field.trim().to_owned()).filter(|field| !field.is_empty()));
    let mut next = || fields.next().flatten();
    let (guid, link, title, summary) = (next(), next(), next(), next());
    let published =
        next().map(|day| chrono::DateTime::from_timestamp(day.parse::<i64>().unwrap() * 86_400, 0).unwrap());
    Entry { guid, title, link, published, summary, ..Entry::default() }
}

/// Tests which new entries each poll of a feed shows; `/` separates entries.
#[test]
fn polls_show_what_is_new() {
    for (what, polls, new) in [
        (
            "one guid for all, links differ",
            &["g|h://a|A|x|1/g|h://b|B|y|2", "g|h://c|C|z|3/g|h://a|A|x|1"][..],
            &[2, 1][..],
        ),
        (
            "one guid and link for all",
            &["g|h://l|A|x|1/g|h://l|B|y|2", "g|h://l|C|z|3/g|h://l|A|x|1/g|h://l|B|y|2"],
            &[2, 1],
        ),
        (
            "two share a guid, all a link",
            &["1|h://l|A|x|1/2|h://l|B|y|2/2|h://l|C|z|3", "1|h://l|A|x|1/2|h://l|B|y|2/2|h://l|C|z|3"],
            &[3, 0],
        ),
        (
            "nothing but the text differs",
            &["|h://l|A|x|1/|h://l|A|y|1", "|h://l|A|z|1/|h://l|A|x|1/|h://l|A|y|1"],
            &[2, 1],
        ),
        (
            "nothing but the date differs",
            &["|h://l|A|x|1/|h://l|A|x|2", "|h://l|A|x|2/|h://l|A|x|3", "|h://l|A|x|4"],
            &[2, 1, 1],
        ),
        (
            "a date that moves",
            &["|h://l|A|x|1/|h://l|B|y|1", "|h://l|A|x|2/|h://l|B|y|2", "|h://l|A|x|3/|h://l|C|z|3"],
            &[2, 0, 1],
        ),
        ("a date alone", &["||||1/||||2", "||||2/||||3"], &[2, 1]),
        ("a title that is mended", &["||A bridg falls|x|1/||B|y|1", "||A bridge falls|x|1/||B|y|1"], &[2, 0]),
        ("a text that is mended", &["||A|x|1/||B|y|1", "||A|x two|1/||B|y|1"], &[2, 0]),
        (
            "guids that change at each poll",
            &["1|h://a|A|x|1/2|h://b|B|y|2", "3|h://a|A|x|1/4|h://b|B|y|2", "5|h://a|A|x|1/6|h://b|B2|y|2"],
            &[2, 0, 0],
        ),
        (
            "links that change at each poll",
            &["|h://a?1|A|x|1/|h://b?1|B|y|2", "|h://a?2|A|x|1/|h://b?2|B|y|2", "|h://a?3|A|x|1/|h://b?3|B|z|2"],
            &[2, 0, 0],
        ),
        ("both change at each poll", &["1|h://a?1|A|x|1/2|h://b?1|B|y|2", "3|h://a?2|A|x|1/4|h://b?2|B|y|2"], &[2, 0]),
        ("links that change, titles alone", &["|h://a?1|A||/|h://b?1|B||", "|h://a?2|A||/|h://b?2|B||"], &[2, 0]),
        (
            "a new column of the same name",
            &["1|h://1|Weather|sunny|1/9|h://x|B|y|1", "2|h://2|Weather|rain|2/9|h://x|B|y|1"],
            &[2, 1],
        ),
        (
            "a new column of the same name and text",
            &["1|h://1|Comic|of the day|1/9|h://x|B|y|1", "2|h://2|Comic|of the day|2/9|h://x|B|y|1"],
            &[2, 1],
        ),
        ("guids that are swapped", &["1|h://a|A|x|1/2|h://b|B|y|2", "2|h://a|A|x|1/1|h://b|B|y|2"], &[2, 0]),
        ("links that are swapped", &["1|h://a|A|x|1/2|h://b|B|y|2", "1|h://b|A|x|1/2|h://a|B|y|2"], &[2, 0]),
        (
            "a link that moves to another story",
            &["|h://today|Council votes on bridge|x|1", "|h://today|Swimmer saved off point|y|2"],
            &[1, 1],
        ),
        (
            "the same without dates",
            &[
                "|h://today|Council votes on bridge|wheels are cracked|",
                "|h://today|Swimmer saved off point|lifeboat crew pulled|",
            ],
            &[1, 1],
        ),
        (
            "a guid that moves to another story",
            &["latest||Council votes on bridge|x|1", "latest||Swimmer saved off point|y|2"],
            &[1, 1],
        ),
        (
            "a story that goes on",
            &[
                "g|h://a|Quake kills ten in Brackwater|Houses fell|1",
                "g|h://a|Quake kills fifty in Brackwater|Many houses fell|2",
            ],
            &[1, 0],
        ),
        (
            "a story that goes on, by link",
            &[
                "|h://a|Quake kills ten in Brackwater|Houses fell|1",
                "|h://a|Quake kills fifty in Brackwater|Many houses fell|2",
            ],
            &[1, 0],
        ),
        ("a guid alone", &["g|||| ".trim(), "g||||", "h||||"], &[1, 0, 1]),
        ("a link alone", &["|h://a|||/|h://b|||", "|h://a|||/|h://c|||"], &[2, 1]),
        ("a link alone, guids change", &["1|h://a|||/2|h://b|||", "3|h://a|||/4|h://b|||"], &[2, 0]),
    ] {
        let mut notes = Notes::default();
        let found: Vec<usize> = polls
            .iter()
            .map(|poll| {
                notes.new_ones(
                    &poll
                        .replace("h://", "https:\\\\n.example\\")
                        .split('/')
                        .map(|r| row(&r.replace('\\', "/")))
                        .collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(found, new, "{what}");
    }
}

#[test]
fn a_site_that_moves_shows_nothing_new() {
    let epoch = |prefix: &str, suffix: &str| -> Vec<Entry> {
        let url = |i: usize| format!("{prefix}example.org/{i}{suffix}");
        (0..5)
            .map(|i| Entry { guid: Some(url(i)), link: Some(url(i)), ..entry(None, None, &"x".repeat(i + 1)) })
            .collect()
    };
    let mut notes = Notes::default();
    assert_eq!(notes.new_ones(&epoch("http://", "")), 5);
    for (prefix, suffix) in [
        ("https://", ""),
        ("http://", ""),
        ("https://www.", ""),
        ("http://www.", ""),
        ("https://", "?from=feed"),
        ("https://", ""),
    ] {
        let (identity, new) = notes.read(epoch(prefix, suffix));
        assert_eq!(new, [false; 5], "{prefix} {suffix}");
        assert!(!identity.trust.unstable_links || !suffix.is_empty() || prefix == "https://", "{prefix} {suffix}");
    }
    let mut one = epoch("https://", "");
    one.push(Entry { link: Some("https://example.org/9".into()), ..entry(None, None, "quite another") });
    assert_eq!(notes.new_ones(&one), 1);
    assert!(notes.trust.links(), "a parameter that was added once costs links no trust in the long run");
}

#[test]
fn a_form_stays_where_the_scheme_or_a_token_changes() {
    let with = |link: &str| Entry { link: Some(link.into()), ..entry(None, None, "A") };
    let other = |link: &str| Entry { link: Some(link.into()), ..entry(None, None, "Other") };
    let mut notes = Notes::default();
    let forms = |notes: &mut Notes, links: [&str; 2]| -> Vec<u64> {
        let (identity, _) = notes.read(vec![with(links[0]), other(links[1])]);
        identity.entries.iter().map(|entry| entry.content_hash).collect()
    };
    let first = forms(&mut notes, ["http://example.org/a", "http://example.org/b"]);
    assert_eq!(forms(&mut notes, ["https://www.example.org/a", "https://www.example.org/b"]), first);
    let second = forms(&mut notes, ["https://example.org/a?s=1", "https://example.org/b?s=1"]);
    assert_ne!(second, first, "the link changed");
    assert!(notes.trust.unstable_links);
    assert_eq!(forms(&mut notes, ["https://example.org/a?s=2", "https://example.org/b?s=2"]), second);
}

#[test]
fn what_an_earlier_version_remembers_is_found_again() {
    use super::fingerprint::{canonical_link, content_hash, content_key, hash};
    // As commit b0b54e2 wrote them: no hashes of guid and text, keys by guid, by guid and link, by link, or by words.
    let old = |entry: &Entry, key: u128| {
        let link = canonical_link(entry);
        let marks = EntryFingerprint { guid: None, text: None, ..EntryFingerprint::of(entry, None, link.as_deref()) };
        (
            key,
            EntryState {
                content_hash: content_hash(entry, link.as_deref()),
                fingerprint: marks,
                seen: 1,
                ..EntryState::default()
            },
        )
    };
    let rows = [
        row("g1|https://n.example/1|A|x|1"),
        row("https://n.example/2|https://n.example/2|B|y|2"),
        row("twice|https://n.example/3|C|z|3"),
        row("twice|https://n.example/4|D|z|4"),
        row("|https://n.example/5|E|v|5"),
        row("all|https://n.example/|F|u|6"),
        row("all|https://n.example/|F|t|6"),
    ];
    let mut notes = Notes::default();
    notes.entries.extend([
        old(&rows[0], hash(&["guid", "g1"])),
        old(&rows[1], hash(&["guid", "https://n.example/2"])),
        old(&rows[2], hash(&["both", "twice", "https://n.example/3"])),
        old(&rows[3], hash(&["both", "twice", "https://n.example/4"])),
        old(&rows[4], hash(&["link", "https://n.example/5"])),
        old(&rows[5], content_key(&rows[5])),
        old(&rows[6], content_key(&rows[6])),
    ]);
    notes.words = notes.entries.keys().map(|key| (*key, String::new())).collect();
    let before = notes.entries.clone();
    let (identity, new) = notes.read(rows.to_vec());
    assert_eq!(new, [false; 7]);
    for entry in identity.entries {
        assert_eq!(entry.content_hash, before[&entry.key].content_hash, "{:?} is unchanged", entry.entry.title);
    }
    let mut https = rows.clone();
    https[1].guid = Some("http://www.n.example/2".into());
    https[1].title = Some("B, mended".into());
    assert_eq!(notes.new_ones(&https), 0);
}

#[test]
fn what_identifies_an_entry_names_its_article() {
    use super::naming::LinkRole;
    let naming = |polls: &[&[&str]]| {
        let mut notes = Notes::default();
        let mut last = Vec::new();
        for poll in polls {
            last = notes.read(poll.iter().map(|r| row(r)).collect()).0.entries;
        }
        last[0].naming
    };
    for (what, polls, link, by_guid) in [
        ("a link", &[&["g|https://n.example/1|A|x|1"][..]][..], LinkRole::Identifies, true),
        ("a shared link", &[&["g|https://n.example/|A|x|1", "h|https://n.example/|B|y|2"]], LinkRole::None, true),
        ("nothing", &[&["g|https://n.example/|A|x|1", "g|https://n.example/|B|y|2"]], LinkRole::None, false),
        ("no link", &[&["||A|x|1"]], LinkRole::None, false),
        (
            "another's link",
            &[
                &["g|https://n.example/today|Council votes on bridge|x|1"],
                &["h|https://n.example/today|Swimmer saved off point|y|2"],
            ],
            LinkRole::Reused,
            true,
        ),
        (
            "a link with a token",
            &[
                &["|https://n.example/1?s=1|A|x|1", "|https://n.example/2?s=1|B|y|2"],
                &["|https://n.example/3?s=2|C|z|3", "|https://n.example/1?s=2|A|x|1", "|https://n.example/2?s=2|B|y|2"],
            ],
            LinkRole::Unstable,
            false,
        ),
    ] {
        assert_eq!(naming(polls), Naming { link, by_guid }, "{what}");
    }
}

#[test]
fn the_id_of_an_article_is_of_its_name() {
    use super::naming::LinkRole;
    use crate::record::{article_id, content_id};
    let one = row("g|https://n.example/1|A|x|1");
    let article = crate::article::from_entry(&one, &crate::feed::Feed::default(), "f");
    let ids = |link, by_guid| Naming { link, by_guid }.name("f", &one, &article).ids;
    let url = ids(LinkRole::Identifies, true);
    assert_eq!(url[0], article_id("https://n.example/1"));
    assert!(url.contains(&article_id("http://n.example/1")) && url.contains(&article_id("https://www.n.example/1")));
    assert_eq!(ids(LinkRole::Reused, true), [content_id("f", "g")]);
    assert_eq!(ids(LinkRole::None, false), [content_id("f", "A\nx\n\n1970-01-02T00:00:00+00:00")]);
    let name = Naming { link: LinkRole::Identifies, by_guid: true }.name("f", &one, &article);
    assert_ne!(name.further(url[0], false), url[0]);
    let other = Naming::default().name("g", &one, &article);
    assert_eq!(name.further(url[0], false), other.further(url[0], false), "the same in every feed");
    assert_ne!(name.further(url[0], true), other.further(url[0], true));
}

#[test]
fn entries_that_agree_in_all_that_identifies_are_one() {
    let twice =
        vec![entry(Some("g"), Some("a"), "A"), entry(Some("g"), Some("a"), "A"), entry(Some("h"), Some("b"), "B")];
    let (identity, _) = Notes::default().read(twice);
    assert_eq!((identity.entries.len(), identity.repeated), (2, vec![identity.entries[0].key]));
}

#[test]
fn a_feed_that_loses_its_identifiers_says_why() {
    let epoch = |n: u32| -> Vec<Entry> {
        (0..4).map(|i| entry(Some(&format!("{i}-{n}")), Some(&i.to_string()), &"x".repeat(i + 1))).collect()
    };
    let mut notes = Notes::default();
    let (first, _) = notes.read(epoch(1));
    assert_eq!((first.trust, first.lost), (Trust::default(), None));
    let (second, new) = notes.read(epoch(2));
    assert_eq!((second.trust.basis, new), (Basis::Link, vec![false; 4]));
    assert!(second.lost.unwrap().contains("4 changed of 4"));
    let (third, new) = notes.read(epoch(3));
    assert_eq!((third.lost, new), (None, vec![false; 4]));
    // A single changed entry is excused.
    let mut one = epoch(3);
    one[0].guid = Some("other".into());
    let mut notes = Notes::default();
    notes.read(epoch(3));
    let (identity, new) = notes.read(one);
    assert_eq!((identity.trust, new), (Trust::default(), vec![false; 4]));
}

#[test]
fn many_entries_are_identified_in_time_that_grows_with_their_number() {
    let epoch = |n: usize| -> Vec<Entry> {
        (0..n).map(|i| row(&format!("same|https://n.example/{}|T{}|x{}|{}", i % 7, i % 11, i % 13, i % 17))).collect()
    };
    let time = |n: usize| {
        let mut notes = Notes::default();
        notes.read(epoch(n));
        let begun = std::time::Instant::now();
        notes.read(epoch(n));
        begun.elapsed()
    };
    let (small, large) = (time(2_000), time(8_000));
    assert!(large < small * 16, "{small:?} for 2,000 entries, {large:?} for 8,000");
}

#[test]
fn tracking_parameters_change_nothing() {
    let once = |link: &str| Notes::default().read(vec![entry(None, Some(link), "A")]).0.entries.remove(0);
    let (plain, tracked) = (once("a"), once("a?utm_source=rss"));
    assert_eq!((plain.key, plain.content_hash), (tracked.key, tracked.content_hash));
}
