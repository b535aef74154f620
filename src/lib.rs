//! `dateline` turns the world's news feeds into structured Kafka records, exactly once.
//!
//! `schedule` says a feed is due → `fetch` gets it → `feed` parses it to entries → `pipeline` drops entries already seen in
//! this form → `fetch` gets the page if the feed carries no full text → `article` makes the normalised article →
//! `entity` finds who and what is named → `quote` finds what was said and by whom → `journal` commits the records with
//! the feed's new state, together or not at all. Stages are tasks linked by bounded channels; CPU work runs off the
//! async threads.
//!
//! `docs/ARCHITECTURE.md` has the folders, the life of an article and where to add things; a test checks that imports point one
//! way.
//!
//! Parsing, normalising and extraction (`feed`, `article`, `entity`, `quote`) are plain functions of their input.

#![warn(unreachable_pub, clippy::print_stdout, clippy::print_stderr)]

pub mod cli;
pub mod clock;
pub mod config;
pub mod discovery;
pub mod fetch;
pub mod health;
pub mod journal;
pub mod limit;
pub mod options;
pub mod pipeline;
pub mod schedule;
pub mod serve;
pub mod state;
pub mod telemetry;
pub mod websub;

pub use dateline_address as address;
pub use dateline_article as article;
pub use dateline_entity as entity;
pub use dateline_extract as extract;
pub use dateline_feed as feed;
pub use dateline_filter as filter;
pub use dateline_model as model;
pub use dateline_quote as quote;
pub use dateline_record as record;
pub use dateline_text as text;
