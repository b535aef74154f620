//! Decodes a document: finds its character encoding.
//!
//! The order is: byte order mark, the charset of the HTTP header, the XML declaration, UTF-8 if the bytes are valid
//! UTF-8, else windows-1252. A declared encoding that the bytes contradict is ignored if the bytes are valid UTF-8.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::code_pages;
use super::decoded::Decoded;

pub(super) fn decode(body: &[u8], content_type: Option<&str>) -> Decoded {
    if let Some(decoded) = utf32(body) {
        return decoded;
    }
    let mut body = body;
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        // A UTF-16 mark before plain ASCII and a UTF-8 mark before what is none are mistakes.
        let rest = &body[mark..];
        let mistaken = if encoding == UTF_8 {
            std::str::from_utf8(rest).is_err()
        } else {
            matches!(rest, [b'<' | b'{', 1..=0x7f, ..])
        };
        if !mistaken {
            return with(encoding, rest);
        }
        body = rest;
    }
    if let Some(encoding) = wide_without_mark(body) {
        return with(encoding, body);
    }
    let utf8 = std::str::from_utf8(body).is_ok();
    let stated = [content_type.and_then(http_charset), declared(body)];
    for name in stated.into_iter().flatten() {
        let Some(encoding) = label(&name) else {
            match code_pages::decode(&name, body).filter(|decoded| !decoded.replaced && (!utf8 || body.is_ascii())) {
                Some(decoded) => return decoded,
                None => continue,
            }
        };
        // A document cannot be UTF-16 if its own declaration can be read as ASCII.
        let wide = encoding == UTF_16LE || encoding == UTF_16BE;
        if wide || (encoding == UTF_8 && !utf8) || (utf8 && encoding.is_ascii_compatible() && !body.is_ascii()) {
            continue;
        }
        let decoded = with(encoding, body);
        if !decoded.replaced {
            return decoded;
        }
    }
    if utf8 {
        return with(UTF_8, body);
    }
    mostly_utf8(&surrogates(body)).unwrap_or_else(|| with(WINDOWS_1252, body))
}

fn with(encoding: &'static Encoding, body: &[u8]) -> Decoded {
    let (text, replaced) = encoding.decode_without_bom_handling(body);
    Decoded { text: text.into_owned(), encoding: encoding.name().to_ascii_lowercase(), replaced }
}

/// Characters beyond the first plane that were written in UTF-8 as UTF-16's two halves (CESU-8), put right.
fn surrogates(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let [first, after @ ..] = rest {
        if let [0xed, a @ 0xa0..=0xaf, b @ 0x80..=0xbf, 0xed, c @ 0xb0..=0xbf, d @ 0x80..=0xbf, after @ ..] = rest {
            let half = |high: u8, low: u8| (u32::from(high & 0xf) << 6) | u32::from(low & 0x3f);
            let code = 0x1_0000 + (half(*a, *b) << 10) + half(*c, *d);
            let whole = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(whole.encode_utf8(&mut [0; 4]).as_bytes());
            rest = after;
        } else {
            out.push(*first);
            rest = after;
        }
    }
    out
}

/// UTF-32, which the WHATWG does not know, by its mark or by `<`.
fn utf32(body: &[u8]) -> Option<Decoded> {
    let (word, encoding, mark): (fn([u8; 4]) -> u32, _, _) = match body {
        [0xff, 0xfe, 0, 0, ..] => (u32::from_le_bytes, "utf-32le", 4),
        [0, 0, 0xfe, 0xff, ..] => (u32::from_be_bytes, "utf-32be", 4),
        [b'<', 0, 0, 0, ..] => (u32::from_le_bytes, "utf-32le", 0),
        [0, 0, 0, b'<', ..] => (u32::from_be_bytes, "utf-32be", 0),
        _ => return None,
    };
    let characters = body[mark..].as_chunks::<4>().0.iter().map(|bytes| char::from_u32(word(*bytes)));
    let mut replaced = false;
    let text = characters.map(|c| {
        replaced |= c.is_none();
        c.unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    let text = text.collect();
    Some(Decoded { text, encoding: encoding.into(), replaced })
}

/// UTF-8 with a few bytes of windows-1252 among it, as pasted texts leave; `None` if it is rather the reverse.
fn mostly_utf8(body: &[u8]) -> Option<Decoded> {
    let (mut good, mut bad) = (0usize, 0usize);
    let mut text = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        good += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        bad += chunk.invalid().len();
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    (good > bad).then(|| Decoded { text, encoding: "utf-8".into(), replaced: true })
}

/// UTF-16 shows itself by `<` or `{` beside a zero byte.
fn wide_without_mark(body: &[u8]) -> Option<&'static Encoding> {
    match body {
        [b'<' | b'{', 0, _, 0, ..] => Some(UTF_16LE),
        [0, b'<' | b'{', 0, _, ..] => Some(UTF_16BE),
        _ => None,
    }
}

fn http_charset(content_type: &str) -> Option<String> {
    let charset = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })?;
    Some(charset.to_owned())
}

/// Returns an encoding by its name, also as some write it.
pub(super) fn label(name: &str) -> Option<&'static Encoding> {
    let name = name.trim();
    Encoding::for_label(name.as_bytes()).or_else(|| {
        let name = name.to_ascii_lowercase().replace('_', "-");
        let name = match name.as_str() {
            "latin-1" | "iso-latin-1" | "iso8859" => "iso-8859-1".into(),
            "utf" | "utf8mb4" | "utf-8-sig" => "utf-8".into(),
            "windows1251" | "win-1251" | "win1251" | "cp-1251" => "windows-1251".into(),
            "windows1252" | "win-1252" | "cp-1252" => "windows-1252".into(),
            "win-1250" | "windows1250" | "cp-1250" => "windows-1250".into(),
            "sjis" | "shift-jis" | "cp932" | "windows31j" => "shift_jis".into(),
            "big5hkscs" => "big5".into(),
            "mac-roman" | "macroman" => "macintosh".into(),
            "gb-2312" | "cp936" => "gbk".into(),
            "eucjp" => "euc-jp".into(),
            "euckr" | "cp949" => "euc-kr".into(),
            _ => name,
        };
        Encoding::for_label(name.as_bytes())
    })
}

/// Returns the XML declaration's encoding; looked for in the first kilobyte, since junk may stand before it.
fn declared(body: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&body[..body.len().min(1024)]);
    let start = head.find("<?xml")?;
    let declaration = head[start..].split("?>").next()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next().map(str::to_owned)
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
