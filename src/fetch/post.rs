//! Sends a form to a server, as hubs require: as polite, bounded and guarded as any fetch.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use url::{Url, form_urlencoded};

use super::client::{Client, target};
use super::{FetchError, freshness};
use crate::address::Place;

impl Client {
    /// Sends the form, following redirects that keep the method (307, 308). The answer's body is not read.
    pub async fn post(&self, url: &Url, form: &[(&str, &str)]) -> Result<(), FetchError> {
        self.post_at(&Place::of(url), form).await
    }

    /// Does the same for a URL with secret parts, which do not appear in errors.
    pub async fn post_at(&self, place: &Place, form: &[(&str, &str)]) -> Result<(), FetchError> {
        let sent = self.send(place, form).await;
        sent.map_err(|error| error.map_message(|message| place.clean(&message)))
    }

    async fn send(&self, place: &Place, form: &[(&str, &str)]) -> Result<(), FetchError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut url = place.url().clone();
        for _ in 0..=self.options.max_redirects {
            let (applied, reach) = self.applied_to_hub(&url)?;
            let _host_permit = self.hosts.acquire(&url, Duration::ZERO).await;
            let _permit = self.request_limit.acquire().await;
            let (client, _kept_permit) = self.client(&applied.transport, reach)?;
            let request = client
                .post(url.clone())
                .headers(applied.headers.clone())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .timeout(self.options.total_timeout)
                .body(body.clone());
            let route = self.route(&url, &applied.transport);
            let response = request.send().await.map_err(|error| FetchError::classify(&error, &route))?;
            let status = response.status();
            if status.is_success() {
                return Ok(());
            }
            if matches!(status.as_u16(), 307 | 308) {
                let to = target(&response, &url)?;
                if url.scheme() == "https" && to.scheme() == "http" {
                    return Err(FetchError::Redirect(format!("{url} redirects to {to}, which is not encrypted")));
                }
                url = Place::of(&to).url().clone();
                continue;
            }
            return Err(FetchError::Status {
                status: status.as_u16(),
                retry_after: freshness::retry_after(response.headers(), self.clock().now()),
                blocked: matches!(status.as_u16(), 401 | 403 | 429),
            });
        }
        Err(FetchError::Redirect(format!("more than {} redirects", self.options.max_redirects)))
    }
}
