//! Character references: the five of XML, numbers, the names of HTML and those that a document declares, decoded once.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::repairs::Repairs;

/// Entities that a document type declares.
pub(super) type Entities = HashMap<String, String>;

/// Longest name between `&` and `;`.
const MAX_NAME: usize = 34;

/// Decodes references without telling what was mended.
pub(super) fn plain_references<'a>(text: &'a str, entities: &HashMap<String, String>) -> Cow<'a, str> {
    decode(text, entities, &mut Repairs::default())
}

/// Decodes the references in character data.
pub(super) fn decode<'a>(text: &'a str, entities: &Entities, repairs: &mut Repairs) -> Cow<'a, str> {
    let Some(mut at) = text.find('&') else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let used = one(rest, entities, repairs, &mut out);
        if used == 0 {
            repairs.note("unescaped &");
            out.push('&');
        }
        rest = &rest[used..];
        match rest.find('&') {
            Some(next) => at = next,
            None => break,
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Decodes one reference, `rest` being what follows its `&`; how many bytes it takes, 0 if it is none.
fn one(rest: &str, entities: &Entities, repairs: &mut Repairs, out: &mut String) -> usize {
    if let Some(number) = rest.strip_prefix('#') {
        return numeric(number, repairs, out);
    }
    let Some(end) = rest.as_bytes().iter().take(MAX_NAME).position(|byte| *byte == b';') else { return 0 };
    let Some(name) = rest.get(..end) else { return 0 };
    let known = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    };
    if let Some(known) = known {
        out.push(known);
    } else if let Some(value) = entities.get(name) {
        out.push_str(value);
    } else if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let written = &format!("&{name};");
        let decoded = html_escape::decode_html_entities(written);
        if decoded == written.as_str() {
            return 0;
        }
        repairs.note("HTML entity");
        out.push_str(&decoded);
    } else {
        return 0;
    }
    end + 1
}

/// Returns a number after `&#`. One of no character stands for nothing, those of windows-1252 for what was meant.
fn numeric(number: &str, repairs: &mut Repairs, out: &mut String) -> usize {
    let hex = number.starts_with(['x', 'X']);
    let digits = &number[usize::from(hex)..];
    let length = digits
        .bytes()
        .take(10)
        .take_while(|byte| if hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() })
        .count();
    if length == 0 {
        return 0;
    }
    let used = 1 + usize::from(hex) + length;
    let code = u32::from_str_radix(&digits[..length], if hex { 16 } else { 10 }).unwrap_or(u32::MAX);
    if (0xd800..=0xdbff).contains(&code)
        && let Some((low, more)) = low_surrogate(&digits[length..])
        && let Some(c) = char::from_u32(0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00))
    {
        repairs.note("surrogate pair");
        out.push(c);
        return used + more;
    }
    match char::from_u32(code) {
        Some(c @ '\u{80}'..='\u{9f}') => {
            repairs.note("windows-1252 characters");
            out.push(windows_1252(c));
        }
        Some(c) if xml_char(c) => out.push(c),
        _ => repairs.note("control characters"),
    }
    if digits[length..].starts_with(';') {
        used + 1
    } else {
        repairs.note("character reference without semicolon");
        used
    }
}

/// Returns the second reference of a character written as UTF-16's two halves, `rest` beginning after the first one's digits;
/// the bytes up to its end.
fn low_surrogate(rest: &str) -> Option<(u32, usize)> {
    let number = rest.strip_prefix(";&#")?;
    let (number, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |number| (number, 16));
    let end = number.bytes().take(8).position(|byte| byte == b';')?;
    let low = u32::from_str_radix(&number[..end], radix).ok().filter(|low| (0xdc00..=0xdfff).contains(low))?;
    Some((low, rest.len() - number.len() + end + 1))
}

/// Returns whether a character matches the production `Char` of XML 1.0.
pub(super) fn xml_char(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Returns what a C1 control means when it was taken over from windows-1252.
pub(super) fn windows_1252(control: char) -> char {
    let byte = [u8::try_from(u32::from(control)).unwrap_or(b'?')];
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte).0.chars().next().unwrap_or(control)
}
