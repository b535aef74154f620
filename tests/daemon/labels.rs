//! Labels end to end with the examples of docs/labels.md: in records, in topics of their own, in the API and the metrics.

use serde_json::{Value, json};
use test_support::daemon::{Daemon, signal};
use test_support::http::ask;
use test_support::publisher::Publisher;
use test_support::{free_port, text};

/// Returns the example blocks of the page in TOML: the feed list and the part of the config.
fn examples() -> [String; 2] {
    let docs = include_str!("../../docs/labels.md");
    let block = |head: &str| docs.split("```toml\n").find(|block| block.starts_with(head)).unwrap();
    ["# feeds.toml", "# dateline.toml"].map(|head| block(head).split("```").next().unwrap().to_owned())
}

/// A daemon with the examples, whose feeds are those of a publisher.
struct Example {
    publisher: Publisher,
    daemon: Daemon,
}

impl Example {
    fn start(extra: &str) -> Self {
        let publisher = Publisher::start(2, 1, std::time::Duration::ZERO);
        let [feeds, config] = examples();
        let feeds = feeds
            .replace("https://capital.example/rss", &publisher.feed_url(0))
            .replace("https://stadium.example/rss", &publisher.feed_url(1));
        Self { daemon: Daemon::new(&feeds, &format!("{config}\n{extra}")), publisher }
    }

    fn articles_in(&self, topic: &str) -> Vec<(String, u64)> {
        let article = |record: &Value| {
            (record["value"]["headline"].as_str().unwrap().to_owned(), record["value"]["revision"].as_u64().unwrap())
        };
        self.daemon.tail(topic).iter().map(article).collect()
    }
}

/// Returns the headline of an article of the publisher.
fn headline(feed: usize, number: usize) -> String {
    format!("Council {feed} debates plan {number}")
}

fn all_labels(record: &Value) -> Value {
    record["value"]["feed"]["labels"].clone()
}

#[test]
fn the_examples_label_records_and_route_them() {
    let example = Example::start("");
    (0..2).for_each(|feed| example.publisher.publish(feed));
    example.daemon.once();
    let daemon = &example.daemon;
    // Every record of a feed has its labels.
    for topic in ["articles", "entities", "quotes"] {
        let records = daemon.tail(topic);
        let with = |labels: Value| records.iter().filter(|record| all_labels(record) == labels).count();
        let counts = (with(json!(["politics", "de"])), with(json!(["Sport", "Football"])));
        assert_eq!((counts.0, counts.0 + counts.1), (counts.1, records.len()), "{topic}: {records:#?}");
        assert!(counts.0 > 0, "{topic}");
    }
    for event in daemon.tail("feed-events") {
        assert_eq!(event["value"]["feed"]["id"], event["value"]["feed_id"], "{event}");
        assert!(event["value"]["feed"]["labels"].as_array().is_some_and(|labels| labels.len() == 2), "{event}");
    }
    // The routes have copies, and nothing else.
    assert_eq!(example.articles_in("politics.articles"), [(headline(0, 0), 1)]);
    assert_eq!(example.articles_in("desk.sport.articles"), [(headline(1, 0), 1)]);
    assert_eq!(example.articles_in("articles").len(), 2);
    for topic in ["articles", "entities", "quotes"] {
        let main: Vec<Value> = daemon.tail(topic);
        for copy in daemon.tail(&format!("politics.{topic}")) {
            let same = |record: &&Value| ["key", "value", "headers"].iter().all(|part| record[part] == copy[part]);
            assert_eq!(main.iter().filter(same).count(), 1, "{copy}");
        }
    }
    assert_eq!(daemon.tail("politics.quotes").len(), 1);
    let unknown = daemon.output(&["tail", "politic.articles"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("politics.articles, politics.entities"));
}

#[test]
fn revisions_and_tombstones_follow_to_the_topics_of_the_first() {
    let example = Example::start("");
    example.publisher.publish(0);
    example.daemon.once();
    // The feed changes its desk.
    let list = example.daemon.folder.path().join("feeds.toml");
    let feeds = std::fs::read_to_string(&list).unwrap().replace("[\"politics\", \"de\"]", "[\"football\"]");
    std::fs::write(&list, &feeds).unwrap();
    example.publisher.change(0, 0);
    example.publisher.publish(0);
    example.daemon.once();
    assert_eq!(
        example.articles_in("politics.articles"),
        [(headline(0, 0), 1), (headline(0, 0), 2)],
        "the revision follows, the new article does not"
    );
    let mut sport = example.articles_in("desk.sport.articles");
    sport.sort();
    assert_eq!(sport, [(headline(0, 0), 2), (headline(0, 1), 1)]);
    let quotes = example.daemon.tail("politics.quotes");
    let tombstones = quotes.iter().filter(|quote| quote["value"].is_null()).count();
    assert_eq!((quotes.len(), tombstones), (3, 1), "{quotes:#?}");
    // A route that is no longer configured gets nothing; when it comes back, its articles continue.
    let config = example.daemon.config();
    let with = std::fs::read_to_string(&config).unwrap();
    let without = with.replace("prefix = \"politics\"", "prefix = \"other\"");
    std::fs::write(&config, without).unwrap();
    example.publisher.change(0, 0);
    example.daemon.once();
    std::fs::write(&config, with).unwrap();
    assert_eq!(example.articles_in("politics.articles").len(), 2);
    example.publisher.change(0, 0);
    example.daemon.once();
    assert_eq!(example.articles_in("politics.articles").last(), Some(&(headline(0, 0), 4)));
    assert_eq!(example.articles_in("articles").len(), 5);
}

#[test]
fn a_route_has_each_article_of_the_main_topic_once_whatever_crashes() {
    const ARTICLES: usize = 30;
    let publisher = Publisher::stocked(1, 1, std::time::Duration::from_millis(40), ARTICLES);
    let feeds = publisher.feed_list().replace("[[feed]]\n", "[[feed]]\nlabels = [\"politics\"]\n");
    let daemon = Daemon::new(&feeds, "[[topics.route]]\nlabels = [\"politics\"]\nprefix = \"politics\"\n");
    // One page after the other, so that a kill comes between their commits.
    let config = std::fs::read_to_string(daemon.config()).unwrap().replace("per_host = 16", "per_host = 1");
    std::fs::write(daemon.config(), config).unwrap();
    for kill_at in [1, 8, ARTICLES] {
        let running = daemon.start(&[]);
        let committed = || daemon.try_tail("articles").is_ok_and(|records| records.len() >= kill_at);
        daemon.wait_until("the commits", committed);
        running.crash();
    }
    daemon.once();
    let keys = |topic: &str| {
        let mut keys: Vec<String> = daemon.tail(topic).iter().map(|record| text(&record["key"])).collect();
        keys.sort();
        keys
    };
    let mut articles = keys("articles");
    assert_eq!(keys("politics.articles"), articles);
    articles.dedup();
    assert_eq!((articles.len(), daemon.tail("articles").len()), (ARTICLES, ARTICLES));
    for topic in ["entities", "quotes"] {
        assert_eq!(keys(&format!("politics.{topic}")), keys(topic), "{topic}");
        assert_eq!(keys(topic).len(), ARTICLES, "{topic}");
    }
}

#[test]
fn labels_filter_the_api_and_are_counted() {
    let port = free_port();
    let serve = format!("[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n");
    let example = Example::start(&serve);
    example.publisher.publish(0);
    example.publisher.publish(1);
    let server = format!("127.0.0.1:{port}");
    let running = example.daemon.start(&[]);
    let get = |path: &str| ask(&server, "GET", &format!("/api/v1/{path}"), &[], "").json();
    let ids = |path: &str| -> Vec<String> {
        let found = get(path);
        let feeds = found["feeds"].as_array().into_iter().flatten();
        feeds.map(|feed| feed["id"].as_str().unwrap().to_owned()).collect()
    };
    example
        .daemon
        .wait_until("both articles", || example.daemon.try_tail("articles").is_ok_and(|articles| articles.len() == 2));
    assert_eq!(ids("feeds?label=Politics,de"), ["capital"]);
    assert_eq!(ids("feeds?label=football"), ["stadium"]);
    assert_eq!(ids("feeds?label=de,football"), [""; 0]);
    let labels = get("labels");
    assert_eq!(labels["labels"].as_array().unwrap().len(), 4, "{labels}");
    let stories = |label: &str| get(&format!("stories?label={label}"))["stories"].as_array().unwrap().len();
    example.daemon.wait_until("the stories", || stories("") == 2);
    assert_eq!((stories("politics"), stories("SPORT"), stories("politics,sport")), (1, 1, 0));
    let metrics = ask(&server, "GET", "/metrics", &[], "").body;
    for line in
        ["dateline_label_articles_total{label=\"politics\"} 1", "dateline_label_articles_total{label=\"sport\"} 1"]
    {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("label=\"de\""), "only labels that the config names");
    signal(&running, "TERM");
}

#[test]
fn dead_letters_and_events_have_the_labels_and_are_not_routed() {
    let publisher = Publisher::start(1, 1, std::time::Duration::ZERO);
    publisher.publish(0);
    let page = publisher.feed_url(0).replace("rss.xml", "story/0");
    let feeds = format!("[[feed]]\nid = \"page\"\nurl = \"{page}\"\nlabels = [\"politics\"]\nfolder = \"Desk\"\n");
    let route = "[[topics.route]]\nlabels = [\"desk\"]\nprefix = \"desk\"\n";
    let daemon = Daemon::new(&feeds, route);
    // No feed could be read, which is a failure.
    assert_eq!(daemon.output(&["run", "--once"]).status.code(), Some(1));
    for topic in ["dead-letters", "feed-events"] {
        let records = daemon.tail(topic);
        assert!(!records.is_empty(), "{topic}");
        for record in records {
            assert_eq!(record["value"]["feed"], json!({ "id": "page", "labels": ["politics", "Desk"] }), "{record}");
        }
        assert!(!daemon.output(&["tail", &format!("desk.{topic}")]).status.success());
    }
    assert_eq!(daemon.tail("desk.articles"), [Value::Null; 0]);
}

#[test]
fn folders_and_categories_of_opml_are_labels() {
    let publisher = Publisher::start(1, 1, std::time::Duration::ZERO);
    publisher.publish(0);
    let route = "[feeds]\nfiles = [\"list.opml\"]\n\n[[topics.route]]\nlabels = [\"europe\"]\nprefix = \"europe\"\n";
    let daemon = Daemon::new("", route);
    let opml = format!(
        "<opml version=\"2.0\"><body><outline text=\"World\"><outline text=\"Europe\">\
         <outline xmlUrl=\"{}\" category=\"politics,de\"/></outline></outline></body></opml>",
        publisher.feed_url(0)
    );
    std::fs::write(daemon.folder.path().join("list.opml"), opml).unwrap();
    daemon.once();
    for topic in ["articles", "europe.articles", "europe.entities", "europe.quotes"] {
        let records = daemon.tail(topic);
        assert_eq!(records.len(), 1, "{topic}");
        assert_eq!(all_labels(&records[0]), json!(["politics", "de", "World", "Europe"]), "{topic}");
    }
}

#[test]
fn commands_show_the_labels_and_filter_by_them() {
    let example = Example::start("");
    let text = |args: &[&str]| {
        let output = example.daemon.output(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let listed = |labels: &[&str]| -> Vec<String> {
        let options = labels.iter().flat_map(|label| ["--label", label]);
        let out = text(&["feeds", "list"].into_iter().chain(options).collect::<Vec<_>>());
        out.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(&[]), ["capital", "stadium"]);
    assert_eq!(listed(&["Politics", "de"]), ["capital"]);
    assert_eq!(listed(&["football"]), ["stadium"]);
    assert_eq!(listed(&["football", "de"]), [""; 0]);
    let explained = text(&["feeds", "explain", "capital"]);
    assert!(explained.contains("labels  politics, de; published in politics.* too\n"), "{explained}");
    let explained = text(&["feeds", "explain", "stadium"]);
    assert!(explained.contains("labels  Sport, Football; published in desk.sport.* too\n"), "{explained}");
}
