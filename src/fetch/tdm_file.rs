//! `/.well-known/tdmrep.json`: where an origin reserves text and data mining (TDM Reservation Protocol).

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use super::FetchError;
use super::origin_cache::Expires;
use super::robots::{matches, normal};
use super::well_known::WellKnown;

/// The path of the file.
pub(super) const PATH: &str = "/.well-known/tdmrep.json";
/// The maximum number of rules per file, and the maximum length of a location and of a policy in bytes.
const MAX_RULES: usize = 2_000;
const MAX_BYTES: usize = 2_000;
/// The largest file that is read, in bytes.
const MAX_FILE_BYTES: usize = 512 * 1024;
/// A rule for the paths that match its location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TdmRule {
    location: String,
    /// Whether text and data mining is reserved.
    pub reserved: bool,
    /// The URL of the policy.
    pub policy: Option<String>,
}

/// The rules of one origin.
#[derive(Debug, Clone, Default)]
pub(super) struct TdmFile {
    rules: Vec<TdmRule>,
    /// The file is fetched again after this.
    until: DateTime<Utc>,
}

impl Expires for TdmFile {
    fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.until <= now
    }
}

impl TdmFile {
    /// Builds the rules from the answer for the file: its body and freshness, or its error. An origin without a file states
    /// nothing; if the file cannot be fetched, the rules `before` still apply.
    pub(super) fn new(
        answer: Result<(Vec<u8>, Option<Duration>), FetchError>,
        before: Option<Self>,
        now: DateTime<Utc>,
    ) -> Self {
        let (outcome, until) = WellKnown::of(answer, now);
        let rules = match outcome {
            WellKnown::File(body) => parse(&body),
            WellKnown::Missing => Vec::new(),
            WellKnown::Failed(_) => before.map(|before| before.rules).unwrap_or_default(),
        };
        Self { rules, until }
    }

    /// Returns whether it has no rules.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Returns until when it is valid.
    pub(super) fn until(&self) -> DateTime<Utc> {
        self.until
    }

    /// Returns the rule for a URL: the first that matches.
    pub(super) fn rule(&self, url: &Url) -> Option<&TdmRule> {
        let path = normal(&url[url::Position::BeforePath..url::Position::AfterQuery]);
        self.rules.iter().find(|rule| matches(&rule.location, &path))
    }
}

/// Reads the rules; those that are not valid are left out.
fn parse(body: &[u8]) -> Vec<TdmRule> {
    let body = &body[..body.len().min(MAX_FILE_BYTES)];
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let Ok(Value::Array(rules)) = serde_json::from_slice(body) else { return Vec::new() };
    let text = |rule: &Value, key: &str| {
        rule.get(key).and_then(Value::as_str).map(str::trim).filter(|text| text.len() <= MAX_BYTES).map(str::to_owned)
    };
    let rule = |rule: &Value| {
        let reserved = match rule.get("tdm-reservation")? {
            Value::Number(number) => number.as_u64(),
            // Against the specification, but not rare.
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let reserved = match reserved? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let location = text(rule, "location").filter(|location| !location.is_empty())?;
        // A pattern may begin with a wildcard; a path that lacks its slash has one.
        let location = if location.starts_with(['/', '*']) { location } else { format!("/{location}") };
        Some(TdmRule { location: normal(&location), reserved, policy: text(rule, "tdm-policy") })
    };
    rules.iter().take(MAX_RULES).filter_map(rule).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn reserved(file: &str, path: &str) -> Option<bool> {
        let file = TdmFile { rules: parse(file.as_bytes()), until: DateTime::UNIX_EPOCH };
        let url = Url::parse("https://provider.example").unwrap().join(path).unwrap();
        file.rule(&url).map(|rule| rule.reserved)
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let file = r#"[
            {"location": "/images/*.jpg", "tdm-reservation": 0},
            {"location": "/exactly$", "tdm-reservation": 0},
            {"location": "/news/a%2db", "tdm-reservation": 0},
            {"location": "/news/", "tdm-reservation": 1, "tdm-policy": "https://provider.example/p.json"},
            {"location": "*/print", "tdm-reservation": "1"}
        ]"#;
        for (path, found) in [
            ("/images/a/b.jpg", Some(false)),
            ("/images/a.png", None),
            ("/exactly", Some(false)),
            ("/exactly/not", None),
            ("/news/1?x=2", Some(true)),
            ("/news/a-b", Some(false)),
            ("/News/1", None),
            ("/old/print", Some(true)),
            ("/", None),
        ] {
            assert_eq!(reserved(file, path), found, "{path}");
        }
        assert_eq!(reserved(r#"[{"location": "/", "tdm-reservation": 1}]"#, "/anything"), Some(true));
    }

    #[test]
    fn what_is_not_a_rule_states_nothing() {
        for file in [
            "",
            "{}",
            "not json",
            r#"{"location": "/", "tdm-reservation": 1}"#,
            r#"[{"location": "/", "tdm-reservation": 2}]"#,
            r#"[{"location": "/", "tdm-reservation": true}]"#,
            r#"[{"tdm-reservation": 1}, {"location": ""}, 3, null]"#,
        ] {
            assert_eq!(reserved(file, "/x"), None, "{file}");
        }
        let deep = "[".repeat(200_000);
        assert_eq!(reserved(&deep, "/x"), None);
        let many = format!("[{}]", vec![r#"{"location": "/*a*b*c*d*e", "tdm-reservation": 1}"#; 5_000].join(","));
        let started = std::time::Instant::now();
        assert_eq!(reserved(&many, &format!("/{}", "abcd".repeat(2_000))), None);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }

    #[test]
    fn a_file_that_cannot_be_fetched_leaves_the_earlier_rules() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let url = Url::parse("https://provider.example/x").unwrap();
        let body = || Ok((br#"[{"location": "/", "tdm-reservation": 1}]"#.to_vec(), None));
        let status = |status| Err(FetchError::Status { status, retry_after: None, blocked: false });
        let first = TdmFile::new(body(), None, now);
        assert!(first.rule(&url).is_some() && !first.has_expired(now + TimeDelta::hours(23)));
        let after = TdmFile::new(status(503), Some(first.clone()), now);
        assert!(after.rule(&url).is_some() && after.has_expired(now + TimeDelta::minutes(31)));
        assert!(TdmFile::new(status(404), Some(first), now).rule(&url).is_none());
        assert!(TdmFile::new(status(500), None, now).rule(&url).is_none());
    }
}
