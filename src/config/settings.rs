//! All settings: the sections, each declared by the part that uses it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::section::{
    Articles, Commit, Duplicates, Extract, Feeds, Log, Pipeline, RuleOptions, Serve, Site, Websub, site,
};
use crate::article::Rules;
use crate::filter::Rule;
use crate::journal::{TopicOptions, kafka, sqlite};
use crate::{fetch, schedule, telemetry};

/// The settings of `config/dateline.toml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The feed lists.
    pub feeds: Feeds,
    /// Topic names and sizes.
    pub topics: TopicOptions,
    /// The HTTP client.
    pub fetch: fetch::Options,
    /// When feeds are polled.
    pub schedule: schedule::Options,
    /// Stages, channels and workers.
    pub pipeline: Pipeline,
    /// Published articles.
    pub articles: Articles,
    /// The search for near-duplicates.
    pub duplicates: Duplicates,
    /// Group commit.
    pub commit: Commit,
    /// The embedded store, used without `[kafka]`.
    pub store: sqlite::Options,
    /// Kafka; without it, the embedded store is used.
    pub kafka: Option<kafka::Options>,
    /// The extraction of entities and quotations.
    pub extract: Extract,
    /// Health, metrics, the pages and the admin API.
    pub serve: Serve,
    /// Feeds that a hub pushes.
    pub websub: Websub,
    /// The export of traces.
    pub telemetry: telemetry::Options,
    /// Logs.
    pub log: Log,
    /// Keep and block rules.
    pub rules: RuleOptions,
    /// Rules for the pages of sites.
    pub site: Vec<Site>,
    /// The keep and block rules themselves, which are read apart from the other keys.
    #[serde(skip)]
    pub rule: Arc<[Rule]>,
}

impl Settings {
    /// Returns the compiled rules for the pages of sites.
    pub fn site_rules(&self) -> Rules {
        site::rules(&self.site)
    }

    /// Returns the requests of sites, with the origins that they are for.
    pub fn site_requests(&self) -> Vec<(String, Vec<String>, Arc<fetch::Requests>)> {
        site::requests(&self.site)
    }

    /// Returns the defaults with every optional key set, to tell all keys and their types.
    pub(super) fn with_every_key() -> Self {
        Self {
            fetch: fetch::Options::with_every_key(),
            topics: TopicOptions::with_every_key(),
            kafka: Some(kafka::Options::with_every_key()),
            serve: Serve::with_every_key(),
            websub: Websub::with_every_key(),
            telemetry: telemetry::Options::with_every_key(),
            site: vec![Site::with_every_key()],
            ..Self::default()
        }
    }
}
