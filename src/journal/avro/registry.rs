//! Calls Confluent's schema registry API: register, check, fetch.
//!
//! `schema_registry_converter` 6 has two of the three calls and would accept our HTTP client, but we would still have to send
//! the compatibility check ourselves. It also reads answers of any size, keeps the reason of a refusal only if it is
//! JSON, and does not retry after a busy registry's 429 or 500. With it, this file had 208 lines instead of 182.

use std::fmt;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::journal::JournalError;

/// How long the registry may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// The largest answer, in bytes.
const MAX_ANSWER: usize = 4 << 20;
/// The longest part of an answer quoted in an error, in characters.
const TOLD: usize = 600;
const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// How to authenticate to the registry.
#[derive(Clone)]
pub enum Access {
    /// Without authentication.
    Open,
    /// With user and password.
    Basic(String, String),
    /// With a bearer token.
    Token(String),
}

/// A schema registry.
#[derive(Clone)]
pub struct Registry {
    client: reqwest::Client,
    base: Url,
    access: Access,
}

impl fmt::Debug for Registry {
    /// Leaves out the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// An answer: its status and its body, which may not be JSON.
struct Answer {
    status: StatusCode,
    body: Value,
}

impl Registry {
    /// Creates a client of the registry whose API begins at this URL; connects nothing yet.
    pub fn new(url: &str, access: Access) -> Result<Self, JournalError> {
        let fatal = |error: &dyn fmt::Display| JournalError::Fatal(format!("the schema registry {url}: {error}"));
        let mut base = Url::parse(url).map_err(|error| fatal(&error))?;
        base.path_segments_mut().map_err(|()| fatal(&"no such place"))?.pop_if_empty();
        // Another part of the process may already have installed a provider; either works.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| fatal(&error))?;
        Ok(Self { client, base, access })
    }

    /// Registers a schema and returns its id. Returns [`JournalError::Fatal`] with the reason if the registry refuses it.
    pub async fn register(&self, subject: &str, schema: &str) -> Result<u32, JournalError> {
        if let Some(fault) = self.incompatible(subject, schema).await? {
            return Err(self.refused(subject, &fault));
        }
        let answer = self.ask(Method::POST, &["subjects", subject, "versions"], Some(schema)).await?;
        match answer.status {
            StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => Err(self.refused(subject, &told(&answer.body))),
            _ => {
                let id = self.expect(&answer)?["id"].as_u64().and_then(|id| u32::try_from(id).ok());
                id.ok_or_else(|| self.failed(&answer))
            }
        }
    }

    /// Returns why the schema is incompatible with the subject's last one, by the registry's rules; `None` if it is compatible.
    pub async fn incompatible(&self, subject: &str, schema: &str) -> Result<Option<String>, JournalError> {
        let path = ["compatibility", "subjects", subject, "versions", "latest"];
        let answer = self.ask(Method::POST, &path, Some(schema)).await?;
        match answer.status {
            // The subject is new.
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => Ok(Some(told(&answer.body))),
            _ => match self.expect(&answer)?["is_compatible"].as_bool() {
                Some(true) => Ok(None),
                Some(false) => Ok(Some(told(&answer.body["messages"]))),
                None => Err(self.failed(&answer)),
            },
        }
    }

    /// Returns the schema with this id.
    pub async fn schema(&self, id: u32) -> Result<String, JournalError> {
        let answer = self.ask(Method::GET, &["schemas", "ids", &id.to_string()], None).await?;
        match self.expect(&answer)?["schema"].as_str() {
            Some(schema) => Ok(schema.to_owned()),
            None => Err(self.failed(&answer)),
        }
    }

    async fn ask(&self, method: Method, path: &[&str], schema: Option<&str>) -> Result<Answer, JournalError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url.query_pairs_mut().append_pair("verbose", "true");
        let mut request = self.client.request(method, url).header("accept", CONTENT_TYPE);
        request = match &self.access {
            Access::Open => request,
            Access::Basic(user, password) => request.basic_auth(user, Some(password)),
            Access::Token(token) => request.bearer_auth(token),
        };
        if let Some(schema) = schema {
            let body = json!({ "schemaType": "AVRO", "schema": schema }).to_string();
            request = request.header("content-type", CONTENT_TYPE).body(body);
        }
        let away = |error: reqwest::Error| {
            JournalError::Retriable(format!("the schema registry {} does not answer: {}", self.base, root(&error)))
        };
        let mut response = request.send().await.map_err(away)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(away)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(JournalError::Fatal(format!("the schema registry {} answers without end", self.base)));
            }
            body.extend_from_slice(&chunk);
        }
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body)));
        Ok(Answer { status, body })
    }

    /// Returns the body of a successful answer.
    fn expect<'a>(&self, answer: &'a Answer) -> Result<&'a Value, JournalError> {
        if answer.status.is_success() { Ok(&answer.body) } else { Err(self.failed(answer)) }
    }

    fn failed(&self, Answer { status, body }: &Answer) -> JournalError {
        let words = format!("the schema registry {} answers {status}: {}", self.base, told(body));
        match *status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                JournalError::Fatal(format!("{words}; set `user` and `password`, or `token`, in [kafka.registry]"))
            }
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                JournalError::Retriable(words)
            }
            _ => JournalError::Fatal(words),
        }
    }

    fn refused(&self, subject: &str, why: &str) -> JournalError {
        JournalError::Fatal(format!(
            "the schema registry {} refuses the schema of {subject}: {why}; what reads the topic may not understand this \
             version of dateline: delete the subject, or write under another `prefix` in [topics]",
            self.base
        ))
    }
}

/// Returns the message of an answer, shortened.
fn told(body: &Value) -> String {
    let words = body.get("message").unwrap_or(body);
    let words = words.as_str().map_or_else(|| words.to_string(), str::to_owned);
    words.chars().take(TOLD).collect()
}

/// Returns the innermost cause, which is the most specific.
fn root(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
