//! Reads the article's JSON-LD (schema.org), in any of its common wrappings.

use std::collections::VecDeque;

use serde_json::Value;

use super::byline::Named;
use super::media;
use super::references::References;
use super::script;

/// The maximum number of scripts and nodes that are examined.
const MAX_SCRIPTS: usize = 32;
const MAX_NODES: usize = 2_000;
/// The maximum number of names of one list.
const MAX_NAMES: usize = 50;

/// Types that are an article.
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

/// Types that check a claim: an article where the page states no other.
const REVIEW: &[&str] = &["ClaimReview"];

/// Types that are a video.
const VIDEO: &[&str] = &["VideoObject"];

/// Types of the page around the article, which some sites date and sign instead of it.
const PAGE: &[&str] = &["WebPage", "ItemPage"];

/// An article's node and what stands with it; every value as stated.
#[derive(Debug, Default)]
pub(crate) struct Stated {
    node: Value,
    page: Value,
    references: References,
    /// The trail of breadcrumbs.
    pub breadcrumbs: Vec<String>,
}

impl Stated {
    /// Returns the first article among all scripts, else the first check of a claim, else the first video.
    pub(crate) fn find<'a>(scripts: impl Iterator<Item = &'a str>) -> Self {
        let all: Vec<Value> = scripts.take(MAX_SCRIPTS).flat_map(script::values).collect();
        let nodes: Vec<&Value> = all.iter().flat_map(nodes).collect();
        let first = |kinds: &[&str]| nodes.iter().copied().find(|n| types(n).any(|t| kinds.contains(&t)));
        let story = first(STORY).or_else(|| first(REVIEW)).or_else(|| first(VIDEO));
        Self {
            node: story.cloned().unwrap_or_default(),
            page: first(PAGE).cloned().unwrap_or_default(),
            references: References::gather(&all),
            breadcrumbs: first(&["BreadcrumbList"]).map(breadcrumbs).unwrap_or_default(),
        }
    }

    /// Returns a text value, or the `name` of an object; the first of an array.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.text_of(self.node.get(key)?)
    }

    fn text_of<'a>(&'a self, value: &'a Value) -> Option<&'a str> {
        match value {
            Value::String(_) => text(value),
            Value::Array(all) => all.iter().find_map(|v| if v.is_array() { None } else { self.text_of(v) }),
            object => text(self.references.follow(object)),
        }
    }

    /// Returns all text values under a key; a comma-separated text is split.
    pub(crate) fn list(&self, key: &str) -> Vec<String> {
        match self.node.get(key) {
            Some(Value::Array(all)) => all.iter().filter_map(text).map(str::to_owned).collect(),
            Some(Value::String(one)) => one.split(',').map(|s| s.trim().to_owned()).collect(),
            Some(one) => text(one).map(str::to_owned).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Returns the values under a key: the article's, then the page's.
    pub(crate) fn of_story_and_page(&self, key: &str) -> impl Iterator<Item = &str> {
        [&self.node, &self.page].into_iter().filter_map(move |n| n.get(key).and_then(text))
    }

    /// Returns names under a key, of the article, else of the page, and what each is said to name; references to other nodes are followed.
    pub(crate) fn named(&self, key: &str) -> Vec<(String, Named)> {
        let of = |node: &Value| -> Vec<(String, Named)> {
            let all = match node.get(key) {
                Some(Value::Array(all)) => all.iter().collect(),
                Some(one) => vec![one],
                None => Vec::new(),
            };
            all.into_iter().take(MAX_NAMES).flat_map(|p| self.name_of(p)).collect()
        };
        let names = of(&self.node);
        if names.is_empty() { of(&self.page) } else { names }
    }

    fn name_of(&self, value: &Value) -> Vec<(String, Named)> {
        let value = self.references.follow(value);
        let is = if types(value).any(|t| t.eq_ignore_ascii_case("Person")) {
            Named::Person
        } else if types(value).any(|t| t.ends_with("Organization")) {
            Named::Organization
        } else {
            Named::Unsaid
        };
        match value.get("name").unwrap_or(value) {
            Value::String(name) => vec![(name.clone(), is)],
            Value::Array(all) => {
                all.iter().take(MAX_NAMES).filter_map(|n| Some((n.as_str()?.to_owned(), is))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns the address of the article's first picture, else of the page's, and the caption that is stated with it.
    pub(crate) fn picture(&self) -> Option<(&str, Option<&str>)> {
        let stated = [self.node.get("image"), self.page.get("primaryImageOfPage"), self.page.get("image")];
        let pictures = stated.into_iter().flatten().flat_map(|value| match value {
            Value::Array(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        });
        pictures.take(MAX_NAMES).map(|picture| self.references.follow(picture)).find_map(|picture| {
            let named = || ["url", "contentUrl"].iter().find_map(|key| text(picture.get(*key)?));
            // An `@id` names the node; now and then it is the picture's address as well.
            let id = || picture.get("@id").and_then(Value::as_str).filter(|id| media::is_picture_name(id));
            Some((picture.as_str().or_else(named).or_else(id)?, picture.get("caption").and_then(text)))
        })
    }

    /// Returns the objects under a key.
    pub(crate) fn objects(&self, key: &str) -> impl Iterator<Item = &Value> {
        let value = self.node.get(key);
        let many = value.and_then(Value::as_array).into_iter().flatten();
        value.into_iter().chain(many).filter(|value| value.is_object())
    }

    /// Returns all names under a key, of people and organisations.
    pub(crate) fn names(&self, key: &str) -> Vec<String> {
        match self.node.get(key) {
            Some(Value::Array(all)) => all.iter().filter_map(|v| self.text_of(v)).map(str::to_owned).collect(),
            one => one.and_then(|v| self.text_of(v)).map(str::to_owned).into_iter().collect(),
        }
    }

    /// Returns a number, also where it is written as text.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        let value = self.node.get(key)?;
        value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
    }

    /// Returns whether everyone may read the article, as it or its page states.
    pub(crate) fn is_free(&self) -> Option<bool> {
        [&self.node, &self.page].into_iter().find_map(is_free)
    }

    /// CSS selectors of the parts that not everyone may read.
    pub(crate) fn paid_parts(&self) -> impl Iterator<Item = &str> {
        let parts = [&self.node, &self.page].into_iter().filter_map(|node| node.get("hasPart"));
        let all = parts.flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
        let paid = all.filter(|part| is_free(part) == Some(false)).filter_map(|part| part.get("cssSelector"));
        let selectors = paid.flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
        selectors.take(MAX_NAMES).filter_map(Value::as_str)
    }

    /// Returns whether the article is of a type.
    pub(crate) fn is(&self, kind: &str) -> bool {
        types(&self.node).any(|t| t == kind)
    }

    /// Returns the URL under a key: a text, or an object's `@id` or `url`.
    pub(crate) fn url(&self, key: &str) -> Option<&str> {
        match self.node.get(key)? {
            Value::String(s) => Some(s),
            Value::Array(all) => all.first().and_then(|v| v.as_str().or_else(|| v.get("url")?.as_str())),
            object => object.get("@id").or_else(|| object.get("url")).and_then(Value::as_str),
        }
    }
}

fn is_free(node: &Value) -> Option<bool> {
    let value = node.get("isAccessibleForFree")?;
    value.as_bool().or_else(|| is_yes(text(value)?))
}

/// Returns a truth value as schema.org's values are written.
pub(crate) fn is_yes(value: &str) -> Option<bool> {
    match value.trim().rsplit(['/', ':']).next()?.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
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

/// Returns the nodes of a script in reading order; `@graph`, arrays and what the page is about are looked into.
pub(crate) fn nodes(script: &Value) -> Vec<&Value> {
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

fn breadcrumbs(list: &Value) -> Vec<String> {
    let items = list.get("itemListElement").and_then(Value::as_array).into_iter().flatten();
    let name = |item: &Value| Some(item.get("name").or_else(|| item.get("item")?.get("name"))?.as_str()?.to_owned());
    items.take(MAX_NAMES).filter_map(name).collect()
}

pub(crate) fn types(value: &Value) -> impl Iterator<Item = &str> {
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
    fn an_article_is_found_however_it_is_wrapped() {
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
    fn people_and_organizations_are_named() {
        use Named::{Organization, Person, Unsaid};
        for (author, names) in [
            (
                r#"[{"@type":"Person","name":"Ada Reyes"},{"@type":"NewsMediaOrganization","name":"The Wire"},"Jo Lind"]"#,
                vec![("Ada Reyes", Person), ("The Wire", Organization), ("Jo Lind", Unsaid)],
            ),
            (r#"{"@type":"Person","name":["Ada Reyes","Jo Lind"]}"#, vec![("Ada Reyes", Person), ("Jo Lind", Person)]),
            (r#"{"type":"person","name":"Ada Reyes"}"#, vec![("Ada Reyes", Person)]),
            (r##"{"@id":"#ada"}"##, vec![("Ada Reyes", Person)]),
            (r##"["#ada"]"##, vec![("Ada Reyes", Person)]),
            (r##"[{"@id":"#ada"},{"@id":"#wire"}]"##, vec![("Ada Reyes", Person), ("The Wire", Organization)]),
            (r##"{"@id":"#nobody"}"##, vec![]),
            ("{}", vec![]),
        ] {
            let script = format!(
                r##"{{"@graph":[{{"@type":"Article","author":{author}}},{{"@type":["Person"],"@id":"#ada","name":"Ada Reyes"}},{{"@type":"Organization","@id":"#wire","name":"The Wire"}}]}}"##
            );
            let found = Stated::find([script.as_str()].into_iter()).named("author");
            let found: Vec<_> = found.iter().map(|(name, is)| (name.as_str(), *is)).collect();
            assert_eq!(found, names, "{author}");
        }
    }

    #[test]
    fn pictures_are_found_by_reference() {
        for (image, picture) in [
            (r##"{"@id":"#photo"}"##, Some(("https://isles.example/a.jpg", Some("The wall")))),
            (r##"[{"@id":"#nothing"},{"@id":"#photo"}]"##, Some(("https://isles.example/a.jpg", Some("The wall")))),
            (r##""#photo""##, Some(("https://isles.example/a.jpg", Some("The wall")))),
            (r##"{"@id":"#content"}"##, Some(("https://isles.example/b.jpg", None))),
            (r#"{"@id":"https://isles.example/c.jpg"}"#, Some(("https://isles.example/c.jpg", None))),
            (
                r#"{"@type":"ImageObject","url":["https://isles.example/d.jpg"],"caption":"D"}"#,
                Some(("https://isles.example/d.jpg", Some("D"))),
            ),
            (
                r#"["https://isles.example/e.jpg","https://isles.example/f.jpg"]"#,
                Some(("https://isles.example/e.jpg", None)),
            ),
            // Circles, and nodes that are nowhere; the page's own picture stands in.
            (r##"{"@id":"#circle"}"##, Some(("https://isles.example/p.jpg", None))),
            (r#"{"@id":"https://isles.example/x/#primaryimage"}"#, Some(("https://isles.example/p.jpg", None))),
        ] {
            let script = format!(
                r##"{{"@graph":[{{"@type":"Article","image":{image}}},
                    {{"@type":"WebPage","primaryImageOfPage":{{"@id":"#page-photo"}}}},
                    {{"@type":"ImageObject","@id":"#photo","url":"https://isles.example/a.jpg","caption":{{"@value":"The wall"}}}},
                    {{"@type":"ImageObject","@id":"#content","contentUrl":"https://isles.example/b.jpg"}},
                    {{"@type":"ImageObject","@id":"#circle","thumbnail":{{"@id":"#circle"}}}},
                    {{"@type":"ImageObject","@id":"#page-photo","url":"https://isles.example/p.jpg"}}]}}"##
            );
            let stated = Stated::find([script.as_str()].into_iter());
            assert_eq!(stated.picture(), picture, "{image}");
        }
    }

    #[test]
    fn publishers_are_found_by_reference() {
        for publisher in [
            r##"{"@id":"#wire"}"##,
            r##"{"@type":"Organization","@id":"#wire"}"##,
            r##"[{"@id":"#nobody"},{"@id":"#wire"}]"##,
            r#"{"@type":"Organization","name":"The Wire"}"#,
            r#""The Wire""#,
        ] {
            let script = format!(
                r##"[{{"@type":"Article","publisher":{publisher}}},{{"@type":"WebSite","publisher":{{"@type":"Organization","@id":"#wire","name":"The Wire"}}}}]"##
            );
            let stated = Stated::find([script.as_str()].into_iter());
            assert_eq!(stated.text("publisher"), Some("The Wire"), "{publisher}");
        }
    }

    #[test]
    fn the_page_and_its_trail_replaces_the_article() {
        let script = r##"{"@graph":[
            {"@type":"WebPage","datePublished":"2019-03-12T10:30:00Z","author":{"@id":"#ada"},
             "breadcrumb":{"@type":"BreadcrumbList","itemListElement":[{"name":"Home"},{"item":{"name":"Coast"}},{}]}},
            {"@type":"Article","headline":"H","datePublished":"2019-03-12"},
            {"@type":"Person","@id":"#ada","name":"Ada Reyes"}]}"##;
        let stated = Stated::find([script].into_iter());
        let times: Vec<_> = stated.of_story_and_page("datePublished").collect();
        assert_eq!(times, ["2019-03-12", "2019-03-12T10:30:00Z"]);
        assert_eq!(stated.named("author"), [("Ada Reyes".to_owned(), Named::Person)]);
        assert_eq!(stated.breadcrumbs, ["Home", "Coast"]);
    }

    #[test]
    fn a_checked_claim_is_an_article_before_a_video() {
        let script = r#"[{"@type":"VideoObject","headline":"V"},{"@type":"ClaimReview","headline":"C"}]"#;
        assert_eq!(headline(script).as_deref(), Some("C"));
        let script = r#"[{"@type":"ClaimReview","headline":"C"},{"@type":"NewsArticle","headline":"H"}]"#;
        assert_eq!(headline(script).as_deref(), Some("H"));
    }
}
