//! Edits TOML as plain text: everything that is not edited stays the same, to the byte.

use std::ops::Range;

use toml_edit::Item;

/// Returns the range from a table's header to the end of its last value, that of its inner tables included.
pub(super) fn range(table: &toml_edit::Table) -> Option<Range<usize>> {
    let header = table.span()?;
    Some(header.start..end(table, true).unwrap_or(header.end))
}

/// Removes a table, together with the comments right above and right below it.
pub(super) fn cut(text: &str, table: Range<usize>) -> String {
    let above = attached_comment(text, table.start);
    let mut end = line_end(text, table.end);
    // Comments right below belong to it too, unless the next table follows right below them.
    let below = comment_lines(text, end);
    if !text[below..].trim_start_matches([' ', '\t']).starts_with('[') {
        end = below;
    }
    let rest = text[end..].trim_start_matches(['\n', '\r']);
    let kept = text[..above].trim_end();
    let gap = match (kept.is_empty(), rest.is_empty()) {
        (true, _) => "",
        (false, true) => "\n",
        (false, false) => "\n\n",
    };
    format!("{kept}{gap}{rest}")
}

/// Returns the end of a table's last value, or of the last one within its inner tables.
pub(super) fn end(table: &toml_edit::Table, with_inner: bool) -> Option<usize> {
    let of = |item: &Item| match item {
        // `requests.timeout = "30s"` is a line of the table itself.
        Item::Table(inner) if with_inner || inner.is_dotted() => {
            end(inner, true).max(inner.span().map(|header| header.end))
        }
        Item::ArrayOfTables(tables) if with_inner => {
            tables.iter().filter_map(|inner| end(inner, true).max(inner.span().map(|header| header.end))).max()
        }
        Item::Table(_) | Item::ArrayOfTables(_) | Item::None => None,
        Item::Value(value) => value.span().map(|span| span.end),
    };
    table.iter().filter_map(|(_, item)| of(item)).max()
}

/// Returns the start of the run of comment lines right above.
fn attached_comment(text: &str, at: usize) -> usize {
    let mut start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    while start > 0 {
        let line = text[..start - 1].rfind('\n').map_or(0, |end| end + 1);
        if !text[line..start].trim_start().starts_with('#') {
            break;
        }
        start = line;
    }
    start
}

/// Returns the end of the run of comment lines that begins here.
fn comment_lines(text: &str, mut at: usize) -> usize {
    while text[at..].trim_start_matches([' ', '\t']).starts_with('#') {
        at = line_end(text, at);
    }
    at
}

/// Returns the position after the end of the line.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}
