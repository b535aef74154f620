//! How long commits wait while a large store is pruned, and while a reader keeps an old state of it:
//! `DATELINE_STORE_GB=10 cargo test --release --lib -- --ignored --nocapture measure_commits_of_a_large_store`.
//!
//! The store lies in `DATELINE_STORE_DIR`, or in the temporary folder, and is removed at the end.

#![expect(clippy::print_stdout, reason = "a measurement prints its figures")]

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::tests::at;
use super::{Options, SqliteJournal};
use crate::journal::{Batch, Journal, Record, StateChange};
use crate::record::{Topic, cloud_event};

/// Articles of a group, and the groups of a phase.
const GROUP: usize = 100;
const GROUPS: usize = 600;
/// The pause after a group: the pace is 1,000 articles a second at most.
const PACE: Duration = Duration::from_millis(100);
/// Bytes of a text that cannot be compressed, so that a few articles make a large store.
const TEXT: usize = 20_000;

struct Feeder {
    journal: SqliteJournal,
    next: u64,
    random: u64,
}

impl Feeder {
    fn open(options: Options) -> Self {
        Self { journal: SqliteJournal::open(options, "dateline").unwrap(), next: 0, random: 1 }
    }

    /// Returns letters and digits at random.
    fn text(&mut self, length: usize) -> String {
        let mut next = || {
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            char::from(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[(self.random % 64) as usize])
        };
        (0..length).map(|_| next()).collect()
    }

    fn batch(&mut self, text: usize) -> Batch {
        let id = uuid::Uuid::from_u128(u128::from(self.next)).to_string();
        self.next += 1;
        let headers =
            cloud_event("article/1", &format!("{id}/1"), "dateline.article.created", "f", chrono::Utc::now(), None);
        let record = |topic, key: String, value: String| Record {
            topic,
            key,
            value: Some(value.into_bytes()),
            headers: headers.clone(),
            partition_by: id.clone(),
        };
        let words = self.text(text);
        let records = vec![
            record(Topic::Articles, id.clone(), format!(r#"{{"id":"{id}","headline":"H","text":"{words}"}}"#)),
            record(Topic::Entities, id.clone(), format!(r#"{{"article_id":"{id}","entities":[]}}"#)),
            record(Topic::Quotes, format!("{id}/q"), format!(r#"{{"id":"q","text":"{}"}}"#, self.text(100))),
        ];
        let state = StateChange {
            key: format!("f/e/{}", self.next % 200_000),
            value: Some(self.text(200).into()),
            site: "s".into(),
        };
        Batch { records, state: vec![state], ..Batch::default() }
    }

    async fn commit(&mut self, text: usize) -> Duration {
        let group: Vec<Batch> = (0..GROUP).map(|_| self.batch(text)).collect();
        let begun = Instant::now();
        self.journal.commit(&group).await.unwrap();
        begun.elapsed()
    }

    /// Commits groups of short articles and prints how long each took.
    async fn phase(&mut self, name: &str, path: &Path) {
        let mut took = Vec::new();
        let mut longest_log = 0;
        for _ in 0..GROUPS {
            took.push(self.commit(1_200).await);
            longest_log = longest_log.max(size(&path.with_extension("db-wal")));
            tokio::time::sleep(PACE).await;
        }
        took.sort_unstable();
        let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        println!(
            "{name}: commits of {GROUP} articles took {:.1} ms (median), {:.1} ms (p99), {:.1} ms (longest); store {} MB, \
             of which {} MB are in use, write-ahead log {} MB at most",
            at(50),
            at(99),
            at(100),
            size(path) >> 20,
            super::retention::used(&self.journal.connection.lock().unwrap()).unwrap() >> 20,
            longest_log >> 20
        );
    }
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |found| found.len())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn measure_commits_of_a_large_store() {
    let gigabytes: u64 = std::env::var("DATELINE_STORE_GB").map_or(1, |value| value.parse().unwrap());
    let folder =
        std::env::var("DATELINE_STORE_DIR").map_or_else(|_| tempfile::tempdir(), tempfile::tempdir_in).unwrap();
    let path = folder.path().join("store.db");
    let bytes = gigabytes << 30;
    let mut feeder = Feeder::open(at(&path));
    let begun = Instant::now();
    while size(&path) < bytes {
        feeder.commit(TEXT).await;
    }
    println!("{} MB written in {:.0} s", size(&path) >> 20, begun.elapsed().as_secs_f64());
    feeder.phase("no limits", &path).await;
    let next = feeder.next;
    let reopen = |options: Options, feeder: Feeder| {
        drop(feeder);
        let begun = Instant::now();
        let journal = SqliteJournal::open(options, "dateline").unwrap();
        println!("opened in {:.2} s", begun.elapsed().as_secs_f64());
        Feeder { journal, next, random: next | 1 }
    };
    feeder = reopen(Options { max_bytes: Some(bytes - bytes / 10), ..at(&path) }, feeder);
    feeder.phase("a tenth is removed by size", &path).await;
    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM state").unwrap();
    feeder.phase("the same, while a reader keeps the state of the start", &path).await;
    reader.execute_batch("COMMIT").unwrap();
    feeder.phase("after the reader has ended", &path).await;
    // All records are older than that.
    feeder = reopen(Options { retention: Some(Duration::from_millis(1)), ..at(&path) }, feeder);
    feeder.phase("all but the newest are removed by age", &path).await;
}
