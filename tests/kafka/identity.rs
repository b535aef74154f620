//! Identifies articles through the whole daemon: generated feeds in which guid, link, title, text or date are missing, shared,
//! swapped or new at every poll. Each poll is a separate run, and some runs are killed.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use test_support::daemon::Daemon;
use test_support::feed_history::{History, Item};
use test_support::kafka;
use test_support::random::Random;

use crate::{on_kafka, prefix};

const FEEDS: usize = 200;

/// A server of all feeds, at `/N`, each of them in its state of the current round.
struct Site {
    histories: Vec<History>,
    round: AtomicUsize,
}

impl Site {
    fn start(random: &mut Random) -> (Arc<Self>, String) {
        let histories = (0..FEEDS).map(|i| History::generate(random, &format!("https://n{i}.example"))).collect();
        let site = Arc::new(Self { histories, round: AtomicUsize::new(0) });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = Arc::clone(&site);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, server) = (stream.unwrap(), Arc::clone(&server));
                std::thread::spawn(move || {
                    let mut request = String::new();
                    // A killed daemon may close its connections at any time.
                    let _ = BufReader::new(&stream).read_line(&mut request);
                    let feed = request.split(' ').nth(1).and_then(|path| path[1..].parse().ok());
                    let body = feed.map(|feed: usize| server.document(feed)).unwrap_or_default();
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/rss+xml\r\nconnection: close\r\n";
                    let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
                });
            }
        });
        let feeds = (0..FEEDS)
            .map(|i| format!("[[feed]]\nid = \"{i}\"\nurl = \"http://{address}/{i}\"\npages = \"never\"\n\n"));
        (site, feeds.collect())
    }

    fn document(&self, feed: usize) -> String {
        let history = &self.histories[feed];
        let poll = self.round.load(Relaxed).min(history.polls() - 1);
        let items: String = history.shown(poll).into_iter().map(rss_item).collect();
        format!("<rss version=\"2.0\"><channel><title>Feed</title><language>fi</language>{items}</channel></rss>")
    }

    fn polls(&self) -> usize {
        self.histories.iter().map(History::polls).max().unwrap()
    }

    /// Polls every round, kills some runs, and checks what was published.
    fn play(&self, daemon: &Daemon, random: &mut Random, slowest_ms: u64) {
        for round in 0..self.polls() {
            self.round.store(round, Relaxed);
            let running = daemon.start(&["--once"]);
            std::thread::sleep(Duration::from_millis(random.below(slowest_ms)));
            running.crash();
            daemon.once();
        }
        daemon.once();
        let records = daemon.tail("articles");
        for (feed, history) in self.histories.iter().enumerate() {
            let (id, values) = (feed.to_string(), records.iter().map(|record| &record["value"]));
            let articles: Vec<_> = values.filter(|value| value["feed"]["id"] == *id).cloned().collect();
            history.check(&articles);
        }
        let gaps = daemon.tail("feed-events").into_iter().filter(|event| event["value"]["event"] == "gap").count();
        assert_eq!(gaps, 0, "every poll shows a story of the one before");
    }
}

fn rss_item(item: Item) -> String {
    let element =
        |name: &str, value: Option<String>| value.map(|value| format!("<{name}>{value}</{name}>")).unwrap_or_default();
    let date = item.date.and_then(|date| chrono::DateTime::from_timestamp(date, 0)).map(|date| date.to_rfc2822());
    let guid = item.guid.map(|guid| format!("<guid isPermaLink=\"false\">{guid}</guid>")).unwrap_or_default();
    format!(
        "<item>{guid}{}{}{}{}</item>",
        element("link", item.link),
        element("title", item.title),
        element("description", item.text),
        element("pubDate", date)
    )
}

#[test]
fn each_story_is_one_article_in_the_store() {
    let mut random = Random::seeded("identity");
    let (site, list) = Site::start(&mut random);
    site.play(&Daemon::new(&list, ""), &mut random, 1_500);
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn each_story_is_one_article_on_kafka() {
    let mut random = Random::seeded("identity");
    let (site, list) = Site::start(&mut random);
    site.play(&on_kafka(&list, &kafka::broker(3), &prefix()), &mut random, 6_000);
}
