//! Real parts for dateline's tests: publishers and hubs on loopback, a Kafka, a registry, a browser, the built program, and a
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
pub mod scale;
pub mod section_page;
pub mod server;
pub mod wait;

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// Returns a path within the repository.
pub fn repository(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path)
}

/// Returns a string of a record; other values are empty.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Returns a free port, below the range from which the system assigns ports.
pub fn free_port() -> u16 {
    free_ports(1)
}

/// Returns the first of several consecutive free ports.
pub fn free_ports(count: usize) -> u16 {
    let seed = u16::try_from(uuid::Uuid::new_v4().as_u128() % 8_000).expect("small");
    let free = |base: u16| (0..).take(count).all(|i| TcpListener::bind(("127.0.0.1", base + i)).is_ok());
    (0..1_000).map(|i| 20_000 + (seed + i * 8) % 12_000).find(|base| free(*base)).expect("free ports")
}

/// Returns whether a program can be run.
fn runs(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}
