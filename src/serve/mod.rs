//! The HTTP server: health, metrics, pages, the admin API, and the WebSub endpoint.

mod access;
mod activity;
mod api;
mod app;
mod archive;
mod audit;
mod connections;
mod events;
mod feeds;
mod highlight;
mod label_filter;
mod limits;
mod metrics;
mod pages;
mod plain;
mod probes;
mod router;
mod rules;
mod story_view;
mod text_diff;
mod throughput;
mod websub;

pub use activity::RecentActivity;
pub use archive::{Archive, ArchiveError, EarlierStories, stories};
pub use audit::AUDIT;
pub use feeds::{ChangeError, LiveFeedList, Reload, ReloadReport, Reloaded};
pub use router::{Served, serve};
pub use story_view::StoryView;
