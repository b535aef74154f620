//! Decodes a page: finds its character encoding.
//!
//! Browsers trust declarations. But publishers change templates and forget the declaration, and proxies add their own,
//! and a wrongly decoded page is lost. So the bytes decide first, and a declaration that they contradict is ignored.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far a declaration is looked for, in bytes (HTML asks for 1024; many pages declare later).
const PRESCAN: usize = 4096;
/// The minimum number of bytes beyond ASCII that a guess can be made of, and the most bytes that are examined.
const LEAST_GUESSED: usize = 8;
const MAX_GUESSED: usize = 256 * 1024;
/// UTF-8 with broken bytes is still UTF-8 where this many characters are whole for each broken place.
const WHOLE_FOR_BROKEN: usize = 3;
/// This few characters may be valid UTF-8 by chance in an encoding of two bytes a character.
const CHANCE: usize = 3;

/// Decodes a page. Order: byte order mark; UTF-16 and UTF-8 by their bytes; the charset of the HTTP `Content-Type`, then that of
/// `<meta>` or the XML declaration, unless the bytes contradict it; a guess from the frequency of the letters. Invalid
/// sequences become U+FFFD.
pub fn decode_page(bytes: &[u8], content_type: Option<&str>) -> String {
    decode(bytes, content_type).0
}

/// Decodes a page like [`decode_page`], and returns its encoding too.
pub(crate) fn decode(bytes: &[u8], content_type: Option<&str>) -> (String, &'static Encoding) {
    let whole = |encoding, bytes| (with(encoding, bytes), encoding);
    let bytes = match marked(bytes) {
        Ok((encoding, rest)) => return whole(encoding, rest),
        Err(rest) => rest,
    };
    if let Some(encoding) = wide(bytes) {
        return whole(encoding, bytes);
    }
    let declared = declared(bytes, content_type);
    if bytes.is_ascii() {
        let is_japanese = [b"\x1b$B", b"\x1b$@", b"\x1b(J"].iter().any(|escape| find(bytes, *escape).is_some());
        return whole(if is_japanese { ISO_2022_JP } else { UTF_8 }, bytes);
    }
    if is_utf8(bytes, &declared) {
        let text = std::str::from_utf8(bytes).map_or_else(|_| with_strays(bytes), str::to_owned);
        return (text, UTF_8);
    }
    whole(legacy(bytes, &declared), bytes)
}

fn with(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// Returns the encoding that a byte order mark states, and what follows the mark. A mark that the bytes contradict (UTF-8 before what is
/// none, UTF-16 before plain ASCII) is a mistake and skipped.
fn marked(bytes: &[u8]) -> Result<(&'static Encoding, &[u8]), &[u8]> {
    let Some((encoding, mark)) = Encoding::for_bom(bytes) else { return Err(bytes) };
    let rest = &bytes[mark..];
    let is_mistaken = if encoding == UTF_8 { !is_utf8(rest, &[UTF_8]) } else { matches!(rest, [b'<', 1..=0x7f, ..]) };
    if is_mistaken { Err(rest) } else { Ok((encoding, rest)) }
}

/// UTF-16 without a mark: every other byte of its markup is zero, always on the same side.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let pairs = bytes[..bytes.len().min(512)].as_chunks::<2>().0;
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    match pairs.len() {
        0 | 1 => None,
        _ if second * 8 > pairs.len() && first * 8 < second => Some(UTF_16LE),
        _ if first * 8 > pairs.len() && second * 8 < first => Some(UTF_16BE),
        _ => None,
    }
}

/// Returns whether bytes beyond ASCII are UTF-8, whatever is declared. A page may be cut inside a character by a size bound, and hold
/// broken bytes that an advertisement or a database brought in.
fn is_utf8(bytes: &[u8], declared: &[&'static Encoding]) -> bool {
    let (mut whole, mut broken) = (0, 0);
    for chunk in bytes[..uncut(bytes)].utf8_chunks() {
        whole += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    let mut others = declared.iter().filter(|encoding| **encoding != UTF_8);
    match (whole, broken) {
        (0, 0) => others.next().is_none(),
        (1..=CHANCE, 0) => others.all(|encoding| encoding.is_single_byte()),
        _ => whole >= broken * WHOLE_FOR_BROKEN,
    }
}

/// Returns how many bytes there are without a UTF-8 character at the end that is not complete.
fn uncut(bytes: &[u8]) -> usize {
    let tail = bytes.len() - bytes.len().min(3);
    let starts = bytes[tail..].iter().rposition(|byte| *byte >= 0xc0).map_or(bytes.len(), |at| tail + at);
    let is_cut = std::str::from_utf8(&bytes[starts..]).is_err_and(|error| error.error_len().is_none());
    if is_cut { starts } else { bytes.len() }
}

/// UTF-8 with broken places. A single byte beside an ASCII letter is usually windows-1252 pasted in; what is cut is U+FFFD.
fn with_strays(bytes: &[u8]) -> String {
    let end = uncut(bytes);
    let mut text = String::with_capacity(bytes.len());
    let mut chunks = bytes[..end].utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        text.push_str(chunk.valid());
        let is_after = chunk.valid().ends_with(|c: char| c.is_ascii_alphabetic());
        let next = chunks.peek().map_or("", |next| next.valid());
        let is_before = next.starts_with(|c: char| c.is_ascii_alphabetic());
        match chunk.invalid() {
            [] => {}
            stray @ [_] if is_after || is_before => text.push_str(&with(WINDOWS_1252, stray)),
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
    if end < bytes.len() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

/// Returns the encoding of bytes that are not UTF-8: the first declaration that fits, else a guess. Where two declarations fit, the guess
/// decides between them.
fn legacy(bytes: &[u8], declared: &[&'static Encoding]) -> &'static Encoding {
    let fitting: Vec<_> = declared.iter().copied().filter(|encoding| fits(encoding, bytes)).collect();
    match fitting.as_slice() {
        [only] => return only,
        [first, others @ ..] if others.iter().all(|other| other == first) => return first,
        _ => {}
    }
    let is_too_little = bytes.iter().filter(|byte| !byte.is_ascii()).count() < LEAST_GUESSED;
    if fitting.is_empty() && is_too_little && fits(WINDOWS_1252, bytes) {
        return WINDOWS_1252;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(MAX_GUESSED)], bytes.len() <= MAX_GUESSED);
    let guess = detector.guess(country(bytes).as_deref(), Utf8Detection::Deny);
    fitting.first().copied().filter(|_| !fitting.contains(&guess)).unwrap_or(guess)
}

/// Returns whether bytes can be in a declared encoding.
fn fits(encoding: &'static Encoding, bytes: &[u8]) -> bool {
    if !encoding.is_ascii_compatible() || encoding == UTF_8 {
        return false;
    }
    let beyond = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    if encoding == WINDOWS_1252 {
        return bytes.windows(3).filter(|row| is_odd_in_latin(row)).count() * 8 < beyond;
    }
    let text = encoding.decode_without_bom_handling(bytes).0;
    text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count() * 50 <= beyond
}

/// Returns whether three bytes tell that the text is not in windows-1252, which servers declare by default and which no byte contradicts: in
/// the languages that it serves accents stand among ASCII letters, hardly ever three in a row, and no symbols within words.
fn is_odd_in_latin(row: &[u8]) -> bool {
    const BLANK: u8 = 0xa0;
    let [before, byte, after] = *row else { return false };
    let is_row = row.iter().all(|b| !b.is_ascii() && *b != BLANK) && (before != byte || byte != after);
    // Without apostrophe, soft hyphen, accent, middle dot, and the letters among the symbols.
    let is_symbol = matches!(byte, 0x80..=0xbf)
        && !matches!(byte, 0x8a | 0x8c | 0x8e | 0x92 | 0x9a | 0x9c | 0x9e | BLANK | 0xad | 0xb4 | 0xb7);
    is_row || is_symbol && before.is_ascii_lowercase() && after.is_ascii_lowercase()
}

/// Returns a country where the page's language (`<html lang>`) is spoken, as the detector's hint.
fn country(bytes: &[u8]) -> Option<Vec<u8>> {
    const COUNTRIES: &[(&[u8], &[u8])] = &[
        (b"en", b"uk"),
        (b"cs", b"cz"),
        (b"da", b"dk"),
        (b"sv", b"se"),
        (b"nb", b"no"),
        (b"nn", b"no"),
        (b"et", b"ee"),
        (b"sl", b"si"),
        (b"sr", b"rs"),
        (b"ca", b"es"),
        (b"el", b"gr"),
        (b"uk", b"ua"),
        (b"be", b"by"),
        (b"he", b"il"),
        (b"ar", b"eg"),
        (b"fa", b"ir"),
        (b"ja", b"jp"),
        (b"ko", b"kr"),
        (b"zh", b"cn"),
        (b"vi", b"vn"),
        (b"hi", b"in"),
    ];
    let head = bytes[..bytes.len().min(PRESCAN)].to_ascii_lowercase();
    let tag = &head[find(&head, b"<html")?..];
    let tag = &tag[..tag.iter().position(|b| *b == b'>')?];
    let value = &tag[find(tag, b"lang=")? + b"lang=".len()..];
    let language: Vec<u8> = value.iter().copied().skip_while(|b| b"\"'".contains(b)).take(2).collect();
    let known = COUNTRIES.iter().find(|(spoken, _)| *spoken == language);
    let country = known.map_or(language, |(_, country)| country.to_vec());
    country.iter().all(u8::is_ascii_lowercase).then_some(country)
}

/// Returns what is declared: by the HTTP header, then by the page.
fn declared(bytes: &[u8], content_type: Option<&str>) -> Vec<&'static Encoding> {
    let head = bytes[..bytes.len().min(PRESCAN)].to_ascii_lowercase();
    let stated = content_type.and_then(|t| label_after(t.to_ascii_lowercase().as_bytes(), b"charset"));
    stated.into_iter().chain(meta_charset(&head)).chain(xml_encoding(&head)).collect()
}

/// Returns the charset that a `<meta>` declares. UTF-16 there cannot be true and means UTF-8 (HTML, 13.2.3.2).
fn meta_charset(head: &[u8]) -> Option<&'static Encoding> {
    let mut rest = head;
    while let Some(at) = find(rest, b"<meta") {
        let tag = &rest[at..];
        let end = tag.iter().position(|&b| b == b'>').unwrap_or(tag.len());
        if let Some(found) = label_after(&tag[..end], b"charset") {
            return Some(if found.name().starts_with("UTF-16") { UTF_8 } else { found });
        }
        rest = &tag[end..];
    }
    None
}

/// Returns the encoding of an XHTML page's XML declaration.
fn xml_encoding(head: &[u8]) -> Option<&'static Encoding> {
    let declaration = head.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = find(declaration, b"?>")?;
    label_after(&declaration[..end], b"encoding")
}

/// Returns the encoding whose label follows a name and `=`.
fn label_after(text: &[u8], name: &[u8]) -> Option<&'static Encoding> {
    let at = find(text, name)? + name.len();
    let rest = text[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end =
        rest.iter().position(|b| matches!(b, b'"' | b'\'' | b';' | b' ' | b'/' | b'>' | b',')).unwrap_or(rest.len());
    dateline_feed::encoding(std::str::from_utf8(&rest[..end]).ok()?)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A paragraph of each language, and the encodings that it was once written in.
    const TEXTS: &[(&str, &[&str])] = &[
        (
            "Der Bürgermeister von Grünau begrüßte die Gäste, später dankte er für die „schöne“ Brücke über den Fluß.",
            &["windows-1252"],
        ),
        (
            "Le maire a décidé à l’été de reconstruire la jetée détruite par la tempête, où naguère les pêcheurs étaient nombreux.",
            &["windows-1252"],
        ),
        (
            "El alcalde señaló que la reconstrucción del muelle costará más de lo que se pensó, según él, en el año próximo.",
            &["windows-1252"],
        ),
        (
            "Burmistrz powiedział, że odbudowa mostu na rzece będzie kosztować więcej, niż sądziła rada; prace zaczną się późną wiosną.",
            &["windows-1250", "iso-8859-2"],
        ),
        (
            "Starosta řekl, že příští rok začne oprava mostu přes řeku, kterou poškodila povodeň, a že náklady ponese město.",
            &["windows-1250", "iso-8859-2"],
        ),
        (
            "A polgármester azt mondta, hogy a híd újjáépítése többe kerül, mint ahogyan a tanács gondolta; tavasszal kezdődik.",
            &["windows-1250", "iso-8859-2"],
        ),
        (
            "Мэр заявил, что восстановление моста через реку обойдётся дороже, чем думали, и начнётся весной.",
            &["windows-1251", "koi8-r"],
        ),
        (
            "Міський голова заявив, що відбудова мосту через річку коштуватиме дорожче, ніж гадали, і почнеться навесні.",
            &["windows-1251", "koi8-u"],
        ),
        (
            "Ο δήμαρχος δήλωσε ότι η αποκατάσταση της γέφυρας θα κοστίσει περισσότερο και θα αρχίσει την άνοιξη.",
            &["windows-1253", "iso-8859-7"],
        ),
        (
            "Belediye başkanı, köprünün yeniden yapımının düşünülenden pahalıya çıkacağını ve ilkbaharda başlayacağını söyledi.",
            &["windows-1254"],
        ),
        ("ראש העיר אמר כי שיקום הגשר מעל הנהר יעלה יותר ממה שחשבו, וכי העבודות יתחילו באביב.", &["windows-1255"]),
        (
            "قال رئيس البلدية إن إعادة بناء الجسر فوق النهر ستكلف أكثر مما كان متوقعا وستبدأ في الربيع.",
            &["windows-1256"],
        ),
        ("นายกเทศมนตรีกล่าวว่าการซ่อมสะพานข้ามแม่น้ำจะใช้เงินมากกว่าที่คิดและจะเริ่มในฤดูใบไม้ผลิ", &["windows-874"]),
        (
            "市長は、川に架かる橋の再建には予想より費用がかかり、工事は春に始まると述べた。",
            &["shift_jis", "euc-jp", "iso-2022-jp"],
        ),
        ("市长表示，重建河上的桥梁所需的费用比预想的要高，工程将于春天开始。", &["gbk", "gb18030"]),
        ("市長表示，重建河上的橋樑所需的費用比預想的要高，工程將於春天開始。", &["big5"]),
        (
            "시장은 강을 가로지르는 다리를 다시 짓는 데 예상보다 많은 비용이 들며 공사는 봄에 시작된다고 말했다.",
            &["euc-kr"],
        ),
    ];

    fn encode(text: &str, label: &str) -> Vec<u8> {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        let (bytes, _, lost) = encoding.encode(text);
        assert!(!lost, "{label} cannot write {text}");
        bytes.into_owned()
    }

    fn page(meta: &str, text: &str) -> String {
        format!("<html><head>{meta}<title>Page</title></head><body><p>{text}</p></body></html>")
    }

    #[test]
    fn legacy_encodings_are_found_declared_or_not() {
        for (text, labels) in TEXTS {
            for label in *labels {
                let meta = format!("<meta charset={label}>");
                let body = page(&meta, text);
                let bytes = encode(&body, label);
                assert_eq!(decode_page(&bytes, None), body, "{label} in meta");
                let body = page("", text);
                let bytes = encode(&body, label);
                let header = format!("text/html; charset=\"{label}\"");
                assert_eq!(decode_page(&bytes, Some(&header)), body, "{label} in the header");
                assert_eq!(decode_page(&bytes, Some("text/html")), body, "{label} guessed");
                assert_eq!(decode_page(&bytes, Some("text/html; charset=utf-8")), body, "{label}, declared as UTF-8");
            }
        }
    }

    #[test]
    fn valid_utf8_beats_every_declaration() {
        for (text, labels) in TEXTS {
            for label in labels.iter().chain(&["iso-8859-1", "utf-16", "us-ascii", "x-unknown"]) {
                let body = page(&format!("<meta http-equiv=content-type content='text/html; charset={label}'>"), text);
                let header = format!("text/html;charset={label}");
                assert_eq!(decode_page(body.as_bytes(), None), body, "{label} in meta");
                assert_eq!(decode_page(body.as_bytes(), Some(&header)), body, "{label} in the header");
            }
        }
    }

    #[test]
    fn broken_bytes_do_not_spoil_the_page() {
        for (text, _) in TEXTS {
            for label in ["utf-8", "windows-1252", "iso-8859-2", "gbk"] {
                let body = page(&format!("<meta charset={label}>"), text);
                let mut bytes = body.clone().into_bytes();
                bytes.splice(bytes.len() - 14..bytes.len() - 14, *b" caf\xe9 \xe2\x80 ");
                let read = decode_page(&bytes, None);
                assert!(read.contains(text) && read.contains(" café \u{fffd} "), "{label}: {read}");
                // A size bound may cut inside a character.
                let inside = body.char_indices().rfind(|(_, c)| !c.is_ascii()).unwrap().0 + 1;
                let read = decode_page(&bytes[..inside], None);
                assert!(read.ends_with('\u{fffd}') && read.starts_with(&body[..inside - 1]), "{label}: {read}");
            }
        }
    }

    #[test]
    fn bytes_decide_between_declarations() {
        for (text, label, header, meta) in [
            (TEXTS[6].0, "windows-1251", "iso-8859-1", "windows-1251"),
            (TEXTS[6].0, "windows-1251", "iso-8859-1", "iso-8859-1"),
            (TEXTS[8].0, "iso-8859-7", "iso-8859-1", "iso-8859-7"),
            (TEXTS[13].0, "shift_jis", "iso-8859-1", "x-sjis"),
            (TEXTS[13].0, "euc-jp", "shift_jis", "utf-8"),
            (TEXTS[14].0, "gbk", "big5", "gb2312"),
            (TEXTS[16].0, "euc-kr", "utf-8", "ks_c_5601-1987"),
            (TEXTS[4].0, "windows-1250", "windows-1252", "windows-1250"),
            (TEXTS[0].0, "windows-1252", "utf-8", "iso-8859-1"),
            (TEXTS[3].0, "iso-8859-2", "iso-8859-1", "x-unknown"),
            (TEXTS[10].0, "windows-1255", "iso-8859-1", "iso-8859-1"),
            (TEXTS[13].0, "euc-jp", "iso-8859-1", "utf-8"),
            (TEXTS[16].0, "euc-kr", "iso-8859-1", "iso-8859-1"),
        ] {
            let body = page(&format!("<meta charset={meta}>"), text);
            let bytes = encode(&body, label);
            assert_eq!(decode_page(&bytes, Some(&format!("text/html; charset={header}"))), body, "{label}");
        }
    }

    /// By frequency alone, the pound sign could be a Polish letter.
    #[test]
    fn the_language_is_a_hint() {
        let prices = "The board paid £12m for the pier, £3m for the ferry and £900,000 for the crane. ".repeat(10);
        for lang in ["en", "en-GB", "EN"] {
            for declared in ["", "<meta charset=utf-8>"] {
                let body = format!("<html lang=\"{lang}\">{declared}<p>{prices}</p></html>");
                assert_eq!(decode_page(&encode(&body, "windows-1252"), None), body, "{lang} {declared}");
            }
        }
    }

    #[test]
    fn utf_16_is_found_with_and_without_a_mark() {
        for (text, _) in TEXTS {
            let body = page("<meta charset=utf-8>", text);
            let units = || body.encode_utf16();
            let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
            assert_eq!(decode_page(&little, None), body);
            assert_eq!(decode_page(&big, Some("text/html; charset=utf-8")), body);
            assert_eq!(decode_page(&[b"\xff\xfe".as_slice(), &little].concat(), None), body);
            assert_eq!(decode_page(&[b"\xfe\xff".as_slice(), &big].concat(), None), body);
        }
    }

    #[test]
    fn short_and_odd_pages_are_read() {
        for (bytes, header, text) in [
            (b"\xef\xbb\xbfcaf\xc3\xa9".as_slice(), Some("text/html; charset=latin1"), "café"),
            (b"\xef\xbb\xbfcaf\xe9 tr\xe8s", None, "café très"),
            (b"\xff\xfe<p>caf\xc3\xa9", None, "<p>café"),
            (b"caf\xe9", Some("text/html; charset=\"ISO-8859-1\""), "café"),
            (b"caf\xe9", Some("text/html; charset=latin-1"), "café"),
            (b"<meta charset=windows-1251>\xcc\xe8\xf0", Some("text/html"), "<meta charset=windows-1251>Мир"),
            (
                b"<?xml version=\"1.0\" encoding=\"shift_jis\"?>\x93\xfa",
                None,
                "<?xml version=\"1.0\" encoding=\"shift_jis\"?>日",
            ),
            // These two characters of GBK are valid UTF-8 too.
            (b"<meta charset=gbk>\xc1\xaa\xcd\xa8", None, "<meta charset=gbk>联通"),
            (b"na\xc3\xafve", None, "naïve"),
            (b"na\xefve \x93q\x94", None, "naïve “q”"),
            (b"<meta charset=utf-16>caf\xc3\xa9", None, "<meta charset=utf-16>café"),
            (b"caf\xc3", None, "caf\u{fffd}"),
            (b"plain", Some("text/html; charset=utf-16"), "plain"),
            (b"plain", Some("text/html; charset=iso-2022-kr"), "plain"),
            (b"", None, ""),
        ] {
            assert_eq!(decode_page(bytes, header), text, "{bytes:?}");
        }
    }
}
