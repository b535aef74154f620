//! The HTTP client against a real server on loopback.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use dateline::fetch::{Class, Client, FetchError, Kind, Options, Proxies, Validators};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use test_support::wait::{DEADLINE, wait_until_async};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use url::Url;

const ETAG: &str = "W/\"odd  one\"";
const DATE: &str = "Tue, 3 June 2025 10:00 GMT";

fn options() -> Options {
    let (read_timeout, total_timeout) = (Duration::from_millis(300), Duration::from_secs(2));
    Options { read_timeout, total_timeout, robots: true, ..crate::client::options() }
}

fn moved(to: &str) -> Response {
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, to.to_owned())]).into_response()
}

async fn conditional(headers: HeaderMap) -> Response {
    let same = |name, value: &str| headers.get(name).is_some_and(|got| got.as_bytes() == value.as_bytes());
    if same(header::IF_NONE_MATCH, ETAG) && same(header::IF_MODIFIED_SINCE, DATE) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([(header::ETAG, ETAG), (header::LAST_MODIFIED, DATE)], "the feed").into_response()
}

async fn echo(headers: HeaderMap) -> String {
    format!("{headers:?}")
}

async fn drip() -> Body {
    let drops = futures_util::stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        Some((Ok::<_, std::io::Error>("drop"), ()))
    });
    Body::from_stream(drops)
}

async fn silence() -> Body {
    let first = futures_util::StreamExt::chain(
        futures_util::stream::iter([Ok::<_, std::io::Error>("a start")]),
        futures_util::stream::pending(),
    );
    Body::from_stream(first)
}

async fn server() -> Url {
    let busy = Arc::new(AtomicUsize::new(0));
    let slow = move || {
        let busy = Arc::clone(&busy);
        async move {
            let now = busy.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
            busy.fetch_sub(1, Ordering::SeqCst);
            now.to_string()
        }
    };
    let router = Router::new()
        .route("/conditional", get(conditional))
        .route("/echo", get(echo))
        .route("/drip", get(drip))
        .route("/silence", get(silence))
        .route("/slow", get(slow))
        .route("/large", get(|| async { "x".repeat(150_000) }))
        .route(
            "/status/{code}",
            get(|Path(code): Path<u16>| async move {
                (StatusCode::from_u16(code).unwrap(), [(header::RETRY_AFTER, "120")]).into_response()
            }),
        )
        .route("/loop", get(|| async { Redirect::temporary("/loop2") }))
        .route("/loop2", get(|| async { Redirect::temporary("/loop") }))
        .route("/hops/{n}", get(|Path(n): Path<u32>| async move { moved(&format!("/hops/{}", n + 1)) }))
        .route("/moved", get(|| async { moved("/echo") }))
        .route("/found", get(|| async { Redirect::temporary("/moved") }))
        .route(
            "/form",
            post(|body: String| async move {
                if body == "a=1+%26&b=" { StatusCode::ACCEPTED } else { StatusCode::BAD_REQUEST }
            }),
        )
        .route("/form-moved", post(|| async { Redirect::temporary("/form") }))
        .route("/form-loop", post(|| async { Redirect::temporary("/form-loop") }))
        .route("/inward", get(|| async { moved("http://127.0.0.1:1/") }))
        .route("/file", get(|| async { moved("file:///etc/passwd") }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

fn client(base: &Url) -> Client {
    let client = Client::new(options()).unwrap();
    client.allow([base.clone()]);
    client
}

async fn fails(client: &Client, base: &Url, path: &str) -> FetchError {
    client.get(&base.join(path).unwrap(), Kind::Feed, &Validators::default()).await.expect_err(path)
}

#[tokio::test]
async fn validators_are_sent_back_unchanged() {
    let base = server().await;
    let client = client(&base);
    let url = base.join("conditional").unwrap();
    let first = client.get(&url, Kind::Feed, &Validators::default()).await.unwrap();
    assert_eq!((first.not_modified, first.body.as_slice()), (false, &b"the feed"[..]));
    let second = client.get(&url, Kind::Feed, &first.validators).await.unwrap();
    assert!(second.not_modified);
    assert_eq!(second.validators, first.validators, "a 304 without validators keeps the old ones");
}

#[tokio::test]
async fn requests_carry_the_user_agent_and_no_cookies() {
    let base = server().await;
    let answer = client(&base).get(&base.join("found").unwrap(), Kind::Page, &Validators::default()).await.unwrap();
    let headers = String::from_utf8(answer.body).unwrap();
    assert!(headers.contains("(+https://example.org/bot)"), "{headers}");
    assert!(
        !headers.contains("cookie") && !headers.contains("referer") && !headers.contains("if-none-match"),
        "{headers}"
    );
    assert_eq!(answer.moved, None, "one temporary redirect on the way moves nothing");
    let answer = client(&base).get(&base.join("moved").unwrap(), Kind::Page, &Validators::default()).await.unwrap();
    assert_eq!(answer.moved, Some(base.join("echo").unwrap()));
}

#[tokio::test]
async fn bad_answers_fail_with_the_right_class() {
    let base = server().await;
    let client = client(&base);
    for (path, class) in [
        ("drip", Class::Timeout),
        ("silence", Class::Timeout),
        ("large", Class::TooLarge),
        ("loop", Class::Redirect),
        ("hops/1", Class::Redirect),
        ("file", Class::Redirect),
        ("inward", Class::Refused),
        ("status/403", Class::Blocked),
        ("status/429", Class::Blocked),
        ("status/500", Class::Status),
    ] {
        // Some of these answers never end.
        let error = tokio::time::timeout(DEADLINE, fails(&client, &base, path)).await.expect(path);
        assert_eq!(error.class(), class, "{path}: {error}");
    }
    assert_eq!(fails(&client, &base, "status/503").await.retry_after(), Some(Duration::from_secs(120)));
}

#[tokio::test]
async fn private_addresses_are_refused_unless_listed() {
    let base = server().await;
    let stranger = Client::new(options()).unwrap();
    assert_eq!(fails(&stranger, &base, "echo").await.class(), Class::Refused);
    let by_name = Url::parse(&format!("http://localhost:{}/echo", base.port().unwrap())).unwrap();
    let error = stranger.get(&by_name, Kind::Page, &Validators::default()).await.unwrap_err();
    assert_eq!(error.class(), Class::Refused, "a name that leads inward: {error}");
    let named = Client::new(Options { allow_private: vec!["localhost".into()], ..options() }).unwrap();
    assert!(named.get(&by_name, Kind::Page, &Validators::default()).await.is_ok());
}

#[tokio::test]
async fn requests_to_one_host_share_a_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let listener = listener.tap_io(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    let router = Router::new()
        .route("/conditional", get(conditional))
        .route("/found", get(|| async { Redirect::temporary("/conditional") }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = client(&base);
    let mut validators = Validators::default();
    for path in ["conditional", "conditional", "found", "conditional", "found", "conditional"] {
        let answer = client.get(&base.join(path).unwrap(), Kind::Feed, &validators).await.unwrap();
        validators = answer.validators;
        settle().await;
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

/// Lets the client's tasks put the connection back into the pool, which they do just after the last byte.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Starts a server on all loopback addresses, and counts its open connections.
fn open_connections() -> (u16, Arc<AtomicUsize>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let open = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&open);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let open = Arc::clone(&counter);
            open.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || {
                let mut request = [0; 2_000];
                while stream.read(&mut request).is_ok_and(|length| length > 0) {
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
                }
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (port, open)
}

#[tokio::test]
async fn idle_connections_are_limited_and_closed_early() {
    let (port, open) = open_connections();
    // One concurrent request, and fourteen idle connections.
    let client =
        Client::with_network(Options { concurrency: 2, robots: false, ..options() }, Proxies::default(), 20).unwrap();
    let host = |n: u8| Url::parse(&format!("http://127.0.9.{n}:{port}/")).unwrap();
    client.allow((1..=40).map(host));
    let open = || open.load(Ordering::SeqCst);
    for n in 1..=40 {
        client.get(&host(n), Kind::Feed, &Validators::default()).await.unwrap();
        // The server hears of a closed connection a moment later.
        wait_until_async("no more than fifteen connections", async || open() <= 15).await;
    }
    let last = Instant::now();
    assert!((3..=15).contains(&open()), "{} are kept", open());
    wait_until_async("the end of all idle connections", async || open() == 0).await;
    // Eleven seconds after the request the client counts a kept connection as closed.
    tokio::time::sleep_until((last + Duration::from_secs(12)).into()).await;
    for _ in 0..3 {
        client.get(&host(1), Kind::Feed, &Validators::default()).await.unwrap();
        settle().await;
    }
    assert_eq!(open(), 1, "there is room again");
}

/// A TLS server that offers HTTP/2 and counts its connections.
struct Secure {
    listener: tokio::net::TcpListener,
    acceptor: TlsAcceptor,
    accepted: Arc<AtomicUsize>,
}

impl Secure {
    async fn bind(accepted: Arc<AtomicUsize>) -> Self {
        let pem = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
        let chain = CertificateDer::pem_file_iter(pem.join("server.pem")).unwrap().collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(pem.join("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = versions.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)), accepted }
    }
}

impl axum::serve::Listener for Secure {
    type Io = TlsStream<tokio::net::TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else { continue };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                self.accepted.fetch_add(1, Ordering::SeqCst);
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

#[tokio::test]
async fn http_2_carries_concurrent_requests_on_one_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let secure = Secure::bind(Arc::clone(&connections)).await;
    let base = Url::parse(&format!("https://localhost:{}/", secure.listener.local_addr().unwrap().port())).unwrap();
    // Each answer waits until four requests are there.
    let together = Arc::new(tokio::sync::Barrier::new(4));
    let version = move |request: axum::extract::Request| {
        let together = Arc::clone(&together);
        async move {
            together.wait().await;
            format!("{:?}", request.version())
        }
    };
    let router = Router::new().route("/", get(|| async {})).route("/together", get(version));
    tokio::spawn(async move { axum::serve(secure, router).await });

    let ca_file = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls/ca.pem");
    let named = Options { allow_private: vec!["localhost".into()], ..options() };
    let stranger = Client::new(named.clone()).unwrap();
    let refused = stranger.get(&base, Kind::Feed, &Validators::default()).await.unwrap_err();
    assert_eq!(refused.class(), Class::Tls, "{refused}");
    let missing = Options { ca_file: Some("nowhere.pem".into()), ..named.clone() };
    assert!(Client::new(missing).err().unwrap().to_string().contains("nowhere.pem"));

    let patient = Options { read_timeout: DEADLINE, total_timeout: DEADLINE, ..named };
    let client = Client::new(Options { ca_file: Some(ca_file), per_host: 4, ..patient }).unwrap();
    let none = Validators::default();
    client.get(&base, Kind::Feed, &none).await.unwrap();
    let url = base.join("together").unwrap();
    let together = (0..4).map(|_| client.get(&url, Kind::Feed, &none));
    for answer in futures_util::future::join_all(together).await {
        assert_eq!(answer.unwrap().body, b"HTTP/2.0");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn forms_follow_the_same_rules_as_requests() {
    let base = server().await;
    let form = [("a", "1 &"), ("b", "")];
    let named = client(&base);
    let send = async |client: &Client, path: &str| client.post(&base.join(path).unwrap(), &form).await;
    assert!(send(&named, "form").await.is_ok());
    assert!(send(&named, "form-moved").await.is_ok(), "temporary redirects keep the form");
    assert_eq!(send(&named, "form-loop").await.unwrap_err().class(), Class::Redirect);
    assert_eq!(send(&named, "moved").await.unwrap_err().status(), Some(405));
    assert_eq!(named.post(&base.join("form").unwrap(), &form[..1]).await.unwrap_err().status(), Some(400));
    let stranger = Client::new(options()).unwrap();
    assert_eq!(send(&stranger, "form").await.unwrap_err().class(), Class::Refused);
    let elsewhere = Url::parse("file:///etc/passwd").unwrap();
    assert_eq!(named.post(&elsewhere, &form).await.unwrap_err().class(), Class::Url);
}

#[tokio::test]
async fn a_host_gets_at_most_two_concurrent_requests() {
    let base = server().await;
    let client = Arc::new(client(&base));
    let url = base.join("slow").unwrap();
    let gets = (0..6).map(|_| {
        let (client, url) = (Arc::clone(&client), url.clone());
        tokio::spawn(async move { client.get(&url, Kind::Page, &Validators::default()).await.unwrap().body })
    });
    for get in gets.collect::<Vec<_>>() {
        let at_once: usize = String::from_utf8(get.await.unwrap()).unwrap().parse().unwrap();
        assert!(at_once <= 2, "{at_once} at once");
    }
}

#[tokio::test]
async fn connection_errors_are_classified() {
    let client = Client::new(Options { allow_private: vec!["127.0.0.1".into()], ..options() }).unwrap();
    let closed = Url::parse("http://127.0.0.1:1/").unwrap();
    assert_eq!(client.get(&closed, Kind::Feed, &Validators::default()).await.unwrap_err().class(), Class::Connect);
    let nowhere = Url::parse("http://no-such-host.invalid/").unwrap();
    assert_eq!(client.get(&nowhere, Kind::Feed, &Validators::default()).await.unwrap_err().class(), Class::Dns);
}

/// Starts a site whose robots.txt is `file`, or which has none; counts the requests for it.
async fn site(file: Option<&'static str>, status: StatusCode) -> (Url, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let robots = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        async move { (status, file.unwrap_or_default()) }
    };
    let page = || async { "a page" };
    let router = Router::new()
        .route("/robots.txt", get(robots))
        .route("/open", get(page))
        .route("/closed", get(page))
        .route("/around", get(|| async { Redirect::temporary("/closed") }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (base, asked)
}

#[tokio::test]
async fn robots_txt_applies_to_pages_but_not_to_feeds() {
    let (base, asked) = site(Some("User-agent: dateline\nDisallow: /closed"), StatusCode::OK).await;
    let client = client(&base);
    let get = async |path: &str, kind| client.get(&base.join(path).unwrap(), kind, &Validators::default()).await;
    assert!(get("closed", Kind::Feed).await.is_ok(), "feeds are exempt");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    for _ in 0..3 {
        assert!(get("open", Kind::Page).await.is_ok());
        assert_eq!(get("closed", Kind::Page).await.unwrap_err().class(), Class::Disallowed);
        assert_eq!(
            get("around", Kind::Page).await.unwrap_err().class(),
            Class::Disallowed,
            "redirects are checked too"
        );
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1, "the file is remembered");
}

#[tokio::test]
async fn a_missing_robots_txt_allows_all_and_a_failing_one_nothing() {
    for (status, class) in [
        (StatusCode::NOT_FOUND, None),
        (StatusCode::FORBIDDEN, None),
        (StatusCode::BAD_GATEWAY, Some(Class::Disallowed)),
    ] {
        let (base, _) = site(None, status).await;
        let answer = client(&base).get(&base.join("open").unwrap(), Kind::Page, &Validators::default()).await;
        assert_eq!(answer.err().map(|error| error.class()), class, "{status}");
    }
}

#[tokio::test]
async fn a_crawl_delay_is_kept_within_the_bound() {
    let (base, _) = site(Some("User-agent: *\nCrawl-delay: 600"), StatusCode::OK).await;
    let client = Client::new(Options { max_crawl_delay: Duration::from_millis(200), ..options() }).unwrap();
    client.allow([base.clone()]);
    let started = Instant::now();
    for _ in 0..4 {
        client.get(&base.join("open").unwrap(), Kind::Page, &Validators::default()).await.unwrap();
    }
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(600) && took < Duration::from_secs(600), "{took:?}");
}

#[tokio::test]
async fn file_feeds_are_read_only_where_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a feed.xml");
    std::fs::write(&path, "<rss/>").unwrap();
    let url = Url::from_file_path(&path).unwrap();
    let none = Validators::default();
    let refused = Client::new(options()).unwrap().get(&url, Kind::Feed, &none).await.unwrap_err();
    assert!(refused.to_string().contains("fetch.files = true"), "{refused}");
    let client = Client::new(Options { files: true, max_decoded_bytes: 100, ..options() }).unwrap();
    assert!(client.get(&url, Kind::Page, &none).await.is_err(), "a story's page is never a file");
    let first = client.get(&url, Kind::Feed, &none).await.unwrap();
    assert_eq!((first.status, &first.body[..]), (200, &b"<rss/>"[..]));
    let again = client.get(&url, Kind::Feed, &first.validators).await.unwrap();
    assert!(again.not_modified && again.body.is_empty());
    std::fs::write(&path, "<rss />").unwrap();
    assert_eq!(client.get(&url, Kind::Feed, &first.validators).await.unwrap().body, b"<rss />");
    std::fs::write(&path, "x".repeat(101)).unwrap();
    assert!(matches!(client.get(&url, Kind::Feed, &none).await, Err(FetchError::TooLarge(_))));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(client.get(&url, Kind::Feed, &none).await, Err(FetchError::Status { status: 404, .. })));
    let folder = Url::from_file_path(folder.path()).unwrap();
    assert!(client.get(&folder, Kind::Feed, &none).await.unwrap_err().to_string().contains("not a regular file"));
}
