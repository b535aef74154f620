//! Health, metrics, the pages, the admin API, and what hubs call.

mod access;
mod api;
mod archive;
mod board;
mod changed;
mod connections;
mod events;
mod feeds;
mod flow;
mod health;
mod marks;
mod metrics;
mod pages;
mod plain;
mod router;
mod websub;

pub use archive::{Archive, ArchiveError, Earlier, stories};
pub use board::{Board, Shown};
pub use feeds::{ChangeError, Reload, Roster};
pub use router::{Served, serve};
