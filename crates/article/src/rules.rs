//! Hand-written rules for the pages of a site: which elements contain the article, and which are removed before the
//! page is read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dom_query::{Document, Matcher, NodeId};
use url::Url;
use xxhash_rust::xxh3::Xxh3;

/// The rules of one site.
#[derive(Debug, Clone)]
pub struct SiteRules {
    take: Vec<Matcher>,
    drop: Vec<Matcher>,
    hash: u64,
}

/// A text that is not a CSS selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a CSS selector")]
pub struct SelectorError(pub(crate) String);

impl SiteRules {
    /// Compiles the selectors of elements to take and to drop.
    pub fn new(take: &[String], drop: &[String]) -> Result<Self, SelectorError> {
        let compile = |selectors: &[String]| {
            let one = |selector: &String| Matcher::new(selector).map_err(|_| SelectorError(selector.clone()));
            selectors.iter().map(one).collect::<Result<Vec<_>, _>>()
        };
        let mut hash = Xxh3::new();
        for (list, selectors) in [(b"t", take), (b"d", drop)] {
            for selector in selectors {
                hash.update(list);
                hash.update(selector.as_bytes());
                hash.update(&[0]);
            }
        }
        Ok(Self { take: compile(take)?, drop: compile(drop)?, hash: hash.digest() })
    }

    /// Returns a number that tells them from other rules.
    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    /// Removes the elements to drop from a page.
    pub(super) fn drop_from(&self, page: &Document) {
        for matcher in &self.drop {
            for node in page.select_matcher(matcher).nodes() {
                node.remove_from_parent();
            }
        }
    }

    /// Returns the outermost elements to take that hold text, in reading order.
    pub fn taken(&self, page: &Document) -> Vec<NodeId> {
        let matched: HashSet<NodeId> =
            self.take.iter().flat_map(|matcher| page.select_matcher(matcher).nodes().to_vec()).map(|n| n.id).collect();
        if matched.is_empty() {
            return Vec::new();
        }
        let (mut outermost, mut inside) = (Vec::new(), None);
        for edge in super::html::dom::edges(page.root()) {
            match edge {
                super::html::dom::Edge::Open(id) if inside.is_none() && matched.contains(&id) => {
                    inside = Some(id);
                    let text = page.tree.get(&id).map(|node| node.text()).unwrap_or_default();
                    if !text.trim().is_empty() {
                        outermost.push(id);
                    }
                }
                super::html::dom::Edge::Close(id) if inside == Some(id) => inside = None,
                _ => {}
            }
        }
        outermost
    }
}

/// Removes from a page all that stands neither in nor around these elements.
pub(super) fn keep_only(page: &Document, taken: &[NodeId]) {
    let taken: HashSet<NodeId> = taken.iter().copied().collect();
    let mut around: HashSet<NodeId> = HashSet::new();
    for id in &taken {
        let mut above = page.tree.parent_of(id).map(|parent| parent.id);
        while let Some(id) = above.filter(|id| around.insert(*id)) {
            above = page.tree.parent_of(&id).map(|parent| parent.id);
        }
    }
    for id in &around {
        let Some(node) = page.tree.get(id) else { continue };
        for child in node.children().iter().filter(|child| !taken.contains(&child.id) && !around.contains(&child.id)) {
            child.remove_from_parent();
        }
    }
}

/// The rules of all sites, by host.
#[derive(Debug, Clone, Default)]
pub struct Rules(HashMap<String, Arc<SiteRules>>);

impl Rules {
    /// Returns the rules for a page: those of its host, else of the nearest domain above it.
    pub fn of(&self, url: &Url) -> Option<Arc<SiteRules>> {
        if self.0.is_empty() {
            return None;
        }
        let host = url.host_str()?;
        let below = host.match_indices('.').map(|(dot, _)| &host[dot + 1..]);
        std::iter::once(host).chain(below).find_map(|host| self.0.get(host).cloned())
    }
}

impl FromIterator<(String, SiteRules)> for Rules {
    fn from_iter<T: IntoIterator<Item = (String, SiteRules)>>(sites: T) -> Self {
        Self(sites.into_iter().map(|(host, rules)| (host, Arc::new(rules))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SiteContext, from_page};

    const FIRST: &str = "The ferry to the outer isles stays in harbour until its broken crankshaft is replaced.";
    const SECOND: &str = "The council of Varholm will pay for a bus to the mainland until the end of the month.";
    const PROMO: &str = "Sign up for the Varholm letter, which brings you the news of the isles each morning at six.";
    const LOOSE: &str = "Readers have told us that they would like to have the old timetable back as soon as possible.";

    fn page() -> String {
        format!(
            "<html><head><title>Ferry stays in harbour</title></head><body><nav><a href=/>Home</a></nav>\
             <h1>Ferry stays in harbour</h1><div class='a'><p>{FIRST}</p><div class='promo'><p>{PROMO}</p></div></div>\
             <div class='b'><p>{SECOND}</p><nav><ul><li><a href=/x>Other</a></li></ul></nav></div>\
             <div class='c'><p>{LOOSE}</p></div><div class='empty'></div></body></html>"
        )
    }

    fn rules(take: &[&str], drop: &[&str]) -> Result<SiteRules, SelectorError> {
        let owned = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        SiteRules::new(&owned(take), &owned(drop))
    }

    #[test]
    fn what_is_taken_and_dropped_decides_the_text() {
        for (take, drop, wanted) in [
            (&[".a"][..], &[".promo"][..], &[FIRST][..]),
            (&[".b"], &[], &[SECOND]),
            (&[".b", ".a"], &[".promo"], &[FIRST, SECOND]),
            // An element inside another that is taken is not taken twice.
            (&[".a", ".a p"], &[".promo p"], &[FIRST]),
            (&["div:not(.b)"], &[".promo"], &[FIRST, LOOSE]),
            (&[".c > p"], &[], &[LOOSE]),
        ] {
            let rules = rules(take, drop).unwrap();
            let site = SiteContext { rules: Some(&rules), ..SiteContext::default() };
            let article = from_page(&page(), None, None, None, &site);
            let headline = ["Ferry stays in harbour"];
            assert_eq!(article.text, [&headline[..], wanted].concat().join("\n\n"), "{take:?} {drop:?}");
        }
    }

    #[test]
    fn removing_nothing_changes_nothing() {
        let plain = from_page(&page(), None, None, None, &SiteContext::default());
        for take in [&[][..], &[".empty"], &[".no-such"], &["article"]] {
            let rules = rules(take, &[]).unwrap();
            let site = SiteContext { rules: Some(&rules), ..SiteContext::default() };
            assert_eq!(from_page(&page(), None, None, None, &site), plain, "{take:?}");
        }
    }

    #[test]
    fn the_nearest_host_counts() {
        let sites = ["varholm.example", "news.varholm.example", "isles.example", "10.0.0.1"];
        let rules: Rules = sites.iter().map(|host| ((*host).to_owned(), rules(&[".a"], &[]).unwrap())).collect();
        let found = |url: &str| rules.of(&Url::parse(url).unwrap());
        for (url, host) in [
            ("https://varholm.example/a", Some("varholm.example")),
            ("https://www.Varholm.example:8443/a", Some("varholm.example")),
            ("https://news.varholm.example/a", Some("news.varholm.example")),
            ("https://de.news.varholm.example/a", Some("news.varholm.example")),
            ("http://10.0.0.1/a", Some("10.0.0.1")),
            ("https://othervarholm.example/a", None),
            ("https://example/a", None),
        ] {
            let is_it = match (found(url), host) {
                (Some(found), Some(host)) => Arc::ptr_eq(&found, &rules.0[host]),
                (found, host) => found.is_none() && host.is_none(),
            };
            assert!(is_it, "{url}");
        }
    }

    #[test]
    fn what_is_not_a_selector_is_reported() {
        for wrong in ["", "div..x", "p >", "p{", "::nonsense(", "a,,b"] {
            assert_eq!(rules(&["p", wrong], &[]).unwrap_err().0, wrong);
            assert!(rules(&[], &[wrong]).is_err());
        }
    }
}
