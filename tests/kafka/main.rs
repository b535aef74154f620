//! Both journals under test, Kafka and the embedded store: what is committed, what is restored, and what survives kills.

mod avro;
mod exactly_once;
mod grow;
mod grow_kills;
mod identity;
mod journal;
mod labels;
mod local;
mod once;
mod owner;
mod replay;
mod request_secrets;
mod rights;
mod rules;
mod scale;
mod secrets;
mod section_pages;
mod security;
mod sharing;
mod sketches;

use std::time::{Duration, Instant};

use dateline::journal::disk::export;
use dateline::journal::kafka::{KafkaSettings, Options};
use dateline::journal::{Batch, CommittedState, Journal, JournalError, TopicOptions};
use rdkafka::ClientConfig;
use test_support::daemon::Daemon;
use test_support::kafka::Cluster;
use test_support::wait::DEADLINE;

/// Returns options of an instance `1` with three partitions per topic, under this prefix; tests change what they need.
fn options(brokers: &str, prefix: &str) -> KafkaSettings {
    KafkaSettings {
        kafka: Options {
            brokers: brokers.to_owned(),
            session_timeout: Duration::from_secs(6),
            state_dir: std::env::temp_dir().join(format!("dateline-test-state-{}", std::process::id())),
            ..Options::default()
        },
        topics: TopicOptions { prefix: prefix.to_owned(), partitions: 3, ..TopicOptions::default() },
        ..KafkaSettings::default()
    }
}

/// Restores the state of the journal and returns its values, without those that describe the partitions.
async fn restored(journal: &dyn Journal) -> Result<Vec<(String, Vec<u8>)>, JournalError> {
    journal.restore().await.map(|state| values(&state))
}

/// Commits, again after each refusal that allows it.
async fn commit_patiently(journal: &dyn Journal, group: &[Batch]) -> Result<(), JournalError> {
    let until = Instant::now() + DEADLINE;
    loop {
        match journal.commit(group).await {
            Err(JournalError::Retriable(_)) if Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            outcome => return outcome,
        }
    }
}

/// Returns the values of the state, without those that describe the partitions.
fn values(state: &CommittedState) -> Vec<(String, Vec<u8>)> {
    let mut values = export(state).expect("readable");
    values.retain(|(key, _)| !["/incarnation", "/handoff"].contains(&key.as_str()));
    values
}

/// Returns a prefix of topics that no other test uses.
fn prefix() -> String {
    format!("test-{}", uuid::Uuid::new_v4().simple())
}

/// Returns a daemon on Kafka, with three partitions per topic under this prefix.
fn on_kafka(feed_list: &str, cluster: &Cluster, prefix: &str) -> Daemon {
    let brokers = &cluster.brokers;
    let settings = format!("[topics]\nprefix = \"{prefix}\"\npartitions = 3\n\n[kafka]\nbrokers = \"{brokers}\"\n");
    Daemon::new(feed_list, &settings)
}

/// Returns the settings of a client that is not the program's.
fn client(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    config
}
