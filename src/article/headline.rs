//! The headline, without the site's name.

use super::clean;

/// What stands between a headline and the site's name in a title.
const SEPARATORS: &[&str] = &[" | ", " - ", " – ", " — ", " :: ", " • ", " · ", " » "];

/// The first of the candidates that says something, without a site's name at its end, and its place. A candidate that was cut
/// short (a later one goes on where it ends) gives way to the whole.
pub fn headline<'a>(candidates: impl IntoIterator<Item = Option<&'a str>>, site: &[&str]) -> Option<(usize, String)> {
    let mut all = candidates
        .into_iter()
        .enumerate()
        .filter_map(|(at, text)| Some((at, clean::non_empty(text?)?)))
        .map(|(at, text)| (at, without_site(&text, site)))
        .filter(|(_, text)| !is_site(text, site));
    let first = all.next()?;
    if !(first.1.ends_with('…') || first.1.ends_with("...")) {
        return Some(first);
    }
    let stem = first.1.trim_end_matches(['…', '.', ' ']);
    let whole = all.find(|(_, text)| text.len() > stem.len() && *text != first.1 && text.starts_with(stem));
    Some(whole.unwrap_or(first))
}

fn is_site(text: &str, site: &[&str]) -> bool {
    site.iter().any(|s| s.eq_ignore_ascii_case(text))
}

fn without_site(title: &str, site: &[&str]) -> String {
    for separator in SEPARATORS {
        if let Some((head, tail)) = title.rsplit_once(separator)
            && !head.trim().is_empty()
            && site.iter().any(|s| alike(s, tail))
        {
            return without_site(head.trim(), site);
        }
    }
    title.to_owned()
}

/// Whether two names are of one site: equal but for case, spaces and a domain's ending.
fn alike(a: &str, b: &str) -> bool {
    let bare = |s: &str| {
        let s = s.to_lowercase();
        let s = s.trim_start_matches("www.").trim_start_matches("the ");
        let s = [".com", ".org", ".net", ".co.uk"].iter().find_map(|e| s.strip_suffix(e)).unwrap_or(s);
        s.chars().filter(|c| c.is_alphanumeric()).collect::<String>()
    };
    let (a, b) = (bare(a), bare(b));
    !a.is_empty() && a == b
}

/// The document's title without what follows its last separator, where the site's name is unknown but a heading of the page
/// confirms the rest.
pub fn title_stem<'a>(title: &'a str, headings: &[String]) -> &'a str {
    SEPARATORS
        .iter()
        .filter_map(|s| title.rsplit_once(s).map(|(head, _)| head.trim()))
        .find(|head| headings.iter().any(|h| h == head))
        .unwrap_or(title)
}

#[cfg(test)]
mod tests {
    fn headline(candidates: &[Option<&str>], site: &[&str]) -> Option<String> {
        Some(super::headline(candidates.iter().copied(), site)?.1)
    }

    #[test]
    fn the_sites_name_is_no_part_of_the_headline() {
        let site = ["World Wire", "worldwire.example"];
        for (candidate, expected) in [
            ("Ministers meet | World Wire", "Ministers meet"),
            ("Ministers meet - world wire - World Wire", "Ministers meet"),
            ("Ministers meet - and part", "Ministers meet - and part"),
        ] {
            assert_eq!(headline(&[Some(candidate)], &site).as_deref(), Some(expected));
        }
        assert_eq!(headline(&[Some("World Wire"), Some("Ministers meet")], &site).as_deref(), Some("Ministers meet"));
        assert_eq!(
            headline(&[Some("Ministers me…"), Some("Ministers meet")], &site).as_deref(),
            Some("Ministers meet")
        );
        assert_eq!(headline(&[None, Some(" ")], &site), None);
    }
}
