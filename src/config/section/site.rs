//! `[[site]]`: custom rules for the pages of a site, and how requests to it are made.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::public_suffix;
use crate::article::{Rules, SiteRules};
use crate::config::error::{ConfigErrors, Place, place_of};
use crate::fetch::Requests;
use crate::fetch::requests::{origin, site_key};
use crate::options::InvalidOption;

/// The maximum number of sites with rules.
pub(in crate::config) const MAX_SITES: usize = 500;
/// The maximum number of selectors of one list, and the maximum length of each in bytes.
const MAX_SELECTORS: usize = 50;
const MAX_SELECTOR_BYTES: usize = 500;
/// The maximum number of origins of one site.
const MAX_ORIGINS: usize = 20;

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
    /// The origins that `requests` is for, instead of https on the standard port of the host and of all hosts below it.
    pub origins: Vec<String>,
    /// How requests to the site are made.
    pub requests: Option<Arc<Requests>>,
}

impl Site {
    /// Returns a site with every key set, to tell all keys and their types.
    pub(in crate::config) fn with_every_key() -> Self {
        Self { requests: Some(Arc::default()), ..Self::default() }
    }

    fn has_selectors(&self) -> bool {
        !self.take.is_empty() || !self.drop.is_empty()
    }

    fn has_requests(&self) -> bool {
        self.requests.as_ref().is_some_and(|requests| !requests.is_empty())
    }
}

/// Returns the requests of all sites, with the origins that they are for.
pub(in crate::config) fn requests(sites: &[Site]) -> Vec<(String, Vec<String>, Arc<Requests>)> {
    let of = |site: &Site| {
        let (host, requests) = (site_key(&site.host)?, site.requests.as_ref().filter(|_| site.has_requests())?);
        let origins = site.origins.iter().filter_map(|written| origin(written, &host).ok()).collect();
        Some((host, origins, Arc::clone(requests)))
    };
    sites.iter().filter_map(of).collect()
}

/// Compiles the rules of all sites; leaves out those that do not compile.
pub(in crate::config) fn rules(sites: &[Site]) -> Rules {
    let compiled = |site: &Site| Some((site_key(&site.host)?, SiteRules::new(&site.take, &site.drop).ok()?));
    sites.iter().filter(|site| site.has_selectors()).filter_map(compiled).collect()
}

/// Reports the values that cannot work, each at its place.
pub(in crate::config) fn check(sites: &[Site], origins: &BTreeMap<String, Place>, errors: &mut ConfigErrors) {
    let mut report = |site: usize, key: &str, message: String| {
        let path = format!("site.{site}.{key}");
        let place = place_of(&path, origins).cloned().unwrap_or(Place::Default);
        errors.add(place, format!("`{path}` {message}"));
    };
    if sites.len() > MAX_SITES {
        report(MAX_SITES, "host", format!("is in more than {MAX_SITES} [[site]] tables, the maximum"));
        return;
    }
    let mut hosts = HashSet::new();
    for (at, site) in sites.iter().enumerate() {
        match site_key(&site.host) {
            None => report(at, "host", "must be a host without scheme and path; write \"news.example.org\"".into()),
            Some(host) if !hosts.insert(host.clone()) => {
                report(at, "host", format!("repeats {host}; write its selectors into one [[site]]"));
            }
            Some(_) => {}
        }
        if !site.has_selectors() && !site.has_requests() {
            let advice = "write take = [\"article .body\"], or a table [site.requests]";
            report(at, "take", format!("or `drop` must select elements, or `requests` set something; {advice}"));
        }
        check_requests(site, &mut |key, message| report(at, key, message));
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

/// Reports the values of `origins` and `requests` that cannot work.
fn check_requests(site: &Site, report: &mut dyn FnMut(&str, String)) {
    let Some(host) = site_key(&site.host) else { return };
    if site.origins.len() > MAX_ORIGINS {
        report("origins", format!("has more than {MAX_ORIGINS} origins, the maximum"));
    }
    if !site.origins.is_empty() && !site.has_requests() {
        report("origins", "is for the table `requests`, which is missing; write [site.requests]".into());
    }
    for written in &site.origins {
        if let Err(error) = origin(written, &host) {
            report("origins", format!("has an entry that {error}"));
        }
    }
    let Some(requests) = site.requests.as_ref().filter(|_| site.has_requests()) else { return };
    let is_shared = public_suffix(&host).is_some_and(|suffix| suffix.text == host) && host.contains('.');
    if is_shared && site.origins.is_empty() {
        report("host", format!("would send the requests' secrets to every site below {host}; write one of them"));
    }
    for InvalidOption { key, message } in requests.check() {
        report(&format!("requests.{key}"), message);
    }
}
