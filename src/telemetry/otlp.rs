//! Sends spans to an OpenTelemetry collector, over HTTP or gRPC: in bounded batches that never delay the work.
//!
//! The `OTEL_*` environment variables override the config, as `DATELINE__*` do.

use std::collections::BTreeMap;
use std::env;
use std::sync::LazyLock;
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::tonic_types::metadata::MetadataMap;
use opentelemetry_otlp::tonic_types::transport::ClientTlsConfig;
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::{BatchConfigBuilder, SdkTracerProvider};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::runtime::Handle;
use tracing::warn;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::{Layer, Registry};
use url::Url;

use super::traces_error::TracesError;
use super::{Counter, Labelled, Options, counted};
use crate::address::Credentials;
use crate::options::SecretString;

/// Spans that may wait; more are dropped and counted.
const QUEUE: usize = 4_096;
/// How long a span waits at most for others of its batch.
const LINGER: Duration = Duration::from_secs(2);
/// The longest time for one request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The spans of this process by outcome. Global, as the subscriber that creates them is.
pub static SPANS: LazyLock<Labelled<Counter>> =
    LazyLock::new(|| Labelled::new("fate", ["exported", "dropped"], Counter::default));

/// Traces that are exported to a collector.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Starts to export the spans of this process; `None` if no collector is set, or the environment turns traces off. Must be
    /// called on a runtime. `instance` is the `service.instance.id`.
    pub fn start(options: &Options, instance: &str) -> Result<Option<Self>, TracesError> {
        let is = |name, value: &str| variable(name).is_some_and(|set| set.eq_ignore_ascii_case(value));
        if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
            return Ok(None);
        }
        let protocol = match of_traces("PROTOCOL").as_deref() {
            None | Some("http/protobuf") => Protocol::HttpBinary,
            Some("http/json") => Protocol::HttpJson,
            Some("grpc") => Protocol::Grpc,
            Some(other) => return Err(TracesError::Protocol(other.to_owned())),
        };
        if of_traces("ENDPOINT").is_none() && options.otlp_endpoint.is_none() {
            return Ok(None);
        }
        let traces = Self::new(options, instance, protocol, &SPANS)?;
        global::set_tracer_provider(traces.0.clone());
        Ok(Some(traces))
    }

    fn new(
        options: &Options,
        instance: &str,
        protocol: Protocol,
        counts: &Labelled<Counter>,
    ) -> Result<Self, TracesError> {
        let capacity = number("OTEL_BSP_MAX_QUEUE_SIZE").unwrap_or(QUEUE);
        let mut config = BatchConfigBuilder::default();
        if variable("OTEL_BSP_SCHEDULE_DELAY").is_none() {
            config = config.with_scheduled_delay(LINGER);
        }
        let processor = counted::processor(exporter(options, protocol)?, config, capacity, counts);
        let provider =
            SdkTracerProvider::builder().with_span_processor(processor).with_resource(resource(options, instance));
        Ok(Self(provider.build()))
    }

    /// Returns the layer that turns this program's spans into traces. Log events stay in the log, where secrets are removed.
    pub fn layer(&self) -> impl Layer<Registry> + use<> {
        let spans = filter_fn(|about| about.is_span() && about.target().starts_with("dateline"));
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("dateline"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(spans.with_max_level_hint(LevelFilter::DEBUG))
    }

    /// Sends the remaining spans, within this time at most. Blocks.
    pub fn stop(self, within: Duration) {
        if self.0.shutdown_with_timeout(within).is_err() {
            warn!("traces lost at shutdown: the collector did not accept them in time");
        }
    }
}

/// Returns an environment variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns a setting of the OTLP exporter: the one for traces, else the one for all signals.
fn of_traces(setting: &str) -> Option<String> {
    variable(&format!("OTEL_EXPORTER_OTLP_TRACES_{setting}"))
        .or_else(|| variable(&format!("OTEL_EXPORTER_OTLP_{setting}")))
}

fn number(name: &str) -> Option<usize> {
    variable(name)?.parse().ok().filter(|number| *number > 0)
}

fn exporter(options: &Options, protocol: Protocol) -> Result<opentelemetry_otlp::SpanExporter, TracesError> {
    let mut headers: BTreeMap<String, String> =
        options.otlp_headers.iter().map(|(name, SecretString(value))| (name.clone(), value.clone())).collect();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let named = of_traces("ENDPOINT"); // the builders read it themselves
    let base = match &options.otlp_endpoint {
        Some(SecretString(endpoint)) if named.is_none() => {
            let url = Url::parse(endpoint).map_err(TracesError::Endpoint)?;
            // The exporters do not send the user and password of a URL.
            let (url, login) = Credentials::split(url, false);
            if let Some(value) = login.authorization() {
                headers.entry("authorization".to_owned()).or_insert(value);
            }
            Some(url)
        }
        _ => None,
    };
    let checked = checked(&headers)?;
    let builder = opentelemetry_otlp::SpanExporter::builder();
    let built = if protocol == Protocol::Grpc {
        let mut builder = builder.with_tonic().with_metadata(MetadataMap::from_headers(checked));
        let endpoint = named.as_deref().or(base.as_ref().map(Url::as_str));
        if endpoint.is_some_and(|endpoint| endpoint.starts_with("https:")) {
            // Trusts the system's certificate authorities, as everywhere else.
            builder = builder.with_tls_config(ClientTlsConfig::new().with_enabled_roots());
        }
        if let Some(url) = base {
            builder = builder.with_endpoint(url);
        }
        builder.build()
    } else {
        // The exporter bounds the retries of a request, and the client bounds each request.
        let timeout =
            of_traces("TIMEOUT").and_then(|millis| millis.parse().ok()).map_or(TIMEOUT, Duration::from_millis);
        let client = reqwest::Client::builder().timeout(timeout).build();
        let client = Http(client.map_err(TracesError::Client)?, Handle::current());
        let headers = headers.into_iter().collect();
        let mut builder = builder.with_http().with_protocol(protocol).with_http_client(client).with_headers(headers);
        if let Some(mut url) = base {
            url.set_path(&format!("{}/v1/traces", url.path().trim_end_matches('/')));
            builder = builder.with_endpoint(url);
        }
        builder.build()
    };
    Ok(built?)
}

/// Checks the headers: the exporter would drop invalid ones silently.
fn checked(headers: &BTreeMap<String, String>) -> Result<HeaderMap, TracesError> {
    let header = |(name, value): (&String, &String)| {
        let value =
            HeaderValue::try_from(value).map_err(|source| TracesError::HeaderValue { name: name.clone(), source })?;
        let name =
            HeaderName::try_from(name).map_err(|source| TracesError::HeaderName { name: name.clone(), source })?;
        Ok((name, value))
    };
    headers.iter().map(header).collect()
}

fn resource(options: &Options, instance: &str) -> Resource {
    let config = [
        KeyValue::new("service.name", options.service_name.clone()),
        KeyValue::new("service.version", super::VERSION),
        KeyValue::new("service.instance.id", instance.to_owned()),
    ];
    let resource = Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(config)
        .with_detector(Box::new(EnvResourceDetector::new()));
    match variable("OTEL_SERVICE_NAME") {
        Some(name) => resource.with_attribute(KeyValue::new("service.name", name)),
        None => resource,
    }
    .build()
}

/// Sends the requests on this runtime: the batch processor's own thread has none.
#[derive(Debug)]
struct Http(reqwest::Client, Handle);

#[async_trait::async_trait]
impl HttpClient for Http {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.0.clone();
        let sent = self.1.spawn(async move { client.send_bytes(request).await }).await?;
        sent.map_err(|error| match error.downcast::<reqwest::Error>() {
            Ok(error) => error.without_url().into(), // which may hold a password
            Err(error) => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Instant;

    use axum::body::Body;
    use axum::extract::State;
    use axum::http::StatusCode;
    use axum::routing::post;
    use http_body_util::{BodyExt, Full};
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
    use prost::Message;
    use tokio::net::TcpListener;
    use tracing::{debug_span, info_span};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::telemetry::Trace;

    type Received = Arc<Mutex<Vec<(HeaderMap, ExportTraceServiceRequest)>>>;

    /// Runs a collector that is busy at first, for HTTP and gRPC.
    async fn collector(received: Received) -> String {
        let take = |received: &Received, headers, request| {
            let mut received = received.lock().unwrap();
            received.push((headers, request));
            received.len() == 1
        };
        let http = move |State(received): State<Received>, headers: HeaderMap, body: axum::body::Bytes| async move {
            let request = if headers["content-type"] == "application/json" {
                serde_json::from_slice(&body).unwrap()
            } else {
                ExportTraceServiceRequest::decode(body).unwrap()
            };
            if take(&received, headers, request) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
        };
        let grpc = move |State(received): State<Received>, headers: HeaderMap, body: axum::body::Bytes| async move {
            let request = ExportTraceServiceRequest::decode(body.slice(5..)).unwrap();
            let status = if take(&received, headers, request) { "14" } else { "0" };
            let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), status.parse().unwrap())]);
            let body = Full::new(Bytes::from_static(&[0; 5])).with_trailers(async { Some(Ok(trailers)) });
            ([("content-type", "application/grpc")], Body::new(body))
        };
        let router = axum::Router::new()
            .route("/otlp/v1/traces", post(http))
            .route("/opentelemetry.proto.collector.trace.v1.TraceService/Export", post(grpc))
            .with_state(received);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/otlp/")
    }

    fn options(endpoint: &str) -> Options {
        let headers = BTreeMap::from([("authorization".to_owned(), SecretString("Bearer x".to_owned()))]);
        Options { otlp_endpoint: Some(SecretString(endpoint.into())), otlp_headers: headers, ..Options::default() }
    }

    fn counts() -> Labelled<Counter> {
        Labelled::new("fate", ["exported", "dropped"], Counter::default)
    }

    fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
        let attribute = attributes.iter().find(|attribute| attribute.key == key)?;
        match attribute.value.as_ref()? {
            AnyValue { value: Some(Value::StringValue(text)) } => Some(text),
            _ => None,
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_collector_gets_each_span_by_each_protocol() {
        for protocol in [Protocol::HttpBinary, Protocol::HttpJson, Protocol::Grpc] {
            let (received, counts) = (Received::default(), counts());
            let endpoint = collector(Arc::clone(&received)).await;
            let mut options = options(&endpoint);
            let mut sent = "Bearer x";
            if protocol == Protocol::HttpJson {
                options.otlp_endpoint = Some(SecretString(endpoint.replace("//", "//mina:hunter2+@")));
                options.otlp_headers.clear();
                sent = "Basic bWluYTpodW50ZXIyKw==";
            }
            let traces = Traces::new(&options, "1", protocol, &counts).unwrap();
            let (poll, story) =
                tracing::subscriber::with_default(tracing_subscriber::registry().with(traces.layer()), || {
                    let span = info_span!("poll", feed.id = "a");
                    let poll = span.in_scope(Trace::current);
                    poll.failed("no answer");
                    let story = poll.caused("story", "a", &traces.0.tracer("dateline"));
                    drop(story.part(debug_span!("commit")));
                    story.came_out("published");
                    (poll.exemplar().unwrap(), story.parent())
                });
            let started = Instant::now();
            while counts.of("exported").get() < 3 {
                assert!(started.elapsed() < Duration::from_secs(30), "{protocol:?}: nothing was exported");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let received = received.lock().unwrap();
            assert_eq!(received.len(), 2, "one batch that was sent twice");
            let (headers, request) = &received[1];
            assert_eq!(headers["authorization"], sent);
            let resource = request.resource_spans[0].resource.as_ref().unwrap();
            assert_eq!(text(&resource.attributes, "service.name"), Some("dateline"));
            let spans = &request.resource_spans[0].scope_spans[0].spans;
            let span = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
            let hex = |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let status = span("poll").status.as_ref().unwrap();
            assert_eq!((hex(&span("poll").trace_id), &*status.message), (poll.clone(), "no answer"));
            assert_eq!(text(&span("poll").attributes, "feed.id"), Some("a"));
            let whole = span("story");
            assert_eq!(story, format!("00-{}-{}-01", hex(&whole.trace_id), hex(&whole.span_id)));
            assert_eq!((hex(&whole.links[0].trace_id), text(&whole.attributes, "outcome")), (poll, Some("published")));
            assert_eq!(span("commit").parent_span_id, whole.span_id);
            assert!(whole.start_time_unix_nano > 1_600_000_000_000_000_000);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_collector_that_hangs_holds_nothing_up() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", silent.local_addr().unwrap());
        for protocol in [Protocol::HttpBinary, Protocol::Grpc] {
            let counts = counts();
            let traces = Traces::new(&options(&endpoint), "1", protocol, &counts).unwrap();
            let started = Instant::now();
            tracing::subscriber::with_default(tracing_subscriber::registry().with(traces.layer()), || {
                (0..QUEUE + 700).for_each(|_| drop(info_span!("poll")));
            });
            assert_eq!((counts.of("exported").get(), counts.of("dropped").get()), (0, 700));
            tokio::task::spawn_blocking(|| traces.stop(Duration::from_millis(200))).await.unwrap();
            assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        }
    }

    #[tokio::test]
    async fn wrong_options_are_reported() {
        for (endpoint, header) in [("nowhere", "a"), ("http://127.0.0.1:4318", "a b")] {
            let options = Options {
                otlp_headers: BTreeMap::from([(header.to_owned(), SecretString("x".to_owned()))]),
                ..options(endpoint)
            };
            for protocol in [Protocol::HttpBinary, Protocol::Grpc] {
                assert!(Traces::new(&options, "1", protocol, &counts()).is_err(), "{endpoint} {header}");
            }
        }
    }

    #[test]
    fn without_a_collector_records_have_ids_all_the_same() {
        let poll = Trace::current();
        let (one, two) = (poll.story("a"), poll.story("a"));
        assert!(one.exemplar() != two.exemplar() && one.exemplar() != poll.exemplar());
        let parent = one.parent();
        assert!(
            parent.len() == 55 && parent == format!("00-{}-{}-01", one.exemplar().unwrap(), &parent[36..52]),
            "{parent}"
        );
    }
}
