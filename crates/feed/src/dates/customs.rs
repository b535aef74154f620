//! The date conventions of a document, inferred from its other dates, its language and its country.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::names::{self, Languages, custom};
use super::order::Order;

/// Country codes whose domains are sold everywhere.
const WORLDWIDE: [&str; 22] = [
    "AC", "AI", "AM", "AS", "BZ", "CC", "CO", "DJ", "FM", "GG", "IO", "LA", "LY", "ME", "MS", "NU", "SC", "SH", "TO",
    "TV", "VC", "WS",
];

/// The order by tag: `en-GB`, `de`, `und-FR`. `None` where both orders are usual.
static ORDERS: LazyLock<HashMap<&str, Option<Order>>> = LazyLock::new(|| {
    let orders = [("D", Some(Order::Dmy)), ("M", Some(Order::Mdy)), ("Y", Some(Order::Ymd)), ("?", None)];
    orders.into_iter().flat_map(|(key, order)| custom(key).map(move |tag| (tag, order))).collect()
});

/// The date conventions of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Customs {
    /// The document's language.
    pub(super) language: Languages,
    /// The order of numbers that language and country have.
    pub(super) stated: Option<Order>,
    /// The order of numbers that the document's dates show.
    pub(super) used: Option<Order>,
    /// Languages that all names of months in the document may be in.
    pub(super) spoken: Languages,
}

impl Customs {
    /// Returns the conventions of a language (BCP 47, `_` allowed) and of the country of a host's top-level domain.
    pub fn new(tag: Option<&str>, host: Option<&str>) -> Self {
        let tag = tag.unwrap_or_default().to_lowercase();
        let mut parts = tag.split(['-', '_', '.', '@']);
        let language = parts.next().unwrap_or_default();
        let region = parts.find(|part| part.len() == 2 || part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit()));
        let by_region = |region: &str| {
            let region = region.to_uppercase();
            let known = ORDERS.get(format!("{language}-{region}").as_str());
            known.or_else(|| ORDERS.get(format!("und-{region}").as_str())).copied()
        };
        let by_tag = region.and_then(by_region).or_else(|| ORDERS.get(language).copied()).flatten();
        let by_host = host.and_then(country).and_then(|country| by_region(&country)).flatten();
        // An American tag on a British site says nothing: software fills it in unasked.
        let stated = match (by_tag, by_host) {
            (Some(tag), Some(host)) if tag != host => None,
            (tag, host) => tag.or(host),
        };
        Self { language: names::language(language), stated, ..Self::default() }
    }
}

/// Returns the country that a host's top-level domain names.
fn country(host: &str) -> Option<String> {
    let domain = host.trim_end_matches('.').rsplit('.').next().filter(|domain| domain.len() == 2)?.to_uppercase();
    let domain = if domain == "UK" { "GB".to_owned() } else { domain };
    (!WORLDWIDE.contains(&domain.as_str())).then_some(domain)
}
