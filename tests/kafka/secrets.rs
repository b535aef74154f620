//! Plants secrets wherever a feed can carry one and checks that no outlet shows them: topics, store, logs, traces,
//! metrics, API, pages, commands. Secrets that an earlier version wrote must also disappear from the state.

use std::collections::BTreeMap;
use std::process::Output;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use dateline::journal::kafka::KafkaJournal;
use dateline::journal::sqlite::{self, SqliteJournal};
use dateline::journal::{Batch, Journal, StateChange};
use serde_json::Value;
use test_support::daemon::{Daemon, stderr};
use test_support::free_port;
use test_support::http::ask;
use test_support::kafka;
use test_support::server::Server;

use crate::options;

/// Must not appear in any outlet, in any spelling.
const PLANTED: [&str; 5] = ["hunter2", "t0k3n-planted", "l1nk-planted", "r3direct-planted", "hubs3cret-planted"];
const LOGIN: &str = "mina:hunter2%2B@";
const TOKEN: &str = "user=7&token=t0k3n-planted";

/// The requests to the site.
#[derive(Default)]
struct Asked {
    /// Path, and the value of `Authorization`, if sent.
    requests: Vec<(String, Option<String>)>,
    /// The requests to the hub, and its address.
    forms: Vec<(String, BTreeMap<String, String>)>,
}

/// A site whose feeds require credentials, and a hub.
struct Site {
    asked: Arc<Mutex<Asked>>,
    host: String,
    elsewhere: String,
    _runtime: tokio::runtime::Runtime,
}

#[derive(Clone)]
struct App {
    asked: Arc<Mutex<Asked>>,
    host: String,
    elsewhere: String,
    client: reqwest::Client,
}

impl Site {
    fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let bind = |address| runtime.block_on(tokio::net::TcpListener::bind(address)).unwrap();
        let (here, there) = (bind("127.0.0.1:0"), bind("127.0.0.2:0"));
        let name = |listener: &tokio::net::TcpListener| listener.local_addr().unwrap().to_string();
        let (host, elsewhere) = (name(&here), name(&there));
        let (asked, client) = (Arc::<Mutex<Asked>>::default(), reqwest::Client::new());
        let app = App { asked: Arc::clone(&asked), host: host.clone(), elsewhere: elsewhere.clone(), client };
        for listener in [here, there] {
            let router = Router::new().fallback(serve).with_state(app.clone());
            runtime.spawn(async move { axum::serve(listener, router).await });
        }
        Self { asked, host, elsewhere, _runtime: runtime }
    }

    /// Returns the feed list, without ids except one.
    fn feed_list(&self) -> String {
        let (host, nobody) = (&self.host, free_port());
        let feed = |url: String, more: &str| format!("[[feed]]\nurl = \"http://{url}\"\n{more}\n");
        let private = "private = true\n";
        [
            feed(format!("{LOGIN}{host}/login/feed.xml"), ""),
            feed(format!("{LOGIN}{host}/moved.xml"), "id = \"moved\"\n"),
            feed(format!("{LOGIN}{host}/elsewhere.xml"), ""),
            // Lets the redirect lead into this network.
            feed(format!("{}/open.xml", self.elsewhere), ""),
            feed(format!("{LOGIN}{host}/broken.xml"), ""),
            feed(format!("{LOGIN}127.0.0.1:{nobody}/feed.xml"), ""),
            feed(format!("{host}/private/feed.xml?{TOKEN}"), private),
            feed(format!("{host}/broken.xml?{TOKEN}"), private),
            feed(format!("{host}/circle.xml?{TOKEN}"), private),
            feed(format!("127.0.0.1:{nobody}/feed.xml?{TOKEN}"), private),
        ]
        .join("\n")
    }

    fn authorizations(&self, path: &str) -> Vec<Option<String>> {
        let asked = self.asked.lock().unwrap();
        asked.requests.iter().filter(|(of, _)| of == path).map(|(_, sent)| sent.clone()).collect()
    }

    fn forms(&self, mode: &str) -> Vec<(String, BTreeMap<String, String>)> {
        let forms = self.asked.lock().unwrap().forms.clone();
        forms.into_iter().filter(|(_, form)| form["hub.mode"] == mode).collect()
    }
}

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

fn items(host: &str, name: &str, query: &str) -> String {
    let item = |n: usize| {
        format!(
            "<item><title>Harbour board of {name} votes for plan {n}</title>\
             <link>http://reader:l1nk-planted@{host}/{name}/{n}?id={n}{query}</link>\
             <guid>http://reader:l1nk-planted@{host}/{name}/{n}?id={n}{query}</guid>\
             <comments>http://reader:l1nk-planted@{host}/{name}/{n}/comments</comments>\
             <enclosure url=\"http://reader:l1nk-planted@{host}/{name}/{n}.mp3?n=1{query}\" type=\"audio/mpeg\" length=\"9\"/>\
             <description>&lt;p&gt;The board voted on Tuesday for plan {n} of {name}, and \u{201c}we will keep to it,\u{201d} said Anna \
             Lindqvist.&lt;/p&gt;&lt;img src=\"http://reader:l1nk-planted@{host}/{name}/{n}.jpg?w=9{query}\"&gt;</description></item>"
        )
    };
    (1..=2).map(item).collect()
}

fn feed(host: &str, name: &str, query: &str, links: &str) -> Response {
    let items = items(host, name, query);
    let body = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>{name}</title>\
         <link>http://reader:l1nk-planted@{host}/</link><description>News</description>{links}{items}</channel></rss>"
    );
    ([(header::CONTENT_TYPE, "application/rss+xml")], body).into_response()
}

async fn serve(State(app): State<App>, uri: Uri, headers: HeaderMap, request: Request) -> Response {
    let sent = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    app.asked.lock().unwrap().requests.push((uri.path().to_owned(), sent.clone()));
    let (host, query) = (&app.host, uri.query().unwrap_or_default());
    let refused = || (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"x\"")]).into_response();
    let to =
        |status: u16, to: String| (StatusCode::from_u16(status).unwrap(), [(header::LOCATION, to)]).into_response();
    match uri.path() {
        "/login/feed.xml" if sent.as_deref() != Some(&basic("mina:hunter2+")) => refused(),
        "/login/feed.xml" => feed(host, "login", "", ""),
        "/moved.xml" => to(301, format!("http://you:r3direct-planted@{host}/target.xml")),
        "/target.xml" if sent.as_deref() != Some(&basic("you:r3direct-planted")) => refused(),
        "/target.xml" => feed(host, "target", "", ""),
        "/elsewhere.xml" => to(302, format!("http://{}/open.xml", app.elsewhere)),
        "/open.xml" => feed(host, "open", "", ""),
        // Each answer echoes the secrets of its feed.
        "/broken.xml" => match sent {
            Some(sent) => format!("no feed for {sent}: hunter2+, hunter2%2B").into_response(),
            None => format!("no feed for {query}").into_response(),
        },
        "/circle.xml" => to(302, format!("/circle.xml?{query}&n=l1nk-planted")),
        "/private/feed.xml" if query != TOKEN => refused(),
        "/private/feed.xml" => {
            let own = format!("http://{host}/private/feed.xml?{}", TOKEN.replace('&', "&amp;"));
            let links = format!(
                "<atom:link rel=\"self\" href=\"{own}\"/>\
                 <atom:link rel=\"hub\" href=\"http://hubuser:hubs3cret-planted@{host}/hub?key=hubs3cret-planted\"/>"
            );
            feed(host, "private", "&amp;token=t0k3n-planted", &links)
        }
        "/hub" => {
            let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
            let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
            app.asked.lock().unwrap().forms.push((query.to_owned(), form.clone()));
            tokio::spawn(async move {
                let field = |name: &str| form.get(name).cloned().unwrap_or_default();
                let mut url = url::Url::parse(&field("hub.callback")).unwrap();
                url.query_pairs_mut()
                    .append_pair("hub.mode", &field("hub.mode"))
                    .append_pair("hub.topic", &field("hub.topic"))
                    .append_pair("hub.challenge", "let me in")
                    .append_pair("hub.lease_seconds", "864000");
                let _ = app.client.get(url).send().await;
            });
            StatusCode::ACCEPTED.into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Returns the spellings of a secret to search for.
fn needles(secret: &str) -> Vec<Vec<u8>> {
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let mut needles = vec![secret.as_bytes().to_vec(), percent.into_bytes()];
    // Inside a longer base64 text it appears in one of three ways; its first and last digits depend on its neighbours.
    for shift in 0..3 {
        let encoded = STANDARD_NO_PAD.encode([&b"???"[..shift], secret.as_bytes()].concat());
        let end = (shift + secret.len()) * 8 / 6;
        needles.push(encoded.as_bytes()[(shift * 8).div_ceil(6)..end].to_vec());
    }
    needles
}

/// Fails if an outlet contains one of the secrets in any spelling.
#[track_caller]
pub(crate) fn search(planted: &[&str], outlets: &[(String, Vec<u8>)]) {
    for secret in planted {
        for needle in needles(secret) {
            for (name, outlet) in outlets {
                let lower = outlet.to_ascii_lowercase();
                let at = outlet.windows(needle.len()).position(|window| window == needle);
                let at = at.or_else(|| lower.windows(needle.len()).position(|window| window == needle));
                if let Some(at) = at {
                    let around = &outlet[at.saturating_sub(300)..(at + 100).min(outlet.len())];
                    panic!("{secret} is in {name}: {}", String::from_utf8_lossy(around));
                }
            }
        }
    }
}

const TOPICS: [&str; 6] = ["articles", "entities", "quotes", "dead-letters", "feed-events", "feed-state"];

/// Runs a command in the daemon's environment.
pub(crate) fn output(daemon: &Daemon, args: &[&str]) -> Output {
    daemon.command(args).envs(daemon.env.clone()).output().unwrap()
}

/// Returns the packed part of a value of the state, unpacked: the last revision of an article, or a blocked entry.
fn unpacked(value: &Value) -> Option<Vec<u8>> {
    let packed = value["last"].as_str().or(value["packed"].as_str())?;
    Some(zstd::bulk::decompress(&STANDARD_NO_PAD.decode(packed).unwrap(), 4 << 20).unwrap())
}

/// Returns all topics, with packed parts of the state unpacked.
pub(crate) fn topics(daemon: &Daemon) -> Vec<(String, Vec<u8>)> {
    let mut outlets = Vec::new();
    for topic in TOPICS {
        let output = output(daemon, &["tail", topic]);
        assert!(output.status.success(), "{}", stderr(&output));
        for line in String::from_utf8(output.stdout.clone()).unwrap().lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            if let Some(bytes) = unpacked(&record["value"]) {
                outlets.push((format!("{topic} {}, unpacked", record["key"].as_str().unwrap()), bytes));
            }
        }
        outlets.push((topic.to_owned(), output.stdout));
    }
    assert!(outlets.len() > TOPICS.len(), "nothing was packed");
    outlets
}

/// Returns what commands print about feeds.
pub(crate) fn commands(daemon: &Daemon) -> Vec<(String, Vec<u8>)> {
    let list = output(daemon, &["feeds", "list", "--json"]);
    let ids = String::from_utf8(list.stdout).unwrap();
    let ids: Vec<String> = ids
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["feeds", "list"],
        vec!["feeds", "list", "--json"],
        vec!["feeds", "export"],
        vec!["check", "--connect"],
    ];
    commands.extend(ids.iter().flat_map(|id| [vec!["feeds", "explain", id], vec!["feeds", "explain", id, "--json"]]));
    let run = |args: Vec<&str>| {
        let output = output(daemon, &args);
        (args.join(" "), [output.stdout, output.stderr].concat())
    };
    commands.into_iter().map(run).collect()
}

/// Returns what is served, and the files of the store.
pub(crate) fn served(daemon: &Daemon, port: u16) -> Vec<(String, Vec<u8>)> {
    let server = format!("127.0.0.1:{port}");
    let get = |path: String| {
        let reply = ask(&server, "GET", &path, &[], "");
        // While feeds fail, the daemon may not be ready.
        assert!(reply.status == 200 || path == "/health/ready" && reply.status == 503, "{path}: {}", reply.status);
        (path, format!("{:?}\n{}", reply.headers, reply.body).into_bytes())
    };
    let ids = |path: &str, list: &str| -> Vec<String> {
        let listed = ask(&server, "GET", path, &[], "").json();
        listed[list].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let fixed = [
        "/",
        "/feeds",
        "/quotes",
        "/rules",
        "/pipeline",
        "/metrics",
        "/health/ready",
        "/api/v1/feeds",
        "/api/v1/labels",
        "/api/v1/rules",
        "/api/v1/stories",
        "/api/v1/quotes",
        "/api/v1/pipeline",
    ];
    let (stories, feeds) = (ids("/api/v1/stories", "stories"), ids("/api/v1/feeds", "feeds"));
    let of_story = stories.iter().flat_map(|id| [format!("/story/{id}"), format!("/api/v1/stories/{id}")]);
    let of_feed = feeds
        .iter()
        .flat_map(|id| [format!("/feeds/{id}"), format!("/api/v1/feeds/{id}"), format!("/api/v1/feeds/{id}/rules")]);
    let mut outlets: Vec<_> = fixed.map(str::to_owned).into_iter().chain(of_story).chain(of_feed).map(get).collect();
    for file in std::fs::read_dir(daemon.folder.path()).unwrap().map(Result::unwrap) {
        let name = file.file_name().into_string().unwrap();
        if name.starts_with("store.db") {
            outlets.push((name, std::fs::read(file.path()).unwrap()));
        }
    }
    outlets
}

/// Starts a trace collector that keeps what it receives, unread.
pub(crate) fn collector() -> (Server, Arc<Mutex<Vec<u8>>>) {
    let spans: Arc<Mutex<Vec<u8>>> = Arc::default();
    let kept = Arc::clone(&spans);
    let take = move |body: axum::body::Bytes| async move { kept.lock().unwrap().extend(body) };
    (Server::start(|_| Router::new().route("/v1/traces", axum::routing::post(take))), spans)
}

pub(crate) const KEPT: &str =
    "[schedule]\ninterval = \"1s\"\nmin_interval = \"1s\"\nmax_interval = \"2s\"\njitter = 0.0\nrhythm = false\n";

fn shows_no_secret(journal: &str) {
    let site = Site::start();
    let (collector, spans) = collector();
    let port = free_port();
    let config = format!(
        "{KEPT}\n[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n\n[websub]\ncallback = \"http://127.0.0.1:{port}/\"\n\n\
         [telemetry]\notlp_endpoint = \"{}\"\n\n{journal}",
        collector.base
    );
    let list = site.feed_list();
    let mut daemon = Daemon::new(&list, &config);
    daemon.env.push(("RUST_LOG".into(), "warn,dateline=trace".into()));
    let running = daemon.start(&[]);
    let articles = || daemon.try_tail("articles").unwrap_or_default();
    daemon.wait_until("the stories of four feeds", || articles().len() == 8);
    daemon.wait_until("dead letters", || daemon.tail("dead-letters").len() == 2);
    daemon.wait_until("feeds that fail", || {
        let events = daemon.tail("feed-events");
        events.iter().filter(|record| record["value"]["event"] == "failing").count() >= 3
    });
    let subscribed = || site.forms("subscribe").len();
    daemon.wait_until("a subscription", || subscribed() > 0);
    let of_private = || {
        let output =
            daemon.output(&["feeds", "explain", &format!("{}-private-feed", site.host.replace(':', "-")), "--json"]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default()
    };
    daemon.wait_until("a lease", || of_private()["subscription"]["lease"].is_array());

    // The credentials went only to their own origin.
    let mina = Some(basic("mina:hunter2+"));
    for (path, sent) in [
        ("/login/feed.xml", &mina),
        ("/elsewhere.xml", &mina),
        ("/open.xml", &None),
        ("/target.xml", &Some(basic("you:r3direct-planted"))),
        ("/private/feed.xml", &None),
        ("/login/1", &None),
    ] {
        let found = site.authorizations(path);
        assert!(!found.is_empty() && found.iter().all(|found| found == sent), "{path}: {found:?}");
    }
    let form = &site.forms("subscribe")[0];
    assert_eq!(form.0, "key=hubs3cret-planted");
    assert_eq!(form.1["hub.topic"], format!("http://{}/private/feed.xml?{TOKEN}", site.host));

    // On Kafka, the pages do not show what was published before a restart.
    let mut outlets = served(&daemon, port);
    assert!(outlets.iter().any(|(name, _)| name.starts_with("/story/")), "no article was shown");

    // After a restart it derives the queries of hub and topic from the feed alone.
    let before = subscribed();
    running.stop();
    let running = daemon.start(&[]);
    daemon.wait_until("the subscription is renewed", || subscribed() > before);
    assert_eq!(site.forms("subscribe")[before].1["hub.topic"], form.1["hub.topic"]);

    outlets.extend(topics(&daemon));
    outlets.extend(served(&daemon, port));
    outlets.extend(commands(&daemon));
    running.stop();
    outlets.push(("log".into(), daemon.log().into_bytes()));
    outlets.push(("traces".into(), spans.lock().unwrap().clone()));
    for (name, part) in [
        ("log", "/private/1?id=1"),
        ("traces", "/login/1?id=1"),
        ("articles", "/private/1?id=1"),
        ("/feeds", "private/feed.xml"),
    ] {
        let outlet = &outlets.iter().find(|(outlet, _)| outlet == name).unwrap().1;
        assert!(String::from_utf8_lossy(outlet).contains(part), "{name} shows nothing of {part}");
    }
    search(&PLANTED, &outlets);
    assert_eq!(articles().len(), 8, "nothing twice");
    let kept = std::fs::read_to_string(daemon.folder.path().join("feeds.toml")).unwrap();
    assert_eq!(kept, list, "the list is the user's");
}

/// Writes the state of the feeds as commit b0b54e2 did: URLs with their secrets, and ids derived from them.
fn write_as_before(daemon: &Daemon, site: &Site, journal: &dyn Journal) -> usize {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let entries = runtime.block_on(crate::restored(journal)).unwrap();
    let host = site.host.replace(':', "-");
    let old = |new: &str| match new.strip_prefix(&format!("{host}-")).unwrap_or(new) {
        "login-feed" => {
            (format!("mina-hunter2-2b-{host}-login-feed"), format!("http://{LOGIN}{}/login/feed.xml", site.host))
        }
        "moved" => ("moved".to_owned(), format!("http://{LOGIN}{}/moved.xml", site.host)),
        "private-feed" => {
            let id = format!("{host}-private-feed.xml-user-7-token-t0k3n-planted");
            (id, format!("http://{}/private/feed.xml?{TOKEN}", site.host))
        }
        other => panic!("an unknown feed: {other}"),
    };
    let mut state = Vec::new();
    let count = entries.len();
    for (key, value) in entries {
        let (feed, rest) = key.split_once('/').map_or((key.as_str(), None), |(feed, rest)| (feed, Some(rest)));
        let (id, url) = old(feed);
        let mut value: Value = serde_json::from_slice(&value).unwrap();
        if rest.is_none() {
            value["url"] = url.clone().into();
            value["validators"]["url"] = url.clone().into();
            value["error"] = format!("no answer from {url}").into();
        }
        if let Some(bytes) = unpacked(&value).filter(|_| value["last"].is_string()) {
            let mut article: Value = serde_json::from_slice(&bytes).unwrap();
            (article["feed"]["id"], article["feed"]["url"]) = (id.clone().into(), url.clone().into());
            let bytes = zstd::bulk::compress(article.to_string().as_bytes(), 6).unwrap();
            value["last"] = STANDARD_NO_PAD.encode(bytes).into();
        }
        let site = dateline::fetch::registrable(&url::Url::parse(&url).unwrap());
        let change = |key: String, value| StateChange { key, value, site: site.clone() };
        state.push(change(key.clone(), None));
        let key = rest.map_or_else(|| id.clone(), |rest| format!("{id}/{rest}"));
        state.push(change(key, Some(value.to_string().into_bytes())));
    }
    runtime.block_on(journal.commit(&[Batch { state, ..Batch::default() }])).unwrap();
    runtime.block_on(journal.close());
    assert!(daemon.folder.path().exists());
    count
}

fn removes_secrets_of_an_earlier_version(config: &str, open: impl Fn(&Daemon) -> Box<dyn Journal>) {
    let site = Site::start();
    let feeds = site.feed_list();
    let kept = ["/login/feed.xml", "/moved.xml", "/private/feed.xml"];
    let listed = feeds.split("\n\n").filter(|feed| kept.iter().any(|path| feed.contains(path)));
    let daemon = Daemon::new(&listed.collect::<Vec<_>>().join("\n\n"), config);
    daemon.once();
    assert_eq!(daemon.tail("articles").len(), 6);
    let events = daemon.tail("feed-events").len();
    let count = write_as_before(&daemon, &site, &*open(&daemon));
    let is_old = |record: &Value| record.to_string().contains("hunter2") || record.to_string().contains("t0k3n");
    assert!(daemon.tail("feed-state").iter().any(is_old), "the case shows something");
    daemon.once();
    search(&PLANTED, &current(&daemon));
    assert_eq!(open(&daemon).restore_now().len(), count, "all of the state was kept");
    assert_eq!(
        (daemon.tail("articles").len(), daemon.tail("feed-events").len()),
        (6, events),
        "nothing is published again"
    );
    daemon.once();
    assert_eq!((daemon.tail("articles").len(), daemon.tail("feed-events").len()), (6, events));

    // The feed leaves the list before the new version starts: its state moves to an id without secrets.
    write_as_before(&daemon, &site, &*open(&daemon));
    std::fs::write(
        daemon.folder.path().join("feeds.toml"),
        "[[feed]]\nid = \"other\"\nurl = \"http://127.0.0.1:1/\"\n",
    )
    .unwrap();
    let _ = daemon.start(&["--once"]).wait();
    let state = daemon.tail("feed-state").into_iter().filter(|record| !record["value"].is_null());
    let state: String = state.map(|record| record.to_string()).filter(|record| !record.contains("t0k3n")).collect();
    assert!(!state.contains("hunter2") || kafka_keeps(config), "{state}");
    assert_eq!(daemon.tail("articles").len(), 6);
}

/// Returns whether Kafka is used: a topic keeps its old records until it is compacted.
fn kafka_keeps(config: &str) -> bool {
    config.contains("[kafka]")
}

/// Returns the current state.
fn current(daemon: &Daemon) -> Vec<(String, Vec<u8>)> {
    let mut last: BTreeMap<String, Value> = BTreeMap::new();
    for record in daemon.tail("feed-state") {
        last.insert(record["key"].as_str().unwrap().to_owned(), record["value"].clone());
    }
    last.retain(|_, value| !value.is_null());
    let mut outlets = Vec::new();
    for (key, value) in last {
        if let Some(bytes) = unpacked(&value) {
            outlets.push((format!("{key}, unpacked"), bytes));
        }
        outlets.push(("a value of the state".into(), value.to_string().into_bytes()));
        outlets.push(("a key of the state".into(), key.into_bytes()));
    }
    assert!(!outlets.is_empty());
    outlets
}

trait RestoreNow {
    fn restore_now(&self) -> Vec<(String, Vec<u8>)>;
}

impl RestoreNow for Box<dyn Journal> {
    fn restore_now(&self) -> Vec<(String, Vec<u8>)> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let entries = runtime.block_on(crate::restored(self.as_ref())).unwrap();
        runtime.block_on(self.close());
        entries
    }
}

const ONCE: &str = "[pipeline]\npages = \"never\"\n\n[schedule]\nrhythm = false\n\n";

#[test]
fn no_output_of_the_store_contains_a_secret() {
    shows_no_secret("");
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn no_output_on_kafka_contains_a_secret() {
    let cluster = kafka::broker(1);
    shows_no_secret(&on_kafka(&cluster, "secrets"));
}

pub(crate) fn on_kafka(cluster: &kafka::Cluster, prefix: &str) -> String {
    format!(
        "[kafka]\nbrokers = \"{}\"\ntransaction_timeout = \"10s\"\nsession_timeout = \"6s\"\n\n[topics]\nprefix = \"{prefix}\"\npartitions = 3\n",
        cluster.brokers
    )
}

#[test]
fn secrets_of_an_earlier_version_are_removed_from_the_store() {
    let open = |daemon: &Daemon| {
        let path = daemon.folder.path().join("store.db");
        Box::new(SqliteJournal::open(sqlite::Options { path, ..sqlite::Options::default() }, "dateline").unwrap())
            as Box<dyn Journal>
    };
    removes_secrets_of_an_earlier_version(ONCE, open);
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn secrets_of_an_earlier_version_are_removed_from_kafka() {
    let cluster = kafka::broker(1);
    let config = format!("{ONCE}{}", on_kafka(&cluster, "cleaned"));
    let brokers = cluster.brokers.clone();
    let open = move |_: &Daemon| {
        let mut options = options(&brokers, "cleaned");
        options.kafka.instance = "test".into();
        Box::new(KafkaJournal::new(options).unwrap()) as Box<dyn Journal>
    };
    removes_secrets_of_an_earlier_version(&config, open);
}
