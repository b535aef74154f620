//! The page's tree to pieces of text in reading order, each with what is known of its place.

use dom_query::{Document, NodeId};

use super::dom::{self, Edge, Element, NodeData, attr};
use super::pointer::{LINK, MAX_LINE, Pointer};
use super::{clean, furniture, media};
use crate::record::BlockKind;

/// The most pieces that one page yields.
const MAX_PIECES: usize = 20_000;

/// A run of text that stands alone on the page.
#[derive(Debug, Clone)]
pub struct Piece {
    /// What its markup says it is.
    pub kind: BlockKind,
    /// Clean text, never empty.
    pub text: String,
    /// Bytes of `text` inside links to the same site.
    pub linked: usize,
    /// Level of a heading (1–6), 0 for everything else.
    pub level: u8,
    /// The block element around it and that element's parent: what shares the parent stands beside it.
    pub parent: NodeId,
    /// Elements around it that look like furniture (navigation, related stories, sharing), outermost first.
    pub furniture: Vec<NodeId>,
    /// The figure (or what serves as one) that a caption belongs to.
    pub figure: Option<NodeId>,
    /// The innermost `<article>` around it.
    pub article: Option<NodeId>,
    /// Whether it stands in what the page marks as the story's body (microdata's `articleBody`).
    pub body: bool,
    /// The address of that figure's picture.
    pub picture: Option<String>,
    /// A credit that the markup sets apart within a caption.
    pub credit: Option<String>,
    /// Whether it is of a post embedded from a social network.
    pub post: bool,
    /// Whether it leads to another story.
    pub pointer: Option<Pointer>,
    /// Elements around it that are marked as the story's lead, outermost first.
    pub leads: Vec<NodeId>,
}

/// All pieces of a document, in order. `host` is the page's own, to tell its own links from those that lead away.
pub fn pieces(page: &Document, host: Option<&str>) -> Vec<Piece> {
    let root = page.root();
    let mut walk = Walk {
        page,
        site: host.map(|h| psl::domain_str(h).unwrap_or(h)),
        pieces: Vec::new(),
        run: Run::default(),
        context: vec![Context::new(root.id)],
        furniture: Vec::new(),
        leads: Vec::new(),
        open: Vec::new(),
        skipped: 0,
    };
    for edge in dom::edges(root) {
        if walk.pieces.len() >= MAX_PIECES {
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
    walk.pieces
}

/// What the elements around the current place say; one for each block element.
#[derive(Clone)]
struct Context {
    node: NodeId,
    parent: NodeId,
    kind: BlockKind,
    level: u8,
    figure: Option<NodeId>,
    article: Option<NodeId>,
    body: bool,
    list: bool,
    post: bool,
}

impl Context {
    fn new(root: NodeId) -> Self {
        Self {
            node: root,
            parent: root,
            kind: BlockKind::Paragraph,
            level: 0,
            figure: None,
            article: None,
            body: false,
            list: false,
            post: false,
        }
    }
}

/// The text gathered since the last block boundary.
#[derive(Default)]
struct Run {
    raw: String,
    linked: String,
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

/// What an open node is to the walk, to be undone when it closes.
#[derive(Clone, Copy)]
enum Role {
    /// Not seen, with all in it.
    Skipped,
    Block {
        furniture: bool,
        lead: bool,
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
    pieces: Vec<Piece>,
    run: Run,
    context: Vec<Context>,
    /// Elements around the current place that look like furniture.
    furniture: Vec<NodeId>,
    leads: Vec<NodeId>,
    open: Vec<Role>,
    /// Open nodes below (and with) the outermost skipped one.
    skipped: usize,
}

impl Walk<'_> {
    fn here(&self) -> &Context {
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
            Some(Role::Block { furniture, lead }) => {
                self.flush();
                self.context.pop();
                if furniture {
                    self.furniture.pop();
                }
                if lead {
                    self.leads.pop();
                }
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
        if self.run.in_link == 0 && self.run.raw.len() <= 2 * MAX_LINE {
            self.run.outline.push_str(text);
        }
        if self.run.in_bold > 0 {
            self.run.bold += text.len();
        }
    }

    fn open_element(&mut self, id: NodeId, element: &Element) -> Role {
        let name = &*element.name.local;
        if furniture::is_unseen(element) {
            return Role::Skipped;
        }
        if name == "br" {
            self.run.breaks += 1;
            self.run.raw.push('\n');
            self.run.outline.push('\n');
            if self.run.breaks == 2 {
                self.flush();
            }
            return Role::Plain;
        }
        if self.here().kind == BlockKind::Caption && furniture::is_credit(element) {
            self.run.in_credit += 1;
            return Role::Credit;
        }
        let is_caption = furniture::is_caption(element);
        let is_furniture = !is_caption && furniture::is_furniture(element);
        if !is_block(name) && !is_furniture && !is_caption {
            return match name {
                "a" => {
                    let own = !self.site.is_some_and(|site| leads_away(element, site));
                    self.run.in_link += 1;
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
        let mut context =
            Context { node: id, parent, list: around.list || matches!(name, "ul" | "ol" | "dl"), ..around.clone() };
        if is_furniture {
            self.furniture.push(id);
        }
        let is_lead = furniture::is_lead(element);
        if is_lead {
            self.leads.push(id);
        }
        context.body |= attr(element, "itemprop")
            .is_some_and(|items| items.split_ascii_whitespace().any(|item| item.eq_ignore_ascii_case("articleBody")));
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                context.kind = BlockKind::Subheading;
                context.level = name.as_bytes()[1] - b'0';
            }
            "li" | "dd" | "dt" => context.kind = BlockKind::ListItem,
            "blockquote" if context.kind == BlockKind::Paragraph => {
                context.kind = BlockKind::Blockquote;
                context.post = furniture::is_post(element);
            }
            "figure" => context.figure = Some(id),
            "article" => context.article = Some(id),
            _ => {}
        }
        if is_caption {
            context.kind = BlockKind::Caption;
            context.figure = context.figure.or(Some(context.parent));
        }
        self.context.push(context);
        Role::Block { furniture: is_furniture, lead: is_lead }
    }

    /// Ends the run of text as a piece.
    fn flush(&mut self) {
        self.run.breaks = 0;
        let raw = std::mem::take(&mut self.run.raw);
        let linked = std::mem::take(&mut self.run.linked);
        let outline = std::mem::take(&mut self.run.outline);
        let bold = std::mem::take(&mut self.run.bold);
        let credit = clean::non_empty(&std::mem::take(&mut self.run.credit));
        let text = clean::text(&raw);
        let context = self.here();
        if text.is_empty() {
            // A credit in a block of its own belongs to the caption just before it.
            let figure = context.figure;
            if let (Some(credit), Some(last)) = (credit, self.pieces.last_mut())
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
            && furniture::is_heading_like(&text);
        let pointer = Pointer::of(&outline, &text).filter(|_| context.kind != BlockKind::Caption);
        self.pieces.push(Piece {
            pointer,
            leads: self.leads.clone(),
            kind: if is_label { BlockKind::Subheading } else { context.kind },
            linked: clean::text(&linked).len(),
            text,
            level: context.level,
            parent: context.parent,
            furniture: self.furniture.clone(),
            figure: context.figure,
            article: context.article,
            body: context.body,
            picture,
            credit,
            post: context.post,
        });
    }
}

/// Whether a link goes to another site.
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
