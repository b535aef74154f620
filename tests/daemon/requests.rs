//! Requests of a feed or a site: what is sent, to whom, and to whom it is not.

use std::future::Future;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dateline::address::Place;
use dateline::fetch::{Class, Client, FetchError, Kind, Options, Requests, SiteRequests, Target, Validators};
use serde_json::{Value, json};
use test_support::daemon::{Daemon, signal, stderr};
use test_support::server::Server;
use test_support::{repository, wait::wait_until};
use url::Url;

use crate::client::options;

/// A server that records every request and answers by its path.
struct Site {
    server: Server,
    asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl Site {
    /// Starts a site on this loopback address whose answers may name another one.
    fn start(address: &str, answer: impl Fn(&str, &HeaderMap) -> Response + Clone + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<_>>> = Arc::default();
        let log = Arc::clone(&asked);
        let router = Router::new().fallback(move |request: Request| {
            // A proxy is asked for the whole URL.
            let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
            let reply = answer(&path, &headers);
            log.lock().unwrap().push((path, headers));
            async move { reply }
        });
        Self { server: Server::on(address, |_| router), asked }
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.server.base)).unwrap()
    }

    /// Returns the requests since the last call.
    fn asked(&self) -> Vec<(String, HeaderMap)> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// Returns the value of a header in each request since the last call, with its path.
    fn sent(&self, name: &str) -> Vec<String> {
        let value = |headers: &HeaderMap| headers.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
        self.asked().into_iter().map(|(path, headers)| format!("{path} {}", value(&headers))).collect()
    }
}

fn requests(value: Value) -> Arc<Requests> {
    let requests: Requests = serde_json::from_value(value).unwrap();
    assert_eq!(requests.check(), []);
    Arc::new(requests)
}

fn to(status: u16, location: &str) -> Response {
    (StatusCode::from_u16(status).unwrap(), [(header::LOCATION, location)]).into_response()
}

fn client(sites: &[&Site]) -> Client {
    let client = Client::new(options()).unwrap();
    client.allow(sites.iter().map(|site| site.url("/")));
    client
}

/// Gets a document of a feed that is listed at `home`.
fn get(client: &Client, url: &Url, own: Option<&Arc<Requests>>, home: &Url) -> Result<Value, FetchError> {
    let target = Target::new(Place::of(url), own, home.as_str());
    let answer = block_on(client.get_at(&target, Kind::Feed, &Validators::default()))?;
    Ok(json!({ "url": answer.url, "moved": answer.moved, "body": String::from_utf8_lossy(&answer.body) }))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn ok(_: &str, _: &HeaderMap) -> Response {
    "ok".into_response()
}

#[test]
fn everything_that_is_set_is_sent_to_the_feeds_own_origin() {
    let site = Site::start("127.0.0.1", ok);
    let own = requests(json!({
        "headers": { "X-Api-Key": "k3y", "Accept": "application/atom+xml", "accept-language": "de" },
        "cookies": { "session": "s1", "consent": "yes" },
        "bearer": "t0ken",
        "user_agent": "our-reader/1.0",
    }));
    let home = site.url("/feed.xml");
    let target = Target::new(Place::of(&home), Some(&own), home.as_str());
    let etag = Validators { etag: Some("\"a\"".into()), url: Some(home.to_string()), ..Validators::default() };
    block_on(client(&[&site]).get_at(&target, Kind::Feed, &etag)).unwrap();
    let (_, headers) = site.asked().pop().unwrap();
    for (name, value) in [
        ("x-api-key", "k3y"),
        ("accept", "application/atom+xml"),
        ("accept-language", "de"),
        ("cookie", "consent=yes; session=s1"),
        ("authorization", "Bearer t0ken"),
        ("user-agent", "our-reader/1.0"),
        ("if-none-match", "\"a\""),
        ("a-im", "feed"),
    ] {
        let sent: Vec<_> = headers.get_all(name).iter().collect();
        assert_eq!(sent, [value], "{name}");
    }
}

#[test]
fn nothing_is_sent_to_another_origin() {
    let other = Site::start("127.0.0.2", ok);
    let elsewhere = other.server.base.clone();
    let site = Site::start("127.0.0.1", move |path, _| match path {
        "/302" | "/301" => to(path[1..].parse().unwrap(), &format!("{elsewhere}{path}")),
        "/near" => to(302, "/here"),
        _ => "ok".into_response(),
    });
    // The same host on another port is another origin too.
    let port = Site::start("127.0.0.1", ok);
    let own = requests(json!({
        "headers": { "X-Api-Key": "k3y" }, "cookies": "session=s1", "bearer": "t0ken", "user_agent": "our-reader/1.0",
    }));
    let (client, home) = (client(&[&site, &other, &port]), site.url("/feed.xml"));
    for path in ["/302", "/301", "/near"] {
        get(&client, &site.url(path), Some(&own), &home).unwrap();
    }
    assert_eq!(site.sent("x-api-key"), ["/302 k3y", "/301 k3y", "/near k3y", "/here k3y"]);
    // The feed has moved there for good, or a page of an article is there.
    get(&client, &other.url("/moved"), Some(&own), &home).unwrap();
    get(&client, &port.url("/port"), Some(&own), &home).unwrap();
    let asked: Vec<_> = other.asked().into_iter().chain(port.asked()).collect();
    assert_eq!(asked.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), ["/302", "/301", "/moved", "/port"]);
    for (path, headers) in asked {
        let agent = headers["user-agent"].to_str().unwrap();
        assert!(agent.starts_with("dateline/"), "{path}: {agent}");
        for name in ["x-api-key", "cookie", "authorization"] {
            assert!(!headers.contains_key(name), "{path}: {name}");
        }
    }
}

#[test]
fn a_site_is_requested_in_its_way_and_a_feed_in_its_own() {
    let (site, other) = (Site::start("127.0.0.1", ok), Site::start("127.0.0.1", ok));
    let of_site =
        requests(json!({ "headers": { "X-A": "site", "X-B": "site" }, "basic": { "user": "a", "password": "b" } }));
    let own = requests(json!({ "headers": { "X-B": "feed" }, "bearer": "t0ken" }));
    let sites = SiteRequests::default();
    let client = client(&[&site, &other]).with_sites(sites.clone());
    let home = site.url("/feed.xml");
    let ask = |url: &Url, own: Option<&Arc<Requests>>| {
        get(&client, url, own, &home).unwrap();
        let (_, headers) = site.asked().into_iter().chain(other.asked()).next_back().unwrap();
        ["x-a", "x-b", "authorization"].map(|name| headers.get(name).map_or("-", |v| v.to_str().unwrap()).to_owned())
    };
    assert_eq!(ask(&home, None), ["-", "-", "-"]);
    sites.replace([("127.0.0.1".to_owned(), vec![site.server.base.clone()], Arc::clone(&of_site))]);
    assert_eq!(ask(&home, None), ["site", "site", "Basic YTpi"]);
    assert_eq!(ask(&home, Some(&own)), ["site", "feed", "Bearer t0ken"]);
    assert_eq!(ask(&other.url("/"), Some(&own)), ["-", "-", "-"], "the same host, another origin");
    let mut login = home.clone();
    login.set_username("me").unwrap();
    assert_eq!(ask(&login, None), ["site", "site", "Basic bWU6"], "the feed's own login");
    sites.replace([("127.0.0.1".to_owned(), Vec::new(), of_site)]);
    assert_eq!(ask(&home, None), ["-", "-", "-"], "without `origins` only https");
}

#[test]
fn robots_and_hubs_get_no_login() {
    let robots = |path: &str, _: &HeaderMap| {
        if path == "/robots.txt" { StatusCode::NOT_FOUND.into_response() } else { "ok".into_response() }
    };
    let site = Site::start("127.0.0.1", robots);
    let own = requests(json!({ "headers": { "X-Api-Key": "k3y" }, "bearer": "t0ken", "user_agent": "our-reader/1.0" }));
    let sites = SiteRequests::new([("127.0.0.1".to_owned(), vec![site.server.base.clone()], Arc::clone(&own))]);
    let client = Client::new(Options { robots: true, ..options() }).unwrap().with_sites(sites);
    client.allow([site.url("/")]);
    let target = Target::new(Place::of(&site.url("/page")), Some(&own), site.url("/").as_str());
    block_on(client.get_at(&target, Kind::Page, &Validators::default())).unwrap();
    block_on(client.post(&site.url("/hub"), &[("hub.mode", "subscribe")])).unwrap();
    let asked = site.asked();
    for ((path, headers), (wanted, login)) in
        asked.iter().zip([("/robots.txt", false), ("/page", true), ("/hub", false)])
    {
        assert_eq!((path.as_str(), headers.contains_key("authorization")), (wanted, login));
        assert_eq!(headers.contains_key("x-api-key"), login, "{path}");
        assert_eq!(headers["user-agent"], "our-reader/1.0", "{path}");
    }
    assert_eq!(asked.len(), 3);
}

#[test]
fn a_feed_has_its_own_proxy_and_keeps_it_over_redirects() {
    let proxy = Site::start("127.0.0.1", |path, _| match path {
        "/feed.xml" => to(302, "http://www.brack-news.com/feed.xml?2"),
        _ => "from the proxy".into_response(),
    });
    let site = Site::start("127.0.0.1", ok);
    let address = proxy.server.base.strip_prefix("http://").unwrap();
    let through = requests(json!({ "proxy": format!("http://reader:pr0xy-pass@{address}") }));
    let all =
        Client::new(Options { proxy: Some(dateline::options::SecretString(proxy.server.base.clone())), ..options() });
    let all = all.unwrap();
    all.allow([site.url("/")]);
    let home = Url::parse("http://wire.brack-news.com/start").unwrap();
    let answer = get(&client(&[]), &home, Some(&through), &home).unwrap();
    assert_eq!(answer["body"], "from the proxy");
    assert_eq!(proxy.sent("proxy-authorization"), ["/start Basic cmVhZGVyOnByMHh5LXBhc3M="]);
    let first = Url::parse("http://wire.brack-news.com/feed.xml").unwrap();
    let error = get(&client(&[]), &first, Some(&through), &home).unwrap_err();
    assert_eq!(error.class(), Class::Redirect, "{error}");
    assert!(proxy.asked().len() > 1, "the redirect to another host went through the proxy too");
    // A private name behind it stays refused.
    let private = Url::parse("http://intranet.brack-corp.internal/x").unwrap();
    assert_eq!(get(&client(&[]), &private, Some(&through), &private).unwrap_err().class(), Class::Refused);
    // Without the proxy of everyone.
    let direct = requests(json!({ "proxy": "direct" }));
    let home = site.url("/other.xml");
    assert_eq!(get(&all, &home, None, &home).unwrap()["body"], json!("from the proxy"));
    assert_eq!(get(&all, &home, Some(&direct), &home).unwrap()["body"], json!("ok"));
}

#[test]
fn a_feed_has_its_own_time_limit() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let client = client(&[]);
    client.allow([url.clone()]);
    let error = get(&client, &url, Some(&requests(json!({ "timeout": "1s" }))), &url).unwrap_err();
    assert!(error.to_string().contains("no complete answer within 1s"), "{error}");
}

#[test]
fn a_server_that_repeats_a_secret_teaches_nobody() {
    let own = requests(json!({ "headers": { "X-Api-Key": "k3y-4711-abc" }, "bearer": "t0ken-4712-abc" }));
    let other = Site::start("127.0.0.2", ok);
    let elsewhere = other.server.base.clone();
    let site = Site::start("127.0.0.1", move |path, headers| {
        let key = headers.get("x-api-key").map_or("", |value| value.to_str().unwrap()).to_owned();
        match path {
            "/leak" => to(302, &format!("{elsewhere}/?key={key}")),
            "/moved" => to(301, &format!("/new?key={key}")),
            _ => ([(header::ETAG, format!("\"{key}\""))], format!("<a href='/x?key={key}'>{headers:?}</a>"))
                .into_response(),
        }
    });
    let (client, home) = (client(&[&site, &other]), site.url("/feed.xml"));
    let error = get(&client, &site.url("/leak"), Some(&own), &home).unwrap_err().to_string();
    assert!(error.contains("redirects to 127.0.0.2 with a secret of `requests`") && !error.contains("4711"), "{error}");
    assert!(other.asked().is_empty());
    for path in ["/feed.xml", "/moved"] {
        let answer = get(&client, &site.url(path), Some(&own), &home).unwrap();
        assert!(!answer.to_string().contains("4711") && !answer.to_string().contains("4712"), "{answer}");
        assert!(answer["moved"].is_null() && answer["body"].as_str().unwrap().contains("key=..."), "{answer}");
    }
}

#[test]
fn faulty_requests_are_reported_where_they_are() {
    let list = "[[feed]]\nurl = \"https://a.example/\"\n\n[feed.requests]\nheaders = { \"X Key\" = \"s3cret\" }\n\n\
                [feed.requests.cookies]\nsession = { file = \"none\" }\nother = { env = \"DATELINE_TEST_UNSET\" }\n\n\
                [[feed]]\nurl = \"https://me:pw@b.example/\"\nrequests = { bearer = \"s3cret\", timeout = \"s3cret\" }\n\n\
                [[feed]]\nurl = \"https://c.example/\"\nrequests.headers.If-None-Match = \"s3cret\"\nrequests.bearer = 777123\n";
    let daemon =
        Daemon::new(list, "[[site]]\nhost = \"co.uk\"\n\n[site.requests]\nbasicc = 1\nclient_key = \"s3cret\"\n");
    let output = daemon.output(&["check"]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    for part in [
        "feeds.toml:5:13: `requests.headers.X Key` is not the name of a header; write",
        "feeds.toml:8:1: cannot read the file `none`",
        "feeds.toml:9:1: the environment variable `DATELINE_TEST_UNSET` is not set",
        "feeds.toml:11:1: `url` and `requests` both have a login; remove the one in the URL",
        "feeds.toml:13:33: `requests.timeout`: `\u{2026}` is not a duration",
        "feeds.toml:17:18: `requests.headers.If-None-Match` is sent by dateline itself",
        "feeds.toml:18:10: `requests.bearer`: invalid type: integer `\u{2026}`, expected a string",
        "unknown key `basicc` in [site.0.requests]; did you mean `basic`?",
    ] {
        assert!(text.contains(part), "{part}\nis not in\n{text}");
    }
    assert!(!text.contains("s3cret") && !text.contains("777123"), "{text}");
    let daemon = Daemon::new(
        "",
        "[[site]]\nhost = \"co.uk\"\norigins = [\"https://x.example\"]\n\n[site.requests]\nclient_key = \"s3cret\"\n\n[[site]]\nhost = \"a.example\"\n",
    );
    let text = stderr(&daemon.output(&["check"]));
    for part in [
        "`site.0.origins` has an entry that is not an origin of co.uk; write \"https://co.uk:8443\"",
        "`site.0.requests.client_key` needs a certificate; write client_certificate",
        "`site.1.take` or `drop` must select elements, or `requests` set something",
    ] {
        assert!(text.contains(part), "{part}\nis not in\n{text}");
    }
}

/// Returns the TOML blocks of the page, by the file that each is for.
fn example(file: &str) -> String {
    let page = std::fs::read_to_string(repository("docs/requests.md")).unwrap();
    let block = page.split("```toml\n").skip(1).find(|block| block.starts_with(&format!("# {file}\n"))).unwrap();
    block.split("```").next().unwrap().to_owned()
}

const FEED: &str = "<rss version=\"2.0\"><channel><title>Harbour</title><item><guid>1</guid><title>Bridge opens</title>\
                    <description>The bridge was opened by the mayor on Tuesday.</description></item></channel></rss>";

#[test]
fn the_example_in_the_docs_works() {
    let proxy = Site::start("127.0.0.1", |path, headers| {
        let sent = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
        let is_known = sent("x-api-key") == "key-1"
            && sent("cookie") == "session=cookie-1"
            && sent("authorization") == "Bearer token-1"
            && sent("accept-language") == "de"
            && sent("user-agent").starts_with("our-reader/1.0 (+https://example.org");
        match path {
            "/feed.xml" if is_known => FEED.into_response(),
            _ => StatusCode::UNAUTHORIZED.into_response(),
        }
    });
    // The proxy is asked for the whole URL, as long as that is not https.
    let list = example("feeds.toml").replace("https://members", "http://members");
    let mut daemon = Daemon::new(&list, &example("dateline.toml"));
    daemon.env.push(("HARBOUR_SESSION".into(), "cookie-1".into()));
    let files = [("harbour-key", "key-1\n"), ("harbour-token", "token-1\n"), ("harbour-proxy", &proxy.server.base)];
    let fixture = |file: &str| std::fs::read_to_string(repository("tests/fixtures/tls").join(file)).unwrap();
    let (certificate, key) = (fixture("reader.pem"), fixture("reader.key"));
    let files =
        files.into_iter().chain([("archive-password", "pw"), ("reader.pem", &certificate), ("reader.key", &key)]);
    for (file, text) in files {
        std::fs::write(daemon.folder.path().join(file), text).unwrap();
    }
    let connect = daemon.command(&["check", "--connect"]).envs(daemon.env.clone()).output().unwrap();
    let shown = String::from_utf8(connect.stdout.clone()).unwrap();
    assert!(connect.status.success(), "{shown}\n{}", stderr(&connect));
    for part in [
        "ok      harbour: 1 entries",
        "requests: archive.example with basic authentication, client certificate",
        "requests: harbour with header Accept-Language, header X-Api-Key, cookie session, bearer token, user agent our-reader/1.0",
        &format!("proxy {}, timeout 2m", proxy.server.base),
    ] {
        assert!(shown.contains(part), "{part}\nis not in\n{shown}");
    }
    daemon.once();
    let before = std::fs::read_to_string(daemon.folder.path().join("feeds.toml")).unwrap();
    let with_env = |args: &[&str]| {
        let output = daemon.command(args).envs(daemon.env.clone()).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(with_env(&["tail", "articles"]).lines().count(), 1);
    with_env(&["feeds", "add", "https://other.example/rss"]);
    with_env(&["feeds", "remove", "other.example-rss"]);
    assert_eq!(std::fs::read_to_string(daemon.folder.path().join("feeds.toml")).unwrap().trim(), before.trim());
    let listed: Value = serde_json::from_str(&with_env(&["feeds", "list", "--json"])).unwrap();
    assert_eq!(listed["requests"]["headers"]["X-Api-Key"], "\u{2026}");
    assert!(with_env(&["feeds", "explain", "harbour"]).contains("requests  header Accept-Language"));
    with_env(&["feeds", "remove", "harbour"]);
    assert_eq!(std::fs::read_to_string(daemon.folder.path().join("feeds.toml")).unwrap().trim(), "");
}

#[test]
fn a_reload_applies_a_new_secret_and_new_requests_of_a_site() {
    let site = Site::start("127.0.0.1", |path, headers| match path {
        "/feed.xml" if headers.get("authorization").is_some_and(|sent| sent == "Bearer second") => FEED.into_response(),
        _ => StatusCode::UNAUTHORIZED.into_response(),
    });
    let list = format!(
        "[[feed]]\nid = \"f\"\nurl = \"{}\"\n\n[feed.requests]\nbearer = {{ file = \"token\" }}\n",
        site.url("/feed.xml")
    );
    let daemon = Daemon::new(&list, "");
    let token = daemon.folder.path().join("token");
    std::fs::write(&token, "first").unwrap();
    let running = daemon.start(&[]);
    // After a 401 the next poll is an hour away.
    daemon.wait_until("the first poll", || daemon.try_tail("feed-events").is_ok_and(|events| !events.is_empty()));
    std::fs::write(&token, "second").unwrap();
    signal(&running, "HUP");
    daemon.wait_until("the article", || daemon.tail("articles").len() == 1);
    assert_eq!(site.sent("authorization")[0], "/feed.xml Bearer first");
    let config = std::fs::read_to_string(daemon.config()).unwrap();
    let requests = "[site.requests]\nheaders = { X-Way = \"site\" }\n";
    let more = format!("{config}\n[[site]]\nhost = \"127.0.0.1\"\norigins = [\"{}\"]\n\n{requests}", site.server.base);
    std::fs::write(daemon.config(), more).unwrap();
    // Another feed of the site, which is polled at once.
    std::fs::write(
        daemon.folder.path().join("feeds.toml"),
        format!("{list}\n[[feed]]\nid = \"g\"\nurl = \"{}\"\n", site.url("/other.xml")),
    )
    .unwrap();
    signal(&running, "HUP");
    let mut sent = Vec::new();
    wait_until("a request in the site's way", || {
        sent.extend(site.sent("x-way"));
        sent.contains(&"/other.xml site".to_owned())
    });
    running.stop();
}
