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

/// The language of a site, and the words around its articles.
#[derive(Debug)]
pub(super) struct Wording {
    /// The language, as a BCP 47 tag.
    pub language: &'static str,
    /// What the feed says of itself.
    pub description: &'static str,
    /// The word before the author.
    pub by: &'static str,
    /// The menu.
    pub menu: [&'static str; 3],
    /// The consent notice and its button.
    pub cookies: [&'static str; 2],
    /// The links for sharing.
    pub share: [&'static str; 2],
    /// The invitation to a newsletter.
    pub newsletter: &'static str,
    /// The heading of links to other articles.
    pub more: &'static str,
    /// What the foot of the page says of copies.
    pub rights: &'static str,
}

const ENGLISH: Wording = Wording {
    language: "en",
    description: "News from the coast",
    by: "By",
    menu: ["Home", "Region", "Sport"],
    cookies: ["We use cookies to make this site better.", "Accept all"],
    share: ["Share on X", "Copy link"],
    newsletter: "Sign up for our newsletter and never miss a story.",
    more: "Read more",
    rights: "All rights reserved.",
};

const GERMAN: Wording = Wording {
    language: "de",
    description: "Nachrichten von der K\u{fc}ste",
    by: "Von",
    menu: ["Startseite", "Region", "Sport"],
    cookies: ["Wir verwenden Cookies, um diese Seite zu verbessern.", "Alle akzeptieren"],
    share: ["Auf X teilen", "Link kopieren"],
    newsletter: "Abonnieren Sie unseren Newsletter und verpassen Sie keine Geschichte.",
    more: "Mehr zum Thema",
    rights: "Alle Rechte vorbehalten.",
};

const FRENCH: Wording = Wording {
    language: "fr",
    description: "Les nouvelles de la c\u{f4}te",
    by: "Par",
    menu: ["Accueil", "R\u{e9}gion", "Sport"],
    cookies: ["Nous utilisons des cookies pour am\u{e9}liorer ce site.", "Tout accepter"],
    share: ["Partager sur X", "Copier le lien"],
    newsletter: "Abonnez-vous \u{e0} notre lettre et ne manquez aucune histoire.",
    more: "\u{c0} lire aussi",
    rights: "Tous droits r\u{e9}serv\u{e9}s.",
};

/// A sample site.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site {
    /// The feed's id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The words of its pages that are not those of an article.
    pub wording: &'static Wording,
    /// The format of its feed.
    pub form: Form,
    stories: &'static str,
}

/// All sample sites.
pub(super) const SITES: [Site; 7] = [
    Site {
        id: "harbour-herald",
        name: "Harbour Herald",
        wording: &ENGLISH,
        form: Form::Rss,
        stories: include_str!("stories/harbour.txt"),
    },
    Site {
        id: "north-ledger",
        name: "The North Ledger",
        wording: &ENGLISH,
        form: Form::Atom,
        stories: include_str!("stories/ledger.txt"),
    },
    Site {
        id: "orbit",
        name: "Orbit Science News",
        wording: &ENGLISH,
        form: Form::Json,
        stories: include_str!("stories/orbit.txt"),
    },
    Site {
        id: "assembly-post",
        name: "Assembly Post",
        wording: &ENGLISH,
        form: Form::Sitemap,
        stories: include_str!("stories/assembly.txt"),
    },
    Site { id: "broken-bugle", name: "The Broken Bugle", wording: &ENGLISH, form: Form::Broken, stories: "" },
    Site {
        id: "elbkurier",
        name: "Elbkurier",
        wording: &GERMAN,
        form: Form::Rss,
        stories: include_str!("stories/kurier.txt"),
    },
    Site {
        id: "gazette-du-ponant",
        name: "La Gazette du Ponant",
        wording: &FRENCH,
        form: Form::Json,
        stories: include_str!("stories/ponant.txt"),
    },
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
        assert_eq!(first.len(), 19);
        assert!(
            first.iter().all(|story| story.parts.len() >= 5 && !story.headline.is_empty() && !story.author.is_empty())
        );
        assert_eq!(SITES.iter().flat_map(|site| site.stories(2)).count(), 20);
    }
}
