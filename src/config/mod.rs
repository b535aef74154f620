//! Typed settings, where each value came from, and faults with file and line.

pub mod duration;
mod settings;

pub use settings::{
    Commit, FeedEntry, FeedFiles, Fetch, Kafka, Log, LogFormat, Pages, Pipeline, Schedule, Settings, Store, Topics,
};
