//! The section of the site that contains the article.

use std::collections::HashSet;
use std::sync::LazyLock;

use dateline_feed::{is_month, is_weekday};

use super::meta::decoded;
use super::site::Site;

/// The longest section's name, in bytes, and the most words of it.
const MAX_NAME: usize = 60;
const MAX_WORDS: usize = 6;

/// Names that are given as a section but are not.
static NO_SECTION: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    include_str!("../data/no-section.txt")
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .collect()
});

/// Returns the first name of a stated value that may be a section. Lists ("Business,Home Page", a list in brackets, "News - News") are taken apart;
/// the front page, "All" and the like are not sections.
pub(crate) fn believed(value: &str, headline: Option<&str>, site: &Site) -> Option<String> {
    let value = decoded(value)?;
    if value.contains("://") {
        return None;
    }
    value
        .split([',', ';', '|', '/', '>', '»', '›', '\n'])
        .flat_map(|part| part.split(" - "))
        .map(|name| name.trim_matches(|c: char| c.is_whitespace() || "[]'\":#•·‹›«»<>←→|–-".contains(c)))
        .find(|name| is_section(name, headline, site))
        .map(str::to_owned)
}

/// Returns the section of a trail of breadcrumbs: the last name that is one.
pub(crate) fn of_trail<'a>(
    trail: impl DoubleEndedIterator<Item = &'a str>,
    headline: Option<&str>,
    site: &Site,
) -> Option<String> {
    trail.rev().filter_map(decoded).find(|name| is_section(name, headline, site))
}

/// Returns whether a whole text may be a section's name.
pub(crate) fn is_section(name: &str, headline: Option<&str>, site: &Site) -> bool {
    let lower = name.to_lowercase();
    let words = name.split_whitespace().count();
    (2..=MAX_NAME).contains(&name.len())
        && words <= MAX_WORDS
        && name.chars().any(char::is_alphabetic)
        && !name.chars().next().is_some_and(|c| matches!(c, '@' | '(' | '+' | '.' | '?'))
        && !name.ends_with(['.', '?', '!', '…'])
        && !NO_SECTION.contains(lower.trim_end_matches([':', ' ']))
        && !is_date(name)
        && !headline.is_some_and(|h| h.to_lowercase().starts_with(&lower) && words > 2 || h == name)
        && !site.is(name)
}

/// Returns whether a name is the archive of a month or a year: "March 2019", "Oktober".
fn is_date(name: &str) -> bool {
    name.split_whitespace().all(|word| is_month(word) || is_weekday(word) || word.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_names_of_sections() {
        let site = Site::new(["World Wire"], None);
        let headline = Some("Ministers meet again in Geneva");
        for (value, section) in [
            ("Science &amp; Health", Some("Science & Health")),
            ("Home Page", None),
            ("Front Page", None),
            ("All", None),
            ("‹ Back", None),
            ("Kategorien:", None),
            ("Oktober", None),
            ("September 2019", None),
            ("« Culture »", Some("Culture")),
            ("World Wire", None),
            ("Commercial Property,Home Page,Popular", Some("Commercial Property")),
            ("Home > Europe", Some("Europe")),
            ("['Politics']", Some("Politics")),
            ("News - News", Some("News")),
            ("IPOs and fundraising", Some("IPOs and fundraising")),
            ("Ministers meet again", None),
            ("https://worldwire.example/europe", None),
            ("Новости", Some("Новости")),
            ("2019", None),
            ("", None),
        ] {
            assert_eq!(believed(value, headline, &site).as_deref(), section, "{value}");
        }
        let trail = ["Home", "Europe", "Switzerland", "Ministers meet again in Geneva"];
        assert_eq!(of_trail(trail.into_iter(), headline, &site).as_deref(), Some("Switzerland"));
        assert_eq!(of_trail(["Home"].into_iter(), headline, &site), None);
    }
}
