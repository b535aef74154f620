//! Walks a page and collects its visible metadata.

use dom_query::{Document, NodeId};
use url::Url;

use super::class_hints::ClassHints;
use super::headline::Heading;
use super::visible_metadata::{Note, VisibleMetadata};
use super::when::{self, Label};
use super::{byline, opening};
use crate::html::clean;
use crate::html::dom::{self, Edge, Element, NodeData, attr};

/// The maximum number of notes of one kind, and the most headings.
const MAX_NOTES: usize = 100;
const MAX_HEADINGS: usize = 300;
/// The longest text of an element that is a note, in bytes, and the most nodes in it.
const MAX_TEXT: usize = 300;
const MAX_NODES: usize = 120;
/// A line with this many characters that are not blanks is a paragraph.
const PARAGRAPH: usize = 100;
/// The longest headline noted, in bytes.
const MAX_HEADING: usize = 600;
/// The maximum number of links of a trail; longer ones are menus.
const MAX_TRAIL: usize = 8;

/// Collects visible metadata during a walk through a page.
pub(crate) struct Scan<'a> {
    page: &'a Document,
    folders: Vec<String>,
    host: &'a str,
    visible: VisibleMetadata,
    at: usize,
    paragraphs: usize,
    foreign: Vec<NodeId>,
    /// The articles that are open, and the one with the first headline.
    articles: Vec<NodeId>,
    /// The lists, menus and trails that are open.
    lists: Vec<NodeId>,
    story: Option<NodeId>,
    unseen: Option<NodeId>,
    trail: Option<NodeId>,
    trail_ended: bool,
    line: String,
    /// The elements that set text apart that are open, whether some of the line stands in none, and whether it is set to the right.
    apart: Vec<NodeId>,
    is_plain: bool,
    is_right: bool,
    /// The line before, if it may sign the article.
    signature: Option<Note>,
}

impl<'a> Scan<'a> {
    /// Starts.
    pub(crate) fn new(page: &'a Document, url: Option<&'a Url>) -> Self {
        Self {
            page,
            folders: url.map(folders).unwrap_or_default(),
            host: url.and_then(Url::host_str).unwrap_or_default(),
            visible: VisibleMetadata::default(),
            at: 0,
            paragraphs: 0,
            foreign: Vec::new(),
            articles: Vec::new(),
            lists: Vec::new(),
            story: None,
            unseen: None,
            trail: None,
            trail_ended: false,
            line: String::new(),
            apart: Vec::new(),
            is_plain: false,
            is_right: false,
            signature: None,
        }
    }

    /// Goes on by a step of the walk.
    pub(crate) fn step(&mut self, edge: Edge) {
        match edge {
            Edge::Open(id) if self.unseen.is_none() => {
                let page = self.page;
                page.tree.query_node(&id, |node| match &node.data {
                    NodeData::Text { contents } => self.text(contents),
                    NodeData::Element(element) => self.open(id, element),
                    _ => {}
                });
            }
            Edge::Open(_) => {}
            Edge::Close(id) => self.close(id),
        }
    }

    /// Returns all that was noted.
    pub(crate) fn finish(mut self) -> VisibleMetadata {
        self.end_line();
        self.visible
    }

    fn text(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        self.at += 1;
        self.is_plain |= self.apart.is_empty();
        if self.line.len() <= MAX_TEXT {
            self.line.push_str(&text[..text.floor_char_boundary(MAX_TEXT + 1)]);
        }
    }

    fn open(&mut self, id: NodeId, element: &Element) {
        let name = &*element.name.local;
        if matches!(
            name,
            "script" | "style" | "noscript" | "template" | "svg" | "iframe" | "select" | "textarea" | "title"
        ) {
            self.unseen = Some(id);
            return;
        }
        self.boundary(name);
        self.is_right |= name == "p" && attr(element, "style").is_some_and(is_set_right);
        if matches!(name, "strong" | "b" | "em" | "i") || self.is_right && name == "p" {
            self.apart.push(id);
        }
        let class = attr(element, "class").unwrap_or_default();
        let mut class_hints =
            ClassHints::read(class).and(attr(element, "id").map(ClassHints::read).unwrap_or_default());
        let is_trail = class_hints.has(ClassHints::TRAIL)
            || attr(element, "aria-label").is_some_and(|label| ClassHints::read(label).has(ClassHints::TRAIL));
        if is_trail && self.trail.is_none() && !self.trail_ended {
            self.trail = Some(id);
        }
        if is_trail || matches!(name, "nav" | "li" | "footer") {
            self.lists.push(id);
        }
        if !is_trail
            && !matches!(name, "html" | "body" | "main" | "article")
            && (class_hints.has(ClassHints::FOREIGN)
                || matches!(name, "nav" | "footer" | "form")
                || self.is_aside(name, class_hints))
        {
            self.foreign.push(id);
        }
        if name == "article" {
            // Beside or inside the article's own they are others'.
            if self.story.is_some_and(|story| story != id) {
                self.foreign.push(id);
            }
            self.articles.push(id);
        }
        let items = attr(element, "itemprop").unwrap_or_default();
        let item = |names: &[&str]| items.split_ascii_whitespace().any(|i| names.contains(&i));
        let rel = |name: &str| attr(element, "rel").is_some_and(|r| r.split_ascii_whitespace().any(|t| t == name));
        match name {
            "h1" | "h2" | "h3" => self.heading(id, name, item(&["headline"])),
            "meta" | "link" => return,
            _ if item(&["headline"]) => self.heading(id, name, true),
            _ => {}
        }
        if name == "a" {
            self.link(id, element);
        }
        if item(&["author", "creator"]) || rel("author") {
            class_hints = class_hints.and(ClassHints::AUTHOR);
        }
        if item(&["articleSection"]) || rel("category") || rel("tag") && class_hints.has(ClassHints::SECTION) {
            class_hints = class_hints.and(ClassHints::SECTION);
        }
        if name == "time" || item(&["datePublished", "dateCreated", "dateModified"]) {
            class_hints = class_hints.and(ClassHints::TIME);
            if item(&["dateModified"]) && !item(&["datePublished"]) {
                class_hints = class_hints.and(ClassHints::MODIFIED);
            }
        }
        if name == "address" {
            class_hints = class_hints.and(ClassHints::BYLINE);
        }
        if class_hints != ClassHints::default() {
            self.note(id, element, class_hints);
        }
    }

    fn close(&mut self, id: NodeId) {
        if self.unseen == Some(id) {
            self.unseen = None;
        }
        if self.unseen.is_some() {
            return;
        }
        let page = self.page;
        page.tree.query_node(&id, |node| {
            if let NodeData::Element(element) = &node.data {
                self.boundary(&element.name.local);
            }
        });
        if self.apart.last() == Some(&id) {
            self.apart.pop();
        }
        if self.foreign.last() == Some(&id) {
            self.foreign.pop();
        }
        if self.lists.last() == Some(&id) {
            self.lists.pop();
        }
        if self.articles.last() == Some(&id) {
            self.articles.pop();
        }
        if self.trail == Some(id) {
            self.trail = None;
            let crumbs = &mut self.visible.breadcrumbs;
            // A trail of a home link alone, or a long one, says nothing.
            self.trail_ended = crumbs.len() > 1;
            if crumbs.len() > MAX_TRAIL {
                crumbs.clear();
            }
        }
    }

    /// Returns whether an element is an aside to the page; one inside an article may hold its byline.
    fn is_aside(&self, name: &str, class_hints: ClassHints) -> bool {
        name == "aside"
            && self.articles.is_empty()
            && !class_hints.has(ClassHints::AUTHOR)
            && !class_hints.has(ClassHints::BYLINE)
    }

    /// Ends the line at the edge of a block; inside a line the edges of elements part words.
    fn boundary(&mut self, name: &str) {
        if matches!(
            name,
            "a" | "span" | "b" | "i" | "em" | "strong" | "time" | "font" | "u" | "small" | "abbr" | "cite" | "img"
        ) {
            if !self.line.is_empty() {
                self.line.push(' ');
            }
        } else {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let is_paragraph = line.chars().filter(|c| !c.is_whitespace()).count() >= PARAGRAPH;
        self.paragraphs += usize::from(is_paragraph);
        let (is_plain, is_right) = (std::mem::take(&mut self.is_plain), std::mem::take(&mut self.is_right));
        // A name in bold right before the first paragraph; elsewhere it would be a subheading.
        if let Some(note) = self.signature.take_if(|_| !line.trim().is_empty())
            && is_paragraph
        {
            self.visible.signatures.push(note);
        }
        if line.is_empty() || line.len() > MAX_TEXT {
            return;
        }
        let Some(line) = clean::non_empty(&line) else { return };
        if !is_plain && self.foreign.is_empty() && self.visible.signatures.len() < MAX_NOTES && byline::is_names(&line)
        {
            let note = Note { at: self.at, paragraphs: self.paragraphs, foreign: None, value: line.clone() };
            if is_right {
                self.visible.signatures.push(note);
            } else if self.visible.opens(&note) {
                self.signature = Some(note);
            }
        }
        let is_byline = opening::after_by(&line).is_some();
        for (label, when) in when::printed(&line) {
            if label != Label::None || is_byline || when::is_mostly_time(&line) {
                push(&mut self.visible.times, (self.at, self.paragraphs), &self.foreign, (label, when));
            }
        }
        if is_byline {
            let line = opening::from_by(&line).to_owned();
            push(&mut self.visible.bylines, (self.at, self.paragraphs), &self.foreign, line);
        } else if let Some(names) = byline::before_date(&line) {
            push(&mut self.visible.bylines, (self.at, self.paragraphs), &self.foreign, names.to_owned());
        }
    }

    fn heading(&mut self, id: NodeId, name: &str, is_stated: bool) {
        let is_listed = !self.lists.is_empty();
        let is_first_level = name == "h1";
        if is_first_level {
            self.visible.own.append(&mut self.foreign);
            self.trail = None;
            self.story = self.story.or(self.articles.last().copied());
        }
        if let Some(text) = lines(self.page, id, MAX_HEADING).and_then(|t| clean::non_empty(&t.replace('\n', " "))) {
            if is_stated && self.visible.headline.is_none() && self.foreign.is_empty() {
                self.visible.headline = Some(text.clone());
            }
            if self.visible.headings.len() < MAX_HEADINGS {
                let foreign = self.foreign.first().copied();
                let value = Heading { text, is_first_level, is_listed };
                self.visible.headings.push(Note { at: self.at + 1, paragraphs: self.paragraphs, foreign, value });
            }
        }
    }

    fn link(&mut self, id: NodeId, element: &Element) {
        let in_trail = self.trail.is_some() && self.visible.breadcrumbs.len() <= MAX_TRAIL;
        let depth = attr(element, "href").and_then(|href| self.depth(href));
        if !in_trail && depth.is_none() {
            return;
        }
        let Some(text) = lines(self.page, id, 80).and_then(|t| clean::non_empty(&t)) else { return };
        if in_trail {
            self.visible.breadcrumbs.push(text.clone());
        }
        if let Some(depth) = depth
            && !self.visible.folders.iter().any(|(d, _)| *d == depth)
        {
            self.visible.folders.push((depth, text));
        }
    }

    /// Returns how deep the folder that a link leads to lies on the way to the page.
    fn depth(&self, href: &str) -> Option<usize> {
        let path = match href.trim().split_once("://") {
            Some((_, rest)) => rest.strip_prefix(self.host)?,
            None => href.trim().strip_prefix('/').map(|_| href.trim())?,
        };
        let path = path.split(['?', '#']).next()?.trim_matches('/');
        self.folders.iter().position(|folder| folder == path)
    }

    fn note(&mut self, id: NodeId, element: &Element, class_hints: ClassHints) {
        let at = self.at + 1;
        let has =
            |key: &str, token: &str| attr(element, key).is_some_and(|v| v.split_ascii_whitespace().any(|t| t == token));
        let is_stated = has("itemprop", "datePublished");
        let mut time = [attr(element, "datetime"), attr(element, "content")].into_iter().flatten().find_map(when::read);
        let is_reported = time.is_some();
        if class_hints.has(ClassHints::TIME)
            && let Some(when) = time.take()
        {
            let label = if is_stated {
                Label::Published
            } else if !class_hints.has(ClassHints::MODIFIED) || attr(element, "class").is_some_and(says_published) {
                Label::None
            } else {
                Label::Modified
            };
            push(&mut self.visible.times, (at, self.paragraphs), &self.foreign, (label, when));
        }
        let wanted = [ClassHints::AUTHOR, ClassHints::BYLINE, ClassHints::TIME, ClassHints::SECTION, ClassHints::META];
        if !wanted.iter().any(|w| class_hints.has(*w)) {
            return;
        }
        let Some(text) = lines(self.page, id, MAX_TEXT) else { return };
        if class_hints.has(ClassHints::TIME) && !is_reported {
            for (label, when) in when::printed(&clean::text(&text)) {
                let label = match label {
                    Label::None if is_stated => Label::Published,
                    Label::None if class_hints.has(ClassHints::MODIFIED) => Label::Modified,
                    label => label,
                };
                push(&mut self.visible.times, (at, self.paragraphs), &self.foreign, (label, when));
            }
        }
        if class_hints.has(ClassHints::AUTHOR) && !class_hints.has(ClassHints::ASIDE) {
            push(&mut self.visible.authors, (at, self.paragraphs), &self.foreign, text.clone());
        }
        let is_signed = class_hints.has(ClassHints::META) && byline::is_dated_name(&clean::text(&text));
        if class_hints.has(ClassHints::BYLINE) || is_signed {
            push(&mut self.visible.bylines, (at, self.paragraphs), &self.foreign, text.clone());
        }
        let is_other = [ClassHints::BYLINE, ClassHints::AUTHOR, ClassHints::TIME].iter().any(|s| class_hints.has(*s));
        if class_hints.has(ClassHints::SECTION) && !is_other {
            let place = [has("itemprop", "articleSection"), has("rel", "category")].iter().position(|is| *is);
            if let Some(place) = place.filter(|_| self.foreign.is_empty()) {
                self.visible.stated_sections[place].get_or_insert_with(|| text.clone());
            }
            push(&mut self.visible.sections, (at, self.paragraphs), &self.foreign, text);
        }
    }
}

fn push<T>(notes: &mut Vec<Note<T>>, (at, paragraphs): (usize, usize), foreign: &[NodeId], value: T) {
    if notes.len() < MAX_NOTES {
        notes.push(Note { at, paragraphs, foreign: foreign.first().copied(), value });
    }
}

/// Returns whether a style sets text to the right, as letters are signed.
fn is_set_right(style: &str) -> bool {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    style.to_ascii_lowercase().contains("text-align:right")
}

fn says_published(class: &str) -> bool {
    class.split_ascii_whitespace().any(|c| c.contains("publish") || c == "entry-date")
}

/// Returns the folders on the way to a page: `news/world` and `news` of `/news/world/story.html`.
fn folders(url: &Url) -> Vec<String> {
    const DEEPEST: usize = 5;
    let path = url.path().trim_matches('/');
    path.match_indices('/').take(DEEPEST).map(|(at, _)| path[..at].to_owned()).collect()
}

/// Returns the text of an element, each inner element on a line of its own; `None` if there is more than a note's.
fn lines(page: &Document, id: NodeId, most: usize) -> Option<String> {
    let mut text = String::new();
    let mut seen = 0;
    for edge in dom::edges(page.tree.get(&id)?) {
        seen += 1;
        if seen > 2 * MAX_NODES || text.len() > most {
            return None;
        }
        let inner = match edge {
            Edge::Open(id) | Edge::Close(id) => page.tree.get(&id)?,
        };
        if inner.is_text() {
            if matches!(edge, Edge::Open(_)) {
                text.push_str(&inner.text());
            }
        } else if inner.element_ref().is_some_and(|e| matches!(&*e.name.local, "script" | "style" | "noscript")) {
            return None;
        } else if !text.ends_with('\n') {
            text.push('\n');
        }
    }
    Some(text).filter(|t| !t.trim().is_empty())
}
