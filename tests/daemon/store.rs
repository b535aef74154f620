//! The embedded store under failures: a full disk, a second writer, damage, torn writes, and retention during writes.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use test_support::checker::check;
use test_support::daemon::{Daemon, stderr};
use test_support::publisher::Publisher;
use test_support::random::Random;

const FEEDS: usize = 6;
/// Bytes of a page of the store.
const PAGE: usize = 8192;
/// Polls every second, to show when the intake stops.
const OFTEN: &str = "[schedule]\ninterval = \"1s\"\nmin_interval = \"1s\"\njitter = 0.0\nrhythm = false\n";

fn published(stories: usize) -> Publisher {
    let publisher = Publisher::start(FEEDS, 2, Duration::ZERO);
    publish(&publisher, stories);
    publisher
}

fn publish(publisher: &Publisher, stories: usize) {
    for feed in 0..FEEDS {
        for _ in 0..stories {
            publisher.publish(feed);
        }
    }
}

/// Returns a daemon with additional store settings.
fn with_store(publisher: &Publisher, store: &str, extra: &str) -> Daemon {
    let daemon = Daemon::new(&publisher.feed_list(), extra);
    let config = std::fs::read_to_string(daemon.config()).unwrap();
    assert!(config.contains("path = \"store.db\""));
    std::fs::write(daemon.config(), config.replace("path = \"store.db\"", store)).unwrap();
    daemon
}

fn stored(daemon: &Daemon) -> usize {
    daemon.try_tail("articles").map_or(0, |records| records.len())
}

fn requests(publisher: &Publisher) -> usize {
    publisher.requests().values().map(Vec::len).sum()
}

/// A small separate file system.
struct Disk(PathBuf);

impl Disk {
    fn mount(place: &Path, kib: usize) -> Self {
        std::fs::create_dir_all(place).unwrap();
        let size = format!("size={kib}k");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "dateline-test"]).arg(place).output();
        assert!(mounted.is_ok_and(|output| output.status.success()), "this test needs the right to mount a tmpfs");
        Self(place.to_owned())
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Uses up all free space.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.ballast()).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
#[ignore = "needs the right to mount a tmpfs"]
fn a_full_disk_pauses_polling_until_there_is_space() {
    let publisher = published(2);
    let daemon = with_store(&publisher, "path = \"disk/store.db\"", OFTEN);
    let disk = Disk::mount(&daemon.folder.path().join("disk"), 16 * 1024);
    let running = daemon.start(&[]);
    daemon.wait_until("the first articles", || stored(&daemon) == 2 * FEEDS);
    disk.fill();
    publish(&publisher, 2);
    daemon.wait_until("the full disk in the log", || daemon.log().contains("the disk is full"));
    // The work in flight fills the stages; after that nothing more is polled, though feeds are due every second.
    let (mut polled, mut since) = (requests(&publisher), Instant::now());
    daemon.wait_until("polling to pause", || {
        let now = requests(&publisher);
        if now != polled {
            (polled, since) = (now, Instant::now());
        }
        since.elapsed() > Duration::from_millis(2_500)
    });
    assert_eq!(stored(&daemon), 2 * FEEDS);
    std::fs::remove_file(disk.ballast()).unwrap();
    daemon.wait_until("the rest", || stored(&daemon) == 4 * FEEDS);
    running.stop();
    check(&daemon, &publisher);
}

#[test]
#[ignore = "needs the right to mount a tmpfs"]
fn a_disk_that_is_full_at_startup_is_reported() {
    let publisher = published(1);
    let daemon = with_store(&publisher, "path = \"disk/store.db\"", "");
    let disk = Disk::mount(&daemon.folder.path().join("disk"), 512);
    disk.fill();
    let output = daemon.output(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("store.db: the disk is full"), "{}", stderr(&output));
    std::fs::remove_file(disk.ballast()).unwrap();
    daemon.once();
    check(&daemon, &publisher);
}

#[test]
fn a_second_instance_is_refused_and_the_first_continues() {
    let publisher = published(2);
    let daemon = Daemon::new(&publisher.feed_list(), OFTEN);
    let running = daemon.start(&[]);
    daemon.wait_until("the first articles", || stored(&daemon) == 2 * FEEDS);
    let output = daemon.output(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("in use by another dateline process; stop it first"), "{}", stderr(&output));
    publish(&publisher, 1);
    daemon.wait_until("the next articles", || stored(&daemon) == 3 * FEEDS);
    running.stop();
    check(&daemon, &publisher);
}

#[test]
fn commits_wait_for_another_writer() {
    let publisher = published(1);
    let daemon = Daemon::new(&publisher.feed_list(), OFTEN);
    let running = daemon.start(&[]);
    daemon.wait_until("the first articles", || stored(&daemon) == FEEDS);
    let other = rusqlite::Connection::open(daemon.folder.path().join("store.db")).unwrap();
    other.busy_timeout(Duration::from_secs(20)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    publish(&publisher, 1);
    daemon.wait_until("the lock in the log", || daemon.log().contains("another program is writing to the store"));
    other.execute_batch("ROLLBACK").unwrap();
    daemon.wait_until("the next articles", || stored(&daemon) == 2 * FEEDS);
    running.stop();
    check(&daemon, &publisher);
}

/// A kind of damage to a store.
type Harm = (&'static str, Box<dyn Fn(&Path)>);

#[test]
fn a_damaged_store_is_reported_and_not_changed() {
    let publisher = published(8);
    let whole = Daemon::new(&publisher.feed_list(), "");
    whole.once();
    let store = std::fs::read(whole.folder.path().join("store.db")).unwrap();
    let mut random = Random::seeded("damage");
    let mut harms: Vec<Harm> = vec![
        ("garbage for a head", Box::new(|path| overwrite(path, 0, &[0xa5; 100]))),
        ("an empty file", Box::new(|path| std::fs::write(path, b"").unwrap())),
        ("a text", Box::new(|path| std::fs::write(path, b"no store\n").unwrap())),
        (
            "half of it",
            Box::new(|path| {
                let file = std::fs::File::options().write(true).open(path).unwrap();
                let length = file.metadata().unwrap().len();
                file.set_len(length / 2 / PAGE as u64 * PAGE as u64).unwrap();
            }),
        ),
        (
            "gone, its log left",
            Box::new(|path| {
                std::fs::remove_file(path).unwrap();
                std::fs::write(path.with_file_name("store.db-wal"), b"log").unwrap();
            }),
        ),
    ];
    // Headlines are stored unencoded in the log: this is a page that no start has to read.
    let record = store.windows(12).position(|bytes| bytes == b"debates plan").unwrap() / PAGE;
    harms.push(("an old record's page", Box::new(move |path| overwrite(path, record * PAGE, &[0xa5; PAGE]))));
    let pages = store.len() / PAGE;
    for _ in 0..4 {
        // A run of pages, longer than the free pages could be.
        let page = 2 + random.below(pages as u64 - 20) as usize;
        harms.push(("pages overwritten", Box::new(move |path| overwrite(path, page * PAGE, &[0xa5; PAGE].repeat(16)))));
    }
    for (name, harm) in harms {
        let daemon = Daemon::new(&publisher.feed_list(), "");
        let path = daemon.folder.path().join("store.db");
        std::fs::write(&path, &store).unwrap();
        harm(&path);
        let before = std::fs::read(&path).ok();
        let output = daemon.output(&["run", "--once"]);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {message}");
        assert!(message.contains("store.db") && message.contains("from a backup"), "{name}: {message}");
        assert_eq!(std::fs::read(&path).ok(), before, "{name}: the file was changed");
    }
}

#[test]
fn a_changed_record_is_reported_when_it_is_read() {
    let publisher = published(1);
    let daemon = Daemon::new(&publisher.feed_list(), "");
    daemon.once();
    let store = rusqlite::Connection::open(daemon.folder.path().join("store.db")).unwrap();
    let sql = "UPDATE log SET value = CAST(replace(CAST(value AS TEXT), 'debates', 'debated') AS BLOB)
               WHERE topic = 'dateline.articles' AND offset = 1";
    assert_eq!(store.execute(sql, []).unwrap(), 1);
    let output = daemon.output(&["tail", "articles"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the record with offset 1 is damaged"), "{}", stderr(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1, "what precedes it is printed");
}

fn overwrite(path: &Path, at: usize, bytes: &[u8]) {
    let mut store = std::fs::read(path).unwrap();
    store[at..at + bytes.len()].copy_from_slice(bytes);
    std::fs::write(path, store).unwrap();
}

/// A crash may cut the write-ahead log at any byte: the state read is one between two transactions, and a daemon that continues
/// from there loses and repeats nothing.
#[test]
fn a_torn_write_leaves_whole_transactions() {
    let publisher = published(6);
    let daemon = Daemon::new(&publisher.feed_list(), "");
    let running = daemon.start(&[]);
    daemon.wait_until("all articles", || stored(&daemon) == 6 * FEEDS);
    running.crash(); // its write-ahead log stays
    let file = |daemon: &Daemon, name: &str| daemon.folder.path().join(name);
    let (store, wal) =
        (std::fs::read(file(&daemon, "store.db")).unwrap(), std::fs::read(file(&daemon, "store.db-wal")).unwrap());
    assert!(wal.len() > 100_000, "most is in the log: {}", wal.len());
    let mut random = Random::seeded("torn");
    let mut sizes = Vec::new();
    for round in 0..24 {
        let torn = Daemon::new(&publisher.feed_list(), "");
        let cut = random.below(wal.len() as u64 + 1) as usize;
        let mut left = wal[..cut].to_vec();
        // In every third round the last bytes exist, but differ from what was written.
        if round % 3 == 0 {
            let from = left.len().saturating_sub(random.below(3_000) as usize);
            left[from..].fill(0x5a);
        }
        std::fs::write(file(&torn, "store.db"), &store).unwrap();
        std::fs::write(file(&torn, "store.db-wal"), left).unwrap();
        let (articles, entities, quotes) = (torn.tail("articles"), torn.tail("entities"), torn.tail("quotes"));
        let state = torn.tail("feed-state");
        let remembered = state.iter().filter(|record| record["key"].as_str().unwrap().contains("/a/")).count();
        let found = [entities.len(), quotes.len(), remembered];
        assert_eq!(found, [articles.len(); 3], "cut at {cut}: a part of a transaction");
        sizes.push(articles.len());
        if round % 6 == 0 {
            torn.once();
            check(&torn, &publisher);
        }
    }
    sizes.sort_unstable();
    assert!(sizes[0] < sizes[sizes.len() - 1], "every cut left the same: {sizes:?}");
}

/// Kills the daemon repeatedly while records arrive and old ones are removed.
#[test]
fn retention_bounds_the_size_and_keeps_the_state() {
    const MAX: u64 = 5 << 18;
    let publisher = published(60);
    let daemon = with_store(&publisher, &format!("path = \"store.db\"\nmax_bytes = {MAX}"), "");
    let mut random = Random::seeded("retention");
    let mut seen: HashMap<String, i64> = HashMap::new();
    let mut removed = false;
    for round in 0..8 {
        for _ in 0..2 {
            let running = daemon.start(&["--once"]);
            std::thread::sleep(Duration::from_millis(100 + random.below(700)));
            running.crash();
        }
        daemon.once();
        let articles = daemon.tail("articles");
        for record in &articles {
            let (key, offset) = (record["key"].as_str().unwrap().to_owned(), record["offset"].as_i64().unwrap());
            assert_eq!(*seen.entry(key.clone()).or_insert(offset), offset, "{key} was published again");
        }
        let offsets: Vec<i64> = articles.iter().map(|record| record["offset"].as_i64().unwrap()).collect();
        // The last record of a topic keeps its place; all others have consecutive offsets.
        assert!(offsets.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{offsets:?}");
        removed |= offsets[0] > 0;
        let stories = i64::try_from(publisher.stories().len()).unwrap();
        assert_eq!(offsets[offsets.len() - 1] + 1, stories, "round {round}: as many as were published, ever");
        publish(&publisher, 10);
    }
    assert!(removed, "nothing was removed: the test proves nothing");
    let kept = records(&daemon);
    let size = std::fs::metadata(daemon.folder.path().join("store.db")).unwrap().len();
    assert!(size < 2 * MAX, "{size} bytes with {kept:?}");
}

fn records(daemon: &Daemon) -> BTreeMap<&'static str, usize> {
    ["articles", "entities", "quotes", "feed-state"].map(|topic| (topic, daemon.tail(topic).len())).into()
}
