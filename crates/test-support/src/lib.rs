//! Real parts for dateline's tests: publishers and hubs on loopback, a Kafka, a registry, a browser, the built binary, and a
//! reader of committed records.

pub mod browser;
pub mod checker;
pub mod collector;
pub mod daemon;
pub mod feed_history;
pub mod http;
pub mod hub;
pub mod issuer;
pub mod kafka;
pub mod publisher;
pub mod random;
pub mod registry;

use std::path::PathBuf;

/// Returns a path within the repository.
pub fn repository(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path)
}
