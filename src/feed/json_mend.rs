//! JSON that no strict reader takes, made well-formed in one pass: trailing commas, characters and escapes that do not belong
//! into strings, a document cut off (its complete entries are kept) or followed by junk.

use super::repairs::Repairs;

/// Values open at once; a feed needs about six.
const MAX_DEPTH: usize = 120;

/// A place where the document may end: how much of the output to keep, and what is open there (`{`, `[`).
type Cut = (usize, Vec<char>);

/// `text` as strict JSON, or `None` if nothing can be kept of it.
pub(super) fn mend(text: &str, repairs: &mut Repairs) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<char> = Vec::new();
    let mut cut: Option<Cut> = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '"' => match string(after, &mut out, repairs) {
                Some(after) => after,
                None => break,
            },
            '{' | '[' => {
                if open.len() >= MAX_DEPTH {
                    return None;
                }
                open.push(c);
                out.push(c);
                after
            }
            '}' | ']' => {
                let opened = open.pop()?;
                out.push(if opened == '{' { '}' } else { ']' });
                if open.is_empty() {
                    if !after.trim().is_empty() {
                        repairs.note("junk after the document");
                    }
                    return Some(out);
                }
                note_cut(&mut cut, &out, &open);
                after
            }
            ',' if after.trim_start().starts_with(['}', ']', ',']) => {
                repairs.note("trailing comma");
                after
            }
            ',' => {
                note_cut(&mut cut, &out, &open);
                out.push(c);
                after
            }
            c => {
                out.push(c);
                after
            }
        };
    }
    let (length, open) = cut?;
    repairs.note("truncated");
    out.truncate(length);
    out.extend(open.iter().rev().map(|opened| if *opened == '{' { '}' } else { ']' }));
    Some(out)
}

/// The document may end behind a whole member of the feed, or behind a whole entry.
fn note_cut(cut: &mut Option<Cut>, out: &str, open: &[char]) {
    if open.len() == 1 || open == ['{', '['] {
        *cut = Some((out.len(), open.to_vec()));
    }
}

/// Copies a string whose opening quote has been read; what follows it, or `None` if it never ends.
fn string<'a>(text: &'a str, out: &mut String, repairs: &mut Repairs) -> Option<&'a str> {
    out.push('"');
    let mut rest = text;
    loop {
        let at = rest.find(|c: char| matches!(c, '"' | '\\') || c.is_control())?;
        out.push_str(&rest[..at]);
        let c = rest[at..].chars().next()?;
        rest = &rest[at + c.len_utf8()..];
        match c {
            '"' => {
                out.push('"');
                return Some(rest);
            }
            '\\' => rest = escape(rest, out, repairs)?,
            _ => {
                repairs.note("control characters");
                out.push(' ');
            }
        }
    }
}

/// Copies an escape whose backslash has been read; half a surrogate pair becomes U+FFFD, an unknown one loses its backslash.
fn escape<'a>(text: &'a str, out: &mut String, repairs: &mut Repairs) -> Option<&'a str> {
    let c = text.chars().next()?;
    let after = &text[c.len_utf8()..];
    let code = |text: &str| {
        let digits = text.strip_prefix('u')?.get(..4)?;
        digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    };
    match code(text) {
        Some(0xd800..=0xdbff) if text[5..].strip_prefix('\\').and_then(code).is_some_and(|low| low >> 10 == 0x37) => {
            out.push('\\');
            out.push_str(&text[..11]);
            return Some(&text[11..]);
        }
        Some(0xd800..=0xdfff) => {
            repairs.note("half a surrogate pair");
            out.push(char::REPLACEMENT_CHARACTER);
            return Some(&text[5..]);
        }
        Some(_) => {
            out.push('\\');
            out.push_str(&text[..5]);
            return Some(&text[5..]);
        }
        None => {}
    }
    if matches!(c, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') {
        out.push('\\');
        out.push(c);
        return Some(after);
    }
    repairs.note("unknown escape");
    // What stood behind the backslash is read again as plain text.
    Some(text)
}
