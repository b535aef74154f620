//! Decides whether an article that looks different was changed by its publisher or is only read in a different way:
//! after an upgrade, with other rules for its site, or with more knowledge of the site.

use std::borrow::Cow;

use dateline_feed::Entry;
use dateline_record::{Article, BlockKind, ContentSource};
use xxhash_rust::xxh3::xxh3_64;

use super::changes::cosmetic;
use crate::html::sanitize;

/// The version of the reader of pages and entries. It is increased whenever some of them are read in a different way; 1 stands for all
/// versions before it was stored.
pub const READING: u32 = 2;

/// How an article was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadAs {
    /// The version of the reader, or a hash of it and the site's rules.
    pub reading: u32,
    /// The hash of the visible words; `None` if the text is not among them, for example because it comes from a script.
    pub shown: Option<u64>,
}

impl ReadAs {
    /// Returns how this article was read from the visible words.
    pub fn new(reading: u32, article: &Article, shown: &Shown) -> Self {
        Self { reading, shown: shown.has(article).then(|| xxh3_64(shown.0.as_bytes())) }
    }
}

/// The words that a page or an entry shows: its letters and digits in lower case, without anything between them. They do not
/// depend on how pages are read.
#[derive(Debug)]
pub struct Shown(String);

impl Shown {
    /// Returns what a page shows.
    pub fn page(html: &str) -> Self {
        let mut shown = String::with_capacity(html.len() / 4);
        visible(&html[..html.floor_char_boundary(sanitize::MAX_BYTES)], |text| push_letters(text, &mut shown));
        Self(shown)
    }

    /// Returns what an entry shows.
    pub fn entry(entry: &Entry) -> Self {
        let texts: Vec<&str> =
            [&entry.title, &entry.summary, &entry.content].into_iter().filter_map(Option::as_deref).collect();
        Self::page(&texts.join("\n"))
    }

    /// Returns whether an article's text stands there.
    fn has(&self, article: &Article) -> bool {
        let mut search = Search::new(&self.0);
        blocks(article).all(|text| search.finds(&letters(text)))
    }
}

/// Looks for blocks that mostly stand in their order, so a long page takes linear time.
struct Search<'a> {
    text: &'a str,
    /// Where the last block ended.
    next: usize,
    /// Blocks that stood before that, or nowhere.
    misses: u32,
}

impl<'a> Search<'a> {
    /// After this many misses the search ends.
    const MOST_MISSES: u32 = 32;

    fn new(text: &'a str) -> Self {
        Self { text, next: 0, misses: 0 }
    }

    fn finds(&mut self, block: &str) -> bool {
        if self.misses > Self::MOST_MISSES {
            return false;
        }
        // Mostly it stands right there, and a search would first examine the block.
        let rest = &self.text[self.next..];
        let at = if rest.starts_with(block) { Some(0) } else { rest.find(block) };
        let mut found = at.map(|at| self.next + at);
        if found.is_none() {
            self.misses += 1;
            found = self.text.find(block);
        }
        self.next = found.map_or(self.next, |at| at + block.len());
        found.is_some()
    }
}

/// Returns whether the article is unchanged but was read in a different way: the page shows the same words, as far as that can be seen from the
/// text. `last` is the previous revision, if it is stored.
pub fn is_reread(last: Option<&Article>, before: ReadAs, new: &Article, now: ReadAs, shown: &Shown) -> bool {
    if before.shown.is_some() && before.shown == now.shown {
        return true;
    }
    let Some(last) = last else { return false };
    let all = |article: &Article| letters(&article.text);
    let (old_text, new_text) = (all(last), all(new));
    let (mut on_page, mut in_text) = (Search::new(&shown.0), Search::new(&new_text));
    // Menus and counters change with every look: only what was published counts.
    let is_kept = blocks(last).map(letters).all(|block| on_page.finds(&block) || in_text.finds(&block));
    if is_kept && new_text.len() < old_text.len() && is_part(new, &old_text) {
        return true;
    }
    // Another form of an entry is the publisher's doing; a page is fetched whether it changed or not.
    let is_of_page = new.content_source == ContentSource::Page && new.modified <= last.modified;
    let is_kept = is_kept || last.content_source == ContentSource::Feed;
    before.reading != now.reading && is_of_page && is_kept
}

/// Returns whether all blocks of an article stand in a text, in their order.
fn is_part(article: &Article, text: &str) -> bool {
    let mut rest = text;
    blocks(article).all(|block| {
        let block = letters(block);
        let found = rest.find(&block).map(|at| &rest[at + block.len()..]);
        rest = found.unwrap_or_default();
        found.is_some()
    })
}

/// Returns what an article says, headline included. Captions may stand in attributes, and what changes by itself proves nothing.
fn blocks(article: &Article) -> impl Iterator<Item = &str> {
    let blocks = article.parts().into_iter().filter(|(block, _)| block.kind != BlockKind::Caption);
    blocks.map(|(_, text)| cosmetic::without_edges(text)).filter(|text| !cosmetic::is_cosmetic(text))
}

/// Returns the letters and digits of a text, in lower case.
pub(crate) fn letters(text: &str) -> String {
    let mut letters = String::with_capacity(text.len());
    push_letters(text, &mut letters);
    letters
}

fn push_letters(text: &str, letters: &mut String) {
    for c in text.chars().filter(|c| c.is_alphanumeric()) {
        if c.is_ascii() {
            letters.push(c.to_ascii_lowercase());
        } else {
            letters.extend(c.to_lowercase());
        }
    }
}

/// Gives the text between the tags, without scripts, styles and comments.
fn visible(html: &str, mut text: impl FnMut(&str)) {
    let mut rest = html;
    while !rest.is_empty() {
        let (run, tag) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        let run: Cow<str> = if run.contains('&') { html_escape::decode_html_entities(run) } else { run.into() };
        text(&run);
        rest = after_tag(tag);
    }
}

/// Returns what follows a tag, and what is not seen in it.
fn after_tag(tag: &str) -> &str {
    let after = |text: &str, end: &str| text.find(end).map_or(text.len(), |at| at + end.len());
    if tag.starts_with("<!--") {
        return &tag[after(tag, "-->")..];
    }
    let end = tag_end(tag);
    let (inside, rest) = tag.split_at(end);
    let is = |name: &str| inside.get(1..=name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name));
    match ["script", "style", "template"].into_iter().find(|name| is(name)) {
        Some(name) => {
            let closed = rest.match_indices("</").find(|(at, _)| {
                rest.get(at + 2..at + 2 + name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name))
            });
            closed.map_or("", |(at, _)| &rest[at + tag_end(&rest[at..])..])
        }
        None => rest,
    }
}

/// Returns where a tag ends; attributes in quotation marks may hold its sign.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate().skip(1) {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') if tag.as_bytes()[at - 1] == b'=' => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    // A quotation mark that never closes: the first sign ends the tag.
    if quote.is_some() { tag.find('>').map_or(tag.len(), |at| at + 1) } else { tag.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SiteContext, SiteRules, from_page};

    const FIRST: &str = "A fire in an old mill by the river killed 4 people on Tuesday night, the police said.";
    const SECOND: &str =
        "The mayor, Anna Lindqvist, told reporters that the town had warned the owner of the mill in May.";
    const THIRD: &str = "Nobody had lived in the building for more than ten years before the fire, neighbours said.";
    const BOX: &str =
        "The Mill News has been printed in the valley since 1890 and belongs to the families who read it.";

    /// Returns a page with this headline and these paragraphs, beside which something else stands.
    fn page(headline: &str, paragraphs: &[&str], aside: &str, modified: &str) -> String {
        let paragraphs: String =
            paragraphs.iter().map(|p| format!("<p class='{}'>{p}</p>", if *p == BOX { "box" } else { "t" })).collect();
        format!(
            "<html><head><title>{headline}</title><meta property='article:modified_time' content='{modified}'></head><body>\
             <script>var views = 17;</script><h1>{headline}</h1><div class='story'>{paragraphs}</div><aside>{aside}</aside></body></html>"
        )
    }

    /// Returns how a page is read where these elements are its text.
    fn read(html: &str, take: &str) -> (Article, ReadAs, Shown) {
        let rules = SiteRules::new(&[take.to_owned()], &[]).unwrap();
        let context = SiteContext { rules: Some(&rules), ..SiteContext::default() };
        let (article, shown) = (from_page(html, None, None, None, &context), Shown::page(html));
        let read_as = ReadAs::new(context.reading(), &article, &shown);
        (article, read_as, shown)
    }

    const HEADLINE: &str = "Fire in a mill kills 4 people";
    const ALL: &str = ".story p";
    const TEXT: &str = "p.t";
    const NOON: &str = "2025-06-03T12:00:00Z";

    #[test]
    fn a_page_that_is_read_differently_is_distinguished_from_one_that_changed() {
        let whole = [FIRST, SECOND, THIRD, BOX];
        let old = || page(HEADLINE, &whole, "12 comments", NOON);
        let later = |paragraphs: &[&str]| page(HEADLINE, paragraphs, "340 comments", "2025-06-03T13:00:00Z");
        let now = |paragraphs: &[&str]| page(HEADLINE, paragraphs, "340 comments", NOON);
        let (other_number, other_order) = (FIRST.replace("killed 4", "killed 5"), [SECOND, FIRST, THIRD, BOX]);
        for (name, before, after, reading, is_reread) in [
            ("the same page", ALL, old(), TEXT, true),
            ("the same page, and more of it", TEXT, old(), ALL, true),
            ("other words beside it", ALL, now(&whole), TEXT, true),
            ("other words beside it, and more of it", TEXT, now(&whole), ALL, true),
            ("other words beside it, later", ALL, later(&whole), TEXT, true),
            ("another number", ALL, now(&[&other_number, SECOND, THIRD, BOX]), TEXT, false),
            ("another number, the same reading", ALL, now(&[&other_number, SECOND, THIRD, BOX]), ALL, false),
            ("another headline", ALL, page("Mill burns down", &whole, "", NOON), TEXT, false),
            ("a paragraph less", ALL, now(&[FIRST, THIRD, BOX]), TEXT, false),
            ("a paragraph less, the same reading", ALL, now(&[FIRST, THIRD, BOX]), ALL, false),
            (
                "a paragraph more, later",
                ALL,
                later(&[FIRST, SECOND, THIRD, "The mill is from 1820.", BOX]),
                TEXT,
                false,
            ),
            (
                "a paragraph more, the same reading",
                ALL,
                now(&[FIRST, SECOND, THIRD, "The mill is from 1820.", BOX]),
                ALL,
                false,
            ),
            ("another order, the same reading", ALL, now(&other_order), ALL, false),
            ("a comma, the same reading", ALL, now(&[&FIRST.replace(" on", ", on"), SECOND, THIRD, BOX]), ALL, false),
        ] {
            let (last, before, _) = read(&old(), before);
            let (new, now, shown) = read(&after, reading);
            assert_eq!(super::is_reread(Some(&last), before, &new, now, &shown), is_reread, "{name}");
        }
    }

    #[test]
    fn without_the_last_form_only_the_same_words_prove_it() {
        let html = page(HEADLINE, &[FIRST, SECOND, BOX], "", NOON);
        let (_, before, _) = read(&html, ALL);
        let (new, now, shown) = read(&html, TEXT);
        assert!(is_reread(None, before, &new, now, &shown));
        // As an earlier version left it.
        let unknown = ReadAs { reading: 1, shown: None };
        assert!(!is_reread(None, unknown, &new, now, &shown));
        let (last, ..) = read(&html, ALL);
        assert!(is_reread(Some(&last), unknown, &new, now, &shown));
    }

    #[test]
    fn what_is_not_shown_proves_nothing() {
        let page = |text: &str| {
            format!("<html><head><script>{{\"text\":\"{text}\"}}</script></head><body>Loading</body></html>")
        };
        let article = |text: &str| {
            let entry = Entry { summary: Some(text.into()), ..Entry::default() };
            crate::from_entry(&entry, &dateline_feed::Feed::default(), "f")
        };
        let (old, new) = (Shown::page(&page(FIRST)), Shown::page(&page(SECOND)));
        assert_eq!(old.0, new.0);
        let (last, now) = (article(FIRST), article(SECOND));
        let (before, after) = (ReadAs::new(2, &last, &old), ReadAs::new(2, &now, &new));
        assert_eq!((before.shown, after.shown), (None, None));
        assert!(!is_reread(Some(&last), before, &now, after, &new));
    }

    #[test]
    fn blocks_are_found_in_any_order_up_to_a_limit() {
        let blocks: Vec<String> = (0..20_000).map(|n| format!("block{n}of20000;")).collect();
        let text = blocks.concat();
        let found = |order: &mut dyn Iterator<Item = &String>| {
            let mut search = Search::new(&text);
            order.take_while(|block| search.finds(block)).count()
        };
        assert_eq!(found(&mut blocks.iter()), 20_000);
        assert_eq!(found(&mut blocks[..30].iter().rev()), 30);
        assert_eq!(found(&mut blocks.iter().rev()), 34, "the first is in its place, and 33 are not");
        let moved = blocks[10_000..].iter().chain(&blocks[..10_000]);
        assert_eq!(found(&mut moved.into_iter()), 20_000);
    }

    #[test]
    fn what_a_page_shows_does_not_depend_on_its_markup() {
        for (html, letters) in [
            ("<p>Grüße, <b>A</b>nna!</p>", "grüßeanna"),
            ("<p title=\"a > b\">caf&eacute; &amp; bar</p>", "cafébar"),
            ("<SCRIPT>if (a < b) {}</SCRIPT >x<!-- <p>no</p> -->y<style>p{}</style>z", "xyz"),
            ("<p title='never closed>a", "a"),
            ("a < b <", "a"),
            ("<template><p>no</p></template><p>東京 10:30</p>", "東京1030"),
            ("<script>never closed", ""),
            ("", ""),
        ] {
            assert_eq!(Shown::page(html).0, letters, "{html}");
        }
    }
}
