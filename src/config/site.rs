//! `[[site]]`: custom rules for the pages of a site.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use url::Host;

use super::fault::{Faults, Place};
use crate::article::{Rules, SiteRules};

/// The most sites with rules.
pub(super) const MAX_SITES: usize = 500;
/// The most selectors of one list, and the longest in bytes.
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
pub(super) fn rules(sites: &[Site]) -> Rules {
    let compiled = |site: &Site| Some((host(&site.host)?, SiteRules::new(&site.take, &site.drop).ok()?));
    sites.iter().filter_map(compiled).collect()
}

/// Normalizes a host as URLs do.
fn host(written: &str) -> Option<String> {
    Host::parse(written.trim()).ok().map(|host| host.to_string())
}

/// Reports the faults of the sites, each at its place.
pub(super) fn check(sites: &[Site], origins: &BTreeMap<String, Place>, faults: &mut Faults) {
    let mut fault = |site: usize, key: &str, message: String| {
        let path = format!("site.{site}.{key}");
        let within = || origins.range(format!("site.{site}.")..format!("site.{site}/")).next().map(|(_, place)| place);
        let place = origins.get(&path).or_else(within).or_else(|| origins.get(&format!("site.{site}")));
        let place = place.or_else(|| origins.get("site")).cloned().unwrap_or(Place::Default);
        faults.add(place, format!("`{path}` {message}"));
    };
    if sites.len() > MAX_SITES {
        fault(MAX_SITES, "host", format!("is one of more than {MAX_SITES} sites, which is too many"));
        return;
    }
    let mut hosts = HashSet::new();
    for (at, site) in sites.iter().enumerate() {
        match host(&site.host) {
            None => fault(at, "host", "must be a host without scheme and path; write \"news.example.org\"".into()),
            Some(host) if !hosts.insert(host.clone()) => {
                fault(at, "host", format!("is {host} again; write its selectors into one [[site]]"));
            }
            Some(_) => {}
        }
        if site.take.is_empty() && site.drop.is_empty() {
            fault(at, "take", "or `drop` must name elements; write take = [\"article .body\"]".into());
        }
        for (key, selectors) in [("take", &site.take), ("drop", &site.drop)] {
            if selectors.len() > MAX_SELECTORS {
                fault(at, key, format!("has more than {MAX_SELECTORS} selectors; join some of them with a comma"));
            }
            for selector in selectors {
                if selector.len() > MAX_SELECTOR_BYTES {
                    fault(
                        at,
                        key,
                        format!("has a selector of more than {MAX_SELECTOR_BYTES} bytes; write it as several"),
                    );
                } else if let Err(error) = SiteRules::new(std::slice::from_ref(selector), &[]) {
                    fault(at, key, format!("has a fault: {error}; write as in a style sheet: \"div.story > p\""));
                }
            }
        }
    }
}
