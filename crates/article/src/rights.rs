//! The publisher's reservations: directives for robots, and the TDM Reservation Protocol.
//!
//! Directives of header and page are combined, as search engines do; those for another robot do not concern us. Of TDM
//! statements the page's precedes the header's, which precedes that of the origin's file; none resets another by its
//! absence.

use dateline_feed::{Entry, Feed};
use dateline_record::{Article, ContentSource, Rights, TdmReservation, TdmSource, Withheld, WithheldPart};
use serde::{Deserialize, Serialize};
use url::Url;

use super::html::clean;
use super::metadata::meta::Statements;

/// Our name in directives for a single robot.
const ROBOT: &str = "dateline";
/// The maximum number of directives, and the maximum length of one, of a URL and of a notice in characters.
const MAX_DIRECTIVES: usize = 30;
const MAX_DIRECTIVE: usize = 80;
const MAX_URL: usize = 2_000;
const MAX_NOTICE: usize = 500;
/// The directives in use. Others are ignored.
const DIRECTIVES: [&str; 16] = [
    "all",
    "none",
    "noindex",
    "nofollow",
    "noarchive",
    "nocache",
    "nosnippet",
    "noimageindex",
    "noai",
    "noimageai",
    "notranslate",
    "indexifembedded",
    "noodp",
    "noydir",
    "index",
    "follow",
];
/// The directives with a value.
const VALUED: [&str; 4] = ["max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"];
/// What reserves the extraction of entities and quotations, and what reserves only the text.
const RESERVE_EXTRACTION: [&str; 5] = ["noai", "noindex", "none", "nosnippet", "max-snippet:0"];
const RESERVE_TEXT: [&str; 2] = ["noarchive", "nocache"];
/// The statement of the TDM Reservation Protocol, as a reason.
const TDM: &str = "tdm-reservation";

/// What a server said with a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservations {
    /// Directives for robots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub robots: Vec<String>,
    /// The reservation of text and data mining.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tdm: Option<TdmReservation>,
}

impl Reservations {
    /// Reads the headers of a response from this URL: the values of `X-Robots-Tag`, and those of `tdm-reservation` and
    /// `tdm-policy`.
    pub fn of_headers<'a>(
        robots: impl IntoIterator<Item = &'a str>,
        tdm: (Option<&str>, Option<&str>),
        url: Option<&Url>,
    ) -> Self {
        let mut found = Self::default();
        robots.into_iter().for_each(|value| found.add_robots(value, true));
        found.tdm = reservation(tdm, url, TdmSource::Header);
        found
    }

    /// Adds what the origin's file states about the resource; a statement of the resource itself precedes it.
    #[must_use]
    pub fn with_file(mut self, reserved: bool, policy: Option<&str>, url: Option<&Url>) -> Self {
        let policy = policy.filter(|_| reserved).and_then(|policy| policy_url(policy, url));
        self.tdm = self.tdm.or(Some(TdmReservation { reserved, policy, source: TdmSource::File }));
        self
    }

    /// Returns whether nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads directives, separated by commas. In a header, `name:` before one says for which robot it and the next ones
    /// are.
    fn add_robots(&mut self, value: &str, is_header: bool) {
        let mut is_ours = true;
        for part in value.split(',').take(MAX_DIRECTIVES) {
            let mut part = part.trim().to_ascii_lowercase();
            if let Some((name, rest)) = part.split_once(':').filter(|_| is_header)
                && !VALUED.contains(&name.trim())
            {
                is_ours = matches!(name.trim(), ROBOT | "*" | "robots");
                part = rest.trim().to_owned();
            }
            let directive: String = part.split_whitespace().collect::<Vec<_>>().join(" ").replace(": ", ":");
            let name = directive.split(':').next().unwrap_or_default();
            let is_known = DIRECTIVES.contains(&directive.as_str()) || VALUED.contains(&name) && name != directive;
            let has_room = self.robots.len() < MAX_DIRECTIVES && directive.len() <= MAX_DIRECTIVE;
            // What every page may do is not a reservation.
            let says_something = !matches!(directive.as_str(), "all" | "index" | "follow");
            if is_ours && is_known && has_room && says_something && !self.robots.contains(&directive) {
                self.robots.push(directive);
            }
        }
    }
}

/// Returns the reservation that these two values state; a value other than 0 and 1 states none.
fn reservation(
    (reserved, policy): (Option<&str>, Option<&str>),
    url: Option<&Url>,
    source: TdmSource,
) -> Option<TdmReservation> {
    let reserved = match reserved?.trim() {
        "1" => true,
        "0" => false,
        _ => return None,
    };
    let policy = policy.filter(|_| reserved).and_then(|policy| policy_url(policy, url));
    Some(TdmReservation { reserved, policy, source })
}

/// Returns the absolute URL of a policy.
fn policy_url(written: &str, base: Option<&Url>) -> Option<String> {
    let written = written.trim();
    let url = base.map_or_else(|| Url::parse(written), |base| base.join(written)).ok()?;
    let is_fine = matches!(url.scheme(), "http" | "https") && url.as_str().len() <= MAX_URL;
    is_fine.then(|| dateline_address::without_user_info(url.as_str()).into_owned())
}

/// Returns what the publisher says of an article from its page.
pub(crate) fn of_page(
    said: &Statements,
    url: Option<&Url>,
    sent: Option<&Reservations>,
    about: (Option<&Entry>, Option<&Feed>),
    text_from: ContentSource,
) -> Option<Rights> {
    let mut found = sent.cloned().unwrap_or_default();
    for name in ["robots", ROBOT] {
        said.all(name).iter().for_each(|value| found.add_robots(value, false));
    }
    let tdm = (said.meta(&["tdm-reservation"]), said.meta(&["tdm-policy"]));
    let of_feed = about.1.and_then(|feed| feed.tdm.clone()).filter(|_| text_from == ContentSource::Feed);
    found.tdm = reservation(tdm, url, TdmSource::Meta).or(found.tdm).or(of_feed);
    rights(found, about)
}

/// Returns what the publisher says of an article from its feed.
pub(crate) fn of_entry(entry: &Entry, feed: &Feed) -> Option<Rights> {
    // The directives of a feed's document tell search engines not to list the document; they say nothing about its articles.
    let tdm = feed.tdm.clone();
    rights(Reservations { tdm, ..Reservations::default() }, (Some(entry), Some(feed)))
}

fn rights(found: Reservations, (entry, feed): (Option<&Entry>, Option<&Feed>)) -> Option<Rights> {
    let Reservations { robots, tdm } = found;
    let notice = entry.and_then(|entry| entry.rights.as_deref()).or(feed.and_then(|feed| feed.copyright.as_deref()));
    let notice = notice.and_then(clean::non_empty).map(|notice| notice.chars().take(MAX_NOTICE).collect());
    Some(Rights { notice, robots, tdm, withheld: None }).filter(|rights| !rights.is_empty())
}

/// Leaves out of an article what its publisher reserves: the text, or only entities and quotations, which are then not looked
/// for. The headline and the other metadata stay.
pub fn withhold(article: &mut Article, part: WithheldPart) {
    let Some(rights) = &mut article.rights else { return };
    let tdm = rights.tdm.as_ref().filter(|tdm| tdm.reserved).map(|_| TDM.to_owned());
    let reserves = |directive: &&String| {
        let directive = directive.as_str();
        RESERVE_EXTRACTION.contains(&directive) || part == WithheldPart::Text && RESERVE_TEXT.contains(&directive)
    };
    let because: Vec<String> = tdm.into_iter().chain(rights.robots.iter().filter(reserves).cloned()).collect();
    if because.is_empty() {
        return;
    }
    rights.withheld = Some(Withheld { part, because });
    if part == WithheldPart::Text {
        article.text = String::new();
        article.blocks = Vec::new();
        (article.word_count, article.fingerprint) = (0, None);
        (article.summary, article.dateline) = (None, None);
        article.media.iter_mut().for_each(|media| media.caption = None);
        article.truncated = true;
        article.sources.remove("text");
        article.sources.remove("summary");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn robots(values: &[&str]) -> String {
        Reservations::of_headers(values.iter().copied(), (None, None), None).robots.join(" ")
    }

    #[test]
    fn directives_are_read_as_they_are_written() {
        for (values, found) in [
            (&["noindex, nofollow"][..], "noindex nofollow"),
            (&["NoArchive", "noai,noimageai"], "noarchive noai noimageai"),
            (
                &["max-snippet:-1, max-image-preview: large , max-video-preview:-1"],
                "max-snippet:-1 max-image-preview:large max-video-preview:-1",
            ),
            (&["index, follow, all"], ""),
            (&["googlebot: noindex"], ""),
            (&["googlebot: noindex, nofollow, otherbot: noarchive"], ""),
            (&["googlebot: nofollow, dateline: noai, noarchive"], "noai noarchive"),
            (&["DATELINE: none"], "none"),
            (&["unavailable_after: 25 Jun 2010 15:00:00 PST"], "unavailable_after:25 jun 2010 15:00:00 pst"),
            (&["noindex", "noindex", "", ",,", "max-snippet", "<script>"], "noindex"),
        ] {
            assert_eq!(robots(values), found, "{values:?}");
        }
        let many: Vec<String> = (0..500).map(|n| format!("max-snippet:{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(robots(&many).split(' ').count(), MAX_DIRECTIVES);
    }

    #[test]
    fn of_several_statements_the_nearest_to_the_text_counts() {
        let url = Url::parse("https://a.example/news/1").unwrap();
        let header = |reserved, policy| Reservations::of_headers([], (reserved, policy), Some(&url));
        let read = |html: &str, sent: &Reservations| {
            let page = crate::html::dom::parse(html);
            let rights = of_page(
                &Statements::read(&page, Some(&url)),
                Some(&url),
                Some(sent),
                (None, None),
                ContentSource::Page,
            );
            rights.and_then(|rights| rights.tdm).map(|tdm| (tdm.reserved, tdm.policy, tdm.source))
        };
        let meta = "<meta name=\"TDM-Reservation\" content=\"0\"><meta name=tdm-policy content=/p.json>";
        let none = Reservations::default();
        assert_eq!(read("<p>", &none), None);
        assert_eq!(read(meta, &header(Some("1"), None)), Some((false, None, TdmSource::Meta)));
        let policy = Some("https://a.example/p.json".to_owned());
        assert_eq!(read("<p>", &header(Some("1"), Some("/p.json"))), Some((true, policy.clone(), TdmSource::Header)));
        for wrong in ["2", "yes", ""] {
            assert_eq!(read("<p>", &header(Some(wrong), None)), None, "{wrong}");
        }
        let file = none.with_file(true, Some("javascript:alert(1)"), Some(&url));
        assert_eq!(read("<p>", &file), Some((true, None, TdmSource::File)));
        let both = header(Some("0"), Some("/p.json")).with_file(true, None, Some(&url));
        assert_eq!(read("<p>", &both), Some((false, None, TdmSource::Header)));
        assert_eq!(read(&meta.replace("\"0\"", "\"1\""), &both), Some((true, policy, TdmSource::Meta)));
    }

    #[test]
    fn the_notice_is_the_entrys_or_the_feeds() {
        let feed = Feed { copyright: Some(" \u{a9} 2026 The Gazette ".into()), ..Feed::default() };
        let mut entry = Entry::default();
        assert_eq!(of_entry(&entry, &feed).unwrap().notice.as_deref(), Some("\u{a9} 2026 The Gazette"));
        entry.rights = Some("\u{a9} Ada Reyes".into());
        assert_eq!(of_entry(&entry, &feed).unwrap().notice.as_deref(), Some("\u{a9} Ada Reyes"));
        assert_eq!(of_entry(&Entry::default(), &Feed::default()), None);
    }

    #[test]
    fn what_is_reserved_is_left_out() {
        let entry = Entry {
            title: Some("Bridge opens".into()),
            content: Some("<p>The mayor opened the bridge.</p>".into()),
            summary: Some("It opens.".into()),
            ..Entry::default()
        };
        let article = |robots: &str| {
            let mut article = crate::from_entry(&entry, &Feed::default(), "f");
            let robots = robots.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
            article.rights = Some(Rights { robots, ..Rights::default() });
            article
        };
        for (robots, part, because, is_text_left_out) in [
            ("nofollow", WithheldPart::Text, "", false),
            ("noai", WithheldPart::Extraction, "noai", false),
            ("noarchive", WithheldPart::Extraction, "", false),
            ("noarchive noai", WithheldPart::Text, "noarchive noai", true),
            ("max-snippet:0", WithheldPart::Text, "max-snippet:0", true),
        ] {
            let mut article = article(robots);
            withhold(&mut article, part);
            let rights = article.rights.as_ref().unwrap();
            let found = rights.withheld.as_ref().map_or(String::new(), |withheld| withheld.because.join(" "));
            assert_eq!(found, because, "{robots}");
            assert_eq!(rights.withholds(WithheldPart::Extraction), !because.is_empty(), "{robots}");
            assert_eq!(article.text.is_empty(), is_text_left_out, "{robots}");
            assert_eq!(article.headline.as_deref(), Some("Bridge opens"));
        }
    }
}
