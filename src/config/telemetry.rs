//! Where traces go.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Traces, to an OpenTelemetry collector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// The collector's base URL for OTLP; no traces are sent where neither this nor the environment names one.
    pub otlp_endpoint: Option<String>,
    /// Headers of each request to it, as for a token.
    pub otlp_headers: BTreeMap<String, String>,
    /// The service's name in traces.
    pub service_name: String,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { otlp_endpoint: None, otlp_headers: BTreeMap::new(), service_name: "dateline".into() }
    }
}
