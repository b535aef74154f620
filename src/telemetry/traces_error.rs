//! Why traces cannot be exported.

use opentelemetry_otlp::ExporterBuildError;
use reqwest::header::{InvalidHeaderName, InvalidHeaderValue};

/// Why traces cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The environment names an unknown protocol.
    #[error("unknown protocol `{0}`; set `OTEL_EXPORTER_OTLP_PROTOCOL` to `http/protobuf`, `http/json` or `grpc`")]
    Protocol(String),
    /// The endpoint is not a URL.
    #[error("`otlp_endpoint`: {0}")]
    Endpoint(#[source] url::ParseError),
    /// The name of a header is invalid.
    #[error("`{name}` in [telemetry.otlp_headers] is not the name of a header")]
    HeaderName {
        /// The name.
        name: String,
        /// What is wrong with it.
        source: InvalidHeaderName,
    },
    /// The value of a header is invalid.
    #[error("the value of `{name}` in [telemetry.otlp_headers] cannot be sent in a header")]
    HeaderValue {
        /// The header's name.
        name: String,
        /// What is wrong with its value.
        source: InvalidHeaderValue,
    },
    /// The HTTP client cannot be created.
    #[error("cannot create an HTTP client: {0}")]
    Client(#[source] reqwest::Error),
    /// The exporter cannot be created.
    #[error(transparent)]
    Exporter(#[from] ExporterBuildError),
}
