//! The headers of a record: `content-type`, `schema`, and those of CloudEvents in binary mode.

use chrono::{DateTime, SecondsFormat, Utc};

/// The content type of JSON values.
pub const CONTENT_TYPE_JSON: &str = "application/json";

/// The content type of Avro values in Confluent's framing.
pub const CONTENT_TYPE_AVRO: &str = "application/vnd.confluent.avro";

/// The name and value of a header.
pub type Header = (String, String);

/// Returns the headers of a record. `schema` is the name and version of the record's schema (`article/1`); `id` is unique within
/// `source`, the feed id, as CloudEvents 1.0 requires; `traceparent` is the W3C trace context, if a trace is active.
pub fn cloud_event(
    schema: &str,
    id: &str,
    kind: &str,
    source: &str,
    time: DateTime<Utc>,
    traceparent: Option<&str>,
) -> Vec<Header> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut headers = vec![
        pair("content-type", CONTENT_TYPE_JSON),
        pair("schema", schema),
        pair("ce_specversion", "1.0"),
        pair("ce_id", id),
        pair("ce_type", kind),
        pair("ce_source", source),
        pair("ce_time", &time.to_rfc3339_opts(SecondsFormat::Millis, true)),
    ];
    if let Some(parent) = traceparent {
        headers.push(pair("traceparent", parent));
    }
    headers
}
