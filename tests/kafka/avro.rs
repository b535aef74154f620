//! Values in Avro, with a real Kafka, a real schema registry and the daemon between them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use apache_avro::Schema;
use dateline::journal::avro::{Registry, RegistryOptions};
use dateline::journal::kafka::KafkaReader;
use dateline::journal::{JournalError, Reader, StartOffset, Stored};
use dateline::options::SecretString;
use dateline::record::{Topic, schema};
use serde_json::{Value, json};
use test_support::checker::check;
use test_support::daemon::{Daemon, stderr};
use test_support::publisher::Publisher;
use test_support::{kafka, registry};

use crate::{options, prefix};

const FEEDS: usize = 3;
const STORIES: usize = 4;

fn published() -> Publisher {
    Publisher::stocked(FEEDS, 2, Duration::ZERO, STORIES)
}

struct Place {
    prefix: String,
    brokers: String,
    registry: String,
}

/// Starts a Kafka, a registry, and picks a prefix for the test.
fn place() -> Place {
    Place { prefix: prefix(), brokers: kafka::broker(1).brokers, registry: registry::url() }
}

impl Place {
    fn daemon(&self, publisher: &Publisher, format: &str) -> Daemon {
        let Self { prefix, brokers, registry } = self;
        let settings = format!(
            "[topics]\nprefix = \"{prefix}\"\npartitions = 3\nformat = \"{format}\"\n\n[kafka]\nbrokers = \"{brokers}\"\n\n\
             [kafka.registry]\nurl = \"{registry}\"\n"
        );
        Daemon::new(&publisher.feed_list(), &settings)
    }

    /// Returns the records of a topic as Kafka stores them.
    fn raw(&self, topic: Topic) -> Vec<Stored> {
        let options = options(&self.brokers, &self.prefix);
        let mut reader = KafkaReader::open(&options, topic, StartOffset::Earliest, false).unwrap();
        let mut all = Vec::new();
        while let Some(stored) = block_on(reader.next()).unwrap() {
            all.push(stored);
        }
        all
    }

    /// Sends a request to the registry, as any other client would.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        // The first caller chooses the provider; all choose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = format!("{}{path}", self.registry);
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let text = block_on(async {
            let mut request = reqwest::Client::new().request(method, url);
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_string());
            }
            request.send().await.unwrap().text().await.unwrap()
        });
        serde_json::from_str(&text).unwrap()
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn values_are_in_avro_and_tail_shows_them() {
    let place = place();
    let publisher = published();
    let daemon = place.daemon(&publisher, "avro");
    daemon.once();
    check(&daemon, &publisher);
    daemon.once();
    assert_eq!(daemon.tail("articles").len(), FEEDS * STORIES, "a second run finds nothing new");
    publisher.change(1, 2);
    daemon.once();
    check(&daemon, &publisher);

    // Reads as any consumer does: the framing, the registry's schema, the binary form.
    for (topic, name) in [
        (Topic::Articles, "article"),
        (Topic::Entities, "entities"),
        (Topic::Quotes, "quote"),
        (Topic::FeedEvents, "feed-event"),
    ] {
        let subject = format!("/subjects/{}.{}-value/versions/latest", place.prefix, topic.suffix());
        let registered = place.ask("GET", &subject, None);
        let text: Value = serde_json::from_str(registered["schema"].as_str().unwrap()).unwrap();
        assert_eq!(text, schema::avro(name).unwrap());
        let schema = Schema::parse(&text).unwrap();
        let (mut seen, mut tombstones) = (0, 0);
        for stored in place.raw(topic) {
            let Some(value) = stored.value else {
                tombstones += 1;
                continue;
            };
            let kind = stored.headers.iter().find(|(name, _)| name == "content-type").unwrap();
            assert_eq!(kind.1, "application/vnd.confluent.avro");
            assert_eq!(value[0], 0);
            let id = u32::from_be_bytes(value[1..5].try_into().unwrap());
            assert_eq!(json!(id), registered["id"]);
            let mut datum = &value[5..];
            apache_avro::from_avro_datum(&schema, &mut datum, None).unwrap();
            assert!(datum.is_empty(), "nothing behind the record");
            seen += 1;
        }
        assert!(seen >= FEEDS, "{name}");
        assert_eq!(tombstones, usize::from(topic == Topic::Quotes), "{name}");
    }
    let state = place.raw(Topic::FeedState);
    assert!(state.iter().filter_map(|stored| stored.value.as_ref()).all(|value| value[0] == b'{'), "state is JSON");

    // A replay reads back its own output.
    let output = daemon.output(&["replay"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(done["articles"], FEEDS * STORIES);
    assert_eq!(daemon.tail("entities").len(), 2 * FEEDS * STORIES + 1);

    // Switches back to JSON: a topic may hold both.
    let json = place.daemon(&publisher, "json");
    publisher.change(0, 1);
    json.once();
    let values = json.tail("articles");
    assert!(values.iter().all(|record| record["value"]["id"] == record["key"]));
    assert_eq!(values.iter().filter(|record| record["headers"]["content-type"] == "application/json").count(), 1);
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn a_routed_topic_has_the_schema_and_the_records_of_the_main_one() {
    let place = place();
    let publisher = published();
    let daemon = place.daemon(&publisher, "avro");
    let list = publisher.feed_list().replace("[[feed]]\n", "[[feed]]\nlabels = [\"politics\"]\n");
    std::fs::write(daemon.folder.path().join("feeds.toml"), list).unwrap();
    let (config, route) = (std::fs::read_to_string(daemon.config()).unwrap(), format!("{}-politics", place.prefix));
    let config = format!("{config}\n[[topics.route]]\nlabels = [\"politics\"]\nprefix = \"{route}\"\n");
    std::fs::write(daemon.config(), config).unwrap();
    daemon.once();
    publisher.change(1, 2);
    daemon.once();
    // Within a partition, records are in order.
    let records = |topic: &str| {
        let mut records = daemon.tail(topic);
        records.sort_by_key(|record| record["partition"].as_u64());
        let parts = |record: &Value| ["partition", "key", "value", "headers"].map(|part| record[part].clone());
        records.iter().map(parts).collect::<Vec<_>>()
    };
    for topic in ["articles", "entities", "quotes"] {
        let subject = |prefix: &str| {
            let subject = place.ask("GET", &format!("/subjects/{prefix}.{topic}-value/versions/latest"), None);
            subject["id"].as_u64().unwrap_or_else(|| panic!("{subject}"))
        };
        assert_eq!(subject(&route), subject(&place.prefix), "{topic}");
        let main = records(topic);
        assert!(main.len() > FEEDS * STORIES, "{topic}: {}", main.len());
        assert_eq!(records(&format!("{route}.{topic}")), main, "{topic}");
    }
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn an_incompatible_schema_is_refused_at_startup() {
    let place = place();
    let publisher = published();
    let subject = format!("{}.articles-value", place.prefix);
    // A foreign schema: a string where we write a list.
    let mut theirs = schema::avro("article").unwrap();
    for field in theirs["fields"].as_array_mut().unwrap() {
        if field["name"] == "blocks" {
            (field["type"], field["default"]) = (json!("string"), json!(""));
        }
    }
    let body = json!({ "schemaType": "AVRO", "schema": theirs.to_string() });
    let made = place.ask("POST", &format!("/subjects/{subject}/versions"), Some(&body));
    assert!(made["id"].is_u64(), "{made}");
    place.ask("PUT", &format!("/config/{subject}"), Some(&json!({ "compatibility": "BACKWARD" })));
    let daemon = place.daemon(&publisher, "avro");
    let output = daemon.output(&["run", "--once"]);
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(
        message.contains(&format!("refuses the schema of {subject}")) && message.contains("delete the subject"),
        "{message}"
    );
    let output = daemon.output(&["check", "--connect"]);
    let message = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(message.contains(&format!("FAILED  schema registry: {subject}")), "{message}");
    assert!(daemon.try_tail("articles").is_err(), "nothing was begun: the topics are not there");
}

#[test]
#[ignore = "needs Java and Maven, to start Kafka"]
fn the_daemon_waits_for_the_registry() {
    let place = place();
    let publisher = published();
    let away = Place {
        registry: "http://127.0.0.1:9/apis".into(),
        prefix: place.prefix.clone(),
        brokers: place.brokers.clone(),
    };
    let daemon = away.daemon(&publisher, "avro");
    let mut running = daemon.start(&[]);
    daemon.wait_until("a warning that the registry does not answer", || daemon.log().contains("does not answer"));
    assert!(daemon.log().contains("retrying"));
    assert!(running.is_running(), "{}", daemon.log());
}

#[test]
fn avro_without_a_registry_is_a_config_error() {
    let publisher = published();
    let daemon = Daemon::new(&publisher.feed_list(), "[topics]\nformat = \"avro\"\n");
    let output = daemon.output(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`topics.format` needs `url` in [kafka.registry]"), "{}", stderr(&output));
}

/// A registry that asks for a password: checks the request, and the error when it is refused.
#[tokio::test]
async fn registry_credentials_are_sent_and_a_refusal_is_clear() {
    use axum::http::{HeaderMap, StatusCode};
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let router = axum::Router::new().fallback({
        let heard = Arc::clone(&heard);
        move |headers: HeaderMap| {
            let sent = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
            let known = sent.as_deref() == Some("Basic dXNlcjpwYXNz") || sent.as_deref() == Some("Bearer secret");
            heard.lock().unwrap().push(sent.unwrap_or_default());
            async move {
                if known {
                    (StatusCode::OK, "{\"schema\":\"\\\"string\\\"\"}")
                } else {
                    (StatusCode::UNAUTHORIZED, "who are you?")
                }
            }
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v7/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let open = RegistryOptions { url, ..RegistryOptions::default() };
    let token = |token: &str| RegistryOptions { token: Some(SecretString(token.into())), ..open.clone() };
    let (user, password) = (Some("user".into()), Some(SecretString("pass".into())));
    let basic = RegistryOptions { user, password, ..open.clone() };
    let ask = |options| Registry::new(options).unwrap();
    assert_eq!(ask(basic).schema(1).await.unwrap(), "\"string\"");
    assert_eq!(ask(token("secret")).schema(1).await.unwrap(), "\"string\"");
    let Err(JournalError::Fatal(reason)) = ask(token("hunter2")).schema(1).await else { panic!("let in") };
    let words = format!("{reason:#}");
    assert!(words.contains("401") && words.contains("[kafka.registry]") && !words.contains("hunter2"), "{words}");
    assert!(!format!("{:?}", ask(token("hunter2"))).contains("hunter2"));
}
