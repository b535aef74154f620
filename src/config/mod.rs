//! Typed settings, the origin of each value, and faults with file and line.
//!
//! [`load`] reads the config file, the environment (`DATELINE__KAFKA__BROKERS`) and the feed lists. It collects all faults and
//! reports them together, each with its place and what to write instead.

pub mod edit;
mod fault;
mod kafka;
mod list;
mod listed;
mod load;
pub mod opml;
mod opml_quotes;
mod rules;

mod settings;
mod site;
mod telemetry;
mod tree;

pub use crate::options::{SecretString, duration};
pub use fault::{Fault, Faults};
pub use kafka::{Kafka, Registry, SASL_MECHANISMS};
pub use list::{Opml, feed_url, fresh_id, parse_opml, read_lists, read_opml, slug};
pub use load::{Loaded, Origin, load};
pub use settings::{
    Commit, Extract, FeedConfig, FeedFiles, Fetch, Log, LogFormat, Pages, Pipeline, Schedule, Serve, Settings, Store,
    Topics, ValueFormat, Websub,
};
pub use site::Site;
pub use telemetry::Telemetry;
