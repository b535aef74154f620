use rusqlite::StatementStatus;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::journal::Key;

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// Returns one value of each kind, with hashes that need all 64 bits and a field of a later version.
fn values() -> Vec<(String, Value)> {
    let (feed, id) = (|| "f/e".to_owned(), Uuid::from_u128(3));
    let key = |key: Key| key.encode();
    vec![
        (key(Key::Feed(feed())), json!({ "url": "https://example.org/", "due": "2025-06-03T10:00:00Z" })),
        (
            key(Key::Entry(feed(), u128::MAX)),
            json!({ "form": u64::MAX, "guid": 1, "text": u64::MAX - 1, "published": -4, "article": id, "seen": 7, "later": [1] }),
        ),
        (key(Key::Entry(feed(), 1)), json!({ "form": 0, "article": null, "seen": 7 })),
        (key(Key::Article(feed(), id)), json!({ "hash": u64::MAX, "revision": 2, "first_seen": 9, "quotes": ["q"] })),
        (key(Key::Recent(feed(), id)), json!({ "first_seen": 9, "sketch": "AAAA", "last": "BBBB" })),
        (key(Key::Revisit(feed(), id)), json!({ "url": "https://example.org/", "due": 5 })),
        (key(Key::Subscription(feed())), json!({ "hub": "h" })),
        (key(Key::Learned(feed())), json!({ "articles": 1 })),
        (key(Key::Replay("r".into())), json!({ "run": 1 })),
    ]
}

fn exported(state: &MemoryState) -> Vec<(String, Value)> {
    let all = export(&state.committed()).unwrap();
    all.into_iter().map(|(key, value)| (key, serde_json::from_slice(&value).unwrap())).collect()
}

#[test]
fn every_value_is_returned_as_it_was_written_until_it_is_removed() {
    let state = MemoryState::new().unwrap();
    let mut values = values();
    for (key, value) in &values {
        state.write(key, Some(&bytes(value))).unwrap();
        state.write(key, Some(&bytes(value))).unwrap();
    }
    values.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(exported(&state), values);
    while let Some((key, _)) = values.pop() {
        state.write(&key, None).unwrap();
        assert_eq!(exported(&state), values, "{key}");
    }
}

#[test]
fn what_an_earlier_version_wrote_into_an_article_is_kept_until_it_was_rewritten() {
    let state = MemoryState::new().unwrap();
    let id = Uuid::from_u128(3);
    let key = Key::Article("f".into(), id).encode();
    let bare = json!({ "hash": 1, "revision": 2, "first_seen": 9 });
    let mut inline = bare.clone();
    inline["last"] = "BBBB".into();
    state.write(&key, Some(&bytes(&inline))).unwrap();
    assert_eq!(state.committed().last_revision(id).unwrap().map(|last| last.len()), Some(3));
    state.write(&key, Some(&bytes(&bare))).unwrap();
    assert_eq!(state.committed().last_revision(id).unwrap(), None);
    // What has a key of its own does not depend on the article's value.
    state.write(&Key::Recent("f".into(), id).encode(), Some(br#"{"first_seen":9,"last":"BBBB"}"#)).unwrap();
    state.write(&key, Some(&bytes(&bare))).unwrap();
    assert!(state.committed().last_revision(id).unwrap().is_some());
}

#[test]
fn a_value_that_fits_no_column_is_kept_until_it_is_replaced() {
    let state = MemoryState::new().unwrap();
    let key = Key::Entry("f".into(), 7).encode();
    state.write(&key, Some(br#"{"of":"a later version"}"#)).unwrap();
    assert_eq!(exported(&state), [(key.clone(), json!({ "of": "a later version" }))]);
    let entry = json!({ "form": 0, "article": null, "seen": 7 });
    state.write(&key, Some(&bytes(&entry))).unwrap();
    assert_eq!(exported(&state), [(key.clone(), entry)]);
    state.write(&key, Some(b"{}")).unwrap();
    state.write(&key, None).unwrap();
    assert_eq!(exported(&state), []);
}

#[test]
fn an_article_is_removed_only_for_the_feed_that_has_it() {
    let state = MemoryState::new().unwrap();
    let id = Uuid::from_u128(3);
    let value = bytes(&json!({ "hash": 1, "revision": 2, "first_seen": 9 }));
    state.write(&Key::Article("old".into(), id).encode(), Some(&value)).unwrap();
    state.write(&Key::Article("new".into(), id).encode(), Some(&value)).unwrap();
    state.write(&Key::Article("old".into(), id).encode(), None).unwrap();
    assert_eq!(state.committed().article(id).unwrap().map(|(_, feed, _)| feed).as_deref(), Some("new"));
}

/// Reads something and returns whether that failed.
type Read<'a> = &'a dyn Fn(&CommittedState) -> bool;

#[test]
fn each_damaged_row_is_found_when_it_is_read_and_by_the_scrub() {
    let id = Uuid::from_u128(3);
    let reads: [(&str, Read<'_>); 4] = [
        ("UPDATE feed SET state = CAST('{}' AS BLOB)", &|state| state.feed("f/e").is_err()),
        ("UPDATE entry SET article = NULL", &|state| state.entries(1).is_err()),
        ("UPDATE article SET revision = 1", &|state| state.article(id).is_err()),
        ("UPDATE recent SET last = x'00'", &|state| state.last_revision(id).is_err()),
    ];
    for (damage, is_found) in reads {
        let state = MemoryState::new().unwrap();
        for (key, value) in values() {
            state.write(&key, Some(&bytes(&value))).unwrap();
        }
        let scrub_all = || {
            let mut place = ScrubPlace::default();
            while let Some(next) = scrub(&state.committed(), place)? {
                place = next;
            }
            Ok::<_, DiskError>(())
        };
        assert!(!is_found(&state.committed()) && scrub_all().is_ok(), "{damage}: not yet");
        state.with_writer(|connection| connection.execute_batch(damage).unwrap());
        assert!(is_found(&state.committed()), "{damage}");
        assert!(scrub_all().is_err_and(|error| error.to_string().contains("damaged")), "{damage}");
    }
}

#[test]
fn a_partition_is_forgotten_completely() {
    let state = MemoryState::new().unwrap();
    for (key, value) in values() {
        state.write(&key, Some(&bytes(&value))).unwrap();
    }
    let mut numbers = FeedNumbers::default();
    state.with_writer(|connection| {
        for (key, value) in values() {
            apply(connection, &mut numbers, 1, None, &key, Some(&bytes(&value))).unwrap();
        }
        forget_partition(connection, &mut numbers, 0).unwrap();
    });
    assert_eq!(exported(&state), []);
    let committed = state.committed();
    committed.add(&BTreeSet::from([1]));
    assert_eq!(exported(&state).len(), values().len());
}

#[test]
fn a_statement_is_not_prepared_again_for_another_value() {
    let state = MemoryState::new().unwrap();
    let again = state.committed().with(|connection| {
        let mut again = 0;
        for id in 0..3u8 {
            let mut query = connection.prepare_cached("SELECT hash FROM article WHERE id = ?1 ORDER BY seq DESC")?;
            query.query([[id; 16]])?.next()?;
            again = query.get_status(StatementStatus::RePrepare);
        }
        Ok(again)
    });
    assert_eq!(again.unwrap(), 0);
}
