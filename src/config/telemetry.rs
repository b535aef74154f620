//! The settings of traces.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The settings of traces, which are sent to an OpenTelemetry collector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// The collector's base URL for OTLP; no traces are sent if neither this nor the environment names one.
    pub otlp_endpoint: Option<String>,
    /// Headers of each request to it, for example a token.
    pub otlp_headers: BTreeMap<String, String>,
    /// The service's name in traces.
    pub service_name: String,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { otlp_endpoint: None, otlp_headers: BTreeMap::new(), service_name: "dateline".into() }
    }
}
