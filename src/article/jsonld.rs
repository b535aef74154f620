//! What a page states of its story in JSON-LD (schema.org), however it is wrapped.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

/// The most scripts, bytes of one script, and nodes that are looked at.
const MAX_SCRIPTS: usize = 32;
const MAX_SCRIPT: usize = 1024 * 1024;
const MAX_NODES: usize = 2_000;
/// The most names of one list.
const MAX_NAMES: usize = 50;

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

/// Types that check a claim: a story where the page states no other.
const REVIEW: &[&str] = &["ClaimReview"];

/// Types that are a video.
const VIDEO: &[&str] = &["VideoObject"];

/// Types of the page around the story, which some sites date and sign instead of it.
const PAGE: &[&str] = &["WebPage", "ItemPage"];

/// A story's node and what stands with it; every value as stated.
#[derive(Debug, Default)]
pub struct Stated {
    node: Value,
    page: Value,
    /// Names of nodes by their `@id`, `None` for organisations.
    named: HashMap<String, Option<String>>,
    /// The trail of breadcrumbs.
    pub breadcrumbs: Vec<String>,
}

impl Stated {
    /// The first story among all scripts, else the first check of a claim, else the first video.
    pub fn find<'a>(scripts: impl Iterator<Item = &'a str>) -> Self {
        let all: Vec<Value> = scripts.take(MAX_SCRIPTS).filter_map(read).collect();
        let nodes: Vec<&Value> = all.iter().flat_map(nodes).collect();
        let first = |kinds: &[&str]| nodes.iter().copied().find(|n| types(n).any(|t| kinds.contains(&t)));
        let story = first(STORY).or_else(|| first(REVIEW)).or_else(|| first(VIDEO));
        Self {
            node: story.cloned().unwrap_or_default(),
            page: first(PAGE).cloned().unwrap_or_default(),
            named: nodes.iter().filter_map(|n| named(n)).collect(),
            breadcrumbs: first(&["BreadcrumbList"]).map(breadcrumbs).unwrap_or_default(),
        }
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

    /// The values under a key: the story's, then the page's.
    pub fn of_story_and_page(&self, key: &str) -> impl Iterator<Item = &str> {
        [&self.node, &self.page].into_iter().filter_map(move |n| n.get(key).and_then(text))
    }

    /// Names of the people under a key, of the story, else of the page, and whether each is said to be a person; organisations
    /// are left out, references to other nodes followed.
    pub fn people(&self, key: &str) -> Vec<(String, bool)> {
        let of = |node: &Value| -> Vec<(String, bool)> {
            let all = match node.get(key) {
                Some(Value::Array(all)) => all.iter().collect(),
                Some(one) => vec![one],
                None => Vec::new(),
            };
            all.into_iter().take(MAX_NAMES).flat_map(|p| self.person(p)).collect()
        };
        let people = of(&self.node);
        if people.is_empty() { of(&self.page) } else { people }
    }

    fn person(&self, value: &Value) -> Vec<(String, bool)> {
        if types(value).any(|t| t.ends_with("Organization")) {
            return Vec::new();
        }
        let is_person = types(value).any(|t| t.eq_ignore_ascii_case("Person"));
        match value.get("name").unwrap_or(value) {
            Value::String(name) => vec![(name.clone(), is_person)],
            Value::Array(all) => {
                all.iter().take(MAX_NAMES).filter_map(|n| Some((n.as_str()?.to_owned(), is_person))).collect()
            }
            _ => {
                let name = value.get("@id").and_then(Value::as_str).and_then(|id| self.named.get(id)?.clone());
                name.into_iter().map(|n| (n, true)).collect()
            }
        }
    }

    /// A text value inside the first object under a key.
    pub fn of_object(&self, key: &str, inner: &str) -> Option<&str> {
        let value = self.node.get(key)?;
        let object = value.as_array().map_or(Some(value), |all| all.first())?;
        object.get(inner).and_then(text)
    }

    /// The objects under a key.
    pub fn objects(&self, key: &str) -> impl Iterator<Item = &Value> {
        let value = self.node.get(key);
        let many = value.and_then(Value::as_array).into_iter().flatten();
        value.into_iter().chain(many).filter(|value| value.is_object())
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

/// The nodes of a script in reading order; `@graph`, arrays and what the page is about are looked into.
fn nodes(script: &Value) -> Vec<&Value> {
    const INTO: &[&str] = &["@graph", "mainEntity", "mainEntityOfPage", "breadcrumb"];
    let mut queue = VecDeque::from([script]);
    let (mut nodes, mut seen) = (Vec::new(), 0);
    while let Some(value) = queue.pop_front()
        && seen < MAX_NODES
    {
        seen += 1;
        match value {
            Value::Array(all) => queue.extend(all),
            Value::Object(object) => {
                nodes.push(value);
                queue.extend(INTO.iter().filter_map(|k| object.get(*k)));
            }
            _ => {}
        }
    }
    nodes
}

/// A node's `@id` with its name; an organisation's is no name to follow.
fn named(node: &Value) -> Option<(String, Option<String>)> {
    let id = node.get("@id")?.as_str()?;
    let name = node.get("name")?.as_str()?;
    let is_person = types(node).any(|t| t == "Person");
    Some((id.to_owned(), is_person.then(|| name.to_owned())))
}

fn breadcrumbs(list: &Value) -> Vec<String> {
    let items = list.get("itemListElement").and_then(Value::as_array).into_iter().flatten();
    let name = |item: &Value| Some(item.get("name").or_else(|| item.get("item")?.get("name"))?.as_str()?.to_owned());
    items.take(MAX_NAMES).filter_map(name).collect()
}

fn types(value: &Value) -> impl Iterator<Item = &str> {
    let kind = value.get("@type").or_else(|| value.get("type"));
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
        for (author, people) in [
            (
                r#"[{"@type":"Person","name":"Ada Reyes"},{"@type":"Organization","name":"The Wire"},"Jo Lind"]"#,
                vec![("Ada Reyes", true), ("Jo Lind", false)],
            ),
            (r#"{"@type":"Person","name":["Ada Reyes","Jo Lind"]}"#, vec![("Ada Reyes", true), ("Jo Lind", true)]),
            (r#"{"type":"person","name":"Ada Reyes"}"#, vec![("Ada Reyes", true)]),
            (r##"{"@id":"#ada"}"##, vec![("Ada Reyes", true)]),
            (r##"{"@id":"#wire"}"##, vec![]),
            (r##"{"@id":"#nobody"}"##, vec![]),
            ("{}", vec![]),
        ] {
            let script = format!(
                r##"{{"@graph":[{{"@type":"Article","author":{author}}},{{"@type":["Person"],"@id":"#ada","name":"Ada Reyes"}},{{"@type":"Organization","@id":"#wire","name":"The Wire"}}]}}"##
            );
            let found = Stated::find([script.as_str()].into_iter()).people("author");
            let found: Vec<_> = found.iter().map(|(name, typed)| (name.as_str(), *typed)).collect();
            assert_eq!(found, people, "{author}");
        }
    }

    #[test]
    fn the_page_and_its_trail_stand_in_for_the_story() {
        let script = r##"{"@graph":[
            {"@type":"WebPage","datePublished":"2019-03-12T10:30:00Z","author":{"@id":"#ada"},
             "breadcrumb":{"@type":"BreadcrumbList","itemListElement":[{"name":"Home"},{"item":{"name":"Coast"}},{}]}},
            {"@type":"Article","headline":"H","datePublished":"2019-03-12"},
            {"@type":"Person","@id":"#ada","name":"Ada Reyes"}]}"##;
        let stated = Stated::find([script].into_iter());
        let times: Vec<_> = stated.of_story_and_page("datePublished").collect();
        assert_eq!(times, ["2019-03-12", "2019-03-12T10:30:00Z"]);
        assert_eq!(stated.people("author"), [("Ada Reyes".to_owned(), true)]);
        assert_eq!(stated.breadcrumbs, ["Home", "Coast"]);
    }

    #[test]
    fn a_checked_claim_is_a_story_before_a_video() {
        let script = r#"[{"@type":"VideoObject","headline":"V"},{"@type":"ClaimReview","headline":"C"}]"#;
        assert_eq!(headline(script).as_deref(), Some("C"));
        let script = r#"[{"@type":"ClaimReview","headline":"C"},{"@type":"NewsArticle","headline":"H"}]"#;
        assert_eq!(headline(script).as_deref(), Some("H"));
    }
}
