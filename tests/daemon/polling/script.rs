//! A publisher that plays scripts: each scene is a separate site that answers as its function says, by the daemon's
//! clock, which jumps from poll to poll. Every request is recorded; days pass in seconds.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use dateline::clock::Clock;
use dateline::config::{FeedConfig, Settings};
use dateline::fetch::{Client, Options};
use dateline::health::Stats;
use dateline::journal::disk::{MemoryState, export};
use dateline::journal::{Batch, CommittedState, Journal, JournalError};
use dateline::options::Live;
use dateline::pipeline::{self, Mode, PipelineDeps};
use dateline::record::FeedEvent;
use dateline::state::{FeedState, Published};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A request as received, and the answer.
#[derive(Clone, Debug)]
pub struct Asked {
    /// By the daemon's clock.
    pub at: DateTime<Utc>,
    /// The number of earlier requests of this scene.
    pub n: usize,
    /// Within the scene's site.
    pub path: String,
    pub headers: HeaderMap,
    /// `http://host:port/scene`.
    pub base: String,
    pub reply: Reply,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    pub fn is_conditional(&self) -> bool {
        self.headers.contains_key(header::IF_NONE_MATCH) || self.headers.contains_key(header::IF_MODIFIED_SINCE)
    }
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// Whether the body never ends.
    pub hangs: bool,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str())
    }
}

/// A site, its script and what the daemon must do.
pub struct Scene {
    pub name: &'static str,
    /// What the site does.
    pub what: &'static str,
    pub reply: fn(&Asked) -> Reply,
    /// Returns what the daemon did about it, or what was wrong.
    pub check: fn(&Seen) -> Result<String, String>,
    /// Changes to the feed as listed; each makes one feed, with the scene's name or the one that it sets.
    pub feeds: Vec<fn(&mut FeedConfig)>,
    /// Whether the site gives no reason for more than one request without validators.
    pub once: bool,
}

/// Everything known about a scene at the end.
#[derive(Clone, Debug)]
pub struct Seen {
    pub asked: Vec<Asked>,
    pub events: Vec<FeedEvent>,
    /// Headlines of the articles in commit order.
    pub stories: Vec<String>,
    pub state: FeedState,
}

impl Seen {
    /// Returns the requests for a path.
    pub fn at(&self, path: &str) -> Vec<&Asked> {
        self.asked.iter().filter(|asked| asked.path == path).collect()
    }

    /// Returns the names of the events, without `added`.
    pub fn reported(&self) -> Vec<&'static str> {
        self.events.iter().map(|event| event.event.name()).filter(|name| *name != "added").collect()
    }

    /// Returns the shortest time between two requests for the feed.
    pub fn spacing(&self) -> TimeDelta {
        let feed = self.at("/feed.xml");
        feed.windows(2).map(|pair| pair[1].at - pair[0].at).min().unwrap_or(TimeDelta::MAX)
    }
}

struct Stage {
    scenes: HashMap<&'static str, fn(&Asked) -> Reply>,
    asked: BTreeMap<String, Vec<Asked>>,
    clock: Clock,
    base: String,
}

/// Plays all scenes from `start` for `days`, with a restart of the daemon in the middle.
pub fn play(scenes: &[Scene], start: DateTime<Utc>, days: i64) -> HashMap<&'static str, Seen> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let clock = Clock::jumping(start);
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let stage = Arc::new(Mutex::new(Stage {
        scenes: scenes.iter().map(|scene| (scene.name, scene.reply)).collect(),
        asked: BTreeMap::new(),
        clock: clock.clone(),
        base: base.clone(),
    }));
    let router = Router::new().fallback(answer).with_state(Arc::clone(&stage));
    runtime.spawn(async move { axum::serve(listener, router).await });
    let mut feeds = Vec::new();
    for scene in scenes {
        for change in &scene.feeds {
            let url = format!("{base}/{}/feed.xml", scene.name);
            let mut feed: FeedConfig =
                serde_json::from_value(serde_json::json!({ "id": scene.name, "url": url })).unwrap();
            change(&mut feed);
            feeds.push(feed);
        }
    }
    let journal = Arc::new(Memory { state: MemoryState::new().unwrap() });
    let reported = Arc::new(Mutex::new((Vec::<FeedEvent>::new(), Vec::<(String, String)>::new())));
    let end = start + TimeDelta::days(days);
    for until in [start + (end - start) / 2, end] {
        runtime.block_on(run(&feeds, &clock, until, &journal, &reported));
    }
    let (events, stories) = reported.lock().unwrap().clone();
    let states: HashMap<String, Vec<u8>> = export(&journal.state.committed()).unwrap().into_iter().collect();
    let mut asked = std::mem::take(&mut stage.lock().unwrap().asked);
    let seen = |scene: &Scene| Seen {
        asked: asked.remove(scene.name).unwrap_or_default(),
        events: events.iter().filter(|event| event.feed_id == scene.name).cloned().collect(),
        stories: stories
            .iter()
            .filter(|(url, _)| url.ends_with(&format!("/{}/feed.xml", scene.name)))
            .map(|(_, title)| title.clone())
            .collect(),
        state: states.get(scene.name).and_then(|value| serde_json::from_slice(value).ok()).unwrap_or_default(),
    };
    scenes.iter().map(seen).zip(scenes).map(|(seen, scene)| (scene.name, seen)).collect()
}

type Reported = Arc<Mutex<(Vec<FeedEvent>, Vec<(String, String)>)>>;

/// Runs the daemon once, until a time.
async fn run(feeds: &[FeedConfig], clock: &Clock, until: DateTime<Utc>, journal: &Arc<Memory>, reported: &Reported) {
    let mut settings = Settings::default();
    settings.schedule.interval = Duration::from_secs(30 * 60);
    settings.pipeline.pages = dateline::config::Pages::Never;
    settings.commit.linger = Duration::ZERO;
    let options = Options {
        read_timeout: Duration::from_millis(200),
        total_timeout: Duration::from_secs(1),
        max_body_bytes: 1 << 20,
        max_decoded_bytes: 1 << 20,
        per_host: 16,
        concurrency: 64,
        max_redirects: 5,
        robots: true,
        max_crawl_delay: Duration::from_millis(20),
        ..crate::client::options()
    };
    let stop = CancellationToken::new();
    let observer = {
        let (stop, clock, reported) = (stop.clone(), clock.clone(), Arc::clone(reported));
        Arc::new(move |published: &Published| {
            let mut reported = reported.lock().unwrap();
            match published {
                Published::Event(event) => reported.0.push((**event).clone()),
                Published::Article { article, .. } => {
                    // The first of a site's feeds.
                    let feed = article.feed.as_ref().map(|feed| feed.url.clone()).unwrap_or_default();
                    reported.1.push((feed, article.headline.clone().unwrap_or_default()));
                }
                _ => {}
            }
            if clock.now() >= until {
                stop.cancel();
            }
        })
    };
    let parts = PipelineDeps {
        settings: Live::new(settings),
        client: Live::new(Client::new(options).unwrap().with_clock(clock.clone())),
        journal: Arc::clone(journal) as Arc<dyn Journal>,
        extractor: Live::new(dateline::extract::Extractor::fast()),
        rules: Live::default(),
        filter: Live::default(),
        observer,
        stats: Arc::new(Stats::default()),
        push_inbox: Arc::default(),
    };
    let (_control, orders) = mpsc::channel(1);
    pipeline::run(parts, feeds.to_vec().into(), Mode::Forever, orders, stop).await.unwrap();
}

async fn answer(State(stage): State<Arc<Mutex<Stage>>>, request: Request) -> Response {
    let reply = {
        let mut stage = stage.lock().unwrap();
        let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        // The robots.txt of the host belongs to the scene with this name.
        let path = if path == "/robots.txt" { "/robots/robots.txt".to_owned() } else { path };
        let (scene, rest) = path[1..].split_at(path[1..].find('/').unwrap_or(path.len() - 1));
        let Some(script) = stage.scenes.get(scene).copied() else { return StatusCode::NOT_FOUND.into_response() };
        let mut asked = Asked {
            at: stage.clock.now(),
            n: stage.asked.get(scene).map_or(0, Vec::len),
            path: rest.to_owned(),
            headers: request.headers().clone(),
            base: format!("{}/{scene}", stage.base),
            reply: Reply::default(),
        };
        asked.reply = script(&asked);
        let reply = asked.reply.clone();
        let date = asked.at;
        stage.asked.entry(scene.to_owned()).or_default().push(asked);
        let known = reply.header("date").is_some();
        if known { reply } else { reply.with("date", http_date(date)) }
    };
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    let body = if reply.hangs {
        let start = futures_util::stream::iter([Ok::<_, std::io::Error>(reply.body)]);
        Body::from_stream(futures_util::StreamExt::chain(start, futures_util::stream::pending()))
    } else {
        Body::from(reply.body)
    };
    response.body(body).unwrap()
}

pub fn http_date(time: DateTime<Utc>) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A journal that keeps the state and discards the records.
struct Memory {
    state: MemoryState,
}

#[async_trait]
impl Journal for Memory {
    async fn restore(&self) -> Result<Arc<CommittedState>, JournalError> {
        Ok(self.state.committed())
    }

    async fn commit(&self, group: &[Batch]) -> Result<(), JournalError> {
        for change in group.iter().flat_map(|batch| &batch.state) {
            self.state.write(&change.key, change.value.as_deref()).unwrap();
        }
        Ok(())
    }

    fn max_value_bytes(&self) -> usize {
        1 << 20
    }
}
