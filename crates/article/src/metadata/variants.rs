//! Mobile and AMP variants of an article's address.

use url::Url;

/// Returns a URL without its scheme and without the marks of a variant (`m.`, `/amp`), and whether it had one. Two URLs that are equal
/// but for their marks are the same article in two forms.
pub(crate) fn bare(url: &str) -> (String, bool) {
    const MARKED: &[&str] = &["m.", "mobile.", "amp."];
    let Ok(url) = Url::parse(url) else { return (url.to_owned(), false) };
    let host = url.host_str().unwrap_or_default();
    let unmarked = MARKED.iter().find_map(|mark| host.strip_prefix(mark)).filter(|rest| rest.contains('.'));
    let parts: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    let story = match parts.as_slice() {
        [story @ .., last] if !story.is_empty() && is_mark(last) => story,
        [first, story @ ..] if !story.is_empty() && is_mark(first) => story,
        all => all,
    };
    let path = story.join("/");
    let page = path.replacen(".amp.htm", ".htm", 1);
    let is_variant = unmarked.is_some() || story.len() < parts.len() || page != path;
    let host = unmarked.unwrap_or(host.strip_prefix("www.").unwrap_or(host));
    (format!("{host}/{page}?{}", url.query().unwrap_or_default()), is_variant)
}

/// Returns whether a part of a path says that this is the AMP form.
pub(crate) fn is_mark(part: &str) -> bool {
    matches!(part, "amp" | "amp.html" | "AMP")
}

/// Returns whether a parameter asks for the AMP form of the page.
pub(crate) fn is_amp(parameter: &str) -> bool {
    let parameter = parameter.to_ascii_lowercase();
    matches!(parameter.as_str(), "amp" | "amp=" | "amp=1" | "amp=true" | "outputtype=amp" | "output=amp" | "_amp=true")
}

/// Returns the page that an AMP cache's copy was made of: `https://HOST.cdn.ampproject.org/c/s/example.org/x` is of
/// `https://example.org/x` (without `/s` of `http://…`).
pub(crate) fn cached(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    let path = if host.ends_with(".cdn.ampproject.org") || host.ends_with(".bing-amp.com") {
        ["/c/", "/v/", "/a/"].iter().find_map(|kind| url.path().strip_prefix(kind))?
    } else if host.strip_prefix("www.").is_some_and(|h| h.starts_with("google.")) {
        url.path().strip_prefix("/amp/")?
    } else {
        return None;
    };
    let (scheme, rest) = path.strip_prefix("s/").map_or(("http", path), |rest| ("https", rest));
    let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
    let page = Url::parse(&format!("{scheme}://{rest}{query}")).ok()?;
    page.host_str().is_some_and(|h| h.contains('.')).then_some(page)
}
