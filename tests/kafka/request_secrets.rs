//! Plants a secret of every kind that `requests` can hold, has servers repeat them in every way, and checks that no outlet
//! shows one and no other origin receives one.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use serde_json::Value;
use test_support::daemon::Daemon;
use test_support::http::ask;
use test_support::server::Server;
use test_support::{free_port, kafka, repository};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::secrets::{KEPT, collector, commands, on_kafka, output, search, served, topics};

/// One of each kind: header, cookie, bearer token, password, password of a proxy, header of a site, login of a site. The
/// last two replace the first header and the header of the site while the daemon runs.
const PLANTED: [&str; 9] = [
    "k3y-planted-1",
    "c00kie-planted-2",
    "b3arer-planted-3",
    "pa55w0rd-planted-4",
    "pr0xy-planted-5",
    "s1te-planted-6",
    "s1te-planted-7",
    "k3y-planted-8",
    "s1te-planted-9",
];
/// Blocks an entry that repeats the secrets of its feed.
const RULE: &str = "[[rule]]\nid = \"no-second-of-parrot\"\naction = \"block\"\ntitle = \"parrot votes for plan 2\"\n";

type Asked = Arc<Mutex<Vec<String>>>;

/// Returns everything that a request had, as text.
fn told(path: &str, headers: &HeaderMap) -> String {
    let mut told = path.to_owned();
    for (name, value) in headers {
        let _ = write!(told, " {name}={}", value.to_str().unwrap());
    }
    told
}

fn document(name: &str, base: &str, words: &str) -> Response {
    let item = |n: usize| {
        format!(
            "<item><title>Harbour board of {name} votes for plan {n} {words}</title><link>{base}/{name}/{n}?w={words}</link>\
             <guid>{base}/{name}/{n}?w={words}</guid><description>The board voted for plan {n} of {name}. {words}</description></item>"
        )
    };
    let items = [1, 2].map(item).concat();
    let body = format!(
        "<rss version=\"2.0\"><channel><title>{name} {words}</title><link>{base}/</link>{items}</channel></rss>"
    );
    ([(header::CONTENT_TYPE, "application/rss+xml")], body).into_response()
}

fn page(path: &str, words: &str) -> Response {
    let page = format!(
        "<html lang=en><head><title>{path} {words}</title></head><body><article><h1>The board of {path}</h1><p>The harbour board \
         voted on Tuesday night to close the old swing bridge for six weeks, after an inspection found cracks. {words}</p>\
         <p>Lorries will be sent over the northern ring road, and the ferry will run every twenty minutes until then.</p>\
         </article></body></html>"
    );
    ([(header::CONTENT_TYPE, "text/html")], page).into_response()
}

fn to(status: u16, location: String) -> Response {
    (StatusCode::from_u16(status).unwrap(), [(header::LOCATION, location)]).into_response()
}

/// Starts a server that notes every request, and answers it by its path and what came with it. It also plays the proxy.
fn server(address: &str, other: String) -> (Server, Asked) {
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let server = Server::on(address, |base| {
        let base = base.to_owned();
        Router::new().fallback(move |request: Request| {
            let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
            let told = told(&format!("{path}?{query}"), request.headers());
            // The value of each header, as a careless server repeats it.
            let words: Vec<String> = ["x-api-key", "cookie", "authorization", "x-site-key"]
                .iter()
                .filter_map(|name| Some(request.headers().get(*name)?.to_str().unwrap().to_owned()))
                .collect();
            let words = words.join(" ").replace('"', "");
            let name = path.split('/').nth(1).unwrap_or_default().to_owned();
            let encoded = words.replace(' ', "%20");
            let reply = match path {
                "/harbour/feed.xml" | "/proxied/feed.xml" => document(&name, &base, ""),
                "/strangers/feed.xml" => document("strangers", &other, ""),
                "/pier/feed.xml" => to(302, format!("{other}/landing/feed.xml")),
                "/landing/feed.xml" => document("landing", &base, ""),
                "/parrot/feed.xml" => document("parrot", &base, &words),
                "/echo.xml" => format!("no feed for {told}").into_response(),
                "/refused.xml" => (StatusCode::UNAUTHORIZED, format!("not {told}")).into_response(),
                "/failing.xml" => (StatusCode::INTERNAL_SERVER_ERROR, format!("not {told}")).into_response(),
                "/circle.xml" => to(302, format!("/circle.xml?{query}&w={encoded}")),
                "/leak.xml" => to(302, format!("{other}/leak?w={encoded}")),
                "/moved/feed.xml" => to(301, format!("/new/feed.xml?w={encoded}")),
                "/new/feed.xml" => document("new", &base, ""),
                "/robots.txt" => StatusCode::NOT_FOUND.into_response(),
                "/harbour/2" => to(302, format!("{other}/harbour/2")),
                _ => page(path, &words),
            };
            log.lock().unwrap().push(told);
            async move { reply }
        })
    });
    (server, asked)
}

/// Starts a server that answers only who shows the client certificate. Returns its port.
fn with_client_certificates(runtime: &tokio::runtime::Runtime) -> u16 {
    let pem = |file: &str| repository("tests/fixtures/tls").join(file);
    let certificates =
        |file: &str| CertificateDer::pem_file_iter(pem(file)).unwrap().map(Result::unwrap).collect::<Vec<_>>();
    let mut roots = rustls::RootCertStore::empty();
    for certificate in certificates("reader.pem") {
        roots.add(certificate).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::from_pem_file(pem("server.key")).unwrap();
    let config = config.with_client_cert_verifier(verifier).with_single_cert(certificates("server.pem"), key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let body = "<rss version=\"2.0\"><channel><title>Certified</title><item><guid>1</guid><title>The harbour board of \
                        certified votes</title><description>The board voted for a plan.</description></item></channel></rss>";
            let _ = stream.read(&mut [0; 10_000]).await;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

fn shows_no_secret(journal: &str) {
    let (stranger, received) = server("127.0.0.2", String::new());
    let (site, asked) = server("127.0.0.1", stranger.base.clone());
    let (proxy, proxied) = server("127.0.0.1", stranger.base.clone());
    let (collector, spans) = collector();
    let (port, secure) = (free_port(), with_client_certificates(&site.runtime));
    let ca = repository("tests/fixtures/tls/ca.pem");
    let config = format!(
        "{KEPT}\n[serve]\nenabled = true\nlisten = \"127.0.0.1:{port}\"\n\n[telemetry]\notlp_endpoint = \"{}\"\n\n\
         [[site]]\nhost = \"127.0.0.1\"\norigins = [\"{}\"]\n\n[site.requests]\nheaders = {{ X-Site-Key = {{ file = \"site-key\" }} }}\n\
         basic = {{ user = \"site\", password = {{ file = \"site-password\" }} }}\n\n{RULE}\n{journal}",
        collector.base, site.base
    );
    let all = "headers = { X-Api-Key = { file = \"key\" } }\ncookies = { session = { env = \"SESSION_COOKIE\" } }\nbearer = { file = \"token\" }\n";
    let login = "basic = { user = \"mina\", password = { file = \"password\" } }\n";
    let through = "proxy = { file = \"proxy\" }\n";
    let certificate = "client_certificate = { file = \"reader.pem\" }\nclient_key = { file = \"reader.key\" }\n";
    let feed = |id: &str, url: String, requests: &str| {
        format!("[[feed]]\nid = \"{id}\"\nurl = \"{url}\"\n\n[feed.requests]\n{requests}\n")
    };
    let at = |path: &str| format!("{}{path}", site.base);
    let nobody = free_port();
    let list = [
        feed("harbour", at("/harbour/feed.xml"), all),
        feed("strangers", at("/strangers/feed.xml"), all),
        feed("pier", at("/pier/feed.xml"), login),
        feed("proxied", at("/proxied/feed.xml"), &format!("{through}{all}")),
        feed("parrot", at("/parrot/feed.xml"), all),
        feed("echo", at("/echo.xml"), all),
        feed("echo-login", at("/echo.xml?2"), login),
        feed("refused", at("/refused.xml"), all),
        feed("failing", at("/failing.xml"), login),
        feed("circle", at("/circle.xml"), all),
        feed("leak", at("/leak.xml"), login),
        feed("moved", at("/moved/feed.xml"), all),
        feed(
            "nobody",
            format!("http://127.0.0.1:{nobody}/"),
            &format!("proxy = \"http://me:pr0xy-planted-5@127.0.0.1:{nobody}\"\n{all}"),
        ),
        feed("certified", format!("https://localhost:{secure}/feed.xml"), certificate),
        // Lets redirects and links lead to the other address.
        format!("[[feed]]\nid = \"open\"\nurl = \"{}/landing/feed.xml\"\n", stranger.base),
    ]
    .join("\n");
    let mut daemon = Daemon::new(&list, &config);
    let written = std::fs::read_to_string(daemon.config()).unwrap();
    let trusting = written.replace("[fetch]\n", &format!("[fetch]\nca_file = \"{}\"\n", ca.display()));
    std::fs::write(daemon.config(), trusting).unwrap();
    let fixture = |file: &str| std::fs::read_to_string(repository("tests/fixtures/tls").join(file)).unwrap();
    let proxy_url = format!("http://reader:pr0xy-planted-5@{}", proxy.base.strip_prefix("http://").unwrap());
    for (file, text) in [
        ("key", PLANTED[0]),
        ("token", PLANTED[2]),
        ("password", PLANTED[3]),
        ("proxy", &proxy_url),
        ("site-key", PLANTED[5]),
        ("site-password", PLANTED[6]),
        ("reader.pem", &fixture("reader.pem")),
        ("reader.key", &fixture("reader.key")),
    ] {
        std::fs::write(daemon.folder.path().join(file), text).unwrap();
    }
    daemon.env.push(("SESSION_COOKIE".into(), PLANTED[1].into()));
    daemon.env.push(("RUST_LOG".into(), "trace".into()));
    let running = daemon.start(&[]);
    let tail = |topic: &str| -> Vec<Value> {
        let lines = String::from_utf8(output(&daemon, &["tail", topic]).stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let titles = || {
        let articles = tail("articles");
        articles.iter().map(|record| record["value"]["headline"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for name in ["harbour", "strangers", "landing", "proxied", "parrot", "new", "certified"] {
        daemon.wait_until(name, || titles().iter().any(|title| title.contains(name)));
    }
    daemon.wait_until("dead letters", || tail("dead-letters").len() == 2);
    daemon.wait_until("feeds that fail", || {
        let events = tail("feed-events");
        let of = |kind: &str| events.iter().filter(|record| record["value"]["event"] == kind).count();
        of("failing") >= 3 && of("blocked") >= 1
    });

    for (file, secret) in [("key", PLANTED[7]), ("site-key", PLANTED[8])] {
        std::fs::write(daemon.folder.path().join(file), secret).unwrap();
    }
    let reloaded = ask(&format!("127.0.0.1:{port}"), "POST", "/api/v1/reload", &[("x-dateline", "1")], "");
    assert_eq!(reloaded.status, 200, "{reloaded:?}");
    let is_sent = |secret: &str| asked.lock().unwrap().iter().any(|told| told.contains(secret));
    daemon.wait_until("the new secrets are sent", || is_sent(PLANTED[7]) && is_sent(PLANTED[8]));

    let mut outlets = topics(&daemon);
    outlets.extend(served(&daemon, port));
    assert!(outlets.iter().any(|(name, _)| name.starts_with("/story/")), "no article was shown");
    outlets.extend(commands(&daemon));
    outlets.push(("reload".into(), reloaded.body.into_bytes()));
    running.stop();
    outlets.push(("log".into(), daemon.log().into_bytes()));
    outlets.push(("traces".into(), spans.lock().unwrap().clone()));
    outlets.push(("another origin".into(), received.lock().unwrap().join("\n").into_bytes()));
    for (name, part) in [
        ("log", "/harbour/1"),
        ("traces", "/harbour/1"),
        ("articles", "harbour"),
        ("dead-letters", "no feed for"),
        ("/feeds", "requested with header X-Api-Key, cookie session, bearer token"),
        ("/api/v1/feeds", "\"header X-Api-Key\""),
        ("/rules", "parrot votes for plan 2"),
        ("/feeds/parrot", "parrot votes for plan 2"),
        ("/api/v1/rules", "no-second-of-parrot"),
        ("reload", "site.127.0.0.1.requests.headers.X-Site-Key"),
        ("another origin", "/strangers/1"),
        ("another origin", "/harbour/2"),
        ("another origin", "/landing/feed.xml"),
    ] {
        let outlet = &outlets.iter().find(|(outlet, _)| outlet == name).unwrap().1;
        assert!(String::from_utf8_lossy(outlet).contains(part), "{name} shows nothing of {part}");
    }
    let blocked = |(name, bytes): &(String, Vec<u8>)| {
        name.starts_with("feed-state parrot/b/") && String::from_utf8_lossy(bytes).contains("votes for plan 2")
    };
    assert!(outlets.iter().any(blocked), "the blocked entry was not unpacked");
    // They were sent where they belong.
    let here = asked.lock().unwrap().join("\n");
    for secret in [PLANTED[0], PLANTED[1], PLANTED[2], PLANTED[5]] {
        assert!(here.contains(secret), "{secret} was not sent");
    }
    let of_page: Vec<String> = here.lines().filter(|line| line.starts_with("/harbour/1?")).map(str::to_owned).collect();
    assert!(of_page.iter().all(|line| line.contains(PLANTED[0])) && !of_page.is_empty(), "{of_page:?}");
    assert!(proxied.lock().unwrap().iter().any(|line| line.contains("proxy-authorization=Basic ")));
    let key = fixture("reader.key");
    let key = key.lines().nth(1).unwrap();
    search(&[&PLANTED[..], &[key]].concat(), &outlets);
    let kept = std::fs::read_to_string(daemon.folder.path().join("feeds.toml")).unwrap();
    assert_eq!(kept, list, "the list is the user's");
}

#[test]
fn no_output_of_the_store_contains_a_secret_of_requests() {
    shows_no_secret("");
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn no_output_on_kafka_contains_a_secret_of_requests() {
    let cluster = kafka::broker(1);
    shows_no_secret(&on_kafka(&cluster, "request-secrets"));
}
