//! Prints quotations as they are committed: `cargo run --release --example quotes -- [BROKERS [TOPIC]]`.
//!
//! Reads committed records only, so records of aborted transactions are never seen. A record without a value means that a
//! quotation was withdrawn: the latest revision of its article no longer contains it. Offsets are stored after the work is done,
//! so a crash repeats the last records instead of losing them; results should therefore be stored by the record's key.

use std::collections::HashSet;
use std::error::Error;

use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::{ClientConfig, Message};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let brokers = args.next().unwrap_or_else(|| "localhost:9092".to_owned());
    let topic = args.next().unwrap_or_else(|| "dateline.quotes".to_owned());
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "quotes-example-rs")
        .set("isolation.level", "read_committed")
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.offset.store", "false")
        .create()?;
    consumer.subscribe(&[&topic])?;
    let mut current = HashSet::new(); // the keys of the current quotations; in production a database
    loop {
        let record = tokio::select! {
            record = consumer.recv() => record,
            _ = tokio::signal::ctrl_c() => break,
        };
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                // The library reconnects by itself.
                eprintln!("waiting: {error}");
                continue;
            }
        };
        let key = String::from_utf8_lossy(record.key().unwrap_or_default()).into_owned();
        if let Some(value) = record.payload() {
            let quote: Value = serde_json::from_slice(value)?;
            let speaker = quote["speaker"]["name"].as_str().unwrap_or("unknown");
            println!("{speaker} — {}", quote["text"].as_str().unwrap_or_default());
            current.insert(key);
        } else {
            println!("withdrawn: {key}");
            current.remove(&key);
        }
        consumer.store_offset_from_message(&record)?;
    }
    eprintln!("{} quotations are current", current.len());
    Ok(())
}
