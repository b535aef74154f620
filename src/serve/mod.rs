//! The HTTP server: health, metrics, pages, the admin API, and the WebSub endpoint.

mod access;
mod api;
mod app;
mod archive;
mod board;
mod changed;
mod connections;
mod events;
mod feeds;
mod flow;
mod health;
mod limits;
mod marks;
mod metrics;
mod pages;
mod plain;
mod router;
mod shown;
mod websub;

pub use archive::{Archive, ArchiveError, Earlier, stories};
pub use board::Board;
pub use feeds::{LiveFeedList, ChangeError, Reload};
pub use router::{Served, serve};
pub use shown::Shown;
