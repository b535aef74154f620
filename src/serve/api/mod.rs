//! The admin API: JSON under `/api/v1`, described by its `openapi.json`. Whoever may see the pages may read; [`super::access`]
//! guards changes.
//!
//! The description is generated from the handlers and their types: a parameter or field is described where it is declared.

mod discovery;
mod error;
mod extract;
mod feeds;
mod read;
mod request;
mod rules;

use std::sync::LazyLock;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, openapi};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use self::error::ErrorBody;
use super::app::App;
use super::feeds::APPLY_TIMEOUT;
use super::limits::{ANSWER_WITHIN, in_time};

/// The path of the API.
const BASE: &str = "/api/v1";
/// The maximum size of a request body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The OpenAPI description.
static DESCRIPTION: LazyLock<String> =
    LazyLock::new(|| api().into_openapi().to_pretty_json().expect("the description is JSON"));

/// The parts of the description besides routes and types.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "dateline admin API",
        version = "1",
        description = "The data of the pages, changes of the feed list, and reloads of the config. Whoever reaches the server may read. Changes require \
            the token of the config, or come from the same machine to a server on loopback with the header `X-Dateline: 1`. \
            They are written to the feed list file and survive a restart. An error is answered with `{\"error\": \"…\"}`."
    ),
    servers((url = "/api/v1")),
    components(responses(ErrorBody)),
    modifiers(&Security)
)]
struct Frame;

/// Adds the security schemes for changes.
struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The value of `serve.token` in the config."));
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
        let local = "Any value. Accepted from the same machine, by a server on loopback that has no token.";
        let local = ApiKey::Header(ApiKeyValue::with_description("X-Dateline", local));
        components.add_security_scheme("local", SecurityScheme::ApiKey(local));
    }
}

/// The routes below the base, with their description.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Frame::openapi())
        .routes(routes!(feeds::list, feeds::add))
        .routes(routes!(feeds::one, feeds::change, feeds::remove))
        .routes(routes!(feeds::pause))
        .routes(routes!(feeds::resume))
        .routes(routes!(feeds::poll))
        .routes(routes!(feeds::labels))
        .routes(routes!(feeds::reload))
        .routes(routes!(feeds::rules))
        .routes(routes!(rules::list))
        .routes(routes!(rules::set, rules::remove))
        .routes(routes!(rules::set_of_feed, rules::remove_of_feed))
        .routes(routes!(read::stories))
        .routes(routes!(read::story))
        .routes(routes!(read::quotes))
        .routes(routes!(read::pipeline))
        .routes(routes!(description))
        .layer(in_time(ANSWER_WITHIN))
        .routes(routes!(discovery::discover).layer(in_time(ANSWER_WITHIN + discovery::WITHIN)))
        .routes(routes!(rules::apply).layer(in_time(ANSWER_WITHIN + APPLY_TIMEOUT)))
}

/// The OpenAPI description
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "The description, OpenAPI 3.1.")))]
async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION.as_str())
}

/// The routes, guarded.
pub(super) fn router() -> Router<App> {
    Router::new().nest(BASE, api().into()).layer(DefaultBodyLimit::max(MAX_BODY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::access::CHANGE;

    #[test]
    fn every_operation_is_described() {
        let description: serde_json::Value = serde_json::from_str(&DESCRIPTION).unwrap();
        let operations = description["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
        });
        let mut changes = 0;
        for (path, method, operation) in operations {
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{path} {method}");
            assert!(path == "/openapi.json" || operation["responses"]["default"].is_object(), "{path} {method}");
            let parameters = operation["parameters"].as_array().map_or(0, Vec::len);
            assert!(parameters >= path.matches('{').count(), "{path} {method}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{path} {method}: {parameter}");
            }
            assert_eq!(operation["security"].is_array(), method != "get", "{path} {method}: whether it needs a permit");
            changes += usize::from(method != "get");
        }
        assert_eq!(changes, 13);
        // Every reference leads somewhere.
        for part in DESCRIPTION.split("\"$ref\": \"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(description.pointer(pointer).is_some(), "{pointer}");
        }
        let header = &description["components"]["securitySchemes"]["local"]["name"];
        assert!(header.as_str().unwrap().eq_ignore_ascii_case(CHANGE));
    }
    /// Collects the texts for people: descriptions, summaries and titles.
    fn texts<'a>(value: &'a serde_json::Value, found: &mut Vec<&'a str>) {
        match value {
            serde_json::Value::Object(fields) => {
                for (key, value) in fields {
                    match value {
                        serde_json::Value::String(text)
                            if matches!(key.as_str(), "description" | "summary" | "title") =>
                        {
                            found.push(text);
                        }
                        value => texts(value, found),
                    }
                }
            }
            serde_json::Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
            _ => {}
        }
    }

    #[test]
    fn descriptions_name_nothing_internal() {
        let description: serde_json::Value = serde_json::from_str(&DESCRIPTION).unwrap();
        let mut found = Vec::new();
        texts(&description, &mut found);
        assert!(found.len() > 50, "{} texts", found.len());
        for text in found {
            for internal in ["::", "[`", "crate", "super", "Option<", "Vec<", "Arc<", "`Self", "RecentActivity"] {
                assert!(!text.contains(internal), "{internal:?} in {text:?}");
            }
        }
        // Schema names are the API's words, without generic parameters or module paths.
        for name in description["components"]["schemas"].as_object().unwrap().keys() {
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name}");
        }
    }
}
