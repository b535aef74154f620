//! `dateline` turns the world's news feeds into structured Kafka records, exactly once.
//!
//! `schedule` says a feed is due → `fetch` gets it → `feed` parses it to entries → `pipeline` drops entries already seen in
//! this form → `fetch` gets the page if the feed carries no full text → `article` makes the normalised article →
//! `entity` finds who and what is named → `quote` finds what was said and by whom → `journal` commits the records with
//! the feed's new state, together or not at all. Stages are tasks linked by bounded channels; CPU work runs off the
//! async threads.
//!
//! | module | what lives there | may use |
//! | --- | --- | --- |
//! | [`record`] | the published records, their ids and schemas | nothing of ours |
//! | [`text`] | sentences, tokens, offsets | – |
//! | [`feed`] | feed documents: decode, repair, parse | `record`, `address` |
//! | [`article`] | page or entry to article | `record`, `feed`, `text`, `address` |
//! | [`model`] | taggers: one trait, features, weights, decoding | `text` |
//! | [`entity`] | mentions, resolution within the article | `record`, `text`, `model` |
//! | [`quote`] | quotations, cues, speakers | `record`, `text`, `model`, `entity` |
//! | [`address`] | URLs, and what in them is secret | nothing of ours |
//! | [`clock`] | the system's time, or a test's | nothing of ours |
//! | [`options`] | what the sections of the config share: durations, secrets, checks | nothing of ours |
//! | [`telemetry`] | metrics, traces, the process, and how they leave it | `address` |
//! | [`discovery`] | the feeds of a site | `address`, `article`, `feed`, `fetch`, `schedule` |
//! | [`fetch`] | one polite HTTP client | `record`, `address`, `clock` |
//! | [`schedule`] | when each feed is due | `record` |
//! | [`health`] | metrics, liveness, the state of each feed, advice | `address`, `record`, `schedule`, `telemetry`, `clock` |
//! | [`journal`] | restore state, commit a group; SQLite and Kafka | `record` |
//! | [`websub`] | subscriptions at hubs, and what hubs push | `address`, `clock`, `feed`, `fetch`, `schedule` |
//! | [`state`] | what the journal keeps, in memory; how entries are recognised | `journal`, `websub`, `health`, `config`, the core |
//! | [`pipeline`] | the stages and their wiring, shutdown, reload | all above |
//! | [`config`] | typed settings, faults with file and line | `address`, `article`, `fetch` |
//! | [`serve`] | health, metrics, pages, the admin API, what hubs call | `pipeline`, `record`, `config` |
//! | [`cli`] | one file a command | all |
//!
//! Parsing, normalising and extraction (`feed`, `article`, `entity`, `quote`) are plain functions of their input.

pub mod cli;
pub mod clock;
pub mod config;
pub mod discovery;
pub mod fetch;
pub mod health;
pub mod journal;
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
pub use dateline_model as model;
pub use dateline_quote as quote;
pub use dateline_record as record;
pub use dateline_text as text;
