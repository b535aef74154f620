//! Articles embedded as data in the scripts of a page, for pages that are rendered by scripts.
//!
//! Frameworks send the content as JSON: in a script of type `application/json` (`__NEXT_DATA__`), assigned to a
//! variable, or in pieces (`self.__next_f.push`, React's flight rows). The data is converted to markup and then read
//! like any page: objects become elements whose class is their key, nodes of a document tree become the elements they
//! represent, strings with markup stay markup, and long strings become paragraphs.

use serde_json::{Deserializer, Map, Value};

/// The most of a page's scripts that is read, in bytes, and the most markup made of it.
const MAX_BYTES: usize = 5 * 1024 * 1024;
/// The maximum number of scripts and the most values in a script that are tried.
const MAX_SCRIPTS: usize = 400;
const MAX_STARTS: usize = 8;
/// A smaller script holds no article, in bytes.
const LEAST: usize = 200;
/// Strings with fewer words are labels and names.
const WORDS: usize = 7;

/// Returns a page's embedded data as markup; `None` if there is none.
pub(crate) fn markup(html: &str) -> Option<String> {
    let html = &html[..html.floor_char_boundary(MAX_BYTES)];
    let mut out = Markup(String::new());
    let mut flight = String::new();
    for script in scripts(html).take(MAX_SCRIPTS) {
        let trimmed = script.trim_start();
        if let Some(call) = trimmed.find("__next_f.push(").filter(|&at| at < 100) {
            let value = first_value(&trimmed[call + "__next_f.push(".len()..]);
            if let Some(part) = value.as_ref().and_then(|value| value.get(1)?.as_str()) {
                flight.push_str(part);
            }
        } else if trimmed.len() >= LEAST && trimmed.starts_with(['{', '[']) {
            out.first("data", trimmed);
        } else if trimmed.len() >= LEAST {
            // `window.state = {…}`, `window.state.push({…})`
            let starts = trimmed.match_indices(['=', '(']).map(|(at, _)| trimmed[at + 1..].trim_start());
            for start in starts.filter(|start| start.starts_with(['{', '['])).take(MAX_STARTS) {
                out.first("data", start);
            }
        }
    }
    out.rows(&flight);
    Some(out.0).filter(|markup| !markup.is_empty())
}

/// Returns the contents of a page's scripts, JSON-LD left out.
fn scripts(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find("<script")?;
            let tag = &rest[at..];
            let open = tag.find('>')?;
            let (attributes, after) = (&tag[..open], &tag[open + 1..]);
            let end = after.find("</script").unwrap_or(after.len());
            rest = &after[end..];
            if !attributes.contains("ld+json") && !attributes.contains(" src=") {
                return Some(&after[..end]);
            }
        }
    })
}

/// Returns the JSON value that a text begins with.
fn first_value(text: &str) -> Option<Value> {
    Deserializer::from_str(text).into_iter().next()?.ok()
}

struct Markup(String);

impl Markup {
    /// React's flight rows: `ID:JSON` up to the end of the line, or `ID:TLENGTH,TEXT` with its length in bytes as hex digits.
    fn rows(&mut self, flight: &str) {
        let mut rest = flight;
        while let Some((_, row)) = rest.split_once(':') {
            let text = row.strip_prefix('T').and_then(|row| row.split_once(','));
            let length = text.and_then(|(length, text)| Some((usize::from_str_radix(length, 16).ok()?, text)));
            if let Some((length, text)) = length {
                let (text, after) = text.split_at(text.floor_char_boundary(length));
                self.string("text", text);
                rest = after;
            } else {
                let (line, after) = row.split_once('\n').unwrap_or((row, ""));
                let line = line.trim_start_matches(|c: char| c.is_ascii_uppercase());
                self.first("row", line);
                rest = after;
            }
        }
    }

    /// The JSON value that a text begins with, if it does.
    fn first(&mut self, key: &str, text: &str) {
        if let Some(value) = first_value(text) {
            self.value(key, &value);
        }
    }

    fn value(&mut self, key: &str, value: &Value) {
        if self.0.len() > MAX_BYTES {
            return;
        }
        match value {
            Value::String(text) => self.string(key, text),
            Value::Array(all) => match react(all) {
                Some((tag, props)) => self.element(tag, props),
                None => all.iter().for_each(|value| self.value(key, value)),
            },
            Value::Object(object) => match tag(object) {
                Some(tag) => self.element(tag, object),
                None => self.wrapped("div", key, |out| object.iter().for_each(|(key, value)| out.value(key, value))),
            },
            _ => {}
        }
    }

    /// A node of a document tree.
    fn element(&mut self, tag: &str, object: &Map<String, Value>) {
        let class =
            ["className", "class", "style"].iter().find_map(|key| object.get(*key)?.as_str()).unwrap_or_default();
        self.wrapped(tag, class, |out| {
            for (key, value) in object {
                match value {
                    Value::String(text) if is_content(key) => out.text(text),
                    Value::Array(all) if is_content(key) && react(all).is_none() => {
                        for value in all {
                            match value {
                                Value::String(text) => out.text(text),
                                value => out.value(key, value),
                            }
                        }
                    }
                    Value::Object(_) | Value::Array(_) => out.value(key, value),
                    _ => {}
                }
            }
        });
    }

    fn wrapped(&mut self, tag: &str, class: &str, inner: impl FnOnce(&mut Self)) {
        let before = self.0.len();
        let class: String =
            class.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_')).take(60).collect();
        self.0.extend(["<", tag, " class=\"", &class, "\">"]);
        let start = self.0.len();
        inner(self);
        if self.0.len() == start {
            self.0.truncate(before);
        } else {
            self.0.extend(["</", tag, ">"]);
        }
    }

    /// A string that stands by itself: markup, a paragraph, or nothing worth reading.
    fn string(&mut self, key: &str, text: &str) {
        let is_markup = text.contains("</") || text.contains("<br");
        if !is_markup
            && (text.split_ascii_whitespace().nth(WORDS).is_none() && !is_unspaced(text)
                || text.starts_with(['{', '[']))
        {
            return;
        }
        self.wrapped(if is_markup { "div" } else { "p" }, key, |out| out.text(text));
    }

    fn text(&mut self, text: &str) {
        if text.contains("</") || text.contains("<br") {
            self.0.push_str(text);
        } else {
            self.0.push_str(&html_escape::encode_text(text));
        }
    }
}

/// Returns whether a text of a script without spaces is long enough for a sentence.
fn is_unspaced(text: &str) -> bool {
    text.chars().filter(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')).nth(2 * WORDS).is_some()
}

/// Returns whether a key of a document's node holds what the node shows.
fn is_content(key: &str) -> bool {
    matches!(key, "children" | "content" | "text" | "data" | "value" | "html" | "items" | "__html")
}

/// React's `["$", TAG, KEY, PROPS]`.
fn react(all: &[Value]) -> Option<(&str, &Map<String, Value>)> {
    let [Value::String(sign), Value::String(tag), _, Value::Object(props), ..] = all else { return None };
    let is_seen = !matches!(tag.as_str(), "meta" | "link" | "title" | "script" | "style" | "svg" | "head");
    (sign == "$" && is_seen).then(|| (element_of(tag).unwrap_or("div"), props))
}

/// Returns what a node of a document tree stands for.
fn tag(object: &Map<String, Value>) -> Option<&'static str> {
    let name = ["type", "tag", "tagName", "nodeName", "name", "kind", "__typename", "_type"];
    let has_content = object.keys().any(|key| is_content(key));
    name.iter().filter(|_| has_content).find_map(|key| element_of(object.get(*key)?.as_str()?))
}

fn element_of(name: &str) -> Option<&'static str> {
    if name.len() > 40 {
        return None;
    }
    Some(match name.to_ascii_lowercase().as_str() {
        "p" | "paragraph" | "paragraphblock" | "textblock" | "text_block" => "p",
        "h1" => "h1",
        "h2" | "heading" | "header" | "subheading" | "headingblock" | "crosshead" | "subheadline" | "title" => "h2",
        "h3" => "h3",
        "h4" => "h4",
        "h5" | "h6" => "h5",
        "ul" | "ol" | "list" | "unorderedlist" | "orderedlist" | "bulletlist" => "ul",
        "li" | "listitem" | "list_item" | "list-item" => "li",
        "blockquote" | "quote" | "pullquote" => "blockquote",
        "figure" => "figure",
        "figcaption" | "caption" => "figcaption",
        "a" | "link" | "hyperlink" => "a",
        "text" | "span" | "b" | "strong" | "i" | "em" | "u" | "fragment" => "span",
        "article" => "article",
        "aside" => "aside",
        "nav" => "nav",
        "footer" => "footer",
        "section" => "section",
        "table" => "table",
        "tr" => "tr",
        "td" | "th" => "td",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::{SiteContext, from_page};

    const FIRST: &str =
        "The council of the harbour town voted on Monday to raise the sea wall by a metre after two floods.";
    const SECOND: &str =
        "Work will begin in spring, the mayor told the meeting, and it will take two years until it is done.";

    /// Returns the text that a page with this script and nothing else gets.
    fn read(script: &str) -> String {
        let html = format!("<title>Town raises its sea wall</title>{script}<body><div id=root></div></body>");
        from_page(&html, None, None, None, &SiteContext::default()).text
    }

    #[test]
    fn a_page_that_scripts_would_fill_is_read_from_their_data() {
        let html = format!("<p>{FIRST}</p><p>{SECOND}</p>");
        let quoted = serde_json::to_string(&html).unwrap();
        let tree = |inner: [&str; 2]| {
            let nodes = inner.map(|text| format!(r#"{{"type":"p","children":[{{"type":"text","data":"{text}"}}]}}"#));
            nodes.join(",")
        };
        // A row of text has its length in bytes; the call that announces it need not hold it.
        let row = format!("2:T{:x},", html.len());
        let flight = format!(
            "<script>self.__next_f.push([1,{}])</script><script>self.__next_f.push([1,{quoted}])</script>",
            serde_json::to_string(&format!("1:I[7,[],\"\"]\n{row}")).unwrap()
        );
        for script in [
            format!("<script id=__NEXT_DATA__ type=application/json>{{\"props\":{{\"body\":{quoted}}}}}</script>"),
            format!("<script>window.state = {{\"article\":{{\"html\":{quoted}}}}};</script>"),
            format!("<script>(window.q = window.q || []).push({{\"content\":{quoted}}})</script>"),
            format!("<script type=application/json>{{\"body\":[{}]}}</script>", tree([FIRST, SECOND])),
            format!("<script type=application/json>{{\"paragraphs\":[\"{FIRST}\",\"{SECOND}\"]}}</script>"),
            format!(
                "<script type=application/json>{{\"blocks\":[{{\"type\":\"paragraph\",\"text\":\"{FIRST}\"}},\
                 {{\"type\":\"paragraph\",\"text\":\"{SECOND}\"}}]}}</script>"
            ),
            flight,
        ] {
            let text = read(&script);
            assert!(text.contains(FIRST) && text.contains(SECOND), "{script}\n{text}");
        }
    }

    #[test]
    fn what_is_not_an_article_gives_nothing() {
        for script in [
            "<script>var a = 1;</script>",
            "<script type=application/json>{\"menu\":[\"Home\",\"News\",\"Sport\"]}</script>",
            "<script>window.state = {broken</script>",
            "<script src=app.js></script>",
            "<script>self.__next_f.push([1,\"1:T\"])</script>",
        ] {
            assert_eq!(read(script), "Town raises its sea wall", "{script}");
        }
    }
}
