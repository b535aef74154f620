//! Compares what readers of committed records have seen with what was published.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use dateline::journal::kafka::{KafkaReader, KafkaSettings};
use dateline::journal::{Reader, StartOffset, Stored};
use dateline::record::{Topic, article_id};
use serde_json::Value;
use test_support::publisher::Story;

/// A revision of an article as it was read.
#[derive(Debug, Clone)]
struct Revision {
    number: u64,
    is_canceled: bool,
    text: String,
    at: Instant,
}

#[derive(Default)]
struct Read {
    /// By article, in topic order.
    articles: HashMap<String, Vec<Revision>>,
    /// Revisions whose entities were read.
    entities: HashMap<String, Vec<u64>>,
    /// By article: quotation and revision; 0 is a tombstone.
    quotes: HashMap<String, Vec<(String, u64)>>,
    /// The partitions of each article's records, to find records outside their article's partition.
    places: HashMap<String, HashSet<i32>>,
}

/// Everything read so far.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Read>>);

/// What is wrong, and how much was right.
#[derive(Debug, Default, Clone)]
pub struct Verdict {
    pub expected: usize,
    pub seen: usize,
    pub lost: usize,
    pub repeated: usize,
    pub disordered: usize,
    pub wrong: usize,
    pub examples: Vec<String>,
}

impl Verdict {
    pub fn is_clean(&self) -> bool {
        self.lost + self.repeated + self.disordered + self.wrong == 0
    }

    fn note(&mut self, what: String) {
        if self.examples.len() < 20 {
            self.examples.push(what);
        }
    }
}

impl Ledger {
    /// Starts to read the topics and follows them.
    pub fn follow(&self, runtime: &tokio::runtime::Runtime, options: &KafkaSettings) {
        for topic in [Topic::Articles, Topic::Entities, Topic::Quotes] {
            let mut reader =
                KafkaReader::open(options, topic, StartOffset::Earliest, true).expect("the topics are there");
            let read = Arc::clone(&self.0);
            runtime.spawn(async move {
                loop {
                    match reader.next().await {
                        Ok(Some(stored)) => read.lock().unwrap().enter(topic, &stored),
                        ended => return super::say(&format!("*** the reader of {topic:?} ended: {ended:?}")),
                    }
                }
            });
        }
    }

    /// Returns when the edition was complete: its article, its entities and its quotation.
    pub fn seen(&self, url: &str, story: &Story) -> Option<Instant> {
        let id = article_id(url).to_string();
        let number = u64::from(story.edition) + u64::from(story.is_withdrawn);
        let read = self.0.lock().unwrap();
        let revision = read.articles.get(&id)?.iter().find(|revision| revision.number == number)?;
        let entities = read.entities.get(&id)?.contains(&number);
        let quotes = read.quotes.get(&id)?.iter().filter(|(_, of)| *of > 0).count() >= story.edition as usize;
        (entities && quotes).then_some(revision.at)
    }

    /// Compares everything read with every edition published. Each edition was read before the next one was published.
    pub fn judge(&self, stories: &[(String, Story)]) -> Verdict {
        let read = self.0.lock().unwrap();
        let mut verdict = Verdict::default();
        let mut known = HashSet::new();
        for (url, story) in stories {
            let id = article_id(url).to_string();
            read.judge(&id, url, story, &mut verdict);
            known.insert(id);
        }
        for (id, revisions) in read.articles.iter().filter(|(id, _)| !known.contains(*id)) {
            verdict.wrong += revisions.len();
            verdict.note(format!("{id}: was never published"));
        }
        verdict
    }
}

impl Read {
    fn enter(&mut self, topic: Topic, stored: &Stored) {
        let value: Value = stored.value.as_deref().map_or(Value::Null, |v| serde_json::from_slice(v).unwrap());
        let (id, part) = stored.key.split_once('/').unwrap_or((&stored.key, ""));
        let number = value["revision"].as_u64().unwrap_or(0);
        self.places.entry(id.to_owned()).or_default().insert(stored.partition);
        match topic {
            Topic::Articles => self.articles.entry(id.to_owned()).or_default().push(Revision {
                number,
                is_canceled: value["pubstatus"] == "canceled",
                text: value["text"].as_str().unwrap_or_default().to_owned(),
                at: Instant::now(),
            }),
            Topic::Entities => self.entities.entry(id.to_owned()).or_default().push(number),
            _ => self.quotes.entry(id.to_owned()).or_default().push((part.to_owned(), number)),
        }
    }

    fn judge(&self, id: &str, url: &str, story: &Story, verdict: &mut Verdict) {
        let editions = u64::from(story.edition);
        let last = editions + u64::from(story.is_withdrawn);
        let revisions = self.articles.get(id).map_or(&[][..], Vec::as_slice);
        let numbers: Vec<u64> = revisions.iter().map(|revision| revision.number).collect();
        count(&numbers, last, &format!("{url}: article"), verdict);
        count(self.entities.get(id).map_or(&[][..], Vec::as_slice), last, &format!("{url}: entities"), verdict);
        for revision in revisions {
            let right = if revision.number > editions {
                story.is_withdrawn && revision.is_canceled
            } else {
                !revision.is_canceled && revision.text.contains(&story.quotation_of(revision.number as u32))
            };
            if !right {
                verdict.wrong += 1;
                verdict.note(format!("{url}: revision {} is not its edition", revision.number));
            }
        }
        self.judge_quotes(id, url, editions, story.is_withdrawn, verdict);
        if self.places.get(id).is_some_and(|places| places.len() > 1) {
            verdict.wrong += 1;
            verdict.note(format!("{url}: its records are in several partitions"));
        }
    }

    /// Expects one quotation per edition, and a tombstone for each that a later revision no longer has.
    fn judge_quotes(&self, id: &str, url: &str, editions: u64, is_withdrawn: bool, verdict: &mut Verdict) {
        let quotes = self.quotes.get(id).map_or(&[][..], Vec::as_slice);
        let numbers: Vec<u64> = quotes.iter().map(|(_, number)| *number).filter(|number| *number > 0).collect();
        count(&numbers, editions, &format!("{url}: quotation"), verdict);
        let mut standing: BTreeMap<&str, i32> = BTreeMap::new();
        for (quote, number) in quotes {
            *standing.entry(quote).or_default() += if *number > 0 { 1 } else { -1 };
        }
        let left: i32 = standing.values().sum();
        let tombs = quotes.len() - numbers.len();
        let expected = editions as usize - 1 + usize::from(is_withdrawn);
        verdict.expected += expected;
        verdict.seen += tombs;
        if left != i32::from(!is_withdrawn) || tombs != expected {
            verdict.wrong += 1;
            verdict.note(format!("{url}: {tombs} quotations were taken back, {expected} should be"));
        }
    }
}

/// Checks that the numbers are 1 to `last`, each once and in order.
fn count(numbers: &[u64], last: u64, what: &str, verdict: &mut Verdict) {
    verdict.expected += last as usize;
    verdict.seen += numbers.len();
    let distinct: HashSet<u64> = numbers.iter().copied().collect();
    let lost = (1..=last).filter(|number| !distinct.contains(number)).count();
    let extra = distinct.iter().filter(|number| !(1..=last).contains(number)).count();
    verdict.lost += lost;
    verdict.wrong += extra;
    verdict.repeated += numbers.len() - distinct.len();
    verdict.disordered += numbers.windows(2).filter(|pair| pair[0] > pair[1]).count();
    if numbers.len() != last as usize || lost > 0 {
        verdict.note(format!("{what}: {numbers:?}, should be 1 to {last}"));
    }
}
