//! The publisher's script, the instances and the records read, together.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use dateline::journal::TopicOptions;
use dateline::journal::kafka::{KafkaSettings, Options, ensure_topics};
use test_support::free_ports;
use test_support::kafka::{self, Cluster};
use test_support::publisher::Publisher;
use test_support::random::Random;

use super::faults;
use super::fleet::{Instance, Plan, clock_library};
use super::ledger::{Ledger, Verdict};
use super::proxy::Network;

/// The size and speed of a run.
#[derive(Clone, Copy)]
pub struct Scale {
    pub feeds: usize,
    pub hosts: usize,
    /// Pairs of feeds that show the articles of others.
    pub digests: usize,
    /// Actions of the publisher per second.
    pub pace: u64,
    pub instances: usize,
    pub partitions: i32,
}

/// A cluster and the network in front of it, shared by all runs.
pub struct Stage {
    pub cluster: Cluster,
    pub network: Network,
    /// The folder for the files of the runs.
    folder: tempfile::TempDir,
    via: u16,
    runtime: tokio::runtime::Runtime,
}

impl Stage {
    /// Starts three brokers behind a simulated network.
    pub fn start() -> Self {
        let via = free_ports(3);
        let cluster = kafka::behind(3, via);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let network = Network::default();
        let port = |broker: &str| broker.rsplit(':').next().unwrap().parse::<u16>().unwrap();
        let pairs = cluster.brokers.split(',').enumerate().map(|(n, broker)| (via + n as u16, port(broker))).collect();
        network.start(&runtime, pairs);
        Self { cluster, network, folder: tempfile::tempdir().unwrap(), via, runtime }
    }

    fn brokers(&self) -> String {
        (0..3).map(|n| format!("127.0.0.1:{}", self.via + n)).collect::<Vec<_>>().join(",")
    }
}

/// One run: a new publisher, new topics, three instances.
pub struct World<'a> {
    pub stage: &'a Stage,
    pub publisher: Publisher,
    pub instances: Vec<Instance>,
    pub plan: Plan,
    pub random: Random,
    ledger: Ledger,
    scale: Scale,
    /// When each edition was published, by URL and number.
    published: HashMap<(String, u32), Instant>,
    next_deed: Instant,
    /// Publishes only; changes no article.
    pub only_publish: bool,
    /// When each fault began.
    pub faults: Vec<Instant>,
}

impl<'a> World<'a> {
    pub fn new(stage: &'a Stage, scale: Scale, name: &str) -> Self {
        let publisher = Publisher::start(scale.feeds, scale.hosts, Duration::from_millis(5));
        // Aggregators on other sites than their articles, two for each article.
        for n in 0..scale.digests {
            let of = |shift: usize| (0..scale.feeds).filter(move |feed| (feed + shift) % scale.digests.max(1) == n);
            publisher.digest(of(0).collect());
            publisher.digest(of(1).collect());
        }
        let mut random = Random::seeded(name);
        let plan = Plan {
            feed_list: publisher.feed_list(),
            brokers: stage.brokers(),
            prefix: format!("chaos-{:016x}", random.next()),
            session: Duration::from_secs(6),
            interval: Duration::from_secs(2),
            partitions: scale.partitions,
            clock: (name == faults::CLOCK).then(|| clock_library(stage.folder.path())),
        };
        let options = KafkaSettings {
            kafka: Options {
                brokers: stage.cluster.internal.clone(),
                instance: "checker".into(),
                transaction_timeout: Duration::from_secs(5),
                session_timeout: plan.session,
                static_membership: false,
                ..Options::default()
            },
            topics: TopicOptions {
                prefix: plan.prefix.clone(),
                partitions: scale.partitions,
                replication: 3,
                ..TopicOptions::default()
            },
            ..KafkaSettings::default()
        };
        stage.runtime.block_on(ensure_topics(&options)).expect("the brokers are there");
        let ledger = Ledger::default();
        ledger.follow(&stage.runtime, &options);
        let instances = (1..=scale.instances).map(|n| Instance::start(plan.instance(&n.to_string(), true))).collect();
        let mut world = Self {
            stage,
            publisher,
            instances,
            plan,
            random,
            ledger,
            scale,
            published: HashMap::new(),
            next_deed: Instant::now(),
            only_publish: false,
            faults: Vec::new(),
        };
        for feed in 0..scale.feeds {
            world.publisher.publish(feed);
        }
        world.note();
        world.settle(Duration::from_secs(120));
        world.next_deed = Instant::now();
        world
    }

    /// Keeps publishing for this time.
    pub fn live(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            if Instant::now() >= self.next_deed {
                self.deed();
                self.next_deed += Duration::from_millis(1000 / self.scale.pace);
            }
            let pause = self.next_deed.min(until).saturating_duration_since(Instant::now());
            std::thread::sleep(pause.min(Duration::from_millis(50)));
        }
        for (n, instance) in self.instances.iter_mut().enumerate() {
            assert!(instance.is_up(), "instance {} ended by itself:\n{}", n + 1, instance.last_words());
        }
    }

    /// Publishes, changes or withdraws an article. Only articles whose last edition was read are changed.
    fn deed(&mut self) {
        let feed = self.random.below(self.scale.feeds as u64) as usize;
        let choice = self.random.below(10);
        if self.only_publish {
            self.publisher.publish(feed);
            return;
        }
        let stories = self.publisher.stories();
        let seen: Vec<_> = stories
            .iter()
            .filter(|(url, story)| story.feed == feed && !story.is_withdrawn && self.ledger.seen(url, story).is_some())
            .map(|(_, story)| story.number)
            .collect();
        let any = (!seen.is_empty()).then(|| seen[self.random.below(seen.len() as u64) as usize]);
        match (choice, any) {
            (0, Some(number)) => self.publisher.withdraw(feed, number),
            (1..=4, Some(number)) => self.publisher.change(feed, number),
            _ => self.publisher.publish(feed),
        }
        self.note();
    }

    fn note(&mut self) {
        let now = Instant::now();
        for (url, story) in self.publisher.stories() {
            let number = story.edition + u32::from(story.is_withdrawn);
            self.published.entry((url, number)).or_insert(now);
        }
    }

    /// Records that a fault begins now.
    pub fn broke(&mut self) {
        self.faults.push(Instant::now());
    }

    /// Waits until everything published was read.
    pub fn settle(&mut self, patience: Duration) {
        let until = Instant::now() + patience;
        while !self.is_settled() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn is_settled(&self) -> bool {
        self.publisher.stories().iter().all(|(url, story)| self.ledger.seen(url, story).is_some())
    }

    /// Waits until everything is idle, and compares.
    pub fn verdict(&mut self) -> Verdict {
        self.settle(Duration::from_secs(120));
        // Repeated records would arrive now.
        std::thread::sleep(Duration::from_secs(5));
        self.ledger.judge(&self.publisher.stories())
    }

    /// Returns the sorted times from an article's first appearance in a feed's answer until it was read as committed, for
    /// articles that appeared after this moment.
    pub fn latencies(&self, after: Instant) -> Vec<Duration> {
        let stories = self.publisher.stories();
        let took = |(url, story): &(String, _)| {
            let shown = self.publisher.shown(story).filter(|shown| *shown > after)?;
            Some(self.ledger.seen(url, story)?.saturating_duration_since(shown))
        };
        let mut latencies: Vec<Duration> = stories.iter().filter_map(took).collect();
        latencies.sort_unstable();
        latencies
    }

    /// Returns the longest time that any feed waited for its first poll after this moment.
    pub fn first_polls(&self, after: Instant) -> Option<Duration> {
        let first =
            |requests: &[test_support::publisher::Request]| requests.iter().map(|r| r.at).find(|at| *at > after);
        let requests = self.publisher.requests();
        let feeds = requests.iter().filter(|(path, _)| path.ends_with("rss.xml"));
        feeds
            .map(|(_, requests)| Some(first(requests)?.duration_since(after)))
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .max()
    }

    /// For each fault, measures the time until everything published before it, or in the second after, was read: median
    /// and longest.
    pub fn recovery(&self) -> (Duration, Duration) {
        let stories = self.publisher.stories();
        let seen: Vec<(Instant, Instant)> = stories
            .iter()
            .filter_map(|(url, story)| {
                let number = story.edition + u32::from(story.is_withdrawn);
                Some((*self.published.get(&(url.clone(), number))?, self.ledger.seen(url, story)?))
            })
            .collect();
        let mut times: Vec<Duration> = self
            .faults
            .iter()
            .map(|fault| {
                let last = seen
                    .iter()
                    .filter(|(published, _)| *published <= *fault + Duration::from_secs(1))
                    .map(|(_, at)| *at)
                    .max();
                last.map_or(Duration::ZERO, |last| last.saturating_duration_since(*fault))
            })
            .collect();
        times.sort_unstable();
        (times.get(times.len() / 2).copied().unwrap_or_default(), times.last().copied().unwrap_or_default())
    }

    /// Returns the ends of all logs.
    pub fn last_words(&self) -> String {
        self.instances.iter().map(Instance::last_words).collect::<Vec<_>>().join("\n---\n")
    }
}
