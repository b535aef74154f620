//! Character encodings: declared, contradicted, missing.

use super::read_bytes;

/// Returns a small feed with this declaration, the title in bytes.
fn feed(declaration: &str, title: &[u8]) -> Vec<u8> {
    let mut body = declaration.as_bytes().to_vec();
    body.extend_from_slice(b"<rss version='2.0'><channel><title>");
    body.extend_from_slice(title);
    body.extend_from_slice(b"</title></channel></rss>");
    body
}

fn declared(encoding: &str) -> String {
    format!("<?xml version='1.0' encoding='{encoding}'?>")
}

fn check(body: &[u8], content_type: Option<&str>, encoding: &str, title: &str) {
    let got = read_bytes(body, content_type).unwrap();
    assert_eq!((&got["feed"]["encoding"], &got["feed"]["title"]), (&encoding.into(), &title.into()));
}

#[test]
fn declared_encodings() {
    for (label, bytes, name, title) in [
        ("iso-8859-1", &b"Caf\xe9"[..], "windows-1252", "Café"),
        ("latin-1", b"Caf\xe9", "windows-1252", "Café"),
        ("windows-1252", b"\x93Caf\xe9\x94", "windows-1252", "“Café”"),
        ("windows-1250", b"\x8aest", "windows-1250", "Šest"),
        ("windows-1251", b"\xcc\xe8\xf0", "windows-1251", "Мир"),
        ("win-1251", b"\xcc\xe8\xf0", "windows-1251", "Мир"),
        ("koi8-r", b"\xed\xc9\xd2", "koi8-r", "Мир"),
        ("koi8-u", b"\xed\xc9\xd2", "koi8-u", "Мир"),
        ("iso-8859-2", b"\xa9est", "iso-8859-2", "Šest"),
        ("iso-8859-5", b"\xbc\xd8\xe0", "iso-8859-5", "Мир"),
        ("iso-8859-7", b"\xe1\xe2", "iso-8859-7", "αβ"),
        ("iso-8859-9", b"\xfe", "windows-1254", "ş"),
        ("iso-8859-15", b"\xa4 5", "iso-8859-15", "€ 5"),
        ("windows-1253", b"\xe1\xe2", "windows-1253", "αβ"),
        ("windows-1255", b"\xf9", "windows-1255", "ש"),
        ("windows-1256", b"\xc8", "windows-1256", "ب"),
        ("shift_jis", b"\x93\xfa\x96\x7b", "shift_jis", "日本"),
        ("sjis", b"\x93\xfa\x96\x7b", "shift_jis", "日本"),
        ("euc-jp", b"\xc6\xfc\xcb\xdc", "euc-jp", "日本"),
        ("euc-kr", b"\xc7\xd1\xb1\xdb", "euc-kr", "한글"),
        ("gb2312", b"\xd6\xd0\xce\xc4", "gbk", "中文"),
        ("gb18030", b"\xd6\xd0\xce\xc4", "gb18030", "中文"),
        ("big5", b"\xa4\xa4\xa4\xe5", "big5", "中文"),
        ("UTF8", "Café".as_bytes(), "utf-8", "Café"),
    ] {
        check(&feed(&declared(label), bytes), None, name, title);
    }
}

#[test]
fn contradictions() {
    // The header wins over the declaration, unless the bytes say otherwise.
    check(&feed(&declared("koi8-r"), b"Caf\xe9"), Some("text/xml; charset=iso-8859-1"), "windows-1252", "Café");
    check(&feed(&declared("iso-8859-1"), "Café".as_bytes()), None, "utf-8", "Café");
    check(&feed(&declared("utf-16"), "Café".as_bytes()), None, "utf-8", "Café");
    check(&feed(&declared("utf-8"), b"Caf\xe9"), None, "windows-1252", "Café");
    check(&feed(&declared("utf-8"), b"Caf\xe9"), Some("text/xml; charset=utf-8"), "windows-1252", "Café");
    check(&feed(&declared("klingon"), "Café".as_bytes()), Some("text/xml; charset=none"), "utf-8", "Café");
    check(&feed("", "Café".as_bytes()), Some("application/rss+xml; charset=\"UTF-8\""), "utf-8", "Café");
    check(&feed("\u{feff}", "Café".as_bytes()), Some("text/xml; charset=iso-8859-1"), "utf-8", "Café");
    check(&feed("\u{feff}", b"Caf\xe9"), None, "windows-1252", "Café");
    check(&feed("junk\n<?xml version = \"1.0\" encoding = \"koi8-r\" ?>", b"\xed\xc9\xd2"), None, "koi8-r", "Мир");
}

#[test]
fn a_few_foreign_bytes_do_not_spoil_the_rest() {
    let mut title = "Café crème brûlée".as_bytes().to_vec();
    title.push(0x92);
    check(&feed(&declared("utf-8"), &title), None, "utf-8", "Café crème brûlée’");
}

#[test]
fn wide_characters() {
    let text = String::from_utf8(feed(&declared("utf-8"), "Мир".as_bytes())).unwrap();
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    check(&little, None, "utf-16le", "Мир");
    check(&big, Some("text/xml; charset=utf-8"), "utf-16be", "Мир");
    check(&[&[0xff, 0xfe], little.as_slice()].concat(), None, "utf-16le", "Мир");
    check(&[&[0xfe, 0xff], big.as_slice()].concat(), None, "utf-16be", "Мир");
    // A mark of UTF-16 before UTF-8.
    check(&[&[0xff, 0xfe], text.as_bytes()].concat(), None, "utf-8", "Мир");
    let wide: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    check(&[&[0xff, 0xfe, 0, 0], wide.as_slice()].concat(), None, "utf-32le", "Мир");
}

#[test]
fn characters_that_were_something_else() {
    // windows-1252 as numbers and as C1 controls, UTF-8 encoded twice.
    check(&feed("", b"&#146;&#x93;"), None, "utf-8", "’“");
    check(&feed("", "a\u{92}b".as_bytes()), None, "utf-8", "a’b");
    check(&feed("", "CafÃ©".as_bytes()), None, "utf-8", "Café");
    check(&feed("", b"a\x00\x08b"), None, "utf-8", "ab");
}

#[test]
fn labels_as_they_are_written() {
    for (label, bytes, title) in [
        ("cp437", &b"\x80"[..], "Ç"),
        ("cp850", &b"\xd1"[..], "Ð"),
        ("IBM852", &b"\xe7"[..], "š"),
        ("ptcp154", &b"\xc0"[..], "А"),
        ("cp437", &b"\xc3\xa9"[..], "é"),
        ("cp866", &b"\x8c\xa8\xe0"[..], "Мир"),
        ("macintosh", &b"\x8e"[..], "é"),
        ("mac-roman", &b"\x8e"[..], "é"),
        ("tis-620", &b"\xa1"[..], "ก"),
        ("iso-8859-11", &b"\xa1"[..], "ก"),
        ("iso-8859-16", &b"\xaa"[..], "Ș"),
        ("windows-1257", &b"\xe0"[..], "ą"),
        ("ISO8859_15", &b"\xa4"[..], "€"),
        ("iso-2022-jp", &b"\x1b$B6q\x1b(B"[..], "具"),
        ("EUC_KR", &b"\xc7\xd1"[..], "한"),
        ("x-sjis", &b"\x93\xfa"[..], "日"),
        ("ascii", &b"a"[..], "a"),
        ("us-ascii", &b"\xc3\xa9"[..], "é"),
        ("UTF_8", &b"\xc3\xa9"[..], "é"),
        (" utf-8 ", &b"\xc3\xa9"[..], "é"),
        ("cp1252", &b"\x92"[..], "’"),
    ] {
        let got = read_bytes(&feed(&declared(label), bytes), None).unwrap();
        assert_eq!(got["feed"]["title"], title, "{label}");
    }
}

#[test]
fn wide_characters_without_a_mark() {
    let text = "<rss><channel><title>Мир</title></channel></rss>";
    let little: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let big: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
    check(&little, None, "utf-32le", "Мир");
    check(&big, None, "utf-32be", "Мир");
}

#[test]
fn what_was_encoded_twice_or_in_halves() {
    check(&feed("", b"caf\xc3\xa9 \xe2\x80\x99 \xed\xa0\xbd\xed\xb8\x80"), None, "utf-8", "café ’ 😀");
    check(&feed("", "donâ€™t".as_bytes()), None, "utf-8", "don’t");
    check(&feed("", "Â£5".as_bytes()), None, "utf-8", "£5");
    check(&feed("", "“ÄÖÜ” naïve".as_bytes()), None, "utf-8", "“ÄÖÜ” naïve");
    check(&feed("", "CAFÉ’S".as_bytes()), None, "utf-8", "CAFÉ’S");
}
