//! The page's tree to pieces of text in reading order, each with what is known of its place.

use ego_tree::iter::Edge;
use ego_tree::{NodeId, NodeRef};
use scraper::{Html, Node, node::Element};

use super::{clean, furniture};
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
    /// Bytes of `text` inside links.
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
    /// A credit that the markup sets apart within a caption.
    pub credit: Option<String>,
}

/// All pieces of a document, in order.
pub fn pieces(html: &Html) -> Vec<Piece> {
    let mut walk = Walk { pieces: Vec::new(), run: Run::default(), context: vec![Context::new(html.tree.root().id())] };
    for edge in html.tree.root().traverse() {
        if walk.pieces.len() >= MAX_PIECES {
            break;
        }
        match edge {
            Edge::Open(node) => walk.open(node),
            Edge::Close(node) => walk.close(node),
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
    list: bool,
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
            list: false,
        }
    }
}

/// The text gathered since the last block boundary.
#[derive(Default)]
struct Run {
    raw: String,
    linked: String,
    bold: usize,
    credit: String,
    /// Depth counters of the inline elements that are open.
    in_link: usize,
    in_bold: usize,
    in_credit: usize,
    skip: usize,
    breaks: usize,
    furniture: Vec<NodeId>,
}

struct Walk {
    pieces: Vec<Piece>,
    run: Run,
    context: Vec<Context>,
}

impl Walk {
    fn here(&self) -> &Context {
        self.context.last().expect("the root's context is never popped")
    }

    fn open(&mut self, node: NodeRef<Node>) {
        match node.value() {
            Node::Text(text) if self.run.skip == 0 => self.text(text),
            Node::Element(element) => self.open_element(node.id(), element),
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
        if self.run.in_link > 0 {
            self.run.linked.push_str(text);
        }
        if self.run.in_bold > 0 {
            self.run.bold += text.len();
        }
    }

    fn open_element(&mut self, id: NodeId, element: &Element) {
        let name = element.name();
        if furniture::is_unseen(element) {
            self.run.skip += 1;
            return;
        }
        if self.run.skip > 0 {
            return;
        }
        if name == "br" {
            self.run.breaks += 1;
            self.run.raw.push('\n');
            if self.run.breaks == 2 {
                self.flush();
            }
            return;
        }
        if self.here().kind == BlockKind::Caption && furniture::is_credit(element) {
            self.run.in_credit += 1;
            return;
        }
        match name {
            "a" => self.run.in_link += 1,
            "b" | "strong" => self.run.in_bold += 1,
            // A row is read as one line.
            "td" | "th" => self.run.raw.push(' '),
            _ => {}
        }
        let is_furniture = furniture::is_furniture(element);
        if is_block(name) || is_furniture || furniture::is_caption(element) {
            self.flush();
            let around = self.here();
            // What stands inside a list or a quotation stands where that stands.
            let inner = matches!(around.kind, BlockKind::ListItem | BlockKind::Blockquote) || around.list;
            let parent = if inner { around.parent } else { around.node };
            let mut context =
                Context { node: id, parent, list: around.list || matches!(name, "ul" | "ol" | "dl"), ..around.clone() };
            if is_furniture {
                self.run.furniture.push(id);
            }
            match name {
                "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                    context.kind = BlockKind::Subheading;
                    context.level = name.as_bytes()[1] - b'0';
                }
                "li" | "dd" | "dt" => context.kind = BlockKind::ListItem,
                "blockquote" if context.kind == BlockKind::Paragraph => context.kind = BlockKind::Blockquote,
                "figure" => context.figure = Some(id),
                "article" => context.article = Some(id),
                _ => {}
            }
            if furniture::is_caption(element) {
                context.kind = BlockKind::Caption;
                context.figure = context.figure.or(Some(context.parent));
            }
            self.context.push(context);
        }
    }

    fn close(&mut self, node: NodeRef<Node>) {
        let Node::Element(element) = node.value() else { return };
        if furniture::is_unseen(element) {
            self.run.skip -= 1;
            return;
        }
        if self.run.skip > 0 {
            return;
        }
        if self.here().node == node.id() && self.context.len() > 1 {
            self.flush();
            self.context.pop();
            if self.run.furniture.last() == Some(&node.id()) {
                self.run.furniture.pop();
            }
        } else if self.here().kind == BlockKind::Caption && furniture::is_credit(element) {
            self.run.in_credit -= 1;
            return;
        }
        match element.name() {
            "a" => self.run.in_link -= 1,
            "b" | "strong" => self.run.in_bold -= 1,
            _ => {}
        }
    }

    /// Ends the run of text as a piece.
    fn flush(&mut self) {
        self.run.breaks = 0;
        let raw = std::mem::take(&mut self.run.raw);
        let linked = std::mem::take(&mut self.run.linked);
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
        let is_label = context.kind == BlockKind::Paragraph
            && bold * 10 >= raw.trim().len() * 9
            && furniture::is_heading_like(&text);
        self.pieces.push(Piece {
            kind: if is_label { BlockKind::Subheading } else { context.kind },
            linked: clean::text(&linked).len(),
            text,
            level: context.level,
            parent: context.parent,
            furniture: self.run.furniture.clone(),
            figure: context.figure,
            article: context.article,
            credit,
        });
    }
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
