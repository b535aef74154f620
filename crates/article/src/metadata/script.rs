//! Parses the JSON values of a JSON-LD script, and repairs invalid JSON.

use serde_json::Value;

/// The longest script that is read, in bytes, and the most values of one.
const MAX_SCRIPT: usize = 1024 * 1024;
const MAX_VALUES: usize = 32;

/// Returns what a script holds: one value usually, several where they stand one after the other. Marks that hide the script from old
/// readers, comments, stray commas and characters, and HTML's character references or backslashes in place of quotation marks are mended.
pub(crate) fn values(script: &str) -> Vec<Value> {
    let script = script.trim().trim_end_matches(';');
    if script.len() > MAX_SCRIPT {
        return Vec::new();
    }
    match serde_json::from_str(script) {
        // A script that was packed into a string.
        Ok(Value::String(inner)) => return mended(&inner),
        Ok(value) => return vec![value],
        Err(_) => {}
    }
    if !script.contains('"') {
        return mended(&html_escape::decode_html_entities(script));
    }
    if script.contains("{\\\"") {
        return mended(&script.replace("\\\"", "\""));
    }
    mended(script)
}

fn mended(script: &str) -> Vec<Value> {
    let mut values = Vec::new();
    let mut rest = script;
    while values.len() < MAX_VALUES
        && let Some(start) = start(rest)
        && let Some((json, after)) = dateline_feed::mend_json(&rest[start..])
    {
        values.extend(serde_json::from_str(&json).ok());
        rest = after;
    }
    values
}

/// Returns where an object or list starts; the brackets of `<![CDATA[` are none.
fn start(script: &str) -> Option<usize> {
    let is_mark = |at: usize| script[at..].starts_with("[CDATA[") || script[..at].ends_with("<![CDATA");
    script.match_indices(['{', '[']).map(|(at, _)| at).find(|&at| !is_mark(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_scripts_are_repaired() {
        let whole = serde_json::json!({"@type": "Article", "headline": "The quay's wall"});
        for script in [
            r#"{"@type":"Article","headline":"The quay's wall"};"#,
            r#"{"@type":"Article","headline":"The quay\'s wall",}"#,
            "<!-- {\"@type\":\"Article\",\"headline\":\"The quay's wall\"} -->",
            "<!--\n{\"@type\":\"Article\",\"headline\":\"The quay's wall\"}\n//-->",
            "//<![CDATA[\n{\"@type\":\"Article\",\"headline\":\"The quay's wall\"}\n//]]>",
            "/*<![CDATA[*/{\"@type\":\"Article\",\"headline\":\"The quay's wall\"}/*]]>*/",
            "<![CDATA[{\"@type\":\"Article\",\"headline\":\"The quay's wall\"}]]>",
            "/* story */ {\"@type\":\"Article\", // its type\n\"headline\":\"The quay's wall\"}",
            "{&quot;@type&quot;:&quot;Article&quot;,&quot;headline&quot;:&quot;The quay&#39;s wall&quot;}",
            "{\"@type\":\"Article\"\n\"headline\":\"The quay's wall\"}",
            "{\"@type\":\"Article\",\"headline\":\"The quay\u{1}'s\twall\"}".replace('\u{1}', "").as_str(),
            "\u{feff}{\"@type\":\"Article\",\"headline\":\"The quay's wall\"}",
            "var story = {\"@type\":\"Article\",\"headline\":\"The quay's wall\"};",
            "{'@type':'Article','headline':'The quay's wall'}",
            r"{'@type': 'Article', 'headline': 'The quay\'s wall', }",
            r#"{@type: "Article", headline: "The quay's wall"}"#,
            "{“@type”:“Article”,“headline”:“The quay's wall”}",
            "{&#8220;@type&#8221;:&#8220;Article&#8221;,&#8220;headline&#8221;:&#8220;The quay&#39;s wall&#8221;}",
            "<p>{<br />\n\"@type\":\"Article\",<br />\n\"headline\":\"The quay's wall\"<br />\n}</p>",
            r#"{\"@type\":\"Article\",\"headline\":\"The quay's wall\"}"#,
            r#""{\"@type\":\"Article\",\"headline\":\"The quay's wall\"}""#,
            r#"{"@type":"Article",,"headline":"The quay's wall"}}"#,
            r#"{"@type":"Article","headline":"The quay's wall""#,
            r#"{"@type":"Article","headline":"The quay's wall","articleBody":"The council of the harb"#,
            r#"{"@type":"Article","headline":"The quay's wall","articleBody"#,
        ] {
            assert_eq!(values(script), std::slice::from_ref(&whole), "{script}");
        }
    }

    #[test]
    fn values_are_repaired_where_they_stand() {
        use serde_json::json;
        for (script, value) in [
            (r#"{"a":,"b":}"#, json!({"a": null, "b": null})),
            (r#"{"a":undefined,"b":None,"c":True}"#, json!({"a": null, "b": null, "c": true})),
            (
                r#"{"at":2026-03-01T09:00:00Z,"n":12,"x":1.5e3}"#,
                json!({"at": "2026-03-01T09:00:00Z", "n": 12, "x": 1500.0}),
            ),
            (r#"{"a":[{"b":1],"c":2}"#, json!({"a": [{"b": 1}], "c": 2})),
            (r#"{"a":[{"b":1,"c":"cut of"#, json!({"a": [{"b": 1}]})),
            (r#"{"a":{"b":[1,2"#, json!({"a": {"b": [1]}})),
            ("{\"a\":\"One\ntwo.\r\nThree\n\nfour.\"}", json!({"a": "One two.\nThree\n four."})),
            (r#"{"a":"<a href="/b">c</a>"}"#, json!({"a": "<a href=\"/b\">c</a>"})),
            (r#"{"a":"x\q\u00e9\ud83d"}"#, json!({"a": "xqé\u{fffd}"})),
            (
                r#"{"a":1 /* one */, // two
                "b":2}"#,
                json!({"a": 1, "b": 2}),
            ),
        ] {
            assert_eq!(values(script), [value], "{script}");
        }
    }

    #[test]
    fn values_one_after_the_other_are_all_read() {
        for script in [
            r#"{"a":1}{"b":2}"#,
            "{\"a\":1}\n\n{\"b\":2,}",
            r#"{"a":1},{"b":2}"#,
            r#"{"a":1};{"b":2};"#,
            r#"<!-- one -->{"a":1}<!-- two -->{"b":2}"#,
        ] {
            assert_eq!(values(script), [serde_json::json!({"a": 1}), serde_json::json!({"b": 2})], "{script}");
        }
        assert_eq!(values(r#"[{"a":1}{"b":2}]"#), [serde_json::json!([{"a": 1}, {"b": 2}])]);
        assert_eq!(values(r#"{"a":"say "no", then go"}"#), [serde_json::json!({"a": "say \"no\", then go"})]);
    }

    #[test]
    fn hostile_scripts_cost_little() {
        let start = std::time::Instant::now();
        for part in [
            "[",
            "{",
            "{\"a\":",
            "{},",
            "\"",
            "{\"a\\",
            "<!--",
            "/*",
            "{ ,  ",
            "[1 2",
            "{\"a\" \"b\"",
            "<a",
            "\"<a ",
            "\"<a> ",
            "“",
            "{'a",
            "{a:",
            "[a,",
        ] {
            values(&part.repeat(MAX_SCRIPT / part.len()));
        }
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }
}
