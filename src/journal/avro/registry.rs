//! Calls Confluent's schema registry API: register, check, fetch.
//!
//! `schema_registry_converter` 6 has two of the three calls and would accept our HTTP client, but we would still have to send
//! the compatibility check ourselves. It also reads responses of any size, keeps the reason of a refusal only if it is
//! JSON, and does not retry after a busy registry's 429 or 500.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::options::RegistryOptions;
use crate::journal::{JournalError, Reason};
use crate::options::SecretString;

/// How long the registry may take to respond.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The largest response, in bytes.
const MAX_RESPONSE: usize = 4 << 20;
/// The longest part of a response quoted in an error, in characters.
const MAX_QUOTED: usize = 600;
const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// A schema registry.
#[derive(Debug, Clone)]
pub struct Registry {
    client: reqwest::Client,
    base: Url,
    options: RegistryOptions,
}

/// A response: its status and its body, which may not be JSON.
struct Response {
    status: StatusCode,
    body: Value,
}

impl Registry {
    /// Creates a client of the registry; connects nothing yet.
    pub fn new(options: RegistryOptions) -> Result<Self, JournalError> {
        let url = &options.url;
        let invalid = || format!("invalid URL of the schema registry: {url}");
        let mut base = Url::parse(url).map_err(|error| JournalError::Fatal(Reason::new(invalid(), error)))?;
        base.path_segments_mut().map_err(|()| JournalError::fatal(invalid()))?.pop_if_empty();
        // Another part of the process may already have installed a provider; either works.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| {
                JournalError::Fatal(Reason::new("cannot create the schema registry's HTTP client", error))
            })?;
        Ok(Self { client, base, options })
    }

    /// Registers a schema and returns its id. Returns [`JournalError::Fatal`] with the reason if the registry refuses it.
    pub async fn register(&self, subject: &str, schema: &str) -> Result<u32, JournalError> {
        if let Some(fault) = self.incompatible(subject, schema).await? {
            return Err(self.refused(subject, &fault));
        }
        let response = self.send(Method::POST, &["subjects", subject, "versions"], Some(schema)).await?;
        match response.status {
            StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => {
                Err(self.refused(subject, &message(&response.body)))
            }
            _ => {
                let id = self.expect(&response)?["id"].as_u64().and_then(|id| u32::try_from(id).ok());
                id.ok_or_else(|| self.failed(&response))
            }
        }
    }

    /// Returns why the schema is incompatible with the subject's last one, by the registry's rules; `None` if it is compatible.
    pub async fn incompatible(&self, subject: &str, schema: &str) -> Result<Option<String>, JournalError> {
        let path = ["compatibility", "subjects", subject, "versions", "latest"];
        let response = self.send(Method::POST, &path, Some(schema)).await?;
        match response.status {
            // The subject is new.
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => Ok(Some(message(&response.body))),
            _ => match self.expect(&response)?["is_compatible"].as_bool() {
                Some(true) => Ok(None),
                Some(false) => Ok(Some(message(&response.body["messages"]))),
                None => Err(self.failed(&response)),
            },
        }
    }

    /// Returns the schema with this id.
    pub async fn schema(&self, id: u32) -> Result<String, JournalError> {
        let response = self.send(Method::GET, &["schemas", "ids", &id.to_string()], None).await?;
        match self.expect(&response)?["schema"].as_str() {
            Some(schema) => Ok(schema.to_owned()),
            None => Err(self.failed(&response)),
        }
    }

    async fn send(&self, method: Method, path: &[&str], schema: Option<&str>) -> Result<Response, JournalError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url.query_pairs_mut().append_pair("verbose", "true");
        let mut request = self.client.request(method, url).header("accept", CONTENT_TYPE);
        request = match &self.options {
            RegistryOptions { token: Some(SecretString(token)), .. } => request.bearer_auth(token),
            RegistryOptions { user: Some(user), password: Some(SecretString(password)), .. } => {
                request.basic_auth(user, Some(password))
            }
            _ => request,
        };
        if let Some(schema) = schema {
            let body = json!({ "schemaType": "AVRO", "schema": schema }).to_string();
            request = request.header("content-type", CONTENT_TYPE).body(body);
        }
        let unreachable = |error: reqwest::Error| {
            let message = format!("the schema registry {} does not answer", self.base);
            JournalError::Retriable(Reason::new(message, error.without_url()))
        };
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > MAX_RESPONSE {
                return Err(JournalError::fatal(format!(
                    "the response of the schema registry {} exceeds {MAX_RESPONSE} bytes; check `url` in [kafka.registry]",
                    self.base
                )));
            }
            body.extend_from_slice(&chunk);
        }
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body)));
        Ok(Response { status, body })
    }

    /// Returns the body of a successful response.
    fn expect<'a>(&self, response: &'a Response) -> Result<&'a Value, JournalError> {
        if response.status.is_success() { Ok(&response.body) } else { Err(self.failed(response)) }
    }

    fn failed(&self, Response { status, body }: &Response) -> JournalError {
        let reason = Reason::from(format!("the schema registry {} responded {status}: {}", self.base, message(body)));
        match *status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                JournalError::Fatal(reason.advise("set `user` and `password`, or `token`, in [kafka.registry]"))
            }
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                JournalError::Retriable(reason)
            }
            _ => JournalError::Fatal(reason),
        }
    }

    fn refused(&self, subject: &str, why: &str) -> JournalError {
        JournalError::fatal(format!(
            "the schema registry {} refuses the schema of {subject}: {why}; consumers of the topic may not understand this \
             version of dateline; delete the subject, or set another `prefix` in [topics]",
            self.base
        ))
    }
}

/// Returns the message of a response, shortened.
fn message(body: &Value) -> String {
    let words = body.get("message").unwrap_or(body);
    let words = words.as_str().map_or_else(|| words.to_string(), str::to_owned);
    words.chars().take(MAX_QUOTED).collect()
}
