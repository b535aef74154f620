//! Tags: names and attributes, also malformed ones.

use std::borrow::Cow;

use super::references::{Entities, decode};
use super::tree::Attribute;
use crate::repairs::Repairs;

/// Bytes in one tag.
const MAX_TAG: usize = 1 << 20;
/// Attributes of one element.
const MAX_ATTRIBUTES: usize = 64;

/// A start tag.
pub(super) struct Tag<'a> {
    pub name: &'a str,
    pub empty: bool,
    /// Bytes from `<` to `>`.
    pub length: usize,
}

/// The result of reading a tag at a `<`.
pub(super) enum TagOutcome<'a> {
    Tag(Tag<'a>),
    /// No tag: the `<` is a character.
    Text,
    /// The document ends within the tag.
    Cut,
}

/// Reads a start tag at the beginning of `text`, appending its attributes. `quotes` says where the document's last `"`
/// and `'` stand as distance from the end of `text`.
pub(super) fn read<'a>(
    text: &'a str,
    last_quotes: [usize; 2],
    entities: &Entities,
    attributes: &mut Vec<Attribute<'a>>,
    repairs: &mut Repairs,
) -> TagOutcome<'a> {
    let name = tag_name(&text[1..]);
    let bytes = text.as_bytes();
    let first = attributes.len();
    let mut at = 1 + name.len();
    loop {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        match bytes.get(at) {
            None => {
                attributes.truncate(first);
                return TagOutcome::Cut;
            }
            _ if at > MAX_TAG => {
                attributes.truncate(first);
                return TagOutcome::Text;
            }
            Some(b'>') => return TagOutcome::Tag(Tag { name, empty: false, length: at + 1 }),
            Some(b'/') if bytes.get(at + 1) == Some(&b'>') => {
                return TagOutcome::Tag(Tag { name, empty: true, length: at + 2 });
            }
            Some(b'<') => {
                attributes.truncate(first);
                return TagOutcome::Text;
            }
            Some(b'/' | b'"' | b'\'' | b'=') => {
                repairs.note("malformed attribute");
                at += 1;
                continue;
            }
            Some(_) => {}
        }
        let start = at;
        while bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace() && !b"=></\"'".contains(byte)) {
            at += 1;
        }
        let key = &text[start..at];
        let mut next = at;
        while bytes.get(next).is_some_and(u8::is_ascii_whitespace) {
            next += 1;
        }
        if bytes.get(next) != Some(&b'=') {
            repairs.note("malformed attribute");
            continue;
        }
        next += 1;
        while bytes.get(next).is_some_and(u8::is_ascii_whitespace) {
            next += 1;
        }
        let quote = bytes.get(next).copied().filter(|byte| matches!(byte, b'"' | b'\''));
        // A quote that is never closed is none.
        let closed = |quote: u8| text.len() - next > last_quotes[usize::from(quote == b'\'')];
        let value = match quote.filter(|quote| closed(*quote)) {
            Some(quote) => {
                let from = next + 1;
                let limit = bytes.len().min(from + MAX_TAG);
                let Some(length) = bytes[from..limit].iter().position(|byte| *byte == quote) else {
                    attributes.truncate(first);
                    return TagOutcome::Text;
                };
                at = from + length + 1;
                &text[from..from + length]
            }
            None => {
                repairs.note("malformed attribute");
                let from = next + usize::from(quote.is_some());
                at = from;
                while bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace() && !b"><".contains(byte)) {
                    at += 1;
                }
                // `<a href=x/>`: the slash closes the tag.
                if at > from && bytes.get(at) == Some(&b'>') && bytes[at - 1] == b'/' {
                    at -= 1;
                }
                &text[from..at]
            }
        };
        let known = attributes[first..].iter().any(|other| other.name == key);
        if key.is_empty() || known || attributes.len() - first >= MAX_ATTRIBUTES {
            repairs.note("duplicate attribute");
            continue;
        }
        attributes.push(Attribute { name: key, value: clean(decode(value, entities, repairs)) });
    }
}

/// Line breaks in an attribute are blanks.
fn clean(value: Cow<'_, str>) -> Cow<'_, str> {
    if value.contains(['\n', '\r', '\t']) { Cow::Owned(value.replace(['\n', '\r', '\t'], " ")) } else { value }
}

/// Returns the name at the start of a tag's text.
pub(super) fn tag_name(tag: &str) -> &str {
    let end = tag.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<' | '=' | '"' | '\'' | '&'));
    &tag[..end.unwrap_or(tag.len())]
}

/// Returns a name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
