//! State that was taken over under another id, or with secrets, and is not yet rewritten.

use std::collections::HashMap;
use std::sync::Arc;

use crate::address::Credentials;
use crate::state::packed::Packed;

/// What was taken over and is not yet rewritten in the journal.
#[derive(Debug, Default)]
pub(super) struct Adopted {
    /// The present id of feeds that have another one in the journal.
    pub(super) renamed: HashMap<Arc<str>, Arc<str>>,
    /// Feeds whose articles may contain secrets.
    pub(super) stale: HashMap<Arc<str>, Arc<Cleaner>>,
}

impl Adopted {
    /// Returns the present id of a feed.
    pub(super) fn present(&self, id: &str) -> Arc<str> {
        self.renamed.get(id).cloned().unwrap_or_else(|| Arc::from(id))
    }

    /// Returns whether a feed has another id by now.
    pub(super) fn is_former(&self, id: &str) -> bool {
        self.renamed.contains_key(id)
    }

    /// Returns what removes the secrets from a feed's stored articles, if they may contain some.
    pub(super) fn cleaner(&self, feed: &str) -> Option<Arc<Cleaner>> {
        self.stale.get(feed).cloned()
    }
}

/// Removes secrets from the last revisions of a feed's articles.
#[derive(Debug)]
pub(super) struct Cleaner {
    pub(super) id: Arc<str>,
    /// The feed's public URL and its credentials, if it is listed.
    pub(super) listed: Option<(String, Credentials)>,
}

impl Cleaner {
    /// Returns the article without secrets; `None` if it cannot be read.
    pub(super) fn clean(&self, packed: &Packed) -> Option<Packed> {
        let mut article = packed.article()?;
        if let Some(shown) = &mut article.feed {
            shown.id = self.id.to_string();
        }
        if let Some((url, credentials)) = &self.listed {
            if let Some(shown) = &mut article.feed {
                shown.url.clone_from(url);
            }
            article.map_urls(|url| credentials.link(url));
        }
        Packed::new(&article)
    }
}
