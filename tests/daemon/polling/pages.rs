//! The content that the scripted sites serve.

use chrono::{DateTime, TimeDelta, Utc};

use super::script::{Asked, Reply, http_date};

/// Returns when the script begins: on a Tuesday.
pub fn start() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2025-06-03T10:00:00Z").unwrap().to_utc()
}

/// A feed that adds an article at a fixed interval in minutes and shows the newest ten.
#[derive(Clone, Copy)]
pub struct Feed {
    pub every: i64,
    pub shown: i64,
    /// Additional elements of the channel.
    pub channel: &'static str,
}

impl Feed {
    pub fn every(minutes: i64) -> Self {
        Self { every: minutes, shown: 10, channel: "" }
    }

    pub fn with(self, channel: &'static str) -> Self {
        Self { channel, ..self }
    }

    /// Returns the number of the newest article; ten exist at the start.
    pub fn newest(self, now: DateTime<Utc>) -> i64 {
        10 + (now - start()).num_minutes().div_euclid(self.every)
    }

    pub fn time(self, story: i64) -> DateTime<Utc> {
        start() + TimeDelta::minutes((story - 10) * self.every)
    }

    pub fn items(self, numbers: impl Iterator<Item = i64>, base: &str, guid: impl Fn(i64) -> String) -> String {
        let item = |n: i64| {
            format!(
                "<item><title>Story {n}</title><link>{base}/story-{n}</link><guid isPermaLink=\"false\">{}</guid>\
                 <description>The council met for the {n}th time and decided nothing.</description><pubDate>{}</pubDate></item>",
                guid(n),
                http_date(self.time(n))
            )
        };
        numbers.map(item).collect()
    }

    pub fn channel(self, items: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"><channel>\
             <title>A feed</title><link>http://example.org/</link><description>News</description>{}{items}</channel></rss>",
            self.channel
        )
    }

    /// Returns a Google News sitemap of these articles.
    pub fn sitemap(self, numbers: impl Iterator<Item = i64>, base: &str) -> String {
        let url = |n: i64| {
            format!(
                "<url><loc>{base}/story-{n}</loc><news:news><news:publication_date>{}</news:publication_date>\
                 <news:title>Story {n}</news:title></news:news></url>",
                self.time(n).to_rfc3339()
            )
        };
        format!(
            "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
             xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">{}</urlset>",
            numbers.map(url).collect::<String>()
        )
    }

    pub fn body(self, asked: &Asked) -> String {
        let newest = self.newest(asked.at);
        let numbers = (newest - self.shown + 1..=newest).rev();
        self.channel(&self.items(numbers, &asked.base, |n| format!("guid-{n}")))
    }

    pub fn etag(self, now: DateTime<Utc>) -> String {
        format!("W/\"{} of  it\"", self.newest(now))
    }

    pub fn date(self, now: DateTime<Utc>) -> String {
        http_date(self.time(self.newest(now)))
    }

    /// Answers as an honest server, with either validator or both.
    pub fn honest(self, asked: &Asked, with_etag: bool, with_date: bool) -> Reply {
        let (etag, date) = (self.etag(asked.at), self.date(asked.at));
        let same = if with_etag {
            asked.header("if-none-match").as_ref() == Some(&etag)
        } else {
            asked.header("if-modified-since").as_ref() == Some(&date)
        };
        let mut reply = if same { Reply::new(304, "") } else { Reply::new(200, self.body(asked)) };
        reply = reply.with("content-type", "application/rss+xml");
        if with_etag {
            reply = reply.with("etag", etag);
        }
        if with_date {
            reply = reply.with("last-modified", date);
        }
        reply
    }

    /// Answers with both validators.
    pub fn plain(self, asked: &Asked) -> Reply {
        self.honest(asked, true, true)
    }
}

pub fn hours(from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
    (to - from).num_hours()
}
