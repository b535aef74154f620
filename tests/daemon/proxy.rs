//! Requests through a real proxy on loopback: the proxy is found by name, its targets are guarded, and its password
//! stays secret.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use dateline::fetch::{Class, Client, FetchError, Kind, Options, Validators};
use dateline::options::SecretString;
use test_support::daemon::Daemon;
use url::Url;

use crate::client::options;

const FEED: &str = "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Brack Wire</title><link>http://wire.brack-news.com/</link>\
    <description>d</description><item><title>Bridge to close</title><link>http://www.brack-news.com/bridge.html</link>\
    <guid>b1</guid><description>Short.</description></item>\
    <item><title>Salaries</title><link>http://intranet.brack-corp.internal/salaries.html</link><guid>b2</guid>\
    <description>Short too.</description></item></channel></rss>";
const PAGE: &str = "<html lang=\"en\"><head><title>Bridge to close</title></head><body><article><h1>Bridge to close</h1><p>The harbour \
    board voted on Tuesday night to close the old swing bridge for six weeks, after an inspection found cracks in two of its \
    four wheels.</p><p>Lorries will be sent over the northern ring road, and the ferry will run every twenty minutes until the \
    work is done.</p></article></body></html>";

/// An HTTP proxy that plays the whole web itself; it records the requests.
struct Proxy {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                std::thread::spawn(move || serve(stream, &log));
            }
        });
        Self { port, asked }
    }

    /// Returns the requests since the last call, each with the credentials sent.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn client(&self, host: &str) -> Client {
        through(&format!("http://{host}:{}", self.port), options())
    }
}

/// Answers one connection.
fn serve(stream: TcpStream, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let (mut request, mut line) = (String::new(), String::new());
        let mut password = None;
        if reader.read_line(&mut request).ok()? == 0 {
            return None;
        }
        while reader.read_line(&mut line).ok()? > 2 {
            let (name, value) = line.trim().split_once(": ")?;
            password = password.or(name.eq_ignore_ascii_case("proxy-authorization").then(|| value.to_owned()));
            line.clear();
        }
        let target = request.split(' ').nth(1)?.to_owned();
        log.lock().unwrap().push(format!("{target} {}", password.as_deref().unwrap_or("-")));
        let (status, extra, body) = match target.as_str() {
            "http://wire.brack-news.com/feed.xml" => {
                ("200 OK", "Content-Type: application/rss+xml\r\n".to_owned(), FEED)
            }
            "http://www.brack-news.com/locked" if password.is_none() => {
                ("407 Proxy Authentication Required", String::new(), "")
            }
            "locked.brack-news.com:443" => ("407 Proxy Authentication Required", String::new(), ""),
            "closed.brack-news.com:443" => ("403 Forbidden", String::new(), ""),
            _ if target.contains("?to=") => {
                let to = target.split_once("?to=")?.1;
                ("302 Found", format!("Location: {to}\r\n"), "")
            }
            _ => ("200 OK", "Content-Type: text/html\r\n".to_owned(), PAGE),
        };
        let head = format!("HTTP/1.1 {status}\r\n{extra}Content-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(body.as_bytes()).ok()?;
    }
}

fn through(proxy: &str, options: Options) -> Client {
    Client::new(Options { proxy: Some(SecretString(proxy.into())), ..options }).unwrap()
}

async fn page(client: &Client, url: &str) -> Result<u16, FetchError> {
    let answer = client.get(&Url::parse(url).unwrap(), Kind::Page, &Validators::default()).await;
    answer.map(|answer| answer.status)
}

#[tokio::test]
async fn a_proxy_may_be_in_a_private_network() {
    let proxy = Proxy::start();
    for host in ["localhost", "127.0.0.1"] {
        let client = proxy.client(host);
        assert_eq!(page(&client, "http://www.brack-news.com/bridge.html").await.unwrap(), 200, "{host}");
        assert_eq!(proxy.asked(), ["http://www.brack-news.com/bridge.html -"]);
        let with_robots = Client::new(Options {
            proxy: Some(SecretString(format!("{host}:{}", proxy.port))),
            robots: true,
            ..options()
        });
        page(&with_robots.unwrap(), "http://www.brack-news.com/").await.unwrap();
        assert_eq!(proxy.asked(), ["http://www.brack-news.com/robots.txt -", "http://www.brack-news.com/ -"]);
    }
}

#[tokio::test]
async fn no_link_or_redirect_reaches_a_private_network_through_a_proxy() {
    let proxy = Proxy::start();
    let url = format!("http://localhost:{}", proxy.port);
    let deny = vec!["denied.example".to_owned(), "203.0.113.0/24".to_owned(), "93.184.216.34".to_owned()];
    let client = through(&url, Options { deny, allow_private: vec!["wiki.internal".into()], ..options() });
    for target in [
        "http://127.0.0.1/",
        "http://10.1.2.3:8080/",
        "http://169.254.169.254/latest/meta-data",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fd00::1]/",
        "http://localhost/",
        "http://app.localhost:3000/",
        "http://intranet/",
        "http://intranet.brack-corp.internal/salaries.html",
        "http://printer.local/",
        "http://nas.lan/",
        "http://nas.home.arpa/",
        "http://metadata.google.internal./",
        "http://denied.example/",
        "http://www.denied.example/",
        "http://203.0.113.9/",
        "http://93.184.216.34/",
        "https://localhost/",
        &url,
    ] {
        let refused = page(&client, target).await.unwrap_err();
        assert_eq!(refused.class(), Class::Refused, "{target}: {refused}");
        assert!(proxy.asked().is_empty(), "{target}");
        let by_redirect = page(&client, &format!("http://www.brack-news.com/?to={target}")).await.unwrap_err();
        assert_eq!(by_redirect.class(), Class::Refused, "{target}: {by_redirect}");
        assert_eq!(proxy.asked().len(), 1, "{target}");
    }
    let message = page(&client, "http://denied.example/").await.unwrap_err().to_string();
    assert!(message.contains("`fetch.deny`"), "{message}");
    // Places that the user named are fetched, also through the proxy.
    assert_eq!(page(&client, "http://wiki.internal/").await.unwrap(), 200);
    client.allow([Url::parse("http://feeds.corp:8080/rss").unwrap()]);
    assert_eq!(page(&client, "http://feeds.corp:8080/page").await.unwrap(), 200);
    assert_eq!(page(&client, "http://feeds.corp/page").await.unwrap_err().class(), Class::Refused, "another port");
    assert_eq!(page(&client, "http://www.brack-news.com/?to=http://two.brack-news.co.uk/").await.unwrap(), 200);
}

#[tokio::test]
async fn requests_around_the_proxy_are_guarded_by_address() {
    let proxy = Proxy::start();
    let options = Options {
        proxy: Some(SecretString(format!("http://localhost:{}", proxy.port))),
        no_proxy: Some(vec!["localhost".into()]),
        ..options()
    };
    let client = Client::new(options.clone()).unwrap();
    let direct = format!("http://localhost:{}/", proxy.port);
    assert_eq!(page(&client, &direct).await.unwrap_err().class(), Class::Refused);
    let named = Client::new(Options { allow_private: vec!["localhost".into()], ..options }).unwrap();
    page(&named, &direct).await.unwrap();
    assert_eq!(proxy.asked(), ["/ -"], "not in the form for a proxy");
}

#[tokio::test]
async fn an_unreachable_proxy_is_named_without_its_password() {
    let proxy = Proxy::start();
    let host = format!("localhost:{}", proxy.port);
    for (proxy, target, class, part) in [
        ("127.0.0.1:1", "http://www.brack-news.com/", Class::Connect, "the proxy http://127.0.0.1:1: "),
        ("no-such-proxy.invalid", "http://www.brack-news.com/", Class::Connect, "has no address"),
        (&host, "https://closed.brack-news.com/", Class::Connect, "refused the connection to closed.brack-news.com"),
        (&host, "https://locked.brack-news.com/", Class::Connect, "requires another user and password"),
    ] {
        let error = page(&through(&format!("http://me:s3cret-pw@{proxy}"), options()), target).await.unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(error.to_string().contains(part) && !error.to_string().contains("s3cret"), "{error}");
    }
    let locked = page(&proxy.client("localhost"), "http://www.brack-news.com/locked").await.unwrap_err();
    assert!(locked.to_string().contains("requires another user and password"), "{locked}");
    proxy.asked();
    let open = through(&format!("http://me:s3cret%20pw@{host}"), options());
    assert_eq!(page(&open, "http://www.brack-news.com/locked").await.unwrap(), 200);
    assert_eq!(proxy.asked(), ["http://www.brack-news.com/locked Basic bWU6czNjcmV0IHB3"]);
}

/// Starts a SOCKS 5 proxy that plays every web server itself; it records the names that it has to resolve.
fn socks() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut read = |length: usize| {
                let mut bytes = vec![0; length];
                stream.read_exact(&mut bytes).unwrap();
                bytes
            };
            let methods = read(2)[1];
            read(methods.into());
            stream.write_all(&[5, 0]).unwrap();
            let mut head = [0; 5];
            stream.read_exact(&mut head).unwrap();
            assert_eq!(head[3], 3, "a name, not an address");
            let mut rest = vec![0; usize::from(head[4]) + 2];
            stream.read_exact(&mut rest).unwrap();
            let name = rest.split_last_chunk::<2>().unwrap().0;
            log.lock().unwrap().push(String::from_utf8(name.to_vec()).unwrap());
            stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).unwrap();
            serve(stream, &Mutex::default());
        }
    });
    (port, asked)
}

#[tokio::test]
async fn a_socks_proxy_resolves_the_names() {
    let (port, asked) = socks();
    let client = through(&format!("socks5://localhost:{port}"), options());
    assert_eq!(page(&client, "http://www.brack-news.com/").await.unwrap(), 200);
    assert_eq!(page(&client, "http://wiki.internal/").await.unwrap_err().class(), Class::Refused);
    assert_eq!(*asked.lock().unwrap(), ["www.brack-news.com"]);
}

#[test]
fn the_daemon_uses_the_proxy_and_hides_its_password() {
    let list = "[[feed]]\nid = \"wire\"\nurl = \"http://wire.brack-news.com/feed.xml\"\npages = \"always\"\n";
    let proxy = Proxy::start();
    let (good, dead) = (format!("http://me:s3cret-pw@localhost:{}", proxy.port), "http://me:s3cret-pw@127.0.0.1:1");
    // In the last case the config overrides the environment.
    for (config, variable) in [(None, Some(&good)), (Some(good.as_str()), None), (Some(&good), Some(&dead.to_owned()))]
    {
        let fetch = config.map(|proxy| format!("[fetch]\nproxy = \"{proxy}\"\n")).unwrap_or_default();
        let mut daemon = Daemon::new(list, "");
        let text = format!("{fetch}[log]\nlevel = \"debug\"\n[store]\npath = \"store.db\"\n");
        std::fs::write(daemon.config(), text).unwrap();
        daemon.env.extend(variable.map(|url| ("HTTP_PROXY".to_owned(), url.clone())));
        daemon.once();
        let articles = daemon.tail("articles");
        let of = |guid: &str| articles.iter().find(|record| record["value"]["guid"] == guid).unwrap()["value"].clone();
        assert_eq!(of("b1")["content_source"], "page");
        assert_eq!(of("b2")["content_source"], "feed", "the page lies in a private network");
        let asked = proxy.asked();
        assert!(asked.iter().any(|line| line.starts_with("http://www.brack-news.com/bridge.html Basic ")), "{asked:?}");
        assert!(!asked.iter().any(|line| line.contains("internal")), "{asked:?}");
        let log = daemon.log();
        assert!(log.contains(&format!("http://localhost:{}", proxy.port)) && !log.contains("s3cret"), "{log}");
        let check = daemon.output(&["check", "--verbose"]);
        let shown = String::from_utf8([check.stdout, check.stderr].concat()).unwrap();
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!(shown.contains(&format!("proxy: http://localhost:{}", proxy.port)), config.is_some(), "{shown}");
    }
}
