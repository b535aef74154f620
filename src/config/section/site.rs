//! `[[site]]`: custom rules for the pages of a site.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use url::Host;

use crate::article::{Rules, SiteRules};
use crate::config::error::{ConfigErrors, Place};

/// The maximum number of sites with rules.
pub(in crate::config) const MAX_SITES: usize = 500;
/// The maximum number of selectors of one list, and the maximum length of each in bytes.
const MAX_SELECTORS: usize = 50;
const MAX_SELECTOR_BYTES: usize = 500;

/// The rules for the pages of one site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Site {
    /// The host; also all hosts below it without separate rules.
    pub host: String,
    /// CSS selectors of the elements that hold the article's text.
    pub take: Vec<String>,
    /// CSS selectors of elements to remove before a page is read.
    pub drop: Vec<String>,
}

/// Compiles the rules of all sites; leaves out those that do not compile.
pub(in crate::config) fn rules(sites: &[Site]) -> Rules {
    let compiled = |site: &Site| Some((host(&site.host)?, SiteRules::new(&site.take, &site.drop).ok()?));
    sites.iter().filter_map(compiled).collect()
}

/// Normalizes a host as URLs do.
fn host(written: &str) -> Option<String> {
    Host::parse(written.trim()).ok().map(|host| host.to_string())
}

/// Reports the values that cannot work, each at its place.
pub(in crate::config) fn check(sites: &[Site], origins: &BTreeMap<String, Place>, errors: &mut ConfigErrors) {
    let mut report = |site: usize, key: &str, message: String| {
        let path = format!("site.{site}.{key}");
        let within = || origins.range(format!("site.{site}.")..format!("site.{site}/")).next().map(|(_, place)| place);
        let place = origins.get(&path).or_else(within).or_else(|| origins.get(&format!("site.{site}")));
        let place = place.or_else(|| origins.get("site")).cloned().unwrap_or(Place::Default);
        errors.add(place, format!("`{path}` {message}"));
    };
    if sites.len() > MAX_SITES {
        report(MAX_SITES, "host", format!("is in more than {MAX_SITES} [[site]] tables, the maximum"));
        return;
    }
    let mut hosts = HashSet::new();
    for (at, site) in sites.iter().enumerate() {
        match host(&site.host) {
            None => report(at, "host", "must be a host without scheme and path; write \"news.example.org\"".into()),
            Some(host) if !hosts.insert(host.clone()) => {
                report(at, "host", format!("repeats {host}; write its selectors into one [[site]]"));
            }
            Some(_) => {}
        }
        if site.take.is_empty() && site.drop.is_empty() {
            report(at, "take", "or `drop` must select elements; write take = [\"article .body\"]".into());
        }
        for (key, selectors) in [("take", &site.take), ("drop", &site.drop)] {
            if selectors.len() > MAX_SELECTORS {
                report(at, key, format!("has more than {MAX_SELECTORS} selectors; join some of them with a comma"));
            }
            for selector in selectors {
                if selector.len() > MAX_SELECTOR_BYTES {
                    report(
                        at,
                        key,
                        format!("has a selector of more than {MAX_SELECTOR_BYTES} bytes; write it as several"),
                    );
                } else if let Err(error) = SiteRules::new(std::slice::from_ref(selector), &[]) {
                    report(
                        at,
                        key,
                        format!("is invalid: {error}; write selectors as in a style sheet: \"div.story > p\""),
                    );
                }
            }
        }
    }
}
