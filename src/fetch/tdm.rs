//! What an origin reserves in its tdmrep.json.

use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use super::client::Client;
use super::origin_cache::Expires;
use super::tdm_file::{PATH, TdmFile, TdmRule};
use super::{FetchError, Kind, Target, Validators};

impl Client {
    /// Returns what the origin's tdmrep.json says about a document, and fetches the file if it has expired; `None` if it says
    /// nothing, could not be fetched, or is ignored.
    pub async fn tdm_rule(&self, target: &Target, url: &Url) -> Option<TdmRule> {
        if !self.options.tdmrep || !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let now = self.clock().now();
        let origin = xxh3_64(url.origin().ascii_serialization().as_bytes());
        if self.tdm_files.is_absent(origin, now) {
            return None;
        }
        let entry = self.tdm_files.files.entry(url, now);
        let mut entry = entry.lock().await;
        if entry.as_ref().is_none_or(|file| file.has_expired(now)) {
            let file = target.public(&url.join(PATH).ok()?);
            let answer = self.get_at(&file, Kind::TdmFile, &Validators::default()).await;
            if let Err(error) = &answer {
                tracing::debug!(%error, "tdmrep.json could not be fetched");
            }
            let answer: Result<_, FetchError> = answer.map(|answer| (answer.body, answer.fresh));
            let new = TdmFile::new(answer, entry.take(), now);
            if new.is_empty() {
                self.tdm_files.set_absent(origin, new.until(), now);
            }
            *entry = Some(new);
        }
        entry.as_ref()?.rule(url).cloned()
    }
}
