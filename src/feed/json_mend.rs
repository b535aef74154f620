//! JSON that no strict reader takes, made well-formed in one pass: trailing and missing commas, comments, characters, escapes and
//! quotation marks that do not belong into strings, a document cut off (its complete entries are kept) or followed by more.

use super::repairs::Repairs;

/// Values open at once; a feed needs about six.
const MAX_DEPTH: usize = 120;
/// Marks that hide a script from old readers; they stand between values.
const MARKS: [&str; 4] = ["<!--", "-->", "<![CDATA[", "]]>"];

/// A place where the document may end: how much of the output to keep, and what is open there (`{`, `[`).
type Cut = (usize, Vec<char>);

/// The object or list at the beginning of `text` as strict JSON, and what follows it; `None` if nothing can be kept of it.
pub(super) fn mend<'a>(text: &'a str, repairs: &mut Repairs) -> Option<(String, &'a str)> {
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<char> = Vec::new();
    let mut cut: Option<Cut> = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = comment(rest).filter(|_| !(c == ']' && open.last() == Some(&'['))) {
            repairs.note("comment");
            rest = after;
            continue;
        }
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '"' => {
                separate(&mut out, repairs);
                match string(after, &mut out, repairs) {
                    Some(after) => after,
                    None => break,
                }
            }
            '{' | '[' => {
                if open.len() >= MAX_DEPTH {
                    return None;
                }
                separate(&mut out, repairs);
                open.push(c);
                out.push(c);
                after
            }
            '}' | ']' => {
                let opened = open.pop()?;
                if out.trim_end().ends_with(',') {
                    repairs.note("trailing comma");
                    out.truncate(out.trim_end().len() - 1);
                }
                out.push(if opened == '{' { '}' } else { ']' });
                if open.is_empty() {
                    return Some((out, after));
                }
                note_cut(&mut cut, &out, &open);
                after
            }
            ',' if out.trim_end().ends_with(['{', '[', ',']) => {
                repairs.note("trailing comma");
                after
            }
            ',' => {
                note_cut(&mut cut, &out, &open);
                out.push(c);
                after
            }
            // Blanks part numbers and words; others go, so that what was written last is always close to the end.
            c if c.is_whitespace() => {
                if out.ends_with(char::is_alphanumeric) {
                    out.push(' ');
                }
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
    Some((out, ""))
}

/// What follows the comment or mark at the beginning of a text.
fn comment(text: &str) -> Option<&str> {
    if let Some(line) = text.strip_prefix("//") {
        return Some(line.find('\n').map_or("", |end| &line[end..]));
    }
    if let Some(comment) = text.strip_prefix("/*") {
        return Some(comment.find("*/").map_or("", |end| &comment[end + 2..]));
    }
    MARKS.iter().find_map(|mark| text.strip_prefix(mark))
}

/// Puts the comma that is missing before a value or a name.
fn separate(out: &mut String, repairs: &mut Repairs) {
    if !out.trim_end().ends_with(['{', '[', ',', ':']) && !out.is_empty() {
        repairs.note("missing comma");
        out.push(',');
    }
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
            '"' if ends_string(rest) => {
                out.push('"');
                return Some(rest);
            }
            '"' => {
                repairs.note("unescaped quotation mark");
                out.push_str("\\\"");
            }
            '\\' => rest = escape(rest, out, repairs)?,
            _ => {
                repairs.note("control characters");
                out.push(' ');
            }
        }
    }
}

/// Whether a quotation mark with this behind it ends its string; one that a word follows belongs to the string.
fn ends_string(after: &str) -> bool {
    let next = after.trim_start();
    let begins_value = |text: &str| {
        text.starts_with(|c: char| "\"{[}],-".contains(c) || c.is_ascii_digit())
            || ["true", "false", "null"].iter().any(|word| text.starts_with(word))
    };
    let on_next_line = || next.starts_with('"') && after[..after.len() - next.len()].contains('\n');
    let is_end = |text: &str| text.is_empty() || comment(text).is_some();
    is_end(next)
        || next.starts_with([':', '}', ']'])
        || next.strip_prefix(',').map(str::trim_start).is_some_and(|item| is_end(item) || begins_value(item))
        || on_next_line()
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
