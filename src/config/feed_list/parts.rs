//! Parts of a TOML list: a list of a million feeds is parsed a few hundred feeds at a time, because a parsed document
//! takes many times the memory of its text.

use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

/// A part ends before the first `[[feed]]` after this many bytes.
const PART_BYTES: usize = 64 << 10;

/// Returns the parts of a list with their offsets. Each but the first begins with a header `[[feed]]`.
pub(super) fn parts(text: &str) -> impl Iterator<Item = (usize, &str)> {
    parts_of(text, PART_BYTES)
}

fn parts_of(text: &str, size: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut headers = headers(text);
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let from = start?;
        start = headers.find(|header| *header >= from + size);
        Some((from, &text[from..start.unwrap_or(text.len())]))
    })
}

/// Returns the offsets of the headers `[[feed]]`. The lexer knows which brackets are in strings, comments and arrays.
fn headers(text: &str) -> impl Iterator<Item = usize> {
    let mut tokens = Source::new(text).lex().peekable();
    let mut is_line_start = true;
    let mut depth = 0_usize;
    std::iter::from_fn(move || {
        loop {
            let token = tokens.next()?;
            let opens = is_line_start && depth == 0 && token.kind() == TokenKind::LeftSquareBracket;
            is_line_start =
                token.kind() == TokenKind::Newline || is_line_start && token.kind() == TokenKind::Whitespace;
            match token.kind() {
                TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => depth += 1,
                TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => depth = depth.saturating_sub(1),
                // A header or value that is not closed is an error, which the parser reports.
                _ => {}
            }
            let start = token.span().start();
            let is = |token: &Token, kind: TokenKind| token.kind() == kind;
            if opens && tokens.next_if(|token| is(token, TokenKind::LeftSquareBracket)).is_some() {
                depth += 1;
                while tokens.next_if(|token| is(token, TokenKind::Whitespace)).is_some() {}
                let name = tokens.peek().map(|token| &text[token.span().start()..token.span().end()]);
                if name == Some("feed") {
                    tokens.next();
                    while tokens.next_if(|token| is(token, TokenKind::Whitespace)).is_some() {}
                    if tokens.peek().is_some_and(|token| is(token, TokenKind::RightSquareBracket)) {
                        return Some(start);
                    }
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split_before_its_feeds_and_nowhere_else() {
        let list = "# All.\n[[feed]]\nurl = \"a\" # [[feed]]\n  [[ feed ]]\ntitle = \"\"\"\n[[feed]]\n\"\"\"\n\
                    x = [\n[[feed]]\n]\n[feed.more]\n[[feed.inner]]\n[[feeds]]\n\r\n[[feed]]\nurl = 'b'";
        let parts: Vec<_> = parts_of(list, 1).collect();
        let starts: Vec<usize> = list.match_indices("[[feed]]\nurl").map(|(at, _)| at).collect();
        let spaced = list.find("[[ feed").unwrap();
        assert_eq!(parts.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, starts[0], spaced, starts[1]]);
        assert_eq!(parts.iter().map(|(_, part)| *part).collect::<String>(), list);
        assert!(parts.iter().all(|(at, part)| list[*at..].starts_with(part)));
        assert_eq!(parts_of("", 1).collect::<Vec<_>>(), [(0, "")]);
    }
}
