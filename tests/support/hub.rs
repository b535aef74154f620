//! A site with a feed and a hub on loopback: the feed names the hub; the hub accepts subscriptions, verifies and pushes as
//! the test requires.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ring::hmac;

use crate::server::Server;

/// Where the feed names its hub.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Named {
    InFeed,
    InHeader,
    /// Only in the header of "not changed".
    InHeaderOf304,
    Nowhere,
}

/// How the hub answers requests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Verifies them and grants this lease in seconds.
    Verifies(u64),
    /// Answers with this status.
    Refuses(u16),
    /// Accepts them and denies them later.
    Denies,
}

/// A request as received.
#[derive(Clone, Debug)]
pub struct Asked {
    pub at: Instant,
    pub form: HashMap<String, String>,
    /// Status and body of the answer to the hub's verification.
    pub verified: Option<(u16, String)>,
}

impl Asked {
    pub fn field(&self, name: &str) -> &str {
        self.form.get(&format!("hub.{name}")).map_or("", String::as_str)
    }
}

pub struct Shared {
    pub named: Named,
    pub manner: Manner,
    /// The items that the site shows.
    pub items: Vec<usize>,
    pub asked: Vec<Asked>,
    pub polls: Vec<Instant>,
    base: String,
}

impl Shared {
    pub fn intents(&self, mode: &str) -> Vec<Asked> {
        self.asked.iter().filter(|asked| asked.field("mode") == mode).cloned().collect()
    }
}

/// A site and a hub, which run until dropped.
pub struct Hub {
    shared: Arc<Mutex<Shared>>,
    client: reqwest::Client,
    server: Server,
}

type Site = (Arc<Mutex<Shared>>, reqwest::Client);

impl Hub {
    pub fn start(named: Named, manner: Manner) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (items, asked, polls) = (vec![1], Vec::new(), Vec::new());
        let shared = Arc::new(Mutex::new(Shared { named, manner, items, asked, polls, base: String::new() }));
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
        let router = Router::new()
            .route("/feed.xml", get(feed))
            .route("/hub", post(subscribe))
            .with_state((Arc::clone(&shared), client.clone()));
        let server = Server::start(|base| {
            base.clone_into(&mut shared.lock().unwrap().base);
            router
        });
        Self { shared, client, server }
    }

    pub fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }

    pub fn feed_url(&self) -> String {
        format!("{}/feed.xml", self.shared().base)
    }

    /// Returns the subscription that was verified last.
    fn subscription(&self) -> Asked {
        self.shared().intents("subscribe").into_iter().rfind(|asked| asked.verified.is_some()).unwrap()
    }

    pub fn callback(&self) -> String {
        self.subscription().field("callback").to_owned()
    }

    /// Pushes these items, correctly signed; returns the status.
    pub fn push(&self, items: &[usize]) -> u16 {
        self.push_all(&[items])[0]
    }

    /// Pushes several documents at once.
    pub fn push_all(&self, documents: &[&[usize]]) -> Vec<u16> {
        let secret = self.subscription().field("secret").to_owned();
        let base = self.shared().base.clone();
        let sends = documents.iter().map(|items| {
            let body = document(items, &base, "");
            let signature = sign(body.as_bytes(), &secret);
            self.request(&self.callback(), Some(&signature), body)
        });
        self.server.runtime.block_on(futures_util::future::join_all(sends))
    }

    /// Sends a push that the hub did not sign.
    pub fn forge(&self, url: &str, signature: Option<&str>, items: &[usize]) -> u16 {
        let body = document(items, "http://forged.example", "");
        self.server.runtime.block_on(self.request(url, signature, body))
    }

    pub fn send(&self, url: &str, signature: &str, body: String) -> u16 {
        self.server.runtime.block_on(self.request(url, Some(signature), body))
    }

    fn request(&self, url: &str, signature: Option<&str>, body: String) -> impl Future<Output = u16> + use<> {
        let mut request = self.client.post(url).header(header::CONTENT_TYPE, "application/rss+xml").body(body);
        if let Some(signature) = signature {
            request = request.header("x-hub-signature", signature);
        }
        async move {
            // A connection whose body was not read may close before the answer is read: hubs retry.
            for _ in 0..3 {
                if let Ok(answer) = request.try_clone().expect("a body in memory").send().await {
                    return answer.status().as_u16();
                }
            }
            request.send().await.unwrap().status().as_u16()
        }
    }

    /// Sends a query to the callback.
    pub fn ask(&self, url: &str, question: &[(&str, &str)]) -> (u16, String) {
        self.server.runtime.block_on(ask(&self.client, url, question))
    }
}

async fn ask(client: &reqwest::Client, url: &str, question: &[(&str, &str)]) -> (u16, String) {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(question).finish();
    let response = client.get(format!("{url}?{query}")).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Returns the value of `X-Hub-Signature`.
pub fn sign(body: &[u8], secret: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body);
    format!("sha256={}", hex::encode(tag))
}

fn document(items: &[usize], base: &str, links: &str) -> String {
    let item = |n: &usize| {
        format!(
            "<item><title>Story {n}</title><link>{base}/story-{n}</link><guid isPermaLink=\"false\">guid-{n}</guid>\
             <description>The council met for the {n}th time and decided nothing.</description></item>"
        )
    };
    let items: String = items.iter().rev().map(item).collect();
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>Council</title>\
         <link>{base}/</link><description>News</description>{links}{items}</channel></rss>"
    )
}

async fn feed(State((shared, _)): State<Site>, headers: HeaderMap) -> Response {
    let mut shared = shared.lock().unwrap();
    shared.polls.push(Instant::now());
    let base = &shared.base;
    let etag = format!("\"{:?}\"", shared.items);
    let same = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == etag.as_bytes());
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let links =
            format!("<atom:link rel=\"hub\" href=\"{base}/hub\"/><atom:link rel=\"self\" href=\"{base}/feed.xml\"/>");
        let links = if shared.named == Named::InFeed { links.as_str() } else { "" };
        document(&shared.items, base, links).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag.parse().unwrap());
    headers.insert(header::CONTENT_TYPE, "application/rss+xml".parse().unwrap());
    if shared.named == Named::InHeader || (shared.named == Named::InHeaderOf304 && same) {
        headers.append(header::LINK, format!("<{base}/hub>; rel=\"hub\"").parse().unwrap());
        headers.append(header::LINK, "</feed.xml>; rel=self".parse().unwrap());
    }
    response
}

async fn subscribe(State((shared, client)): State<Site>, body: String) -> StatusCode {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let (manner, n) = {
        let mut shared = shared.lock().unwrap();
        shared.asked.push(Asked { at: Instant::now(), form: form.clone(), verified: None });
        (shared.manner, shared.asked.len() - 1)
    };
    if let Manner::Refuses(status) = manner {
        return StatusCode::from_u16(status).unwrap();
    }
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let field = |name: &str| form[&format!("hub.{name}")].clone();
        let (mode, topic) = (field("mode"), field("topic"));
        let (lease, challenge) = match manner {
            Manner::Verifies(lease) => (lease.to_string(), format!("challenge-{n}")),
            _ => (String::new(), String::new()),
        };
        let denied = [("hub.mode", "denied"), ("hub.topic", &topic), ("hub.reason", "not for you")];
        let verify = [
            ("hub.mode", mode.as_str()),
            ("hub.topic", &topic),
            ("hub.challenge", &challenge),
            ("hub.lease_seconds", &lease),
        ];
        let question = if manner == Manner::Denies { &denied[..] } else { &verify[..] };
        let answer = ask(&client, &field("callback"), question).await;
        shared.lock().unwrap().asked[n].verified = Some(answer);
    });
    StatusCode::ACCEPTED
}
