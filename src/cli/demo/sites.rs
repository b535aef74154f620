//! The sample sites: who publishes what, and in which format.

use chrono::{DateTime, Utc};

/// How a site publishes its articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// RSS 2.0 with summaries; the full articles are on their pages.
    Rss,
    /// Atom with the full text.
    Atom,
    /// JSON Feed with the full text.
    Json,
    /// A Google News sitemap; the full articles are on their pages.
    Sitemap,
    /// An HTML page in place of a feed.
    Broken,
}

/// A sample site.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site {
    /// The feed's id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The format of its feed.
    pub form: Form,
    stories: &'static str,
}

/// All sample sites.
pub(super) const SITES: [Site; 5] = [
    Site {
        id: "harbour-herald",
        name: "Harbour Herald",
        form: Form::Rss,
        stories: include_str!("stories/harbour.txt"),
    },
    Site {
        id: "north-ledger",
        name: "The North Ledger",
        form: Form::Atom,
        stories: include_str!("stories/ledger.txt"),
    },
    Site { id: "orbit", name: "Orbit Science News", form: Form::Json, stories: include_str!("stories/orbit.txt") },
    Site {
        id: "assembly-post",
        name: "Assembly Post",
        form: Form::Sitemap,
        stories: include_str!("stories/assembly.txt"),
    },
    Site { id: "broken-bugle", name: "The Broken Bugle", form: Form::Broken, stories: "" },
];

/// A sample article.
#[derive(Debug, Clone)]
pub(super) struct Story {
    /// Its name in URLs.
    pub id: String,
    /// Headline.
    pub headline: String,
    /// Section.
    pub section: String,
    /// Who wrote it.
    pub author: String,
    /// When it was published.
    pub published: DateTime<Utc>,
    /// When it was changed.
    pub modified: DateTime<Utc>,
    /// Paragraphs and captions in order.
    pub parts: Vec<Part>,
}

/// A part of an article.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// A paragraph.
    Paragraph(String),
    /// A picture's caption and credit.
    Caption(String, String),
}

impl Site {
    /// Returns the site's articles, the oldest first. The second edition has one correction and one new article, and the Herald
    /// carries the Ledger's wire article on the strike.
    pub(super) fn stories(&self, edition: u32) -> Vec<Story> {
        let mut stories: Vec<Story> =
            self.stories.split("---\n").filter(|text| !text.trim().is_empty()).map(parse).collect();
        if self.id == "harbour-herald" {
            let railway = SITES[1].stories.split("---\n").map(parse).find(|story| story.id == "railway");
            stories.extend(railway.map(|story| Story { section: "Wire".into(), ..story }));
        }
        if edition < 2 {
            stories.retain(|story| story.id != "storm");
        } else if let Some(ferry) = stories.iter_mut().find(|story| story.id == "ferry") {
            ferry.modified = at("2025-06-03T16:00:00Z");
            ferry.parts[1] = Part::Paragraph(
                "One member of the crew was treated for smoke in the fire on Monday evening. All 241 passengers were taken off the ship \
                 within forty minutes."
                    .into(),
            );
            ferry.parts.push(Part::Paragraph(
                "Correction: An earlier version of this story gave the number of passengers as 214. It was 241.".into(),
            ));
        }
        stories
    }
}

fn at(time: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(time).expect("written in this module").to_utc()
}

/// Parses an article: `key: value` lines, then one part a line, with captions as `!caption | credit`.
fn parse(text: &str) -> Story {
    let mut head = std::collections::HashMap::new();
    let mut parts = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.split_once(": ") {
            Some((key, value))
                if parts.is_empty() && ["id", "headline", "section", "author", "time"].contains(&key) =>
            {
                head.insert(key, value.to_owned());
            }
            _ => parts.push(match line.strip_prefix('!').and_then(|caption| caption.split_once(" | ")) {
                Some((caption, credit)) => Part::Caption(caption.into(), credit.into()),
                None => Part::Paragraph(line.replace(" - ", " \u{2013} ")),
            }),
        }
    }
    let mut take = |key: &str| head.remove(key).unwrap_or_default();
    let published = at(&take("time"));
    Story {
        id: take("id"),
        headline: take("headline"),
        section: take("section"),
        author: take("author"),
        published,
        modified: published,
        parts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_stories_are_whole() {
        let first: Vec<Story> = SITES.iter().flat_map(|site| site.stories(1)).collect();
        assert_eq!(first.len(), 13);
        assert!(
            first.iter().all(|story| story.parts.len() >= 5 && !story.headline.is_empty() && !story.author.is_empty())
        );
        assert_eq!(SITES.iter().flat_map(|site| site.stories(2)).count(), 14);
    }
}
