//! A section page that is read as a feed, on Kafka: each article once, through a lost list and a restart of the daemon.

use std::collections::BTreeSet;

use test_support::daemon::Daemon;
use test_support::section_page::{Layout, SHOWN, SectionPage};
use test_support::{kafka, text};

use crate::{on_kafka, prefix};

fn urls(daemon: &Daemon) -> Vec<String> {
    daemon.tail("articles").iter().map(|record| text(&record["value"]["url"])).collect()
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn each_article_of_a_section_page_is_published_once() {
    let site = SectionPage::start(30);
    let list = format!("[[feed]]\nid = \"isles\"\nurl = \"{}\"\nkind = \"page\"\n", site.url());
    let daemon = on_kafka(&list, &kafka::broker(3), &prefix());
    for (layout, published) in [(Layout::Cards, 0), (Layout::Cards, 3), (Layout::Empty, 1), (Layout::Cards, 2)] {
        site.lay_out(layout);
        site.publish(published);
        // Each poll is a run of its own: what is known comes from the state topic.
        daemon.once();
    }
    let found = urls(&daemon);
    let distinct: BTreeSet<&String> = found.iter().collect();
    assert_eq!((found.len(), distinct.len()), (SHOWN + 6, SHOWN + 6));
    let events = daemon.tail("feed-events");
    let events: Vec<String> = events.iter().map(|record| text(&record["value"]["event"])).collect();
    assert_eq!(events, ["added", "degraded", "recovered"]);
    let revisions: Vec<_> = daemon.tail("articles").iter().map(|record| record["value"]["revision"].clone()).collect();
    assert!(revisions.iter().all(|revision| *revision == 1), "{revisions:?}");
}
