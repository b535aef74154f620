//! What a page states of its story in JSON-LD (schema.org), however it is wrapped.

use serde_json::Value;

/// The most scripts, bytes of one script, and nodes that are looked at.
const MAX_SCRIPTS: usize = 32;
const MAX_SCRIPT: usize = 1024 * 1024;
const MAX_NODES: usize = 2_000;

/// Types that are a story.
const STORY: &[&str] = &[
    "NewsArticle",
    "Article",
    "ReportageNewsArticle",
    "AnalysisNewsArticle",
    "OpinionNewsArticle",
    "BackgroundNewsArticle",
    "ReviewNewsArticle",
    "BlogPosting",
    "LiveBlogPosting",
    "Report",
    "TechArticle",
    "ScholarlyArticle",
    "SocialMediaPosting",
];

/// Types that are a video.
const VIDEO: &[&str] = &["VideoObject"];

/// A story's node; every value as stated.
#[derive(Debug, Default)]
pub struct Stated {
    node: Value,
}

impl Stated {
    /// The first story among all scripts, else the first video.
    pub fn find<'a>(scripts: impl Iterator<Item = &'a str>) -> Self {
        let all: Vec<Value> = scripts.take(MAX_SCRIPTS).filter_map(read).collect();
        let found = all.iter().find_map(|v| first_of(v, STORY)).or_else(|| all.iter().find_map(|v| first_of(v, VIDEO)));
        Self { node: found.cloned().unwrap_or_default() }
    }

    /// A text value, or the `name`, `@id` or `url` of an object; the first of an array.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.node.get(key).and_then(text)
    }

    /// All text values under a key; a comma-separated text is split.
    pub fn list(&self, key: &str) -> Vec<String> {
        match self.node.get(key) {
            Some(Value::Array(all)) => all.iter().filter_map(text).map(str::to_owned).collect(),
            Some(Value::String(one)) => one.split(',').map(|s| s.trim().to_owned()).collect(),
            Some(one) => text(one).map(str::to_owned).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Names of the people under a key; organisations are left out.
    pub fn people(&self, key: &str) -> Vec<String> {
        let people = match self.node.get(key) {
            Some(Value::Array(all)) => all.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        people
            .into_iter()
            .filter(|p| !types(p).any(|t| t.ends_with("Organization")))
            .filter_map(|p| p.get("name").unwrap_or(p).as_str())
            .map(str::to_owned)
            .collect()
    }

    /// All names under a key, of people and organisations.
    pub fn names(&self, key: &str) -> Vec<String> {
        match self.node.get(key) {
            Some(Value::Array(all)) => all.iter().filter_map(text).map(str::to_owned).collect(),
            one => one.and_then(text).map(str::to_owned).into_iter().collect(),
        }
    }

    /// A number, also where it is written as text.
    pub fn number(&self, key: &str) -> Option<f64> {
        let value = self.node.get(key)?;
        value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
    }

    /// A truth value.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.node.get(key)?.as_bool()
    }

    /// Whether the story is of a type.
    pub fn is(&self, kind: &str) -> bool {
        types(&self.node).any(|t| t == kind)
    }

    /// The URL under a key: a text, or an object's `@id` or `url`.
    pub fn url(&self, key: &str) -> Option<&str> {
        match self.node.get(key)? {
            Value::String(s) => Some(s),
            Value::Array(all) => all.first().and_then(|v| v.as_str().or_else(|| v.get("url")?.as_str())),
            object => object.get("@id").or_else(|| object.get("url")).and_then(Value::as_str),
        }
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(s) => Some(s.as_str()).filter(|s| !s.trim().is_empty()),
        Value::Array(all) => all.iter().find_map(|v| if v.is_array() { None } else { text(v) }),
        Value::Object(object) => object.get("name").or_else(|| object.get("@value")).and_then(Value::as_str),
        _ => None,
    }
}

/// Reads a script's JSON as it is, or mended: raw line breaks inside strings, HTML character references, CDATA marks.
fn read(script: &str) -> Option<Value> {
    let script = script.trim();
    if script.len() > MAX_SCRIPT {
        return None;
    }
    let bare = script
        .trim_start_matches("//")
        .trim()
        .trim_start_matches("<![CDATA[")
        .trim_end_matches("]]>")
        .trim_end_matches("//");
    let bare = bare.trim().trim_end_matches(';');
    serde_json::from_str(bare)
        .or_else(|_| serde_json::from_str(&bare.replace(|c: char| c.is_control(), " ")))
        .or_else(|_| {
            serde_json::from_str(&html_escape::decode_html_entities(bare).replace(|c: char| c.is_control(), " "))
        })
        .ok()
}

/// The first node of one of these types in reading order; `@graph`, arrays and `mainEntity` are looked into.
fn first_of<'a>(value: &'a Value, kinds: &[&str]) -> Option<&'a Value> {
    let mut queue = std::collections::VecDeque::from([value]);
    let mut seen = 0;
    while let Some(value) = queue.pop_front() {
        seen += 1;
        if seen > MAX_NODES {
            return None;
        }
        match value {
            Value::Array(all) => queue.extend(all),
            Value::Object(object) => {
                if types(value).any(|t| kinds.contains(&t)) {
                    return Some(value);
                }
                queue.extend(["@graph", "mainEntity", "mainEntityOfPage"].iter().filter_map(|k| object.get(*k)));
            }
            _ => {}
        }
    }
    None
}

fn types(value: &Value) -> impl Iterator<Item = &str> {
    let kind = value.get("@type");
    let many = kind.and_then(Value::as_array).into_iter().flatten();
    kind.into_iter().chain(many).filter_map(Value::as_str).map(|t| t.rsplit(['/', ':']).next().unwrap_or(t))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headline(script: &str) -> Option<String> {
        Stated::find([script].into_iter()).text("headline").map(str::to_owned)
    }

    #[test]
    fn a_story_is_found_however_it_is_wrapped() {
        for script in [
            r#"{"@type":"NewsArticle","headline":"H"}"#,
            r#"[{"@type":"Organization","name":"X"},{"@type":["Article","NewsArticle"],"headline":"H"}]"#,
            r#"{"@graph":[{"@type":"WebSite"},{"@type":"http://schema.org/NewsArticle","headline":["H"]}]}"#,
            "{\"@type\":\"Article\",\"headline\":\"H\",\"description\":\"raw\nbreak\"}",
            "{&quot;@type&quot;:&quot;Article&quot;,&quot;headline&quot;:&quot;H&quot;}",
            "//<![CDATA[\n{\"@type\":\"Article\",\"headline\":\"H\"}\n//]]>",
        ] {
            assert_eq!(headline(script).as_deref(), Some("H"), "{script}");
        }
        assert_eq!(headline("{\"@type\":\"Article\",\"headline\":"), None);
        assert_eq!(headline(&"[".repeat(100_000)), None);
    }

    #[test]
    fn people_are_no_organisations() {
        let stated = Stated::find(
            [r#"{"@type":"Article","author":[{"@type":"Person","name":"Ada Reyes"},{"@type":"Organization","name":"The Wire"},"Jo Lind"]}"#].into_iter(),
        );
        assert_eq!(stated.people("author"), ["Ada Reyes", "Jo Lind"]);
    }
}
