//! The pages and the admin API over plain HTTP: who may change what, what is escaped, and their speed with 10,000 feeds
//! and 50,000 articles.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dateline::config::{self, FeedConfig, FeedList, SecretString, Settings};
use dateline::fetch::Client;
use dateline::health::{Registration, Stats};
use dateline::options::Live;
use dateline::pipeline::Control;
use dateline::schedule::Failure;
use dateline::serve::{Archive, EarlierStories, LiveFeedList, RecentActivity, Reload, Served, StoryView, serve};
use dateline::state::FeedState;
use serde_json::{Value, json};
use test_support::http::{Reply, ask};
use test_support::wait::wait_until;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A server in this process.
struct Server {
    address: String,
    orders: mpsc::Receiver<Control>,
    activity: Arc<RecentActivity>,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    fn start(folder: &Path, settings: Settings, list: &str, earlier: Option<EarlierStories>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let files = vec![folder.join("feeds.toml")];
        std::fs::write(&files[0], list).unwrap();
        let lists = files.clone();
        let reload: Reload = Box::new(move || config::read_lists(&lists).map(Into::into));
        let (control, orders) = mpsc::channel(8);
        let feeds = reload().unwrap().feeds;
        let archive = Archive::open(settings.serve.stories, earlier).unwrap();
        let activity = RecentActivity::new(Arc::new(Stats::default()), Some(archive), 1_000_000);
        let served = Served {
            activity: Arc::clone(&activity),
            feed_list: LiveFeedList::new(FeedList::new(files, feeds), reload, control),
            discovery: Live::new(Client::new(Settings::default().fetch).unwrap()),
            settings: Live::new(settings),
            filter: Live::default(),
            push_inbox: Arc::default(),
            max_connections: 100,
        };
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        runtime.spawn(serve(listener, served, CancellationToken::new()));
        Self { address, orders, activity, _runtime: runtime }
    }

    fn get(&self, path: &str) -> Reply {
        ask(&self.address, "GET", path, &[], "")
    }

    /// Waits until it keeps this many articles.
    fn keeps(&self, count: usize) {
        wait_until("the articles", || self.get("/api/v1/pipeline").json()["stories_kept"] == count);
    }

    /// Returns the best of five times of a page: other processes use this machine too.
    fn time(&self, path: &str) -> Duration {
        (0..5).map(|_| self.get(path).took).min().unwrap()
    }

    /// Starts a server with this many feeds, and five times as many articles.
    fn with(folder: &Path, feeds: usize) -> Self {
        let all: Vec<FeedConfig> = (0..feeds).map(feed).collect();
        let earlier: EarlierStories = Box::new((1..=5 * feeds as u64).map(story));
        let server = Self::start(folder, Settings::default(), &config::to_toml(&all), Some(earlier));
        let ids: Vec<String> = all.iter().map(|feed| feed.id.clone()).collect();
        for minute in 0..24 {
            let states: Vec<FeedState> = (0..feeds).map(|number| state(number, minute * 10)).collect();
            record(&server, &ids, &states);
        }
        server.keeps(5 * feeds);
        server
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");
const MARK: (&str, &str) = ("x-dateline", "1");
const NEW: &str = "{\"url\":\"https://new.example/rss\"}";
const LIST: &str = "# Ours.\n[[feed]]\nid = \"a/b\"\nurl = \"https://me:s3cret@a.example/rss\"\n";

#[test]
fn changes_need_this_machine_or_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), Settings::default(), LIST, None);
    let server_address = server.address.clone();
    let add =
        |headers: &[(&str, &str)]| ask(&server_address, "POST", "/api/v1/feeds", &[&[JSON], headers].concat(), NEW);
    let text = || std::fs::read_to_string(folder.path().join("feeds.toml")).unwrap();
    for (headers, status) in [
        (vec![], 403),
        (vec![MARK, ("origin", "https://evil.example")], 403),
        (vec![MARK, ("origin", "null")], 403),
        (vec![MARK, ("sec-fetch-site", "cross-site")], 403),
        (vec![MARK, ("sec-fetch-site", "same-site")], 403),
        (vec![MARK, ("x-forwarded-for", "192.0.2.1")], 403),
        (vec![MARK, ("host", "evil.example")], 421),
    ] {
        let reply = add(&headers);
        assert_eq!(reply.status, status, "{headers:?}: {}", reply.body);
    }
    // A request that another site's form can send without permission.
    let form = [("content-type", "text/plain"), MARK];
    assert_eq!(ask(&server_address, "POST", "/api/v1/feeds", &form, NEW).status, 400);
    for path in ["/api/v1/feeds/a%2Fb", "/api/v1/feeds/a%2Fb/pause"] {
        let method = if path.ends_with("pause") { "POST" } else { "DELETE" };
        assert_eq!(ask(&server_address, method, path, &[], "").status, 403, "{path}");
    }
    assert_eq!(ask(&server_address, "POST", "/api/v1/discover", &[JSON], NEW).status, 403);
    assert_eq!(text(), LIST, "nothing was changed");
    for (host, path) in [("evil.example", "/"), ("evil.example", "/api/v1/feeds"), ("evil.example", "/events")] {
        assert_eq!(ask(&server_address, "GET", path, &[("host", host)], "").status, 421, "{path}");
    }

    let added = add(&[MARK]);
    assert_eq!((added.status, added.json()["id"].as_str()), (201, Some("new.example-rss")), "{}", added.body);
    assert!(text().starts_with(LIST) && text().contains("https://new.example/rss"), "{}", text());
    let Some(Control::Feeds(feeds)) = server.orders.blocking_recv() else { panic!("the daemon received no list") };
    assert_eq!(feeds.len(), 2);
    assert_eq!(add(&[MARK]).status, 409);
    let change = |method: &str, path: &str| ask(&server_address, method, path, &[MARK], "").status;
    assert_eq!(change("POST", "/api/v1/feeds/a%2Fb/pause"), 204);
    assert!(text().contains("rss\"\npaused = true\n"));
    assert_eq!(change("POST", "/api/v1/feeds/a%2Fb/poll"), 400, "it is paused");
    assert_eq!(change("DELETE", "/api/v1/feeds/new.example-rss"), 204);
    assert_eq!(change("DELETE", "/api/v1/feeds/new.example-rss"), 404);
    assert_eq!(change("POST", "/api/v1/feeds/a%2Fb/resume"), 204);
    assert_eq!(text(), LIST);
    for path in ["/feeds", "/api/v1/feeds", "/api/v1/feeds/a%2Fb"] {
        let reply = server.get(path);
        assert!(reply.status == 200 && reply.body.contains("a.example") && !reply.body.contains("s3cret"), "{path}");
    }
}

#[test]
fn a_token_is_required_for_changes_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::default();
    let token = "a-token-for-this-test";
    settings.serve.token = Some(SecretString(token.into()));
    let server = Server::start(folder.path(), settings, LIST, None);
    let pause = |given: &str| {
        let bearer = format!("Bearer {given}");
        ask(&server.address, "POST", "/api/v1/feeds/a%2Fb/pause", &[MARK, ("authorization", &bearer)], "")
    };
    assert_eq!((pause("").status, pause("a-token-for-this-tesT").status), (401, 401));
    assert_eq!(ask(&server.address, "POST", "/api/v1/feeds/a%2Fb/pause", &[MARK], "").status, 401);
    assert_eq!(pause(token).status, 204);
    for path in ["/", "/feeds", "/quotes", "/pipeline", "/metrics", "/api/v1/pipeline"] {
        assert!(!server.get(path).body.contains(token), "{path}");
    }
}

#[test]
fn every_answer_has_security_headers() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), Settings::default(), LIST, None);
    for path in [
        "/",
        "/quotes",
        "/feeds",
        "/pipeline",
        "/story/x",
        "/none",
        "/api/v1/feeds",
        "/static/style.css",
        "/health/live",
    ] {
        let reply = server.get(path);
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("data:"), "{path}: {policy}");
        assert_eq!(
            (reply.header("x-content-type-options"), reply.header("referrer-policy")),
            ("nosniff", "no-referrer")
        );
        assert!(!reply.body.contains(" style=") && !reply.body.contains("<style"), "{path}");
        assert!(!reply.body.contains("<script>"), "{path}");
    }
    // Invalid addresses get an answer, but never a server error.
    for path in
        ["/quotes?q=%22%22%22+AND+%28&from=x&to=2025-13-01", "/feeds?page=99999999&sort=name&status=x", "/story/%00"]
    {
        assert!(server.get(path).status < 500, "{path}");
    }
    assert_eq!(server.get("/api/v1/quotes?before=x").status, 400);
    assert_eq!(server.get("/feeds?sort=x").status, 400);
}

/// Panics if a value does not match its schema in the description, or has a property that the schema does not name.
fn fits(description: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(description, description.pointer(&reference[1..]).expect(reference), value, at);
    }
    if let Some(kinds) = schema["oneOf"].as_array() {
        let kind = kinds.iter().find(|kind| (kind["type"] == "null") == value.is_null());
        return fits(description, kind.expect(at), value, at);
    }
    let named = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types = &schema["type"];
    let is_typed = |name: &str| types == name || types.as_array().is_some_and(|types| types.contains(&json!(name)));
    assert!(
        is_typed(named) || named == "integer" && is_typed("number") || schema["allOf"].is_array(),
        "{at}: {value} is no {types}"
    );
    let places = schema["enum"].as_array();
    assert!(places.is_none_or(|places| places.contains(value)), "{at}: {value} is none of {places:?}");
    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
        let place = schema["prefixItems"].get(n).unwrap_or(&schema["items"]);
        fits(description, place, item, &format!("{at}[{n}]"));
    }
    let known = properties(description, schema);
    for (name, part) in value.as_object().into_iter().flatten().filter(|_| !known.is_empty()) {
        let place = known.get(name).unwrap_or_else(|| panic!("{at}.{name} is not described"));
        fits(description, place, part, &format!("{at}.{name}"));
    }
}

/// Returns the properties of an object, including those of the objects it is composed of.
fn properties(description: &Value, schema: &Value) -> serde_json::Map<String, Value> {
    let mut known = schema["properties"].as_object().cloned().unwrap_or_default();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let part = part["$ref"].as_str().map_or(part, |reference| description.pointer(&reference[1..]).unwrap());
        known.extend(properties(description, part));
    }
    known
}

#[test]
fn answers_match_the_openapi_description() {
    let folder = tempfile::tempdir().unwrap();
    let earlier: EarlierStories = Box::new((1..=2).map(story));
    let server = Server::start(folder.path(), Settings::default(), LIST, Some(earlier));
    record(&server, &["a/b".into()], &[state(9, 0)]);
    server.keeps(2);
    let description = server.get("/api/v1/openapi.json").json();
    let base = description["servers"][0]["url"].as_str().unwrap();
    let mut answers = 0;
    for (path, item) in description["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get") else { continue };
        let id = if path.starts_with("/stories/") { uuid::Uuid::from_u128(2).to_string() } else { "a%2Fb".into() };
        for (id, status) in [(id.as_str(), "200"), ("none", "default")] {
            if status == "default" && !path.contains("{id}") {
                continue;
            }
            let reply = server.get(&format!("{base}{}", path.replace("{id}", id)));
            assert_eq!(reply.status, if status == "200" { 200 } else { 404 }, "{path}");
            let mut response = &operation["responses"][status];
            if let Some(reference) = response["$ref"].as_str() {
                response = description.pointer(&reference[1..]).unwrap();
            }
            let schema = &response["content"]["application/json"]["schema"];
            if schema.is_object() {
                fits(&description, schema, &reply.json(), path);
                answers += 1;
            }
        }
    }
    assert_eq!(answers, 12);
}

/// Returns the head and the body of an answer, unparsed.
fn raw(server: &Server, path: &str, most: usize) -> (String, Vec<u8>) {
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nhost: localhost\r\naccept-encoding: gzip, br\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    while answer.len() < most {
        match stream.read(&mut part).unwrap() {
            0 => break,
            length => answer.extend_from_slice(&part[..length]),
        }
    }
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    (String::from_utf8(answer[..head].to_vec()).unwrap().to_lowercase(), answer.split_off(head + 4))
}

#[test]
fn answers_are_compressed_on_request_but_never_event_streams() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), Settings::default(), LIST, None);
    let plain = server.get("/static/style.css");
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
    let (head, body) = raw(&server, "/static/style.css", usize::MAX);
    assert!(head.contains("content-encoding: gzip") && head.contains("content-security-policy:"), "{head}");
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut unpacked).unwrap();
    assert!(unpacked == plain.body && body.len() < unpacked.len() / 2);
    let (head, body) = raw(&server, "/events", 600);
    assert!(head.contains("text/event-stream") && !head.contains("content-encoding"), "{head}");
    assert!(String::from_utf8_lossy(&body).starts_with("event: "), "{body:?}");
}

/// Registers the feeds and records a poll of each.
fn record(server: &Server, ids: &[String], states: &[FeedState]) {
    let registry = &server.activity.stats.feeds;
    let report = |id: &str| registry.read(|feeds| feeds.get(id)?.report());
    let known: Vec<_> = ids.iter().map(|id| (id, report(id))).collect();
    let registered = known.into_iter().map(|(id, report)| Registration { id, paused: false, report });
    registry.register(registered, chrono::Utc::now());
    for (id, state) in ids.iter().zip(states) {
        registry.record(id, state.report().unwrap());
    }
}

fn feed(number: usize) -> FeedConfig {
    FeedConfig {
        id: format!("site-{number}.example-news-rss"),
        url: format!("https://site-{number}.example/news/rss.xml?section={}", number % 7),
        title: Some(format!("The Gazette of Town {number}").into()),
        ..FeedConfig::default()
    }
}

fn state(number: usize, minute: i64) -> FeedState {
    let at = |minutes: i64| chrono::DateTime::from_timestamp(1_700_000_000 + minutes * 60, 0).unwrap();
    let failure = number.is_multiple_of(9).then_some(Failure::Unreachable);
    FeedState {
        url: feed(number).url,
        polled: Some(at(minute)),
        succeeded: Some(at(minute)),
        changed: Some(at(minute / 3)),
        due: at(minute + 10),
        reason: "the rhythm of its entries".into(),
        failures: if failure.is_some() { 5 } else { 0 },
        error: failure.map(|_| "no connection to the server: connection refused (os error 111)".repeat(3)),
        failure,
        ..FeedState::default()
    }
}

fn story(number: u64) -> StoryView {
    let paragraph = format!(
        "The council of town {number} met on Tuesday evening to debate the long awaited plan, which residents have followed with \
         interest for most of the year, as Maria Keller told reporters in Springfield. "
    )
    .repeat(3);
    let text = format!("Council debates plan {number}\n\n{}", [paragraph.trim(); 8].join("\n\n"));
    let mut blocks = vec![json!({ "kind": "headline", "start": 0, "end": text.find('\n').unwrap() })];
    let mut at = text.find('\n').unwrap() + 2;
    for part in text[at..].split("\n\n") {
        blocks.push(json!({ "kind": "paragraph", "start": at, "end": at + part.len() }));
        at += part.len() + 2;
    }
    let id = uuid::Uuid::from_u128(u128::from(number) + 1);
    let mentions: Vec<Value> = text
        .match_indices("Maria Keller")
        .map(|(start, name)| json!({ "start": start, "end": start + name.len(), "text": name, "kind": "name" }))
        .collect();
    let speaker = format!("Speaker {}", number % 5_000);
    let quote = |n: u64| {
        json!({ "id": format!("{n}"), "article_id": id, "revision": 1, "type": "direct", "segments": [{ "start": 40, "end": 90 }],
                "text": format!("We will review plan {number} of the council for the time before the summer {n}"), "quoted": [],
                "speaker": { "name": speaker, "entity_id": "e1", "start": 1, "end": 2, "text": speaker, "role": null, "confidence": 0.9 },
                "cue": null, "block": 1 + n, "confidence": 0.9 })
    };
    let article = json!({
        "id": id, "revision": 1, "pubstatus": "usable", "content_source": "page", "text": text, "word_count": 300, "blocks": blocks,
        "headline": format!("Council debates plan {number}"), "publisher": format!("The Gazette of Town {}", number % 10_000),
        "published": "2025-06-03T10:00:00Z", "first_seen": "2025-06-03T10:01:00Z",
        "feed": { "id": format!("site-{}.example-news-rss", number % 10_000), "url": "https://example.org/", "title": null }
    });
    let entities = json!({ "article_id": id, "revision": 1, "entities": [{ "id": "e1", "name": "Maria Keller", "type": "person",
                           "salience": 0.9, "wikidata": null, "mentions": mentions }] });
    StoryView {
        number,
        article: serde_json::from_value(article).unwrap(),
        entities: serde_json::from_value(entities).unwrap(),
        quotes: (0..3).map(|n| serde_json::from_value(quote(n)).unwrap()).collect(),
    }
}

/// Pages that take less are fast enough, whatever the number of feeds.
const FAST: Duration = Duration::from_millis(100);

#[test]
fn pages_stay_fast_with_ten_thousand_feeds() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let (small, server) = (Server::with(folders[0].path(), 1_000), Server::with(folders[1].path(), 10_000));
    let story = format!("/story/{}", uuid::Uuid::from_u128(25_001));
    for (path, has) in [
        ("/", "Council debates plan 50000"),
        (story.as_str(), "Council debates plan 25000"),
        ("/quotes", "Most quoted"),
        ("/quotes?q=council", "We will review plan 50000"),
        ("/quotes?q=review+plan+12345", "We will review plan 12345"),
        ("/quotes?speaker=speaker+4711", "Speaker 4711"),
        ("/quotes?source=town+7777&q=council", "plan 47777"),
        ("/quotes?q=nothing+like+this+at+all", "No quotation matches"),
        ("/quotes?from=2025-06-03&to=2025-06-03&source=site-77.example-news-rss", "plan 40077"),
        ("/feeds", "1112 need attention"),
        ("/feeds?page=200", "Page 200 of 200"),
        ("/feeds?sort=name&page=7", "The Gazette of Town"),
        ("/feeds?q=town+99&status=unreachable", "unreachable"),
        ("/pipeline", "Overdue feeds"),
    ] {
        let (reply, took) = (server.get(path), server.time(path));
        println!("{:>6.1} ms {:>7} bytes  {path}", took.as_secs_f64() * 1_000.0, reply.body.len());
        assert!(reply.status == 200 && reply.body.contains(has), "{path} lacks {has}");
        assert!(reply.body.len() < 200_000, "{path}: {} bytes", reply.body.len());
        // On a slow machine the page may take longer, but not ten times as long as with a tenth of the feeds.
        assert!(took < FAST || took < small.time(path) * 5, "{path}: {took:?}");
    }
}
