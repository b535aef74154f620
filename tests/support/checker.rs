//! Compares committed records with what was published.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use crate::daemon::Daemon;
use crate::publisher::Publisher;
use crate::text;

/// Checks that every article appears once, each revision once and in order, with its entities and its one quotation;
/// nothing else.
pub fn check(daemon: &Daemon, publisher: &Publisher) {
    let [articles, entities, quotes] = ["articles", "entities", "quotes"].map(|topic| daemon.tail(topic));
    compare(&articles, &entities, &quotes, publisher);
    same_partitions(&articles, &quotes);
}

/// Does the same for topics that got more partitions, where an article's revisions may be in two partitions: in the order of time.
pub fn check_by_time(daemon: &Daemon, publisher: &Publisher) {
    let [articles, entities, quotes] = ["articles", "entities", "quotes"].map(|topic| {
        let mut records = daemon.tail(topic);
        records.sort_by_key(|record| text(&record["time"]));
        records
    });
    compare(&articles, &entities, &quotes, publisher);
}

fn compare(articles: &[Value], entities: &[Value], quotes: &[Value], publisher: &Publisher) {
    let mut revisions: HashMap<String, Vec<&Value>> = HashMap::new();
    for record in articles {
        revisions.entry(text(&record["key"])).or_default().push(&record["value"]);
    }
    let stories = publisher.stories();
    assert_eq!(revisions.len(), stories.len(), "stories lost or invented");
    let mut expected_quotes: HashMap<String, Vec<u64>> = HashMap::new();
    for (url, story) in &stories {
        let id = article_id(url).to_string();
        let seen = revisions.get(&id).unwrap_or_else(|| panic!("lost: {url}"));
        let numbers: Vec<u64> = seen.iter().map(|article| article["revision"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "revisions of {url}");
        assert!(numbers.len() <= story.edition as usize, "{url}: more revisions than editions");
        let texts: Vec<String> = seen.iter().map(|article| text(&article["text"])).collect();
        assert!(texts.windows(2).all(|pair| pair[0] != pair[1]), "{url}: a revision that changes nothing");
        assert!(
            texts[texts.len() - 1].contains(&story.quotation()),
            "{url}: the last edition is not the last revision"
        );
        let of = |records: &[Value]| -> Vec<u64> {
            let same = records.iter().filter(|record| record["value"]["article_id"] == id);
            same.map(|record| record["value"]["revision"].as_u64().unwrap()).collect()
        };
        assert_eq!(of(entities), numbers, "entities of {url}");
        assert_eq!(of(quotes), numbers, "quotations of {url}");
        expected_quotes.insert(id, numbers);
    }
    assert_eq!(entities.len(), articles.len());
    let tombstones: Vec<&Value> = quotes.iter().filter(|record| record["value"].is_null()).collect();
    let changes: usize = expected_quotes.values().map(|numbers| numbers.len() - 1).sum();
    assert_eq!(tombstones.len(), changes, "one tombstone for each quotation that a revision replaced");
    let speakers: HashMap<String, &'static str> =
        stories.iter().map(|(url, story)| (article_id(url).to_string(), story.speaker())).collect();
    for record in quotes.iter().filter(|record| !record["value"].is_null()) {
        let quote = &record["value"];
        assert_eq!(quote["type"], "direct");
        assert_eq!(quote["speaker"]["name"], speakers[quote["article_id"].as_str().unwrap()], "{quote}");
    }
}

/// Computes an article's id as the README promises it, without the program's help.
fn article_id(url: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, url.as_bytes())
}

/// Checks that articles and their quotations have the same partition number.
fn same_partitions(articles: &[Value], quotes: &[Value]) {
    let partition: HashMap<String, &Value> =
        articles.iter().map(|record| (text(&record["key"]), &record["partition"])).collect();
    for record in quotes {
        let key = text(&record["key"]);
        let article = key.split('/').next().unwrap();
        assert_eq!(&record["partition"], partition[article]);
    }
}
