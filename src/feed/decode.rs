//! Bytes to text: which character encoding a document is in.
//!
//! Order: byte order mark, the HTTP header's charset, the XML declaration, UTF-8 if it is valid, else windows-1252. A
//! stated encoding that the bytes contradict gives way to UTF-8 where they are valid UTF-8.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// A document as text.
pub(super) struct Decoded {
    /// The text, without byte order mark.
    pub text: String,
    /// WHATWG name, lower case.
    pub encoding: String,
    /// Whether bytes had to be replaced by U+FFFD.
    pub replaced: bool,
}

pub(super) fn decode(body: &[u8], content_type: Option<&str>) -> Decoded {
    if let Some((encoding, bom)) = Encoding::for_bom(body) {
        return with(encoding, &body[bom..]);
    }
    // A document cannot be UTF-16 if its own declaration can be read as ASCII.
    let stated = content_type.and_then(http_charset).into_iter().chain(declared(body));
    let utf8 = std::str::from_utf8(body).is_ok();
    for encoding in stated {
        let wide = encoding == UTF_16LE || encoding == UTF_16BE;
        if wide || (encoding == UTF_8 && !utf8) || (utf8 && encoding.is_ascii_compatible() && !body.is_ascii()) {
            continue;
        }
        let decoded = with(encoding, body);
        if !decoded.replaced {
            return decoded;
        }
    }
    if let Some(encoding) = wide_without_mark(body) {
        return with(encoding, body);
    }
    with(if utf8 { UTF_8 } else { WINDOWS_1252 }, body)
}

fn with(encoding: &'static Encoding, body: &[u8]) -> Decoded {
    let (text, replaced) = encoding.decode_without_bom_handling(body);
    Decoded { text: text.into_owned(), encoding: encoding.name().to_ascii_lowercase(), replaced }
}

/// UTF-16 shows itself by `<` or `{` beside a zero byte.
fn wide_without_mark(body: &[u8]) -> Option<&'static Encoding> {
    match body {
        [b'<' | b'{', 0, ..] => Some(UTF_16LE),
        [0, b'<' | b'{', ..] => Some(UTF_16BE),
        _ => None,
    }
}

fn http_charset(content_type: &str) -> Option<&'static Encoding> {
    let charset = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })?;
    Encoding::for_label(charset.as_bytes())
}

/// The XML declaration's encoding; looked for in the first kilobyte, since junk may stand before it.
fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&body[..body.len().min(1024)]);
    let start = head.find("<?xml")?;
    let declaration = head[start..].split("?>").next()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label(value[1..].split(quote).next()?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_wins_over_the_declaration() {
        let body = b"<?xml version='1.0' encoding='koi8-r'?><a>\xe9</a>";
        let got = decode(body, Some("text/xml; charset=\"ISO-8859-1\""));
        assert_eq!((got.encoding.as_str(), got.text.contains('é')), ("windows-1252", true));
        assert_eq!(decode(body, None).encoding, "koi8-r");
    }

    #[test]
    fn mislabelled_utf8_is_still_utf8() {
        let got = decode("<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>".as_bytes(), None);
        assert!(got.encoding == "utf-8" && got.text.contains('é'));
    }

    #[test]
    fn broken_utf8_falls_back() {
        assert_eq!(decode(b"<?xml version='1.0' encoding='utf-8'?><a>\x93x</a>", None).encoding, "windows-1252");
    }

    #[test]
    fn utf16_with_and_without_mark() {
        let wide: Vec<u8> = "<rss>ж</rss>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&wide, None).text, "<rss>ж</rss>");
        let marked: Vec<u8> = [0xff, 0xfe].into_iter().chain(wide).collect();
        assert_eq!(decode(&marked, Some("text/xml; charset=utf-8")).encoding, "utf-16le");
    }
}
