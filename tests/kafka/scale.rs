//! Measures the daemon with many feeds and a state that grew for long, on each journal:
//! `DATELINE_FEEDS=180000 cargo test --release --test kafka measure_many_feeds -- --ignored --nocapture`.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dateline::journal::kafka::{KafkaJournal, KafkaSettings, Options};
use dateline::journal::sqlite::{self, SqliteJournal};
use dateline::journal::{Batch, Journal, Key, StateChange, TopicOptions};
use serde_json::{Value, json};
use test_support::daemon::{Daemon, Running, peak_memory_kb};
use test_support::kafka;
use test_support::random::Random;
use test_support::wait::wait_until;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// Feeds of one loopback address.
const FEEDS_PER_HOST: usize = 9;
/// Entries that are remembered of each feed, each with its article.
const ENTRIES: usize = 30;
/// Feeds whose state is committed at once.
const GROUP: usize = 1_000;

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

/// Answers "not modified" to every request, on all loopback addresses, and counts the requests.
fn serve() -> (u16, Arc<AtomicU64>) {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let (port, requests) = (listener.local_addr().unwrap().port(), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&requests);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let counted = Arc::clone(&counted);
            let work = move || drop(answer(&stream, &counted));
            std::thread::Builder::new().stack_size(64 << 10).spawn(work).unwrap();
        }
    });
    (port, requests)
}

fn answer(mut stream: &TcpStream, requests: &AtomicU64) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    loop {
        let mut is_robots = None;
        loop {
            let Some(line) = lines.next().transpose()? else { return Ok(()) };
            if line.is_empty() {
                break;
            }
            is_robots.get_or_insert_with(|| line.starts_with("GET /robots.txt"));
        }
        if is_robots == Some(true) {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")?;
        } else {
            requests.fetch_add(1, Ordering::Relaxed);
            stream.write_all(b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n")?;
        }
    }
}

fn url(port: u16, feed: usize) -> String {
    let host = feed / FEEDS_PER_HOST;
    format!("http://127.{}.{}.{}:{port}/{feed}.xml", 1 + host / 62_500, host / 250 % 250, 1 + host % 250)
}

/// Returns the state of a feed that was polled within the last hour, with its entries and articles.
fn state_of(port: u16, feed: usize, random: &mut Random) -> Batch {
    let (id, url) = (format!("feed-{feed}"), url(port, feed));
    let site = dateline::fetch::registrable(&url.parse().unwrap());
    let now = chrono::Utc::now();
    let mut state = Vec::new();
    let mut put = |key: Key, value: Value| {
        state.push(StateChange { key: key.encode(), value: Some(value.to_string().into_bytes()), site: site.clone() });
    };
    let mut hash = || random.below(u64::MAX);
    for _ in 0..ENTRIES {
        let article = Uuid::from_u64_pair(hash(), hash());
        let entry = json!({
            "form": hash(), "guid": hash(), "link": hash(), "title": hash(), "text": hash(),
            "published": now.timestamp() - 86_400, "article": article, "seen": now.timestamp() - 80_000,
        });
        put(Key::Entry(id.clone(), u128::from(hash()) << 64 | u128::from(hash())), entry);
        let first_seen = now.timestamp_millis() - 5 * 86_400_000;
        let value = json!({ "hash": hash(), "revision": 1, "first_seen": first_seen, "reading": hash() % 1000, "shown": hash() });
        put(Key::Article(id.clone(), article), value);
    }
    let due = now + chrono::TimeDelta::seconds(i64::try_from(hash() % 3_600).unwrap());
    let polled = due - chrono::TimeDelta::hours(1);
    let value = json!({
        "url": url, "title": format!("The news of town {feed}"), "polled": polled, "succeeded": polled, "due": due,
        "validators": { "etag": "\"1\"", "url": url }, "reason": "polled every hour, as configured",
        "source": "interval", "rhythm": { "gap": 7_200, "newest": polled },
    });
    put(Key::Feed(id), value);
    Batch { state, ..Batch::default() }
}

/// Starts the daemon and prints how long it takes to the first poll, and its memory a while later.
fn measure(daemon: &Daemon, requests: &AtomicU64, what: &str) -> Running {
    let (before, begun) = (requests.load(Ordering::Relaxed), Instant::now());
    let mut running = daemon.start(&[]);
    while requests.load(Ordering::Relaxed) == before {
        assert!(running.is_running(), "{}", daemon.log());
        std::thread::sleep(Duration::from_millis(5));
    }
    println!(
        "{what}: first poll after {:.2} s, peak {} MB",
        begun.elapsed().as_secs_f64(),
        peak_memory_kb(&running) / 1024
    );
    let seconds = number("DATELINE_SECONDS", 60) as u64;
    std::thread::sleep(Duration::from_secs(seconds));
    let polls = requests.load(Ordering::Relaxed) - before;
    println!("{what}: {polls} polls in {seconds} s, peak {} MB", peak_memory_kb(&running) / 1024);
    running
}

/// Commits the state of all feeds.
fn fill(journal: &dyn Journal, runtime: &Runtime, feeds: usize, port: u16) {
    let (begun, mut random) = (Instant::now(), Random::seeded("scale"));
    for first in (0..feeds).step_by(GROUP) {
        let group: Vec<Batch> =
            (first..feeds.min(first + GROUP)).map(|feed| state_of(port, feed, &mut random)).collect();
        runtime.block_on(crate::commit_patiently(journal, &group)).unwrap();
    }
    println!("{feeds} feeds with {ENTRIES} entries each, written in {:.0?}", begun.elapsed());
}

/// Returns the feed list.
fn list(feeds: usize, port: u16) -> String {
    (0..feeds).map(|feed| format!("[[feed]]\nid = \"feed-{feed}\"\nurl = \"{}\"\n", url(port, feed))).collect()
}

/// Measures a first start, one after a clean stop, and one after SIGKILL.
fn measure_starts(daemon: &Daemon, requests: &AtomicU64) {
    measure(daemon, requests, "first start").stop();
    measure(daemon, requests, "after a stop").crash();
    measure(daemon, requests, "after SIGKILL").stop();
    println!("{}", daemon.log());
}

#[test]
#[ignore = "a measurement"]
fn measure_many_feeds_in_the_embedded_store() {
    let feeds = number("DATELINE_FEEDS", 20_000);
    let (port, requests) = serve();
    let daemon = Daemon::new(&list(feeds, port), "[serve]\nlisten = \"127.0.0.1:0\"\n");
    {
        let options = sqlite::Options { path: daemon.folder.path().join("store.db"), ..sqlite::Options::default() };
        let journal = SqliteJournal::open(options, "dateline").unwrap();
        fill(&journal, &Runtime::new().unwrap(), feeds, port);
    }
    let bytes = std::fs::metadata(daemon.folder.path().join("store.db")).unwrap().len();
    println!("store: {} MB", bytes >> 20);
    measure_starts(&daemon, &requests);
}

#[test]
#[ignore = "a measurement"]
fn measure_many_feeds_on_kafka() {
    let feeds = number("DATELINE_FEEDS", 20_000);
    let (port, requests) = serve();
    let cluster = kafka::broker(3);
    let (prefix, runtime) = (crate::prefix(), Runtime::new().unwrap());
    let settings = format!(
        "[serve]\nlisten = \"127.0.0.1:0\"\n\n[topics]\nprefix = \"{prefix}\"\n\n\
         [kafka]\nbrokers = \"{}\"\nstate_dir = \"state\"\n",
        cluster.brokers
    );
    let daemon = Daemon::new(&list(feeds, port), &settings);
    let state_dir = daemon.folder.path().join("state");
    let options = KafkaSettings {
        kafka: Options { brokers: cluster.brokers.clone(), state_dir: state_dir.clone(), ..Options::default() },
        topics: TopicOptions { prefix, ..TopicOptions::default() },
        ..KafkaSettings::default()
    };
    let journal = KafkaJournal::new(options).unwrap();
    // The topics may not be complete yet.
    wait_until("the partitions are assigned", || runtime.block_on(journal.restore()).is_ok());
    fill(&journal, &runtime, feeds, port);
    runtime.block_on(journal.close());
    drop(journal);
    measure_starts(&daemon, &requests);
    std::fs::remove_dir_all(state_dir).unwrap();
    measure(&daemon, &requests, "without the local copy").stop();
}
