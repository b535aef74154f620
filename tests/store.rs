//! The embedded store under failures: a full disk, a second writer, damage, torn writes, and retention during writes.

mod support;

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use support::checker::check;
use support::daemon::{Daemon, signal};
use support::publisher::Publisher;
use support::random::Random;

const FEEDS: usize = 6;
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

fn wait(what: &str, limit: Duration, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < limit, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn log(daemon: &Daemon) -> String {
    std::fs::read_to_string(daemon.log()).unwrap_or_default()
}

fn stored(daemon: &Daemon) -> usize {
    daemon.try_tail("articles").map_or(0, |records| records.len())
}

fn stop(mut child: Child) {
    signal(&child, "TERM");
    assert!(child.wait().unwrap().success());
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn requests(publisher: &Publisher) -> usize {
    publisher.requests().values().map(Vec::len).sum()
}

/// A small separate file system.
struct Disk(PathBuf);

impl Disk {
    /// Mounts it; `None`, with a message, where mounting is not allowed.
    fn mount(place: &Path, kib: usize) -> Option<Self> {
        std::fs::create_dir_all(place).unwrap();
        let size = format!("size={kib}k");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "dateline-test"]).arg(place).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(place.to_owned()));
        }
        let words = "the test of a full disk needs the right to mount a tmpfs";
        writeln!(std::io::stderr(), "\n*** LEFT OUT: {words} ***\n").expect("stderr is open");
        None
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
fn a_full_disk_is_told_stops_the_intake_and_mends_by_itself() {
    let publisher = published(2);
    let daemon = with_store(&publisher, "path = \"disk/store.db\"", OFTEN);
    let Some(disk) = Disk::mount(&daemon.folder.path().join("disk"), 16 * 1024) else { return };
    let running = daemon.start(&[]);
    wait("the first stories", Duration::from_secs(30), || stored(&daemon) == 2 * FEEDS);
    disk.fill();
    publish(&publisher, 2);
    wait("the full disk is told", Duration::from_secs(30), || log(&daemon).contains("nothing can be committed"));
    assert!(log(&daemon).contains("the disk is full"), "{}", log(&daemon));
    // The work in flight fills the stages; after that nothing more is polled.
    std::thread::sleep(Duration::from_secs(4));
    let before = requests(&publisher);
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(requests(&publisher), before, "polled although nothing can be kept");
    assert_eq!(stored(&daemon), 2 * FEEDS);
    std::fs::remove_file(disk.ballast()).unwrap();
    wait("all is caught up", Duration::from_secs(60), || stored(&daemon) == 4 * FEEDS);
    stop(running);
    check(&daemon, &publisher);
}

#[test]
fn a_disk_that_is_full_at_the_start_is_told() {
    let publisher = published(1);
    let daemon = with_store(&publisher, "path = \"disk/store.db\"", "");
    let Some(disk) = Disk::mount(&daemon.folder.path().join("disk"), 256) else { return };
    disk.fill();
    let output = daemon.output(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("store.db: the disk is full"), "{}", stderr(&output));
    std::fs::remove_file(disk.ballast()).unwrap();
    daemon.once();
    check(&daemon, &publisher);
}

#[test]
fn a_second_instance_is_refused_and_the_first_goes_on() {
    let publisher = published(2);
    let daemon = Daemon::new(&publisher.feed_list(), OFTEN);
    let running = daemon.start(&[]);
    wait("the first stories", Duration::from_secs(30), || stored(&daemon) == 2 * FEEDS);
    let output = daemon.output(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("in use by another dateline process; stop it first"), "{}", stderr(&output));
    publish(&publisher, 1);
    wait("the next stories", Duration::from_secs(30), || stored(&daemon) == 3 * FEEDS);
    stop(running);
    check(&daemon, &publisher);
}

#[test]
fn another_program_that_writes_is_waited_for() {
    let publisher = published(1);
    let daemon = Daemon::new(&publisher.feed_list(), OFTEN);
    let running = daemon.start(&[]);
    wait("the first stories", Duration::from_secs(30), || stored(&daemon) == FEEDS);
    let other = rusqlite::Connection::open(daemon.folder.path().join("store.db")).unwrap();
    other.busy_timeout(Duration::from_secs(20)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    publish(&publisher, 1);
    wait("the lock is told", Duration::from_secs(30), || {
        log(&daemon).contains("another program is writing to the store")
    });
    other.execute_batch("ROLLBACK").unwrap();
    wait("the next stories", Duration::from_secs(30), || stored(&daemon) == 2 * FEEDS);
    stop(running);
    check(&daemon, &publisher);
}

/// A kind of damage to a store.
type Harm = (&'static str, Box<dyn Fn(&Path)>);

#[test]
fn a_damaged_store_is_told_and_left_as_it_is() {
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
                file.set_len(length / 2 / 4096 * 4096).unwrap();
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
    // Records are stored unencoded in the log: this is a page that no start has to read.
    let record = store.windows(12).position(|bytes| bytes == b"debates plan").unwrap() / 4096;
    harms.push(("an old record's page", Box::new(move |path| overwrite(path, record * 4096, &[0xa5; 4096]))));
    let pages = store.len() / 4096;
    for _ in 0..4 {
        // A run of pages, longer than the free pages could be.
        let page = 2 + random.below(pages as u64 - 20) as usize;
        harms.push(("pages overwritten", Box::new(move |path| overwrite(path, page * 4096, &[0xa5; 4096].repeat(16)))));
    }
    for (name, harm) in harms {
        let daemon = Daemon::new(&publisher.feed_list(), "");
        let path = daemon.folder.path().join("store.db");
        std::fs::write(&path, &store).unwrap();
        harm(&path);
        let before = std::fs::read(&path).ok();
        let output = daemon.output(&["run", "--once"]);
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {told}");
        assert!(told.contains("store.db") && told.contains("from a backup"), "{name}: {told}");
        assert_eq!(std::fs::read(&path).ok(), before, "{name}: the file was changed");
    }
}

fn overwrite(path: &Path, at: usize, bytes: &[u8]) {
    let mut store = std::fs::read(path).unwrap();
    store[at..at + bytes.len()].copy_from_slice(bytes);
    std::fs::write(path, store).unwrap();
}

/// A crash may cut the write-ahead log at any byte: the state read is one between two transactions, and a daemon that continues
/// from there loses and repeats nothing.
#[test]
fn after_a_torn_write_whole_transactions_are_left() {
    let publisher = published(6);
    let daemon = Daemon::new(&publisher.feed_list(), "");
    let mut running = daemon.start(&[]);
    wait("all stories", Duration::from_secs(60), || stored(&daemon) == 6 * FEEDS);
    running.kill().unwrap(); // SIGKILL: the log stays
    running.wait().unwrap();
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
fn retention_under_load_keeps_the_size_and_forgets_no_state() {
    const MAX: u64 = 3 << 20;
    let publisher = published(60);
    let daemon = with_store(&publisher, &format!("path = \"store.db\"\nmax_bytes = {MAX}"), "");
    let mut random = Random::seeded("retention");
    let mut seen: HashMap<String, i64> = HashMap::new();
    let mut removed = false;
    for round in 0..8 {
        for _ in 0..2 {
            let mut child = daemon.start(&["--once"]);
            std::thread::sleep(Duration::from_millis(100 + random.below(700)));
            child.kill().unwrap();
            child.wait().unwrap();
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
