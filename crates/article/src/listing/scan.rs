//! The links of a section page, and the pages that they lead to.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use dom_query::{Document, NodeId, NodeRef};
use url::Url;

use super::address::{self, AddressShape};
use super::zones::{Zone, Zones, heading_level};
use crate::content::{boilerplate, pointer};
use crate::html::clean;
use crate::html::dom::{self, Edge, Element, attr};
use crate::metadata::canonical::same_site;

/// The maximum number of links examined.
pub(super) const MAX_LINKS: usize = 10_000;
/// The longest text of a link, in bytes.
const MAX_TEXT: usize = 1_000;
/// The longest address, in bytes.
const MAX_HREF: usize = 4_096;
/// A text under which this many different pages are linked names what to do, not the page.
const ACTION: usize = 3;

/// A link.
#[derive(Debug)]
pub(super) struct Anchor {
    /// Its element.
    pub id: NodeId,
    /// The page that it leads to.
    pub target: usize,
    /// Its text, or its label if it has no text.
    pub text: String,
    /// Whether its text can be that of a headline: it is neither empty nor an action ("Read more", "Share").
    pub is_title: bool,
    /// Whether it stands in a heading or contains one.
    pub is_heading: bool,
    /// Where it stands.
    pub zone: Zone,
    /// The elements around it: equal for links in the same place of repeated blocks.
    pub group: u64,
}

/// A page that links lead to.
#[derive(Debug)]
pub(super) struct Target {
    /// Its address.
    pub url: Url,
    /// What all links to it have in common.
    pub key: String,
    /// What its address says.
    pub shape: AddressShape,
    /// The links to it, in document order.
    pub anchors: Vec<usize>,
}

/// What was found on a page.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The links, in document order.
    pub anchors: Vec<Anchor>,
    /// The pages that they lead to, in the order of the first link to each.
    pub targets: Vec<Target>,
    /// The position of each node in the document.
    pub position: HashMap<NodeId, usize>,
    /// The list's next, older page.
    pub next: Option<Url>,
}

/// The addresses of a page.
pub(super) struct Place<'a> {
    /// The page's own.
    pub page: Option<&'a Url>,
    /// The one that relative ones are resolved against.
    pub base: Option<&'a Url>,
}

impl Place<'_> {
    /// Returns the address that a link names, without its fragment.
    pub(super) fn resolve(&self, href: &str) -> Option<Url> {
        let href = href.trim();
        if href.len() > MAX_HREF {
            return None;
        }
        let mut url = match self.base.or(self.page) {
            Some(base) => base.join(href).ok()?,
            None => Url::parse(href).ok()?,
        };
        url.set_fragment(None);
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
    }

    /// Returns whether a link may lead to an article of the list.
    fn is_wanted(&self, url: &Url) -> bool {
        let Some(page) = self.page else { return url.path() != "/" || url.query().is_some() };
        let is_above = || {
            let own = page.path().trim_end_matches('/');
            let path = url.path().trim_end_matches('/');
            url.query().is_none()
                && (path.is_empty()
                    || own.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
        };
        same_site(url, page) && !is_above() && !address::is_paging(url, page)
    }
}

#[derive(Clone, Copy)]
struct Frame {
    zone: Zone,
    path: u64,
    is_heading: bool,
    in_story: bool,
}

impl Scan {
    /// Reads the links of a page. If `all` is set, those of all sites and parts of the page.
    pub(super) fn new(page: &Document, place: &Place, all: bool) -> Self {
        let zones = Zones::new(page);
        let mut scan = Self::default();
        let mut urls: Vec<Url> = Vec::new();
        let mut open = vec![Frame { zone: Zone::Main, path: 0, is_heading: false, in_story: false }];
        for edge in dom::edges(page.root()) {
            let Edge::Open(id) = edge else {
                open.pop();
                continue;
            };
            let position = scan.position.len();
            scan.position.insert(id, position);
            let around = *open.last().expect("the root's frame stays");
            let node = page.tree.get(&id);
            let Some((node, element)) = node.as_ref().and_then(|node| Some((node, node.element_ref()?))) else {
                open.push(around);
                continue;
            };
            let name = &*element.name.local;
            let frame = Frame {
                zone: zones.of(id, &element, around.zone, around.in_story),
                path: path_hash(around.path, &element),
                is_heading: around.is_heading || heading_level(node).is_some(),
                in_story: around.in_story || matches!(name, "article" | "section" | "main" | "li"),
            };
            if name == "a" || name == "link" {
                scan.link(node, &element, &frame, place, all, &mut urls);
            }
            open.push(frame);
        }
        scan.settle_targets(urls);
        scan.settle_titles();
        scan
    }

    fn link(
        &mut self,
        node: &NodeRef,
        element: &Element,
        frame: &Frame,
        place: &Place,
        all: bool,
        urls: &mut Vec<Url>,
    ) {
        let rel = attr(element, "rel").unwrap_or_default().to_ascii_lowercase();
        let rels = || rel.split_ascii_whitespace();
        let Some(href) = attr(element, "href") else { return };
        let Some(url) = place.resolve(href) else { return };
        if rels().any(|rel| rel == "next") {
            let is_own = place.page.is_some_and(|page| same_site(&url, page) && *page != url);
            self.next = self.next.take().or_else(|| is_own.then(|| url.clone()));
            return;
        }
        let is_other =
            rels().any(|rel| matches!(rel, "sponsored" | "author" | "tag" | "category" | "prev" | "license"));
        if &*element.name.local == "link" || self.anchors.len() >= MAX_LINKS {
            return;
        }
        if !all && (frame.zone == Zone::Around || is_other || address::is_part(href) || !place.is_wanted(&url)) {
            return;
        }
        let cut = |text: &str| clean::text(&text[..text.floor_char_boundary(MAX_TEXT)]);
        let text = cut(&node.text());
        let text = if text.is_empty() { attr(element, "aria-label").map(cut).unwrap_or_default() } else { text };
        let has_heading = || node.descendants_it().any(|below| heading_level(&below).is_some());
        // A file is listed only where there are no pages.
        let zone = if address::is_file(&url) { frame.zone.max(Zone::Aside) } else { frame.zone };
        urls.push(url);
        self.anchors.push(Anchor {
            id: node.id,
            target: 0,
            is_title: !text.is_empty() && !is_action(&text),
            text,
            is_heading: frame.is_heading || has_heading(),
            zone,
            group: frame.path,
        });
    }

    /// Finds the pages that the links lead to.
    fn settle_targets(&mut self, urls: Vec<Url>) {
        let markers = address::placement_markers(&urls);
        let mut by_key: HashMap<String, usize> = HashMap::new();
        for (at, mut url) in urls.into_iter().enumerate() {
            address::drop_parameters(&mut url, &markers);
            // Links of the schemes that are resolved have a canonical form, unless they are very long.
            let key = address::key(&url).unwrap_or_else(|| url.to_string());
            let target = *by_key.entry(key.clone()).or_insert_with(|| {
                let shape = AddressShape::of(&url);
                self.targets.push(Target { url, key, shape, anchors: Vec::new() });
                self.targets.len() - 1
            });
            self.targets[target].anchors.push(at);
            self.anchors[at].target = target;
        }
    }

    /// Finds the texts under which many pages are linked.
    fn settle_titles(&mut self) {
        let mut pages: HashMap<&str, Vec<usize>> = HashMap::new();
        for anchor in &self.anchors {
            let of = pages.entry(without_count(&anchor.text)).or_default();
            if of.len() < ACTION && !of.contains(&anchor.target) {
                of.push(anchor.target);
            }
        }
        let repeated: Vec<bool> =
            self.anchors.iter().map(|anchor| pages[without_count(&anchor.text)].len() >= ACTION).collect();
        for (anchor, repeated) in self.anchors.iter_mut().zip(repeated) {
            anchor.is_title &= !repeated;
        }
    }
}

/// Returns a text without the number in brackets at its end: "Photos (7)", "Download (PDF, 184 KB)".
fn without_count(text: &str) -> &str {
    match text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
        Some((before, count)) if count.contains(|c: char| c.is_ascii_digit()) => before.trim_end(),
        _ => text,
    }
}

/// Returns whether a link says what to do rather than what its page is about.
pub(super) fn is_action(text: &str) -> bool {
    pointer::is_label(text) || boilerplate::is_notice(text)
}

/// Returns the place of an element below another one: names, and the first word of the class, which names the component.
fn path_hash(above: u64, element: &Element) -> u64 {
    let class = attr(element, "class").and_then(|class| class.split_ascii_whitespace().next()).unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    above.hash(&mut hasher);
    element.name.local.hash(&mut hasher);
    if !class.bytes().any(|b| b.is_ascii_digit()) {
        class.hash(&mut hasher);
    }
    hasher.finish()
}
