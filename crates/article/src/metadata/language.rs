//! The language of an article as a BCP 47 tag.

use dateline_record::{Article, Source};

/// Returns the tag of the language as which the text is read: the declared one, unless the text is surely in another.
pub(crate) fn language(declared: Option<&str>, text: &str) -> Option<String> {
    Some(dateline_text::reading(declared, text).tag).filter(|tag| tag != "und")
}

/// Gives an article the language that the feed list declares, if neither page nor feed states one.
pub fn declare_language(article: &mut Article, declared: &str) {
    let is_stated = article.sources.get("language").is_some_and(|source| *source != Source::Heuristics);
    let Some(declared) = tag(declared).filter(|_| !is_stated) else { return };
    article.language = language(Some(&declared), &article.text);
    // No source stands for the feed list.
    article.sources.remove("language");
    if article.language.as_ref().is_some_and(|language| *language != declared) {
        article.sources.insert("language".to_owned(), Source::Heuristics);
    }
}

/// Returns a declared tag in its usual writing (`en_us` is `en-US`), or `None` where it is not a tag.
pub(crate) fn tag(raw: &str) -> Option<String> {
    let mut out = String::new();
    for (i, part) in raw.trim().split(['-', '_']).enumerate() {
        if part.is_empty() || part.len() > 8 || !part.bytes().all(|b| b.is_ascii_alphanumeric()) || i > 4 {
            return None;
        }
        match (i, part.len()) {
            (0, 2 | 3) => out.push_str(&part.to_ascii_lowercase()),
            (0, _) => return None,
            (_, 2) => out.extend(["-", &part.to_ascii_uppercase()]),
            (_, 4) => out.extend(["-", &part[..1].to_ascii_uppercase(), &part[1..].to_ascii_lowercase()]),
            _ => out.extend(["-", &part.to_ascii_lowercase()]),
        }
    }
    (!matches!(out.as_str(), "und" | "mul" | "zxx")).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(declared: Option<&str>, text: &str) -> Option<String> {
        super::language(declared.and_then(tag).as_deref(), text)
    }

    #[test]
    fn tags_are_written_as_bcp_47_says() {
        let long = "The ministers met in the capital on Monday and said that they would meet again. ".repeat(8);
        assert_eq!(language(Some("en_us"), "short").as_deref(), Some("en-US"));
        assert_eq!(language(Some("ZH-hant-tw"), "short").as_deref(), Some("zh-Hant-TW"));
        assert_eq!(language(Some("english"), "short"), None);
        assert_eq!(language(Some("de"), &long).as_deref(), Some("en"), "the text is plainly English");
        assert_eq!(language(Some("en-GB"), &long).as_deref(), Some("en-GB"));
        assert_eq!(language(None, &long).as_deref(), Some("en"));
        assert_eq!(language(None, "Maria Keller 2:05.1"), None, "names are of any language");
    }
}
