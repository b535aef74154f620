//! The start of the feed, and the entities that its document type declares.

use std::collections::HashMap;

use super::references::{Entities, plain_references};
use super::tags::{local, tag_name};
use crate::FeedError;

/// How far into a document its root may stand.
const MAX_JUNK: usize = 64 << 10;
/// Entities taken from a document type.
const MAX_ENTITIES: usize = 500;
/// Bytes in one entity's value; nested ones grow no further.
const MAX_VALUE: usize = 4 << 10;

const ROOTS: [&str; 8] = ["rss", "rdf", "feed", "urlset", "sitemapindex", "entry", "channel", "item"];

/// The start of a document.
pub(super) struct Start {
    /// Where the root element begins.
    pub at: usize,
    pub entities: Entities,
    /// Whether anything that does not belong there stands before the root.
    pub junk: bool,
}

/// Finds the root element; comments, declarations and junk before it are skipped.
pub(super) fn find(text: &str) -> Result<Start, FeedError> {
    let mut limit = text.len().min(MAX_JUNK);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let mut first = None;
    let mut page = false;
    let mut junk = false;
    let mut entities = Entities::new();
    // Once no comment is closed any more, none is looked for.
    let mut comments = true;
    let mut typed = false;
    let mut at = 0;
    while let Some(found) = text.get(at..limit).and_then(|head| head.find('<')) {
        junk |= !text[at..at + found].trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty();
        at += found;
        let rest = &text[at..limit];
        let skipped = if comments && rest.starts_with("<!--") {
            let end = rest.find("-->").map(|end| end + 3);
            comments = end.is_some();
            end
        } else if rest.starts_with("<?") {
            rest.find('>').map(|end| end + 1)
        } else if !typed && rest.get(..9).is_some_and(|word| word.eq_ignore_ascii_case("<!doctype")) {
            page |= rest[9..].trim_start().get(..4).is_some_and(|word| word.eq_ignore_ascii_case("html"));
            typed = true;
            let (end, declared) = document_type(rest);
            entities = declared;
            Some(end)
        } else {
            None
        };
        if let Some(skipped) = skipped {
            at += skipped;
            continue;
        }
        let name = tag_name(&rest[1..]);
        let local = local(name);
        page |= local.eq_ignore_ascii_case("html");
        // A page may be wrapped around a feed, but not every <item> of a page is one.
        let roots = if page { &ROOTS[..5] } else { &ROOTS[..] };
        if roots.iter().any(|root| root.eq_ignore_ascii_case(local)) {
            return Ok(Start { at, entities, junk });
        }
        if first.is_none() && !name.is_empty() && !name.starts_with('!') {
            first = Some(name.chars().take(40).collect::<String>());
        }
        junk = true;
        at += 1;
    }
    if page {
        return Err(FeedError::Html);
    }
    Err(first.map_or(FeedError::NotAFeed, FeedError::UnknownRoot))
}

/// Returns where a document type ends, and its general entities.
fn document_type(text: &str) -> (usize, Entities) {
    let Some(close) = text.find('>') else { return (text.len(), HashMap::new()) };
    match text[..close].find('[') {
        None => (close + 1, HashMap::new()),
        Some(open) => {
            let subset = &text[open..];
            // The subset ends at `]>`, blanks between allowed.
            let end = subset
                .match_indices(']')
                .find_map(|(at, _)| {
                    let rest = &subset[at + 1..];
                    let blanks = rest.len() - rest.trim_start().len();
                    rest[blanks..].starts_with('>').then_some((at, open + at + 1 + blanks + 1))
                })
                .unwrap_or((close.saturating_sub(open), close + 1));
            (end.1, declarations(&subset[..end.0]))
        }
    }
}

fn declarations(subset: &str) -> Entities {
    let mut entities = HashMap::new();
    for declaration in subset.split("<!ENTITY").skip(1).take(MAX_ENTITIES) {
        let mut parts = declaration.trim_start().splitn(2, char::is_whitespace);
        let (Some(name), Some(rest)) = (parts.next(), parts.next()) else { continue };
        let rest = rest.trim_start();
        // External entities and parameter entities are not read.
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let Some(value) = rest[1..].split(quote).next().filter(|value| value.len() <= MAX_VALUE) else { continue };
        // Earlier entities are put in now, so a value never grows when it is used.
        let value = plain_references(value, &entities).into_owned();
        if value.len() <= MAX_VALUE {
            entities.entry(name.to_owned()).or_insert(value);
        }
    }
    entities
}
