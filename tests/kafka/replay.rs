//! Checks that `dateline replay` publishes new results exactly once, whatever is killed at any time, and that the
//! daemon continues correctly.
//!
//! The test simulates an older model: to each article it adds a quotation that the program does not find. The replay must
//! retract that quotation and publish the true one again.

use std::collections::{BTreeMap, HashMap};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dateline::journal::kafka::KafkaJournal;
use dateline::journal::sqlite::{Options, SqliteJournal};
use dateline::journal::{Batch, Journal, Record, StateChange};
use dateline::record::Topic;
use serde_json::{Value, json};
use test_support::daemon::{Daemon, stderr};
use test_support::kafka;
use test_support::publisher::Publisher;
use test_support::random::Random;
use test_support::text;
use test_support::wait::wait_until;

use crate::{on_kafka, options, prefix};

const FEEDS: usize = 4;
const STORIES: usize = 12;
/// The quotation of the older model.
const WRONG: &str = "00000000000000ff";

fn published() -> Publisher {
    Publisher::stocked(FEEDS, 2, Duration::ZERO, STORIES)
}

/// The articles that the test prepared in a special way.
struct Special {
    /// The daemon has dropped its state, as for old articles.
    forgotten: String,
    /// Withdrawn by the publisher.
    canceled: String,
}

/// Adds the older model's results; makes the daemon forget one article, and withdraws one.
fn older_model(daemon: &Daemon, journal: &dyn Journal) -> Special {
    let sites: HashMap<String, String> = daemon
        .tail("feed-state")
        .iter()
        .filter_map(|record| {
            let url = url::Url::parse(record["value"]["url"].as_str()?).ok()?;
            Some((text(&record["key"]), dateline::fetch::registrable(&url)))
        })
        .collect();
    let quotes: HashMap<String, Value> =
        daemon.tail("quotes").into_iter().map(|record| (text(&record["value"]["article_id"]), record)).collect();
    let articles: HashMap<String, Value> =
        daemon.tail("articles").into_iter().map(|record| (text(&record["key"]), record)).collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let entries = runtime.block_on(crate::restored(journal)).unwrap();
    let mut known: Vec<(String, Value)> = entries
        .into_iter()
        .filter(|(key, _)| key.contains("/a/"))
        .map(|(key, value)| (key, serde_json::from_slice(&value).unwrap()))
        .collect();
    known.sort_by(|a, b| a.0.cmp(&b.0));
    let id_of = |key: &str| key.rsplit('/').next().unwrap().to_owned();
    let special = Special { forgotten: id_of(&known[1].0), canceled: id_of(&known[2].0) };
    let batches: Vec<Batch> = known
        .into_iter()
        .map(|(key, mut state)| {
            let id = id_of(&key);
            let site = sites[key.split('/').next().unwrap()].clone();
            let mut quote = quotes[&id]["value"].clone();
            quote["id"] = json!(WRONG);
            let mut records = vec![record(Topic::Quotes, &id, &format!("{id}/{WRONG}"), &quote)];
            state["quotes"].as_array_mut().unwrap().push(json!(WRONG));
            if id == special.canceled {
                let mut article = articles[&id]["value"].clone();
                article["revision"] = json!(2);
                article["pubstatus"] = json!("canceled");
                records.push(record(Topic::Articles, &id, &id, &article));
                (state["revision"], state["canceled"]) = (json!(2), json!(true));
            }
            let value = (id != special.forgotten).then(|| state.to_string().into_bytes());
            Batch { records, state: vec![StateChange { key, value, site }], ..Batch::default() }
        })
        .collect();
    runtime.block_on(journal.commit(&batches)).unwrap();
    special
}

fn record(topic: Topic, id: &str, key: &str, value: &Value) -> Record {
    let headers = vec![("ce_id".to_owned(), format!("test/{key}"))];
    let value = Some(value.to_string().into_bytes());
    Record { topic, key: key.to_owned(), value, headers, partition_by: id.to_owned() }
}

fn command(daemon: &Daemon, args: &[&str]) -> Command {
    let mut command = daemon.command(&[&["replay"], args].concat());
    // Many small transactions give more points to be killed at.
    command.env("DATELINE__COMMIT__MAX_RECORDS", "6");
    command
}

/// Runs a replay to its end and returns what it prints.
fn replay(daemon: &Daemon, args: &[&str]) -> Value {
    let output = command(daemon, args).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the state: the last value of each key.
fn state(daemon: &Daemon) -> BTreeMap<String, Value> {
    daemon.tail("feed-state").into_iter().map(|record| (text(&record["key"]), record["value"].clone())).collect()
}

/// Checks that every article's entities and quotation were published once by the daemon and once by each of `runs`
/// replays, that the older model's quotation was retracted once, and that the daemon's state matches what is published.
fn check(daemon: &Daemon, special: &Special, runs: usize) {
    let articles = daemon.tail("articles");
    let (entities, quotes) = (daemon.tail("entities"), daemon.tail("quotes"));
    let mut ids: Vec<String> = entities.iter().chain(&quotes).map(|record| text(&record["headers"]["ce_id"])).collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "an event is published once");
    let mut of: BTreeMap<String, (usize, usize, Vec<bool>)> = BTreeMap::new();
    for record in &entities {
        assert_eq!(record["value"]["revision"], 1);
        of.entry(text(&record["key"])).or_default().0 += 1;
    }
    for record in &quotes {
        let (id, quote) = record["key"].as_str().unwrap().split_once('/').unwrap();
        let of = of.get_mut(id).unwrap();
        if quote == WRONG { of.2.push(record["value"].is_object()) } else { of.1 += 1 }
    }
    assert_eq!(of.len(), FEEDS * STORIES);
    for (id, (entities, quotes, wrong)) in &of {
        let expected =
            if *id == special.canceled { (1, 1, vec![true]) } else { (1 + runs, 1 + runs, vec![true, false]) };
        assert_eq!((*entities, *quotes, wrong.clone()), expected, "{id}");
    }
    assert_eq!(articles.len(), FEEDS * STORIES + 1, "a replay publishes no articles");
    let known = state(daemon);
    for (key, state) in known.iter().filter(|(key, value)| key.contains("/a/") && !value.is_null()) {
        let quotes = state["quotes"].to_string();
        assert_eq!(quotes.contains(WRONG), key.ends_with(&special.canceled), "{key}: {quotes}");
        let recent = &known[&key.replace("/a/", "/r/")];
        assert!(recent["last"].is_string(), "{key}: what else is remembered stays");
    }
}

/// Checks that the daemon continues: a changed article retracts what the replay published, and nothing twice.
fn check_the_daemon_goes_on(daemon: &Daemon, publisher: &Publisher, special: &Special) {
    let of = |daemon: &Daemon, id: &str| -> Vec<(String, bool)> {
        let quotes = daemon.tail("quotes");
        let own = quotes.iter().filter(|record| text(&record["key"]).starts_with(id));
        own.map(|record| (text(&record["key"]), record["value"].is_null())).collect()
    };
    let (url, story) = publisher
        .stories()
        .into_iter()
        .find(|(url, _)| {
            let id = dateline::record::article_id(url).to_string();
            id != special.canceled && id != special.forgotten
        })
        .unwrap();
    let id = dateline::record::article_id(&url).to_string();
    let before = of(daemon, &id);
    publisher.change(story.feed, story.number);
    daemon.once();
    let after = of(daemon, &id);
    let new = &after[before.len()..];
    assert_eq!(new.len(), 2, "the new quotation, and a tombstone of the old one: {new:?}");
    assert!(!new[0].1 && new[1].1 && !new[1].0.ends_with(WRONG), "{new:?}");
}

fn on_store(publisher: &Publisher) -> (Daemon, Special) {
    let daemon = Daemon::new(&publisher.feed_list(), "");
    daemon.once();
    let store = daemon.folder.path().join("store.db");
    let journal = SqliteJournal::open(Options { path: store.clone(), ..Options::default() }, "dateline").unwrap();
    let special = older_model(&daemon, &journal);
    (daemon, special)
}

#[test]
fn a_replay_publishes_once_and_does_nothing_when_run_again() {
    let publisher = published();
    let (daemon, special) = on_store(&publisher);
    let done = replay(&daemon, &[]);
    assert_eq!(done["articles"], FEEDS * STORIES - 1);
    assert_eq!((&done["quotes"], &done["tombstones"]), (&done["articles"], &done["articles"]));
    check(&daemon, &special, 1);
    let idle = replay(&daemon, &[]);
    assert_eq!((&idle["worked"], &idle["articles"]), (&json!(false), &done["articles"]));
    check(&daemon, &special, 1);
    let third = replay(&daemon, &["--again"]);
    assert_eq!((&third["run"], &third["tombstones"]), (&json!(2), &json!(0)));
    check(&daemon, &special, 2);
    check_the_daemon_goes_on(&daemon, &publisher, &special);
}

#[test]
fn a_range_and_a_stage_limit_what_is_published() {
    let publisher = published();
    let (daemon, _) = on_store(&publisher);
    let counts = |daemon: &Daemon| (daemon.tail("entities").len(), daemon.tail("quotes").len());
    let before = counts(&daemon);
    assert_eq!(replay(&daemon, &["--name", "a", "--to", "2000-01-01"])["articles"], 0);
    let few = replay(&daemon, &["--name", "b", "--from", "3", "--to", "6"]);
    assert!((2..=3).contains(&few["articles"].as_u64().unwrap()), "{few}"); // one may be the withdrawn one
    let articles = few["articles"].as_u64().unwrap() as usize;
    assert_eq!(counts(&daemon), (before.0 + articles, before.1 + 2 * articles));
    let before = counts(&daemon);
    let quotes = replay(&daemon, &["--name", "c", "--stage", "quotes"]);
    assert_eq!(counts(&daemon).0, before.0, "the entities are the same: quotations that name them can stand alone");
    assert_eq!(quotes["articles"], FEEDS * STORIES - 1);
    let entities = replay(&daemon, &["--name", "d", "--stage", "entities"]);
    assert_eq!((&entities["articles"], &entities["quotes"]), (&quotes["articles"], &json!(0)));
    for (args, words) in [
        (&["--from", "yesterday"][..], "write `start`"),
        (&["--from", "9", "--to", "9"], "the range from 9 to 9 is empty"),
        (&["--name", "a b"], "--name must be 1 to"),
    ] {
        let output = command(&daemon, args).output().unwrap();
        assert!(output.status.code() == Some(2) && stderr(&output).contains(words), "{}", stderr(&output));
    }
}

#[test]
fn changed_entities_are_published_with_their_quotations() {
    let publisher = published();
    let (daemon, special) = on_store(&publisher);
    // As an older model found them: fewer.
    let store = daemon.folder.path().join("store.db");
    let journal = SqliteJournal::open(Options { path: store.clone(), ..Options::default() }, "dateline").unwrap();
    let id =
        daemon.tail("articles").iter().map(|record| text(&record["key"])).find(|id| *id != special.canceled).unwrap();
    let old = json!({ "article_id": id, "revision": 1, "entities": [] });
    let batch = Batch { records: vec![record(Topic::Entities, &id, &id, &old)], ..Batch::default() };
    tokio::runtime::Runtime::new().unwrap().block_on(journal.commit(&[batch])).unwrap();
    drop(journal);
    let before = daemon.tail("entities").len();
    replay(&daemon, &["--stage", "quotes"]);
    let entities = daemon.tail("entities");
    assert_eq!(entities.len(), before + 1);
    assert_eq!(entities[before]["key"], id);
}

#[test]
fn a_replay_beside_a_daemon_is_refused() {
    let publisher = published();
    let (daemon, _) = on_store(&publisher);
    let _running = daemon.start(&[]);
    let mut refused = None;
    wait_until("the replay is refused", || {
        let output = command(&daemon, &[]).output().unwrap();
        refused = stderr(&output).contains("in use by another dateline").then(|| output.status.code());
        refused.is_some()
    });
    assert_eq!(refused, Some(Some(1)));
}

/// Kills replays at random moments until one ends by itself, then checks.
fn kill_and_check(daemon: &Daemon, special: &Special) {
    let mut random = Random::seeded("replay kills");
    let begun = Instant::now();
    // The time to start and end without work.
    replay(daemon, &["--name", "empty", "--to", "2000-01-01"]);
    let start = begun.elapsed();
    let (mut kills, mut within) = (0, 0);
    loop {
        let mut child = command(daemon, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // The first kill surely hits; the others come near the work, as the start takes longer than a few transactions.
        let near = start.mul_f64(0.7) + Duration::from_millis(random.below(start.as_millis() as u64 / 3 + 60));
        std::thread::sleep(if kills == 0 { start / 3 } else { near });
        if child.try_wait().unwrap().is_some() || kills == 40 {
            child.wait().unwrap();
            break;
        }
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        kills += 1;
        let state = state(daemon);
        let progress = state.get("/replay/default");
        within += usize::from(
            progress.is_some_and(|progress| progress["finished"].is_null() && progress["articles"].as_u64() > Some(0)),
        );
    }
    replay(daemon, &[]);
    check(daemon, special, 1);
    eprintln!("{kills} kills, {within} of them within the work");
    assert!(kills > 0, "no kill hit a running replay");
}

#[test]
fn a_killed_replay_resumes() {
    let publisher = published();
    let (daemon, special) = on_store(&publisher);
    let wait = Duration::from_millis(1);
    // A replay that has certainly begun its work and not finished it.
    let mut child = command(&daemon, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = daemon.tail("entities").len();
    while daemon.tail("entities").len() == begun && child.try_wait().unwrap().is_none() {
        std::thread::sleep(wait);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let other = command(&daemon, &["--stage", "quotes"]).output().unwrap();
    if daemon.tail("entities").len() < begun + FEEDS * STORIES - 1 {
        assert_eq!(other.status.code(), Some(2));
        assert!(
            stderr(&other).contains("begun with --from start --to end --stage entities,quotes"),
            "{}",
            stderr(&other)
        );
    }
    kill_and_check(&daemon, &special);
    check_the_daemon_goes_on(&daemon, &publisher, &special);
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn a_killed_replay_resumes_on_kafka() {
    let publisher = published();
    let cluster = kafka::broker(1);
    let prefix = prefix();
    let daemon = on_kafka(&publisher.feed_list(), &cluster, &prefix);
    daemon.once();
    let special = {
        let journal = KafkaJournal::new(options(&cluster.brokers, &prefix));
        older_model(&daemon, &journal.unwrap())
    };
    kill_and_check(&daemon, &special);
    assert_eq!(replay(&daemon, &[])["worked"], false);
    check_the_daemon_goes_on(&daemon, &publisher, &special);
}
