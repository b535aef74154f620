//! Repairs UTF-8 that was decoded as windows-1252 or latin-1 before it reached the page: "â€™" is "’".
//!
//! Only certain errors are repaired. "é”" and "Ü–" are letters before a mark, though their bytes are valid UTF-8;
//! nobody writes "â€™", "Ã©" or "ðŸ˜€" on purpose. If a text contains a certain error and nothing contradicts it, the
//! doubtful ones are repaired too.

#![allow(clippy::cast_possible_truncation, reason = "indices of a table of 128 characters")]

use std::borrow::Cow;

/// Texts that were misread more often than this stay wrong.
const MOST_TIMES: usize = 3;
/// A run of this many misread characters is not chance.
const SURE_RUN: usize = 6;

/// Returns the text with what was surely misread set right.
pub(crate) fn repair(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..MOST_TIMES {
        match once(&text) {
            Some(mended) => text = Cow::Owned(mended),
            None => break,
        }
    }
    text
}

/// Returns whether a text may contain misread characters: lead bytes of UTF-8 look like the letters Â to ô, and a non-ASCII character follows.
fn is_suspect(text: &str) -> bool {
    const LEAD: u8 = 0xc3;
    text.as_bytes().windows(3).any(|w| w[0] == LEAD && !w[2].is_ascii())
}

/// One misreading taken back; `None` where there is none.
fn once(text: &str) -> Option<String> {
    if !is_suspect(text) {
        return None;
    }
    let runs: Vec<MisreadRun> = runs(text).collect();
    let is_sure = runs.iter().any(|run| run.units(text).any(|unit| unit.sure));
    if !is_sure {
        return None;
    }
    let is_likely = |run: &MisreadRun| run.units(text).all(|unit| unit.sure || unit.likely);
    let all = runs.iter().all(is_likely);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for run in &runs {
        out.push_str(&text[at..run.start]);
        let whole = all || is_likely(run) && run.units(text).any(|unit| unit.sure);
        for unit in run.units(text) {
            if unit.sure || whole {
                out.push(unit.decoded);
            } else {
                out.push_str(unit.raw);
            }
        }
        at = run.end;
    }
    out.push_str(&text[at..]);
    Some(out)
}

/// A stretch of characters that windows-1252 has beyond ASCII.
struct MisreadRun {
    start: usize,
    end: usize,
    bytes: Vec<u8>,
}

/// A character of UTF-8 in a run, or one character that begins none.
struct Unit<'t> {
    raw: &'t str,
    decoded: char,
    /// Whether it is a letter or mark that texts are full of.
    likely: bool,
    sure: bool,
}

fn runs(text: &str) -> impl Iterator<Item = MisreadRun> + '_ {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = chars.by_ref().find_map(|(at, c)| Some((at, byte(c)?)))?;
        let mut bytes = vec![first];
        let mut end = text.len();
        while let Some(&(at, c)) = chars.peek() {
            let Some(next) = byte(c) else {
                end = at;
                break;
            };
            bytes.push(next);
            chars.next();
        }
        Some(MisreadRun { start, end, bytes })
    })
}

impl MisreadRun {
    fn units<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Unit<'t>> + 't {
        let whole = self.bytes.len() >= SURE_RUN
            && std::str::from_utf8(&self.bytes).is_ok_and(|s| s.chars().all(char::is_alphabetic));
        let (mut bytes, mut at) = (self.bytes.as_slice(), self.start);
        std::iter::from_fn(move || {
            let (decoded, length) = decode(bytes).unwrap_or(('\0', 0));
            let is_whole = length > 0;
            let raw = &text[at..];
            let raw = &raw[..raw.char_indices().nth(length.max(1)).map_or(raw.len(), |(end, _)| end)];
            let here = bytes.get(..length.max(1))?;
            let (before, after) = (text[..at].chars().next_back(), text[at + raw.len()..].chars().next());
            let sure = is_whole && (whole || is_sure(decoded, here, before, after));
            let decoded = if is_whole { decoded } else { raw.chars().next()? };
            bytes = &bytes[here.len()..];
            at += raw.len();
            let is_usual = matches!(decoded, '\u{80}'..='ſ' | 'Ͱ'..='ԯ' | '\u{2000}'..='\u{22ff}');
            let likely = is_whole && (is_usual || byte(decoded).is_some());
            Some(Unit { raw, decoded, likely, sure })
        })
    }
}

/// Returns the character of UTF-8 at the start of some bytes, and how many it takes. A right quotation mark whose last byte was lost
/// (windows-1252 has none there) counts.
fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let length = match bytes.first()? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let decoded = bytes.get(..length).and_then(|b| std::str::from_utf8(b).ok()).and_then(|s| s.chars().next());
    match decoded {
        Some(c) => Some((c, length)),
        None if bytes == [0xe2, 0x80] => Some(('”', 2)),
        None => None,
    }
}

/// Returns whether nobody can have meant the characters that stand there.
fn is_sure(decoded: char, bytes: &[u8], before: Option<char>, after: Option<char>) -> bool {
    // What may stand after a capital: closing marks, dashes, spaces (windows-1252 bytes).
    const MARKS: &[u8] = &[0x85, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x99, 0x9b, 0xa0, 0xb7, 0xbb];
    let after_capital = before.is_some_and(char::is_uppercase);
    match decoded {
        'À'..='ÿ' if MARKS.contains(&bytes[1]) => {
            !after_capital && (before.is_some_and(char::is_lowercase) || after.is_some_and(char::is_lowercase))
        }
        'À'..='ÿ' | '\u{2000}'..='\u{203f}' | '€' | '™' | '\u{feff}' | '\u{fffd}' | '\u{1f000}'..='\u{1faff}' => {
            true
        }
        'Ā'..='ſ' => before.is_some_and(char::is_lowercase) && after.is_some_and(char::is_lowercase),
        '\u{a0}'..='¿' => !after_capital,
        _ => false,
    }
}

/// Returns the byte of a character beyond ASCII in windows-1252, or in latin-1 where that has none.
fn byte(c: char) -> Option<u8> {
    const FROM_80: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match u32::from(c) {
        0..=0x7f => None,
        code @ 0x80..=0xff => u8::try_from(code).ok(),
        _ => FROM_80.iter().position(|&known| known == c).map(|at| 0x80 + at as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// UTF-8 read as windows-1252 is what `encoding_rs` makes of it.
    fn misread(text: &str) -> String {
        encoding_rs::WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.into_owned()
    }

    #[test]
    fn what_was_misread_is_repaired() {
        for text in [
            "It’s “late” – again…",
            "The naïve café owner of São Paulo",
            "État",
            "cœur",
            "Österreich",
            "Prices rose by £5, or 3 °C",
            "Привет, мир и в нём",
            "日本語の新聞",
            "😀 fine",
            "ÉTÉ and été",
        ] {
            assert_eq!(repair(&misread(text)), text);
            assert_eq!(repair(&misread(&misread(text))), text, "misread twice");
            assert_eq!(repair(text), text);
        }
    }

    #[test]
    fn only_the_misread_part_of_a_text_changes() {
        for (text, right) in [
            ("The café” – it’s â€œopenâ€\u{9d}", "The café” – it’s “open”"),
            ("â€œOpenâ€ said the door", "“Open” said the door"),
            ("Voilà\u{a0}» naÃ¯ve", "Voilà\u{a0}» naïve"),
            ("Â© The Isles", "© The Isles"),
            ("CAFÉ” and Ã¢â‚¬Å“openÃ¢â‚¬Â\u{9d}", "CAFÉ” and “open”"),
            ("ï»¿The ferry", "\u{feff}The ferry"),
        ] {
            assert_eq!(repair(text), right);
        }
    }

    #[test]
    fn letters_before_marks_are_meant() {
        for text in [
            "« Voilà\u{a0}» et « CAFÉ” »",
            "He said: ‘I liked the café’”",
            "“Groß…” – Fuß’",
            "AMANHÃ\u{a0}E “MANHÔ, IRMÖÃ",
            "FORÇA: MAÇÃ– e MAÇÔ",
            "ÂNCORA, Â e Ã",
            "Ñandú Ð Ø",
            "àéîõü ÀÉÎÕÜ",
        ] {
            assert_eq!(repair(text), text);
        }
    }

    #[test]
    fn a_long_text_takes_linear_time() {
        for part in ["Ã", "â€", "é", "Ã©", "Ð¿", "â", "\u{f4}\u{8f}"] {
            let text = part.repeat(200_000);
            let begin = std::time::Instant::now();
            let _ = repair(&text);
            assert!(begin.elapsed() < std::time::Duration::from_secs(2), "{part}");
        }
    }
}
