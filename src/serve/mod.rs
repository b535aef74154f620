//! Health, metrics, the live page, and what hubs call.

mod board;
mod health;
mod metrics;
mod page;
mod router;
mod websub;

pub use board::Board;
pub use router::serve;
