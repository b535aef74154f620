//! What is remembered of an entry: hashes of what identifies it, and of the form in which it was seen.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

use crate::article::canonical_url;
use crate::feed::Entry;

/// Hashes of the fields by which an entry is recognised at a later poll.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryFingerprint {
    /// Hash of its guid, without scheme and `www.` if it is a URL. `None` also in state of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<u64>,
    /// Hash of its canonical link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<u64>,
    /// Hash of its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<u64>,
    /// Hash of its summary and content. `None` also in state of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<u64>,
    /// When it was published (seconds since 1970, UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<i64>,
}

impl EntryFingerprint {
    /// Returns the marks of an entry; `link` is its canonical link.
    pub(crate) fn of(entry: &Entry, guid: Option<&str>, link: Option<&str>) -> Self {
        let says = |text: &&String| !text.trim().is_empty();
        let texts = [entry.summary.as_ref().filter(says), entry.content.as_ref().filter(says)];
        let text = texts.iter().any(Option::is_some).then(|| {
            let mut hasher = Xxh3::new();
            for text in texts {
                hasher.update(text.map(String::as_bytes).unwrap_or_default());
                hasher.update(&[0]);
            }
            hasher.digest()
        });
        Self {
            guid: guid.map(|guid| hash_of(without_scheme(guid))),
            link: link.map(hash_of),
            title: entry.title.as_deref().map(hash_of),
            text,
            published: entry.published.map(|date| date.timestamp()),
        }
    }
}

/// Returns the hash of a field.
pub(crate) fn hash_of(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// Returns a key made from these parts.
pub(crate) fn hash(parts: &[&str]) -> u128 {
    xxh3_128(parts.join("\n").as_bytes())
}

/// Returns a URL without scheme and `www.`, and any other text unchanged.
pub(crate) fn without_scheme(url: &str) -> &str {
    let rest = ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    rest.map_or(url, |rest| rest.strip_prefix("www.").unwrap_or(rest))
}

/// Returns the forms of a URL that differ only in scheme and `www.`, the given one first, because a site that moves to
/// https still has the same entries. Any other text has one form.
pub(super) fn variants(url: &str) -> Vec<String> {
    let mut all = vec![url.to_owned()];
    let bare = without_scheme(url);
    if bare.len() == url.len() {
        return all;
    }
    let is_domain = bare.split(['/', ':', '?', '#']).next().is_some_and(|host| host.contains('.'));
    for scheme in ["https://", "http://"] {
        for www in ["", "www."].into_iter().take(1 + usize::from(is_domain)) {
            let form = format!("{scheme}{www}{bare}");
            if form != url {
                all.push(form);
            }
        }
    }
    all
}

/// Returns the key of an entry that only its words identify.
pub(crate) fn content_key(entry: &Entry) -> u128 {
    hash(&["content", &words(entry)])
}

/// Returns the title, summary, content and date of an entry.
pub(crate) fn words(entry: &Entry) -> String {
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    let date = entry.published.map(|date| date.to_rfc3339()).unwrap_or_default();
    [part(&entry.title), part(&entry.summary), part(&entry.content), date].join("\n")
}

/// Returns the hash of the fields whose change makes an entry worth processing again. `link` is its canonical link, or
/// none where links change by themselves.
pub(crate) fn content_hash(entry: &Entry, link: Option<&str>) -> u64 {
    let mut hasher = Xxh3::new();
    let Entry { title, summary, content, updated_raw, .. } = entry;
    for part in [title.as_deref(), link, summary.as_deref(), content.as_deref(), updated_raw.as_deref()] {
        hasher.update(part.unwrap_or_default().as_bytes());
        hasher.update(&[0]);
    }
    for date in [entry.published, entry.updated] {
        hasher.update(&date.map_or(0, |date| date.timestamp_millis()).to_le_bytes());
    }
    hasher.digest()
}

/// Returns the canonical link of an entry.
pub(crate) fn canonical_link(entry: &Entry) -> Option<String> {
    entry.link.as_deref().and_then(canonical_url)
}

/// Returns the keys that an entry with this guid may have.
pub fn guid_keys(guid: &str) -> Vec<u128> {
    let canonical = canonical_url(guid).filter(|url| url != guid);
    let all = std::iter::once(guid).chain(canonical.as_deref()).flat_map(variants);
    all.map(|guid| hash(&["guid", &guid])).collect()
}
