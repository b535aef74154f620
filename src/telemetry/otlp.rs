//! Sends spans to an OpenTelemetry collector: OTLP over HTTP in its JSON form, in batches, never in the way of the work.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use url::Url;

use super::trace::{Span, Tracer};
use super::{Counter, Labelled};

/// Spans that wait to be sent; more are lost and counted.
const QUEUE: usize = 4_096;
/// Spans in one request, and how long the first of them waits at most.
const BATCH: usize = 512;
const LINGER: Duration = Duration::from_secs(2);
/// The longest time for one request.
const WITHIN: Duration = Duration::from_secs(10);
/// A batch is tried so often, with these pauses between.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// Where spans go, and as whose.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The collector's base URL; spans go to `v1/traces` under it.
    pub endpoint: String,
    /// Headers of each request, as for a token.
    pub headers: BTreeMap<String, String>,
    /// `service.name`.
    pub service: String,
    /// `service.instance.id`.
    pub instance: String,
}

/// Sends what its tracer lays down.
pub struct Exporter {
    spans: mpsc::Receiver<Span>,
    counts: Labelled<Counter>,
    client: reqwest::Client,
    url: Url,
    resource: Value,
}

impl Exporter {
    /// An exporter, and the tracer that fills it. Fails with words for the user where the options are wrong.
    pub fn new(options: &Options, counts: &Labelled<Counter>) -> Result<(Tracer, Self), String> {
        let base = Url::parse(&options.endpoint).map_err(|error| format!("`{}`: {error}", options.endpoint))?;
        let mut url = base.clone();
        url.set_path(&format!("{}/v1/traces", base.path().trim_end_matches('/')));
        let mut headers = HeaderMap::new();
        for (name, value) in &options.headers {
            let name = HeaderName::try_from(name).map_err(|_| format!("`{name}` is no name of a header"))?;
            let mut value = HeaderValue::try_from(value).map_err(|_| format!("the value of `{name}` is no header"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().default_headers(headers).timeout(WITHIN).build();
        let client = client.map_err(|error| format!("no HTTP client: {error}"))?;
        let (out, spans) = mpsc::channel(QUEUE);
        let tracer = Tracer::new(out, counts.of("dropped"));
        let resource = json!({ "attributes": attributes(&[
            ("service.name", options.service.clone()),
            ("service.version", super::VERSION.to_owned()),
            ("service.instance.id", options.instance.clone()),
        ]) });
        let counts = counts.clone();
        Ok((tracer, Self { spans, counts, client, url, resource }))
    }

    /// Sends until stopped, and then what is left.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut away = false;
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let taken = tokio::select! {
                taken = self.spans.recv_many(&mut batch, BATCH) => taken,
                () = stop.cancelled() => self.rest(&mut batch),
            };
            if taken == 0 {
                return;
            }
            let full = tokio::time::sleep(LINGER);
            tokio::pin!(full);
            while batch.len() < BATCH && !stop.is_cancelled() {
                let room = BATCH - batch.len();
                tokio::select! {
                    more = self.spans.recv_many(&mut batch, room) => if more == 0 { break },
                    () = &mut full => break,
                    () = stop.cancelled() => {}
                }
            }
            let count = batch.len() as u64;
            match self.send(&batch, &stop).await {
                Ok(()) => {
                    self.counts.of("exported").inc_by(count);
                    if std::mem::take(&mut away) {
                        info!("the collector takes traces again");
                    }
                }
                Err(error) => {
                    self.counts.of("dropped").inc_by(count);
                    if !std::mem::replace(&mut away, true) {
                        warn!(
                            error,
                            "traces are lost: see to the collector at `telemetry.otlp_endpoint`; nothing else is held up"
                        );
                    }
                }
            }
            batch.clear();
        }
    }

    /// What is laid down already, without waiting.
    fn rest(&mut self, batch: &mut Vec<Span>) -> usize {
        while batch.len() < BATCH
            && let Ok(span) = self.spans.try_recv()
        {
            batch.push(span);
        }
        batch.len()
    }

    /// Sends a batch, again where the collector may take it later.
    async fn send(&self, batch: &[Span], stop: &CancellationToken) -> Result<(), String> {
        let body = self.body(batch).to_string();
        let mut pauses = PAUSES.iter();
        loop {
            let sent = self.client.post(self.url.clone()).body(body.clone()).send().await;
            let error = match sent {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) if !matches!(answer.status().as_u16(), 429 | 502..=504) => {
                    return Err(format!("the collector answers {}", answer.status()));
                }
                Ok(answer) => format!("the collector answers {}", answer.status()),
                Err(error) => error.without_url().to_string(),
            };
            match pauses.next().filter(|_| !stop.is_cancelled()) {
                Some(pause) => tokio::select! {
                    () = tokio::time::sleep(*pause) => {}
                    () = stop.cancelled() => {}
                },
                None => return Err(error),
            }
        }
    }

    fn body(&self, batch: &[Span]) -> Value {
        let spans: Vec<Value> = batch.iter().map(span).collect();
        let scope = json!({ "name": "dateline", "version": env!("CARGO_PKG_VERSION") });
        json!({ "resourceSpans": [{ "resource": self.resource, "scopeSpans": [{ "scope": scope, "spans": spans }] }] })
    }
}

/// A span as OTLP writes it in JSON: ids in hexadecimal, times as decimal strings.
fn span(span: &Span) -> Value {
    let nanos = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string();
    let hex = |id: u64| format!("{id:016x}");
    let links = span.link.map(|(trace, id)| json!({ "traceId": format!("{trace:032x}"), "spanId": hex(id) }));
    let status = span.error.as_ref().map_or_else(|| json!({}), |error| json!({ "code": 2, "message": error }));
    json!({
        "traceId": format!("{:032x}", span.trace),
        "spanId": hex(span.id),
        "parentSpanId": span.parent.map(hex).unwrap_or_default(),
        "name": span.name,
        "kind": 1,
        "startTimeUnixNano": nanos(span.from),
        "endTimeUnixNano": nanos(span.to),
        "attributes": attributes(&span.attributes),
        "links": links.into_iter().collect::<Vec<_>>(),
        "status": status,
    })
}

fn attributes(pairs: &[(&str, String)]) -> Vec<Value> {
    pairs.iter().map(|(key, value)| json!({ "key": key, "value": { "stringValue": value } })).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::extract::State;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::post;

    use super::*;
    use crate::telemetry::Trace;

    type Received = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

    /// A collector that is busy at first.
    async fn collector(received: Received) -> String {
        let take = |State(received): State<Received>, headers: HeaderMap, body: String| async move {
            let mut received = received.lock().unwrap();
            received.push((headers, serde_json::from_str(&body).unwrap()));
            if received.len() == 1 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
        };
        let router = axum::Router::new().route("/otlp/v1/traces", post(take)).with_state(received);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/otlp/")
    }

    #[tokio::test]
    async fn a_collector_gets_each_span_as_otlp_says_it() {
        let received = Received::default();
        let endpoint = collector(Arc::clone(&received)).await;
        let headers = BTreeMap::from([("authorization".to_owned(), "Bearer x".to_owned())]);
        let (service, instance) = ("dateline".to_owned(), "1".to_owned());
        let counts = Labelled::new("fate", [], Counter::default);
        let (tracer, exporter) = Exporter::new(&Options { endpoint, headers, service, instance }, &counts).unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn(exporter.run(stop.clone()));
        let poll = Trace::start();
        tracer.record(|| poll.whole("poll").with("feed.id", "a").failed(Some("no answer".into())));
        tracer.record(|| poll.story().whole("story"));
        while counts.of("exported").get() < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tracer.record(|| poll.part("commit", poll.begun()));
        stop.cancel();
        running.await.unwrap(); // the last one is sent on the way out
        assert_eq!(counts.of("exported").get(), 3);
        let received = received.lock().unwrap();
        assert_eq!(received.len(), 3, "one batch that was sent twice, and the rest");
        let (headers, body) = &received[1];
        assert_eq!(
            (&headers["content-type"], &headers["authorization"]),
            (&"application/json".parse().unwrap(), &"Bearer x".parse().unwrap())
        );
        let spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
        assert_eq!(spans.len(), 2);
        assert_eq!(spans[0]["traceId"], poll.id());
        assert_eq!(spans[0]["status"], json!({ "code": 2, "message": "no answer" }));
        assert_eq!(spans[0]["attributes"][0], json!({ "key": "feed.id", "value": { "stringValue": "a" } }));
        assert_eq!(spans[1]["links"][0]["traceId"], poll.id());
        assert!(spans[0]["startTimeUnixNano"].as_str().unwrap().parse::<u64>().unwrap() > 1_600_000_000_000_000_000);
    }

    #[test]
    fn wrong_options_are_told() {
        for (endpoint, header) in [("nowhere", "a"), ("http://127.0.0.1:4318", "a b")] {
            let headers = BTreeMap::from([(header.to_owned(), "x".to_owned())]);
            let options = Options { endpoint: endpoint.into(), headers, ..Options::default() };
            assert!(
                Exporter::new(&options, &Labelled::new("fate", [], Counter::default)).is_err(),
                "{endpoint} {header}"
            );
        }
    }
}
