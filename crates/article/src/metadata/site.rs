//! The names of a site, which must not be taken for part of a headline or for a person.

/// Articles that may stand before a site's name or be left out.
const ARTICLES: &[&str] = &[
    "the", "die", "der", "das", "le", "la", "les", "el", "los", "il", "lo", "i", "o", "a", "os", "as", "de", "het",
    "η", "το", "ο",
];

/// The names of one site, bare: lower case, letters and digits only, without "the" and a domain's ending.
#[derive(Debug, Default)]
pub(crate) struct Site(Vec<String>);

impl Site {
    /// From what the page and its address call the site.
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>, host: Option<&str>) -> Self {
        let mut all: Vec<String> = names.into_iter().map(bare).collect();
        if let Some(host) = host {
            let domain = dateline_address::registrable_domain(host).unwrap_or(host);
            let label = domain.split('.').next().unwrap_or_default();
            all.extend([bare(host), bare(domain), bare(label)]);
            // "worldnews.example" signs as "World".
            all.extend(["news", "online"].iter().filter_map(|end| label.strip_suffix(end)).map(bare));
        }
        all.retain(|name| name.chars().count() > 1);
        all.sort_unstable();
        all.dedup();
        Self(all)
    }

    /// Returns whether a text is the site's name and nothing else.
    pub(crate) fn is(&self, text: &str) -> bool {
        let is = |text: &str| Some(bare(text)).is_some_and(|text| !text.is_empty() && self.0.contains(&text));
        is(text)
            || text.split_once(' ').is_some_and(|(first, rest)| ARTICLES.contains(&&*first.to_lowercase()) && is(rest))
    }

    /// Returns whether a text's first words are the site's name: "World Wire Sport".
    pub(crate) fn begins(&self, text: &str) -> bool {
        let ends = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at).chain([text.len()]);
        ends.take(6).any(|end| self.is(&text[..end]))
    }

    /// Returns a text without the site's name as its last words, if two or more are left: "Ada Wire" may be a name.
    pub(crate) fn cut_end<'a>(&self, text: &'a str) -> &'a str {
        let starts = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
        let cut = starts.take(12).skip(1).find(|&at| self.is(&text[at..]));
        cut.map_or(text, |at| text[..at].trim_end())
    }
}

fn bare(name: &str) -> String {
    let name = name.trim().to_lowercase();
    let name = name.rsplit_once("://").map_or(name.as_str(), |(_, rest)| rest);
    let name = name.trim_start_matches('@').trim_start_matches("www.");
    let name = name.strip_prefix("the ").unwrap_or(name);
    let name = [".com", ".org", ".net", ".co.uk"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name);
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_known_by_its_names_and_its_address() {
        let site = Site::new(["World Wire", "@wwire"], Some("www.worldnews.co.uk"));
        for name in ["World Wire", "the world wire", "WorldNews", "worldnews.co.uk", "World", "wwire"] {
            assert!(site.is(name), "{name}");
        }
        assert!(site.is("Die World Wire") && site.is("La WorldNews"));
        assert!(!site.is("Worldly") && !site.is(""));
        assert!(site.begins("World Wire Sport") && !site.begins("Worldly Wise"));
        assert_eq!(site.cut_end("Ada Reyes World Wire"), "Ada Reyes");
        assert_eq!(site.cut_end("Ada Reyes"), "Ada Reyes");
        assert!(!Site::default().is(""));
    }
}
