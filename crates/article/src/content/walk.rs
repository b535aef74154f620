//! Walks the tree of a page and returns its pieces of text in reading order, with the properties of their place.

use std::collections::HashMap;

use dateline_address::registrable_domain;
use dateline_record::BlockKind;
use dom_query::{Document, NodeId};
use xxhash_rust::xxh3::Xxh3;

use super::marks::Marks;
use super::pointer::{LINK, MAX_LINE, Pointer};
use super::{boilerplate, hints};
use crate::html::clean;
use crate::html::dom::{self, Edge, Element, NodeData, attr};
use crate::metadata::media;

/// The length of the class names that distinguishes elements, in bytes.
const MAX_CLASS: usize = 300;
/// The placeholder of `<br>`, a vertical tab: white space, but distinct from the line breaks of the source, which have no meaning.
const LINE: char = '\u{b}';
/// The maximum number of pieces that one page yields.
const MAX_PIECES: usize = 20_000;

/// A page as its blocks of text and the elements around them.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// The elements, each after the one around it; the first is the root.
    pub containers: Vec<Container>,
    /// The blocks of text, in reading order.
    pub pieces: Vec<TextPiece>,
}

/// An element that holds blocks of text.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    /// The element around it, as a place in [`Outline::containers`]; the root is its own.
    pub parent: usize,
    /// How many elements are around it.
    pub depth: u16,
    /// Hash of its tag and classes.
    pub signature: u64,
    /// The marks by tag, role, class and id.
    pub marks: Marks,
    /// Whether it is a `<p>`.
    pub is_p: bool,
}

/// A run of text that stands alone on the page.
#[derive(Debug, Clone)]
pub(crate) struct TextPiece {
    /// The innermost element around it, as a place in [`Outline::containers`].
    pub at: usize,
    /// Bytes of `text` inside any link, and how many links there are.
    pub in_links: usize,
    /// See `in_links`.
    pub links: usize,
    /// Bytes of bold text.
    pub bold: usize,
    /// The kind, by its markup.
    pub kind: BlockKind,
    /// Clean text, never empty.
    pub text: String,
    /// Bytes of `text` inside links to the same site.
    pub linked: usize,
    /// Level of a heading (1–6), 0 for everything else.
    pub level: u8,
    /// Whether an element around it looks like boilerplate (navigation, related articles, sharing).
    pub boilerplate: bool,
    /// The figure (or what serves as one) that a caption belongs to.
    pub figure: Option<NodeId>,
    /// The address of that figure's picture.
    pub picture: Option<String>,
    /// A credit that the markup sets apart within a caption.
    pub credit: Option<String>,
    /// Whether it is of a post embedded from a social network.
    pub post: bool,
    /// Whether it leads to another article.
    pub pointer: Option<Pointer>,
}

/// Returns all pieces of a document, in order. `host` is the page's own, to tell its own links from those that lead away.
pub(crate) fn outline(page: &Document, host: Option<&str>) -> Outline {
    let root = page.root();
    let top = Container { parent: 0, depth: 0, signature: 0, marks: Marks::default(), is_p: false };
    let mut walk = Walk {
        page,
        site: host.map(|h| registrable_domain(h).unwrap_or(h)),
        out: Outline { containers: vec![top], pieces: Vec::new() },
        known: HashMap::new(),
        run: TextRun::default(),
        context: vec![ElementContext::new(root.id)],
        boilerplate: 0,
        open: Vec::new(),
        skipped: 0,
    };
    for edge in dom::edges(root) {
        if walk.out.pieces.len() >= MAX_PIECES {
            break;
        }
        match edge {
            Edge::Open(id) => {
                page.tree.query_node(&id, |node| walk.open(id, &node.data));
            }
            Edge::Close(_) => walk.close(),
        }
    }
    walk.flush();
    walk.out
}

/// Returns all pieces of a document, in order.
pub(crate) fn pieces(page: &Document, host: Option<&str>) -> Vec<TextPiece> {
    outline(page, host).pieces
}

/// The state of the elements around the current place; one for each block element.
#[derive(Clone)]
struct ElementContext {
    at: usize,
    node: NodeId,
    parent: NodeId,
    kind: BlockKind,
    level: u8,
    figure: Option<NodeId>,
    list: bool,
    post: bool,
}

impl ElementContext {
    fn new(root: NodeId) -> Self {
        Self {
            at: 0,
            node: root,
            parent: root,
            kind: BlockKind::Paragraph,
            level: 0,
            figure: None,
            list: false,
            post: false,
        }
    }
}

/// The text gathered since the last block boundary.
#[derive(Default)]
struct TextRun {
    raw: String,
    linked: String,
    any_linked: usize,
    links: usize,
    /// The text with [`LINK`] in place of each link.
    outline: String,
    bold: usize,
    credit: String,
    /// Depth counters of the inline elements that are open; links to the same site count in both of theirs.
    in_link: usize,
    in_own_link: usize,
    in_bold: usize,
    in_credit: usize,
    breaks: usize,
}

/// The effect of an open node on the walk, which is undone when it closes.
#[derive(Clone, Copy)]
enum Role {
    /// Not seen, with all in it.
    Skipped,
    Block {
        boilerplate: bool,
    },
    Credit,
    Link {
        own: bool,
    },
    Bold,
    Plain,
}

struct Walk<'a> {
    page: &'a Document,
    /// The registrable domain of the page.
    site: Option<&'a str>,
    out: Outline,
    /// Marks by a hash of what they are read from.
    known: HashMap<u64, Marks>,
    run: TextRun,
    context: Vec<ElementContext>,
    /// How many elements around the current place look like boilerplate.
    boilerplate: usize,
    open: Vec<Role>,
    /// Open nodes below (and with) the outermost skipped one.
    skipped: usize,
}

impl Walk<'_> {
    fn here(&self) -> &ElementContext {
        self.context.last().expect("the root's context is never popped")
    }

    fn open(&mut self, id: NodeId, node: &NodeData) {
        if self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        let role = match node {
            NodeData::Text { contents } => {
                self.text(contents);
                Role::Plain
            }
            NodeData::Element(element) => self.open_element(id, element),
            _ => Role::Plain,
        };
        if matches!(role, Role::Skipped) {
            self.skipped = 1;
        } else {
            self.open.push(role);
        }
    }

    fn close(&mut self) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        match self.open.pop() {
            Some(Role::Block { boilerplate }) => {
                self.flush();
                self.context.pop();
                self.boilerplate -= usize::from(boilerplate);
            }
            Some(Role::Credit) => self.run.in_credit -= 1,
            Some(Role::Link { own }) => {
                self.run.in_link -= 1;
                self.run.in_own_link -= usize::from(own);
            }
            Some(Role::Bold) => self.run.in_bold -= 1,
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.run.in_credit > 0 {
            self.run.credit.push_str(text);
            return;
        }
        if !text.trim().is_empty() {
            self.run.breaks = 0;
        }
        self.run.raw.push_str(text);
        if self.run.in_own_link > 0 {
            self.run.linked.push_str(text);
        }
        if self.run.in_link > 0 {
            self.run.any_linked += text.trim().len();
        }
        if self.run.in_link == 0 && self.run.raw.len() <= 2 * MAX_LINE {
            self.run.outline.push_str(text);
        }
        if self.run.in_bold > 0 {
            self.run.bold += text.len();
        }
    }

    /// Returns what an element's attributes say; most elements are like one before.
    fn marks(&mut self, element: &Element) -> Marks {
        let mut key = Xxh3::new();
        key.update(element.name.local.as_bytes());
        for attribute in &element.attrs {
            let name = &*attribute.name.local;
            if matches!(name, "class" | "id" | "role" | "itemprop" | "style" | "aria-hidden") {
                key.update(name.as_bytes());
                key.update(attribute.value.as_bytes());
                key.update(&[0]);
            }
        }
        *self.known.entry(key.digest()).or_insert_with(|| hints::of(element))
    }

    fn open_element(&mut self, id: NodeId, element: &Element) -> Role {
        let name = &*element.name.local;
        if boilerplate::is_unseen(element) {
            return Role::Skipped;
        }
        if name == "br" {
            self.run.breaks += 1;
            self.run.raw.push(LINE);
            self.run.outline.push('\n');
            if self.run.breaks == 2 {
                self.flush();
            }
            return Role::Plain;
        }
        if self.here().kind == BlockKind::Caption && boilerplate::is_credit(element) {
            self.run.in_credit += 1;
            return Role::Credit;
        }
        let marks = self.marks(element);
        let is_caption = marks.has(Marks::CAPTION);
        let is_boilerplate = !is_caption && marks.has(Marks::BOILERPLATE);
        if !is_block(name) && !is_boilerplate && !is_caption {
            return match name {
                "a" => {
                    let own = !self.site.is_some_and(|site| leads_away(element, site));
                    self.run.in_link += 1;
                    self.run.links += 1;
                    self.run.in_own_link += usize::from(own);
                    if attr(element, "href").is_some() {
                        self.run.outline.push(LINK);
                    }
                    Role::Link { own }
                }
                "b" | "strong" => {
                    self.run.in_bold += 1;
                    Role::Bold
                }
                _ => Role::Plain,
            };
        }
        self.flush();
        let around = self.here();
        // What stands inside a list or a quotation stands where that stands.
        let inner = matches!(around.kind, BlockKind::ListItem | BlockKind::Blockquote) || around.list;
        let parent = if inner { around.parent } else { around.node };
        let container = Container {
            parent: around.at,
            depth: self.out.containers[around.at].depth + 1,
            signature: signature(element),
            marks,
            is_p: name == "p",
        };
        let mut context = ElementContext {
            at: self.out.containers.len(),
            node: id,
            parent,
            list: around.list || matches!(name, "ul" | "ol" | "dl"),
            ..around.clone()
        };
        self.boilerplate += usize::from(is_boilerplate);
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                context.kind = BlockKind::Subheading;
                context.level = name.as_bytes()[1] - b'0';
            }
            "li" | "dd" | "dt" => context.kind = BlockKind::ListItem,
            "blockquote" if context.kind == BlockKind::Paragraph => {
                context.kind = BlockKind::Blockquote;
                context.post = boilerplate::is_post(element);
            }
            "figure" => context.figure = Some(id),
            _ => {}
        }
        if is_caption {
            context.kind = BlockKind::Caption;
            context.figure = context.figure.or(Some(context.parent));
        }
        self.out.containers.push(container);
        self.context.push(context);
        Role::Block { boilerplate: is_boilerplate }
    }

    /// Ends the run of text as a piece.
    fn flush(&mut self) {
        self.run.breaks = 0;
        let raw = std::mem::take(&mut self.run.raw);
        let linked = std::mem::take(&mut self.run.linked);
        let outline = std::mem::take(&mut self.run.outline);
        let bold = std::mem::take(&mut self.run.bold);
        let credit = clean::non_empty(&std::mem::take(&mut self.run.credit));
        let in_links = std::mem::take(&mut self.run.any_linked);
        let links = std::mem::take(&mut self.run.links);
        let text = clean::text(&raw);
        let context = self.here();
        if text.is_empty() {
            // A credit in a block of its own belongs to the caption just before it.
            let figure = context.figure;
            if let (Some(credit), Some(last)) = (credit, self.out.pieces.last_mut())
                && last.kind == BlockKind::Caption
                && last.figure == figure
                && last.credit.is_none()
            {
                last.credit = Some(credit);
            }
            return;
        }
        let picture = context.figure.filter(|_| context.kind == BlockKind::Caption);
        let picture = picture.and_then(|figure| media::picture(self.page, figure));
        let is_label = context.kind == BlockKind::Paragraph
            && bold * 10 >= raw.trim().len() * 9
            && boilerplate::is_heading_like(&text);
        let pointer = Pointer::of(&outline, &text).filter(|_| context.kind != BlockKind::Caption);
        let at = context.at;
        self.out.pieces.push(TextPiece {
            at,
            in_links,
            links,
            bold,
            pointer,
            kind: if is_label { BlockKind::Subheading } else { context.kind },
            linked: clean::text(&linked).len(),
            text,
            level: context.level,
            boilerplate: self.boilerplate > 0,
            figure: context.figure,
            picture,
            credit,
            post: context.post,
        });
    }
}

/// Returns a hash of an element's tag and classes. Digits are left out: they number what is otherwise alike.
fn signature(element: &Element) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(element.name.local.as_bytes());
    if let Some(class) = attr(element, "class") {
        let class = &class.as_bytes()[..class.len().min(MAX_CLASS)];
        let letters: Vec<u8> = class.iter().copied().filter(|b| !b.is_ascii_digit()).collect();
        hash.update(b" ");
        hash.update(letters.trim_ascii());
    }
    hash.digest()
}

/// Returns whether a link goes to another site.
fn leads_away(link: &Element, site: &str) -> bool {
    let href = attr(link, "href").unwrap_or_default().trim();
    let Some((_, rest)) = href.split_once("://").filter(|(scheme, _)| scheme.len() <= 5) else { return false };
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    !host.is_empty() && !host.strip_suffix(site).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "head"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "tr"
            | "ul"
    )
}
