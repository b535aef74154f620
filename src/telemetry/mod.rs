//! Reports on the daemon's own work: metrics, traces and the process itself.

mod counted;
mod metrics;
mod options;
mod otlp;
mod process;
mod trace;
mod traces_error;

pub(crate) use metrics::metrics;
pub use metrics::{
    Counter, Gauge, Histogram, LATENCY_BUCKETS, LONG_LATENCY_BUCKETS, Labelled, NamedCounters, Registry, SIZE_BUCKETS,
    register,
};
pub use options::Options;
pub use otlp::{SPANS, Traces};
pub use process::register_process;
pub use trace::Trace;
pub use traces_error::TracesError;

/// The version of this program, and the commit from which it was built.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("DATELINE_COMMIT"), ")");
/// The commit from which this program was built.
pub const COMMIT: &str = env!("DATELINE_COMMIT");
