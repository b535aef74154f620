//! The local copy of the state beside Kafka: it is used for what it holds, caught up if it is old, and otherwise made
//! again from the topic.

use std::path::{Path, PathBuf};

use dateline::journal::kafka::{KafkaJournal, KafkaSettings};
use dateline::journal::{Batch, Journal, StateChange};
use test_support::kafka;

use crate::{options, prefix, restored};

fn copy_of(settings: &KafkaSettings) -> PathBuf {
    settings.kafka.state_dir.join(format!("{}.state.db", settings.transactional_id()))
}

/// Changes the copy behind the daemon's back.
fn change(settings: &KafkaSettings, sql: &str) {
    rusqlite::Connection::open(copy_of(settings)).unwrap().execute_batch(sql).unwrap();
}

fn state(key: &str, value: &str) -> StateChange {
    StateChange { key: key.into(), value: Some(value.as_bytes().to_vec()), site: format!("{key}.example") }
}

/// Commits this state in an instance's life.
async fn live(settings: &KafkaSettings, changes: &[(&str, &str)]) {
    let journal = KafkaJournal::new(settings.clone()).expect("valid");
    journal.restore().await.expect("restored");
    let state = changes.iter().map(|(key, value)| state(key, value)).collect();
    journal.commit(&[Batch { state, ..Batch::default() }]).await.expect("committed");
    journal.close().await;
}

/// Returns the keys and values that an instance restores.
async fn restart(settings: &KafkaSettings) -> String {
    let journal = KafkaJournal::new(settings.clone()).expect("valid");
    let state = restored(&journal).await.expect("restored");
    journal.close().await;
    let text = |(key, value): &(String, Vec<u8>)| format!("{key}={}", String::from_utf8_lossy(value));
    state.iter().map(text).collect::<Vec<_>>().join(" ")
}

fn in_folder(brokers: &str, prefix: &str, folder: &Path) -> KafkaSettings {
    let mut settings = options(brokers, prefix);
    folder.clone_into(&mut settings.kafka.state_dir);
    settings.kafka.static_membership = false;
    settings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn a_local_copy_is_used_only_for_the_state_that_it_holds() {
    const LOSE_A: &str = "DELETE FROM feed WHERE id = 'a'";
    let cluster = kafka::broker(1);
    let folder = tempfile::tempdir().unwrap();
    let settings = in_folder(&cluster.brokers, &prefix(), folder.path());
    live(&settings, &[("a", "1"), ("b", "1")]).await;
    assert_eq!(restart(&settings).await, "a=1 b=1");
    change(&settings, LOSE_A);
    assert_eq!(restart(&settings).await, "b=1", "the copy is read, not the topic");
    // Each of these makes the copy void.
    for sql in [
        "UPDATE checkpoint SET time = 0",
        "UPDATE checkpoint SET incarnation = 'another'",
        "UPDATE checkpoint SET cluster = 'another'",
        "UPDATE checkpoint SET place = place + 1",
        "UPDATE checkpoint SET offset = offset + 1000000",
        "DELETE FROM checkpoint",
    ] {
        change(&settings, LOSE_A);
        change(&settings, sql);
        assert_eq!(restart(&settings).await, "a=1 b=1", "{sql}");
    }
    std::fs::write(copy_of(&settings), vec![b'x'; 8_192]).unwrap();
    assert_eq!(restart(&settings).await, "a=1 b=1", "a damaged file");
    std::fs::remove_file(copy_of(&settings)).unwrap();
    assert_eq!(restart(&settings).await, "a=1 b=1", "no file");

    // An old backup is caught up, and so is the copy of another instance.
    let backup = folder.path().join("backup");
    std::fs::copy(copy_of(&settings), &backup).unwrap();
    let other = tempfile::tempdir().unwrap();
    let mut second = in_folder(&cluster.brokers, &settings.topics.prefix, other.path());
    second.kafka.instance = "2".into();
    live(&second, &[("a", "2"), ("c", "2")]).await;
    std::fs::copy(&backup, copy_of(&settings)).unwrap();
    assert_eq!(restart(&settings).await, "a=2 b=1 c=2", "an old backup");
    live(&settings, &[("b", "3")]).await;
    std::fs::copy(copy_of(&second), copy_of(&settings)).unwrap();
    assert_eq!(restart(&settings).await, "a=2 b=3 c=2", "the copy of another instance");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Java and Maven, to start Kafka"]
async fn state_is_copied_where_the_folder_cannot_be_made() {
    let cluster = kafka::broker(1);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let settings = in_folder(&cluster.brokers, &prefix(), &file.join("state"));
    live(&settings, &[("a", "1")]).await;
    assert_eq!(restart(&settings).await, "a=1");
}
