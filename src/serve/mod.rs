//! Health, metrics, and the live page.

mod board;
mod metrics;
mod page;
mod router;

pub use board::Board;
pub use router::serve;
