//! `[[topics.route]]`: topics of their own for the articles of feeds with certain labels.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::options::Checks;
use crate::record::is_same_label;

/// The maximum number of routes.
const MAX_ROUTES: usize = 50;

/// Publishes the articles of feeds with certain labels, their entities and quotations, in topics of their own too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TopicRoute {
    /// The labels; a feed needs one of them.
    pub labels: Vec<String>,
    /// The prefix of the topics' names, before the dot.
    pub prefix: Arc<str>,
}

impl Default for TopicRoute {
    fn default() -> Self {
        Self { labels: Vec::new(), prefix: Arc::from("") }
    }
}

impl TopicRoute {
    /// Returns whether a feed with these labels is routed.
    pub fn takes(&self, labels: &[String]) -> bool {
        labels.iter().any(|label| self.labels.iter().any(|wanted| is_same_label(wanted, label)))
    }
}

/// Returns whether topics may have this prefix.
pub(super) fn is_prefix(prefix: &str) -> bool {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !prefix.is_empty() && prefix.len() <= 200 && prefix.chars().all(is_legal)
}

/// Reports the routes that cannot work.
pub(super) fn check(routes: &[TopicRoute], main: &str, checks: &mut Checks) {
    checks.require(
        routes.len() <= MAX_ROUTES,
        "route",
        format!("has {} tables, {MAX_ROUTES} at most; one route may have several labels", routes.len()),
    );
    for (at, route) in routes.iter().enumerate() {
        let key = |name: &str| format!("route.{at}.{name}");
        let prefix = &*route.prefix;
        checks.require(
            is_prefix(prefix),
            &key("prefix"),
            "must be 1 to 200 letters, digits, `.`, `_` and `-`; write prefix = \"politics\"",
        );
        checks.require(
            prefix != main,
            &key("prefix"),
            "is the prefix of all articles' topics; choose another for the route",
        );
        let is_repeated = routes[..at].iter().any(|other| other.prefix == route.prefix);
        checks.require(!is_repeated, &key("prefix"), format!("repeats {prefix}; write its labels into one route"));
        let is_labelled = !route.labels.is_empty() && route.labels.iter().all(|label| !label.trim().is_empty());
        checks.require(
            is_labelled,
            &key("labels"),
            "must name the labels of the feeds to route; write labels = [\"politics\"]",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_with_one_of_the_labels_is_routed() {
        let route = TopicRoute { labels: vec!["Politics".into(), "élection".into()], prefix: "p".into() };
        let takes = |labels: &[&str]| route.takes(&labels.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(takes(&["de", "politics"]) && takes(&["ÉLECTION"]));
        assert!(!takes(&[]) && !takes(&["polit"]));
    }
}
