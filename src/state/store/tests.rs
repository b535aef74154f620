use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::*;
use crate::article::duplicates::Sketch;
use crate::journal::Key;
use crate::journal::disk::MemoryState;
use crate::state::identity::EntryFingerprint;
use crate::state::{ArticleState, EntryState, MovedAway, RecentState};

/// Returns a state store over this state, in a database in memory.
pub(crate) fn restored(entries: &[(String, Vec<u8>)]) -> StateStore {
    let state = MemoryState::new().unwrap();
    for (key, value) in entries {
        state.write(key, Some(value)).unwrap();
    }
    StateStore::new(state.committed())
}

fn entry(seen: i64) -> EntryState {
    EntryState { content_hash: 1, seen, ..EntryState::default() }
}

fn article_state() -> ArticleState {
    ArticleState {
        hash: 1,
        revision: 1,
        first_seen: 0,
        quotes: vec![],
        duplicate_of: None,
        canceled: false,
        reading: 1,
        shown: None,
        site: None,
        routes: Vec::new(),
    }
}

fn value(value: impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(&value).unwrap()
}

#[test]
fn the_oldest_entries_are_surplus_but_never_what_the_feed_shows() {
    let store = restored(&[]);
    for key in 0..10_u128 {
        store.set_entry("f", key, Some(entry(key as i64)));
    }
    assert_eq!(store.surplus("f", 7, |key| key < 2), [2, 3, 4]);
    assert_eq!(store.surplus("f", 10, |_| false), Vec::<u128>::new());
    assert_eq!(store.surplus("other", 0, |_| false), Vec::<u128>::new());
}

#[test]
fn what_is_written_is_restored() {
    let id = Uuid::from_u128(3);
    let article =
        ArticleState { hash: u64::MAX, revision: 2, first_seen: 9, quotes: vec!["q".into()], ..article_state() };
    let fingerprint =
        EntryFingerprint { guid: Some(u64::MAX), link: None, title: Some(3), text: Some(0), published: Some(-5) };
    let entry =
        EntryState { content_hash: u64::MAX - 1, fingerprint, article: Some(id), seen: 4, ..EntryState::default() };
    let store = restored(&[
        (Key::Entry("f".into(), 1).encode(), value(&entry)),
        (Key::Article("f".into(), id).encode(), value(&article)),
        ("broken".to_owned(), b"{".to_vec()),
    ]);
    assert_eq!(store.entry("f", 1), Some(entry));
    assert_eq!(store.article(id).unwrap().state, article);
    assert_eq!(store.feed("broken"), None);
    assert!(store.failure().is_none());
}

#[test]
fn changes_are_seen_before_they_are_committed_and_survive_the_cache() {
    let store = restored(&[(Key::Entry("f".into(), 1).encode(), value(entry(4)))]);
    store.set_entry("f", 2, Some(entry(5)));
    let id = Uuid::from_u128(7);
    let known = KnownArticle { state: article_state(), feed: Arc::from("f"), site: Arc::from("f.example") };
    store.set_article(id, known.clone());
    // Far more feeds and articles than the caches hold.
    for n in 0..3_000_u128 {
        store.open(&n.to_string());
    }
    for n in 0..60_000_u128 {
        assert!(store.article(Uuid::from_u128(1_000 + n)).is_none());
    }
    assert_eq!(store.entry("f", 2), Some(entry(5)), "it is not on the disk");
    assert_eq!(store.article(id).as_deref(), Some(&known));
    assert!(store.shared().feeds.all().len() <= 1_024);
    // Once it is committed, the disk is asked again.
    store.committed(&Key::Entry("f".into(), 2).encode());
    for n in 0..3_000_u128 {
        store.open(&format!("again {n}"));
    }
    assert_eq!((store.entry("f", 1), store.entry("f", 2)), (Some(entry(4)), None));
}

#[test]
fn partitions_are_forgotten_with_their_changes() {
    let store = restored(&[]);
    for feed in ["1.example", "2.example"] {
        store.set_site(feed, feed);
        store.set_entry(feed, 1, Some(entry(1)));
        let known = KnownArticle { state: article_state(), feed: Arc::from(feed), site: Arc::from(feed) };
        store.set_article(Uuid::from_u128(feed.as_bytes()[0].into()), known);
    }
    let epoch = store.epoch();
    store.forget(&BTreeSet::from([2]), |site| site[..1].parse().unwrap());
    assert!(store.was_forgotten_since(2, epoch) && !store.was_forgotten_since(1, epoch));
    assert_eq!((store.entry("1.example", 1), store.entry("2.example", 1)), (Some(entry(1)), None));
    assert!(store.article(Uuid::from_u128(b'1'.into())).is_some());
    assert!(store.article(Uuid::from_u128(b'2'.into())).is_none());
}

#[test]
fn a_damaged_row_ends_the_commits() {
    let state = MemoryState::new().unwrap();
    state.write(&Key::Entry("f".into(), 1).encode(), Some(&value(entry(4)))).unwrap();
    state.with_writer(|connection| connection.execute_batch("UPDATE entry SET form = 9").unwrap());
    let store = StateStore::new(state.committed());
    assert_eq!(store.entry("f", 1), None);
    assert!(store.failure().unwrap().to_string().contains("damaged"));
}

#[test]
fn the_window_is_restored_in_the_order_of_the_articles_and_a_visit_needs_its_article() {
    let sketch = |from: usize| {
        let words: Vec<String> = (from..from + 100).map(|i| format!("w{i}")).collect();
        Sketch::of_texts(std::iter::once(words.join(" ").as_str()))
    };
    let (first, second) = (Uuid::from_u128(9), Uuid::from_u128(2));
    let recent = |first_seen| RecentState { first_seen, sketch: sketch(0), ..RecentState::default() };
    let visit = serde_json::json!({ "url": "https://example.org/", "due": 5 });
    // An earlier version wrote the sketch into the article's value.
    let mut inline = serde_json::to_value(article_state()).unwrap();
    inline["first_seen"] = 1.into();
    inline["sketch"] = serde_json::to_value(sketch(0)).unwrap();
    let store = restored(&[
        (Key::Recent("f".into(), second).encode(), value(recent(2))),
        (Key::Article("f".into(), first).encode(), value(inline)),
        (Key::Revisit("f".into(), Uuid::from_u128(77)).encode(), value(visit)),
        (
            "f".into(),
            value(
                serde_json::json!({ "url": "https://news.example.org/feed", "polled": null, "due": "2025-06-03T10:00:00Z" }),
            ),
        ),
    ]);
    let limits = crate::state::recent::MemoryLimits { window: chrono::TimeDelta::hours(72), articles: 10, bytes: 10 };
    let now = chrono::DateTime::from_timestamp(60, 0).unwrap();
    let found = store.recent(|recent| recent.duplicate(Uuid::from_u128(1), sketch(10).as_ref(), None, &limits, now));
    assert_eq!(found.map(|found| found.id), Some(first));
    assert!(store.revisit(first).is_none() && store.recent(|recent| recent.next_due()).is_none());
    assert_eq!(store.site("f").map(|site| site.to_string()).as_deref(), Some("example.org"));
    assert_eq!(
        store.recent(|recent| recent.get(second).map(|article| article.site.to_string())).as_deref(),
        Some("example.org")
    );
}

#[test]
fn moves_are_found_in_the_partition_that_the_feed_left_before_and_after_they_are_committed() {
    let state = MemoryState::new().unwrap();
    let [one, two] = ["1.example", "2.example"].map(Arc::<str>::from);
    let partition_of = |site: &str| i32::from(site == "2.example");
    state.committed().add(&[1].into());
    let first = MovedAway::new(&one, &two);
    state.write(&Key::MovedAway("a".into()).encode(), Some(&value(&first))).unwrap();
    let store = StateStore::new(state.committed());
    let asked = HashSet::from(["a", "b"]);
    let moved = |store: &StateStore, partition| store.moved_away(partition, &asked, partition_of);
    assert_eq!(moved(&store, 0), [("a".to_owned(), first.mark)].into());
    let (second, third) = (MovedAway::new(&one, &two), MovedAway::new(&two, &one));
    store.set_moved_away("a", second.clone());
    store.set_moved_away("a", third.clone());
    assert_eq!(moved(&store, 0), [("a".to_owned(), second.mark)].into());
    assert_eq!(moved(&store, 1), [("a".to_owned(), third.mark)].into());
    let key = Key::MovedAway("a".into()).encode();
    state.write(&key, Some(&value(&second))).unwrap();
    store.committed(&key);
    assert_eq!(moved(&store, 0), [("a".to_owned(), second.mark)].into());
    store.forget(&[1].into(), partition_of);
    assert_eq!(moved(&store, 1), [].into());
}

#[test]
fn feeds_are_remembered_by_their_state_or_by_entries() {
    let feed = serde_json::json!({ "url": "https://1.example/", "polled": null, "due": "2025-06-03T10:00:00Z" });
    let store = restored(&[
        (Key::Feed("read".into()).encode(), value(feed)),
        (Key::Entry("begun".into(), 1).encode(), value(entry(1))),
    ]);
    store.set_entry("new", 1, Some(entry(1)));
    let few = HashSet::from(["read", "begun", "new", "unknown"]);
    let found = HashSet::from(["read", "begun", "new"]);
    assert_eq!(store.remembered(0, &few), found);
    assert!(store.is_in(0, "begun") && !store.is_in(0, "unknown"));
    // Many feeds are looked up in another way.
    let names: Vec<String> = (0..1_000).map(|n| format!("f{n}")).collect();
    let many = few.iter().copied().chain(names.iter().map(String::as_str)).collect();
    assert_eq!(store.remembered(0, &many), found);
}
