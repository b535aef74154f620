//! Both journals under test, Kafka and the embedded store: what is committed, what is restored, and what survives kills.

mod avro;
mod exactly_once;
mod identity;
mod journal;
mod replay;
mod secrets;
mod security;
mod sharing;

use std::collections::BTreeMap;
use std::time::Duration;

use dateline::journal::kafka::Options;

/// Returns options of an instance `1` with three partitions per topic, under this prefix; tests change what they need.
fn options(brokers: &str, prefix: &str) -> Options {
    Options {
        brokers: brokers.to_owned(),
        prefix: prefix.to_owned(),
        instance: "1".into(),
        partitions: 3,
        replication: 0,
        retention: Duration::from_secs(86_400),
        transaction_timeout: Duration::from_secs(10),
        session_timeout: Duration::from_secs(6),
        static_membership: true,
        properties: BTreeMap::new(),
    }
}
