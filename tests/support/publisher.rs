//! A publisher on loopback: feeds with summaries, a page for each article, validators, and a record of every request.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Names that the extraction recognizes as people.
const SPEAKERS: [&str; 6] =
    ["Maria Keller", "James Okafor", "Anna Lindqvist", "David Moreau", "Susan Whitfield", "Peter Novak"];

/// An article in its current form.
#[derive(Clone, Debug)]
pub struct Story {
    pub feed: usize,
    pub number: usize,
    /// 1 when published, plus one for each change.
    pub edition: u32,
    /// Whether its feed says that it was deleted.
    pub is_withdrawn: bool,
}

impl Story {
    pub fn path(&self) -> String {
        format!("/feed/{}/story/{}", self.feed, self.number)
    }

    pub fn headline(&self) -> String {
        format!("Council {} debates plan {}", self.feed, self.number)
    }

    /// Returns the article's one quotation: it changes with the edition.
    pub fn quotation(&self) -> String {
        self.quotation_of(self.edition)
    }

    /// Returns the quotation of an edition.
    pub fn quotation_of(&self, edition: u32) -> String {
        format!(
            "We will review plan {} of council {} for the {} time before the summer",
            self.number,
            self.feed,
            ordinal(edition)
        )
    }

    pub fn speaker(&self) -> &'static str {
        SPEAKERS[(self.feed + self.number) % SPEAKERS.len()]
    }

    fn page(&self, base: &str) -> String {
        let (headline, quotation, speaker) = (self.headline(), self.quotation(), self.speaker());
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><title>{headline} | The Loopback Post</title>\
             <link rel=\"canonical\" href=\"{base}{path}\"></head><body><nav><a href=\"/\">Home</a></nav><article><h1>{headline}</h1>\
             <p>The council of district {feed} met on Tuesday evening to debate the long awaited plan number {number}, which \
             residents have followed with interest for most of the year.</p>\
             <p>\u{201c}{quotation},\u{201d} said {speaker}, who leads the planning committee of the district.</p>\
             <p>The meeting lasted three hours, and more than a hundred residents came to the town hall to listen to the \
             debate about roads, schools and the new library.</p></article><footer>All rights reserved.</footer></body></html>",
            path = self.path(),
            feed = self.feed,
            number = self.number,
        )
    }
}

fn ordinal(n: u32) -> String {
    ["zeroth", "first", "second", "third", "fourth", "fifth"]
        .get(n as usize)
        .map_or(format!("{n}th"), ToString::to_string)
}

/// A request as received.
#[derive(Clone, Debug)]
pub struct Request {
    pub at: Instant,
    pub path: String,
    pub conditional: bool,
    pub not_modified: bool,
    /// Who asked.
    pub agent: String,
    /// The address that was asked, and when it had answered.
    pub host: usize,
    pub answered: Option<Instant>,
}

struct Shared {
    /// The feeds whose articles each digest shows.
    digests: Vec<Vec<usize>>,
    /// When its feed first showed each edition (URL path and number).
    shown: HashMap<(String, u32), Instant>,
    bases: Vec<String>,
    stories: Vec<Vec<Story>>,
    requests: Vec<Request>,
    page_delay: Duration,
}

/// A publisher that runs until dropped.
pub struct Publisher {
    shared: Arc<Mutex<Shared>>,
    _runtime: tokio::runtime::Runtime,
}

type Site = (usize, Arc<Mutex<Shared>>);

impl Publisher {
    /// Starts `feeds` feeds spread over `hosts` loopback addresses.
    pub fn start(feeds: usize, hosts: usize, page_delay: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let shared = Arc::new(Mutex::new(Shared {
            digests: Vec::new(),
            shown: HashMap::new(),
            bases: Vec::new(),
            stories: vec![Vec::new(); feeds],
            requests: Vec::new(),
            page_delay,
        }));
        for host in 0..hosts {
            let address = Ipv4Addr::new(127, 0, 0, u8::try_from(host + 1).unwrap());
            let listener = runtime.block_on(tokio::net::TcpListener::bind((address, 0))).unwrap();
            shared.lock().unwrap().bases.push(format!("http://{}", listener.local_addr().unwrap()));
            let router = Router::new()
                .route("/feed/{feed}/rss.xml", get(feed))
                .route("/feed/{feed}/story/{story}", get(page))
                .route("/digest/{digest}/rss.xml", get(digest))
                .with_state((host, Arc::clone(&shared)));
            runtime.spawn(async move { axum::serve(listener, router).await });
        }
        Self { shared, _runtime: runtime }
    }

    /// Does the same with this many articles in each feed.
    pub fn stocked(feeds: usize, hosts: usize, page_delay: Duration, stories: usize) -> Self {
        let publisher = Self::start(feeds, hosts, page_delay);
        for feed in 0..feeds {
            (0..stories).for_each(|_| publisher.publish(feed));
        }
        publisher
    }

    fn base(&self, feed: usize) -> String {
        let shared = self.shared.lock().unwrap();
        shared.bases[feed % shared.bases.len()].clone()
    }

    /// Returns the URL of a feed.
    pub fn feed_url(&self, feed: usize) -> String {
        format!("{}/feed/{feed}/rss.xml", self.base(feed))
    }

    /// Returns the feed list in TOML.
    pub fn feed_list(&self) -> String {
        let (feeds, digests) = {
            let shared = self.shared.lock().unwrap();
            (shared.stories.len(), shared.digests.clone())
        };
        let feeds = (0..feeds).map(|i| (format!("council-{i}"), self.feed_url(i)));
        let digests = digests.iter().enumerate().map(|(n, of)| {
            (format!("digest-{n}"), format!("{}/digest/{n}/rss.xml", self.base(of.first().map_or(0, |feed| feed + 1))))
        });
        feeds.chain(digests).map(|(id, url)| format!("[[feed]]\nid = \"{id}\"\nurl = \"{url}\"\n\n")).collect()
    }

    /// Adds a feed that shows the articles of all these feeds, on the address of the first one's neighbour.
    pub fn digest(&self, feeds: Vec<usize>) {
        self.shared.lock().unwrap().digests.push(feeds);
    }

    /// Publishes a new article in a feed.
    pub fn publish(&self, feed: usize) {
        let stories = &mut self.shared.lock().unwrap().stories[feed];
        stories.push(Story { feed, number: stories.len(), edition: 1, is_withdrawn: false });
    }

    /// Changes an article: its page, and its entry in the feed.
    pub fn change(&self, feed: usize, number: usize) {
        if let Some(story) = self.shared.lock().unwrap().stories[feed].get_mut(number) {
            story.edition += 1;
        }
    }

    /// Withdraws an article: its feed says that it was deleted, and its page no longer exists.
    pub fn withdraw(&self, feed: usize, number: usize) {
        if let Some(story) = self.shared.lock().unwrap().stories[feed].get_mut(number) {
            story.is_withdrawn = true;
        }
    }

    /// Returns all articles in their current form, with their URLs.
    pub fn stories(&self) -> Vec<(String, Story)> {
        let shared = self.shared.lock().unwrap();
        let url = |story: &Story| format!("{}{}", shared.bases[story.feed % shared.bases.len()], story.path());
        shared.stories.iter().flatten().map(|story| (url(story), story.clone())).collect()
    }

    /// Returns when the article's current edition first appeared in a feed's answer.
    pub fn shown(&self, story: &Story) -> Option<Instant> {
        self.shared.lock().unwrap().shown.get(&(story.path(), story.edition)).copied()
    }

    /// Returns how often a page was asked for while another one of its site was being sent to somebody else.
    pub fn asked_by_two(&self) -> usize {
        let mut pages: Vec<Request> = self
            .shared
            .lock()
            .unwrap()
            .requests
            .iter()
            .filter(|request| request.path.contains("/story/"))
            .cloned()
            .collect();
        pages.sort_by_key(|request| (request.host, request.at));
        let is_shared = |pair: &[Request]| {
            let [one, next] = pair else { return false };
            one.host == next.host && one.agent != next.agent && one.answered.is_none_or(|answered| answered > next.at)
        };
        pages.windows(2).filter(|pair| is_shared(pair)).count()
    }

    /// Returns the requests so far, by path.
    pub fn requests(&self) -> HashMap<String, Vec<Request>> {
        let mut by_path: HashMap<String, Vec<Request>> = HashMap::new();
        for request in &self.shared.lock().unwrap().requests {
            by_path.entry(request.path.clone()).or_default().push(request.clone());
        }
        by_path
    }
}

async fn feed(State((host, shared)): State<Site>, Path(number): Path<usize>, headers: HeaderMap) -> Response {
    let mut shared = shared.lock().unwrap();
    let Some(stories) = shared.stories.get(number).cloned() else { return StatusCode::NOT_FOUND.into_response() };
    let (title, path) = (format!("Council {number}"), format!("/feed/{number}/rss.xml"));
    let (link, stories) = (shared.bases[host].clone(), stories.iter().rev().collect::<Vec<_>>());
    show(&mut shared, &title, path, &link, &stories, &headers)
}

async fn digest(State((host, shared)): State<Site>, Path(number): Path<usize>, headers: HeaderMap) -> Response {
    let mut shared = shared.lock().unwrap();
    let Some(feeds) = shared.digests.get(number) else { return StatusCode::NOT_FOUND.into_response() };
    let stories: Vec<Story> = feeds.iter().flat_map(|feed| shared.stories[*feed].clone()).collect();
    let (title, path) = (format!("Digest {number}"), format!("/digest/{number}/rss.xml"));
    let stories: Vec<&Story> = stories.iter().rev().collect();
    let link = shared.bases[host].clone();
    show(&mut shared, &title, path, &link, &stories, &headers)
}

/// Answers with a feed that shows these articles.
fn show(
    shared: &mut Shared,
    title: &str,
    path: String,
    link: &str,
    stories: &[&Story],
    headers: &HeaderMap,
) -> Response {
    let items: String = stories
        .iter()
        .map(|story| {
            if story.is_withdrawn {
                return format!(
                    "<at:deleted-entry ref=\"c{}-{}\" when=\"2025-06-03T10:01:00Z\"/>\n",
                    story.feed, story.number
                );
            }
            let base = &shared.bases[story.feed % shared.bases.len()];
            format!(
                "<item><title>{}</title><link>{base}{}?utm_source=rss</link><guid isPermaLink=\"false\">c{}-{}</guid>\
                 <description>The council met on Tuesday.</description><pubDate>Tue, 03 Jun 2025 10:00:{:02} GMT</pubDate></item>\n",
                story.headline(),
                story.path(),
                story.feed,
                story.number,
                story.edition % 60,
            )
        })
        .collect();
    let etag = format!(
        "\"{}-{}\"",
        stories.len(),
        stories.iter().map(|s| u64::from(s.edition) + u64::from(s.is_withdrawn)).sum::<u64>()
    );
    let shown: Vec<(String, u32)> = stories.iter().map(|story| (story.path(), story.edition)).collect();
    let asked = headers.get(header::IF_NONE_MATCH).map(|value| value.as_bytes().to_vec());
    let not_modified = asked.as_deref() == Some(etag.as_bytes());
    let at = Instant::now();
    shared.requests.push(Request {
        at,
        path,
        conditional: asked.is_some(),
        not_modified,
        agent: agent(headers),
        host: 0,
        answered: Some(at),
    });
    if not_modified {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let now = Instant::now();
    for edition in shown {
        shared.shown.entry(edition).or_insert(now);
    }
    let body = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:at=\"http://purl.org/atompub/tombstones/1.0\"><channel><title>{title}</title><link>{link}/</link>\
         <description>News</description>\n{items}</channel></rss>"
    );
    ([(header::ETAG, etag), (header::CONTENT_TYPE, "application/rss+xml".to_owned())], body).into_response()
}

fn agent(headers: &HeaderMap) -> String {
    headers
        .get(header::USER_AGENT)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default()
}

async fn page(
    State((host, shared)): State<Site>,
    Path((feed, story)): Path<(usize, usize)>,
    headers: HeaderMap,
) -> Response {
    let (delay, html, number) = {
        let mut shared = shared.lock().unwrap();
        let path = format!("/feed/{feed}/story/{story}");
        let number = shared.requests.len();
        let (at, agent) = (Instant::now(), agent(&headers));
        shared.requests.push(Request {
            at,
            path,
            conditional: false,
            not_modified: false,
            agent,
            host,
            answered: None,
        });
        let base = shared.bases[host].clone();
        let story = shared.stories.get(feed).and_then(|stories| stories.get(story)).filter(|story| !story.is_withdrawn);
        (shared.page_delay, story.map(|story| story.page(&base)), number)
    };
    tokio::time::sleep(delay).await;
    shared.lock().unwrap().requests[number].answered = Some(Instant::now());
    match html {
        Some(html) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
