//! What a block says of its article: title, date, summary.

use dom_query::{Document, NodeId, NodeRef};

use super::blocks::Block;
use super::dates::{self, Stamp};
use super::scan::{Anchor, is_action};
use super::words::words;
use super::zones::heading_level;
use crate::content::boilerplate::is_unseen;
use crate::content::class_words::{each_word, of_element};
use crate::html::clean;
use crate::html::dom::{self, Edge, Element, attr};

/// The longest title and summary, in bytes.
const MAX_TITLE: usize = 600;
const MAX_SUMMARY: usize = 2_000;
/// The fewest words of a summary.
const MIN_SUMMARY: usize = 5;
/// The maximum number of lines of a block.
const MAX_LINES: usize = 200;

/// What the classes of an element say of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Title,
    Summary,
    Time,
    /// A line above the title, or a mark on it.
    Kicker,
    /// Author, section, and the like.
    Meta,
}

/// A line of a block.
#[derive(Debug)]
struct Line {
    text: String,
    role: Option<Role>,
    heading: Option<u8>,
    is_paragraph: bool,
    /// Whether it stands in a link to the article.
    in_link: bool,
}

/// What a block says of its article.
#[derive(Debug, Default)]
pub(super) struct Teaser {
    pub title: Option<String>,
    pub summary: Option<String>,
    pub stamp: Option<Stamp>,
    /// Whether the title is a heading, or its class says so.
    pub has_heading: bool,
    /// Whether it says when it was published, be it "three hours ago".
    pub has_time: bool,
    pub has_picture: bool,
    /// Its place in a ranking: the number that it begins with.
    pub rank: Option<u32>,
}

impl Teaser {
    /// Reads the block of a link.
    pub(super) fn read(page: &Document, block: &Block, anchor: &Anchor, is_own_link: impl Fn(NodeId) -> bool) -> Self {
        let mut reader =
            Reader { is_own_link: &is_own_link, lines: Vec::new(), has_link: false, teaser: Self::default() };
        for node in block.nodes.iter().filter_map(|id| page.tree.get(id)) {
            reader.node(page, node);
        }
        let Reader { lines, mut teaser, .. } = reader;
        let title = title(&lines, anchor);
        teaser.has_heading = title.is_some_and(|at| lines[at].heading.is_some() || lines[at].role == Some(Role::Title))
            || anchor.is_heading;
        teaser.title = title
            .map(|at| cut(&lines[at].text, MAX_TITLE))
            .or_else(|| Some(anchor.text.clone()).filter(|_| anchor.is_title));
        if teaser.stamp.is_none() {
            let marked = |line: &&Line| line.role == Some(Role::Time);
            let unmarked = |line: &&Line| {
                line.heading.is_none() && !matches!(line.role, Some(Role::Time | Role::Summary | Role::Title))
            };
            let others = lines.iter().enumerate().filter(|(at, _)| Some(*at) != title).map(|(_, line)| line);
            let read = |line: &Line, is_marked| dates::of_line(&line.text, is_marked);
            let stamps: Vec<Stamp> = others.clone().filter(marked).filter_map(|line| read(line, true)).collect();
            let whole = |stamp: &Stamp| matches!(stamp, Stamp::Read(_));
            let stamp = stamps.iter().find(|stamp| whole(stamp)).cloned();
            let stamp = stamp.or_else(|| {
                others
                    .filter(unmarked)
                    .filter_map(|line| read(line, false))
                    .find(|stamp| matches!(stamp, Stamp::Read(_) | Stamp::Clock(_)))
            });
            teaser.stamp = stamp.or_else(|| stamps.into_iter().next());
        }
        teaser.has_time |= teaser.stamp.is_some() || lines.iter().any(|line| line.role == Some(Role::Time));
        teaser.summary = summary(&lines, title).map(|text| cut(&text, MAX_SUMMARY));
        teaser.rank = lines.first().and_then(|line| line.text.trim_matches(['.', '#', ')']).parse().ok());
        teaser
    }
}

fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].trim_end().to_owned()
}

/// Returns the number of the line that is the title.
fn title(lines: &[Line], anchor: &Anchor) -> Option<usize> {
    let is_title = |line: &Line| {
        !matches!(line.role, Some(Role::Kicker | Role::Time | Role::Meta))
            && words(&line.text) > 0
            && !is_action(&line.text)
    };
    let of = |wanted: &dyn Fn(&Line) -> bool| lines.iter().position(|line| wanted(line) && is_title(line));
    let has_linked_title = of(&|line| line.in_link).is_some();
    // A card may have a heading above its headline, but the headline is the link.
    of(&|line| line.heading.is_some() && line.in_link)
        .or_else(|| of(&|line| line.heading.is_some() && !has_linked_title))
        .or_else(|| of(&|line| line.role == Some(Role::Title) && line.in_link))
        .or_else(|| {
            let linked = || {
                lines
                    .iter()
                    .enumerate()
                    .filter(|(_, line)| line.in_link && is_title(line) && line.role != Some(Role::Summary))
            };
            let plain = linked().filter(|(_, line)| !dates::is_time(&line.text));
            let is_whole = anchor.is_title && linked().count() == 1;
            if is_whole {
                return linked().next().map(|(at, _)| at);
            }
            let first = plain.clone().find(|(_, line)| words(&line.text) > 2).map(|(at, _)| at);
            first.or_else(|| plain.max_by_key(|(_, line)| line.text.len()).map(|(at, _)| at))
        })
        .or_else(|| of(&|line| line.heading.is_some() || line.role == Some(Role::Title)))
}

/// Returns the text of the summary.
fn summary(lines: &[Line], title: Option<usize>) -> Option<String> {
    let said = title.map(|at| lines[at].text.as_str());
    let is_summary = |line: &&Line| {
        words(&line.text) >= MIN_SUMMARY
            && line.heading.is_none()
            && !matches!(line.role, Some(Role::Kicker | Role::Time | Role::Meta | Role::Title))
            && said != Some(line.text.as_str())
            && !is_action(&line.text)
            && !dates::is_time(&line.text)
    };
    let after = title.map_or(0, |at| at + 1);
    let below: Vec<&Line> = lines.iter().skip(after).filter(is_summary).collect();
    let marked = below.iter().find(|line| line.role == Some(Role::Summary));
    let paragraph = || below.iter().find(|line| line.is_paragraph);
    let longest = || below.iter().max_by_key(|line| line.text.len());
    marked.or_else(paragraph).or_else(longest).map(|line| line.text.clone())
}

struct Reader<'a> {
    is_own_link: &'a dyn Fn(NodeId) -> bool,
    lines: Vec<Line>,
    /// Whether the heading that is being read contains a link to the article: `<h2><a>Title</a></h2>`.
    has_link: bool,
    teaser: Teaser,
}

#[derive(Clone, Copy, Default)]
struct Around {
    role: Option<Role>,
    heading: Option<u8>,
    is_paragraph: bool,
    in_link: bool,
}

impl Reader<'_> {
    fn node(&mut self, page: &Document, node: NodeRef) {
        let mut open = vec![Around::default()];
        let mut text = String::new();
        if node.is_text() {
            text.push_str(&node.text());
            return self.flush(&mut text, Around::default());
        }
        // The root of the walk is not part of it.
        let Some(root) = node.element_ref() else { return };
        let first = self.enter(&node, &root, Around::default());
        open.push(first);
        let mut hidden: Option<NodeId> = None;
        for edge in dom::edges(node) {
            let around = *open.last().unwrap_or(&first);
            match edge {
                Edge::Open(id) => {
                    let below = page.tree.get(&id);
                    let Some(below) = below else { continue };
                    let Some(element) = below.element_ref() else {
                        if hidden.is_none() && below.is_text() {
                            text.push_str(&below.text());
                        }
                        open.push(around);
                        continue;
                    };
                    if hidden.is_none() && is_unseen(&element) {
                        hidden = Some(id);
                    }
                    let inside = if hidden.is_some() { around } else { self.enter(&below, &element, around) };
                    if parts(&element, around, inside) {
                        self.flush(&mut text, around);
                    }
                    open.push(inside);
                }
                Edge::Close(id) => {
                    let inside = open.pop().unwrap_or(first);
                    if hidden == Some(id) {
                        hidden = None;
                    }
                    let around = *open.last().unwrap_or(&first);
                    if let Some(below) = page.tree.get(&id)
                        && let Some(element) = below.element_ref()
                        && parts(&element, around, inside)
                    {
                        self.flush(&mut text, inside);
                    }
                }
            }
        }
        self.flush(&mut text, first);
    }

    fn enter(&mut self, node: &NodeRef, element: &Element, around: Around) -> Around {
        let name = &*element.name.local;
        let teaser = &mut self.teaser;
        if matches!(name, "img" | "amp-img") {
            teaser.has_picture = true;
        }
        // Elements that scripts define have it too: `<time-ago datetime="…">`.
        let is_time = name == "time"
            || name.contains('-') && attr(element, "datetime").is_some()
            || attr(element, "itemprop").is_some_and(|is| is.eq_ignore_ascii_case("datePublished"));
        if is_time {
            teaser.has_time = true;
            let value = attr(element, "datetime").or_else(|| attr(element, "content"));
            if teaser.stamp.is_none() {
                teaser.stamp = value.and_then(dates::of_attribute);
            }
        }
        let role = if is_time { Some(Role::Time) } else { role(element) };
        let is_link = name == "a" && (self.is_own_link)(node.id);
        self.has_link |= is_link;
        Around {
            role: role.or(around.role),
            heading: heading_level(node).or(around.heading),
            is_paragraph: around.is_paragraph || name == "p",
            in_link: around.in_link || is_link,
        }
    }

    fn flush(&mut self, text: &mut String, around: Around) {
        let said = clean::text(text);
        text.clear();
        let Around { role, heading, is_paragraph, in_link } = around;
        let in_link = in_link || heading.is_some() && self.has_link;
        // A heading may be several lines (kicker, title).
        self.has_link &= heading.is_some();
        if said.is_empty() || self.lines.len() >= MAX_LINES {
            return;
        }
        self.lines.push(Line { text: said, role, heading, is_paragraph, in_link });
    }
}

/// Returns whether an element's text is a line of its own.
fn parts(element: &Element, around: Around, inside: Around) -> bool {
    let name = &*element.name.local;
    if around.heading.is_some() {
        return inside.role == Some(Role::Kicker) && around.role != Some(Role::Kicker);
    }
    let is_inline = matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "cite"
            | "code"
            | "em"
            | "font"
            | "i"
            | "img"
            | "mark"
            | "q"
            | "s"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "u"
            | "wbr"
            | "ins"
            | "del"
    );
    let is_named = name == "span" && attr(element, "class").is_some();
    !is_inline || inside.in_link != around.in_link || inside.role != around.role || is_named && !around.is_paragraph
}

/// Returns what the classes of an element say of its text.
fn role(element: &Element) -> Option<Role> {
    let name = &*element.name.local;
    if matches!(name, "article" | "section" | "li" | "main" | "ul" | "ol" | "table" | "tr" | "a") {
        return None;
    }
    let class = attr(element, "class").filter(|class| class.len() < 500)?;
    let mut roles: [bool; 5] = [false; 5];
    for class in of_element(class) {
        each_word(class, |word, _| {
            let found = match word {
                "date" | "time" | "datum" | "datetime" | "timestamp" | "published" | "pubdate" | "fecha" | "godz"
                | "clock" | "datetimes" | "posted" | "ago" | "tid" | "dato" | "uhrzeit" | "heure" | "hora"
                | "horario" => 0,
                "kicker" | "eyebrow" | "overline" | "topline" | "dachzeile" | "vignette" | "label" | "badge"
                | "flag" | "tag" | "rubrik" | "rubrique" | "category" | "section" | "cintillo" | "antetitulo"
                | "occhiello" | "chapeu" => 1,
                "author" | "authors" | "byline" | "by" | "autor" | "auteur" | "autore" | "credit" | "caption"
                | "source" | "meta" | "comments" | "readtime" | "readingtime" | "duration" => 2,
                "summary" | "excerpt" | "teasertext" | "standfirst" | "lead" | "dek" | "ingress" | "description"
                | "desc" | "intro" | "abstract" | "subtitle" | "blurb" | "deck" | "bajada" | "sommario" | "snippet"
                | "chapo" => 3,
                "title" | "headline" | "hed" | "titel" | "titre" | "titulo" | "titolo" | "heading" | "rubrikk"
                | "tittel" | "tytul" => 4,
                _ => return,
            };
            roles[found] = true;
        });
    }
    // Lines of several things are called after them all: the smallest decides.
    let order = [Role::Time, Role::Kicker, Role::Meta, Role::Summary, Role::Title];
    order.into_iter().zip(roles).find_map(|(role, is)| is.then_some(role))
}
