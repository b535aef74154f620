//! The section `[telemetry]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::options::{Checks, InvalidOption};

/// The export of traces to an OpenTelemetry collector. Must not be shown: the headers hold secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The base URL of the collector (OTLP); no traces are sent if neither this nor the environment sets one.
    pub otlp_endpoint: Option<String>,
    /// Headers of each request to the collector, for example a token.
    pub otlp_headers: BTreeMap<String, String>,
    /// `service.name` of the traces.
    pub service_name: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { otlp_endpoint: None, otlp_headers: BTreeMap::new(), service_name: "dateline".into() }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("service_name", &self.service_name).finish_non_exhaustive()
    }
}

impl Options {
    /// Returns the defaults with every optional key set.
    pub fn with_every_key() -> Self {
        Self { otlp_endpoint: Some(String::new()), ..Self::default() }
    }

    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        let is_base = |endpoint: &String| {
            Url::parse(endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        };
        checks.require(
            self.otlp_endpoint.as_ref().is_none_or(is_base),
            "otlp_endpoint",
            "must be the base URL of a collector; write \"http://127.0.0.1:4318\"",
        );
        checks.finish()
    }
}
