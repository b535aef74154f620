//! A feed over several polls, whose articles differ in some of guid, link, title, text and date while the other fields are
//! missing, shared, swapped or new at every poll; and the check that each became exactly one article.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::random::Random;

/// The behaviour of a field of the feed's articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Each article has a unique value and keeps it.
    Own,
    Missing,
    /// All have the same value.
    Shared,
    /// Each article has a unique value, which changes at every poll.
    New,
    /// Each article has a unique value, but from the second poll on two sometimes swap theirs.
    Swapped,
}

use Pattern::{Missing, New, Own, Shared, Swapped};

/// What a feed shows of an article.
#[derive(Debug, Clone, Default)]
pub struct Item {
    pub guid: Option<String>,
    pub link: Option<String>,
    pub title: Option<String>,
    pub text: Option<String>,
    /// Seconds since 1970.
    pub date: Option<i64>,
}

#[derive(Debug)]
pub struct History {
    site: String,
    guid: Pattern,
    link: Pattern,
    title: Pattern,
    text: Pattern,
    date: Pattern,
    /// The texts of the articles.
    texts: Vec<String>,
    /// How many articles a poll shows; the next poll shows one or more newer ones.
    window: usize,
    /// The newest article of each poll.
    newest: Vec<usize>,
    /// The poll from which an article is edited, the article, and whether its title or its text is edited.
    mended: Option<(usize, usize, bool)>,
    /// Whether scheme and `www.` of all links and guids change from poll to poll.
    moves: bool,
}

const WORDS: [&str; 24] = [
    "amber", "barley", "cinder", "dapple", "ember", "fathom", "gravel", "hollow", "iris", "juniper", "kestrel",
    "lantern", "meadow", "nettle", "orchard", "pebble", "quarry", "russet", "sorrel", "thistle", "umber", "velvet",
    "willow", "yarrow",
];

impl History {
    pub fn generate(random: &mut Random, site: &str) -> Self {
        loop {
            let history = Self::draw(random, site);
            if history.is_distinguishable() {
                return history;
            }
        }
    }

    fn draw(random: &mut Random, site: &str) -> Self {
        let pattern = |random: &mut Random| [Own, Own, Missing, Shared, New, Swapped][random.below(6) as usize];
        let words = |random: &mut Random| [Own, Own, Missing, Shared][random.below(4) as usize];
        let date = |random: &mut Random| [Own, Own, Missing, Shared, New][random.below(5) as usize];
        let polls = 2 + random.below(4) as usize;
        let window = 2 + random.below(5) as usize;
        let mut newest = vec![window - 1];
        for poll in 1..polls {
            // Some articles of the last poll remain.
            newest.push(newest[poll - 1] + random.below(window as u64 - 1) as usize);
        }
        let stories = newest[polls - 1] + 1;
        let texts = (0..stories)
            .map(|story| {
                let mut text = format!("s{story}x");
                for _ in 0..12 {
                    let pick = |random: &mut Random| WORDS[random.below(24) as usize];
                    text = format!("{text} {}{}", pick(random), pick(random));
                }
                text
            })
            .collect();
        let mended = (random.below(3) == 0).then(|| {
            (1 + random.below(polls as u64 - 1) as usize, random.below(stories as u64) as usize, random.below(2) == 0)
        });
        Self {
            site: site.to_owned(),
            guid: pattern(random),
            link: pattern(random),
            title: words(random),
            text: words(random),
            date: date(random),
            texts,
            window,
            newest,
            mended,
            moves: random.below(4) == 0,
        }
    }

    /// Returns whether the feed alone has enough evidence to decide which article is which.
    fn is_distinguishable(&self) -> bool {
        let words = [self.title, self.text, self.date];
        let of = |wanted: Pattern| words.iter().filter(|p| **p == wanted).count();
        let own = of(Own);
        let name = self.guid == Own || self.link == Own;
        // An article without title, link and text has no content, and is not published.
        let is_empty = self.link == Missing && self.title == Missing && self.text == Missing;
        if own == 0 && !name || is_empty {
            return false;
        }
        // The evidence for a swapped guid or link is two fields against one.
        let swapped = [self.guid, self.link].iter().filter(|p| **p == Swapped).count();
        let guid_holds = self.link == Swapped && self.guid == Own;
        if swapped > 0 && !guid_holds && (own < 2 || self.date == New || swapped == 2 && own < 3) {
            return false;
        }
        // Where the identifiers change at every poll, two of the remaining fields must match.
        let new = [self.guid, self.link].iter().filter(|p| **p == New).count();
        let steady = words.iter().filter(|p| matches!(p, Own | Shared)).count();
        if new > 0 && !name && (own == 0 || steady < 2 || self.date == New) {
            return false;
        }
        if self.date == New && !name && (own == 0 || steady < 2) {
            return false;
        }
        // A guid that is new at every poll contradicts the link, so the words must support it.
        if self.guid == New && self.link == Own && own == 0 {
            return false;
        }
        let steady_name = self.guid == Own || self.link == Own && !matches!(self.guid, New | Swapped);
        match self.mended {
            None => true,
            Some((_, _, title)) => {
                let field = if title { self.title } else { self.text };
                let is_quiet = new == 0 && swapped == 0 && self.date != New;
                field == Own && (steady_name && swapped == 0 || is_quiet && own >= 2)
            }
        }
    }

    pub fn polls(&self) -> usize {
        self.newest.len()
    }

    fn stories(&self, poll: usize) -> std::ops::RangeInclusive<usize> {
        self.newest[poll] + 1 - self.window..=self.newest[poll]
    }

    /// Returns what a poll shows, newest first.
    pub fn shown(&self, poll: usize) -> Vec<Item> {
        self.stories(poll).rev().map(|story| self.item(poll, story)).collect()
    }

    fn item(&self, poll: usize, story: usize) -> Item {
        let swapped = match story % 2 {
            _ if poll.is_multiple_of(2) => story,
            0 if self.stories(poll).contains(&(story + 1)) => story + 1,
            1 if self.stories(poll).contains(&(story - 1)) => story - 1,
            _ => story,
        };
        let value = |pattern: Pattern, own: &dyn Fn(usize) -> String, shared: &str| match pattern {
            Own => Some(own(story)),
            Missing => None,
            Shared => Some(shared.to_owned()),
            New => Some(format!("{}p{poll}", own(story))),
            Swapped => Some(own(swapped)),
        };
        let is_mended = |title: bool| {
            self.mended.is_some_and(|(from, which, of_title)| poll >= from && which == story && of_title == title)
        };
        let site = match (self.moves, poll % 3) {
            (true, 1) => self.site.replace("https://", "http://"),
            (true, 2) => self.site.replace("https://", "https://www."),
            _ => self.site.clone(),
        };
        let mut title = value(self.title, &|s| format!("s{s}x {}", &self.texts[s][4..30]), "The same headline");
        let mut text = value(self.text, &|s| self.texts[s].clone(), "All items of this feed say the same.");
        if is_mended(true) {
            title = title.map(|title| format!("{title} mended"));
        }
        if is_mended(false) {
            text = text.map(|text| format!("{text} mended"));
        }
        let base = 1_748_000_000;
        let number = |n: usize| i64::try_from(n).expect("a few stories and polls");
        let date = match self.date {
            Own => Some(base + number(story) * 3_600),
            Shared => Some(base),
            New => Some(base + number(story) * 3_600 + number(poll) * 60),
            _ => None,
        };
        let guid = value(self.guid, &|s| format!("tag:guid-s{s}x"), "tag:all");
        let link = value(self.link, &|s| format!("{site}/a/s{s}x?v="), &format!("{site}/"));
        Item { guid, link, title, text, date }
    }

    /// Checks that each article that a poll showed was published as one article, and nothing else. `articles` are all
    /// revisions.
    pub fn check(&self, articles: &[Value]) {
        let mut ids: HashMap<usize, HashSet<&str>> = HashMap::new();
        for article in articles {
            let story = self.story_of(article).unwrap_or_else(|| panic!("of no story: {article}\n{self:#?}"));
            ids.entry(story).or_default().insert(article["id"].as_str().unwrap());
        }
        let stories = self.newest[self.polls() - 1] + 1;
        for story in 0..stories {
            let found = ids.get(&story).map_or(0, HashSet::len);
            assert_eq!(found, 1, "articles of story {story}\n{self:#?}\n{}", summary(articles));
        }
        let all: HashSet<&str> = articles.iter().map(|article| article["id"].as_str().unwrap()).collect();
        assert_eq!(all.len(), stories, "stories of one id\n{self:#?}\n{}", summary(articles));
        let mended = usize::from(self.mended.is_some_and(|(from, which, _)| {
            (0..from).any(|poll| self.stories(poll).contains(&which))
                && (from..self.polls()).any(|poll| self.stories(poll).contains(&which))
        }));
        assert!(articles.len() <= stories + mended, "published again\n{self:#?}\n{}", summary(articles));
    }

    /// Finds the article that a record is about, by its unique fields.
    fn story_of(&self, article: &Value) -> Option<usize> {
        let token = |value: &Value| -> Option<usize> {
            let text = value.as_str()?;
            let from = text.match_indices('s').find_map(|(at, _)| {
                let digits: String = text[at + 1..].chars().take_while(char::is_ascii_digit).collect();
                (!digits.is_empty() && text[at + 1 + digits.len()..].starts_with('x')).then_some(digits)
            })?;
            from.parse().ok()
        };
        let fields = [(self.title, "headline"), (self.text, "text"), (self.guid, "guid"), (self.link, "link")];
        let named = fields.iter().filter(|(pattern, _)| *pattern == Own).find_map(|(_, field)| token(&article[*field]));
        named.or_else(|| {
            let date: chrono::DateTime<chrono::Utc> = article["published"].as_str()?.parse().ok()?;
            usize::try_from((date.timestamp() - 1_748_000_000) / 3_600).ok()
        })
    }
}

fn summary(articles: &[Value]) -> String {
    let fields = ["id", "revision", "guid", "link", "headline", "published"];
    let line = |article: &Value| fields.map(|field| article[field].to_string()).join(" ");
    articles.iter().map(line).collect::<Vec<_>>().join("\n")
}
