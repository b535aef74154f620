//! Bytes of a page to text, as the HTML standard finds the encoding: byte order mark, HTTP header, `<meta>`, then a guess.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// How far the `<meta>` prescan looks, in bytes (HTML asks for 1024; many pages declare later).
const PRESCAN: usize = 4096;

/// Decodes a page. Order: byte order mark, the charset of the HTTP `Content-Type`, a `<meta>` charset; without any of
/// them UTF-8 where the bytes are valid UTF-8, else windows-1252. Invalid sequences become U+FFFD.
pub fn decode_page(bytes: &[u8], content_type: Option<&str>) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned();
    }
    let encoding = content_type
        .and_then(|t| label_after_charset(t.as_bytes()))
        .or_else(|| meta_charset(bytes))
        .unwrap_or_else(|| if is_utf8(bytes) { UTF_8 } else { WINDOWS_1252 });
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// A body cut by a size bound may end inside a character; that is no reason to doubt UTF-8.
fn is_utf8(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none(),
    }
}

/// The charset that a `<meta>` in the first bytes declares. UTF-16 there cannot be true and means UTF-8 (HTML, 13.2.3.2).
fn meta_charset(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(PRESCAN)].to_ascii_lowercase();
    let mut rest = head.as_slice();
    while let Some(at) = find(rest, b"<meta") {
        let tag = &rest[at..];
        let end = tag.iter().position(|&b| b == b'>').unwrap_or(tag.len());
        if let Some(found) = label_after_charset(&tag[..end]) {
            return Some(if found.name().starts_with("UTF-16") { UTF_8 } else { found });
        }
        rest = &tag[end..];
    }
    None
}

fn label_after_charset(text: &[u8]) -> Option<&'static Encoding> {
    let text = text.to_ascii_lowercase();
    let at = find(&text, b"charset")? + b"charset".len();
    let rest = text[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end =
        rest.iter().position(|b| matches!(b, b'"' | b'\'' | b';' | b' ' | b'/' | b'>' | b',')).unwrap_or(rest.len());
    Encoding::for_label(&rest[..end])
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_found_in_the_standard_order() {
        assert_eq!(decode_page(b"\xef\xbb\xbfcaf\xc3\xa9", Some("text/html; charset=latin1")), "café");
        assert_eq!(decode_page(b"caf\xe9", Some("text/html; charset=\"ISO-8859-1\"")), "café");
        assert_eq!(
            decode_page(b"<meta charset=windows-1251>\xcc\xe8\xf0", Some("text/html")),
            "<meta charset=windows-1251>Мир"
        );
        assert!(
            decode_page(b"<META http-equiv=Content-Type content='text/html; charset=Shift_JIS'>\x93\xfa", None)
                .ends_with('日')
        );
        assert_eq!(decode_page("naïve".as_bytes(), None), "naïve");
        assert_eq!(decode_page(b"na\xefve \x93q\x94", None), "naïve “q”");
        assert_eq!(decode_page(b"<meta charset=utf-16>caf\xc3\xa9", None), "<meta charset=utf-16>café");
        assert_eq!(decode_page(&"café".as_bytes()[..4], None), "caf\u{fffd}", "cut inside a character");
    }
}
