//! The language of an article as a BCP 47 tag.

/// Text shorter than this does not overrule what the page or the feed says, in code points.
const ENOUGH: usize = 400;

/// Returns the declared tag, unless a long text is surely in another language.
pub(crate) fn language(declared: Option<&str>, text: &str) -> Option<String> {
    let declared = declared.map(str::to_owned);
    if text.chars().nth(ENOUGH).is_none() {
        return declared;
    }
    let found = dateline_text::language(text);
    match (declared, found) {
        (Some(tag), Some(found)) if primary(&tag) != found && !akin(primary(&tag), found) => Some(found.to_owned()),
        (None, found) => found.map(str::to_owned),
        (declared, _) => declared,
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

fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

/// Returns whether a detector may confuse two languages, or use another code for one of them.
fn akin(a: &str, b: &str) -> bool {
    const KIN: &[&[&str]] = &[
        &["no", "nb", "nn", "da"],
        &["sr", "hr", "bs", "sh", "mk", "bg"],
        &["id", "ms", "jv"],
        &["cs", "sk"],
        &["he", "iw"],
        &["fil", "tl"],
        &["es", "ca", "gl", "pt"],
        &["ru", "uk", "be"],
    ];
    KIN.iter().any(|kin| kin.contains(&a) && kin.contains(&b))
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
    }
}
