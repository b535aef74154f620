//! The parts of a section page that are not its list of articles: navigation, footers, most-read boxes, advertisements.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use dom_query::{Document, NodeId, NodeRef};

use super::words::words;
use crate::content::boilerplate::is_unseen;
use crate::content::class_words::{each_word, of_element};
use crate::html::clean;
use crate::html::dom::{self, Edge, Element, attr};
use crate::phrases::entries;

/// The longest label, and the longest list of classes that is examined, in bytes.
const MAX_LABEL: usize = 90;
const MAX_CLASSES: usize = 500;
/// How far a label is taken to stand for what follows the elements around it.
const MAX_CLIMB: usize = 4;
/// The maximum number of words after a known label of several words ("most read in sport"), and before a known end.
const MAX_MORE: usize = 3;
/// The fewest links of a form that holds a list. Some systems put the list, or all of the page, in a form.
const FORM_LINKS: usize = 10;
/// The maximum number of labels that are examined: each is, with all that follows it.
const MAX_LABELS: usize = 64;

/// Words of classes: whole ones, and starts.
struct ClassList {
    whole: HashSet<&'static str>,
    starts: Vec<&'static str>,
}

impl ClassList {
    fn new(list: &'static str) -> Self {
        Self {
            whole: entries(list).filter(|word| !word.ends_with('*')).collect(),
            starts: entries(list).filter_map(|word| word.strip_suffix('*')).collect(),
        }
    }

    fn names(&self, element: &Element) -> bool {
        let mut found = false;
        for names in ["class", "id"].into_iter().filter_map(|name| attr(element, name)) {
            for name in of_element(names).filter(|_| names.len() <= MAX_CLASSES) {
                each_word(name, |word, _| {
                    found |= self.whole.contains(word) || self.starts.iter().any(|start| word.starts_with(start));
                });
            }
        }
        found
    }
}

static AROUND: LazyLock<ClassList> = LazyLock::new(|| ClassList::new(include_str!("../data/listing-classes.txt")));
static FILING: LazyLock<ClassList> =
    LazyLock::new(|| ClassList::new(include_str!("../data/listing-label-classes.txt")));
static ASIDES: LazyLock<ClassList> = LazyLock::new(|| ClassList::new(include_str!("../data/listing-asides.txt")));
static LABELS: LazyLock<Labels> = LazyLock::new(|| {
    let labels = include_str!("../data/listing-labels.txt");
    Labels {
        whole: entries(labels).map(|label| label.trim_start_matches('*')).collect(),
        ends: entries(labels).filter_map(|label| label.strip_prefix('*')).collect(),
    }
});

/// Labels of lists: whole ones, and ends.
struct Labels {
    whole: HashSet<&'static str>,
    ends: Vec<&'static str>,
}

/// Where an element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Zone {
    /// In the column of the list.
    Main,
    /// In a column beside it.
    Aside,
    /// In what surrounds every page.
    Around,
}

/// What is known of a page's elements before its links are read.
#[derive(Default)]
pub(super) struct Zones {
    /// The number of links in each element.
    links: HashMap<NodeId, usize>,
    all: usize,
    /// Elements that contain the page's heading or its main part.
    holds_main: HashSet<NodeId>,
    /// Elements that contain several pictures or dates.
    shows_articles: HashSet<NodeId>,
    /// Elements that stand under the label of another list.
    labelled: HashSet<NodeId>,
}

/// An element that is being read, with what was found in it so far.
struct Open {
    id: NodeId,
    links: usize,
    /// The pictures and dates.
    shown: usize,
    is_main: bool,
    in_link: bool,
}

impl Zones {
    /// Reads them off a page.
    pub(super) fn new(page: &Document) -> Self {
        let mut zones = Self::default();
        let mut open: Vec<Open> = Vec::new();
        let mut labels = Vec::new();
        for edge in dom::edges(page.root()) {
            match edge {
                Edge::Open(id) => {
                    let node = page.tree.get(&id);
                    let element = node.as_ref().and_then(NodeRef::element_ref);
                    let name = element.as_ref().map(|element| element.name.local.to_string()).unwrap_or_default();
                    let is_link = name == "a" && element.is_some_and(|element| attr(&element, "href").is_some());
                    let in_link = is_link || open.last().is_some_and(|parent| parent.in_link);
                    let is_text = labels.len() < MAX_LABELS && node.is_some_and(|node| node.is_text());
                    if is_text && node.is_some_and(|node| is_label(&node.text(), in_link)) {
                        labels.extend(open.last().map(|parent| parent.id));
                    }
                    open.push(Open {
                        id,
                        links: usize::from(is_link),
                        shown: usize::from(matches!(&*name, "img" | "amp-img" | "time")),
                        is_main: matches!(&*name, "h1" | "main"),
                        in_link,
                    });
                }
                Edge::Close(_) => {
                    let Some(Open { id, links, shown, is_main, .. }) = open.pop() else { continue };
                    if links > 0 {
                        zones.links.insert(id, links);
                    }
                    if shown > 1 {
                        zones.shows_articles.insert(id);
                    }
                    if is_main {
                        zones.holds_main.insert(id);
                    }
                    match open.last_mut() {
                        Some(parent) => {
                            parent.links += links;
                            parent.shown += shown;
                            parent.is_main |= is_main;
                        }
                        None => zones.all += links,
                    }
                }
            }
        }
        for label in labels {
            zones.label(page, label);
        }
        zones
    }

    /// Marks what follows the label of another list.
    fn label(&mut self, page: &Document, label: NodeId) {
        let mut at = page.tree.get(&label);
        for _ in 0..MAX_CLIMB {
            // The heading of the page names its own list.
            let Some(node) = at.filter(|node| !node.has_name("h1") && !is_row_of_cells(node)) else { return };
            // It is the label of this box, or stands between the parts of one list.
            let is_own_box = node.element_ref().is_some_and(|element| AROUND.names(&element));
            if is_own_box || self.is_interruption(&node) {
                return;
            }
            let is_end = |next: &NodeRef| is_same_kind(next, &node) || heading_level(next).is_some();
            let below: Vec<NodeRef> = siblings_after(node).take_while(|next| !is_end(next)).collect();
            let links: usize = below.iter().filter_map(|next| self.links.get(&next.id)).sum();
            // One link beside a heading leads to the whole list; beside any other label, it is what the label is about.
            let is_heading = heading_level(&node).is_some();
            if links > 1 || links == 1 && !is_heading {
                let is_page = links * 5 > self.all * 4 || below.iter().any(|next| self.holds_main.contains(&next.id));
                if !is_page {
                    self.labelled.extend(below.iter().map(|next| next.id));
                }
                return;
            }
            // What follows is loaded by a script: it is what the label is about ("Advertisement").
            if !is_heading && below.iter().any(NodeRef::is_element) {
                return;
            }
            at = node.parent().filter(|parent| !parent.has_name("body"));
        }
    }

    /// Returns whether what stands on both sides of an element is alike, and it is not one of several such elements: it stands
    /// within a list, and says nothing of what follows.
    fn is_interruption(&self, node: &NodeRef) -> bool {
        if heading_level(node).is_some() {
            return false;
        }
        let kinds = |siblings: &mut dyn Iterator<Item = NodeRef>| -> HashSet<(String, String)> {
            siblings.filter(|other| self.links.contains_key(&other.id)).filter_map(|other| kind(&other)).collect()
        };
        let (before, after) = (kinds(&mut siblings_before(*node)), kinds(&mut siblings_after(*node)));
        let is_repeated = kind(node).is_some_and(|own| before.contains(&own) || after.contains(&own));
        !is_repeated && !before.is_disjoint(&after)
    }

    /// Returns the zone of an element in one of this zone; `in_story` says whether an article, a list's item or the main part is
    /// around it.
    pub(super) fn of(&self, id: NodeId, element: &Element, parent: Zone, in_story: bool) -> Zone {
        if parent == Zone::Around || is_unseen(element) || self.labelled.contains(&id) {
            return Zone::Around;
        }
        let name = &*element.name.local;
        let role = attr(element, "role").unwrap_or_default();
        let is_around = matches!(name, "nav" | "footer" | "form" | "menu" | "dialog")
            || matches!(role, "navigation" | "contentinfo" | "search" | "dialog" | "menu" | "menubar" | "tablist")
            || (name == "header" || role == "banner") && !in_story;
        let holds_main = self.holds_main.contains(&id);
        let links = self.links.get(&id).copied().unwrap_or_default();
        if is_around && !holds_main && !(name == "form" && links >= FORM_LINKS) {
            return Zone::Around;
        }
        let is_named = !matches!(name, "html" | "body" | "main" | "a" | "h1" | "h2" | "h3" | "h4");
        let is_most = links * 5 > self.all * 4;
        if is_named && !holds_main && !is_most {
            if AROUND.names(element) || !self.shows_articles.contains(&id) && FILING.names(element) {
                return Zone::Around;
            }
            if name == "aside" || role == "complementary" || ASIDES.names(element) {
                return Zone::Aside;
            }
        }
        parent
    }
}

/// Returns whether an element is a row of several cells. A text in one of them names its column, not the rows below.
fn is_row_of_cells(row: &NodeRef) -> bool {
    let is_filled =
        |cell: &NodeRef| (cell.has_name("td") || cell.has_name("th")) && !clean::text(&cell.text()).is_empty();
    row.has_name("tr") && row.children_it(false).filter(is_filled).nth(1).is_some()
}

fn siblings_after(node: NodeRef<'_>) -> impl Iterator<Item = NodeRef<'_>> {
    std::iter::successors(node.next_sibling(), NodeRef::next_sibling)
}

fn siblings_before(node: NodeRef<'_>) -> impl Iterator<Item = NodeRef<'_>> {
    std::iter::successors(node.prev_sibling(), NodeRef::prev_sibling)
}

/// Returns whether a sibling begins another list as this element began the one before.
fn is_same_kind(next: &NodeRef, node: &NodeRef) -> bool {
    kind(next).is_some_and(|next| kind(node) == Some(next))
}

/// Returns the name and the first class of an element that has one.
fn kind(node: &NodeRef) -> Option<(String, String)> {
    let class = node.attr("class")?.split_ascii_whitespace().next()?.to_owned();
    Some((node.node_name()?.to_string(), class))
}

/// Returns the level of a heading.
pub(super) fn heading_level(node: &NodeRef) -> Option<u8> {
    let element = node.element_ref()?;
    match element.name.local.as_bytes() {
        [b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
        _ => None,
    }
}

/// Returns whether a text is the label of a list that is not the page's own. The text of a link is a label only as a whole.
pub(super) fn is_label(text: &str, in_link: bool) -> bool {
    if text.len() > MAX_LABEL || text.trim().is_empty() {
        return false;
    }
    let text = clean::text(text).to_lowercase();
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    let goes_on = |(at, _): (usize, &str)| {
        text[..at].contains(' ') && LABELS.whole.contains(&text[..at]) && words(&text[at..]) <= MAX_MORE
    };
    let ends = |end: &&str| text.strip_suffix(*end).is_some_and(|before| words(before) <= MAX_MORE);
    LABELS.whole.contains(text) || !in_link && (text.match_indices(' ').any(goes_on) || LABELS.ends.iter().any(ends))
}
