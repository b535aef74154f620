//! Chooses the headline, and removes the site's name from it.

use std::sync::LazyLock;

use super::site::Site;
use crate::html::clean;
use crate::phrases::Phrases;

/// A heading as printed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heading {
    /// Its text.
    pub text: String,
    /// Whether it is of the first level.
    pub is_first_level: bool,
    /// Whether it stands in a trail of breadcrumbs, a list or a menu, as headings for search engines do.
    pub is_listed: bool,
}

/// The separators between a headline and the site's name in a title.
const SEPARATORS: &[&str] = &[
    " | ", " - ", " – ", " — ", " :: ", " : ", " • ", " · ", " » ", " « ", " › ", " ‹ ", " / ", " ~ ", " ― ", "|",
    "｜", ": ",
];

/// The rank of a statement that is printed as a heading of the first level.
pub(crate) const PRINTED: u8 = 0;
/// The rank of one that is printed after a kicker, and of what is marked up as the headline, a kicker with it perhaps.
pub(crate) const MARKED: u8 = 1;
/// The rank of what no heading confirms, or is a heading itself.
pub(crate) const UNPRINTED: u8 = 4;

/// Longer texts are not a headline, in bytes.
const MAX: usize = 2000;

/// Returns the headline among what states one, in the order of trust, and its place. Each candidate comes with the best rank that
/// print can give it ([`PRINTED`], [`MARKED`], [`UNPRINTED`]).
///
/// Sites state headlines for search engines and for sharing beside the one that they print: the first statement that is printed as
/// a heading of the first level is believed, else that is printed after a kicker, else as a lesser heading, else the first of all.
/// A candidate that was cut short gives way to the whole: to a later one that continues where its dots stand, or to a heading that
/// begins with all of it. No site's name and no "Live:" is left at its ends.
pub(crate) fn headline<'a>(
    candidates: impl IntoIterator<Item = (u8, Option<&'a str>)>,
    headings: &[&Heading],
    site: &Site,
) -> Option<(usize, String)> {
    let headings: Vec<PrintedHeading> = headings.iter().map(|heading| PrintedHeading::new(heading)).collect();
    let all: Vec<Candidate> = candidates
        .into_iter()
        .enumerate()
        .filter_map(|(at, (most, text))| Some((at, most, clean::non_empty(text.filter(|t| t.len() <= MAX)?)?)))
        .map(|(at, most, text)| (at, most, stem(without_site(&text, site), &headings).to_owned()))
        .filter(|(_, _, text)| !site.is(text) && text.contains(char::is_alphanumeric))
        .map(|(at, most, text)| Candidate { at, rank: rank(&text, &headings).max(most), text })
        .collect();
    // The first of those that rank best.
    let best = all.iter().min_by_key(|candidate| candidate.rank)?;
    let first = best.text.trim_end_matches(['…', '.', ' ']);
    let was_cut = best.text.ends_with('…') || best.text.ends_with("...");
    let is_heading = |text: &str| headings.iter().any(|h| h.heading.is_first_level && h.heading.text == text);
    let is_whole = |c: &&Candidate| {
        let goes_on = c.text.strip_prefix(first).filter(|more| !more.is_empty() && c.text != best.text);
        goes_on.is_some_and(|more| was_cut || more.starts_with(' ') && best.rank == UNPRINTED && is_heading(&c.text))
    };
    let best = all.iter().find(is_whole).unwrap_or(best);
    Some((best.at, without_tag(&best.text).to_owned()))
}

struct Candidate {
    at: usize,
    rank: u8,
    text: String,
}

struct PrintedHeading<'a> {
    heading: &'a Heading,
    letters: String,
}

impl<'a> PrintedHeading<'a> {
    fn new(heading: &'a Heading) -> Self {
        Self { heading, letters: letters(&heading.text) }
    }
}

/// Returns the letters and digits of a text, in lower case.
pub(crate) fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns how well what is printed confirms a statement; the least is the best.
fn rank(text: &str, headings: &[PrintedHeading]) -> u8 {
    let text = letters(text);
    let has_kicker = |heading: &str| heading.ends_with(&text) && text.len() * 2 > heading.len();
    let of = |h: &PrintedHeading| match h.heading.is_first_level {
        true if h.letters == text => PRINTED,
        true if has_kicker(&h.letters) => MARKED,
        false if h.letters == text => 2,
        false if has_kicker(&h.letters) => 3,
        _ => UNPRINTED,
    };
    let printed = headings.iter().filter(|h| !h.heading.is_listed);
    printed.map(of).min().unwrap_or(UNPRINTED)
}

/// Returns a title without the site's name after its last separators or before its first.
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

/// Returns a title without what follows its last separator, where the site's name is unknown but a heading of the page confirms the rest,
/// and without a separator that nothing follows.
fn stem<'a>(title: &'a str, headings: &[PrintedHeading]) -> &'a str {
    let title = ["|", "-", "–", "—", "»", "·", "•"].iter().fold(title, |title, mark| {
        title.strip_suffix(mark).filter(|rest| rest.ends_with(' ')).map_or(title, str::trim_end)
    });
    let is_heading = |text: &str| {
        let text = letters(text);
        headings.iter().any(|h| h.heading.is_first_level && h.letters == text)
    };
    SEPARATORS
        .iter()
        .filter_map(|s| title.rsplit_once(s).map(|(head, _)| head.trim()))
        .filter(|head| !head.is_empty() && is_heading(head))
        .max_by_key(|head| head.len())
        .unwrap_or(title)
}

/// Returns a headline without the tag of a live blog before its first separator or after its last: "LIVE: …", "… – En direct".
fn without_tag(headline: &str) -> &str {
    const MARKS: [char; 12] = [':', '|', '-', '–', '—', '+', '·', '•', '：', '｜', ' ', '/'];
    static TAGS: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(include_str!("../data/live-tags.txt")));
    let is_tag = |text: &str| TAGS.matches(text.trim_matches([' ', '+', '[', ']', '(', ')', '【', '】', '-', '•']));
    let head = headline.trim_start_matches(['+', ' ', '[', '【', '•']);
    // A separator, or the bracket that closes the tag.
    let cut = head
        .find([':', '|', '–', '—', ']', '】', '：', '｜', '+'])
        .or_else(|| head.find(" - "))
        .filter(|&at| is_tag(&head[..at]));
    if let Some(at) = cut {
        let rest = head[at..].trim_start_matches([']', '】']).trim_start_matches(MARKS).trim();
        return if rest.contains(char::is_alphanumeric) { rest } else { headline };
    }
    let tail = headline.rfind(['|', '–', '—', '[', '｜']).or_else(|| headline.rfind(" - ").map(|at| at + 1));
    let end = tail.filter(|&at| {
        let mark = headline[at..].chars().next().map_or(1, char::len_utf8);
        is_tag(&headline[at + mark..])
    });
    end.map(|at| headline[..at].trim_end_matches(MARKS)).filter(|rest| !rest.is_empty()).unwrap_or(headline)
}

/// Returns whether a heading shares a word with the document's title, as a headline does and the site's name or a box's does not.
pub(crate) fn is_of_title(heading: &str, title: Option<&str>) -> bool {
    let Some(title) = title.map(str::to_lowercase) else { return true };
    let mut words = heading.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 1);
    words.any(|w| title.contains(&w.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(candidates: &[Option<&str>], headings: &[&str]) -> Option<String> {
        let headings: Vec<_> = headings.iter().map(|h| ("h1", false, *h)).collect();
        printed(candidates, &headings)
    }

    fn printed(candidates: &[Option<&str>], headings: &[(&str, bool, &str)]) -> Option<String> {
        let site = Site::new(["World Wire", "Wire 80/90 - Old things"], Some("www.worldwire.example"));
        let heading = |&(level, is_listed, text): &(&str, bool, &str)| Heading {
            text: text.to_owned(),
            is_first_level: level == "h1",
            is_listed,
        };
        let headings: Vec<Heading> = headings.iter().map(heading).collect();
        let headings: Vec<&Heading> = headings.iter().collect();
        Some(headline(candidates.iter().map(|text| (PRINTED, *text)), &headings, &site)?.1)
    }

    #[test]
    fn the_statement_that_is_printed_is_believed() {
        const SEARCH: &str = "Geneva talks 2024: when do the ministers meet?";
        const SHARED: &str = "Ministers meet again";
        let stated = [Some(SEARCH), Some(SHARED)];
        for (headings, expected) in [
            (&[][..], SEARCH),
            (&[("h1", false, "Ministers meet again")], SHARED),
            (&[("h1", false, "Geneva Ministers meet again")], SHARED),
            (&[("h1", true, SEARCH), ("h2", false, "Ministers meet again")], SHARED),
            (&[("h1", true, SHARED), ("h2", false, "Other stories")], SEARCH),
            (&[("h1", false, SEARCH), ("h2", false, SHARED)], SEARCH),
            (&[("h1", false, "Log in"), ("h3", false, "MINISTERS MEET AGAIN")], SHARED),
            (&[("h1", false, "A box of other stories whose last ends: ministers meet again")], SEARCH),
        ] {
            assert_eq!(printed(&stated, headings).as_deref(), Some(expected), "{headings:?}");
        }
    }

    #[test]
    fn a_live_tag_is_not_a_part_of_the_headline() {
        for (candidate, expected) in [
            ("LIVE: Ministers meet", "Ministers meet"),
            ("Liveticker +++ Ministers meet", "Ministers meet"),
            ("EN DIRECT - Ministers meet", "Ministers meet"),
            ("[LIVE] Ministers meet", "Ministers meet"),
            ("En vivo | Ministers meet", "Ministers meet"),
            ("ОНЛАЙН: Ministers meet", "Ministers meet"),
            ("Ministers meet – live updates", "Ministers meet"),
            ("Ministers meet - Diretta", "Ministers meet"),
            ("【ライブ】Ministers meet", "Ministers meet"),
            ("Live music: Ministers dance", "Live music: Ministers dance"),
            ("Ministers live: a report", "Ministers live: a report"),
            ("LIVE:", "LIVE:"),
        ] {
            assert_eq!(first(&[Some(candidate)], &[]).as_deref(), Some(expected), "{candidate}");
        }
    }

    #[test]
    fn the_sites_name_is_not_a_part_of_the_headline() {
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
            ("Ministers meet |", "Ministers meet"),
            ("Ministers meet –", "Ministers meet"),
            ("Analysis: Ministers meet", "Analysis: Ministers meet"),
        ] {
            assert_eq!(first(&[Some(candidate)], &[]).as_deref(), Some(expected), "{candidate}");
        }
        assert_eq!(first(&[Some("World Wire"), Some("Ministers meet")], &[]).as_deref(), Some("Ministers meet"));
        assert_eq!(first(&[None, Some(" ")], &[]), None);
        // The rest is a heading: the end is the site's name, whatever that may be.
        let title = [Some("Ministers meet – The Daily Isle")];
        assert_eq!(first(&title, &["Ministers meet"]).as_deref(), Some("Ministers meet"));
    }

    #[test]
    fn a_headline_that_was_cut_gives_way_to_the_whole() {
        let whole = Some("Ministers meet in Geneva");
        assert_eq!(first(&[Some("Ministers me…"), whole], &[]).as_deref(), whole);
        assert_eq!(first(&[Some("Ministers meet"), whole], &["Ministers meet in Geneva"]).as_deref(), whole);
        assert_eq!(first(&[Some("Ministers meet"), whole], &[]).as_deref(), Some("Ministers meet"));
    }

    #[test]
    fn a_heading_of_the_article_shares_words_with_the_title() {
        assert!(is_of_title("Ministers meet", Some("Two ministers meet - Wire")));
        assert!(!is_of_title("와이어", Some("Two ministers meet - Wire")));
        assert!(is_of_title("Ministers meet", None));
    }
}
