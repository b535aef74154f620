//! What the daemon tells of its own work: histograms and their text form, traces and their way out, the process itself.

mod histogram;
mod otlp;
mod process;
mod text;
mod trace;

pub use histogram::{Exemplar, Histogram, LATENCY, PASSAGE, SIZE};
pub use otlp::{Exporter, Options};
pub use process::Process;
pub use text::{Format, Page};
pub use trace::{Span, Trace, Tracer};

/// The version of this program, and the commit from which it was built.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("DATELINE_COMMIT"), ")");
/// The commit from which this program was built.
pub const COMMIT: &str = env!("DATELINE_COMMIT");
