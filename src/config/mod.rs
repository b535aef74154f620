//! Typed settings, where each value came from, and faults with file and line.
//!
//! [`load`] reads the config file, the environment (`DATELINE__KAFKA__BROKERS`) and the feed lists. All faults are collected and
//! told at once, each with its place and what to write instead.

pub mod duration;
pub mod edit;
mod fault;
mod list;
mod load;
pub mod opml;
mod rules;
mod settings;
mod telemetry;
mod tree;

pub use fault::{Fault, Faults};
pub use list::{feed_url, fresh_id, parse_opml, read_lists, read_opml};
pub use load::{Loaded, Origin, load};
pub use settings::{
    Commit, Extract, FeedEntry, FeedFiles, Fetch, Kafka, Log, LogFormat, Pages, Pipeline, Registry, Schedule, Serve,
    Settings, Store, Token, Topics, ValueFormat, Websub,
};
pub use telemetry::Telemetry;
