//! The admin API: JSON under `/api/v1`, described by `openapi.json` there. Whoever may see the pages may read; changes are
//! guarded by [`super::access`].
//!
//! The description is made of the handlers and their types: a parameter or a field is described where it is declared.

mod discovery;
mod error;
mod extract;
mod feeds;
mod read;
mod request;

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
use super::limits::{ANSWER_WITHIN, in_time};

/// Where the API begins.
const BASE: &str = "/api/v1";
/// The largest body of a request, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The description of the API.
static DESCRIPTION: LazyLock<String> =
    LazyLock::new(|| api().into_openapi().to_pretty_json().expect("the description is JSON"));

/// What the description holds beside routes and types.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "dateline admin API",
        version = "1",
        description = "What the pages show, and changes of the feed list. Whoever reaches the server may read. Changes need \
            the token of the config, or come from the same machine to a server on loopback with the header `X-Dateline: 1`; \
            they go to the feed list file and survive a restart. A fault is `{\"error\": \"…\"}`."
    ),
    servers((url = "/api/v1")),
    components(responses(ErrorBody)),
    modifiers(&Security)
)]
struct Frame;

/// Adds what allows a change.
struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("`serve.token` of the config."));
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
        let local = "Any value; from the same machine to a server on loopback that has no token.";
        let local = ApiKey::Header(ApiKeyValue::with_description("X-Dateline", local));
        components.add_security_scheme("local", SecurityScheme::ApiKey(local));
    }
}

/// The routes below the base, with their description.
fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Frame::openapi())
        .routes(routes!(feeds::list, feeds::add))
        .routes(routes!(feeds::one, feeds::remove))
        .routes(routes!(feeds::pause))
        .routes(routes!(feeds::resume))
        .routes(routes!(feeds::poll))
        .routes(routes!(read::stories))
        .routes(routes!(read::story))
        .routes(routes!(read::quotes))
        .routes(routes!(read::pipeline))
        .routes(routes!(description))
        .layer(in_time(ANSWER_WITHIN))
        .routes(routes!(discovery::discover).layer(in_time(ANSWER_WITHIN + discovery::WITHIN)))
}

/// This description
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "OpenAPI 3.1.")))]
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
        assert_eq!(changes, 6);
        // Every reference leads somewhere.
        for part in DESCRIPTION.split("\"$ref\": \"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(description.pointer(pointer).is_some(), "{pointer}");
        }
        let header = &description["components"]["securitySchemes"]["local"]["name"];
        assert!(header.as_str().unwrap().eq_ignore_ascii_case(CHANGE));
    }
}
