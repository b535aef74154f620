//! The section `[telemetry]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::options::{Checks, InvalidOption, SecretString};

/// The maximum number of labels in the metrics, and the maximum length of each in bytes.
const MAX_LABELS: usize = 50;
const MAX_LABEL_BYTES: usize = 100;

/// The export of traces to an OpenTelemetry collector, and the labels in the metrics. Must not be shown: the headers hold secrets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The base URL of the collector (OTLP), which may hold a password; no traces are sent if neither this nor the environment sets one.
    pub otlp_endpoint: Option<SecretString>,
    /// Headers of each request to the collector, for example a token.
    pub otlp_headers: BTreeMap<String, SecretString>,
    /// `service.name` of the traces.
    pub service_name: String,
    /// The labels of feeds that are counted in the metrics.
    pub labels: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { otlp_endpoint: None, otlp_headers: BTreeMap::new(), service_name: "dateline".into(), labels: Vec::new() }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("service_name", &self.service_name)
            .field("labels", &self.labels)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// Returns the defaults with every optional key set.
    pub fn with_every_key() -> Self {
        Self { otlp_endpoint: Some(SecretString::default()), ..Self::default() }
    }

    /// Returns the values that cannot work.
    pub fn check(&self) -> Vec<InvalidOption> {
        let mut checks = Checks::default();
        let is_base = |SecretString(endpoint): &SecretString| {
            Url::parse(endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        };
        checks.require(
            self.otlp_endpoint.as_ref().is_none_or(is_base),
            "otlp_endpoint",
            "must be the base URL of a collector; write \"http://127.0.0.1:4318\"",
        );
        let is_labels = self.labels.len() <= MAX_LABELS
            && self.labels.iter().all(|label| !label.trim().is_empty() && label.len() <= MAX_LABEL_BYTES);
        checks.require(
            is_labels,
            "labels",
            format!("must be at most {MAX_LABELS} labels of at most {MAX_LABEL_BYTES} bytes; each is a series of the metrics"),
        );
        checks.finish()
    }
}
