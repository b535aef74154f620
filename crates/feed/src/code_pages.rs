//! Single-byte encodings that the WHATWG Encoding Standard does not define: code pages of DOS and the Macintosh, and a
//! few others.

use super::decoded::Decoded;

/// A line each: names, a tab, the characters of the upper half.
const PAGES: &str = include_str!("code_pages.txt");

/// Decodes `body` by the encoding of this name, if it is one of these.
pub(super) fn decode(name: &str, body: &[u8]) -> Option<Decoded> {
    let name = name.trim().to_ascii_lowercase().replace('_', "-");
    let pages = PAGES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    let (names, upper) = pages.map(|(names, upper)| (names.split(' '), upper)).find(|(names, _)| {
        let mut names = names.clone();
        names.any(|known| known == name)
    })?;
    let upper: Vec<char> = upper.chars().collect();
    let mut replaced = false;
    let character = |byte: &u8| match byte {
        0..=0x7f => char::from(*byte),
        _ => {
            let c = upper.get(usize::from(byte - 0x80)).copied().unwrap_or(char::REPLACEMENT_CHARACTER);
            replaced |= c == char::REPLACEMENT_CHARACTER;
            c
        }
    };
    let text = body.iter().map(character).collect();
    let encoding = names.into_iter().next().unwrap_or_default().to_owned();
    Some(Decoded { text, encoding, replaced })
}
