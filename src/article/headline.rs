//! The headline, without the site's name.

use super::clean;
use super::site::Site;

/// What stands between a headline and the site's name in a title.
const SEPARATORS: &[&str] = &[
    " | ", " - ", " – ", " — ", " :: ", " : ", " • ", " · ", " » ", " « ", " › ", " ‹ ", " / ", " ~ ", " ― ", "|",
    "｜", ": ",
];

/// Longer texts are no headline, in bytes.
const MAX: usize = 2000;

/// The first of the candidates that says something, without a site's name at its ends, and its place. A candidate that was cut
/// short gives way to the whole: to a later one that goes on where its dots stand, or to a heading that begins with all of it.
pub fn headline<'a>(
    candidates: impl IntoIterator<Item = Option<&'a str>>,
    headings: &[String],
    site: &Site,
) -> Option<(usize, String)> {
    let all: Vec<(usize, String)> = candidates
        .into_iter()
        .enumerate()
        .filter_map(|(at, text)| Some((at, clean::non_empty(text.filter(|t| t.len() <= MAX)?)?)))
        .map(|(at, text)| (at, without_site(&text, site).to_owned()))
        .filter(|(_, text)| !site.is(text))
        .collect();
    let (first, rest) = all.split_first()?;
    let stem = first.1.trim_end_matches(['…', '.', ' ']);
    let was_cut = first.1.ends_with('…') || first.1.ends_with("...");
    let is_whole = |(_, text): &&(usize, String)| {
        let goes_on = text.strip_prefix(stem).filter(|more| !more.is_empty() && *text != first.1);
        goes_on.is_some_and(|more| was_cut || more.starts_with(' ') && headings.contains(text))
    };
    Some(rest.iter().find(is_whole).unwrap_or(first).clone())
}

/// A title without the site's name behind its last separators or before its first.
fn without_site<'a>(title: &'a str, site: &Site) -> &'a str {
    let mut title = title.trim();
    loop {
        // The site's own name may hold a separator: the longest end that is a name is cut.
        let end = SEPARATORS
            .iter()
            .flat_map(|s| title.match_indices(s).map(|(at, s)| (at, at + s.len())))
            .filter(|&(at, behind)| !title[..at].trim().is_empty() && site.is(&title[behind..]))
            .map(|(at, _)| at)
            .min();
        let start = SEPARATORS
            .iter()
            .flat_map(|s| title.match_indices(s).map(|(at, s)| (at, at + s.len())))
            .filter(|&(at, behind)| !title[behind..].trim().is_empty() && site.is(&title[..at]))
            .map(|(_, behind)| behind)
            .max();
        title = match (end, start) {
            (Some(end), _) => title[..end].trim(),
            (None, Some(start)) => title[start..].trim(),
            (None, None) => return title,
        };
    }
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

/// Whether a heading shares a word with the document's title, as a headline does and the site's name or a box's does not.
pub fn is_of_title(heading: &str, title: Option<&str>) -> bool {
    let Some(title) = title.map(str::to_lowercase) else { return true };
    let mut words = heading.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 1);
    words.any(|w| title.contains(&w.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(candidates: &[Option<&str>], headings: &[&str]) -> Option<String> {
        let site = Site::new(["World Wire", "Wire 80/90 - Old things"], Some("www.worldwire.example"));
        let headings: Vec<String> = headings.iter().map(|h| (*h).to_owned()).collect();
        Some(headline(candidates.iter().copied(), &headings, &site)?.1)
    }

    #[test]
    fn the_sites_name_is_no_part_of_the_headline() {
        for (candidate, expected) in [
            ("Ministers meet | World Wire", "Ministers meet"),
            ("Ministers meet|World Wire", "Ministers meet"),
            ("Ministers meet : WorldWire", "Ministers meet"),
            ("Ministers meet — www.worldwire.example", "Ministers meet"),
            ("Ministers meet - world wire - World Wire", "Ministers meet"),
            ("Ministers meet - Wire 80/90 - Old things", "Ministers meet"),
            ("World Wire: Ministers meet", "Ministers meet"),
            ("The World Wire - Ministers meet", "Ministers meet"),
            ("Ministers meet - and part", "Ministers meet - and part"),
            ("MINISTERS MEET", "MINISTERS MEET"),
            ("Analysis: Ministers meet", "Analysis: Ministers meet"),
        ] {
            assert_eq!(first(&[Some(candidate)], &[]).as_deref(), Some(expected), "{candidate}");
        }
        assert_eq!(first(&[Some("World Wire"), Some("Ministers meet")], &[]).as_deref(), Some("Ministers meet"));
        assert_eq!(first(&[None, Some(" ")], &[]), None);
    }

    #[test]
    fn a_headline_that_was_cut_gives_way_to_the_whole() {
        let whole = Some("Ministers meet in Geneva");
        assert_eq!(first(&[Some("Ministers me…"), whole], &[]).as_deref(), whole);
        assert_eq!(first(&[Some("Ministers meet"), whole], &["Ministers meet in Geneva"]).as_deref(), whole);
        assert_eq!(first(&[Some("Ministers meet"), whole], &[]).as_deref(), Some("Ministers meet"));
    }

    #[test]
    fn a_heading_of_the_story_shares_words_with_the_title() {
        assert!(is_of_title("Ministers meet", Some("Two ministers meet - Wire")));
        assert!(!is_of_title("와이어", Some("Two ministers meet - Wire")));
        assert!(is_of_title("Ministers meet", None));
    }
}
