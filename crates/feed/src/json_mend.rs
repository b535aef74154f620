//! Repairs invalid JSON in one pass: trailing and missing commas, comments, punctuation and tags between values,
//! missing or unquoted values, characters, escapes and quotation marks that strings must not contain, unbalanced
//! brackets, and a document that is cut off or followed by more text.

use super::repairs::Repairs;

/// The maximum number of nested values; a feed needs about six.
const MAX_DEPTH: usize = 120;
/// The longest tag between values, in bytes.
const MAX_TAG: usize = 100;
/// Marks that hide a script from old readers; they stand between values.
const MARKS: [&str; 4] = ["<!--", "-->", "<![CDATA[", "]]>"];
/// Quotation marks that stand for `"` around a string: JavaScript's, and those of editors that set type.
const QUOTES: [char; 5] = ['"', '\'', '“', '”', '„'];

/// The part of a truncated document that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Complete members of the feed and complete entries.
    Entries,
    /// Every complete value.
    Values,
}

/// Returns the object or list at the beginning of `text` as strict JSON, and what follows it; `None` if nothing can be kept of it.
pub(super) fn mend<'a>(text: &'a str, keep: Keep, repairs: &mut Repairs) -> Option<(String, &'a str)> {
    let mut mender = Mender {
        out: String::with_capacity(text.len()),
        open: Vec::new(),
        keep,
        cut: None,
        has_bare_names: false,
        repairs,
    };
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let aside = comment(rest).or_else(|| tag(rest)).filter(|_| !(c == ']' && mender.open.last() == Some(&'[')));
        if let Some(after) = aside {
            mender.repairs.note("comment");
            rest = after;
            continue;
        }
        let after = &rest[c.len_utf8()..];
        rest = match c {
            quote if quote == '"' || QUOTES.contains(&quote) && mender.expects() != Expected::Separator => {
                let expected = mender.separate();
                let Some(after) = mender.string(after, quote) else { break };
                if expected == Expected::Value {
                    mender.note_cut();
                }
                after
            }
            '{' | '[' => {
                if mender.open.len() >= MAX_DEPTH {
                    return None;
                }
                mender.separate();
                mender.open.push(c);
                mender.out.push(c);
                after
            }
            '}' | ']' => {
                mender.close(if c == '}' { '{' } else { '[' })?;
                if mender.open.is_empty() {
                    return Some((mender.out, after));
                }
                mender.note_cut();
                after
            }
            ',' => {
                mender.comma();
                after
            }
            ':' => {
                mender.out.push(c);
                after
            }
            c if c.is_whitespace() => after,
            _ => mender.bare(rest),
        };
    }
    let (length, open) = mender.cut?;
    mender.repairs.note("truncated");
    let mut out = mender.out;
    out.truncate(length);
    out.extend(open.iter().rev().map(|opened| closing(*opened)));
    Some((out, ""))
}

/// The possible next token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Name,
    Value,
    Separator,
}

struct Mender<'r> {
    out: String,
    /// The open brackets (`{`, `[`).
    open: Vec<char>,
    keep: Keep,
    /// A place where the document may end: how much of the output to keep, and what is open there.
    cut: Option<(usize, Vec<char>)>,
    /// Whether names were read without quotation marks.
    has_bare_names: bool,
    repairs: &'r mut Repairs,
}

impl Mender<'_> {
    fn expects(&self) -> Expected {
        match (self.out.as_bytes().last(), self.open.last()) {
            (None | Some(b':' | b'['), _) | (Some(b','), Some('[')) => Expected::Value,
            (Some(b'{' | b','), _) => Expected::Name,
            _ => Expected::Separator,
        }
    }

    /// Puts the comma that is missing before a value or a name.
    fn separate(&mut self) -> Expected {
        if self.expects() == Expected::Separator {
            self.repairs.note("missing comma");
            self.out.push(',');
        }
        self.expects()
    }

    fn comma(&mut self) {
        self.fill();
        if self.expects() == Expected::Separator {
            self.out.push(',');
        } else {
            self.repairs.note("trailing comma");
        }
    }

    /// Puts the value that is missing after a name.
    fn fill(&mut self) {
        if self.out.ends_with(':') {
            self.repairs.note("missing value");
            self.out.push_str("null");
        }
    }

    /// Closes what was opened by a bracket and all that is open within; a bracket that nothing opened closes what is open.
    fn close(&mut self, opened_by: char) -> Option<()> {
        let level = self.open.iter().rposition(|open| *open == opened_by).or(self.open.len().checked_sub(1))?;
        for opened in self.open.split_off(level).into_iter().rev() {
            self.fill();
            if self.out.ends_with(',') {
                self.repairs.note("trailing comma");
                self.out.pop();
            }
            self.out.push(closing(opened));
        }
        Some(())
    }

    /// Reads a name or value without quotation marks; returns what follows it.
    fn bare<'a>(&mut self, text: &'a str) -> &'a str {
        let expected = self.expects();
        let ends: &[char] = match expected {
            Expected::Value => &[',', '}', ']', '\n'],
            _ => &[',', '}', ']', '\n', ':', '{', '[', '"'],
        };
        let (word, after) = text.split_at(text.find(ends).unwrap_or(text.len()));
        // A comment may stand after it.
        let word = word.split(" /").next().unwrap_or(word).trim_end();
        match (expected, word) {
            (Expected::Value, "undefined" | "None" | "NaN") => self.out.push_str("null"),
            (Expected::Value, "True" | "False") => self.out.push_str(&word.to_ascii_lowercase()),
            (Expected::Value, _) if serde_json::from_str::<serde_json::Value>(word).is_ok() => self.out.push_str(word),
            (Expected::Name, _) if !after.starts_with(':') => return after,
            // A semicolon or a plus sign between values.
            (Expected::Separator, _) => return after,
            _ => {
                self.repairs.note("missing quotation marks");
                self.has_bare_names |= expected == Expected::Name;
                self.out.push_str(&serde_json::Value::from(word).to_string());
            }
        }
        if expected == Expected::Value && !after.is_empty() {
            self.note_cut();
        }
        after
    }

    /// Copies a string whose opening quote has been read; what follows it, or `None` if it never ends.
    fn string<'a>(&mut self, text: &'a str, opened_by: char) -> Option<&'a str> {
        let is_quote = |c: char| c == opened_by || !opened_by.is_ascii() && c != '\'' && QUOTES.contains(&c);
        if opened_by != '"' {
            self.repairs.note("other quotation marks");
        }
        self.out.push('"');
        let mut rest = text;
        loop {
            let at = rest.find(|c: char| matches!(c, '"' | '\\') || is_quote(c) || c.is_control())?;
            self.out.push_str(&rest[..at]);
            let c = rest[at..].chars().next()?;
            rest = &rest[at + c.len_utf8()..];
            match c {
                c if is_quote(c) && (ends_string(rest) || self.has_bare_names && precedes_bare_name(rest)) => {
                    self.out.push('"');
                    return Some(rest);
                }
                '"' => {
                    self.repairs.note("unescaped quotation mark");
                    self.out.push_str("\\\"");
                }
                c if is_quote(c) => self.out.push(c),
                '\\' => rest = escape(rest, &mut self.out, self.repairs)?,
                c => {
                    self.repairs.note("control characters");
                    let after_sentence = self.out.ends_with(['.', '!', '?', '…', ':', '"', '”', '»', '。', '！', '？']);
                    self.out.push_str(match c {
                        // A paragraph ends; elsewhere lines were only wrapped.
                        '\n' if after_sentence || rest.starts_with(['\n', '\r']) => "\\n",
                        '\r' if rest.starts_with('\n') => "",
                        _ => " ",
                    });
                }
            }
        }
    }

    /// The document may end after a whole member of the feed, or after a whole entry.
    fn note_cut(&mut self) {
        if self.keep == Keep::Values || self.open.len() == 1 || self.open == ['{', '['] {
            let (length, open) = self.cut.get_or_insert_default();
            *length = self.out.len();
            open.clone_from(&self.open);
        }
    }
}

fn closing(opened: char) -> char {
    if opened == '{' { '}' } else { ']' }
}

/// Returns what follows the comment or mark at the beginning of a text.
fn comment(text: &str) -> Option<&str> {
    if let Some(line) = text.strip_prefix("//") {
        return Some(line.find('\n').map_or("", |end| &line[end..]));
    }
    if let Some(comment) = text.strip_prefix("/*") {
        return Some(comment.find("*/").map_or("", |end| &comment[end + 2..]));
    }
    MARKS.iter().find_map(|mark| text.strip_prefix(mark))
}

/// Returns what follows the tag at the beginning of a text; editors put some between the lines of a script.
fn tag(text: &str) -> Option<&str> {
    let tag = text.strip_prefix('<')?;
    let is_tag = tag.trim_start_matches('/').starts_with(|c: char| c.is_ascii_alphabetic());
    let end = tag.bytes().take(MAX_TAG).position(|b| b == b'>').filter(|_| is_tag)?;
    Some(&tag[end + 1..])
}

/// Returns whether a quotation mark with this after it ends its string; one that a word follows belongs to the string.
fn ends_string(after: &str) -> bool {
    let next = after.trim_start();
    let begins_value = |text: &str| {
        text.starts_with(|c: char| QUOTES.contains(&c) || "{[}],-".contains(c) || c.is_ascii_digit())
            || ["true", "false", "null"].iter().any(|word| text.starts_with(word))
    };
    let on_next_line = || next.starts_with(QUOTES) && after[..after.len() - next.len()].contains('\n');
    let is_end = |text: &str| text.is_empty() || comment(text).is_some();
    let closes = |text: &str| text.starts_with([':', '}', ']']);
    let is_item = |text: &str| is_end(text) || begins_value(text) || tag(text).is_some();
    is_end(next)
        || closes(next)
        || next.strip_prefix(',').map(str::trim_start).is_some_and(is_item)
        || tag(next).map(str::trim_start).is_some_and(closes)
        || on_next_line()
}

/// Returns whether a comma and a name without quotation marks follow.
fn precedes_bare_name(after: &str) -> bool {
    let Some(name) = after.trim_start().strip_prefix(',') else { return false };
    let name = name.trim_start().trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '@' | '_' | '$'));
    name.trim_start().starts_with(':')
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
    // What stood after the backslash is read again as plain text.
    Some(text)
}
